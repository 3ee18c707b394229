/** One firing of a standing order, in somebody's transaction: counted, filled, signed in the name of whoever
 *  granted it. It refuses a grant whose proof does not hold and everything outside its limits. */
import type { Level, Mode } from '../../domain/bulletin.ts'
import type { Authority } from '../../domain/clearance/authority.ts'
import { whyNotValues, withoutFreeWords } from '../../domain/clearance/blanks.ts'
import { whyNotUsable } from '../../domain/clearance/prepared-text.ts'
import { relayContent, whyNotRelayable, whyQuoteCut } from '../../domain/clearance/relay.ts'
import {
  type FiringSchedule,
  type OrderText,
  whyNotFirable,
  whyNotForSchedule,
  whyNotWithinLimits,
} from '../../domain/clearance/standing-order.ts'
import { fillTemplate } from '../../domain/clearance/template.ts'
import { type Refusal, Refused } from '../../domain/refusal.ts'
import { may } from '../../domain/role.ts'
import { dayOf } from '../../domain/year.ts'
import type { PlannedDispatch } from '../manifest.ts'
import { actor } from '../people.ts'
import type { ClearanceUse, MessageRow, SourceRow, StandingOrderRow } from '../ports/clearances.ts'
import type { Hub, Tx } from '../ports.ts'
import { type Signed, writeSignature } from '../write-signature.ts'
import { type Filling, fillBulletin, presetOrders } from './fill.ts'
import { whyFreeWordsLead, whyNotFreeWords } from './free-words.ts'
import { isReviewProven, provenOrder } from './statements.ts'

export interface Quote {
  readonly message: MessageRow
  readonly source: SourceRow
  /** the text the duty officer is about to pass on */
  readonly given: string
  readonly reminder: number
}

export interface Firing {
  readonly standingOrderId: number
  readonly values: Readonly<Record<string, string>>
  readonly at: Date
  readonly occurrenceId?: number
  /** whose occurrence it is; the order must have been signed for it */
  readonly schedule?: FiringSchedule
  readonly firedBy?: number
  /** the first one granted when absent */
  readonly level?: Level
  readonly mode?: Mode
  readonly quote?: Quote
}

const HOUR_MS = 3_600_000

export async function fireHere(
  hub: Hub,
  tx: Tx,
  firing: Firing,
): Promise<Signed & { readonly bulletinId: number }> {
  const { at, firedBy } = firing
  await checkFirer(tx, firing)
  const row = await tx.lockStandingOrder(firing.standingOrderId)
  if (!row) throw new Refused({ code: 'not-found', field: 'standingOrder' })
  const order = provenOrder(hub, tx.agencyId, row)
  if (!order) throw new Refused({ code: 'proof-invalid', field: 'standingOrder' })
  const { limits, template } = order
  refuse(firing.schedule && whyNotForSchedule(order, firing.schedule))
  const level = firing.level ?? limits.levels[0] ?? 'routine'
  const mode = firing.mode ?? limits.modes[0] ?? 'earnest'
  const uses = await tx.usesOf(order.id, dayOf(at))
  refuse(
    whyNotFirable({
      ...{ limits, level, mode, at, revoked: row.revoked, usesBefore: uses.total },
      signer: await tx.person(order.signerId, dayOf(at)),
      usesOfDayBefore: uses.ofDay,
    }),
  )
  // Asked under the order's lock, so that one occurrence cannot pass twice.
  if (firing.occurrenceId !== undefined && (await tx.isOccurrenceUsed(firing.occurrenceId)))
    throw new Refused({ code: 'occurrence-settled' })
  await checkTemplate(hub, tx, order)
  refuse(whyNotValues(template.blanks, firing.values, at) ?? whyNotQuoted(firing, order))
  refuse(await whyNotFreeWords(tx, template, firing.values, at))
  const filling = fillingOf(firing, order, level, mode)
  const values = withoutFreeWords(template.blanks, firing.values)
  const bare = fillingOf({ ...firing, values }, order, level, mode)
  refuse(whyFreeWordsLead(bare.content, filling.content))
  const { bulletin, latest, use } = await fillBulletin(tx, filling)
  const orders = await presetOrders(tx, limits.channels, windowOf(order, at))
  const signed = await writeSignature(hub, tx, {
    ...{ bulletin, latest, at, orders, clearance: use.clearance, signerId: order.signerId },
    ...{ reviewIds: [], actorId: firedBy, authority: authorityOf(use, order, row, firing.quote) },
    check: (planned) => check(order, planned, at, firing.quote),
  })
  return { ...signed, bulletinId: bulletin.id }
}

