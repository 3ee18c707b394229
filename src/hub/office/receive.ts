/** 来文入库: a document of the office system becomes a draft by whoever takes it in. It refuses what the
 *  draft's door refuses; a document that came before adds nothing, and nobody's edit is overwritten. */
import { plainText, type RevisionContent, whyNotComposable } from '../../domain/bulletin.ts'
import { whyNotReusable } from '../../domain/office-approval.ts'
import { type Refusal, Refused } from '../../domain/refusal.ts'
import { may } from '../../domain/role.ts'
import { type ComposedAndChecked, compose, revise } from '../compose.ts'
import { actor } from '../people.ts'
import type { OfficeDocumentRow, OfficeFile } from '../ports/office.ts'
import type { Hub, Tx } from '../ports.ts'
import {
  contentOf,
  filesOf,
  keptApproval,
  lossesOf,
  type OfficePackage,
  packageHash,
} from './package.ts'
import { approversOf, checkReusable } from './reusable.ts'

export interface ReceiveRequest {
  readonly agencyId: number
  readonly enteredBy: number
  readonly at: Date
  readonly package: OfficePackage
  /** Only the report; nothing is written. */
  readonly checkOnly?: boolean
  /** Keeps a file as a blob under its hash. @throws when it is no longer what its hash says */
  keep(file: OfficeFile): Promise<void>
}

/** `known` came before; `left-alone` is another file for a text that is out of the office's hands. */
export type ArrivalOutcome = 'new' | 'revised' | 'known' | 'left-alone'

export interface Arrival {
  readonly outcome: ArrivalOutcome
  /** absent where nothing was written before and nothing is now */
  readonly officeDocumentId?: number
  readonly bulletinId?: number
  /** of the text the document became */
  readonly hash?: string
  /** why it was left alone */
  readonly reason?: 'signed' | 'stopped' | 'edited' | 'returned-by-enterer'
  /** the file is known, and something beside it is not what it was */
  readonly differs: boolean
  /** why the paper approval cannot be used; absent when it can */
  readonly approval?: Refusal
  readonly findings: number
}

interface Decided {
  readonly outcome: ArrivalOutcome
  readonly reason?: Arrival['reason']
  /** the newest one of this id */
  readonly before?: OfficeDocumentRow
  /** the one this package repeats */
  readonly same?: OfficeDocumentRow
  readonly approval?: Refusal
}

/** So often another process may be quicker before something is wrong. */
const TURNS_MAX = 10

/** @throws Refused what composing refuses */
export async function receiveOfficeDocument(hub: Hub, request: ReceiveRequest): Promise<Arrival> {
  for (let turn = 1; ; turn += 1) {
    try {
      return await receiveOnce(hub, request)
    } catch (error) {
      if (!isOvertaken(error) || turn >= TURNS_MAX) throw error
    }
  }
}

/** Somebody else received the same document meanwhile; what we wrote is gone again. */
class Overtaken extends Error {}

function isOvertaken(error: unknown): boolean {
  if (error instanceof Refused) return error.refusal.code === 'not-latest-revision'
  return error instanceof Overtaken
}

async function receiveOnce(hub: Hub, request: ReceiveRequest): Promise<Arrival> {
  const content = contentOf(request.package)
  const decided = await hub.store.transact(request.agencyId, (tx) => decide(tx, request, content))
  const { outcome, before, same } = decided
  const row = same ?? before
  if (outcome === 'known' || outcome === 'left-alone' || request.checkOnly)
    return { ...reportOf(decided, request.package), ...placeOf(row), findings: 0 }
  for (const file of filesOf(request.package)) await request.keep(file)
  const noted: { id?: number } = {}
  const joined = noting(hub, async (tx, revision) => {
    await tx.lockOfficeDocument(request.package.document.externalId)
    const [newest] = await tx.officeDocuments(request.package.document.externalId)
    if (newest?.id !== before?.id) throw new Overtaken()
    // The bulletin is locked by now: a leader who was quicker is seen here.
    if ((await tx.signedActs(revision.bulletinId)).length > 0) throw new Overtaken()
    noted.id = await note(tx, request, revision)
  })
  const made = await write(joined, request, content, before)
  return {
    ...reportOf(decided, request.package),
    ...(noted.id === undefined ? {} : { officeDocumentId: noted.id }),
    ...{ bulletinId: made.bulletinId, hash: made.hash, findings: made.findings.length },
  }
}

async function decide(
  tx: Tx,
  { enteredBy, at, package: arrived }: ReceiveRequest,
  content: RevisionContent,
): Promise<Decided> {
  const { document, file } = arrived
  const person = await actor(tx, enteredBy, at)
  if (!may(person, 'drafter')) throw new Refused({ code: 'not-allowed' })
  const category = await tx.category(document.categoryId)
  if (!category)
    throw new Refused({ code: 'not-found', field: 'categoryId', detail: document.categoryId })
  checkText(arrived, content, category.requiredFields)
  const rows = await tx.officeDocuments(document.externalId)
  const [before] = rows
  const same = rows.find((row) => row.fileHash === file.sha256)
  const approval = same
    ? await refusalOf(() => whyKeptNot(tx, same, at))
    : await whyApprovalNot(tx, arrived, content, at)
  const about = {
    ...(approval ? { approval } : {}),
    ...(before ? { before } : {}),
    ...(same ? { same } : {}),
  }
  if (same) return { outcome: 'known', ...about }
  if (!before) return { outcome: 'new', ...about }
  const reason = await whyLeftAlone(tx, before, person.id)
  return reason ? { outcome: 'left-alone', reason, ...about } : { outcome: 'revised', ...about }
}

