/** 走到哪一步: where a bulletin stands and what is next, and the channels its drafter means it for. */
import { createRoute, z } from '@hono/zod-openapi'
import { Refused } from '../../domain/refusal.ts'
import { WALK_STATE_NAMES, WALK_STATES, walkStatus } from '../../hub/status.ts'
import { plan, plannedOrders } from '../../hub/submit.ts'
import { orders, ordersOf } from './content.ts'
import { type Api, answer, answerOne, answers, hash, idPath, jsonBody, moment } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['办理']

const status = z
  .object({
    ...{ bulletinId: z.int(), title: z.string(), state: z.enum(WALK_STATES) },
    ...{ stateName: z.string(), revision: z.int(), hash },
    ...{ next: z.string().optional(), dueOn: z.string().optional() },
  })
  .openapi('BulletinStatus')
const planned = z
  .object({
    bulletinId: z.int(),
    orders: z.array(
      z.object({
        ...{ channelId: z.string(), act: z.string(), audiences: z.array(z.string()).optional() },
        ...{ notBefore: moment.optional(), notAfter: moment.optional() },
        ...{ seenReach: z.int().optional(), reason: z.string().optional() },
        throughQuietHours: z.boolean().optional(),
      }),
    ),
  })
  .openapi('Plan')

const statusRoute = createRoute({
  ...{ method: 'get', path: '/bulletins/{id}/status', tags, summary: '走到哪一步、下一步由谁办' },
  request: { params: idPath },
  responses: answers('现在的状态', status),
})
const plannedRoute = createRoute({
  ...{ method: 'get', path: '/bulletins/{id}/plan', tags, summary: '拟稿人打算发到哪里' },
  request: { params: idPath },
  responses: answers('最近一次的安排；没有安排过是空的', planned),
})
const planRoute = createRoute({
  ...{ method: 'put', path: '/bulletins/{id}/plan', tags, summary: '安排发到哪里；以签发为准' },
  request: { params: idPath, body: jsonBody(z.strictObject({ orders })) },
  responses: answers('已记下', planned),
})

export function walkRoutes(api: Api, { hub, now }: ApiSettings): void {
  const read = (agencyId: number, bulletinId: number) =>
    hub.store.transact(agencyId, async (tx) => {
      if (!(await tx.lockBulletin(bulletinId)))
        throw new Refused({ code: 'not-found', field: 'bulletin' })
      return { bulletinId, orders: await plannedOrders(tx, bulletinId) }
    })
  api.openapi(statusRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const { id } = c.req.valid('param')
    const found = await hub.store.transact(agencyId, (tx) => walkStatus(tx, id))
    if (!found) throw new Refused({ code: 'not-found', field: 'bulletin' })
    return answerOne(c, status, { ...found, stateName: WALK_STATE_NAMES[found.state] })
  })
  api.openapi(plannedRoute, async (c) => {
    const { agencyId } = c.get('actor')
    return answerOne(c, planned, await read(agencyId, c.req.valid('param').id))
  })
  api.openapi(planRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: bulletinId } = c.req.valid('param')
    const wanted = ordersOf(c.req.valid('json').orders)
    const request = { agencyId, bulletinId, by: person.id, at: now(), orders: wanted }
    await plan(c.get('hub'), request)
    return answer(c, planned, await read(agencyId, bulletinId))
  })
}
