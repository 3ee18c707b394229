/** 转发: another body's warning goes on, word for word, inside a standing order and fired by the duty
 *  officer. It refuses sources only one person vouches for and a quote that is not what was received. */
import type { Level, Mode } from '../../domain/bulletin.ts'
import { type BlankValues, wrong } from '../../domain/clearance/blanks.ts'
import {
  SOURCE_KINDS,
  SOURCE_NAME_CHARACTERS_MAX,
  type SourceKind,
  whyNotReceivable,
} from '../../domain/clearance/relay.ts'
import { Refused } from '../../domain/refusal.ts'
import { may } from '../../domain/role.ts'
import { monthOf } from '../../domain/year.ts'
import { sha256Hex } from '../../kit/hash.ts'
import { actor } from '../people.ts'
import type { MessageRow, SourceRow } from '../ports/clearances.ts'
import type { Hub, Tx } from '../ports.ts'
import type { Signed } from '../write-signature.ts'
import { fireHere } from './fire.ts'
import { isMessageProven, isSourceProven, messageText, prove, sourceText } from './statements.ts'

export interface SourceRegistration {
  readonly agencyId: number
  readonly name: string
  readonly kind: SourceKind
  readonly registeredBy: number
  readonly at: Date
}

/** Nothing is relayed from it before another person confirmed it. */
export function registerSource(hub: Hub, request: SourceRegistration): Promise<number> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const { kind, at } = request
    const person = await actor(tx, request.registeredBy, at)
    if (!may(person, 'duty-officer', 'drafter', 'section-head'))
      throw new Refused({ code: 'not-allowed' })
    const name = request.name.trim().normalize('NFC')
    if (name === '') throw new Refused({ code: 'missing-field', field: 'name' })
    if ([...name].length > SOURCE_NAME_CHARACTERS_MAX)
      throw new Refused({ code: 'too-long', field: 'name', limit: SOURCE_NAME_CHARACTERS_MAX })
    if (/[\p{C}\u2028\u2029{}]/u.test(name)) throw new Refused(wrong('name', '含有不可用的字符'))
    if (!SOURCE_KINDS.includes(kind)) throw new Refused(wrong('kind', '来源种类不在表内'))
    const id = await tx.addSource({ name, kind, registeredBy: person.id, at })
    if (id === undefined) throw new Refused(wrong('name', '该来源已经登记'))
    await tx.audit({
      ...{ at, actorId: person.id, action: 'register', subject: `relay-source/${id}` },
      facts: { kind },
    })
    return id
  })
}

export interface SourceConfirmation {
  readonly agencyId: number
  readonly sourceId: number
  readonly confirmedBy: number
  readonly at: Date
}

export function confirmSource(hub: Hub, request: SourceConfirmation): Promise<void> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const { sourceId, at } = request
    const person = await actor(tx, request.confirmedBy, at)
    if (!may(person, 'leader', 'secrecy-reviewer', 'security-admin'))
      throw new Refused({ code: 'not-allowed' })
    const source = await tx.source(sourceId)
    if (!source) throw new Refused({ code: 'not-found', field: 'source' })
    if (source.registeredBy === person.id) throw new Refused({ code: 'confirmer-is-enterer' })
    const text = sourceText(tx.agencyId, source, person.id, at)
    const confirmation = { sourceId, confirmedBy: person.id, at, ...prove(hub, text) }
    if (!(await tx.addSourceConfirmation(confirmation)))
      throw new Refused({ code: 'already-confirmed' })
    await tx.audit({
      ...{ at, actorId: person.id, action: 'confirm', subject: `relay-source/${sourceId}` },
      facts: { kind: source.kind },
    })
  })
}

export interface Receipt {
  readonly agencyId: number
  readonly sourceId: number
  /** as it came, unaltered */
  readonly text: string
  readonly issuedAt: Date
  readonly receivedAt: Date
  /** absent when it came over the interface */
  readonly enteredBy?: number
}

export function receiveMessage(
  hub: Hub,
  receipt: Receipt,
): Promise<{ readonly messageId: number; readonly hash: string }> {
  return hub.store.transact(receipt.agencyId, async (tx) => {
    const { sourceId, text, issuedAt, receivedAt, enteredBy } = receipt
    if (enteredBy !== undefined) {
      const person = await actor(tx, enteredBy, receivedAt)
      if (!may(person, 'duty-officer', 'drafter')) throw new Refused({ code: 'not-allowed' })
    }
    await knownSource(hub, tx, sourceId)
    const refusal = whyNotReceivable(text, issuedAt, receivedAt)
    if (refusal) throw new Refused(refusal)
    const via: MessageRow['via'] = enteredBy === undefined ? 'api' : 'hand'
    const by = enteredBy === undefined ? {} : { enteredBy }
    const message = { sourceId, text, issuedAt, receivedAt, via, ...by }
    const hash = sha256Hex(text)
    const proof = prove(hub, messageText(tx.agencyId, message))
    const messageId = await tx.addMessage({ ...message, hash, ...proof })
    await tx.audit({
      ...{ at: receivedAt, action: 'receive', subject: `relayed-message/${messageId}` },
      ...(enteredBy === undefined ? {} : { actorId: enteredBy }),
      facts: { sourceId, hash, via },
    })
    return { messageId, hash }
  })
}

/** @throws Refused when it is not registered and confirmed, or the row is not what was confirmed. */
async function knownSource(hub: Hub, tx: Tx, sourceId: number): Promise<SourceRow> {
  const source = await tx.source(sourceId)
  if (!source?.confirmation) throw new Refused({ code: 'source-unknown' })
  if (!isSourceProven(hub, tx.agencyId, source))
    throw new Refused({ code: 'proof-invalid', field: 'source' })
  return source
}

export interface RelayRequest {
  readonly agencyId: number
  readonly standingOrderId: number
  readonly messageId: number
  /** what is passed on; anything but the received text is refused */
  readonly text: string
  /** which of the order's signed reminders stands beside it, from 0 */
  readonly reminder: number
  readonly values: BlankValues
  readonly firedBy: number
  readonly at: Date
  /** the first one granted when absent */
  readonly level?: Level
  readonly mode?: Mode
}

export async function relay(
  hub: Hub,
  request: RelayRequest,
): Promise<Signed & { readonly bulletinId: number }> {
  await hub.store.prepareMonth(monthOf(request.at))
  return hub.store.transact(request.agencyId, async (tx) => {
    const { messageId, text: given, reminder, agencyId, ...firing } = request
    const message = await tx.message(messageId)
    if (!message) throw new Refused({ code: 'not-found', field: 'message' })
    if (!isMessageProven(hub, agencyId, message))
      throw new Refused({ code: 'proof-invalid', field: 'message' })
    const source = await knownSource(hub, tx, message.sourceId)
    return fireHere(hub, tx, { ...firing, quote: { message, source, given, reminder } })
  })
}