function checkText({ text }: OfficePackage, content: RevisionContent, required: readonly string[]) {
  const [loss] = text.losses
  // A file that could not be read must not become an empty draft.
  if (plainText(content.blocks).trim() === '')
    throw new Refused({ code: 'missing-field', field: 'file', detail: loss ?? '正文是空的' })
  const refusal = whyNotComposable(content, required)
  if (refusal) throw new Refused(refusal)
}

/** The approval as far as it can be judged today; the second person's confirmation asks again. */
async function whyApprovalNot(
  tx: Tx,
  arrived: OfficePackage,
  content: RevisionContent,
  at: Date,
): Promise<Refusal | undefined> {
  const { approval } = arrived.document
  const { sha256: fileHash } = arrived.file
  const refusal = whyNotReusable({ approval, fileHash, content, losses: lossesOf(arrived) })
  if (refusal || !approval) return refusal
  return refusalOf(() => approversOf(tx, approval, at))
}

async function whyKeptNot(tx: Tx, row: OfficeDocumentRow, at: Date): Promise<void> {
  await approversOf(tx, await checkReusable(tx, row), at)
}

async function refusalOf(ask: () => Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await ask()
    return undefined
  } catch (error) {
    if (error instanceof Refused) return error.refusal
    throw error
  }
}

async function whyLeftAlone(
  tx: Tx,
  before: OfficeDocumentRow,
  enteredBy: number,
): Promise<Arrival['reason'] | undefined> {
  const { bulletinId, revisionHash } = before
  const bulletin = await tx.lockBulletin(bulletinId)
  if ((await tx.signedActs(bulletinId)).length > 0) return 'signed'
  if (bulletin?.stopped) return 'stopped'
  if ((await tx.latestRevision(bulletinId))?.hash !== revisionHash) return 'edited'
  const returns = await tx.returns(bulletinId)
  return returns.some((one) => one.by === enteredBy) ? 'returned-by-enterer' : undefined
}

function write(
  hub: Hub,
  { agencyId, enteredBy: authorId, at, package: { document } }: ReceiveRequest,
  content: RevisionContent,
  before: OfficeDocumentRow | undefined,
): Promise<ComposedAndChecked> {
  if (before) {
    const { bulletinId, revisionHash: seenHash } = before
    return revise(hub, { agencyId, bulletinId, authorId, at, seenHash, content })
  }
  const { categoryId } = document
  return compose(hub, {
    ...{ agencyId, authorId, at, categoryId, mode: 'earnest', level: 'routine', content },
  })
}

type NewRevision = Parameters<Tx['addRevision']>[0]

/** The revision and the note of where it came from are one commit. */
function noting(hub: Hub, also: (tx: Tx, revision: NewRevision) => Promise<void>): Hub {
  const { store } = hub
  const transact: Hub['store']['transact'] = (agencyId, work) =>
    store.transact(agencyId, (tx) =>
      work({
        ...tx,
        async addRevision(revision) {
          await tx.addRevision(revision)
          await also(tx, revision)
        },
      }),
    )
  // A getter of the hub (the public address) must stay one.
  return Object.create(hub, { store: { value: { ...store, transact }, enumerable: true } })
}

async function note(tx: Tx, request: ReceiveRequest, revision: NewRevision): Promise<number> {
  const { enteredBy, at, package: arrived } = request
  const { document, file } = arrived
  const { bulletinId, number, hash: revisionHash } = revision
  const approval = keptApproval(arrived)
  const id = await tx.addOfficeDocument({
    ...{ externalId: document.externalId, documentNumber: document.documentNumber },
    ...{ fileHash: file.sha256, packageHash: packageHash(arrived), bulletinId, revisionHash },
    ...{ revision: number, losses: lossesOf(arrived), enteredBy, at },
    ...(approval ? { approval } : {}),
  })
  await tx.audit({
    ...{ at, actorId: enteredBy, action: 'receive-office', subject: `bulletin/${bulletinId}` },
    facts: {
      ...{ officeDocumentId: id, revision: number, hash: revisionHash, fileHash: file.sha256 },
      ...(approval ? { sheetHash: approval.sheetHash } : {}),
    },
  })
  return id
}

function reportOf(
  { outcome, reason, approval, same }: Decided,
  arrived: OfficePackage,
): Pick<Arrival, 'outcome' | 'reason' | 'approval' | 'differs'> {
  return {
    outcome,
    ...(reason ? { reason } : {}),
    ...(approval ? { approval } : {}),
    differs: same !== undefined && same.packageHash !== packageHash(arrived),
  }
}

function placeOf(row: OfficeDocumentRow | undefined) {
  if (!row) return {}
  return { officeDocumentId: row.id, bulletinId: row.bulletinId, hash: row.revisionHash }
}
