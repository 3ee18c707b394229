/** Writes what every clearance ends in: one manifest, its proof, the signature and its dispatches, fanned
 *  out where they may go at once. Who may sign was asked before; it refuses what cannot be rendered. */
import { canonical } from '../domain/canonical.ts'
import { type Authority, authoritySubject } from '../domain/clearance/authority.ts'
import { payloadSubject } from '../domain/payload.ts'
import { Refused } from '../domain/refusal.ts'
import type { Clearance, Manifest } from '../domain/signature.ts'
import { dayOf, monthOf } from '../domain/year.ts'
import { readContent } from './content.ts'
import { expandHere, NORMAL_FAN_OUT_MAX } from './fan-out.ts'
import { type DispatchOrder, type PlannedDispatch, planDispatches } from './manifest.ts'
import type { BulletinFacts, NewSignature, RevisionFacts } from './ports/papers.ts'
import type { Hub, Tx } from './ports.ts'

export interface Signed {
  readonly signatureId: number
  readonly dispatchIds: readonly number[]
  readonly manifest: Manifest
}

/** What a clearance made sure of before anything is written. */
export interface Grounds {
  readonly bulletin: BulletinFacts
  readonly latest: RevisionFacts
  readonly signerId: number
  readonly at: Date
  readonly clearance: Clearance
  /** opinions on the text itself */
  readonly reviewIds: readonly number[]
  readonly orders: readonly DispatchOrder[]
  readonly paper?: NewSignature['paper']
  readonly authority?: Authority
  /** who set it off, where that is not the signer; absent for a schedule */
  readonly actorId?: number | undefined
  /** The last look of the clearance at what was rendered. @throws Refused */
  readonly check?: (planned: readonly PlannedDispatch[]) => void
}

export async function writeSignature(hub: Hub, tx: Tx, grounds: Grounds): Promise<Signed> {
  const { bulletin, latest, at, clearance, authority, paper, signerId } = grounds
  const category = await tx.category(bulletin.categoryId)
  if (!category) throw new Refused({ code: 'not-found', field: 'category' })
  const content = await readContent(tx, bulletin.id, latest.hash)
  const input = { bulletin, category, content, at }
  const planned = await planDispatches(hub, tx, input, grounds.orders)
  grounds.check?.(planned)
  const manifest = manifestOf(tx.agencyId, grounds, planned)
  const text = canonical({
    ...manifest,
    authority: authority && authoritySubject(authority),
    dispatches: manifest.dispatches.map((line) => ({ ...line })),
  })
  const signatureId = await tx.addSignature({
    ...{ bulletinId: bulletin.id, at, clearance, manifest: text, signerId },
    revision: latest.number,
    hash: latest.hash,
    proofKeyId: hub.prover.keyId,
    proof: hub.prover.prove(text),
    ...(paper ? { paper } : {}),
  })
  // A disclosure means the addresses of this moment; a warning those of the moment it goes out.
  const addressIdMax = bulletin.level === 'routine' ? await tx.addressIdMax() : undefined
  const dispatchIds: number[] = []
  for (const [index, one] of planned.entries()) {
    const place = { signatureId, manifestLine: index, addressIdMax }
    dispatchIds.push(await leave(hub, tx, bulletin, latest, one, place, at))
  }
  await auditSignature(tx, grounds, signatureId)
  const { agencyId } = tx
  hub.watch.tell({ step: 'sign', agencyId, bulletinId: bulletin.id, dispatchIds })
  return { signatureId, dispatchIds, manifest }
}

function manifestOf(
  agencyId: number,
  grounds: Grounds,
  planned: readonly PlannedDispatch[],
): Manifest {
  const { bulletin, latest, at, clearance, reviewIds, authority, signerId } = grounds
  return {
    ...{ version: 1, agencyId, bulletinId: bulletin.id, clearance, reviewIds, signerId },
    revision: latest.number,
    revisionHash: latest.hash,
    mode: bulletin.mode,
    signedAt: at.toISOString(),
    ...(authority ? { authority } : {}),
    dispatches: planned.map((one) => one.line),
  }
}

async function auditSignature(tx: Tx, grounds: Grounds, signatureId: number): Promise<void> {
  const { bulletin, latest, at, clearance, authority, signerId } = grounds
  const own = authority === undefined || clearance === 'prepared-text'
  const actorId = own ? signerId : grounds.actorId
  const { standingOrderId } = authority ?? {}
  await tx.audit({
    ...{ at, action: 'sign', subject: `bulletin/${bulletin.id}` },
    ...(actorId === undefined ? {} : { actorId }),
    facts: {
      ...{ signatureId, clearance, revision: latest.number, hash: latest.hash },
      ...(authority ? { preparedTextId: authority.preparedTextId } : {}),
      ...(standingOrderId === undefined ? {} : { standingOrderId, signerId }),
    },
  })
}

/** Writes one signed dispatch and, where it may go at once, its deliveries. */
async function leave(
  hub: Hub,
  tx: Tx,
  bulletin: BulletinFacts,
  latest: RevisionFacts,
  planned: PlannedDispatch,
  {
    addressIdMax,
    ...place
  }: {
    readonly signatureId: number
    readonly manifestLine: number
    /** set where the addresses are frozen */
    readonly addressIdMax: number | undefined
  },
  at: Date,
): Promise<number> {
  const { channel, order, line, categoryId, lane, notBefore, notAfter } = planned
  const takesBack = order.act === 'withdraw' && channel.addressing !== 'place'
  // What is being taken back goes to nobody else meanwhile, and is not sent again later.
  if (takesBack) await tx.stopDispatches(bulletin.id, channel.id)
  for (const payload of Object.values(planned.payloads))
    await tx.keepBody(bulletin.id, canonical(payloadSubject(payload)))
  const target =
    channel.addressing === 'place'
      ? { publicationId: await openPublication(tx, bulletin, planned) }
      : { broadcastId: await tx.ensureBroadcast({ ...belongs(bulletin), categoryId }) }
  const starts = notBefore > at ? notBefore : at
  const frozen = addressIdMax !== undefined
  const dispatchId = await tx.addDispatch({
    ...{ ...belongs(bulletin), ...target, ...place, lane, categoryId, notBefore, notAfter, at },
    channelId: channel.id,
    act: order.act,
    revision: latest.number,
    month: monthOf(starts),
    day: dayOf(starts),
    audienceRule: planned.rule,
    reach: line.reach,
    tolerance: line.tolerance,
    quietHold: line.quietHours === 'hold',
    ...(frozen ? { addressIdMax } : {}),
    state: frozen || notBefore <= at ? 'expanding' : 'held',
    ...(order.reason ? { reason: order.reason } : {}),
    payloads: line.payloads,
  })
  // Whom a call of this very moment reaches is known when nothing is claimed any more: after this commit.
  if (!takesBack && (frozen || notBefore <= at) && line.reach <= NORMAL_FAN_OUT_MAX)
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
  if (needsOne && !publication.published && !publication.sent)
    throw new Refused({ code: 'not-published', field })
  if (needsOne && publication.withdrawn) throw new Refused({ code: 'already-withdrawn', field })
  // A letter that is taken back waits for no clipping; what appears all the same is a fact.
  if (order.act === 'withdraw' && publication.sent) await tx.stopDispatches(bulletin.id, channel.id)
  if (!needsOne && publication.published) throw new Refused({ code: 'already-published', field })
  return publication.id
}
