/** Door 5, before the call: what must hold for a claimed batch, and what it then is. It refuses whatever is
 *  not exactly what was signed. */
import type { Recipient, SendBatch } from '../../channels/channel.ts'
import type { Outcome } from '../domain/outcome.ts'
import { fill, type HoleName, type HoleValues, holesOf } from '../domain/payload.ts'
import { type RefusalCode, Refused } from '../domain/refusal.ts'
import { isQuietHour, minuteOf, yearOf } from '../domain/year.ts'
import { signalUntil } from '../kit/deadline.ts'
import { LEASE_ENDED } from './breakers.ts'
import type { Claim, ClaimedRecipient } from './ports/engine.ts'
import type { Hub, Road } from './ports.ts'
import { namesOf, ownKey } from './settle.ts'
import { finishStop } from './stop.ts'
import { type Cleared, verifyDispatch } from './verify.ts'

const SEND_SHARE_OF_LEASE = 0.75
const VERIFIED_DISPATCHES_MAX = 1_000
/** Up to this reach every batch is verified anew, which costs nothing beside its call outside. */
const VERIFY_EACH_REACH_MAX = 1_000
const BATCHES_A_VERIFICATION_MAX = 100

/** What of a worker is used before a call. */
export interface Leasing {
  readonly leaseMs: number
  readonly verified: Map<string, { readonly cleared: Cleared; batchesLeft: number }>
  handedBack: number
}

/** A claimed batch that may be called for. */
export interface Ready {
  readonly claim: Claim
  readonly cleared: Cleared
  readonly road: Road
  readonly batch: SendBatch
}

/** Undefined when it was refused, and settled as such. */
export async function makeReady(
  hub: Hub,
  worker: Leasing,
  claim: Claim,
  at: Date,
): Promise<Ready | undefined> {
  const refused = async (reason: string): Promise<undefined> => refuse(hub, claim, at, reason)
  const cleared = await clear(hub, worker, claim)
  if (typeof cleared === 'string') return refused(cleared)
  const late = whyNotNow(cleared, claim, at)
  if (late !== undefined) return refused(late)
  const road = await hub.outside.road(claim.agencyId, claim.channelId, claim.roadId)
  if (!road) return refused('no-road')
  try {
    return { claim, cleared, road, batch: await buildBatch(hub, claim, cleared, at) }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    await refuse(hub, claim, at, error.refusal.code)
    // It was claimed before the stop and put back after it: nobody else takes its rows back at once.
    if (error.refusal.code === 'stopped') await finishStop(hub, claim.agencyId, [claim.dispatchId])
    return undefined
  }
}

async function refuse(hub: Hub, claim: Claim, at: Date, reason: string): Promise<undefined> {
  await hub.store.engine.refuse(claim, at, reason)
  hub.watch.tell({ step: 'refuse', reason, ...namesOf(claim) })
  return undefined
}

export async function handBack(hub: Hub, worker: Leasing, claim: Claim, at: Date): Promise<void> {
  await hub.store.engine.handBack(claim, at)
  worker.handedBack++
  hub.watch.tell({ step: 'hand-back', ...namesOf(claim) })
}

export function tellCalled(hub: Hub, { claim, cleared, road }: Ready): void {
  const { attempts, recipients } = claim
  const { notBefore } = cleared.papers
  const { adapter } = road.channel
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
async function clear(hub: Hub, worker: Leasing, claim: Claim): Promise<Cleared | string> {
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
export async function underLease(
  hub: Hub,
  worker: Leasing,
  claim: Claim,
  call: (signal: AbortSignal) => Promise<readonly Outcome[]>,
  answers = claim.recipients.length,
): Promise<readonly Outcome[]> {
  const left = await hub.store.engine.leaseLeft(claim)
  const answerWithinMs = left() - worker.leaseMs * (1 - SEND_SHARE_OF_LEASE)
  if (answerWithinMs > 0) return call(signalUntil(answerWithinMs))
  return Array.from({ length: answers }, () => ({ kind: 'retry', code: LEASE_ENDED, detail: '' }))
}
