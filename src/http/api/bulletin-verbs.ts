/** What is done to a bulletin: handing in, opinion, return, signature, stop, correction, withdrawal and
 *  lifting, each by the door of that name. */
import { createRoute, z } from '@hono/zod-openapi'
import { STEPS } from '../../domain/chain.ts'
import { Refused } from '../../domain/refusal.ts'
import { OPINIONS } from '../../domain/review.ts'
import { compose } from '../../hub/compose.ts'
import { returnForEdit, review } from '../../hub/review.ts'
import { sign } from '../../hub/sign.ts'
import { stop } from '../../hub/stop.ts'
import { submit } from '../../hub/submit.ts'
import { composed } from './bulletins.ts'
import { channelId, checkContent, content, contentOf, orders, ordersOf } from './content.ts'
import { type Api, answer, answers, given, hash, idPath, jsonBody } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['办理']
const reason = z.string().max(2_000)
const done = z.object({ bulletinId: z.int() }).openapi('Done')
const submitted = z
  .object({ revision: z.int(), hash, nextStep: z.string(), dueOn: z.string() })
  .openapi('Submitted')
export const signed = z
  .object({ signatureId: z.int(), dispatchIds: z.array(z.int()) })
  .openapi('Signed')

const submitRoute = createRoute({
  ...{ method: 'post', path: '/bulletins/{id}/submit', tags, summary: '送审' },
  request: {
    params: idPath,
    body: jsonBody(z.strictObject({ seenHash: hash, orders: orders.optional() })),
  },
  responses: answers('已送审：下一环节和期限', submitted),
})

const reviewRoute = createRoute({
  ...{ method: 'post', path: '/bulletins/{id}/review', tags, summary: '审查意见' },
  request: {
    params: idPath,
    body: jsonBody(
      z.strictObject({
        ...{ seenHash: hash, opinion: z.enum(OPINIONS), step: z.enum(STEPS).optional() },
        ...{ note: reason.optional(), authority: z.string().max(100).optional() },
      }),
    ),
  },
  responses: answers('意见已记下', done),
})

const returnRoute = createRoute({
  ...{ method: 'post', path: '/bulletins/{id}/return', tags, summary: '退回拟稿人' },
  request: { params: idPath, body: jsonBody(z.strictObject({ seenHash: hash, reason })) },
  responses: answers('已退回', done),
})

const signRoute = createRoute({
  ...{ method: 'post', path: '/bulletins/{id}/sign', tags, summary: '领导签发' },
  request: { params: idPath, body: jsonBody(z.strictObject({ seenHash: hash, orders })) },
  responses: answers('已签发', signed),
})

const stopRoute = createRoute({
  ...{ method: 'post', path: '/bulletins/{id}/stop', tags, summary: '紧急停发：一人即可' },
  request: { params: idPath, body: jsonBody(z.strictObject({ reason })) },
  responses: answers('已停发', done),
})

export function bulletinVerbRoutes(api: Api, settings: ApiSettings): void {
  const { now } = settings
  api.openapi(submitRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: bulletinId } = c.req.valid('param')
    const { seenHash, orders: planned } = c.req.valid('json')
    const made = await submit(c.get('hub'), {
      ...{ agencyId, bulletinId, submittedBy: person.id, at: now(), seenHash },
      ...(planned === undefined ? {} : { orders: ordersOf(planned) }),
    })
    return answer(c, submitted, made)
  })
  api.openapi(reviewRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: bulletinId } = c.req.valid('param')
    const { seenHash, opinion, ...more } = c.req.valid('json')
    const request = { agencyId, bulletinId, reviewerId: person.id, at: now(), seenHash, opinion }
    await review(c.get('hub'), { ...request, ...given(more) })
    return answer(c, done, { bulletinId })
  })
  api.openapi(returnRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: bulletinId } = c.req.valid('param')
    const request = { agencyId, bulletinId, returnedBy: person.id, at: now() }
    await returnForEdit(c.get('hub'), { ...request, ...c.req.valid('json') })
    return answer(c, done, { bulletinId })
  })
  api.openapi(signRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: bulletinId } = c.req.valid('param')
    const { seenHash, orders: list } = c.req.valid('json')
    const request = { agencyId, bulletinId, signerId: person.id, at: now(), seenHash }
    const made = await sign(c.get('hub'), { ...request, orders: ordersOf(list) })
    return answer(c, signed, { signatureId: made.signatureId, dispatchIds: made.dispatchIds })
  })
  api.openapi(stopRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: bulletinId } = c.req.valid('param')
    const request = { agencyId, bulletinId, by: person.id, at: now() }
    await stop(c.get('hub'), { ...request, ...c.req.valid('json') })
    return answer(c, done, { bulletinId })
  })
  laterRoutes(api, settings)
}

const laterBody = jsonBody(
  z.strictObject({
    ...{ seenHash: hash, reason },
    /** every place where it stands when absent */
    channels: z.array(channelId).max(60).optional(),
  }),
)

const laterRoute = <P extends string>(path: P, summary: string) =>
  createRoute({
    ...{ method: 'post', path, tags, summary },
    request: { params: idPath, body: laterBody },
    responses: answers('已签发', signed),
  })
const amendRoute = laterRoute('/bulletins/{id}/amend', '更正已发布的：签发最新稿')
const withdrawRoute = laterRoute('/bulletins/{id}/withdraw', '撤下已发布的')

const liftRoute = createRoute({
  ...{ method: 'post', path: '/bulletins/{id}/lift', tags, summary: '解除预警：拟一条解除信息' },
  request: { params: idPath, body: jsonBody(z.strictObject({ content })) },
  responses: answers('解除信息已建立', composed, 201),
})

/** What follows a publication. */
function laterRoutes(api: Api, { hub, now }: ApiSettings): void {
  const standing = (agencyId: number, bulletinId: number) =>
    hub.store.transact(agencyId, async (tx) =>
      (await tx.publications(bulletinId)).filter(
        (one) => (one.published || one.sent) && !one.withdrawn,
      ),
    )
  for (const [route, act] of [
    [amendRoute, 'amend'],
    [withdrawRoute, 'withdraw'],
  ] as const)
    api.openapi(route, async (c) => {
      const { agencyId, person } = c.get('actor')
      const { id: bulletinId } = c.req.valid('param')
      const { seenHash, reason: why, channels } = c.req.valid('json')
      const where = channels ?? (await standing(agencyId, bulletinId)).map((each) => each.channelId)
      const made = await sign(c.get('hub'), {
        ...{ agencyId, bulletinId, signerId: person.id, at: now(), seenHash },
        orders: where.map((channel) => ({ channelId: channel, act, reason: why })),
      })
      return answer(c, signed, { signatureId: made.signatureId, dispatchIds: made.dispatchIds })
    })
  api.openapi(liftRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: lifted } = c.req.valid('param')
    const known = await hub.store.lists.bulletin(agencyId, lifted)
    if (!known) throw new Refused({ code: 'not-found', field: 'bulletin' })
    if (known.level === 'routine') throw new Refused({ code: 'act-not-possible', field: 'level' })
    const written = contentOf(c.req.valid('json').content)
    await checkContent(hub, agencyId, known.categoryId, written)
    const { categoryId, mode, level } = known
    const made = await compose(c.get('hub'), {
      ...{ agencyId, authorId: person.id, at: now(), categoryId, mode, level, content: written },
      linked: { to: lifted, kind: 'lifts' },
    })
    c.header('location', `/api/v1/bulletins/${made.bulletinId}`)
    return answer(c, composed, made, 201)
  })
}
