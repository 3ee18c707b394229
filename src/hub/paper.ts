/** 纸质签发: the leader signed a printed sheet. One person enters its photo and the printed code, another
 *  compares both; only then is it a signature. It refuses a code that belongs to another text or list, and
 *  as the second pair of eyes whoever had a part in the text. */
import { canonical } from '../domain/canonical.ts'
import { hands } from '../domain/clearance/prepared-text.ts'
import { Refused } from '../domain/refusal.ts'
import { may, type Person, type Role } from '../domain/role.ts'
import { monthOf } from '../domain/year.ts'
import { sha256Hex } from '../kit/hash.ts'
import { type DispatchOrder, startOf } from './manifest.ts'
import { ordersText, readOrders } from './orders.ts'
import { actor } from './people.ts'
import type { PaperSheet } from './ports/papers.ts'
import type { Hub, Tx } from './ports.ts'
import { type Signed, signHere } from './sign.ts'

const CODE_CHARACTERS = 16
/** 三员 and the leader whose signature it is handle no sheets. */
const ENTERERS: readonly Role[] = ['drafter', 'section-head', 'operator', 'duty-officer']

/** The code printed on the sheet: it stands for the text, for every dispatch on the list and for whose
 *  signature belongs under it. */
export function sheetCode(
  revisionHash: string,
  orders: readonly DispatchOrder[],
  signerId: number,
): string {
  const subject = canonical({ revisionHash, orders: ordersText(orders), signerId })
  return sha256Hex(subject).slice(0, CODE_CHARACTERS)
}

export interface SheetEntry {
  readonly agencyId: number
  readonly bulletinId: number
  readonly revisionHash: string
  readonly signerId: number
  readonly orders: readonly DispatchOrder[]
  /** typed in from the sheet */
  readonly printedCode: string
  /** SHA-256 of the photo kept as a blob, in hex */
  readonly sheetHash: string
  readonly enteredBy: number
  readonly at: Date
}

export function enterSheet(hub: Hub, entry: SheetEntry): Promise<number> {
  return hub.store.transact(entry.agencyId, async (tx) => {
    const { bulletinId, revisionHash, orders, at } = entry
    const clerk = await actor(tx, entry.enteredBy, at)
    if (!may(clerk, ...ENTERERS)) throw new Refused({ code: 'not-allowed' })
    if (!(await tx.lockBulletin(bulletinId)))
      throw new Refused({ code: 'not-found', field: 'bulletin' })
    const latest = await tx.latestRevision(bulletinId)
    if (latest?.hash !== revisionHash) throw new Refused({ code: 'not-latest-revision' })
    const { signerId, sheetHash } = entry
    checkNotSigner(clerk, signerId)
    for (const order of orders) startOf(order, at)
    checkCode(entry.printedCode, sheetCode(revisionHash, orders, signerId))
    const sheetId = await tx.addSheet({
      ...{ bulletinId, revisionHash, signerId, sheetHash, at, enteredBy: clerk.id },
      orders: ordersText(orders),
    })
    await tx.audit({
      ...{ at, actorId: clerk.id, action: 'enter-sheet', subject: `bulletin/${bulletinId}` },
      facts: { sheetId, sheetHash, hash: revisionHash },
    })
    return sheetId
  })
}

/** The second person reads the code off the photo once more. */
export async function confirmSheet(
  hub: Hub,
  request: {
    readonly agencyId: number
    readonly sheetId: number
    readonly confirmedBy: number
    readonly printedCode: string
    readonly at: Date
  },
): Promise<Signed> {
  await hub.store.prepareMonth(monthOf(request.at))
  return hub.store.transact(request.agencyId, async (tx) => {
    const { at, sheetId } = request
    const checker = await actor(tx, request.confirmedBy, at)
    if (!may(checker, ...ENTERERS, 'secrecy-reviewer')) throw new Refused({ code: 'not-allowed' })
    const sheet = await tx.lockSheet(sheetId)
    if (!sheet) throw new Refused({ code: 'not-found', field: 'sheet' })
    if (sheet.signatureId !== undefined) throw new Refused({ code: 'already-confirmed' })
    await checkConfirmer(tx, checker, sheet)
    const orders = readOrders(sheet.orders)
    const { bulletinId, signerId, sheetHash, enteredBy, revisionHash } = sheet
    checkCode(request.printedCode, sheetCode(revisionHash, orders, signerId))
    const signed = await signHere(
      hub,
      tx,
      { agencyId: tx.agencyId, bulletinId, signerId, at, seenHash: revisionHash, orders },
      'paper',
      { sheetHash, enteredBy, confirmedBy: checker.id },
    )
    await tx.markSheetConfirmed(sheetId, signed.signatureId)
    return signed
  })
}

/** The leader whose signature it is handles no sheet of theirs, nor does whoever stands in for them. */
function checkNotSigner(person: Person, signerId: number): void {
  if (!hands(person).includes(signerId)) return
  const detail = '签发人不经手自己的签发单，请由其他人录入和确认'
  throw new Refused({ code: 'not-allowed', field: 'signer', detail })
}

/** A photo proves a leader only to somebody without a part in the text: author and reviewer together would
 *  otherwise need no leader at all. */
async function checkConfirmer(
  tx: Tx,
  checker: Person,
  { bulletinId, revisionHash, enteredBy, signerId }: PaperSheet,
): Promise<void> {
  const persons = hands(checker)
  if (persons.includes(enteredBy)) throw new Refused({ code: 'confirmer-is-enterer' })
  checkNotSigner(checker, signerId)
  if ((await tx.authorIds(bulletinId)).some((id) => persons.includes(id)))
    throw new Refused({ code: 'author-may-not-sign' })
  const here = (await tx.reviews(bulletinId)).filter((one) => one.hash === revisionHash)
  if (here.some((one) => persons.includes(one.reviewerId)))
    throw new Refused({ code: 'reviewer-may-not-sign' })
}

function checkCode(typed: string, expected: string): void {
  const code = typed.replaceAll(/[\s-]/g, '').toLowerCase()
  if (code !== expected) throw new Refused({ code: 'paper-mismatch' })
}
