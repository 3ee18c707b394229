/** Walks a year of data through the real doors on a simulated clock: composed, reviewed, signed, sent,
 *  confirmed by hand, corrected, withdrawn, entered afterwards. It writes nothing around a door. */
import type { Channel } from '../../channels/channel.ts'
import { laneOf } from '../domain/bulletin.ts'
import type { Outcome } from '../domain/outcome.ts'
import { minuteOf } from '../domain/year.ts'
import { type Composed, compose, revise } from '../hub/compose.ts'
import { confirmByHand } from '../hub/confirm.ts'
import { handIn } from '../hub/hand-in.ts'
import { confirmImport, importPostings } from '../hub/import-postings.ts'
import type { DispatchOrder } from '../hub/manifest.ts'
import { markDuplicate } from '../hub/mark-duplicate.ts'
import type { Hub, Outside, Road } from '../hub/ports.ts'
import type { Pump } from '../hub/pump.ts'
import { review } from '../hub/review.ts'
import { sign } from '../hub/sign.ts'
import type { Year2018Row } from '../simulator/year-2018.ts'

export interface YearWalk {
  readonly hub: Hub
  readonly pump: Pump
  readonly agencyId: number
  readonly drafterId: number
  readonly reviewerId: number
  readonly leaderId: number
  /** told after each row */
  progress?(done: number, total: number): void
}

const MINUTE_MS = 60_000
const TASKS_MAX = 1_000

interface Step {
  readonly at: Date
  /** what must not be walked at the same time: its own bulletin and the one it is about */
  readonly about: readonly string[]
  /** true for a fault outside, which must hit nobody else */
  readonly alone: boolean
  run(): Promise<void>
}

/** Bulletins a bureau has in hand at once; each keeps its own moment. */
const IN_HAND_MAX = 6

/** Resolves when the last row's last act is done. */
export async function walkYear(walk: YearWalk, rows: readonly Year2018Row[]): Promise<void> {
  const items = new Map<string, Composed>()
  const steps = rows.flatMap((row) => stepsOf(walk, row, items))
  steps.sort((a, b) => a.at.getTime() - b.at.getTime())
  let done = 0
  for (const together of inHand(steps)) {
    await Promise.all(together.map((step) => step.run()))
    done += together.length
    walk.progress?.(done, steps.length)
  }
}

/** Neighbours in time that have nothing to do with each other. */
function inHand(steps: readonly Step[]): readonly (readonly Step[])[] {
  const groups: Step[][] = []
  let about = new Set<string>()
  let current: Step[] = []
  for (const step of steps) {
    const free =
      current.length < IN_HAND_MAX &&
      !step.alone &&
      !current.some((one) => one.alone) &&
      !step.about.some((item) => about.has(item))
    if (!free) {
      current = []
      about = new Set()
    }
    if (current.length === 0) groups.push(current)
    current.push(step)
    for (const item of step.about) about.add(item)
  }
  return groups
}

function stepsOf(walk: YearWalk, row: Year2018Row, items: Map<string, Composed>): readonly Step[] {
  const about = [row.item, ...(row.link ? [row.link.item] : [])]
  const shared = { about, alone: FAULTS[row.trap ?? ''] !== undefined }
  if (row.origin === 'manual')
    return [{ ...shared, at: row.at, run: () => enterByHand(walk, row, items) }]
  const { act } = row
  const first: Step = { ...shared, at: row.at, run: () => publish(walk, row, items) }
  // What a person posts later on another platform is confirmed when it stands there.
  const later = row.places
    .filter((place) => place.occurredAt > row.at)
    .map(({ channel, occurredAt }) => ({
      ...{ about, alone: false, at: occurredAt },
      run: () => confirmOpen(walk, items.get(row.item), occurredAt, channel),
    }))
  if (!act) return [first, ...later]
  const last: Step = {
    ...{ about, alone: false, at: act.at },
    run: () => actLater(walk, row, items),
  }
  return [first, ...later, last]
}

