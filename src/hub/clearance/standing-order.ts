/** 长期授权: a leader signs a template in advance, within limits; it is fired alone by a schedule or by the
 *  duty officer, and taken back by one person. It refuses a template that another person did not review. */

import { whyNotUsable } from '../../domain/clearance/prepared-text.ts'
import {
  type FiringSchedule,
  type OrderLimits,
  type OrderText,
  whyNotGrantable,
  whyNotLimits,
  whyNotRevocable,
} from '../../domain/clearance/standing-order.ts'
import { Refused } from '../../domain/refusal.ts'
import { monthOf } from '../../domain/year.ts'
import { sha256Hex } from '../../kit/hash.ts'
import { actor } from '../people.ts'
import type { Hub, Tx } from '../ports.ts'
import { finishStop } from '../stop.ts'
import type { Signed } from '../write-signature.ts'
import { fireHere } from './fire.ts'
import { isReviewProven, orderText, prove, readPreparedText } from './statements.ts'

const REASON_CHARACTERS_MAX = 500

export interface StandingOrderGrant {
  readonly agencyId: number
  readonly preparedTextId: number
  /** the template's hash the leader had on the screen */
  readonly seenHash: string
  readonly signerId: number
  readonly at: Date
  readonly limits: OrderLimits
}

export interface Granted {
  readonly standingOrderId: number
  /** of the granted text */
  readonly orderHash: string
}

export function grantStandingOrder(hub: Hub, grant: StandingOrderGrant): Promise<Granted> {
  return hub.store.transact(grant.agencyId, async (tx) => {
    const { preparedTextId, at, limits, agencyId } = grant
    const signer = await actor(tx, grant.signerId, at)
    const row = await tx.preparedText(preparedTextId)
    if (!row) throw new Refused({ code: 'not-found', field: 'preparedText' })
    const review = await tx.preparedTextReview(preparedTextId)
    const { authorId, hash: templateHash } = row
    const template = readPreparedText(row)
    const refusal = whyNotUsable(review, templateHash)
    if (!review || refusal) throw new Refused(refusal ?? { code: 'not-reviewed' })
    if (!isReviewProven(hub, agencyId, review))
      throw new Refused({ code: 'proof-invalid', field: 'template' })
    const { reviewerId, id: reviewId } = review
    const why =
      whyNotGrantable({ signer, authorId, reviewerId }) ?? whyNotLimits(limits, template, at)
    if (why) throw new Refused(why)
    if (grant.seenHash !== templateHash) throw new Refused({ code: 'not-latest-revision' })
    await checkSources(tx, limits)
    const id = await tx.nextStandingOrderId()
    const order: OrderText = {
      ...{ version: 1, kind: 'standing-order', agencyId, id, preparedTextId, templateHash },
      ...{ reviewId, authorId, reviewerId, signerId: signer.id, limits, template },
      grantedAt: at.toISOString(),
    }
    return keepOrder(hub, tx, order, at)
  })
}

async function checkSources(tx: Tx, { relay }: OrderLimits): Promise<void> {
  for (const sourceId of relay?.sourceIds ?? []) {
    const source = await tx.source(sourceId)
    if (!source?.confirmation)
      throw new Refused({ code: 'source-unknown', field: 'sourceIds', detail: String(sourceId) })
  }
}

async function keepOrder(hub: Hub, tx: Tx, order: OrderText, at: Date): Promise<Granted> {
  const { id, preparedTextId, reviewId, authorId, reviewerId, signerId, limits } = order
  const text = orderText(order)
  const hash = sha256Hex(text)
  await tx.addStandingOrder({
    ...{ id, preparedTextId, reviewId, authorId, reviewerId, signerId, text, hash, at },
    ...{ usesMax: limits.usesMax, usesPerDayMax: limits.usesPerDayMax },
    ...{ validFrom: new Date(limits.validFrom), validUntil: new Date(limits.validUntil) },
    ...prove(hub, text),
  })
  await tx.audit({
    ...{ at, actorId: signerId, action: 'grant', subject: `standing-order/${id}` },
    facts: { preparedTextId, hash, validFrom: limits.validFrom, validUntil: limits.validUntil },
  })
  return { standingOrderId: id, orderHash: hash }
}

