/** 信息: the one disclosure or warning, and 稿: its immutable revisions. Knows shapes and limits only. */
import type { Canonical } from './canonical.ts'
import type { Refusal } from './refusal.ts'

/** `earnest` counts; `exercise` 演练 and `test` never do. */
export const MODES = ['earnest', 'exercise', 'test'] as const
export type Mode = (typeof MODES)[number]

/** 预警级别 一至四级 (突发事件应对法 2024 第六十三条); `routine` is everything that is no warning. */
export const LEVELS = ['red', 'orange', 'yellow', 'blue', 'routine'] as const
export type Level = (typeof LEVELS)[number]

/** How an engine queue treats a dispatch; `urgent` has workers nobody else may take. */
export const LANES = ['urgent', 'normal', 'bulk'] as const
export type Lane = (typeof LANES)[number]

/** Above this reach a dispatch yields to smaller ones. */
const NORMAL_REACH_MAX = 10_000

export function laneOf(level: Level, reach: number): Lane {
  if (level === 'red' || level === 'orange') return 'urgent'
  return reach > NORMAL_REACH_MAX ? 'bulk' : 'normal'
}

/** The closed list of blocks a body is made of; every other format is converted to it. */
export type Block =
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'heading'; readonly level: 2 | 3; readonly text: string }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly string[] }
  | {
      readonly kind: 'table'
      readonly header: readonly string[]
      readonly rows: readonly (readonly string[])[]
    }
  | { readonly kind: 'picture'; readonly sha256: string; readonly alt: string }
  | { readonly kind: 'attachment'; readonly sha256: string; readonly name: string }
  /** Another body's words, relayed unaltered; never cut by any renderer. */
  | {
      readonly kind: 'quote'
      readonly text: string
      readonly source: string
      readonly issuedAt: string
    }

export interface Attachment {
  readonly sha256: string
  readonly name: string
  readonly mediaType: string
  readonly bytes: number
}

/** 公开要素: the metadata block of a disclosed item (field names after 政府信息公开 portals). */
export interface Metadata {
  /** 文号, for example 桐应急〔2026〕1号 */
  readonly documentNumber?: string
  /** 成文日期 YYYY-MM-DD; starts the 20-working-day clock (政府信息公开条例 第二十六条) */
  readonly formedOn?: string
  /** 公开方式 */
  readonly disclosureMode?: 'proactive' | 'on-application' | 'withheld'
  /** 公开时限 */
  readonly disclosurePeriod?: string
  /** 公开范围 */
  readonly audienceScope?: string
  /** 公开责任部门 */
  readonly section?: string
  /** 主题分类 */
  readonly subjectClass?: string
  /** 体裁分类 */
  readonly genreClass?: string
  /** 有效性 */
  readonly validity?: string
  readonly summary?: string
  readonly keywords?: readonly string[]
  /** 信息来源; for a repost the body that made it (条例 第十条) */
  readonly source?: string
  /** 咨询电话 */
  readonly contact?: string
}

/** 挂牌级别 */
export const ENTRY_LEVELS = ['province', 'prefecture', 'county'] as const
export type EntryLevel = (typeof ENTRY_LEVELS)[number]

/** 条目: a row inside a list bulletin, such as one listed unit; counted in 家. */
export interface Entry {
  readonly unit: string
  readonly level?: EntryLevel
  readonly detail?: string
}

/** Everything a revision's hash covers besides its place in the bulletin. */
export interface RevisionContent {
  readonly title: string
  readonly blocks: readonly Block[]
  readonly attachments: readonly Attachment[]
  readonly metadata: Metadata
  readonly entries: readonly Entry[]
}

export const TITLE_CHARACTERS_MAX = 120
const BODY_CHARACTERS_MAX = 200_000
const BLOCKS_MAX = 2_000
export const ENTRIES_MAX = 5_000
const ATTACHMENTS_MAX = 50
export const ATTACHMENT_BYTES_MAX = 50 * 1024 * 1024

export interface RevisionPlace {
  readonly agencyId: number
  readonly bulletinId: number
  /** so that an old opinion is none on a text that was sent back and handed in unchanged */
  readonly revision: number
  readonly categoryId: string
  readonly mode: Mode
  readonly level: Level
}

/** What the secrecy opinion and the signature name: agency, bulletin, revision, category, mode, text. */
export function revisionSubject(place: RevisionPlace, content: RevisionContent): Canonical {
  return { version: 1, ...place, content: content as unknown as Canonical }
}

/** Plain text of a body, one line a block: what short channels and checks read. */
export function plainText(blocks: readonly Block[]): string {
  return blocks.map(blockText).filter(Boolean).join('\n')
}

function blockText(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
    case 'heading':
      return block.text
    case 'quote':
      return `${block.source} ${block.issuedAt}：${block.text}`
    case 'list':
      return block.items.join('\n')
    case 'table':
      return [block.header, ...block.rows].map((row) => row.join('\t')).join('\n')
    case 'picture':
      return block.alt
    case 'attachment':
      return block.name
  }
}

/** Fields the category demands and limits everything has; undefined when the text may be kept. */
export function whyNotComposable(
  content: RevisionContent,
  requiredFields: readonly string[],
): Refusal | undefined {
  if (content.title.trim() === '') return { code: 'missing-field', field: 'title' }
  // A title stands on one line everywhere: in a subject, a list, a feed.
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(content.title))
    return { code: 'invalid-value', field: 'title', detail: '标题含有换行或控制字符，请删去' }
  if (length(content.title) > TITLE_CHARACTERS_MAX) return tooLong('title', TITLE_CHARACTERS_MAX)
  if (content.blocks.length > BLOCKS_MAX) return tooLong('blocks', BLOCKS_MAX)
  if (length(plainText(content.blocks)) > BODY_CHARACTERS_MAX)
    return tooLong('body', BODY_CHARACTERS_MAX)
  if (content.entries.length > ENTRIES_MAX) return tooLong('entries', ENTRIES_MAX)
  if (content.attachments.length > ATTACHMENTS_MAX) return tooLong('attachments', ATTACHMENTS_MAX)
  const large = content.attachments.find((file) => file.bytes > ATTACHMENT_BYTES_MAX)
  if (large) return tooLong(`attachment ${large.name}`, ATTACHMENT_BYTES_MAX)
  for (const field of requiredFields) {
    if (isMissing(content, field)) return { code: 'missing-field', field }
  }
  return undefined
}

function isMissing(content: RevisionContent, field: string): boolean {
  if (field === 'body') return plainText(content.blocks).trim() === ''
  if (field === 'entries') return content.entries.length === 0
  if (field === 'quote') return !content.blocks.some((block) => block.kind === 'quote')
  const value = content.metadata[field as keyof Metadata]
  return value === undefined || value.length === 0
}

function tooLong(field: string, limit: number): Refusal {
  return { code: 'too-long', field, limit }
}

function length(text: string): number {
  return [...text].length
}
