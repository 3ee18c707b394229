/** 补录: one row of something posted outside the hub, read and checked. It refuses a row with all its
 *  faults at once; it never looks at what a link or an evidence name points to. */

import { ENTRY_LEVELS, type EntryLevel, TITLE_CHARACTERS_MAX } from './bulletin.ts'
import type { Canonical } from './canonical.ts'
import type { Category } from './category.ts'
import { categoryOnLine } from './category.ts'
import { instantOf, isDay } from './posting-time.ts'
import { dayOf } from './year.ts'

export const POSTING_COLUMNS = {
  required: ['published_on', 'channel', 'category', 'title', 'url', 'level', 'unit', 'evidence'],
  optional: ['item', 'review_ref', 'signed_by', 'signed_on'],
} as const

const URL_CHARACTERS_MAX = 2_000
const EVIDENCE_CHARACTERS_MAX = 500
const UNIT_CHARACTERS_MAX = 200
const NOTE_CHARACTERS_MAX = 200

/** What a posting needs to know of a channel. */
export interface PostingChannel {
  readonly id: string
  readonly name: string
  readonly line: string
  readonly addressing: 'place' | 'group' | 'recipient'
}

export interface PostingContext {
  readonly now: Date
  /** By id and by Chinese name. */
  readonly channels: ReadonlyMap<string, PostingChannel>
  readonly categories: ReadonlyMap<string, Category>
}

export interface PostingRow {
  readonly number: number
  readonly cells: Readonly<Record<string, string>>
}

export interface Posting {
  readonly row: number
  /** A date without a time stands for the first instant of that day in Shanghai: never later than
   *  the true one, always in the right year, and today's date is never in the future. */
  readonly occurredAt: Date
  readonly channel: PostingChannel
  /** As written; groups rows into messages and stands in the natural key. */
  readonly category: Category
  /** What the row counts as on its channel's line. */
  readonly publicationCategoryId: string
  readonly title: string
  readonly url?: string
  readonly evidence?: string
  /** A row with a unit is one entry of its publication. */
  readonly unit?: string
  readonly level?: EntryLevel
  readonly item?: string
  readonly reviewReference?: string
  readonly signedBy?: string
  /** YYYY-MM-DD */
  readonly signedOn?: string
}

export interface PostingProblem {
  readonly row: number
  readonly column: string
  readonly text: string
}

export type PostingReading =
  | { readonly posting: Posting; readonly warnings: readonly PostingProblem[] }
  | { readonly problems: readonly PostingProblem[] }

export function postingContext(
  now: Date,
  channels: readonly PostingChannel[],
  categories: readonly Category[],
): PostingContext {
  return { now, channels: byIdAndName(channels), categories: byIdAndName(categories) }
}

/** An id wins over another row's name, so a name can never hide what an id means. */
function byIdAndName<Named extends { readonly id: string; readonly name: string }>(
  rows: readonly Named[],
): ReadonlyMap<string, Named> {
  return new Map([
    ...rows.map((row): [string, Named] => [row.name.normalize('NFC'), row]),
    ...rows.map((row): [string, Named] => [row.id, row]),
  ])
}

/** What the natural key is a digest of: the same row of a longer file adds nothing. */
export function naturalKeySubject(posting: Posting): Canonical {
  return { ...publicationKey(posting), unit: posting.unit }
}

/** The key without the unit: rows that share it are entries of one publication. */
export function publicationKey(posting: Posting): { readonly [key: string]: Canonical } {
  return {
    version: 1,
    publishedOn: posting.occurredAt.toISOString(),
    channel: posting.channel.id,
    category: posting.category.id,
    title: posting.title,
    url: posting.url ?? '',
  }
}

export function readPosting(row: PostingRow, context: PostingContext): PostingReading {
  const cells = cellReader(row)
  const occurredAt = readPublishedOn(cells, context.now)
  const channel = readNamed(cells, 'channel', '渠道', context.channels)
  const category = readNamed(cells, 'category', '事项', context.categories)
  const title = cells.text('title', TITLE_CHARACTERS_MAX)
  if (cells.raw('title') === '') cells.fault('title', '没有标题，请填写信息标题')
  const url = readUrl(cells)
  const evidence = cells.text('evidence', EVIDENCE_CHARACTERS_MAX)
  const { unit, level } = readEntry(cells, channel)
  const optional = {
    url,
    evidence,
    unit,
    level,
    item: cells.text('item', NOTE_CHARACTERS_MAX),
    reviewReference: cells.text('review_ref', NOTE_CHARACTERS_MAX),
    signedBy: cells.text('signed_by', NOTE_CHARACTERS_MAX),
    signedOn: readSignedOn(cells, context.now),
  }
  if (cells.problems.length > 0 || !occurredAt || !channel || !category || title === undefined)
    return { problems: cells.problems }
  const publicationCategoryId = categoryOnLine(category, channel.line)
  const base = { row: row.number, occurredAt, channel, category, publicationCategoryId, title }
  const posting: Posting = { ...base, ...present(optional) }
  return { posting, warnings: warningsOf(posting) }
}

/** Members that are there; an absent one is left out and not held as undefined. */
function present<Members extends object>(members: Members): Present<Members> {
  const kept = Object.entries(members).filter(([, value]) => value !== undefined)
  return Object.fromEntries(kept) as Present<Members>
}

type Present<Members> = { [Key in keyof Members]?: Exclude<Members[Key], undefined> }

