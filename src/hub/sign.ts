/** Door 3, 领导签发: one signature over a list of dispatches. It refuses what was not reviewed, what was
 *  edited since, and anybody who wrote or reviewed the text; what it commits is already fanned out. */
import { openStep, STEP_NAMES, STEP_ROLES } from '../domain/chain.ts'
import { type Refusal, Refused } from '../domain/refusal.ts'
import { whyNotSignable } from '../domain/signature.ts'
import { dayOf, monthOf } from '../domain/year.ts'
import { chainOf, countingOn } from './chain.ts'
import { whyFindingsOpen } from './checks/check.ts'
import type { DispatchOrder } from './manifest.ts'
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
  const months = orders.map(({ notBefore }) =>
    monthOf(notBefore && notBefore > at ? notBefore : at),
  )
  for (const month of new Set(months)) await hub.store.prepareMonth(month)
  return hub.store.transact(agencyId, (tx) => signHere(hub, tx, request, 'reviewed'))
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

async function checkSignable(
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
  const refusal = whyNotSignable({
    ...{ signer, reviews, latest, seenHash, authorIds, onlyWithdraws },
    chain: await chainOf(tx, bulletin, channels),
    alreadySigned: await isSignedAlready(tx, bulletinId, latest.number, orders),
    signedBefore: (await tx.signedActs(bulletinId)).length > 0,
    stopped: bulletin.stopped,
    returned: await isReturned(tx, bulletinId, latest.number),
  })
  if (refusal) throw new Refused(refusal)
  return reviews.filter((one) => one.hash === latest.hash).map((one) => one.id)
}

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
    if (act === 'publish' || act === 'notify')
      return same.some((one) => one.act === 'publish' || one.act === 'notify')
    if (act === 'amend') return same.some((one) => one.revision >= revision)
    return false
  })
}
