/** Door 3, 领导签发: one signature over a list of dispatches. It refuses what was not reviewed, what was
 *  edited since, and anybody who wrote or reviewed the text; what it commits is already fanned out. */
import { canonical } from '../domain/canonical.ts'
import { payloadSubject } from '../domain/payload.ts'
import { Refused } from '../domain/refusal.ts'
import { type Clearance, type Manifest, whyNotSignable } from '../domain/signature.ts'
import { dayOf, monthOf } from '../domain/year.ts'
import { readContent } from './content.ts'
import { expandHere, NORMAL_FAN_OUT_MAX } from './fan-out.ts'
import { type DispatchOrder, type PlannedDispatch, planDispatches } from './manifest.ts'
import { actor } from './people.ts'
import type { BulletinFacts, NewSignature, RevisionFacts } from './ports/papers.ts'
import type { Hub, Tx } from './ports.ts'
import { isReturned } from './review.ts'

export interface SignRequest {
  readonly agencyId: number
  readonly bulletinId: number
  readonly signerId: number
  readonly at: Date
  /** the hash the leader had on the screen */
  readonly seenHash: string
  readonly orders: readonly DispatchOrder[]
}

export interface Signed {
  readonly signatureId: number
  readonly dispatchIds: readonly number[]
  readonly manifest: Manifest
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
  clearance: Clearance,
  paper?: NewSignature['paper'],
): Promise<Signed> {
  const { at, bulletinId } = request
  const bulletin = await tx.lockBulletin(bulletinId)
  const latest = await tx.latestRevision(bulletinId)
  if (!bulletin || !latest) throw new Refused({ code: 'not-found', field: 'bulletin' })
  const reviewIds = await checkSignable(tx, request, bulletin, latest)
  const category = await tx.category(bulletin.categoryId)
  if (!category) throw new Refused({ code: 'not-found', field: 'category' })
  const content = await readContent(tx, bulletinId, latest.hash)
  const input = { bulletin, category, content, at }
  const planned = await planDispatches(hub, tx, input, request.orders)
  const manifest: Manifest = {
    ...{ version: 1, agencyId: tx.agencyId, bulletinId, clearance, reviewIds },
    revision: latest.number,
    revisionHash: latest.hash,
    mode: bulletin.mode,
    signerId: request.signerId,
    signedAt: at.toISOString(),
    dispatches: planned.map((one) => one.line),
  }
  const text = canonical({
    ...manifest,
    dispatches: manifest.dispatches.map((line) => ({ ...line })),
  })
  const signatureId = await tx.addSignature({
    ...{ bulletinId, at, clearance, manifest: text, signerId: request.signerId },
    revision: latest.number,
    hash: latest.hash,
    proofKeyId: hub.prover.keyId,
    proof: hub.prover.prove(text),
    ...(paper ? { paper } : {}),
  })
  const dispatchIds: number[] = []
  for (const [index, one] of planned.entries()) {
    const place = { signatureId, manifestLine: index }
    dispatchIds.push(await leave(hub, tx, bulletin, latest, one, place, at))
  }
  await tx.audit({
    ...{ at, actorId: request.signerId, action: 'sign', subject: `bulletin/${bulletinId}` },
    facts: { signatureId, clearance, revision: latest.number, hash: latest.hash },
  })
  return { signatureId, dispatchIds, manifest }
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
  const before = await tx.signedActs(bulletinId)
  const alreadySigned = orders.some(({ channelId, act }) => {
    const same = before.filter((one) => one.channelId === channelId)
    if (act === 'publish' || act === 'notify')
      return same.some((one) => one.act === 'publish' || one.act === 'notify')
    if (act === 'amend') return same.some((one) => one.revision >= latest.number)
    return false
  })
  const refusal = whyNotSignable({
    ...{ signer, reviews, latest, seenHash, alreadySigned },
    authorIds: await tx.authorIds(bulletinId),
    stopped: bulletin.stopped,
    returned: await isReturned(tx, bulletinId, latest.number),
    onlyWithdraws: orders.every((order) => order.act === 'withdraw'),
  })
  if (refusal) throw new Refused(refusal)
  return reviews.filter((one) => one.hash === latest.hash).map((one) => one.id)
}

/** Writes one signed dispatch and, where it may go at once, its deliveries. */
async function leave(
  hub: Hub,
  tx: Tx,
  bulletin: BulletinFacts,
  latest: RevisionFacts,
  planned: PlannedDispatch,
  place: { readonly signatureId: number; readonly manifestLine: number },
  at: Date,
): Promise<number> {
  const { channel, order, line, categoryId, lane, notBefore, notAfter } = planned
  for (const payload of Object.values(planned.payloads))
    await tx.keepBody(bulletin.id, canonical(payloadSubject(payload)))
  const target =
    channel.addressing === 'place'
      ? { publicationId: await openPublication(tx, bulletin, planned) }
      : { broadcastId: await tx.ensureBroadcast({ ...belongs(bulletin), categoryId }) }
  const starts = notBefore > at ? notBefore : at
  // A disclosure means the addresses of this moment; a warning those of the moment it goes out.
  const frozen = bulletin.level === 'routine'
  const dispatchId = await tx.addDispatch({
    ...{ ...belongs(bulletin), ...target, ...place, lane, categoryId, notBefore, notAfter, at },
    channelId: channel.id,
    act: order.act,
    revision: latest.number,
    month: monthOf(starts),
    day: dayOf(starts),
    audienceRule: { audiences: [...(order.audiences ?? [])].sort() },
    reach: line.reach,
    tolerance: line.tolerance,
    quietHold: line.quietHours === 'hold',
    ...(frozen ? { addressIdMax: await tx.addressIdMax() } : {}),
    state: frozen || notBefore <= at ? 'expanding' : 'held',
    ...(order.reason ? { reason: order.reason.trim() } : {}),
    payloads: line.payloads,
  })
  if ((frozen || notBefore <= at) && line.reach <= NORMAL_FAN_OUT_MAX)
    await expandHere(hub, tx, dispatchId, at)
  else await tx.wake(lane, dispatchId, starts)
  return dispatchId
}

function belongs(bulletin: BulletinFacts) {
  return { bulletinId: bulletin.id, mode: bulletin.mode }
}

async function openPublication(
  tx: Tx,
  bulletin: BulletinFacts,
  planned: PlannedDispatch,
): Promise<number> {
  const { channel, order, categoryId } = planned
  const field = channel.id
  const publication = await tx.ensurePublication({
    ...{ ...belongs(bulletin), channelId: channel.id, categoryId },
  })
  const needsOne = order.act === 'amend' || order.act === 'withdraw'
  if (needsOne && !publication.published) throw new Refused({ code: 'not-published', field })
  if (needsOne && publication.withdrawn) throw new Refused({ code: 'already-withdrawn', field })
  if (!needsOne && publication.published) throw new Refused({ code: 'already-published', field })
  return publication.id
}
