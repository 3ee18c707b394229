/** 来文: an office system hands over a document with its files and its paper approval; it becomes a draft, and
 *  a second person may let the approval count for the very same bytes. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  mediaTypeOf,
  type OfficeDocument,
  readOfficeDocument,
} from '../../domain/office-document.ts'
import { Refused } from '../../domain/refusal.ts'
import { dayOf } from '../../domain/year.ts'
import { reuseApproval } from '../../hub/office/approval.ts'
import { type Arrival, receiveOfficeDocument } from '../../hub/office/receive.ts'
import type { BlobStore } from '../../hub/ports/blobs.ts'
import type { OfficeFile } from '../../hub/ports/office.ts'
import { RefusedFields } from '../errors.ts'
import { signed } from './bulletin-verbs.ts'
import { orders, ordersOf } from './content.ts'
import { type Api, answer, answers, hash, idPath, jsonBody } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['来文']

const arrival = z
  .object({
    outcome: z.enum(['new', 'revised', 'known', 'left-alone']),
    ...{ officeDocumentId: z.int().optional(), bulletinId: z.int().optional() },
    ...{ hash: hash.optional(), reason: z.string().optional(), differs: z.boolean() },
    approval: z
      .string()
      .optional()
      .openapi({ description: '审签不能沿用的原因（代码）；没有就是可以沿用' }),
    findings: z.int().openapi({ description: '检查发现的处数' }),
  })
  .openapi('OfficeArrival')

const receiveRoute = createRoute({
  ...{ method: 'post', path: '/office-documents', tags },
  summary: '办公系统来文入库为草稿（各文件先经 POST /blobs 上传）',
  request: {
    body: jsonBody(
      z.strictObject({
        document: z
          .record(z.string(), z.unknown())
          .openapi({ description: '与 document.json 相同的各栏，见 docs/office-import.md' }),
        fileHash: hash.openapi({ description: '正文文件' }),
        attachmentHashes: z
          .array(hash)
          .max(50)
          .default([])
          .openapi({ description: '附件，次序与 document.attachments 相同' }),
        sheetHash: hash.optional().openapi({ description: '扫描的审签单' }),
      }),
    ),
  },
  responses: answers('入库结果', arrival),
})
const reuseRoute = createRoute({
  ...{ method: 'post', path: '/office-documents/{id}/reuse-approval', tags },
  summary: '另一人核对后沿用纸质审签，即为签发；一字未改才可以',
  request: {
    params: idPath,
    body: jsonBody(z.strictObject({ seenHash: hash, orders: orders.min(1) })),
  },
  responses: answers('已签发', signed),
})

export function officeRoutes(api: Api, { blobs, now, officeText }: ApiSettings): void {
  api.openapi(receiveRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { fileHash, attachmentHashes, sheetHash, ...given } = c.req.valid('json')
    const at = now()
    const document = documentOf(given.document, dayOf(at))
    if (attachmentHashes.length !== document.attachments.length)
      throw new Refused({ code: 'invalid-value', field: 'attachmentHashes' })
    const store = blobs(agencyId)
    const bytes = await store.read(fileHash)
    if (!bytes) throw new Refused({ code: 'not-found', field: 'fileHash' })
    const attachments: OfficeFile[] = []
    for (const [index, { file, name }] of document.attachments.entries())
      attachments.push(await fileOf(store, attachmentHashes[index] ?? '', file, name))
    const { approval } = document
    const sheet =
      approval && sheetHash
        ? { sheet: await fileOf(store, sheetHash, approval.sheet, approval.sheet) }
        : {}
    const made = await receiveOfficeDocument(c.get('hub'), {
      ...{ agencyId, enteredBy: person.id, at },
      package: {
        ...{ document, attachments, ...sheet, text: await officeText(document, bytes) },
        file: await fileOf(store, fileHash, document.file, document.file),
      },
      // They came before the document that names them.
      keep: async () => {},
    })
    return answer(c, arrival, shown(made))
  })
  api.openapi(reuseRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: officeDocumentId } = c.req.valid('param')
    const { seenHash: revisionHash, orders: list } = c.req.valid('json')
    const made = await reuseApproval(c.get('hub'), {
      ...{ agencyId, officeDocumentId, confirmedBy: person.id, at: now(), revisionHash },
      orders: ordersOf(list),
    })
    return answer(c, signed, { signatureId: made.signatureId, dispatchIds: made.dispatchIds })
  })
}

/** @throws RefusedFields with every fault of the document at once */
function documentOf(value: unknown, today: string): OfficeDocument {
  const read = readOfficeDocument(value, today)
  if ('document' in read) return read.document
  throw new RefusedFields(
    read.faults.map(({ field, text }) => ({
      ...{ code: 'invalid-value' as const, field: `document.${field}`, text },
    })),
  )
}

/** What was uploaded under this hash, as the document names it. */
async function fileOf(
  store: BlobStore,
  sha256: string,
  file: string,
  name: string,
): Promise<OfficeFile> {
  const kept = await store.open(sha256)
  if (!kept) throw new Refused({ code: 'not-found', field: file })
  await kept.content.cancel()
  return { name, sha256, bytes: kept.bytes, mediaType: mediaTypeOf(file) }
}

function shown({ approval, ...made }: Arrival) {
  return { ...made, ...(approval ? { approval: approval.code } : {}) }
}