async function publish(
  walk: YearWalk,
  row: Year2018Row,
  items: Map<string, Composed>,
): Promise<void> {
  const { hub, agencyId } = walk
  const before = (minutes: number) => new Date(row.at.getTime() - minutes * MINUTE_MS)
  const linked = linkOf(row, items)
  const composed = await compose(hub, {
    ...{ agencyId, authorId: walk.drafterId, at: before(30) },
    ...{ categoryId: row.category, mode: row.mode, level: row.level },
    content: contentOf(row, row.title),
    ...(linked ? { linked } : {}),
  })
  items.set(row.item, composed)
  await reviewAndSign(walk, composed, row.at, ordersOf(row))
  await sendAll(walk, row, composed)
  if (row.people.length > 0) await confirmOpen(walk, composed, row.at)
}

function contentOf(row: Year2018Row, title: string) {
  const { blocks, entries } = row
  return { title, blocks, entries, attachments: [], metadata: { section: '办公室' } }
}

function linkOf(row: Year2018Row, items: ReadonlyMap<string, Composed>) {
  if (!row.link || row.link.kind === 'duplicates') return undefined
  const target = items.get(row.link.item)
  return target && { to: target.bulletinId, kind: row.link.kind }
}

function ordersOf(row: Year2018Row): readonly DispatchOrder[] {
  const { audiences } = row
  return [
    ...row.places.map(({ channel }): DispatchOrder => ({ channelId: channel, act: 'publish' })),
    ...row.people.map(
      (channel): DispatchOrder => ({ channelId: channel, act: 'notify', audiences }),
    ),
  ]
}

async function reviewAndSign(
  walk: YearWalk,
  composed: Composed,
  at: Date,
  orders: readonly DispatchOrder[],
): Promise<void> {
  const { hub, agencyId } = walk
  const { bulletinId, hash: seenHash } = composed
  const reviewedAt = new Date(at.getTime() - 10 * MINUTE_MS)
  const submittedBy = walk.drafterId
  const given = { submittedBy, orders, at: reviewedAt, answer: '系列信息，已核对' }
  await handIn(hub, { agencyId, bulletinId, seenHash, ...given })
  await review(hub, {
    ...{ agencyId, bulletinId, seenHash, opinion: 'public', at: reviewedAt },
    reviewerId: walk.reviewerId,
  })
  await sign(hub, { agencyId, bulletinId, seenHash, at, orders, signerId: walk.leaderId })
}

/** The faults of the data happen outside, where faults happen: the doors see them as any other. */
async function sendAll(walk: YearWalk, row: Year2018Row, composed: Composed): Promise<void> {
  const fault = FAULTS[row.trap ?? '']
  const { hub, pump, agencyId } = walk
  const only = { agencyId, bulletinId: composed.bulletinId }
  const lanes = [laneOf(row.level, 1)]
  const restore = fault ? breakOutside(hub.outside, fault) : undefined
  try {
    await pump.drain(() => row.at, only, lanes)
    const retryAt = new Date(row.at.getTime() + MINUTE_MS)
    if (restore) await pump.drain(() => retryAt, only, lanes)
  } finally {
    restore?.()
  }
}

const FAULTS: Readonly<Record<string, (call: number) => Outcome | undefined>> = {
  retry: (call) =>
    call === 1 ? { kind: 'retry', code: 'unreachable', detail: '连接被拒绝' } : undefined,
  failure: () => ({
    ...{ kind: 'refused', scope: 'message', code: 'rejected', detail: '平台审核未通过' },
  }),
}

/** Puts a fault between hub and channel for a while; the answer gives it back whole. */
function breakOutside(outside: Outside, fault: (call: number) => Outcome | undefined): () => void {
  const whole = outside.road
  let calls = 0
  const broken = (channel: Channel): Channel => ({
    ...channel,
    async send(batch, signal) {
      calls++
      const outcome = fault(calls)
      return outcome ? batch.recipients.map(() => outcome) : channel.send(batch, signal)
    },
  })
  const road = async (...key: Parameters<Outside['road']>): Promise<Road | undefined> => {
    const found = await whole(...key)
    return found && { ...found, channel: broken(found.channel) }
  }
  Object.assign(outside, { road })
  return () => Object.assign(outside, { road: whole })
}