interface Cells {
  readonly problems: PostingProblem[]
  raw(column: string): string
  /** Trimmed, in one line and within its limit; undefined when empty or at fault. */
  text(column: string, limit: number): string | undefined
  fault(column: string, text: string): undefined
}

function cellReader({ number, cells }: PostingRow): Cells {
  const problems: PostingProblem[] = []
  const fault = (column: string, text: string): undefined => {
    problems.push({ row: number, column, text: `第 ${number} 行 ${column}：${text}` })
  }
  const raw = (column: string) => (cells[column] ?? '').normalize('NFC').trim()
  const text = (column: string, limit: number) => {
    const value = raw(column)
    if (value === '') return undefined
    if (/\p{Cc}|\u2028|\u2029/u.test(value))
      return fault(column, '含换行或控制字符，请改成一行文字')
    const length = [...value].length
    if (length > limit) return fault(column, `有 ${length} 字，上限 ${limit} 字，请删减`)
    return value
  }
  return { problems, raw, text, fault }
}

function readPublishedOn(cells: Cells, now: Date): Date | undefined {
  const value = cells.raw('published_on')
  if (value === '') return cells.fault('published_on', '没有发布日期，请按 2018-03-01 的格式填写')
  const read = instantOf(value)
  if ('problem' in read) return cells.fault('published_on', read.problem)
  if (read.at.getTime() > now.getTime())
    return cells.fault('published_on', `${value} 晚于现在，补录只收已经发布的信息，请核对日期`)
  return read.at
}

function readSignedOn(cells: Cells, now: Date): string | undefined {
  const value = cells.raw('signed_on')
  if (value === '') return undefined
  if (!isDay(value))
    return cells.fault('signed_on', `“${quoted(value)}”不是日期，请按 2018-03-01 的格式填写`)
  if (value > dayOf(now)) return cells.fault('signed_on', `${value} 晚于今天，请核对日期`)
  return value
}

function readNamed<Named extends { readonly id: string; readonly name: string }>(
  cells: Cells,
  column: string,
  noun: string,
  known: ReadonlyMap<string, Named>,
): Named | undefined {
  const value = cells.raw(column)
  const found = known.get(value)
  if (found) return found
  const names = [...new Set(known.values())].map(({ id, name }) => `${name}（${id}）`).join('、')
  return value === ''
    ? cells.fault(column, `没有${noun}，请填写编号或名称：${names}`)
    : cells.fault(column, `不认识${noun}“${quoted(value)}”，可填编号或名称：${names}`)
}

function readUrl(cells: Cells): string | undefined {
  const value = cells.text('url', URL_CHARACTERS_MAX)
  if (value === undefined) return undefined
  const parsed = /^https?:\/\/\S+$/i.test(value) ? URL.parse(value) : null
  if (!parsed)
    return cells.fault('url', '不是网页地址，请填写以 http:// 或 https:// 开头的完整地址，或留空')
  if (parsed.username !== '' || parsed.password !== '')
    return cells.fault('url', '地址里含用户名或密码，请删去后再导入，并更换该密码')
  return value
}

const LEVEL_NAMES: ReadonlyMap<string, EntryLevel> = new Map([
  ...ENTRY_LEVELS.map((level): [string, EntryLevel] => [level, level]),
  ['省级', 'province'],
  ['市级', 'prefecture'],
  ['县级', 'county'],
])

function readEntry(cells: Cells, channel: PostingChannel | undefined) {
  const unit = cells.text('unit', UNIT_CHARACTERS_MAX)
  const written = cells.raw('level')
  const level = LEVEL_NAMES.get(written)
  if (written !== '' && !level)
    cells.fault(
      'level',
      `不认识级别“${quoted(written)}”，请填 省级、市级、县级（或 ${ENTRY_LEVELS.join('、')}）`,
    )
  if (written !== '' && cells.raw('unit') === '')
    cells.fault('unit', '填了级别却没有单位，请填写单位名称，或删去级别')
  if (unit !== undefined && channel && channel.addressing !== 'place')
    cells.fault('unit', `${channel.name}不是公开场所，没有可计的条目，请删去单位和级别`)
  return { unit, level }
}

function warningsOf(posting: Posting): readonly PostingProblem[] {
  const { row, channel, category, url, evidence, unit, level, signedOn, occurredAt } = posting
  const warnings: PostingProblem[] = []
  const warn = (column: string, text: string) =>
    warnings.push({ row, column, text: `第 ${row} 行 ${column}：${text}` })
  if (url === undefined && evidence === undefined)
    warn('evidence', `${channel.name}的这一条既无链接也无证据，请补充截图或存档文件名`)
  if (unit !== undefined && level === undefined && category.requiredFields.includes('entries'))
    warn('level', '单位没有级别，不会计入任何一级的家数，请补填级别')
  if (signedOn !== undefined && signedOn > dayOf(occurredAt))
    warn('signed_on', '签发日期晚于发布日期，请核对签发单')
  return warnings
}

const QUOTED_CHARACTERS_MAX = 40

/** A stranger's cell as an error may show it: short, and a long number only by its ends. */
function quoted(value: string): string {
  const shown = [...value.replaceAll(/\p{Cc}/gu, ' ')].slice(0, QUOTED_CHARACTERS_MAX).join('')
  return shown
    .replaceAll(/\d{7,}/g, (number) => `${number.slice(0, 3)}****${number.slice(-2)}`)
    .replaceAll(/[^\s@]+@/g, '****@')
}
