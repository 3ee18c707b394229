/** 补录: what was posted outside the hub is entered from a table, with its evidence, and counts once a
 *  second person confirms it. It refuses a table with any fault as a whole, naming every bad row. */
import { canonical } from '../domain/canonical.ts'
import {
  naturalKeySubject,
  POSTING_COLUMNS,
  type Posting,
  type PostingProblem,
  postingContext,
  readPosting,
} from '../domain/posting.ts'
import { groupPostings, type PostedMessage } from '../domain/posting-message.ts'
import { Refused } from '../domain/refusal.ts'
import { may } from '../domain/role.ts'
import { dayOf } from '../domain/year.ts'
import { readCsv } from '../kit/csv.ts'
import { sha256Hex } from '../kit/hash.ts'
import { keepContent } from './content.ts'
import { actor } from './people.ts'
import type { Hub, Tx } from './ports.ts'

export const IMPORT_LIMITS = {
  bytesMax: 20 * 1024 * 1024,
  rowsMax: 50_000,
  columnsMax: 40,
} as const

export interface ImportRequest {
  readonly agencyId: number
  readonly fileName: string
  readonly bytes: Uint8Array
  readonly enteredBy: number
  readonly at: Date
  /** true: everything is checked and nothing written */
  readonly checkOnly?: boolean
  /** counts at once, without a second person; audited */
  readonly atOnce?: boolean
  /** hash in hex of an evidence file, or undefined when it is not there; never fetches anything */
  evidenceHash?(name: string): Promise<string | undefined>
}

export interface ImportReport {
  readonly encoding: 'utf-8' | 'gb18030'
  readonly rows: number
  readonly newRows: number
  readonly knownRows: number
  readonly messages: number
  /** row 0 means the file as a whole */
  readonly problems: readonly { readonly row: number; readonly text: string }[]
  readonly warnings: readonly { readonly row: number; readonly text: string }[]
  /** absent when nothing was written */
  readonly importId?: number
  readonly confirmed: boolean
}

export function importPostings(hub: Hub, request: ImportRequest): Promise<ImportReport> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const clerk = await actor(tx, request.enteredBy, request.at)
    if (!may(clerk, 'drafter', 'section-head', 'operator'))
      throw new Refused({ code: 'not-allowed' })
    const read = await readTable(tx, request)
    const { postings, messages, report } = read
    if (report.problems.length > 0) return report
    const keys = new Map(postings.map((posting) => [posting, naturalKey(posting)]))
    await tx.lockImports()
    const known = await tx.knownPostings([...new Set(keys.values())])
    const fresh = new Set(postings.filter((posting) => !known.has(keys.get(posting) ?? '')))
    const counted = { ...report, newRows: fresh.size, knownRows: postings.length - fresh.size }
    if (request.checkOnly || fresh.size === 0) return counted
    const importId = await tx.newImport({
      ...{ fileName: request.fileName, enteredBy: clerk.id, at: request.at },
      fileHash: sha256Hex(request.bytes),
      atOnce: request.atOnce ?? false,
    })
    const evidence = await hashes(request, fresh)
    await write(tx, request, importId, { messages, fresh, keys, evidence })
    if (request.atOnce) await tx.confirmImport(importId, clerk.id, request.at)
    await tx.audit({
      ...{ at: request.at, actorId: clerk.id, subject: `posting-import/${importId}` },
      action: request.atOnce ? 'import-at-once' : 'import',
      facts: { rows: fresh.size, fileHash: sha256Hex(request.bytes) },
    })
    return { ...counted, importId, confirmed: request.atOnce ?? false }
  })
}

