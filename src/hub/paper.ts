/** 纸质签发: the leader signed a printed sheet. One person enters its photo and the printed code, another
 *  compares both; only then is it a signature. It refuses a code that belongs to another text or list. */
import { canonical } from '../domain/canonical.ts'
import { Refused } from '../domain/refusal.ts'
import { monthOf } from '../domain/year.ts'
import { sha256Hex } from '../kit/hash.ts'
import type { DispatchOrder } from './manifest.ts'
import { actor } from './people.ts'
import type { Hub } from './ports.ts'
import { type Signed, signHere } from './sign.ts'

const CODE_CHARACTERS = 16

/** The code printed on the sheet: it stands for the text and for every dispatch on the list. */
export function sheetCode(revisionHash: string, orders: readonly DispatchOrder[]): string {
  const subject = canonical({ revisionHash, orders: orderText(orders) })
  return sha256Hex(subject).slice(0, CODE_CHARACTERS)
}

function orderText(orders: readonly DispatchOrder[]): string {
  return canonical(
    orders.map(({ notBefore, notAfter, audiences, ...order }) => ({
      ...order,
      audiences: [...(audiences ?? [])].sort(),
      notBefore: notBefore?.toISOString(),
      notAfter: notAfter?.toISOString(),
    })),
  )
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
    if (!(await tx.lockBulletin(bulletinId)))
      throw new Refused({ code: 'not-found', field: 'bulletin' })
    const latest = await tx.latestRevision(bulletinId)
    if (latest?.hash !== revisionHash) throw new Refused({ code: 'not-latest-revision' })
    checkCode(entry.printedCode, revisionHash, orders)
    const { signerId, sheetHash } = entry
    const sheetId = await tx.addSheet({
      ...{ bulletinId, revisionHash, signerId, sheetHash, at, enteredBy: clerk.id },
      orders: orderText(orders),
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
    const sheet = await tx.lockSheet(sheetId)
    if (!sheet) throw new Refused({ code: 'already-confirmed', detail: String(sheetId) })
    if (sheet.enteredBy === checker.id) throw new Refused({ code: 'confirmer-is-enterer' })
    const orders = readOrders(sheet.orders)
    checkCode(request.printedCode, sheet.revisionHash, orders)
    const { bulletinId, signerId, sheetHash, enteredBy } = sheet
    const signed = await signHere(
      hub,
      tx,
      { agencyId: tx.agencyId, bulletinId, signerId, at, seenHash: sheet.revisionHash, orders },
      'paper',
      { sheetHash, enteredBy, confirmedBy: checker.id },
    )
    await tx.markSheetConfirmed(sheetId, signed.signatureId)
    return signed
  })
}

function readOrders(text: string): readonly DispatchOrder[] {
  const kept: (DispatchOrder & { notBefore?: string; notAfter?: string })[] = JSON.parse(text)
  return kept.map(({ notBefore, notAfter, ...order }) => ({
    ...order,
    ...(notBefore === undefined ? {} : { notBefore: new Date(notBefore) }),
    ...(notAfter === undefined ? {} : { notAfter: new Date(notAfter) }),
  }))
}

function checkCode(typed: string, revisionHash: string, orders: readonly DispatchOrder[]): void {
  const code = typed.replaceAll(/[\s-]/g, '').toLowerCase()
  if (code !== sheetCode(revisionHash, orders)) throw new Refused({ code: 'paper-mismatch' })
}
