/** What nobody else finishes: leases that ran out, windows that closed, dispatches half expanded, stops
 *  half carried out, receipts not compared yet, closed roads, and `unsure` where the channel can look. Safe to run in every process at once. */
import type { Outcome } from '../domain/outcome.ts'
import { Refused } from '../domain/refusal.ts'
import { monthsAhead } from '../domain/retention.ts'
import { LEASE_MS, type Worker } from './attempt.ts'
import { fallBackAll } from './fallback.ts'
import { fanOut } from './fan-out.ts'
import { underLimits } from './limits.ts'
import type { BatchKey, Claim } from './ports/engine.ts'
import type { Hub, Road } from './ports.ts'
import { buildBatch } from './ready.ts'
import { sweepHeard } from './receipts/receipt.ts'
import { settle } from './settle.ts'
import { finishStop } from './stop.ts'
import { verifyDispatch } from './verify.ts'

const ROUND_MAX = 100
/** A look its road has no token for comes after those of other roads. */
const PUT_OFF_MS = 5_000

export interface Swept {
  readonly reclaimed: number
  readonly expired: number
  readonly expanded: number
  readonly reconciled: number
  /** deliveries that receipts changed */
  readonly heard: number
  /** deliveries that go on over another road */
  readonly moved: number
}

export async function sweep(hub: Hub, worker: Worker, at: Date): Promise<Swept> {
  const ended = await sweepQueue(hub, at)
  const reconciled = await reconcile(hub, worker, at)
  return { ...ended, reconciled, ...(await sweepAnswers(hub, at)) }
}

/** The same without asking anybody outside: it needs the database alone, and is soon done. */
export async function sweepLog(hub: Hub, at: Date): Promise<void> {
  await sweepQueue(hub, at)
  await sweepAnswers(hub, at)
}

async function sweepQueue(
  hub: Hub,
  at: Date,
): Promise<Pick<Swept, 'reclaimed' | 'expired' | 'expanded'>> {
  const { engine } = hub.store
  const reclaimed = await engine.reclaim(at)
  const expired = await engine.expire(at)
  let expanded = 0
  while (await expandRound(hub, at)) expanded++
  for (const { agencyId, dispatchId } of await engine.stoppedUnfinished(ROUND_MAX))
    await finishStop(hub, agencyId, [dispatchId])
  return { reclaimed, expired, expanded }
}

async function sweepAnswers(hub: Hub, at: Date): Promise<Pick<Swept, 'heard' | 'moved'>> {
  const heard = await sweepHeard(hub, at)
  const moved = await fallBackAll(hub, at)
  // Long before the turn of a month, so that no signature has to make one.
  for (const month of monthsAhead(at)) await hub.store.prepareMonth(month)
  return { heard, moved }
}

/** One chunk of every dispatch that is to be expanded now, so that its first call need not wait for its
 *  last address; true when a chunk was written and another may follow. */
export async function expandRound(hub: Hub, at: Date): Promise<boolean> {
  let more = false
  for (const { agencyId, dispatchId } of await hub.store.engine.expandable(at, ROUND_MAX))
    if (!(await fanOut(hub, agencyId, dispatchId, at))) more = true
  return more
}

/** Asks the channels that can look what became of `unsure` deliveries: they may hang, so that nothing else
 *  should wait for it. */
export async function reconcile(hub: Hub, worker: Worker, at: Date): Promise<number> {
  let resolved = 0
  for (const key of await hub.store.engine.unsureBatches(at, ROUND_MAX)) {
    const road = await hub.outside.road(key.agencyId, key.channelId, key.roadId)
    if (!road || !canResolve(road)) {
      await hub.store.engine.lookLater(key, at)
      continue
    }
    // Nobody is asked where the platform recognises a repetition, and no token is needed.
    const looked = road.channel.reconcile
      ? await underLimits(hub, { ...road, agencyId: key.agencyId }, () =>
          lookAndSettle(hub, worker, road, key, at),
        )
      : await lookAndSettle(hub, worker, road, key, at)
    if (looked === 'put-off') await hub.store.engine.lookLater(key, at, PUT_OFF_MS)
    else if (looked) resolved++
  }
  return resolved
}

/** Undefined when there was nothing to look after any more. */
async function lookAndSettle(
  hub: Hub,
  worker: Worker,
  road: Road,
  key: BatchKey,
  at: Date,
): Promise<true | undefined> {
  const claim = await hub.store.engine.unsureClaim(key, worker.process, hub.newToken(), at)
  if (!claim) return undefined
  const outcomes = await look(hub, road, claim, at)
  // Repeated where the platform recognises it, it may have been sent before: no other road may.
  await settle(hub, claim, road.channel, outcomes, at, road.channel.reconcile === undefined)
  return true
}

function canResolve({ channel }: Road): boolean {
  const { idempotency } = channel.capabilities
  return channel.reconcile !== undefined || idempotency === 'key' || idempotency === 'replace'
}

async function look(hub: Hub, road: Road, claim: Claim, at: Date): Promise<readonly Outcome[]> {
  const { reconcile: ask } = road.channel
  // The platform recognises a repeated message, so sending again cannot publish it twice.
  if (!ask) return claim.recipients.map(() => ({ kind: 'retry', code: 'repeatable', detail: '' }))
  const cleared = await verifyDispatch(hub, claim, claim.dispatchId)
  if (typeof cleared === 'string') return []
  const batch = await buildBatch(hub, claim, cleared, at).catch(unlessRefused)
  // Stopped or withdrawn meanwhile: nobody is asked, and what is not known stays so.
  if (!batch) return []
  try {
    return (await ask.call(road.channel, batch, AbortSignal.timeout(LEASE_MS / 3))) ?? []
  } catch {
    return []
  }
}

function unlessRefused(error: unknown): undefined {
  if (!(error instanceof Refused)) throw error
}
