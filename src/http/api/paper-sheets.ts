/** 纸质签发: the code to print on the sheet, the photographed sheet entered by one person, and the second
 *  person who compares it. */
import { createRoute, z } from '@hono/zod-openapi'
import { Refused } from '../../domain/refusal.ts'
import { may } from '../../domain/role.ts'
import { dayOf } from '../../domain/year.ts'
import { confirmSheet, enterSheet, sheetCode } from '../../hub/paper.ts'
import { signed } from './bulletin-verbs.ts'
import { orders, ordersOf } from './content.ts'
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
} from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['纸质签发']
const signerId = z.int().min(1).openapi({ description: '纸上签字的领导' })
const printedCode = z.string().min(1).max(60).openapi({ description: '纸上印的校验码' })
const subject = { seenHash: hash, orders: orders.min(1), signerId }

const code = z.object({ bulletinId: z.int(), hash, code: z.string() }).openapi('PaperCode')
const entered = z.object({ sheetId: z.int() }).openapi('EnteredSheet')
const row = z
  .object({
    ...{ id: z.int(), bulletinId: z.int(), title: z.string(), revisionHash: hash },
    ...{ signerId: z.int(), signer: z.string(), sheetHash: hash, enteredBy: z.int() },
    ...{ enteredByName: z.string(), at: moment, signatureId: z.int().nullable() },
  })
  .openapi('PaperSheet')

const codeRoute = createRoute({
  ...{ method: 'post', path: '/bulletins/{id}/paper-code', tags },
  summary: '签发单上要印的校验码，代表这一稿、这些渠道和这位领导',
  request: { params: idPath, body: jsonBody(z.strictObject(subject)) },
  responses: answers('校验码', code),
})
const enterRoute = createRoute({
  ...{ method: 'post', path: '/bulletins/{id}/paper-sheets', tags },
  summary: '录入签好的纸质签发单（照片先经 POST /blobs 上传）',
  request: {
    params: idPath,
    body: jsonBody(z.strictObject({ ...subject, printedCode, sheetHash: hash })),
  },
  responses: answers('已录入，等另一人核对', entered, 201),
})
const listRoute = createRoute({
  ...{ method: 'get', path: '/paper-sheets', tags, summary: '录入的签发单，新的在前' },
  request: {
    query: z.object({
      ...{ ...windowQuery, bulletinId: id.optional() },
      waiting: z
        .enum(['true', 'false'])
        .transform((text) => text === 'true')
        .optional()
        .openapi({ type: 'string', description: 'true：只看等待核对的' }),
    }),
  },
  responses: answers('一页签发单', pageOf(row)),
})
const confirmRoute = createRoute({
  ...{ method: 'post', path: '/paper-sheets/{id}/confirm', tags },
  summary: '另一人照着照片再读一遍校验码，即为签发',
  request: { params: idPath, body: jsonBody(z.strictObject({ printedCode })) },
  responses: answers('已签发', signed),
})

export function paperSheetRoutes(api: Api, { hub, now, blobs }: ApiSettings): void {
  api.openapi(codeRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const { id: bulletinId } = c.req.valid('param')
    const { seenHash, orders: list, signerId: leader } = c.req.valid('json')
    await hub.store.transact(agencyId, async (tx) => {
      const latest = await tx.latestRevision(bulletinId)
      if (!latest) throw new Refused({ code: 'not-found', field: 'bulletin' })
      if (latest.hash !== seenHash) throw new Refused({ code: 'not-latest-revision' })
      const signer = await tx.person(leader, dayOf(now()))
      if (!signer) throw new Refused({ code: 'not-found', field: 'signerId' })
      if (!may(signer, 'leader'))
        throw new Refused({ code: 'value-not-allowed', field: 'signerId' })
    })
    const printed = sheetCode(seenHash, ordersOf(list), leader)
    return answer(c, code, { bulletinId, hash: seenHash, code: printed })
  })
  api.openapi(enterRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: bulletinId } = c.req.valid('param')
    const { seenHash: revisionHash, orders: list, ...sheet } = c.req.valid('json')
    if (!(await blobs(agencyId).has(sheet.sheetHash)))
      throw new Refused({ code: 'not-found', field: 'sheetHash' })
    const entry = { agencyId, bulletinId, enteredBy: person.id, at: now(), revisionHash, ...sheet }
    const sheetId = await enterSheet(c.get('hub'), { ...entry, orders: ordersOf(list) })
    return answer(c, entered, { sheetId }, 201)
  })
  api.openapi(listRoute, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query')
    const window = windowOf({ limit, cursor })
    const query = { ...window, limit: window.limit + 1, ...given(filter) }
    const rows = await hub.store.lists.paperSheets(c.get('actor').agencyId, query)
    return answer(
      c,
      pageOf(row),
      page(rows, window.limit, (each) => each.id),
    )
  })
  api.openapi(confirmRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: sheetId } = c.req.valid('param')
    const request = { agencyId, sheetId, confirmedBy: person.id, at: now() }
    const made = await confirmSheet(c.get('hub'), { ...request, ...c.req.valid('json') })
    return answer(c, signed, { signatureId: made.signatureId, dispatchIds: made.dispatchIds })
  })
}
