/** 重复的发布: one of two copies is marked, stays on file and never counts. */
import { createRoute, z } from '@hono/zod-openapi'
import { Refused } from '../../domain/refusal.ts'
import { markDuplicate } from '../../hub/mark-duplicate.ts'
import { type Api, answer, answers, idPath, jsonBody } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const marked = z.object({ id: z.int(), duplicateOf: z.int() }).openapi('MarkedDuplicate')

const markRoute = createRoute({
  ...{ method: 'post', path: '/publications/{id}/mark-duplicate', tags: ['发布和送达'] },
  summary: '标为重复，不再计数',
  request: {
    params: idPath,
    body: jsonBody(
      z.strictObject({
        of: z.int().min(1).openapi({ description: '计数的那一条，须在同一渠道' }),
      }),
    ),
  },
  responses: answers('已标记', marked),
})

export function duplicateRoutes(api: Api, { hub, now }: ApiSettings): void {
  const { lists } = hub.store
  api.openapi(markRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id } = c.req.valid('param')
    const { of } = c.req.valid('json')
    const copy = await lists.publication(agencyId, id)
    if (!copy) throw new Refused({ code: 'not-found', field: 'publication' })
    const original = await lists.publication(agencyId, of)
    if (!original) throw new Refused({ code: 'not-found', field: 'of' })
    const { channelId } = copy
    if (original.channelId !== channelId)
      throw new Refused({ code: 'value-not-allowed', field: 'of', detail: '应在同一渠道' })
    const request = { agencyId, channelId, by: person.id, at: now() }
    const pair = { copy: copy.bulletinId, original: original.bulletinId }
    await markDuplicate(c.get('hub'), { ...request, ...pair })
    return answer(c, marked, { id, duplicateOf: of })
  })
}
