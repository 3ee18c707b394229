/** The demo year 2018 as data: `year-2018.csv`, one row a bulletin, in the order they were signed.
 *  Companies and places are invented. Refuses a file that does not hold together. The columns:
 *
 *  - `item`: the row's key, category and number.
 *  - `at`: signed, Shanghai time; for `manual` the moment the platform showed it.
 *  - `category`: the bulletin's own; on another line it may count as another (penalty → exposure).
 *  - `mode`: earnest, exercise or test. `origin`: hub, or manual for what was posted outside the hub.
 *  - `level`: of a warning, else routine.
 *  - `channels`: by blanks; `+95` means that the platform showed it 95 minutes after `at`.
 *  - `audiences`: by blanks, for rows that go to people.
 *  - `entries`: `level:unit`, by semicolons.
 *  - `link`: what the row does to an earlier one: `corrects`, `updates`, `lifts`, `reposts`, or
 *    `duplicates` for a second copy on the platform, which is kept and never counts.
 *  - `act`: what happened to it later: `amend` or `withdraw`, when, and why.
 *  - `trap`: the name of the case a count could get wrong here; see `TRAPS`. */
import { readFileSync } from 'node:fs'
import {
  type Block,
  ENTRY_LEVELS,
  type Entry,
  LEVELS,
  type Level,
  MODES,
  type Mode,
} from '../domain/bulletin.ts'
import { DEFAULT_CATEGORIES } from '../domain/category.ts'
import { instantOf } from '../domain/posting-time.ts'
import { dayOf } from '../domain/year.ts'
import { readCsv } from '../kit/csv.ts'

export const TRAPS = [
  /** On the first morning in Shanghai, when it is still 2017 in Greenwich: counts. */
  'first-morning',
  /** The portal at 23:59:30 on the last day: counts. */
  'last-minute',
  /** Ten seconds into 2019, when it is still 2018 in Greenwich: counts in 2019. */
  'next-year',
  /** The portal in 2018, the official account in 2019: one publication for each year. */
  'next-year-elsewhere',
  /** Posted outside the hub and entered afterwards: counts, flagged manual. */
  'hand-posting',
  /** Taken down the next day: stays counted, and counts as withdrawn. */
  'withdrawn',
  /** The same matter again, as a new linked bulletin: counts. */
  'reposted',
  /** Corrected in place: counts once. */
  'amended',
  /** A correction published as a notice of its own: counts. */
  'correction-notice',
  /** Fails once, then succeeds: counts once. */
  'retry',
  /** Failed for good: never counts. */
  'failure',
  /** The second of two copies on a platform: never counts. */
  'duplicate',
  /** Never count. */
  'exercise',
  'test',
] as const
export type Trap = (typeof TRAPS)[number]

const LINK_KINDS = ['corrects', 'updates', 'lifts', 'reposts', 'duplicates'] as const
type Link = (typeof LINK_KINDS)[number]

const ACTS = ['amend', 'withdraw'] as const

/** Channels where something is posted; every other channel of the file reaches people. */
const PLACES = ['disclosure-portal', 'service-network', 'wechat-official'] as const
const PEOPLE = ['sms', 'wechat-group', 'qq-group', 'office'] as const
const AUDIENCES = ['hazardous-chemicals', 'major-hazard', 'fireworks-retail'] as const

const COLUMNS = [
  'item',
  'at',
  'category',
  'mode',
  'origin',
  'level',
  'channels',
  'audiences',
  'title',
  'entries',
  'link',
  'act',
  'trap',
] as const
type Column = (typeof COLUMNS)[number]

export interface Year2018Row {
  /** Its row in the file, as a spreadsheet numbers it. */
  readonly number: number
  readonly item: string
  readonly at: Date
  readonly category: string
  readonly mode: Mode
  readonly origin: 'hub' | 'manual'
  readonly level: Level
  readonly title: string
  readonly blocks: readonly Block[]
  readonly entries: readonly Entry[]
  /** The places it stands on, each with the platform's own time. */
  readonly places: readonly { readonly channel: string; readonly occurredAt: Date }[]
  /** Group and recipient channels of its one broadcast; empty when it goes to nobody. */
  readonly people: readonly string[]
  readonly audiences: readonly string[]
  readonly link?: { readonly kind: Link; readonly item: string }
  readonly act?: {
    readonly act: (typeof ACTS)[number]
    readonly at: Date
    readonly reason: string
  }
  /** Of a manual posting only. */
  readonly url?: string
  readonly trap?: Trap
}

const FILE = new URL('./year-2018.csv', import.meta.url)
const LIMITS = { bytesMax: 1_000_000, rowsMax: 2_000, columnsMax: COLUMNS.length }

