/** Door 5: one leased batch leaves, and its deliveries are settled. It refuses whatever is not exactly
 *  what was signed; no transaction is open while the outside is called. */
import type { Channel, Recipient, SendBatch } from '../../channels/channel.ts'
import type { Lane } from '../domain/bulletin.ts'
import type { Outcome } from '../domain/outcome.ts'
import { fill, type HoleName, type HoleValues, holesOf } from '../domain/payload.ts'
import { type RefusalCode, Refused } from '../domain/refusal.ts'
import { isQuietHour, minuteOf, yearOf } from '../domain/year.ts'
import { LEASE_ENDED, tellBreaker } from './breakers.ts'
import { answerTokens, type Rests, restingRoads, takeTokens } from './limits.ts'
import type { Claim, ClaimedRecipient, RoadKey } from './ports/engine.ts'
import type { Hub } from './ports.ts'
import { namesOf, ownKey, settle } from './settle.ts'
import { finishStop } from './stop.ts'
import { type Cleared, verifyDispatch } from './verify.ts'

/** The answer must be in before the lease ends, or it counts as late. */
export const LEASE_MS = 90_000
const SEND_SHARE_OF_LEASE = 0.75
const VERIFIED_DISPATCHES_MAX = 1_000
/** Up to this reach every batch is verified anew, which costs nothing beside its call outside. */
const VERIFY_EACH_REACH_MAX = 1_000
const BATCHES_A_VERIFICATION_MAX = 100

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
  const cleared = await clear(hub, worker, claim)
  if (typeof cleared === 'string') return refuse(hub, claim, at, cleared)
  const late = whyNotNow(cleared, claim, at)
  if (late !== undefined) return refuse(hub, claim, at, late)
  const road = await hub.outside.road(claim.agencyId, claim.channelId, claim.roadId)
  if (!road) return refuse(hub, claim, at, 'no-road')
  let batch: SendBatch
  try {
    batch = await buildBatch(hub, claim, cleared, at)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    await refuse(hub, claim, at, error.refusal.code)
    // It was claimed before the stop and put back after it: nobody else takes its rows back at once.
    if (error.refusal.code === 'stopped') await finishStop(hub, claim.agencyId, [claim.dispatchId])
    return
  }
  if (worker.stopping) return handBack(hub, worker, claim, at)
  const allowed = await takeTokens(hub, worker, { claim, batch, road }, at)
  if (!allowed) return
  tellCalled(hub, allowed.claim, cleared, road.channel.adapter)
  const outcomes = await underLease(hub, worker, claim, (signal) =>
    callOutside(road.channel, allowed.batch, signal),
  )
  await settle(hub, allowed.claim, road.channel, outcomes, at)
  await answerTokens(hub, allowed, outcomes)
  await tellBreaker(hub, claim, road.channel, outcomes, at)
}

async function refuse(hub: Hub, claim: Claim, at: Date, reason: string): Promise<void> {
  await hub.store.engine.refuse(claim, at, reason)
  hub.watch.tell({ step: 'refuse', reason, ...namesOf(claim) })
}

async function handBack(hub: Hub, worker: Worker, claim: Claim, at: Date): Promise<void> {
  await hub.store.engine.handBack(claim, at)
  worker.handedBack++
  hub.watch.tell({ step: 'hand-back', ...namesOf(claim) })
}

function tellCalled(hub: Hub, claim: Claim, { papers }: Cleared, adapter: string): void {
  const { attempts, recipients } = claim
  const { notBefore } = papers
  const facts = { adapter, attempts, notBefore, recipients: recipients.length }
  hub.watch.tell({ step: 'attempt', ...facts, ...namesOf(claim) })
}

/** The columns a claim goes by are not what was signed; the window and the reach are asked again here. */
function whyNotNow({ papers }: Cleared, claim: Claim, at: Date): RefusalCode | undefined {
  if (papers.notBefore > at || papers.notAfter <= at) return 'window-closed'
  if (papers.quietHold && isQuietHour(at)) return 'window-closed'
  const members = claim.recipients.length + claim.gone.length + claim.unreadable.length
  if (members > claim.size) return 'audience-changed'
  return undefined
}