function refuse(refusal: Refusal | undefined): void {
  if (refusal) throw new Refused(refusal)
}

/** A person on duty, or the occurrence of a schedule: somebody answers for every firing. */
async function checkFirer(tx: Tx, { firedBy, occurrenceId, at }: Firing): Promise<void> {
  if (firedBy === undefined) {
    if (occurrenceId === undefined) throw new Refused({ code: 'missing-field', field: 'firedBy' })
    return
  }
  if (!may(await actor(tx, firedBy, at), 'duty-officer')) throw new Refused({ code: 'not-allowed' })
}

/** An opinion taken back ends every order over the template. */
async function checkTemplate(hub: Hub, tx: Tx, order: OrderText): Promise<void> {
  const review = await tx.preparedTextReview(order.preparedTextId)
  if (!isReviewProven(hub, tx.agencyId, review))
    throw new Refused({ code: 'proof-invalid', field: 'template' })
  refuse(whyNotUsable(review, order.templateHash))
  // A newer opinion by whoever granted it makes them reviewer and signer of one text.
  if (review?.reviewerId === order.signerId)
    throw new Refused({ code: 'reviewer-may-not-sign', field: 'template' })
}

function whyNotQuoted({ quote, at }: Firing, { limits, template }: OrderText): Refusal | undefined {
  if (!quote)
    return limits.relay && { code: 'missing-field', field: 'quote', detail: '转发授权只用于转发' }
  const { message, source, given, reminder } = quote
  return whyNotRelayable({
    ...{ limits, template, given, reminder, at, sourceId: source.id },
    confirmed: source.confirmation !== undefined,
    received: { sourceName: source.name, text: message.text, issuedAt: message.issuedAt },
  })
}

function fillingOf(firing: Firing, order: OrderText, level: Level, mode: Mode): Filling {
  const { values, at, quote, firedBy, occurrenceId } = firing
  const { template, preparedTextId, authorId, id: standingOrderId } = order
  const common = {
    ...{ template, values, level, mode, at, preparedTextId, standingOrderId, authorId },
    ...(firedBy === undefined ? {} : { filledBy: firedBy }),
    ...(occurrenceId === undefined ? {} : { occurrenceId }),
  }
  if (!quote)
    return { ...common, clearance: 'standing-order', content: fillTemplate(template, values) }
  const { message, source, reminder } = quote
  const received = { sourceName: source.name, text: message.text, issuedAt: message.issuedAt }
  const content = relayContent(template, values, reminder, received)
  return { ...common, clearance: 'relay', messageId: message.id, reminder, content }
}

function windowOf({ limits }: OrderText, at: Date) {
  const { windowHoursMax } = limits
  if (windowHoursMax === undefined) return {}
  return { notAfter: new Date(at.getTime() + windowHoursMax * HOUR_MS) }
}

function authorityOf(
  use: ClearanceUse,
  order: OrderText,
  row: StandingOrderRow,
  quote: Quote | undefined,
): Authority {
  return {
    ...{ preparedTextId: order.preparedTextId, templateHash: order.templateHash },
    ...{ reviewId: order.reviewId, valuesHash: use.valuesHash, filledAt: use.at.toISOString() },
    ...{ standingOrderId: order.id, standingOrderHash: row.hash },
    ...(quote ? { messageId: quote.message.id, quoteHash: quote.message.hash } : {}),
  }
}

function check(
  { limits }: OrderText,
  planned: readonly PlannedDispatch[],
  at: Date,
  quote: Quote | undefined,
): void {
  const lines = planned.map((one) => one.line)
  refuse(whyNotWithinLimits(limits, lines, at))
  if (!quote) return
  for (const { channel, payloads } of planned) {
    for (const payload of Object.values(payloads)) {
      const refusal = whyQuoteCut(payload, quote.message.text)
      if (refusal) throw new Refused({ ...refusal, field: channel.id })
    }
  }
}
