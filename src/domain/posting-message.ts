/** From rows to messages: which postings are one bulletin, which rows are entries of one publication,
 *  and which are second copies. Never merges what its rows name as two items. */
import { ENTRIES_MAX, type Entry } from './bulletin.ts'
import { canonical } from './canonical.ts'
import { type Category, categoryOnLine } from './category.ts'
import { type Posting, type PostingProblem, publicationKey } from './posting.ts'
import { dayOf } from './year.ts'

/** What stood on one place channel: counted once, whatever its rows. */
export interface PostedPublication {
  readonly channelId: string
  readonly categoryId: string
  readonly occurredAt: Date
  readonly url?: string
  readonly entries: readonly Entry[]
  /** In the file's order; each keeps its evidence. */
  readonly postings: readonly Posting[]
  /** Second copies of the message on the same channel (R5): kept, never counted. */
  readonly duplicates: readonly Posting[]
}

/** What went to people over group and recipient channels: counted once a message. */
export interface PostedBroadcast {
  readonly occurredAt: Date
  readonly postings: readonly Posting[]
}

export interface PostedMessage {
  readonly item?: string
  readonly title: string
  readonly category: Category
  readonly publications: readonly PostedPublication[]
  readonly broadcast?: PostedBroadcast
}

export interface PostedMessages {
  readonly messages: readonly PostedMessage[]
  /** Rows that must be mended; their message is left out. */
  readonly problems: readonly PostingProblem[]
  /** What a person should look at; nothing is left out for it. */
  readonly warnings: readonly PostingProblem[]
}

interface Notes {
  readonly problems: PostingProblem[]
  readonly warnings: PostingProblem[]
}

export function groupPostings(postings: readonly Posting[]): PostedMessages {
  const notes: Notes = { problems: [], warnings: [] }
  const messages = groupRows(postings, notes).flatMap((rows) => {
    const faults = notes.problems.length
    const message = messageOf(rows, notes)
    return notes.problems.length === faults ? [message] : []
  })
  return { messages, ...notes }
}

/** Never empty. */
type Rows = [Posting, ...Posting[]]

function collect<Key>(groups: Map<Key, Rows>, key: Key, posting: Posting): void {
  const rows = groups.get(key)
  if (rows) rows.push(posting)
  else groups.set(key, [posting])
}

/** Rows of one `item` first; a row without one joins the item of its title, category and day. */
function groupRows(postings: readonly Posting[], notes: Notes): readonly Rows[] {
  const groups = new Map<string, Rows>()
  const itemsOf = new Map<string, Set<string>>()
  for (const posting of postings) {
    if (posting.item === undefined) continue
    const key = sameness(posting)
    const items = itemsOf.get(key)
    if (items) items.add(posting.item)
    else itemsOf.set(key, new Set([posting.item]))
  }
  for (const posting of postings) {
    const key = sameness(posting)
    const [item, other] = posting.item === undefined ? (itemsOf.get(key) ?? []) : [posting.item]
    if (item !== undefined && other !== undefined)
      notes.problems.push(
        problem(
          posting,
          'item',
          `标题、事项、日期与“${item}”和“${other}”都相同，请填写它属于哪一个`,
        ),
      )
    else collect(groups, item === undefined ? `same ${key}` : `item ${item}`, posting)
  }
  return [...groups.values()]
}

function sameness(posting: Posting): string {
  return canonical([posting.title, posting.category.id, dayOf(posting.occurredAt)])
}

function problem({ row }: Posting, column: string, text: string): PostingProblem {
  return { row, column, text: `第 ${row} 行 ${column}：${text}` }
}

function messageOf(rows: Rows, notes: Notes): PostedMessage {
  const category = ownCategory(rows, notes)
  const named = rows.find((row) => row.category.id === category.id) ?? rows[0]
  const item = rows.find((row) => row.item !== undefined)?.item
  const byChannel = new Map<string, Rows>()
  const sent: Posting[] = []
  for (const row of rows) {
    if (row.channel.addressing === 'place') collect(byChannel, row.channel.id, row)
    else sent.push(row)
  }
  const publications = [...byChannel.values()].map((own) => publicationOf(own, notes))
  const broadcast = broadcastOf(sent)
  return {
    title: named.title,
    category,
    publications,
    ...(item === undefined ? {} : { item }),
    ...(broadcast ? { broadcast } : {}),
  }
}

/** The category that explains every row on its line (a penalty is an exposure on the official
 *  account); when none does, the first row's. */
function ownCategory(rows: Rows, notes: Notes): Category {
  const [first] = rows
  const candidates = new Map(rows.map(({ category }) => [category.id, category]))
  if (candidates.size === 1) return first.category
  for (const candidate of candidates.values()) {
    const explains = rows.every(
      ({ category, channel }) =>
        category.id === candidate.id || category.id === categoryOnLine(candidate, channel.line),
    )
    if (explains) return candidate
  }
  const stray = rows.find((row) => row.category.id !== first.category.id) ?? first
  notes.warnings.push(
    problem(
      stray,
      'category',
      `事项“${stray.category.name}”与第 ${first.row} 行的“${first.category.name}”不同而 item 相同，整条信息按后者登记，请核对`,
    ),
  )
  return first.category
}

function publicationOf(rows: Rows, notes: Notes): PostedPublication {
  const copies = new Map<string, Rows>()
  for (const row of rows) collect(copies, canonical(publicationKey(row)), row)
  // The first success on a channel decides the year (R3); of two at one instant the upper row.
  const [first = rows, ...others] = [...copies.values()].sort(
    ([a], [b]) => a.occurredAt.getTime() - b.occurredAt.getTime() || a.row - b.row,
  )
  const [head] = first
  for (const [copy] of others)
    notes.warnings.push(
      problem(
        copy,
        'url',
        `与第 ${head.row} 行是同一信息在${head.channel.name}上的两份，只计第 ${head.row} 行；请撤除多余的一份，若是两条信息请各填不同的 item`,
      ),
    )
  return {
    channelId: head.channel.id,
    categoryId: head.publicationCategoryId,
    occurredAt: head.occurredAt,
    ...(head.url === undefined ? {} : { url: head.url }),
    entries: entriesOf(first, notes),
    postings: first,
    duplicates: others.flat(),
  }
}

function entriesOf(rows: Rows, notes: Notes): readonly Entry[] {
  const seen = new Map<string, Posting>()
  let plain: Posting | undefined
  for (const row of rows) {
    const before = row.unit === undefined ? plain : seen.get(row.unit)
    if (before && before.level !== row.level)
      notes.problems.push(
        problem(row, 'level', `单位与第 ${before.row} 行相同而级别不同，请核对后只留一行`),
      )
    else if (before)
      notes.warnings.push(problem(row, 'title', `与第 ${before.row} 行重复，只计一次`))
    else if (row.unit === undefined) plain = row
    else seen.set(row.unit, row)
  }
  if (seen.size > ENTRIES_MAX)
    notes.problems.push(
      problem(
        rows[0],
        'unit',
        `这一条有 ${seen.size} 个条目，上限 ${ENTRIES_MAX} 个，请拆成几条信息`,
      ),
    )
  return [...seen].map(([unit, { level }]) => (level === undefined ? { unit } : { unit, level }))
}

function broadcastOf(rows: readonly Posting[]): PostedBroadcast | undefined {
  const [first] = rows
  if (!first) return undefined
  const earliest = rows.reduce((min, row) => Math.min(min, row.occurredAt.getTime()), Infinity)
  return { occurredAt: new Date(earliest), postings: rows }
}
