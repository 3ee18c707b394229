/** Door 3, 领导签发: one signature over a list of dispatches. It refuses what was not reviewed, what was
 *  edited since, and anybody who wrote or reviewed the text; what it commits is already fanned out. */
import { type ChainStep, openStep, STEP_NAMES, STEP_ROLES, type Step } from '../domain/chain.ts'
import { type Refusal, Refused } from '../domain/refusal.ts'
import { type Act, whyNotSignable } from '../domain/signature.ts'
import { dayOf, monthOf } from '../domain/year.ts'
import { chainOf, countingOn } from './chain.ts'
import { whyFindingsOpen } from './checks/check.ts'
import { whyNotResendable } from './decisions/resend.ts'
import { type DispatchOrder, startOf } from './manifest.ts'
import { actor } from './people.ts'
import type { BulletinFacts, NewSignature, ReviewRow, RevisionFacts } from './ports/papers.ts'
import type { Hub, Tx } from './ports.ts'
import { isReturned } from './review.ts'
import { type Signed, writeSignature } from './write-signature.ts'

export type { Signed } from './write-signature.ts'

export interface SignRequest {
  readonly agencyId: number
  readonly bulletinId: number
  readonly signerId: number
  readonly at: Date
  /** the hash the leader had on the screen */
  readonly seenHash: string
  readonly orders: readonly DispatchOrder[]
}

export async function sign(hub: Hub, request: SignRequest): Promise<Signed> {
  const { agencyId, at, orders } = request
  await prepareMonths(hub, orders, at)
  return hub.store.transact(agencyId, (tx) => signHere(hub, tx, request, 'reviewed'))
}

/** Room for the deliveries of these orders; a signature's own transaction cannot make it. */
export async function prepareMonths(
  hub: Hub,
  orders: readonly DispatchOrder[],
  at: Date,
): Promise<void> {
  const months = orders.map((order) => {
    const starts = startOf(order, at)
    return monthOf(starts > at ? starts : at)
  })
  for (const month of new Set(months)) await hub.store.prepareMonth(month)
}

/** The signature inside a transaction that something else (a paper sheet) belongs to as well. */
export async function signHere(
  hub: Hub,
  tx: Tx,
  request: SignRequest,
  clearance: 'reviewed' | 'paper',
  paper?: NewSignature['paper'],
): Promise<Signed> {
  const { at, bulletinId } = request
  const bulletin = await tx.lockBulletin(bulletinId)
  const latest = await tx.latestRevision(bulletinId)
  if (!bulletin || !latest) throw new Refused({ code: 'not-found', field: 'bulletin' })
  const reviewIds = await checkSignable(tx, request, bulletin, latest)
  const { signerId, orders } = request
  return writeSignature(hub, tx, {
    ...{ bulletin, latest, signerId, at, clearance, reviewIds, orders },
    ...(paper ? { paper } : {}),
  })
}

/** Ids of the opinions a signature stands on. @throws Refused why it may not be signed. */
export async function checkSignable(
  tx: Tx,
  request: SignRequest,
  bulletin: BulletinFacts,
  latest: RevisionFacts,
): Promise<readonly number[]> {
  const { bulletinId, orders, seenHash } = request
  const signer = await actor(tx, request.signerId, request.at)
  const reviews = await tx.reviews(bulletinId)
  const authorIds = await tx.authorIds(bulletinId)
  const onlyWithdraws = orders.length > 0 && orders.every((order) => order.act === 'withdraw')
  const channels = orders.map((order) => order.channelId)
  const chain = await chainOf(tx, bulletin, channels)
  const signedBefore = (await tx.signedActs(bulletinId)).length > 0
  const here = reviews.filter((one) => one.hash === latest.hash)
  const refusal =
    whyNotSignable({
      ...{ signer, reviews, latest, seenHash, authorIds, onlyWithdraws, chain, signedBefore },
      alreadySigned: await isSignedAlready(tx, bulletinId, latest.number, orders),
      stopped: bulletin.stopped,
      returned: await isReturned(tx, bulletinId, latest.number),
    }) ??
    (await whyLent(tx, here, signer.id)) ??
    (await whyTakenBack(tx, bulletinId, orders)) ??
    (await whyNotResendable(tx, bulletinId, latest.number, orders, request.at)) ??
    // What was signed once may be taken down, whatever is open about the text.
    (onlyWithdraws && signedBefore
      ? undefined
      : await whyNotDone(tx, here, chain, { bulletinId, hash: latest.hash }, authorIds))
  if (refusal) throw new Refused(refusal)
  return here.map((one) => one.id)
}

/** What was withdrawn from its recipients is not sent to them anew; another bulletin may be. */
async function whyTakenBack(
  tx: Tx,
  bulletinId: number,
  orders: readonly DispatchOrder[],
): Promise<Refusal | undefined> {
  const before = await tx.signedActs(bulletinId)
  const again = orders.find(
    ({ act, channelId }) =>
      act === 'resend' &&
      before.some((one) => one.channelId === channelId && one.act === 'withdraw'),
  )
  return again && { code: 'already-withdrawn', field: again.channelId }
}

/** Whoever reviewed in the signer's place gave the signer's own opinion. */
async function whyLent(
  tx: Tx,
  here: readonly ReviewRow[],
  signerId: number,
): Promise<Refusal | undefined> {
  for (const { reviewerId, step, at } of here) {
    const lent = (await tx.person(reviewerId, dayOf(at)))?.deputises ?? []
    const roles: readonly string[] = STEP_ROLES[step as Step] ?? []
    if (lent.some((one) => one.personId === signerId && roles.includes(one.role)))
      return { code: 'reviewer-may-not-sign' }
  }
  return undefined
}

/** The steps were done as the channels that are signed ask for them, and what the newest check found since
 *  the review is settled. */
async function whyNotDone(
  tx: Tx,
  here: readonly ReviewRow[],
  chain: readonly ChainStep[],
  { bulletinId, hash }: { readonly bulletinId: number; readonly hash: string },
  authorIds: readonly number[],
): Promise<Refusal | undefined> {
  const open = openStep(chain, await countingOn(tx, chain, here, authorIds), hash)
  if (open) return { code: 'step-open', field: STEP_NAMES[open] }
  return whyFindingsOpen(tx, bulletinId, hash)
}

/** Each of these sends the text as something new. */
const FIRST: readonly Act[] = ['publish', 'notify', 'resend']

/** True when one of the orders was signed before for this text. */
export async function isSignedAlready(
  tx: Tx,
  bulletinId: number,
  revision: number,
  orders: readonly DispatchOrder[],
): Promise<boolean> {
  const before = await tx.signedActs(bulletinId)
  return orders.some(({ channelId, act }) => {
    const same = before.filter((one) => one.channelId === channelId)
    if (act === 'publish' || act === 'notify') return same.some((one) => FIRST.includes(one.act))
    if (act === 'amend') return same.some((one) => one.revision >= revision)
    return false
  })
}
