/** Whether a document that arrived and its paper approval still belong together, and who gave it. It refuses
 *  what was edited since, what another opinion stands on, and names nobody or several in office answer to. */
import { whyNotReusable } from '../../domain/office-approval.ts'
import { Refused } from '../../domain/refusal.ts'
import { OPINION_NAMES } from '../../domain/review.ts'
import { may, type Role } from '../../domain/role.ts'
import { dayOf } from '../../domain/year.ts'
import { readContent } from '../content.ts'
import type { KeptApproval, OfficeDocumentRow } from '../ports/office.ts'
import type { Tx } from '../ports.ts'

/** Nobody looked at this text but those on the sheet, and it is the text they looked at.
 *  @throws Refused */
export async function checkReusable(tx: Tx, row: OfficeDocumentRow): Promise<KeptApproval> {
  const { approval, bulletinId, fileHash, losses, revisionHash } = row
  if (row.signatureId !== undefined) throw new Refused({ code: 'already-confirmed' })
  if ((await tx.latestRevision(bulletinId))?.hash !== revisionHash)
    throw new Refused({ code: 'approval-differs', detail: '来文成稿之后有改动' })
  const content = await readContent(tx, bulletinId, revisionHash)
  const refusal = whyNotReusable({ approval, fileHash, content, losses })
  if (!approval || refusal) throw new Refused(refusal ?? { code: 'not-reviewed' })
  // An opinion given here is younger than the paper, and the newest one holds.
  const given = (await tx.reviews(bulletinId)).find(
    (one) => one.step === 'secrecy-review' && one.hash === revisionHash,
  )
  if (given && given.opinion !== 'public')
    throw new Refused({ code: 'not-public', detail: `本系统意见为${OPINION_NAMES[given.opinion]}` })
  return approval
}

export interface Approvers {
  readonly reviewerId: number
  readonly signerId: number
}

/** In office, with their role, on the day of the paper and today.
 *  @throws Refused `out-of-office`, `not-allowed`, `reviewer-may-not-sign` */
export async function approversOf(
  tx: Tx,
  approval: Pick<KeptApproval, 'reviewer' | 'reviewedOn' | 'signer' | 'signedOn'>,
  at: Date,
): Promise<Approvers> {
  const { reviewer, reviewedOn, signer, signedOn } = approval
  const today = dayOf(at)
  const reviewerId = await oneOf(tx, reviewer, 'secrecy-reviewer', [reviewedOn, today])
  const signerId = await oneOf(tx, signer, 'leader', [signedOn, today])
  if (reviewerId === signerId) throw new Refused({ code: 'reviewer-may-not-sign' })
  return { reviewerId, signerId }
}

async function oneOf(tx: Tx, name: string, role: Role, days: readonly string[]): Promise<number> {
  const field = role === 'leader' ? 'approval.signer' : 'approval.reviewer'
  const known: number[] = []
  const holders: number[] = []
  for (const id of await tx.personsNamed(name)) {
    const persons = await Promise.all(days.map((day) => tx.person(id, day)))
    const there = persons.filter((one) => one !== undefined)
    if (there.length < days.length) continue
    known.push(id)
    if (there.every((one) => may(one, role))) holders.push(id)
  }
  const [holder, second] = holders
  if (known.length === 0) throw new Refused({ code: 'out-of-office', field })
  if (holder === undefined) throw new Refused({ code: 'not-allowed', field })
  // Two of one name: the sheet does not say which.
  if (second !== undefined) throw new Refused({ code: 'not-allowed', field, detail: '有同名人员' })
  return holder
}
