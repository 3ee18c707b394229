/** 补录: a table of what was posted outside, uploaded first and named by its hash; a second person
 *  confirms it. */
import { createRoute, z } from '@hono/zod-openapi'
import { Refused } from '../../domain/refusal.ts'
import { confirmImport, importPostings } from '../../hub/import-postings.ts'
import {
  type Api,
  answer,
  answers,
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

const tags = ['补录']
const EVIDENCE_MAX = 5_000

const row = z
  .object({
    ...{ id: z.int(), fileName: z.string(), fileHash: z.string(), rows: z.int() },
    ...{ enteredBy: z.int(), enteredByName: z.string(), enteredAt: moment },
    ...{ confirmedBy: z.int().nullable(), confirmedAt: moment.nullable(), atOnce: z.boolean() },
  })
  .openapi('Import')
const finding = z.object({ row: z.int(), text: z.string() })
const report = z
  .object({
    ...{ encoding: z.enum(['utf-8', 'gb18030']), rows: z.int(), newRows: z.int() },
    ...{ knownRows: z.int(), messages: z.int(), confirmed: z.boolean() },
    ...{ problems: z.array(finding), warnings: z.array(finding) },
    importId: z.int().optional(),
  })
  .openapi('ImportReport')
const confirmed = z.object({ importId: z.int(), rows: z.int() }).openapi('ImportConfirmed')

const listRoute = createRoute({
  ...{ method: 'get', path: '/imports', tags, summary: '补录列表，新的在前' },
  request: { query: z.object(windowQuery) },
  responses: answers('一页补录', pageOf(row)),
})
const importRoute = createRoute({
  ...{ method: 'post', path: '/imports', tags, summary: '导入台账（先经 POST /blobs 上传）' },
  request: {
    body: jsonBody(
      z.strictObject({
        ...{ sha256: hash, fileName: z.string().min(1).max(200) },
        checkOnly: z.boolean().default(false),
        evidence: z
          .record(z.string().max(200), hash)
          .refine((all) => Object.keys(all).length <= EVIDENCE_MAX, `最多 ${EVIDENCE_MAX} 件`)
          .default({})
          .openapi({ description: '表中证据文件名对应的附件校验值' }),
      }),
    ),
  },
  responses: answers('检查或导入的结果；有 problems 时什么也没写入', report),
})
const confirmRoute = createRoute({
  ...{ method: 'post', path: '/imports/{id}/confirm', tags, summary: '由另一人确认补录' },
  request: { params: idPath },
  responses: answers('已确认', confirmed),
})

export function importRoutes(api: Api, { hub, now, blobs }: ApiSettings): void {
  api.openapi(listRoute, async (c) => {
    const { limit, after } = windowOf(c.req.valid('query'))
    const query = { limit: limit + 1, ...(after === undefined ? {} : { after }) }
    const rows = await hub.store.lists.imports(c.get('actor').agencyId, query)
    return answer(
      c,
      pageOf(row),
      page(rows, limit, (each) => each.id),
    )
  })
  api.openapi(importRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { sha256, fileName, checkOnly, evidence } = c.req.valid('json')
    const kept = blobs(agencyId)
    const bytes = await kept.read(sha256)
    if (!bytes) throw new Refused({ code: 'not-found', field: 'sha256' })
    const made = await importPostings(c.get('hub'), {
      ...{ agencyId, fileName, bytes, enteredBy: person.id, at: now(), checkOnly },
      async evidenceHash(name) {
        const named = Object.hasOwn(evidence, name) ? evidence[name] : undefined
        return named !== undefined && (await kept.has(named)) ? named : undefined
      },
    })
    return answer(c, report, made)
  })
  api.openapi(confirmRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: importId } = c.req.valid('param')
    const request = { agencyId, importId, confirmedBy: person.id, at: now() }
    const { rows } = await confirmImport(c.get('hub'), request)
    return answer(c, confirmed, { importId, rows })
  })
}