/** People confirm what they posted, with the link where the platform has one. */
async function confirmOpen(
  walk: YearWalk,
  composed: Composed | undefined,
  at: Date,
  channelId?: string,
): Promise<void> {
  const { hub, agencyId } = walk
  if (!composed) return
  const { tasks, channels } = await hub.store.transact(agencyId, async (tx) => ({
    tasks: await tx.openTasks({ bulletinId: composed.bulletinId, limit: TASKS_MAX }),
    channels: await tx.channels(),
  }))
  const isPlace = (id: string) =>
    channels.some((one) => one.id === id && one.addressing === 'place')
  const ready = tasks.filter((task) =>
    channelId === undefined ? !isPlace(task.channelId) : task.channelId === channelId,
  )
  const byChannel = Map.groupBy(ready, (task) => task.channelId)
  for (const [channel, mine] of byChannel)
    await confirmByHand(hub, {
      ...{ agencyId, by: walk.drafterId, at, occurredAt: at },
      taskIds: mine.map((task) => task.id),
      ...(isPlace(channel)
        ? { url: `https://${channel}.example/2018/${composed.bulletinId}.html` }
        : {}),
    })
}

async function actLater(
  walk: YearWalk,
  row: Year2018Row,
  items: Map<string, Composed>,
): Promise<void> {
  const { hub, agencyId, drafterId } = walk
  const composed = items.get(row.item)
  const { act } = row
  if (!composed || !act) return
  let current = composed
  if (act.act === 'amend') {
    const editedAt = new Date(act.at.getTime() - 30 * MINUTE_MS)
    const { bulletinId, hash: seenHash } = composed
    const content = contentOf(row, row.title)
    const note = { kind: 'paragraph', text: `更正：${act.reason}。` } as const
    current = await revise(hub, {
      ...{ agencyId, bulletinId, seenHash, authorId: drafterId, at: editedAt },
      content: { ...content, blocks: [...content.blocks, note] },
    })
    items.set(row.item, current)
  }
  const orders = row.places.map(
    ({ channel }): DispatchOrder => ({ channelId: channel, act: act.act, reason: act.reason }),
  )
  await reviewAndSign(walk, current, act.at, orders)
  await walk.pump.drain(() => act.at, { agencyId, bulletinId: current.bulletinId })
  for (const { channel } of row.places) await confirmOpen(walk, current, act.at, channel)
}

/** 补录: one row of a table, entered by the drafter and confirmed by the reviewer. */
async function enterByHand(
  walk: YearWalk,
  row: Year2018Row,
  items: Map<string, Composed>,
): Promise<void> {
  const { hub, agencyId } = walk
  const lines = row.places.map(({ channel, occurredAt }) =>
    [minuteOf(occurredAt), channel, row.category, row.title, row.url ?? '', '', '', row.item]
      .map((cell) => `"${cell.replaceAll('"', '""')}"`)
      .join(','),
  )
  const table = `published_on,channel,category,title,url,level,unit,evidence\n${lines.join('\n')}\n`
  const at = new Date(row.at.getTime() + 24 * 60 * MINUTE_MS)
  const report = await importPostings(hub, {
    ...{ agencyId, fileName: `${row.item}.csv`, enteredBy: walk.drafterId, at },
    bytes: Buffer.from(table),
  })
  if (report.importId === undefined)
    throw new Error(`${row.item}: ${report.problems.map((one) => one.text).join('；')}`)
  const { importId } = report
  await confirmImport(hub, { agencyId, importId, confirmedBy: walk.reviewerId, at })
  const original = row.link?.kind === 'duplicates' ? items.get(row.link.item) : undefined
  if (!original) return
  const [copy] = await hub.store.transact(agencyId, (tx) => tx.importedBulletins(importId))
  for (const { channel } of row.places)
    await markDuplicate(hub, {
      ...{ agencyId, channelId: channel, copy: copy ?? 0, original: original.bulletinId },
      ...{ by: walk.drafterId, at },
    })
}
