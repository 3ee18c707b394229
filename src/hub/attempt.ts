/** Door 5: one leased batch leaves, and its deliveries are settled. It refuses whatever is not exactly
 *  what was signed; no transaction is open while the outside is called. */
import type { Channel, SendBatch } from '../../channels/channel.ts'
import type { Lane } from '../domain/bulletin.ts'
import type { Outcome } from '../domain/outcome.ts'
import { isQuietHour } from '../domain/year.ts'
import { tellBreaker } from './breakers.ts'
import { attemptBundle, isBundled } from './bundle.ts'
import { answerTokens, type Rests, restingRoads, takeTokens } from './limits.ts'
import type { Claim, RoadKey } from './ports/engine.ts'
import type { Hub } from './ports.ts'
import { handBack, makeReady, tellCalled, underLease } from './ready.ts'
import { methodOf, recallOutcomes, withRecalls } from './recall.ts'
import { settle } from './settle.ts'
import type { Cleared } from './verify.ts'

/** The answer must be in before the lease ends, or it counts as late. */
export const LEASE_MS = 90_000

/** What one process remembers and is called. */
export interface Worker {
  readonly process: string
  readonly leaseMs: number
  readonly verified: Map<string, { readonly cleared: Cleared; batchesLeft: number }>
  /** the process ends: what is claimed and was not called for yet goes back */
  stopping: boolean
  /** batches that went back so */
  handedBack: number
  /** roads whose platform lets nothing through for now */
  readonly rests: Rests
}

export function newWorker(process: string, leaseMs = LEASE_MS): Worker {
  return { process, leaseMs, verified: new Map(), stopping: false, handedBack: 0, rests: new Map() }
}

/** Narrows the work to one agency, or to one of its bulletins. */
export interface Only {
  readonly agencyId: number
  readonly bulletinId?: number
}

/** Claims what is due next in a lane; undefined when nothing is. */
export async function claimNext(
  hub: Hub,
  worker: Worker,
  lane: Lane,
  at: Date,
  options: { readonly except?: readonly RoadKey[]; readonly only?: Only } = {},
): Promise<Claim | undefined> {
  return hub.store.engine.claim({
    ...{ lane, at, leaseMs: worker.leaseMs, process: worker.process, token: hub.newToken() },
    quiet: isQuietHour(at),
    except: [...(options.except ?? []), ...restingRoads(worker.rests, lane, at)],
    ...options.only,
  })
}

/** Sends a claimed batch and settles it. */
export async function attempt(hub: Hub, worker: Worker, claim: Claim, at: Date): Promise<void> {
  const ready = await makeReady(hub, worker, claim, at)
  if (!ready) return
  if (worker.stopping) return handBack(hub, worker, claim, at)
  if (isBundled(ready)) return attemptBundle(hub, worker, ready, at)
  const recalling = await withRecalls(hub, ready, at)
  if (!recalling) return
  const { road } = ready
  const allowed = await takeTokens(hub, worker, recalling.ready, at)
  if (!allowed) return
  tellCalled(hub, { ...ready, claim: allowed.claim })
  const answers = await underLease(hub, worker, claim, (signal) =>
    callOutside(road.channel, allowed.batch, signal),
  )
  const overAt = performance.now()
  const outcomes = recallOutcomes(recalling, allowed, answers)
  await settle(hub, allowed.claim, road.channel, outcomes, at)
  await answerTokens(hub, allowed, outcomes, overAt)
  await tellBreaker(hub, claim, road.channel, outcomes, at)
}

/** An adapter answers and never throws; should it throw all the same, nobody knows what it sent. */
async function callOutside(
  channel: Channel,
  batch: SendBatch,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  if (batch.recipients.length === 0) return []
  const call = methodOf(channel, batch.act)
  if (!call) return batch.recipients.map(() => noWay(batch.act))
  try {
    const outcomes = await call.call(channel, batch, signal)
    return batch.recipients.map((_, index) => outcomes[index] ?? unsure('no-answer'))
  } catch (error) {
    return batch.recipients.map(() => unsure(error instanceof Error ? error.name : 'thrown'))
  }
}

function noWay(act: string): Outcome {
  return { kind: 'refused', scope: 'message', code: 'act-not-possible', detail: act }
}

function unsure(code: string): Outcome {
  return { kind: 'unsure', code, detail: '' }
}
