/** A revision's content and the orders of its dispatches as a request writes them. Shapes and hard
 *  limits only; what a category demands is the domain's. */
import { z } from '@hono/zod-openapi'
import {
  ATTACHMENT_BYTES_MAX,
  ENTRIES_MAX,
  ENTRY_LEVELS,
  LEVELS,
  MODES,
  type RevisionContent,
  TITLE_CHARACTERS_MAX,
  whyNotComposable,
} from '../../domain/bulletin.ts'
import { Refused } from '../../domain/refusal.ts'
import { ACTS } from '../../domain/signature.ts'
import type { DispatchOrder } from '../../hub/manifest.ts'
import type { Hub } from '../../hub/ports.ts'
import { faultOf, RefusedFields } from '../errors.ts'
import { hash, writtenMoment } from './describe.ts'

const TEXT_CHARACTERS_MAX = 200_000
const NAME_CHARACTERS_MAX = 200
const BLOCKS_MAX = 2_000
const ATTACHMENTS_MAX = 50
const ORDERS_MAX = 60
const AUDIENCES_MAX = 100

const text = z.string().max(TEXT_CHARACTERS_MAX)
const name = z.string().min(1).max(NAME_CHARACTERS_MAX)

const block = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('paragraph'), text }),
    z.strictObject({
      ...{ kind: z.literal('heading'), level: z.literal([2, 3]), text },
    }),
    z.strictObject({
      ...{ kind: z.literal('list'), ordered: z.boolean(), items: z.array(text).max(BLOCKS_MAX) },
    }),
    z.strictObject({
      ...{ kind: z.literal('table'), header: z.array(text).max(100) },
      rows: z.array(z.array(text).max(100)).max(ENTRIES_MAX),
    }),
    z.strictObject({ kind: z.literal('picture'), sha256: hash, alt: name }),
    z.strictObject({ kind: z.literal('attachment'), sha256: hash, name }),
    z.strictObject({ kind: z.literal('quote'), text, source: name, issuedAt: name }),
  ])
  .openapi('Block')

const day = z.iso.date('应为日期，如 2026-11-25')
const short = z.string().max(NAME_CHARACTERS_MAX)
const metadata = z
  .strictObject({
    ...{ documentNumber: short.optional(), formedOn: day.optional() },
    disclosureMode: z.enum(['proactive', 'on-application', 'withheld']).optional(),
    ...{ disclosurePeriod: short.optional(), audienceScope: short.optional() },
    ...{ section: short.optional(), subjectClass: short.optional(), genreClass: short.optional() },
    ...{ validity: short.optional(), summary: z.string().max(2_000).optional() },
    keywords: z.array(short).max(20).optional(),
    ...{ source: short.optional(), contact: short.optional() },
  })
  .openapi('Metadata')

export const content = z
  .strictObject({
    title: z
      .string()
      .refine((title) => title.trim() !== '', '请填写标题')
      .refine(
        (title) => [...title].length <= TITLE_CHARACTERS_MAX,
        `标题最多 ${TITLE_CHARACTERS_MAX} 字，请删减`,
      ),
    blocks: z.array(block).max(BLOCKS_MAX),
    attachments: z
      .array(
        z.strictObject({
          ...{ sha256: hash, name, mediaType: name },
          bytes: z.int().min(0).max(ATTACHMENT_BYTES_MAX),
        }),
      )
      .max(ATTACHMENTS_MAX)
      .default([]),
    metadata: metadata.default({}),
    entries: z
      .array(
        z.strictObject({
          ...{ unit: name, level: z.enum(ENTRY_LEVELS).optional() },
          detail: z.string().max(2_000).optional(),
        }),
      )
      .max(ENTRIES_MAX)
      .default([]),
  })
  .openapi('Content')

/** JSON holds no `undefined`, so that what is absent is absent. */
export function contentOf(written: z.output<typeof content>): RevisionContent {
  return written as RevisionContent
}

export const mode = z.enum(MODES)
export const level = z.enum(LEVELS)
export const categoryId = z.string().regex(/^[a-z0-9-]{1,40}$/, '应为事项编号，如 notice')
export const channelId = z.string().regex(/^[a-z0-9-]{1,40}$/, '应为渠道编号，如 sms')

const order = z
  .strictObject({
    ...{ channelId, act: z.enum(ACTS) },
    audiences: z
      .array(z.string().regex(/^[a-z0-9-]{1,40}$/, '应为受众编号'))
      .max(AUDIENCES_MAX)
      .optional(),
    ...{ notBefore: writtenMoment.optional(), notAfter: writtenMoment.optional() },
    seenReach: z.int().min(0).optional(),
    reason: z.string().max(500).optional(),
    throughQuietHours: z.boolean().optional(),
    onlyFailedOf: z
      .int()
      .min(1)
      .optional()
      .openapi({ description: '重发时只发给这条发送令中确定没有送达的对象' }),
  })
  .openapi('Order')

export const orders = z.array(order).max(ORDERS_MAX)

export function ordersOf(written: z.output<typeof orders>): readonly DispatchOrder[] {
  return written as readonly DispatchOrder[]
}

/** Every field a category misses at once: a clerk fills a form in one go.
 *  @throws RefusedFields */
export async function checkContent(
  hub: Hub,
  agencyId: number,
  category: string,
  written: RevisionContent,
): Promise<void> {
  const known = await hub.store.transact(agencyId, (tx) => tx.category(category))
  if (!known) throw new Refused({ code: 'not-found', field: 'categoryId', detail: category })
  const found = [[], ...known.requiredFields.map((field) => [field])].flatMap((fields) => {
    const refusal = whyNotComposable(written, fields)
    return refusal ? [faultOf(refusal)] : []
  })
  const faults = new Map(found.map((fault) => [`${fault.code} ${fault.field}`, fault]))
  if (faults.size > 0) throw new RefusedFields([...faults.values()])
}
