/** Door 2, 审查: an opinion or approval that names one revision's hash, or a return with its reason. It
 *  refuses the author as reviewer, a text that is no longer the newest or was not handed in, and a step
 *  before its turn. */
import { addWorkingDays } from '../domain/calendar/working-days.ts'
import type { ChainStep, Step } from '../domain/chain.ts'
import { maskNumbers } from '../domain/masking.ts'
import { Refused } from '../domain/refusal.ts'
import { isPublic, OPINION_NAMES, type Opinion, whyNotReviewable } from '../domain/review.ts'
import { may, type Person } from '../domain/role.ts'
import { dayOf } from '../domain/year.ts'
import { chainOf, countingOn } from './chain.ts'
import { whyFindingsOpen } from './checks/check.ts'
import { readOrders } from './orders.ts'
import { actor } from './people.ts'
import type { RevisionFacts } from './ports/papers.ts'
import type { Hub, Tx } from './ports.ts'
import { finishStop } from './stop.ts'

export interface ReviewRequest {
  readonly agencyId: number
  readonly bulletinId: number
  readonly reviewerId: number
  readonly at: Date
  /** the secrecy review when absent */
  readonly step?: Step
  /** the hash the reviewer had on the screen */
  readonly seenHash: string
  /** `agreed` for every step but the secrecy review */
  readonly opinion: Opinion
  readonly note?: string
  /** whom the opinion `referred` asks */
  readonly authority?: string
}

const NOTE_CHARACTERS_MAX = 2_000
const AUTHORITY_CHARACTERS_MAX = 100
/** 报请上级或保密行政管理部门确定的期限, in working days. */
const REFERRAL_WORKING_DAYS = 15
const DEFAULT_AUTHORITY = '保密行政管理部门'

export async function review(hub: Hub, request: ReviewRequest): Promise<void> {
  const dispatchIds = await hub.store.transact(request.agencyId, async (tx) => {
    const { bulletinId, at, opinion } = request
    const step = request.step ?? 'secrecy-review'
    const latest = await mayReview(tx, request, step, opinion)
    const refusal = await whyFindingsOpen(tx, bulletinId, latest.hash)
    if (refusal) throw new Refused(refusal)
    const note = maskNumbers(request.note ?? '')
    if ([...note].length > NOTE_CHARACTERS_MAX)
      throw new Refused({ code: 'too-long', field: 'note', limit: NOTE_CHARACTERS_MAX })
    await tx.addReview({
      ...{ bulletinId, revision: latest.number, hash: latest.hash, step, opinion, note, at },
      reviewerId: request.reviewerId,
    })
    if (opinion === 'referred') await refer(hub, tx, request, latest)
    await tx.audit({
      ...{ at, actorId: request.reviewerId, action: step, subject: `bulletin/${bulletinId}` },
      facts: { revision: latest.number, hash: latest.hash, opinion },
    })
    return step === 'secrecy-review' && !isPublic(opinion)
      ? haltSigned(tx, request, latest.number)
      : []
  })
  await finishStop(hub, request.agencyId, dispatchIds)
}

/** Signed already: an opinion that takes the earlier one back halts what is queued and hides our page, as a
 *  stop of the same reviewer would. */
async function haltSigned(
  tx: Tx,
  { bulletinId, reviewerId, opinion, at }: ReviewRequest,
  revision: number,
): Promise<readonly number[]> {
  if (!(await isSigned(tx, bulletinId, revision))) return []
  await tx.markStopped(bulletinId, reviewerId, `保密审查意见：${OPINION_NAMES[opinion]}`, at)
  const stopped = await tx.stopDispatches(bulletinId)
  await tx.audit({
    ...{ at, actorId: reviewerId, action: 'stop', subject: `bulletin/${bulletinId}` },
    facts: { dispatches: stopped.length, opinion },
  })
  return stopped
}

async function refer(hub: Hub, tx: Tx, request: ReviewRequest, latest: RevisionFacts) {
  const { bulletinId, at } = request
  const authority = request.authority?.trim() || DEFAULT_AUTHORITY
  if ([...authority].length > AUTHORITY_CHARACTERS_MAX)
    throw new Refused({ code: 'too-long', field: 'authority', limit: AUTHORITY_CHARACTERS_MAX })
  // One question at a time: a second opinion "refer" leaves the first one's clock alone.
  if ((await tx.referrals(bulletinId)).some((one) => one.answer === undefined)) return
  await tx.addReferral({
    ...{ bulletinId, revision: latest.number, hash: latest.hash, authority, at },
    referredBy: request.reviewerId,
    dueOn: addWorkingDays(hub.calendar, dayOf(at), REFERRAL_WORKING_DAYS).day,
  })
}

