/** 预警期间: which warnings the schedules of a hazard hang on, from when until when, and their lifting. */
import { createRoute, z } from '@hono/zod-openapi'
import { liftWarning, linkWarning } from '../../hub/schedule/schedules.ts'
import { type Api, answer, answers, idPath, jsonBody, moment, writtenMoment } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['定时']
const warning = z
  .object({ bulletinId: z.int(), hazard: z.string(), from: moment, to: moment })
  .openapi('WarningInForce')
const warnings = z.object({ items: z.array(warning) })
const linked = z.object({ bulletinId: z.int() }).openapi('WarningLinked')

const listRoute = createRoute({
  ...{ method: 'get', path: '/warnings', tags, summary: '生效中的预警' },
  responses: answers('全部生效中的预警', warnings),
})
const linkRoute = createRoute({
  ...{ method: 'post', path: '/warnings', tags, summary: '把一条预警与定时提醒联系起来' },
  request: {
    body: jsonBody(
      z.strictObject({
        bulletinId: z.int().min(1),
        hazard: z.string().max(40).openapi({ description: '灾种，如 台风' }),
        ...{ from: writtenMoment, to: writtenMoment },
      }),
    ),
  },
  responses: answers('已联系，日程随即展开', linked, 201),
})
const liftRoute = createRoute({
  ...{ method: 'post', path: '/warnings/{id}/lift', tags, summary: '预警解除：后面的提醒取消' },
  request: { params: idPath },
  responses: answers('已解除；编号是预警信息的编号', linked),
})

export function warningRoutes(api: Api, { hub, now, book }: ApiSettings): void {
  api.openapi(listRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const rows = await hub.store.transact(agencyId, (tx) => tx.warningsInForce(now()))
    const items = rows.map(({ id: bulletinId, hazard, from, to }) => ({
      ...{ bulletinId, hazard, from, to },
    }))
    return answer(c, warnings, { items })
  })
  api.openapi(linkRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const link = { agencyId, by: person.id, at: now(), ...c.req.valid('json') }
    await linkWarning(c.get('hub'), book, link)
    return answer(c, linked, { bulletinId: link.bulletinId }, 201)
  })
  api.openapi(liftRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: bulletinId } = c.req.valid('param')
    await liftWarning(c.get('hub'), book, { agencyId, bulletinId, by: person.id, at: now() })
    return answer(c, linked, { bulletinId })
  })
}