/** Large dispatches are verified once in so many batches of a process: rows may be forged at any time. */
async function clear(hub: Hub, worker: Worker, claim: Claim): Promise<Cleared | string> {
  const key = `${claim.agencyId}.${claim.dispatchId}.${claim.channelId}.${claim.roadId}`
  const known = worker.verified.get(key)
  if (known && known.batchesLeft-- > 0) return known.cleared
  const found = await verifyDispatch(hub, claim, claim.dispatchId)
  if (typeof found === 'string') return found
  if (worker.verified.size >= VERIFIED_DISPATCHES_MAX) worker.verified.clear()
  if (found.papers.reach > VERIFY_EACH_REACH_MAX)
    worker.verified.set(key, { cleared: found, batchesLeft: BATCHES_A_VERIFICATION_MAX })
  return found
}

export async function buildBatch(
  hub: Hub,
  claim: Claim,
  cleared: Cleared,
  at: Date,
): Promise<SendBatch> {
  const { papers, payload, uniform } = cleared
  const { agencyId, dispatchId } = claim
  const now = await hub.store.engine.publicationNow(agencyId, dispatchId)
  if (now.barred !== undefined) throw new Refused({ code: now.barred })
  const holes = holesOf(payload)
  const shared: HoleValues = { 'published-at': minuteOf(now.occurredAt ?? at) }
  if (holes.includes('index-number')) {
    const year = yearOf(at)
    shared['index-number'] =
      now.indexNumber ?? (await hub.store.engine.indexNumber(agencyId, papers.bulletinId, year))
  }
  if (now.publicUrl !== undefined) shared['public-url'] = now.publicUrl
  const recipients = await recipientsOf(hub, claim, cleared, holes, shared)
  return {
    key: `${agencyId}.${dispatchId}.${claim.batchId}`,
    ...{ agencyId, recipients, at, act: papers.act, mode: papers.mode },
    bulletinId: papers.bulletinId,
    categoryId: papers.categoryId,
    fields: uniform ? filled(cleared, shared) : {},
    ...(now.reference === undefined ? {} : { reference: now.reference }),
    attachments: papers.attachments,
  }
}

async function recipientsOf(
  hub: Hub,
  claim: Claim,
  cleared: Cleared,
  holes: readonly HoleName[],
  shared: HoleValues,
): Promise<readonly Recipient[]> {
  const { agencyId } = claim
  const key = ({ addressId }: ClaimedRecipient) => ownKey(claim, addressId)
  if (cleared.uniform)
    return claim.recipients.map((one) => ({ key: key(one), address: one.address }))
  const named = holes.includes('recipient-name')
  const ids = claim.recipients.map((one) => one.addressId)
  const names = named ? await hub.store.engine.contactNames(agencyId, ids) : undefined
  return claim.recipients.map((one) => {
    const name = names?.get(one.addressId)
    const token = hub.unsubscribeToken(agencyId, one.addressId)
    const values: HoleValues = {
      ...shared,
      'unsubscribe-url': `${hub.publicUrl}/unsubscribe/${token}`,
      ...(name === undefined ? {} : { 'recipient-name': name }),
    }
    const fields = filled(cleared, values)
    return { key: key(one), address: one.address, fields, ...(name === undefined ? {} : { name }) }
  })
}

function filled(cleared: Cleared, values: HoleValues) {
  const result = fill(cleared.payload, values)
  if ('refusal' in result) throw new Refused(result.refusal)
  return result.fields
}

/** Whoever slept since the claim may have lost it, and somebody else may have been told that nothing was
 *  sent: too late to be answered inside the lease, nothing is called. */
async function underLease(
  hub: Hub,
  worker: Worker,
  claim: Claim,
  call: (signal: AbortSignal) => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  const left = await hub.store.engine.leaseLeft(claim)
  const answerWithinMs = left() - worker.leaseMs * (1 - SEND_SHARE_OF_LEASE)
  if (answerWithinMs > 0) return call(AbortSignal.timeout(Math.ceil(answerWithinMs)))
  return claim.recipients.map(() => ({ kind: 'retry', code: LEASE_ENDED, detail: '' }))
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

function methodOf(channel: Channel, act: SendBatch['act']) {
  if (act === 'withdraw') return channel.retract
  if (act === 'amend') return channel.update
  return channel.send
}

function noWay(act: string): Outcome {
  return { kind: 'refused', scope: 'message', code: 'act-not-possible', detail: act }
}

function unsure(code: string): Outcome {
  return { kind: 'unsure', code, detail: '' }
}
