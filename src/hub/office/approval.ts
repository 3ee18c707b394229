/** 审签沿用: a paper approval of a document that arrived becomes opinion and signature of its unedited text.
 *  One entered it, another confirms; it refuses whatever differs by a single byte from what was approved. */
import { Refused } from '../../domain/refusal.ts'
import { may, type Role, standsInFor } from '../../domain/role.ts'
import { monthOf } from '../../domain/year.ts'
import { sha256Hex } from '../../kit/hash.ts'
import type { DispatchOrder } from '../manifest.ts'
import { ordersText } from '../orders.ts'
import { actor } from '../people.ts'
import { BlobDamaged } from '../ports/blobs.ts'
import type { KeptApproval, OfficeDocumentRow } from '../ports/office.ts'
import type { Hub, Tx } from '../ports.ts'
import { review } from '../review.ts'
import { type Signed, signHere } from '../sign.ts'
import { submit } from '../submit.ts'
import { approversOf, checkReusable } from './reusable.ts'

export interface ReuseRequest {
  readonly agencyId: number
  readonly officeDocumentId: number
  /** the second person, who compared the sheet with the text */
  readonly confirmedBy: number
  readonly at: Date
  /** the hash the second person had on the screen */
  readonly revisionHash: string
  readonly orders: readonly DispatchOrder[]
}

const CONFIRMERS: readonly Role[] = [
  ...(['drafter', 'section-head', 'secrecy-reviewer', 'leader', 'duty-officer'] as const),
]

/** Submission, opinion and signature are one commit, with clearance `paper`.
 *  @throws Refused `approval-differs` when text and approval do not belong together, `confirmer-is-enterer`,
 *  and whatever the doors of submitting, reviewing and signing refuse */
export async function reuseApproval(hub: Hub, request: ReuseRequest): Promise<Signed> {
  const { agencyId, at, orders } = request
  await lookAtPapers(hub, request)
  const months = orders.map(({ notBefore }) =>
    monthOf(notBefore && notBefore > at ? notBefore : at),
  )
  for (const month of new Set(months)) await hub.store.prepareMonth(month)
  return hub.store.transact(agencyId, (tx) => reuseHere(hub, tx, request))
}

/** The file and the sheet must still be there, byte for byte; read with no transaction open. */
async function lookAtPapers(hub: Hub, { agencyId, officeDocumentId }: ReuseRequest) {
  const row = await hub.store.transact(agencyId, (tx) => tx.officeDocument(officeDocumentId))
  if (!row) throw new Refused({ code: 'not-found', field: 'officeDocument' })
  const blobs = hub.blobs(agencyId)
  if (!(await isWhole(blobs, row.fileHash)))
    throw new Refused({ code: 'approval-differs', detail: '正文原件不在或已损坏，请从备份恢复' })
  if (row.approval && !(await isWhole(blobs, row.approval.sheetHash)))
    throw new Refused({ code: 'approval-differs', detail: '审签单不在或已损坏，请从备份恢复' })
}

async function isWhole(blobs: ReturnType<Hub['blobs']>, hash: string): Promise<boolean> {
  try {
    const bytes = await blobs.read(hash)
    return bytes !== null && sha256Hex(bytes) === hash
  } catch (error) {
    if (error instanceof BlobDamaged) return false
    throw error
  }
}

async function reuseHere(hub: Hub, tx: Tx, request: ReuseRequest): Promise<Signed> {
  const { agencyId, at, orders, officeDocumentId, revisionHash: seenHash } = request
  const checker = await actor(tx, request.confirmedBy, at)
  const first = await tx.officeDocument(officeDocumentId)
  const bulletin = first && (await tx.lockBulletin(first.bulletinId))
  // Read again under the lock: two people may confirm at once.
  const row = bulletin && (await tx.officeDocument(officeDocumentId))
  if (!row) throw new Refused({ code: 'not-found', field: 'officeDocument' })
  const { bulletinId, enteredBy } = row
  if (!may(checker, ...CONFIRMERS)) throw new Refused({ code: 'not-allowed' })
  if ([checker.id, ...standsInFor(checker)].includes(enteredBy))
    throw new Refused({ code: 'confirmer-is-enterer' })
  const approval = await checkReusable(tx, row)
  if (seenHash !== row.revisionHash) throw new Refused({ code: 'not-latest-revision' })
  await checkOrders(tx, bulletinId, orders)
  const { reviewerId, signerId } = await approversOf(tx, approval, at)
  const inside = within(hub, tx)
  const text = { agencyId, bulletinId, at, seenHash }
  await submit(inside, { ...text, submittedBy: enteredBy, orders })
  await review(inside, {
    ...text,
    reviewerId,
    opinion: approval.opinion,
    note: noteOf(row, approval),
  })
  const signed = await signHere(hub, tx, { ...text, signerId, orders }, 'paper', {
    ...{ sheetHash: approval.sheetHash, enteredBy, confirmedBy: checker.id },
  })
  const { signatureId } = signed
  await tx.addApprovalUse({ officeDocumentId, signatureId, confirmedBy: checker.id, at })
  await tx.audit({
    ...{ at, actorId: checker.id, action: 'reuse-approval', subject: `bulletin/${bulletinId}` },
    facts: {
      ...{ officeDocumentId, signatureId, enteredBy, reviewerId, signerId },
      ...{ hash: seenHash, fileHash: row.fileHash, sheetHash: approval.sheetHash },
    },
  })
  return signed
}

/** What the first person planned and what the second one confirms is one list; a sheet names no channel. */
async function checkOrders(tx: Tx, bulletinId: number, orders: readonly DispatchOrder[]) {
  const strange = orders.find(({ act }) => act !== 'publish' && act !== 'notify')
  if (strange) throw new Refused({ code: 'act-not-possible', field: strange.channelId })
  const planned = await tx.latestPlan(bulletinId)
  if (planned !== undefined && planned !== ordersText(orders))
    throw new Refused({ code: 'value-not-allowed', field: 'orders', detail: '与拟发渠道不一致' })
}

function noteOf(row: OfficeDocumentRow, { reviewedOn, signedOn, sheetHash }: KeptApproval): string {
  return [
    `沿用纸质审签：${row.documentNumber}`,
    `${reviewedOn} 保密审查，${signedOn} 签发`,
    `审签单 SHA-256 ${sheetHash}`,
  ].join('；')
}

/** Doors that open a transaction of their own join the open one: all of it stays, or nothing. */
function within(hub: Hub, tx: Tx): Hub {
  const transact: Hub['store']['transact'] = (agencyId, work) => {
    if (agencyId !== tx.agencyId) throw new Error('another agency inside this transaction')
    return work(tx)
  }
  // A getter of the hub (the public address) must stay one.
  return Object.create(hub, { store: { value: { ...hub.store, transact }, enumerable: true } })
}
