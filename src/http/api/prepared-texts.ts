/** 预案文本: proposed by one, reviewed by another, filled in by the duty officer, signed by a leader. */
import { createRoute, z } from '@hono/zod-openapi'
import { Refused } from '../../domain/refusal.ts'
import { OPINIONS, SECRECY_OPINIONS } from '../../domain/review.ts'
import {
  proposePreparedText,
  reviewPreparedText,
  signPreparedText,
  usePreparedText,
} from '../../hub/clearance/prepared-text.ts'
import { readPreparedText } from '../../hub/clearance/statements.ts'
import { signed } from './bulletin-verbs.ts'
import { composed } from './bulletins.ts'
import { channelId, level, mode } from './content.ts'
import {
  type Api,
  answer,
  answerOne,
  answers,
  given,
  hash,
  idPath,
  jsonBody,
  moment,
  page,
  pageOf,
  windowOf,
  windowQuery,
} from './describe.ts'
import type { ApiSettings } from './settings.ts'
import { template, templateOf, values } from './template.ts'

const tags = ['预案文本']
const CHANNELS_MAX = 30

const row = z
  .object({
    ...{ id: z.int(), title: z.string(), hash, authorId: z.int(), author: z.string(), at: moment },
    ...{ opinion: z.enum(OPINIONS).nullable(), reviewerId: z.int().nullable() },
    ...{ reviewer: z.string().nullable(), reviewedAt: moment.nullable() },
  })
  .openapi('PreparedText')
const one = z
  .object({
    ...{ id: z.int(), title: z.string(), hash, authorId: z.int(), at: moment },
    template: z.unknown().openapi({ description: '与提交时的 template 相同' }),
    review: z
      .object({
        ...{ opinion: z.enum(OPINIONS), reviewerId: z.int(), note: z.string(), at: moment, hash },
      })
      .optional(),
  })
  .openapi('PreparedTextPapers')
const proposed = z.object({ preparedTextId: z.int(), hash }).openapi('Proposed')
const done = z.object({ preparedTextId: z.int() })

const listRoute = createRoute({
  ...{ method: 'get', path: '/prepared-texts', tags, summary: '预案文本，新的在前' },
  request: { query: z.object(windowQuery) },
  responses: answers('一页预案文本', pageOf(row)),
})
const readRoute = createRoute({
  ...{ method: 'get', path: '/prepared-texts/{id}', tags, summary: '一份预案文本和最近的意见' },
  request: { params: idPath },
  responses: answers('这份预案文本', one),
})
const proposeRoute = createRoute({
  ...{ method: 'post', path: '/prepared-texts', tags, summary: '拟一份预案文本' },
  request: { body: jsonBody(z.strictObject({ template })) },
  responses: answers('已建立', proposed, 201),
})
const reviewRoute = createRoute({
  ...{ method: 'post', path: '/prepared-texts/{id}/review', tags, summary: '审查预案文本' },
  request: {
    params: idPath,
    body: jsonBody(
      z.strictObject({
        ...{ seenHash: hash, opinion: z.enum(SECRECY_OPINIONS) },
        note: z.string().max(2_000).optional(),
      }),
    ),
  },
  responses: answers('意见已记下；以最近的意见为准', done),
})
const useRoute = createRoute({
  ...{ method: 'post', path: '/prepared-texts/{id}/use', tags, summary: '填写空格，成为一条信息' },
  request: {
    params: idPath,
    body: jsonBody(z.strictObject({ values, level: level.optional(), mode: mode.optional() })),
  },
  responses: answers('已填写并检查，等领导签发', composed, 201),
})
const signRoute = createRoute({
  ...{ method: 'post', path: '/bulletins/{id}/sign-prepared', tags },
  summary: '领导签发填好的预案文本；24 小时内补审查',
  request: {
    params: idPath,
    body: jsonBody(
      z.strictObject({
        seenHash: hash,
        channelIds: z.array(channelId).min(1).max(CHANNELS_MAX).optional(),
        seenReach: z.record(channelId, z.int().min(0)).optional(),
      }),
    ),
  },
  responses: answers('已签发', signed),
})

export function preparedTextRoutes(api: Api, settings: ApiSettings): void {
  readingPart(api, settings)
  const { now } = settings
  api.openapi(proposeRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const wanted = templateOf(c.req.valid('json').template)
    const proposal = { agencyId, authorId: person.id, at: now(), template: wanted }
    const made = await proposePreparedText(c.get('hub'), proposal)
    c.header('location', `/api/v1/prepared-texts/${made.preparedTextId}`)
    return answer(c, proposed, made, 201)
  })
  api.openapi(reviewRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: preparedTextId } = c.req.valid('param')
    const { seenHash, opinion, note } = c.req.valid('json')
    const request = { agencyId, preparedTextId, reviewerId: person.id, at: now() }
    const view = { seenHash, opinion, ...given({ note }) }
    await reviewPreparedText(c.get('hub'), { ...request, ...view })
    return answer(c, done, { preparedTextId })
  })
  api.openapi(useRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: preparedTextId } = c.req.valid('param')
    const { values: filled, ...more } = c.req.valid('json')
    const request = { agencyId, preparedTextId, filledBy: person.id, at: now(), values: filled }
    const made = await usePreparedText(c.get('hub'), { ...request, ...given(more) })
    c.header('location', `/api/v1/bulletins/${made.bulletinId}`)
    return answer(c, composed, made, 201)
  })
  api.openapi(signRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: bulletinId } = c.req.valid('param')
    const { seenHash, ...more } = c.req.valid('json')
    const request = { agencyId, bulletinId, signerId: person.id, at: now(), seenHash }
    const made = await signPreparedText(c.get('hub'), { ...request, ...given(more) })
    return answer(c, signed, { signatureId: made.signatureId, dispatchIds: made.dispatchIds })
  })
}

function readingPart(api: Api, { hub }: ApiSettings): void {
  api.openapi(listRoute, async (c) => {
    const window = windowOf(c.req.valid('query'))
    const query = { ...window, limit: window.limit + 1 }
    const rows = await hub.store.lists.preparedTexts(c.get('actor').agencyId, query)
    return answer(
      c,
      pageOf(row),
      page(rows, window.limit, (each) => each.id),
    )
  })
  api.openapi(readRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const { id } = c.req.valid('param')
    const { text, review } = await hub.store.transact(agencyId, async (tx) => ({
      text: await tx.preparedText(id),
      review: await tx.preparedTextReview(id),
    }))
    if (!text) throw new Refused({ code: 'not-found', field: 'preparedText' })
    const { title, hash: textHash, authorId, at } = text
    const { opinion, reviewerId = 0, note = '', at: given = at, hash: seen = '' } = review ?? {}
    return answerOne(c, one, {
      ...{ id, title, hash: textHash, authorId, at, template: readPreparedText(text) },
      ...(opinion ? { review: { opinion, reviewerId, note, at: given, hash: seen } } : {}),
    })
  })
}
