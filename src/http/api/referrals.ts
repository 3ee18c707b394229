/** 报请确定: questions that wait for the secrecy bureau, and its answer. */
import { createRoute, z } from '@hono/zod-openapi'
import { REFERRAL_ANSWERS } from '../../domain/review.ts'
import { answerReferral } from '../../hub/referral.ts'
import { type Api, answer, answers, hash, idPath, jsonBody, moment } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['办理']
const referral = z
  .object({
    ...{ id: z.int(), bulletinId: z.int(), title: z.string(), hash, authority: z.string() },
    ...{ at: moment, dueOn: z.string() },
  })
  .openapi('Referral')
const referrals = z.object({ items: z.array(referral) })
const answered = z.object({ referralId: z.int(), answer: z.enum(REFERRAL_ANSWERS) })

const listRoute = createRoute({
  ...{ method: 'get', path: '/referrals', tags, summary: '还没有答复的报请，期限近的在前' },
  responses: answers('全部未答复的报请', referrals),
})
const answerRoute = createRoute({
  ...{ method: 'post', path: '/referrals/{id}/answer', tags, summary: '登记保密部门的答复' },
  request: {
    params: idPath,
    body: jsonBody(
      z.strictObject({
        answer: z.enum(REFERRAL_ANSWERS),
        note: z.string().max(500).openapi({ description: '复函文号，或撤回的原因' }),
      }),
    ),
  },
  responses: answers('已登记', answered),
})

export function referralRoutes(api: Api, { hub, now }: ApiSettings): void {
  api.openapi(listRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const items = await hub.store.transact(agencyId, (tx) => tx.openReferrals())
    return answer(c, referrals, { items })
  })
  api.openapi(answerRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: referralId } = c.req.valid('param')
    const reply = { agencyId, referralId, by: person.id, at: now(), ...c.req.valid('json') }
    await answerReferral(c.get('hub'), reply)
    return answer(c, answered, { referralId, answer: reply.answer })
  })
}