/** A second person says: these stood there. Only now do they count. */
export function confirmImport(
  hub: Hub,
  request: {
    readonly agencyId: number
    readonly importId: number
    readonly confirmedBy: number
    readonly at: Date
  },
): Promise<{ readonly rows: number }> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const { importId, at } = request
    const checker = await actor(tx, request.confirmedBy, at)
    if (!may(checker, 'drafter', 'section-head', 'secrecy-reviewer', 'leader'))
      throw new Refused({ code: 'not-allowed' })
    const facts = await tx.importFacts(importId)
    if (!facts) throw new Refused({ code: 'not-found', field: 'import', detail: String(importId) })
    if (facts.confirmed) throw new Refused({ code: 'already-confirmed' })
    if (facts.enteredBy === checker.id) throw new Refused({ code: 'confirmer-is-enterer' })
    await tx.confirmImport(importId, checker.id, at)
    await tx.audit({
      ...{ at, actorId: checker.id, action: 'confirm-import' },
      ...{ subject: `posting-import/${importId}`, facts: { rows: facts.rows } },
    })
    return { rows: facts.rows }
  })
}

interface Table {
  readonly postings: readonly Posting[]
  readonly messages: readonly PostedMessage[]
  readonly report: ImportReport
}

async function readTable(tx: Tx, request: ImportRequest): Promise<Table> {
  const csv = readCsv(request.bytes, IMPORT_LIMITS, POSTING_COLUMNS)
  const context = postingContext(request.at, await tx.channels(), await tx.categories())
  const problems: { row: number; text: string }[] = csv.problems.map(({ row = 0, text }) => ({
    ...{ row, text },
  }))
  const warnings: { row: number; text: string }[] = []
  const postings: Posting[] = []
  for (const row of csv.rows) {
    const reading = readPosting(row, context)
    if ('problems' in reading) problems.push(...reading.problems.map(plain))
    else {
      postings.push(reading.posting)
      warnings.push(...reading.warnings.map(plain))
    }
  }
  const grouped = groupPostings(postings)
  problems.push(...grouped.problems.map(plain))
  warnings.push(...grouped.warnings.map(plain), ...(await missingEvidence(request, postings)))
  const byRow = (a: { row: number }, b: { row: number }) => a.row - b.row
  return {
    ...{ postings, messages: grouped.messages },
    report: {
      ...{ encoding: csv.encoding, rows: csv.rows.length, newRows: 0, knownRows: 0 },
      ...{ messages: grouped.messages.length, confirmed: false },
      problems: problems.sort(byRow),
      warnings: warnings.sort(byRow),
    },
  }
}

function plain({ row, text }: PostingProblem) {
  return { row, text }
}

async function missingEvidence(request: ImportRequest, postings: readonly Posting[]) {
  const found: { row: number; text: string }[] = []
  for (const { row, evidence } of postings) {
    if (evidence === undefined || /^https?:/i.test(evidence) || !request.evidenceHash) continue
    if ((await request.evidenceHash(evidence)) !== undefined) continue
    const text = `第 ${row} 行 evidence：没有找到证据文件“${evidence}”，请放到表格所在的文件夹，或稍后补上`
    found.push({ row, text })
  }
  return found
}

function naturalKey(posting: Posting): string {
  return sha256Hex(canonical(naturalKeySubject(posting)))
}

/** Rows of one message have one key whatever file they come in. */
function messageKey(message: PostedMessage, posting: Posting): string {
  if (message.item !== undefined) return sha256Hex(canonical({ item: message.item }))
  const { title, category, occurredAt } = posting
  return sha256Hex(canonical([title, category.id, dayOf(occurredAt)]))
}

async function hashes(request: ImportRequest, postings: Iterable<Posting>) {
  const found = new Map<string, string>()
  for (const { evidence } of postings) {
    if (evidence === undefined || found.has(evidence)) continue
    const hash = await request.evidenceHash?.(evidence)
    if (hash !== undefined) found.set(evidence, hash)
  }
  return found
}

interface Work {
  readonly messages: readonly PostedMessage[]
  readonly fresh: ReadonlySet<Posting>
  readonly keys: ReadonlyMap<Posting, string>
  readonly evidence: ReadonlyMap<string, string>
}

