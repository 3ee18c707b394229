/** One bulletin every adapter can render, and the values its holes are filled with. */
import { randomUUID } from 'node:crypto'
import type { RenderInput, SendBatch } from '../../channels/channel.ts'
import {
  type FilledFields,
  fill,
  type HoleName,
  type HoleValues,
  type Payload,
} from '../../src/domain/payload.ts'

export const SAMPLE_INPUT: RenderInput = {
  agency: { id: 1, name: '桐乡市应急管理局', shortName: '桐乡应急' },
  bulletinId: 42,
  category: { id: 'notice', name: '通知公告' },
  mode: 'earnest',
  level: 'routine',
  title: '关于开展夏季安全生产检查的通知',
  blocks: [
    { kind: 'heading', level: 2, text: '一、检查时间' },
    {
      kind: 'paragraph',
      text: '自7月1日起，为期一个月。<b>不是标签</b> & {public-url} 也不是空位。',
    },
    { kind: 'list', ordered: true, items: ['危险化学品企业', '烟花爆竹零售店'] },
    { kind: 'table', header: ['企业', '日期'], rows: [['示例企业', '7月2日']] },
    { kind: 'quote', text: '请注意防范。', source: '市气象台', issuedAt: '2026-07-01 08:00' },
  ],
  attachments: [],
  metadata: { documentNumber: '桐应急〔2026〕1号', formedOn: '2026-06-28' },
  entries: [],
  act: 'publish',
}

export const SAMPLE_HOLES: Required<HoleValues> = {
  'public-url': 'https://example.test/item/42',
  'index-number': 'TX-2026-0042',
  'published-at': '2026-07-01 09:07',
  'media-id': 'm-1',
  'unsubscribe-url': 'https://example.test/unsubscribe/abc',
  'recipient-name': '示例收件人',
}

/** Recursively frozen: a renderer that writes into its input throws. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const member of Object.values(value)) frozen(member)
  }
  return value
}

export function filledFields(payload: Payload, values: HoleValues = SAMPLE_HOLES): FilledFields {
  const filled = fill(payload, values)
  if ('refusal' in filled) throw new Error(`cannot fill ${filled.refusal.field}`)
  return filled.fields
}

export function textOf(payload: Payload): string {
  return Object.values(payload.fields)
    .flat()
    .filter((segment) => typeof segment === 'string')
    .join('\n')
}

export function without(name: HoleName): HoleValues {
  const { [name]: _, ...rest } = SAMPLE_HOLES
  return rest
}

export function sampleBatch(
  fields: FilledFields,
  addresses: readonly string[],
  more: Partial<SendBatch> = {},
): SendBatch {
  const dispatch = more.key ?? randomUUID().slice(0, 8)
  return {
    key: dispatch,
    agencyId: SAMPLE_INPUT.agency.id,
    bulletinId: SAMPLE_INPUT.bulletinId,
    categoryId: SAMPLE_INPUT.category.id,
    act: 'publish',
    mode: 'earnest',
    fields,
    recipients: addresses.map((address, index) => ({
      key: `1.${dispatch}.${index + 1}`,
      address,
    })),
    at: new Date('2026-07-01T01:07:00Z'),
    attachments: [],
    ...more,
  }
}

/** The same batch as a withdrawal of what its recipients had under these names. */
export function toRecall(batch: SendBatch, recall: readonly string[]): SendBatch {
  return { ...batch, recipients: batch.recipients.map((one) => ({ ...one, recall })) }
}
