/** 代理: who acts for whom from one day to another, appointed and taken back. */
import { createRoute, z } from '@hono/zod-openapi'
import { ROLES } from '../../domain/role.ts'
import { dayOf } from '../../domain/year.ts'
import { appointDeputy, revokeDeputy } from '../../hub/deputies.ts'
import { type Api, answer, answers, idPath, jsonBody } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['代理和审签链']
const day = z.iso.date('应为日期，如 2026-11-25')
/** 三员 lend nobody their office. */
const role = z.enum(ROLES).exclude(['auditor', 'system-admin', 'security-admin'])
const deputy = z
  .object({
    ...{ id: z.int(), personId: z.int(), personName: z.string(), deputyId: z.int() },
    ...{ deputyName: z.string(), role: z.enum(ROLES), fromOn: z.string(), toOn: z.string() },
  })
  .openapi('Deputy')
const deputies = z.object({ items: z.array(deputy) })
const appointed = z.object({ id: z.int() }).openapi('NewDeputy')
const revoked = z.object({ id: z.int(), revoked: z.literal(true) }).openapi('RevokedDeputy')

const listRoute = createRoute({
  ...{ method: 'get', path: '/deputies', tags, summary: '今天起有效的代理' },
  responses: answers('全部代理', deputies),
})
const appointRoute = createRoute({
  ...{ method: 'post', path: '/deputies', tags, summary: '指定代理：本人、领导或安全管理员' },
  request: {
    body: jsonBody(
      z.strictObject({
        personId: z.int().min(1).openapi({ description: '外出的人' }),
        deputyId: z.int().min(1).openapi({ description: '代理的人' }),
        ...{ role, fromOn: day, toOn: day, reason: z.string().max(500) },
      }),
    ),
  },
  responses: answers('已指定', appointed, 201),
})
const revokeRoute = createRoute({
  ...{ method: 'post', path: '/deputies/{id}/revoke', tags, summary: '收回代理' },
  request: { params: idPath },
  responses: answers('已收回', revoked),
})

export function deputyRoutes(api: Api, { hub, now }: ApiSettings): void {
  api.openapi(listRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const items = await hub.store.transact(agencyId, (tx) => tx.deputies(dayOf(now())))
    return answer(c, deputies, { items })
  })
  api.openapi(appointRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const wanted = { agencyId, by: person.id, at: now(), ...c.req.valid('json') }
    return answer(c, appointed, { id: await appointDeputy(c.get('hub'), wanted) }, 201)
  })
  api.openapi(revokeRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id } = c.req.valid('param')
    await revokeDeputy(c.get('hub'), { agencyId, deputyId: id, by: person.id, at: now() })
    return answer(c, revoked, { id, revoked: true })
  })
}
