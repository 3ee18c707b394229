/** 信息: composing, editing, listing and reading one with its papers. */
import { createRoute, z } from '@hono/zod-openapi'
import { Refused } from '../../domain/refusal.ts'
import { compose, revise } from '../../hub/compose.ts'
import { readContent } from '../../hub/content.ts'
import type { BulletinPapers } from '../../hub/ports/lists.ts'
import { LINK_KINDS } from '../../hub/ports/papers.ts'
import { WALK_STATES, walkStatus } from '../../hub/status.ts'
import { categoryId, checkContent, content, contentOf, level, mode } from './content.ts'
import {
  type Api,
  answer,
  answerOne,
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
} from './describe.ts'
import { finding } from './findings.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['信息']

const row = z
  .object({
    ...{ id: z.int(), categoryId: z.string(), mode, level, origin: z.enum(['hub', 'manual']) },
    ...{ title: z.string(), authorId: z.int(), author: z.string(), createdAt: moment },
    ...{ indexNumber: z.string().nullable(), stoppedAt: moment.nullable() },
    ...{ linkedTo: z.int().nullable(), linkKind: z.enum(LINK_KINDS).nullable() },
    ...{ revision: z.int(), hash },
  })
  .openapi('Bulletin')

const one = row
  .extend({
    ...{ stopReason: z.string().nullable(), erased: z.boolean() },
    /** where it stands on its walk and what is next */
    ...{ state: z.enum(WALK_STATES), next: z.string().optional(), dueOn: z.string().optional() },
    /** null once the item's key was destroyed */
    content: z.record(z.string(), z.unknown()).nullable(),
    reviews: z.array(
      z.object({
        ...{ revision: z.int(), hash, step: z.string(), opinion: z.string() },
        ...{ reviewerId: z.int(), reviewer: z.string(), note: z.string(), at: moment },
      }),
    ),
    returns: z.array(
      z.object({ revision: z.int(), returnedBy: z.int(), reason: z.string(), at: moment }),
    ),
    signatures: z.array(
      z.object({
        ...{ id: z.int(), revision: z.int(), hash, signerId: z.int(), signer: z.string() },
        ...{ clearance: z.string(), at: moment },
      }),
    ),
  })
  .openapi('BulletinPapers')

export const composed = z
  .object({
    ...{ bulletinId: z.int(), revision: z.int(), hash, findings: z.array(finding) },
    /** false: the text was edited before it was checked */
    checked: z.boolean(),
  })
  .openapi('Composed')

const listRoute = createRoute({
  ...{ method: 'get', path: '/bulletins', tags, summary: '信息列表，新的在前' },
  request: {
    query: z.object({
      ...windowQuery,
      ...{ categoryId: categoryId.optional(), mode: mode.optional(), level: level.optional() },
      authorId: id.optional(),
    }),
  },
  responses: answers('一页信息', pageOf(row)),
})

const composeRoute = createRoute({
  ...{ method: 'post', path: '/bulletins', tags, summary: '拟稿：建立信息和第一稿' },
  request: {
    body: jsonBody(
      z.strictObject({
        ...{ categoryId, mode: mode.default('earnest'), level: level.default('routine'), content },
        linked: z.strictObject({ to: z.int().min(1), kind: z.enum(LINK_KINDS) }).optional(),
      }),
    ),
  },
  responses: answers('已建立', composed, 201),
})

const readRoute = createRoute({
  ...{ method: 'get', path: '/bulletins/{id}', tags, summary: '一条信息：正文、意见、退回、签发' },
  request: { params: idPath },
  responses: answers('这条信息', one),
})

const reviseRoute = createRoute({
  ...{ method: 'put', path: '/bulletins/{id}/revision', tags, summary: '改稿：写下新的一稿' },
  request: {
    params: idPath,
    body: jsonBody(z.strictObject({ seenHash: hash, content })),
  },
  responses: answers('新的一稿', composed),
})

export function bulletinRoutes(api: Api, { hub, now }: ApiSettings): void {
  const { lists } = hub.store
  api.openapi(listRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const { limit, cursor, ...filter } = c.req.valid('query')
    const window = windowOf({ limit, cursor })
    const query = { ...window, limit: window.limit + 1, ...given(filter) }
    const rows = await lists.bulletins(agencyId, query)
    return answer(
      c,
      pageOf(row),
      page(rows, window.limit, (each) => each.id),
    )
  })
  api.openapi(composeRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { linked, ...draft } = c.req.valid('json')
    const written = contentOf(draft.content)
    await checkContent(hub, agencyId, draft.categoryId, written)
    const made = await compose(c.get('hub'), {
      ...{ ...draft, content: written, agencyId, authorId: person.id, at: now() },
      ...(linked ? { linked } : {}),
    })
    c.header('location', `/api/v1/bulletins/${made.bulletinId}`)
    return answer(c, composed, made, 201)
  })
  api.openapi(readRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const papers = await mustFind(hub.store.lists.bulletin(agencyId, c.req.valid('param').id))
    const { text, walk } = await hub.store.transact(agencyId, async (tx) => ({
      text: papers.erased ? null : await readContent(tx, papers.id, papers.hash),
      walk: await walkStatus(tx, papers.id),
    }))
    if (!walk) throw new Refused({ code: 'not-found', field: 'bulletin' })
    const { state, next, dueOn } = walk
    const standing = { state, ...given({ next, dueOn }) }
    return answerOne(c, one, { ...papers, ...standing, content: text && { ...text } })
  })
  api.openapi(reviseRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: bulletinId } = c.req.valid('param')
    const { seenHash, content: draft } = c.req.valid('json')
    const written = contentOf(draft)
    const known = await mustFind(lists.bulletin(agencyId, bulletinId))
    await checkContent(hub, agencyId, known.categoryId, written)
    const edit = { agencyId, bulletinId, seenHash, content: written }
    const made = await revise(c.get('hub'), { ...edit, authorId: person.id, at: now() })
    return answer(c, composed, made)
  })
}

/** @throws Refused `not-found`, also for what belongs to another agency */
async function mustFind(found: Promise<BulletinPapers | undefined>): Promise<BulletinPapers> {
  const bulletin = await found
  if (!bulletin) throw new Refused({ code: 'not-found', field: 'bulletin' })
  return bulletin
}
