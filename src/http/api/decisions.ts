/** 处置: only the failed again, another signed road, skipped with a reason, and what may have been sent decided in
 *  bulk. A second press of any of them sends nothing. */
import { createRoute, z } from '@hono/zod-openapi'
import { UNSURE_CHOICES } from '../../domain/decision.ts'
import { ROLES } from '../../domain/role.ts'
import { decideUnsure, unsureChoices } from '../../hub/decisions/decide-unsure.ts'
import { otherRoad } from '../../hub/decisions/other-road.ts'
import { retryFailed } from '../../hub/decisions/retry-failed.ts'
import { skip } from '../../hub/decisions/skip.ts'
import { type Api, answer, answers, idPath, jsonBody } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['发布和送达']
const reason = z.string().max(200)
const roadId = z.string().regex(/^[a-z0-9-]{1,40}$/, '应为通路编号，如 main')
const RETRY_REASON = '重发失败的'

const retried = z.object({ dispatchId: z.int(), retried: z.int() }).openapi('RetriedFailed')
const moved = z.object({ dispatchId: z.int(), moved: z.int() }).openapi('OtherRoad')
const skipped = z
  .object({ dispatchId: z.int(), skipped: z.int(), closed: z.boolean() })
  .openapi('Skipped')
const offered = z
  .object({
    dispatchId: z.int(),
    choices: z.array(
      z.object({
        ...{ choice: z.enum(UNSURE_CHOICES), text: z.string(), count: z.int() },
        mayGetTwice: z.int().openapi({ description: '可能收到两次的人数上限' }),
        roles: z.array(z.enum(ROLES)).readonly(),
      }),
    ),
  })
  .openapi('UnsureChoices')
const decided = z
  .object({ dispatchId: z.int(), decided: z.int(), mayGetTwice: z.int() })
  .openapi('DecidedUnsure')

const retryRoute = createRoute({
  ...{ method: 'post', path: '/dispatches/{id}/retry-failed', tags },
  summary: '时段之内，只重发确定没有送达的',
  request: { params: idPath, body: jsonBody(z.strictObject({ reason: reason.optional() })) },
  responses: answers('再次发出的送达数，重复按为 0', retried),
})
const otherRoute = createRoute({
  ...{ method: 'post', path: '/dispatches/{id}/other-road', tags },
  summary: '失败和等待的改走另一条已签发的通路',
  request: { params: idPath, body: jsonBody(z.strictObject({ roadId, reason })) },
  responses: answers('改走的送达数，重复按为 0', moved),
})
const skipRoute = createRoute({
  ...{ method: 'post', path: '/dispatches/{id}/skip', tags },
  summary: '写明原因后跳过还没有发出的；暂缓的发送令随之了结',
  request: { params: idPath, body: jsonBody(z.strictObject({ reason })) },
  responses: answers('跳过的送达数，重复按为 0', skipped),
})
const choicesRoute = createRoute({
  ...{ method: 'get', path: '/dispatches/{id}/unsure', tags },
  summary: '可能已发出的有多少，每种决定的后果和所需职责',
  request: { params: idPath },
  responses: answers('可选的决定', offered),
})
const decideRoute = createRoute({
  ...{ method: 'post', path: '/dispatches/{id}/decide-unsure', tags },
  summary: '向平台核对之后，成批决定可能已发出的',
  request: {
    params: idPath,
    body: jsonBody(
      z.strictObject({
        ...{ choice: z.enum(UNSURE_CHOICES), reason },
        count: z.int().min(0).openapi({ description: '看到的数量；已变化则不办理' }),
      }),
    ),
  },
  responses: answers('决定了的送达数，重复按为 0', decided),
})

export function decisionRoutes(api: Api, { now }: ApiSettings): void {
  api.openapi(retryRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: dispatchId } = c.req.valid('param')
    const { reason: written = RETRY_REASON } = c.req.valid('json')
    const request = { agencyId, dispatchId, by: person.id, at: now(), reason: written }
    return answer(c, retried, { dispatchId, ...(await retryFailed(c.get('hub'), request)) })
  })
  api.openapi(otherRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: dispatchId } = c.req.valid('param')
    const request = { agencyId, dispatchId, by: person.id, at: now(), ...c.req.valid('json') }
    return answer(c, moved, { dispatchId, ...(await otherRoad(c.get('hub'), request)) })
  })
  api.openapi(skipRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: dispatchId } = c.req.valid('param')
    const request = { agencyId, dispatchId, by: person.id, at: now(), ...c.req.valid('json') }
    return answer(c, skipped, { dispatchId, ...(await skip(c.get('hub'), request)) })
  })
  api.openapi(choicesRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const { id: dispatchId } = c.req.valid('param')
    const choices = await unsureChoices(c.get('hub'), { agencyId, dispatchId })
    return answer(c, offered, { dispatchId, choices })
  })
  api.openapi(decideRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: dispatchId } = c.req.valid('param')
    const decision = { agencyId, dispatchId, by: person.id, at: now(), ...c.req.valid('json') }
    return answer(c, decided, { dispatchId, ...(await decideUnsure(c.get('hub'), decision)) })
  })
}
