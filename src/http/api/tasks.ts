/** 人工代发: open tasks, the text to copy, and the confirmation of what was posted. */
import { createRoute, z } from '@hono/zod-openapi'
import { confirmByHand } from '../../hub/confirm.ts'
import { handText } from '../../hub/hand-text.ts'
import {
  type Api,
  answer,
  answers,
  given,
  hash,
  id,
  idPath,
  jsonBody,
  moment,
  page,
  pageOf,
  windowOf,
  windowQuery,
  writtenMoment,
} from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['人工代发']
const TASKS_MAX = 5_000

const task = z
  .object({
    ...{ id: z.int(), dispatchId: z.int(), channelId: z.string(), channelName: z.string() },
    ...{ title: z.string(), act: z.string(), target: z.string(), dueAt: moment },
    ...{ keeperId: z.int().optional(), keeperName: z.string().optional() },
    state: z.enum(['open', 'done', 'cancelled']),
  })
  .openapi('Task')
const fields = z.record(z.string(), z.string()).openapi('TaskText')
const confirmed = z.object({ confirmed: z.array(z.int()) }).openapi('Confirmed')

const listRoute = createRoute({
  ...{ method: 'get', path: '/tasks', tags, summary: '待办的人工代发任务' },
  request: {
    query: z.object({
      ...windowQuery,
      ...{ keeperId: id.optional(), dispatchId: id.optional(), bulletinId: id.optional() },
    }),
  },
  responses: answers('一页任务', pageOf(task)),
})
const textRoute = createRoute({
  ...{ method: 'get', path: '/tasks/{id}', tags, summary: '可复制的内容，已核验与签发一致' },
  request: { params: idPath },
  responses: answers('按平台表单顺序的各栏', fields),
})
const confirmRoute = createRoute({
  ...{ method: 'post', path: '/tasks/confirm', tags, summary: '确认已代发' },
  request: {
    body: jsonBody(
      z.strictObject({
        taskIds: z.array(z.int().min(1)).min(1).max(TASKS_MAX),
        ...{ occurredAt: writtenMoment.optional(), url: z.string().max(2_000).optional() },
        pictureHash: hash.optional(),
      }),
    ),
  },
  responses: answers('这次确认的任务', confirmed),
})

export function taskRoutes(api: Api, { hub, now }: ApiSettings): void {
  api.openapi(listRoute, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query')
    const { after, limit: size } = windowOf({ limit, cursor })
    const query = { limit: size + 1, ...given({ afterId: after, ...filter }) }
    const { agencyId } = c.get('actor')
    const rows = await hub.store.transact(agencyId, (tx) => tx.openTasks(query))
    return answer(
      c,
      pageOf(task),
      page(rows, size, (row) => row.id),
    )
  })
  api.openapi(textRoute, async (c) => {
    const { agencyId } = c.get('actor')
    return answer(c, fields, await handText(hub, { agencyId, taskId: c.req.valid('param').id }))
  })
  api.openapi(confirmRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { taskIds, ...more } = c.req.valid('json')
    const request = { agencyId, by: person.id, at: now(), taskIds, ...given(more) }
    return answer(c, confirmed, { confirmed: await confirmByHand(c.get('hub'), request) })
  })
}