export interface StandingOrderFiring {
  readonly agencyId: number
  readonly standingOrderId: number
  readonly values: Readonly<Record<string, string>>
  readonly at: Date
  /** a schedule's occurrence; each fires once */
  readonly occurrenceId?: number
  /** whose occurrence it is; the order must have been signed for it */
  readonly schedule?: FiringSchedule
  readonly firedBy?: number
}

/** Inside a transaction that something else (a schedule's occurrence) is settled in. The month of `at` is
 *  best prepared before it begins, because that locks the whole log for a moment.
 *  @throws Refused `order-revoked`, `order-expired`, `order-used-up`, `value-not-allowed` … */
export async function fireStandingOrderHere(
  hub: Hub,
  tx: Tx,
  firing: StandingOrderFiring,
): Promise<Signed & { readonly bulletinId: number }> {
  if (firing.agencyId !== tx.agencyId)
    throw new Refused({ code: 'not-found', field: 'standingOrder' })
  return fireHere(hub, tx, firing)
}

export async function fireStandingOrder(
  hub: Hub,
  firing: StandingOrderFiring,
): Promise<Signed & { readonly bulletinId: number }> {
  await hub.store.prepareMonth(monthOf(firing.at))
  return hub.store.transact(firing.agencyId, (tx) => fireStandingOrderHere(hub, tx, firing))
}

export interface Revocation {
  readonly agencyId: number
  readonly standingOrderId: number
  readonly by: number
  readonly reason: string
  readonly at: Date
}

/** The first commit already holds everything back; the cancelling of many rows follows it. */
export async function revokeStandingOrder(hub: Hub, revocation: Revocation): Promise<void> {
  const { agencyId, standingOrderId, at } = revocation
  const dispatchIds = await hub.store.transact(agencyId, async (tx) => {
    const reason = revocation.reason.trim()
    if (reason === '') throw new Refused({ code: 'reason-missing' })
    if ([...reason].length > REASON_CHARACTERS_MAX)
      throw new Refused({ code: 'too-long', field: 'reason', limit: REASON_CHARACTERS_MAX })
    const person = await actor(tx, revocation.by, at)
    // Locked first: a firing that holds it commits before, and what it queued is seen below.
    const row = await tx.lockStandingOrder(standingOrderId)
    if (!row) throw new Refused({ code: 'not-found', field: 'standingOrder' })
    const refusal = whyNotRevocable({ person, signerId: row.signerId })
    if (refusal) throw new Refused(refusal)
    if (!(await tx.addRevocation({ standingOrderId, revokedBy: person.id, reason, at })))
      throw new Refused({ code: 'order-revoked' })
    const stopped = await tx.stopOrderDispatches(standingOrderId)
    await tx.audit({
      ...{ at, actorId: person.id, action: 'revoke', subject: `standing-order/${standingOrderId}` },
      facts: { dispatches: stopped.length },
    })
    return stopped
  })
  await finishStop(hub, agencyId, dispatchIds)
}

/** One order as it is on file; whether its proof holds is asked each time it is fired. */
export interface StandingOrderEntry {
  readonly id: number
  readonly title: string
  readonly preparedTextId: number
  readonly authorId: number
  readonly reviewerId: number
  readonly signerId: number
  readonly uses: number
  readonly usesMax: number
  readonly usesPerDayMax: number
  readonly validFrom: Date
  readonly validUntil: Date
  readonly revoked: boolean
}

/** Newest first. */
export async function standingOrders(tx: Tx): Promise<readonly StandingOrderEntry[]> {
  const titles = new Map((await tx.preparedTexts()).map((row) => [row.id, row.title]))
  return (await tx.standingOrders()).map((row) => ({
    ...{ id: row.id, preparedTextId: row.preparedTextId, revoked: row.revoked, uses: row.uses },
    ...{ authorId: row.authorId, reviewerId: row.reviewerId, signerId: row.signerId },
    ...{ usesMax: row.usesMax, usesPerDayMax: row.usesPerDayMax, validFrom: row.validFrom },
    validUntil: row.validUntil,
    title: titles.get(row.preparedTextId) ?? '',
  }))
}