async function write(tx: Tx, request: ImportRequest, importId: number, work: Work): Promise<void> {
  const rowsOf = (message: PostedMessage) => [
    ...message.publications.flatMap((one) => [...one.postings, ...one.duplicates]),
    ...(message.broadcast?.postings ?? []),
  ]
  const keysOf = (message: PostedMessage) =>
    rowsOf(message).map((posting) => messageKey(message, posting))
  const known = await tx.knownMessages([...new Set(work.messages.flatMap(keysOf))])
  for (const message of work.messages) {
    const rows = rowsOf(message).filter((posting) => work.fresh.has(posting))
    if (rows.length === 0) continue
    const before = keysOf(message).find((key) => known.has(key))
    const bulletinId =
      (before === undefined ? undefined : known.get(before)) ??
      (await newBulletin(tx, request, message))
    await publish(tx, request, importId, { message, bulletinId, fresh: work.fresh })
    const written = new Set<string>()
    const postings = rows.flatMap((posting) => {
      const key = work.keys.get(posting) ?? ''
      if (written.has(key)) return []
      written.add(key)
      return [rowOf(posting, key, bulletinId, message, work.evidence)]
    })
    await tx.addPostings(importId, postings)
  }
}

function rowOf(
  posting: Posting,
  key: string,
  bulletinId: number,
  message: PostedMessage,
  evidence: ReadonlyMap<string, string>,
) {
  const { reviewReference, signedBy, signedOn } = posting
  const evidenceHash = posting.evidence === undefined ? undefined : evidence.get(posting.evidence)
  return {
    ...{ rowNumber: posting.row, naturalKey: key, bulletinId, channelId: posting.channel.id },
    messageKey: messageKey(message, posting),
    ...(posting.evidence === undefined ? {} : { evidence: posting.evidence }),
    ...(evidenceHash === undefined ? {} : { evidenceHash }),
    ...(reviewReference === undefined ? {} : { reviewReference }),
    ...(signedBy === undefined ? {} : { signedBy }),
    ...(signedOn === undefined ? {} : { signedOn }),
  }
}

async function newBulletin(
  tx: Tx,
  request: ImportRequest,
  message: PostedMessage,
): Promise<number> {
  const { title } = message
  const place = { categoryId: message.category.id, mode: 'earnest', level: 'routine' } as const
  const { at, enteredBy: authorId } = request
  const content = { title, blocks: [], attachments: [], metadata: {}, entries: [] }
  const id = await tx.newBulletin({ ...place, origin: 'manual', title, authorId, at })
  const hash = await keepContent(tx, { id, ...place }, 1, content)
  await tx.addRevision({ bulletinId: id, number: 1, hash, authorId, at, content })
  return id
}

async function publish(
  tx: Tx,
  request: ImportRequest,
  importId: number,
  {
    message,
    bulletinId,
    fresh,
  }: Pick<Work, 'fresh'> & {
    readonly message: PostedMessage
    readonly bulletinId: number
  },
): Promise<void> {
  const shared = { bulletinId, enteredBy: request.enteredBy, at: request.at }
  for (const publication of message.publications) {
    const rows = publication.postings.filter((posting) => fresh.has(posting))
    if (rows.length === 0) continue
    const { channelId, categoryId, occurredAt, url } = publication
    const where = { channelId, categoryId, occurredAt, ...(url === undefined ? {} : { url }) }
    await tx.addManualPublication({ ...shared, ...where, place: true })
    const units = new Set(rows.flatMap(({ unit }) => unit ?? []))
    const entries = publication.entries.filter((entry) => units.has(entry.unit))
    if (entries.length > 0) await tx.addManualEntries(importId, bulletinId, entries)
  }
  const sent = message.broadcast?.postings.filter((posting) => fresh.has(posting)) ?? []
  const [first] = sent
  if (!first || !message.broadcast) return
  const { occurredAt } = message.broadcast
  const where = { channelId: first.channel.id, categoryId: message.category.id, occurredAt }
  await tx.addManualPublication({ ...shared, ...where, place: false })
}
