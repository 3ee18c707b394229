/** 长期授权: granted by a leader, fired by the duty officer, taken back by one person. */
import { createRoute, z } from '@hono/zod-openapi'
import { Refused } from '../../domain/refusal.ts'
import {
  fireStandingOrder,
  grantStandingOrder,
  revokeStandingOrder,
  standingOrders,
} from '../../hub/clearance/standing-order.ts'
import { provenOrder } from '../../hub/clearance/statements.ts'
import { type Api, answer, answerOne, answers, hash, idPath, jsonBody, moment } from './describe.ts'
import type { ApiSettings } from './settings.ts'
import { limits, limitsOf, values } from './template.ts'

const tags = ['长期授权']

const order = z
  .object({
    ...{ id: z.int(), title: z.string(), preparedTextId: z.int(), authorId: z.int() },
    ...{ reviewerId: z.int(), signerId: z.int(), uses: z.int(), usesMax: z.int() },
    ...{ usesPerDayMax: z.int(), validFrom: moment, validUntil: moment, revoked: z.boolean() },
  })
  .openapi('StandingOrder')
const orders = z.object({ items: z.array(order) })
const one = z
  .object({
    ...{ id: z.int(), preparedTextId: z.int(), orderHash: hash, templateHash: hash },
    ...{ authorId: z.int(), reviewerId: z.int(), signerId: z.int(), grantedAt: z.string() },
    ...{ revoked: z.boolean(), limits: z.unknown(), template: z.unknown() },
  })
  .openapi('StandingOrderPapers')
const granted = z.object({ standingOrderId: z.int(), orderHash: hash }).openapi('Granted')
const revoked = z.object({ id: z.int(), revoked: z.literal(true) }).openapi('RevokedOrder')
export const fired = z
  .object({ bulletinId: z.int(), signatureId: z.int(), dispatchIds: z.array(z.int()) })
  .openapi('Fired')

const listRoute = createRoute({
  ...{ method: 'get', path: '/standing-orders', tags, summary: '长期授权，新的在前' },
  responses: answers('全部长期授权', orders),
})
const readRoute = createRoute({
  ...{ method: 'get', path: '/standing-orders/{id}', tags, summary: '一份授权书，已核验' },
  request: { params: idPath },
  responses: answers('授权的模板和范围', one),
})
const grantRoute = createRoute({
  ...{ method: 'post', path: '/standing-orders', tags, summary: '领导授权' },
  request: {
    body: jsonBody(
      z.strictObject({
        preparedTextId: z.int().min(1),
        seenHash: hash.openapi({ description: '领导看到的模板的校验值' }),
        limits,
      }),
    ),
  },
  responses: answers('已授权', granted, 201),
})
const revokeRoute = createRoute({
  ...{ method: 'post', path: '/standing-orders/{id}/revoke', tags, summary: '收回：一人即可' },
  request: { params: idPath, body: jsonBody(z.strictObject({ reason: z.string().max(500) })) },
  responses: answers('已收回，等待中的已停下', revoked),
})
const fireRoute = createRoute({
  ...{ method: 'post', path: '/standing-orders/{id}/fire', tags, summary: '值班员按授权发出' },
  request: { params: idPath, body: jsonBody(z.strictObject({ values })) },
  responses: answers('已发出', fired),
})

export function standingOrderRoutes(api: Api, { hub, now }: ApiSettings): void {
  api.openapi(listRoute, async (c) => {
    const { agencyId } = c.get('actor')
    return answer(c, orders, { items: await hub.store.transact(agencyId, standingOrders) })
  })
  api.openapi(readRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const { id } = c.req.valid('param')
    const row = await hub.store.transact(agencyId, (tx) => tx.lockStandingOrder(id))
    if (!row) throw new Refused({ code: 'not-found', field: 'standingOrder' })
    const text = provenOrder(hub, agencyId, row)
    if (!text) throw new Refused({ code: 'proof-invalid', field: 'standingOrder' })
    const { preparedTextId, templateHash, authorId, reviewerId, signerId, grantedAt } = text
    return answerOne(c, one, {
      ...{ id, preparedTextId, orderHash: row.hash, templateHash, authorId, reviewerId },
      ...{ signerId, grantedAt, revoked: row.revoked, limits: text.limits },
      template: text.template,
    })
  })
  api.openapi(grantRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { preparedTextId, seenHash, limits: written } = c.req.valid('json')
    const grant = { agencyId, preparedTextId, seenHash, signerId: person.id, at: now() }
    const made = await grantStandingOrder(c.get('hub'), { ...grant, limits: limitsOf(written) })
    c.header('location', `/api/v1/standing-orders/${made.standingOrderId}`)
    return answer(c, granted, made, 201)
  })
  api.openapi(revokeRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: standingOrderId } = c.req.valid('param')
    const { reason } = c.req.valid('json')
    const request = { agencyId, standingOrderId, by: person.id, reason, at: now() }
    await revokeStandingOrder(c.get('hub'), request)
    return answer(c, revoked, { id: standingOrderId, revoked: true })
  })
  api.openapi(fireRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: standingOrderId } = c.req.valid('param')
    const firing = { agencyId, standingOrderId, firedBy: person.id, at: now() }
    const made = await fireStandingOrder(c.get('hub'), { ...firing, ...c.req.valid('json') })
    const { bulletinId, signatureId, dispatchIds } = made
    return answer(c, fired, { bulletinId, signatureId, dispatchIds })
  })
}