export function readYear2018(bytes: Uint8Array = readFileSync(FILE)): readonly Year2018Row[] {
  const csv = readCsv(bytes, LIMITS, { required: COLUMNS })
  if (csv.problems.length > 0) throw new Error(csv.problems.map(({ text }) => text).join('\n'))
  const rows = csv.rows.map(({ number, cells }) => rowOf(number, (column) => cells[column] ?? ''))
  const items = new Map(rows.map((row) => [row.item, row]))
  if (items.size < rows.length) throw new Error('two rows of the demo year share an item')
  for (const { item, at, link } of rows) {
    const earlier = link && items.get(link.item)
    if (link && !(earlier && earlier.at < at))
      throw new Error(`${item} ${link.kind} ${link.item}, which is no earlier row of the demo year`)
  }
  return rows
}

function rowOf(number: number, cell: (column: Column) => string): Year2018Row {
  const wrong = (column: Column) => new Error(`row ${number} of the demo year: ${column}`)
  const one = <Word extends string>(
    words: readonly Word[],
    column: Column,
    text = cell(column),
  ) => {
    const word = words.find((candidate) => candidate === text)
    if (word === undefined) throw wrong(column)
    return word
  }
  const time = (text: string, column: Column) => {
    const read = instantOf(text)
    if ('problem' in read) throw wrong(column)
    return read.at
  }
  const at = time(cell('at'), 'at')
  const category = one(
    DEFAULT_CATEGORIES.map(({ id }) => id),
    'category',
  )
  const origin = one(['hub', 'manual'], 'origin')
  const [kind, target = ''] = words(cell('link'))
  const [act, day = '', clock = '', ...reason] = words(cell('act'))
  const item = cell('item')
  const title = cell('title')
  return {
    number,
    item,
    at,
    category,
    mode: one(MODES, 'mode'),
    origin,
    level: one(LEVELS, 'level'),
    title,
    blocks: blocksOf(category, title, at),
    entries: split(cell('entries'), ';').map((text) => {
      const [level, unit = ''] = text.split(':')
      if (unit === '') throw wrong('entries')
      return { unit, level: one(ENTRY_LEVELS, 'entries', level) }
    }),
    ...channelsOf(cell('channels'), at, (channel) =>
      one([...PLACES, ...PEOPLE], 'channels', channel),
    ),
    audiences: words(cell('audiences')).map((text) => one(AUDIENCES, 'audiences', text)),
    ...(kind ? { link: { kind: one(LINK_KINDS, 'link', kind), item: target } } : {}),
    ...(act
      ? {
          act: {
            act: one(ACTS, 'act', act),
            at: time(`${day} ${clock}`, 'act'),
            reason: reason.join(' '),
          },
        }
      : {}),
    ...(origin === 'manual' ? { url: `https://post.example/2018/${item}.html` } : {}),
    ...(cell('trap') === '' ? {} : { trap: one(TRAPS, 'trap') }),
  }
}

function channelsOf(text: string, at: Date, known: (channel: string) => string) {
  const named = words(text).map((word) => {
    const [channel = '', minutes = '0'] = word.split('+')
    const occurredAt = new Date(at.getTime() + Number(minutes) * 60_000)
    return { channel: known(channel), occurredAt }
  })
  const isPlace = (channel: string) => PLACES.some((place) => place === channel)
  return {
    places: named.filter(({ channel }) => isPlace(channel)),
    people: named.map(({ channel }) => channel).filter((channel) => !isPlace(channel)),
  }
}

function words(text: string): readonly string[] {
  return split(text, ' ')
}

function split(text: string, separator: string): readonly string[] {
  return text === '' ? [] : text.split(separator)
}

const CLOSING: Readonly<Record<string, string>> = {
  warning: '请各单位落实值班值守，检查重点部位，遇险情立即停止作业、撤离人员并报告。',
  penalty: '市安监局已依法作出行政处罚决定并责令限期改正，当事人已按期整改。',
  licence: '经审查，申请材料和现场条件符合规定，现予公告。',
  'hazard-list': '请挂牌单位按期完成整治，整治期间由属地落实监管措施。',
  'accident-report': '事故调查报告已经批复，有关责任单位和人员的处理意见予以公开。',
  'law-publicity': '欢迎生产经营单位和从业人员对照学习，依法履行安全生产职责。',
  'safety-knowledge': '安全无小事，请转告身边的人。',
}

/** A short text for a title, the same at every reading. */
function blocksOf(category: string, title: string, at: Date): readonly Block[] {
  const [year, month, day] = dayOf(at).split('-').map(Number)
  const closing = CLOSING[category] ?? '有关事项由市安监局办公室负责解释，咨询请与办公室联系。'
  return [
    { kind: 'paragraph', text: `${title}。` },
    { kind: 'paragraph', text: `${closing}（${year}年${month}月${day}日）` },
  ]
}
