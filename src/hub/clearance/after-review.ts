/** 事后审查: the full secrecy review of what left as a prepared text. An opinion that says no hides our page
 *  and stops what is queued in the same commit, and leaves the withdrawal ready for a leader. It refuses
 *  whoever filled the text in or signed it. */
import {
  type AfterReviewState,
  afterReviewState,
  whyNotAfterReviewable,
} from '../../domain/clearance/after-review.ts'
import type { SecrecyOpinion } from '../../domain/clearance/prepared-text.ts'
import { Refused } from '../../domain/refusal.ts'
import { isPublic, OPINION_NAMES, type Opinion } from '../../domain/review.ts'
import type { DispatchOrder } from '../manifest.ts'
import { actor } from '../people.ts'
import type { AfterReviewRow } from '../ports/clearances.ts'
import type { Hub, Tx } from '../ports.ts'
import { sign } from '../sign.ts'
import { finishStop } from '../stop.ts'
import type { Signed } from '../write-signature.ts'

const NOTE_CHARACTERS_MAX = 2_000
const REASON_CHARACTERS_MAX = 500

export interface AfterReviewEntry {
  readonly bulletinId: number
  readonly title: string
  readonly signedAt: Date
  readonly dueAt: Date
  readonly hash: string
  readonly state: AfterReviewState
  readonly opinion?: Opinion
}

/** Every review owed so far, the one due first in front. */
export async function afterReviews(tx: Tx, at: Date): Promise<readonly AfterReviewEntry[]> {
  return (await tx.afterReviews()).map((row) => ({
    ...{ bulletinId: row.bulletinId, title: row.title, signedAt: row.at, dueAt: row.dueAt },
    ...{ hash: row.hash, state: afterReviewState(row.opinion, row.dueAt, at) },
    ...(row.opinion === undefined ? {} : { opinion: row.opinion }),
  }))
}

/** Those that are not done: open or overdue. */
export async function openAfterReviews(tx: Tx, at: Date): Promise<readonly AfterReviewEntry[]> {
  return (await afterReviews(tx, at)).filter((one) => one.state !== 'done')
}

export interface AfterReviewRequest {
  readonly agencyId: number
  readonly bulletinId: number
  readonly reviewerId: number
  readonly at: Date
  /** the hash the reviewer had on the screen */
  readonly seenHash: string
  readonly opinion: SecrecyOpinion
  /** needed where the opinion is not that it is public */
  readonly note?: string
}

export async function afterReview(
  hub: Hub,
  request: AfterReviewRequest,
): Promise<{ readonly stopped: boolean }> {
  const { agencyId, bulletinId } = request
  const dispatchIds = await hub.store.transact(agencyId, async (tx) => {
    const { at, opinion } = request
    const note = request.note?.trim() ?? ''
    if ([...note].length > NOTE_CHARACTERS_MAX)
      throw new Refused({ code: 'too-long', field: 'note', limit: NOTE_CHARACTERS_MAX })
    const reviewer = await actor(tx, request.reviewerId, at)
    // The lock before the look: two reviewers at once give one opinion.
    const bulletin = await tx.lockBulletin(bulletinId)
    const owed = await tx.afterReviewOf(bulletinId)
    if (!bulletin || !owed) throw new Refused({ code: 'not-found', field: 'bulletin' })
    const { hash, filledBy, signerIds } = owed
    const refusal = whyNotAfterReviewable({
      ...{ reviewer, opinion, filledBy, signerIds, hash, seenHash: request.seenHash },
      authorIds: await tx.authorIds(bulletinId),
      state: afterReviewState(owed.opinion, owed.dueAt, at),
    })
    if (refusal) throw new Refused(refusal)
    if (note === '' && !isPublic(opinion)) throw new Refused({ code: 'reason-missing' })
    await tx.addAfterReviewOpinion({
      ...{ bulletinId, hash, opinion, note, at, reviewerId: reviewer.id },
    })
    await tx.audit({
      ...{ at, actorId: reviewer.id, action: 'after-review', subject: `bulletin/${bulletinId}` },
      facts: { hash, opinion, late: at > owed.dueAt },
    })
    return isPublic(opinion) ? undefined : halt(tx, request, note)
  })
  if (dispatchIds) await finishStop(hub, agencyId, dispatchIds)
  return { stopped: dispatchIds !== undefined }
}