export interface ReturnRequest {
  readonly agencyId: number
  readonly bulletinId: number
  readonly returnedBy: number
  readonly at: Date
  readonly seenHash: string
  readonly reason: string
}

/** 退回: anybody who could give an opinion or sign may send the text back instead. */
export function returnForEdit(hub: Hub, request: ReturnRequest): Promise<void> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const { bulletinId, at } = request
    const reason = maskNumbers(request.reason.trim())
    if (reason === '') throw new Refused({ code: 'reason-missing' })
    if ([...reason].length > NOTE_CHARACTERS_MAX)
      throw new Refused({ code: 'too-long', field: 'reason', limit: NOTE_CHARACTERS_MAX })
    const person = await actor(tx, request.returnedBy, at)
    const latest = await mayReturn(tx, request, person)
    await tx.addReturn({ bulletinId, revision: latest.number, returnedBy: person.id, reason, at })
    await tx.audit({
      ...{ at, actorId: person.id, action: 'return', subject: `bulletin/${bulletinId}` },
      facts: { revision: latest.number, hash: latest.hash },
    })
  })
}

/** The text an opinion of this person would be about. @throws Refused why there can be none. */
export async function mayReview(
  tx: Tx,
  request: Pick<ReviewRequest, 'bulletinId' | 'reviewerId' | 'at' | 'seenHash'>,
  name: Step,
  opinion: Opinion,
): Promise<RevisionFacts> {
  const { bulletinId, seenHash } = request
  const reviewer = await actor(tx, request.reviewerId, request.at)
  const bulletin = await tx.lockBulletin(bulletinId)
  const latest = await tx.latestRevision(bulletinId)
  if (!bulletin || !latest) throw new Refused({ code: 'not-found', field: 'bulletin' })
  const planned = await tx.latestPlan(bulletinId)
  const channels = planned === undefined ? [] : readOrders(planned).map((one) => one.channelId)
  const chain = await chainOf(tx, bulletin, channels)
  // A step beside the chain may be asked for by anybody; it never stands in the way.
  const step: ChainStep = chain.find((one) => one.step === name) ?? { step: name }
  const submissions = await tx.submissions(bulletinId)
  const authorIds = await tx.authorIds(bulletinId)
  const refusal = whyNotReviewable({
    ...{ reviewer, step, opinion, chain, latest, seenHash, stopped: bulletin.stopped },
    done: await countingOn(tx, chain, await tx.reviews(bulletinId), authorIds),
    authorIds,
    submitted: submissions.some((one) => one.hash === latest.hash),
    returned: await isReturned(tx, bulletinId, latest.number),
    referrals: await tx.referrals(bulletinId),
  })
  if (refusal) throw new Refused(refusal)
  return latest
}

/** True when the newest revision was sent back: nothing more happens to it until it is edited. */
export async function isReturned(tx: Tx, bulletinId: number, latest: number): Promise<boolean> {
  return (await tx.returns(bulletinId)).some((one) => one.revision === latest)
}

/** True when this very text was signed for some channel. */
async function isSigned(tx: Tx, bulletinId: number, revision: number): Promise<boolean> {
  const signed = await tx.signedActs(bulletinId)
  return signed.some((one) => one.revision === revision && one.act !== 'withdraw')
}

/** Whoever could give an opinion or sign may return what is before them, unless they wrote it. */
async function mayReturn(tx: Tx, request: ReturnRequest, person: Person): Promise<RevisionFacts> {
  const bulletin = await tx.lockBulletin(request.bulletinId)
  const latest = await tx.latestRevision(request.bulletinId)
  if (!bulletin || !latest) throw new Refused({ code: 'not-found', field: 'bulletin' })
  if (bulletin.stopped) throw new Refused({ code: 'stopped' })
  if (!may(person, 'secrecy-reviewer', 'section-head', 'leader'))
    throw new Refused({ code: 'not-allowed' })
  if (latest.hash !== request.seenHash) throw new Refused({ code: 'not-latest-revision' })
  if ((await tx.authorIds(request.bulletinId)).includes(person.id))
    throw new Refused({
      code: may(person, 'leader') ? 'author-may-not-sign' : 'author-may-not-review',
    })
  if (await isReturned(tx, request.bulletinId, latest.number))
    throw new Refused({ code: 'returned' })
  // Sending it back would recall nothing, and whoever did it would believe so.
  if (await isSigned(tx, request.bulletinId, latest.number))
    throw new Refused({ code: 'already-signed', detail: '不能退回，要拦下请紧急停发' })
  return latest
}
