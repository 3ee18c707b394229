/** 事后审查: reviews owed by what left as a prepared text, their opinion, and the withdrawals that wait for
 *  a leader. */
import { createRoute, z } from '@hono/zod-openapi'
import { OPINIONS, SECRECY_OPINIONS } from '../../domain/review.ts'
import {
  afterReview,
  afterReviews,
  preparedWithdrawals,
  signWithdrawal,
} from '../../hub/clearance/after-review.ts'
import { signed } from './bulletin-verbs.ts'
import { type Api, answer, answers, given, hash, idPath, jsonBody, moment } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['事后审查']
const LIST_MAX = 1_000
const STATES = ['open', 'overdue', 'done'] as const

const entry = z
  .object({
    ...{ bulletinId: z.int(), title: z.string(), signedAt: moment, dueAt: moment, hash },
    ...{ state: z.enum(STATES), opinion: z.enum(OPINIONS).optional() },
  })
  .openapi('AfterReview')
const entries = z.object({ items: z.array(entry) })
const reviewed = z.object({ bulletinId: z.int(), stopped: z.boolean() }).openapi('AfterReviewed')
const withdrawal = z
  .object({
    ...{ bulletinId: z.int(), title: z.string(), hash },
    orders: z.array(
      z.object({ channelId: z.string(), act: z.string(), reason: z.string().optional() }),
    ),
  })
  .openapi('PreparedWithdrawal')
const withdrawals = z.object({ items: z.array(withdrawal) })

const listRoute = createRoute({
  ...{ method: 'get', path: '/after-reviews', tags, summary: '事后审查，先到期的在前' },
  request: { query: z.object({ state: z.enum(STATES).optional() }) },
  responses: answers(`未办结的；state=done 是已办结的，新的在前。最多 ${LIST_MAX} 项`, entries),
})
const reviewRoute = createRoute({
  ...{ method: 'post', path: '/bulletins/{id}/after-review', tags, summary: '事后审查意见' },
  request: {
    params: idPath,
    body: jsonBody(
      z.strictObject({
        ...{ seenHash: hash, opinion: z.enum(SECRECY_OPINIONS) },
        note: z.string().max(2_000).optional(),
      }),
    ),
  },
  responses: answers('意见已记下；不宜公开的已经停发', reviewed),
})
const withdrawalsRoute = createRoute({
  ...{ method: 'get', path: '/prepared-withdrawals', tags, summary: '备好的撤下，等领导签发' },
  responses: answers('审查不宜公开而仍在发布的', withdrawals),
})
const signRoute = createRoute({
  ...{ method: 'post', path: '/bulletins/{id}/sign-withdrawal', tags },
  summary: '领导签发备好的撤下',
  request: { params: idPath, body: jsonBody(z.strictObject({ seenHash: hash })) },
  responses: answers('已签发', signed),
})

export function afterReviewRoutes(api: Api, { hub, now }: ApiSettings): void {
  api.openapi(listRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const { state } = c.req.valid('query')
    const all = await hub.store.transact(agencyId, (tx) => afterReviews(tx, now()))
    const wanted = all.filter((one) => (state ? one.state === state : one.state !== 'done'))
    const items = state === 'done' ? wanted.toReversed() : wanted
    return answer(c, entries, { items: items.slice(0, LIST_MAX) })
  })
  api.openapi(reviewRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: bulletinId } = c.req.valid('param')
    const { seenHash, opinion, note } = c.req.valid('json')
    const request = { agencyId, bulletinId, reviewerId: person.id, at: now() }
    const view = { seenHash, opinion, ...given({ note }) }
    const { stopped } = await afterReview(c.get('hub'), { ...request, ...view })
    return answer(c, reviewed, { bulletinId, stopped })
  })
  api.openapi(withdrawalsRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const rows = await hub.store.transact(agencyId, preparedWithdrawals)
    const items = rows.map(({ orders, ...row }) => ({
      ...row,
      orders: orders.map(({ channelId, act, reason }) => ({
        ...{ channelId, act },
        ...given({ reason }),
      })),
    }))
    return answer(c, withdrawals, { items })
  })
  api.openapi(signRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: bulletinId } = c.req.valid('param')
    const { seenHash } = c.req.valid('json')
    const request = { agencyId, bulletinId, signerId: person.id, at: now(), seenHash }
    const made = await signWithdrawal(c.get('hub'), request)
    return answer(c, signed, { signatureId: made.signatureId, dispatchIds: made.dispatchIds })
  })
}