/** Out already, and should not be: hidden and halted first, asked afterwards. */
async function halt(
  tx: Tx,
  { bulletinId, reviewerId, opinion, at }: AfterReviewRequest,
  note: string,
): Promise<readonly number[]> {
  const reason = [...withdrawalReason(opinion, note)].slice(0, REASON_CHARACTERS_MAX).join('')
  await tx.markStopped(bulletinId, reviewerId, reason, at)
  const stopped = await tx.stopDispatches(bulletinId)
  const standing = await standingOn(tx, bulletinId)
  await tx.audit({
    ...{ at, actorId: reviewerId, action: 'stop', subject: `bulletin/${bulletinId}` },
    facts: { dispatches: stopped.length, opinion },
  })
  await tx.audit({
    ...{ at, action: 'alarm', subject: `bulletin/${bulletinId}` },
    facts: { code: 'not-public', channels: standing, next: 'withdraw' },
  })
  return stopped
}

function withdrawalReason(opinion: Opinion, note: string): string {
  return `事后保密审查意见：${OPINION_NAMES[opinion]}${note === '' ? '' : `。${note}`}`
}

/** Channels where it stands and was not taken down. */
async function standingOn(tx: Tx, bulletinId: number): Promise<readonly string[]> {
  const publications = await tx.publications(bulletinId)
  return publications
    .filter((one) => (one.published || one.sent) && !one.withdrawn)
    .map((one) => one.channelId)
}

/** A withdrawal that waits for a leader's signature. */
export interface PreparedWithdrawal {
  readonly bulletinId: number
  readonly title: string
  readonly hash: string
  readonly orders: readonly DispatchOrder[]
}

/** What stands although the review after the fact said no. The public reason names the opinion's kind,
 *  never the reviewer's note. */
export async function preparedWithdrawals(tx: Tx): Promise<readonly PreparedWithdrawal[]> {
  const prepared: PreparedWithdrawal[] = []
  for (const row of await tx.afterReviews()) {
    const orders = await withdrawalOrders(tx, row)
    if (orders.length === 0) continue
    prepared.push({ bulletinId: row.bulletinId, title: row.title, hash: row.hash, orders })
  }
  return prepared
}

async function withdrawalOrders(tx: Tx, row: AfterReviewRow): Promise<readonly DispatchOrder[]> {
  const { opinion, bulletinId } = row
  if (opinion === undefined || opinion === 'referred' || isPublic(opinion)) return []
  const signed = await tx.signedActs(bulletinId)
  const done = signed.filter((one) => one.act === 'withdraw').map((one) => one.channelId)
  const channels = (await standingOn(tx, bulletinId)).filter((id) => !done.includes(id))
  const reason = withdrawalReason(opinion, '')
  return channels.map((channelId) => ({ channelId, act: 'withdraw', reason }))
}

export interface WithdrawalSignature {
  readonly agencyId: number
  readonly bulletinId: number
  readonly signerId: number
  readonly at: Date
  /** the hash the leader had on the screen */
  readonly seenHash: string
}

/** Signs the prepared withdrawal as it stands now: what was accepted outside after the stop is in it. */
export async function signWithdrawal(hub: Hub, request: WithdrawalSignature): Promise<Signed> {
  const { agencyId, bulletinId } = request
  const orders = await hub.store.transact(agencyId, async (tx) => {
    const row = await tx.afterReviewOf(bulletinId)
    if (!row) throw new Refused({ code: 'not-found', field: 'bulletin' })
    return withdrawalOrders(tx, row)
  })
  if (orders.length === 0) throw new Refused({ code: 'nothing-to-sign' })
  return sign(hub, { ...request, orders })
}
