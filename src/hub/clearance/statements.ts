/** The papers of the clearances as canonical text, and the proofs over them. Each text names its kind, so
 *  that no paper can pass for another; a paper whose proof does not hold is read by nobody. */
import { type Canonical, canonical } from '../../domain/canonical.ts'
import type { FilledValues } from '../../domain/clearance/authority.ts'
import type { OrderText } from '../../domain/clearance/standing-order.ts'
import type { Template } from '../../domain/clearance/template.ts'
import { Refused } from '../../domain/refusal.ts'
import { sha256Hex } from '../../kit/hash.ts'
import type {
  MessageRow,
  PreparedTextReviewRow,
  PreparedTextRow,
  Proof,
  SourceRow,
  StandingOrderRow,
} from '../ports/clearances.ts'
import type { Hub, Prover } from '../ports.ts'

/** A template with the name of its author, as it is kept and reviewed. */
export interface PreparedText {
  readonly version: 1
  readonly kind: 'prepared-text'
  readonly agencyId: number
  readonly authorId: number
  readonly template: Template
}

export function preparedTextText(agencyId: number, authorId: number, template: Template): string {
  const subject: PreparedText = { version: 1, kind: 'prepared-text', agencyId, authorId, template }
  return canonical(subject as unknown as Canonical)
}

/** @throws Refused when the kept text is not the one its hash names, or is another author's. */
export function readPreparedText(row: PreparedTextRow): Template {
  const changed = new Refused({ code: 'proof-invalid', field: 'template' })
  if (sha256Hex(row.text) !== row.hash) throw changed
  const kept: PreparedText = JSON.parse(row.text)
  if (kept.kind !== 'prepared-text' || kept.authorId !== row.authorId) throw changed
  return kept.template
}

export function prove(hub: Hub, text: string): Proof {
  return { proofKeyId: hub.prover.keyId, proof: hub.prover.prove(text) }
}

function holds(prover: Prover, text: string, { proofKeyId, proof }: Proof): boolean {
  return prover.holds(text, proofKeyId, proof)
}

export type NewReview = Omit<PreparedTextReviewRow, 'id' | 'proof' | 'proofKeyId'>

export function reviewText(agencyId: number, review: NewReview): string {
  const { preparedTextId, hash, opinion, reviewerId, note, at } = review
  return canonical({
    ...{ version: 1, kind: 'prepared-text-review', agencyId, preparedTextId, hash, opinion },
    ...{ reviewerId, note, at: at.toISOString() },
  })
}

export function isReviewProven(
  hub: Hub,
  agencyId: number,
  review: PreparedTextReviewRow | undefined,
): boolean {
  return review !== undefined && holds(hub.prover, reviewText(agencyId, review), review)
}

export function orderText(order: OrderText): string {
  return canonical(order as unknown as Canonical)
}

/** Undefined when the row is not what a leader granted here. */
export function provenOrder(
  hub: Hub,
  agencyId: number,
  row: StandingOrderRow,
): OrderText | undefined {
  if (!holds(hub.prover, row.text, row) || sha256Hex(row.text) !== row.hash) return undefined
  const order: OrderText = JSON.parse(row.text)
  const { limits } = order
  // The columns beside the text are what the law in the database counts by.
  const isSame =
    order.kind === 'standing-order' &&
    order.agencyId === agencyId &&
    order.id === row.id &&
    order.preparedTextId === row.preparedTextId &&
    order.reviewId === row.reviewId &&
    order.authorId === row.authorId &&
    order.reviewerId === row.reviewerId &&
    order.signerId === row.signerId &&
    limits.usesMax === row.usesMax &&
    limits.usesPerDayMax === row.usesPerDayMax &&
    Date.parse(limits.validFrom) === row.validFrom.getTime() &&
    Date.parse(limits.validUntil) === row.validUntil.getTime()
  return isSame ? order : undefined
}

export function sourceText(
  agencyId: number,
  source: Omit<SourceRow, 'confirmation'>,
  confirmedBy: number,
  at: Date,
): string {
  const { id, name, kind, registeredBy } = source
  return canonical({
    ...{ version: 1, kind: 'relay-source', agencyId, id, name, sourceKind: kind, registeredBy },
    ...{ confirmedBy, at: at.toISOString() },
  })
}

export function isSourceProven(hub: Hub, agencyId: number, source: SourceRow): boolean {
  const { confirmation } = source
  if (!confirmation) return false
  const text = sourceText(agencyId, source, confirmation.confirmedBy, confirmation.at)
  return holds(hub.prover, text, confirmation)
}

export type NewMessage = Omit<MessageRow, 'id' | 'hash' | 'proof' | 'proofKeyId'>

export function messageText(agencyId: number, message: NewMessage): string {
  const { sourceId, text, issuedAt, receivedAt, via, enteredBy } = message
  return canonical({
    ...{ version: 1, kind: 'relayed-message', agencyId, sourceId, text, via, enteredBy },
    ...{ issuedAt: issuedAt.toISOString(), receivedAt: receivedAt.toISOString() },
  })
}

export function isMessageProven(hub: Hub, agencyId: number, message: MessageRow): boolean {
  if (sha256Hex(message.text) !== message.hash) return false
  return holds(hub.prover, messageText(agencyId, message), message)
}

export function valuesText(values: FilledValues['values'], reminder?: number): string {
  return canonical({ version: 1, kind: 'clearance-values', values: { ...values }, reminder })
}
