/** Door 6, 回执: what a platform tells is kept first, compared with what was sent, and settled. It believes
 *  no reference it does not know: such news is kept and shown, and looked at again. */
import type { Heard } from '../../../channels/channel.ts'
import { boundLine, meaningOf, platformTime, REPLY_CHARACTERS_MAX } from '../../domain/receipt.ts'
import { coalesced } from '../../kit/coalesce.ts'
import type { RoadKey } from '../ports/engine.ts'
import type { HeardReceipt, HeardReply } from '../ports/receipts.ts'
import type { Hub } from '../ports.ts'
import { answerReplies } from './replies.ts'

const ROADS_A_ROUND_MAX = 100
const RECEIPTS_A_LOOK_MAX = 2_000
const LOOKS_A_ROUND_MAX = 10
const REFERENCE_CHARACTERS_MAX = 500
const ADDRESS_CHARACTERS_MAX = 254
const CODE_CHARACTERS_MAX = 100

/** Kept when this resolves, and not before: the platform may then have its answer. Answers how much of
 *  it was news. */
export function keepHeard(
  hub: Hub,
  road: RoadKey,
  heard: readonly Heard[],
  at: Date,
): Promise<number> {
  const { agencyId, channelId, roadId } = road
  const receipts: HeardReceipt[] = []
  const replies: HeardReply[] = []
  for (const one of heard) {
    if (one.kind === 'receipt') receipts.push(boundReceipt(one, at))
    else if (one.kind === 'reply') replies.push(boundReply(one, at))
  }
  if (receipts.length + replies.length === 0) return Promise.resolve(0)
  return hub.store.receipts.keep({ agencyId, channelId, roadId }, { receipts, replies }, at)
}

interface Asking {
  readonly road: RoadKey
  readonly at: Date
}

interface Settler {
  readonly settle: (key: string, asking: Asking) => Promise<void>
  readonly underWay: Set<Promise<void>>
}

const SETTLERS = new WeakMap<Hub, Settler>()

/** Settles what was kept of a road; whatever is left over is the next sweep's. Calls that come at once are
 *  settled together: many small ones would wait for the same rows and tallies. */
export function settleHeard(hub: Hub, road: RoadKey, at: Date): Promise<void> {
  const { settle, underWay } = settlerOf(hub)
  const key = `${road.agencyId}/${road.channelId}/${road.roadId}`
  const work = settle(key, { road, at }).finally(() => underWay.delete(work))
  underWay.add(work)
  return work
}

/** Resolves when nothing that was heard by this process is being settled any more. */
export async function heardSettled(hub: Hub): Promise<void> {
  const { underWay } = settlerOf(hub)
  while (underWay.size > 0) await Promise.allSettled(underWay)
}

function settlerOf(hub: Hub): Settler {
  const known = SETTLERS.get(hub)
  if (known) return known
  const settle = coalesced<Asking>(
    async (_, asking) => {
      await settleReceipts(hub, asking.road, asking.at)
      await answerReplies(hub, asking.road.agencyId, asking.at)
    },
    (one, other) => (one.at > other.at ? one : other),
  )
  const settler = { settle, underWay: new Set<Promise<void>>() }
  SETTLERS.set(hub, settler)
  return settler
}

/** What is due everywhere: kept by a process that died, or known only now. */
export async function sweepHeard(hub: Hub, at: Date): Promise<number> {
  let moved = 0
  for (const road of await hub.store.receipts.dueRoads(at, ROADS_A_ROUND_MAX))
    moved += await settleReceipts(hub, road, at)
  for (const agencyId of await hub.store.receipts.dueReplies(at, ROADS_A_ROUND_MAX))
    await answerReplies(hub, agencyId, at)
  await hub.store.receipts.giveUp(at)
  return moved
}

async function settleReceipts(hub: Hub, road: RoadKey, at: Date): Promise<number> {
  const open = await hub.outside.road(road.agencyId, road.channelId, road.roadId)
  // A road that is gone still has its receipts; what counted on acceptance is counted already.
  const countsWhen = open?.channel.capabilities.countsWhen ?? 'receipt'
  let moved = 0
  for (let looks = 0; looks < LOOKS_A_ROUND_MAX; looks++) {
    const step = await hub.store.receipts.apply(road, {
      at,
      countsWhen,
      limit: RECEIPTS_A_LOOK_MAX,
    })
    moved += step.moved
    const { dispatchIds } = step
    if (step.moved > 0) hub.watch.tell({ step: 'receipt', ...road, moved: step.moved, dispatchIds })
    if (step.looked < RECEIPTS_A_LOOK_MAX) break
  }
  return moved
}

/** What a platform writes is bounded here, so that no callback can keep the log from being written. */
function boundReceipt(one: Extract<Heard, { kind: 'receipt' }>, at: Date): HeardReceipt {
  const { address, code } = one
  return {
    reference: boundLine(one.reference, REFERENCE_CHARACTERS_MAX),
    state: one.state === 'delivered' ? 'delivered' : 'failed',
    at: platformTime(one.at, at),
    ...(address === undefined ? {} : { address: boundLine(address, ADDRESS_CHARACTERS_MAX) }),
    ...(code === undefined ? {} : { code: boundLine(code, CODE_CHARACTERS_MAX) }),
  }
}

function boundReply(one: Extract<Heard, { kind: 'reply' }>, at: Date): HeardReply {
  const text = boundLine(one.text, REPLY_CHARACTERS_MAX)
  const { reference, id } = one
  return {
    ...{ text, meaning: meaningOf(text), at: platformTime(one.at, at) },
    from: boundLine(one.from, ADDRESS_CHARACTERS_MAX),
    ...(reference === undefined
      ? {}
      : { reference: boundLine(reference, REFERENCE_CHARACTERS_MAX) }),
    ...(id === undefined ? {} : { id: boundLine(id, REFERENCE_CHARACTERS_MAX) }),
  }
}
