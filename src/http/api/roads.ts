/** 通路: those their platform stopped, released by the operator; and a dispatch moved to another road that
 *  was signed with it. */

import { createRoute, z } from '@hono/zod-openapi'
import type { Canonical } from '../../domain/canonical.ts'
import { ADDRESSINGS } from '../../domain/new-channel.ts'
import { addChannel } from '../../hub/channels/add-channel.ts'
import { moveRoad } from '../../hub/fallback.ts'
import { releaseRoad } from '../../hub/release-road.ts'
import { channelId } from './content.ts'
import { type Api, answer, answers, idPath, jsonBody } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['通路']
const roadId = z.string().regex(/^[a-z0-9-]{1,40}$/, '应为通路编号，如 main')

const held = z
  .object({
    ...{ channelId: z.string(), channelName: z.string(), roadId: z.string() },
    ...{ adapter: z.string(), heldReason: z.string() },
    batches: z.int().openapi({ description: '等在这条通路上的批数' }),
  })
  .openapi('HeldRoad')
const heldRoads = z.object({ items: z.array(held) })
const released = z
  .object({ channelId: z.string(), roadId: z.string(), batches: z.int() })
  .openapi('ReleasedRoad')
const added = z.object({ channelId: z.string(), roadId: z.string() }).openapi('AddedChannel')
const moved = z.object({ dispatchId: z.int(), moved: z.int() }).openapi('MovedRoad')

const heldRoute = createRoute({
  ...{ method: 'get', path: '/held-roads', tags, summary: '停用的通路和原因' },
  responses: answers('全部停用的通路', heldRoads),
})
const releaseRoute = createRoute({
  ...{ method: 'post', path: '/channels/{channelId}/roads/{roadId}/release', tags },
  summary: '放行一条通路：账号问题解决之后',
  request: { params: z.object({ channelId, roadId }) },
  responses: answers('已放行，等待中的继续发送', released),
})
const moveRoute = createRoute({
  ...{ method: 'post', path: '/dispatches/{id}/move-road', tags },
  summary: '改走另一条已签发的通路；可能已发出的不动',
  request: {
    params: idPath,
    body: jsonBody(z.strictObject({ roadId, reason: z.string().max(200) })),
  },
  responses: answers('改走的送达数', moved),
})

const addRoute = createRoute({
  ...{ method: 'post', path: '/channels', tags, summary: '新增渠道和它的第一条通路' },
  request: {
    body: jsonBody(
      z.strictObject({
        ...{ id: z.string().max(200), name: z.string().max(200), line: z.string().max(200) },
        ...{ addressing: z.enum(ADDRESSINGS), addressKind: z.string().max(200) },
        ...{ roadId: z.string().max(200), adapter: z.string().max(200) },
        settings: z.record(z.string(), z.unknown()).openapi({
          description: '机密只写名称，值在环境变量里',
        }),
      }),
    ),
  },
  responses: answers('已新增', added, 201),
})

export function roadRoutes(api: Api, { hub, now }: ApiSettings): void {
  api.openapi(heldRoute, async (c) => {
    const items = await hub.store.lists.heldRoads(c.get('actor').agencyId)
    return answer(c, heldRoads, { items })
  })
  api.openapi(addRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { roadId, adapter, settings, ...channel } = c.req.valid('json')
    // It came as JSON; a schema that says so cannot be described in the document of the API.
    const road = { roadId, adapter, settings: settings as Canonical }
    await addChannel(c.get('hub'), { agencyId, channel, ...road, by: person.id, at: now() })
    return answer(c, added, { channelId: channel.id, roadId }, 201)
  })
  api.openapi(releaseRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const road = c.req.valid('param')
    const release = { agencyId, by: person.id, at: now(), ...road }
    return answer(c, released, { ...road, batches: await releaseRoad(c.get('hub'), release) })
  })
  api.openapi(moveRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: dispatchId } = c.req.valid('param')
    const request = { agencyId, dispatchId, by: person.id, at: now(), ...c.req.valid('json') }
    return answer(c, moved, { dispatchId, ...(await moveRoad(c.get('hub'), request)) })
  })
}
