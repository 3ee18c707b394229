/** 名单导入: a table of contacts becomes a report before anything is written, and is written whole or
 *  not at all. The same file twice changes nothing. It refuses what it cannot read for certain, naming
 *  every bad row at once and no number in full. */
import { type ContactFault, columnName } from '../../domain/contact-columns.ts'
import { type ContactList, readList } from '../../domain/contact-list.ts'
import type { ContactRow } from '../../domain/contact-row.ts'
import { Refused } from '../../domain/refusal.ts'
import { may } from '../../domain/role.ts'
import { sha256Hex } from '../../kit/hash.ts'
import { actor } from '../people.ts'
import type { RowFate, SheetReader } from '../ports/contacts.ts'
import type { Hub, Tx } from '../ports.ts'
import { CONTACT_LIMITS, type ContactTable, fileFault, readTable } from './table.ts'

export interface ContactImportRequest {
  readonly agencyId: number
  readonly fileName: string
  readonly bytes: Uint8Array
  readonly enteredBy: number
  readonly at: Date
  /** true: everything is checked and nothing written */
  readonly checkOnly?: boolean
  /** the list is complete: what it leaves out goes, an empty cell clears */
  readonly replaces?: boolean
  /** areas that are not registered are registered along; always so while there is none */
  readonly mayAddAreas?: boolean
  /** reads xlsx; without it only csv is taken */
  readonly sheets?: SheetReader
}

export interface ContactImportReport {
  readonly encoding: ContactTable['encoding']
  readonly fileHash: string
  readonly rows: number
  readonly new: number
  readonly changed: number
  readonly unchanged: number
  /** contacts that leave the list's audiences, or are removed, when the list is complete */
  readonly removedIfReplace: number
  readonly newAreas: readonly string[]
  readonly errors: readonly ContactFault[]
  readonly warnings: readonly ContactFault[]
  /** absent when nothing was written */
  readonly importId?: number
}

/** @throws Refused when the person may not, or is not in office. */
export async function importContacts(
  hub: Hub,
  request: ContactImportRequest,
): Promise<ContactImportReport> {
  // Reading a file takes seconds and needs no database.
  const table = await readTable(request.bytes, request.sheets)
  return hub.store.transact(request.agencyId, async (tx) => {
    const clerk = await actor(tx, request.enteredBy, request.at)
    if (!may(clerk, 'operator', 'drafter', 'section-head', 'duty-officer'))
      throw new Refused({ code: 'not-allowed' })
    await tx.lockContacts()
    const list = await readRows(tx, table, request)
    const fates = await tx.compareContacts(list.contacts, { replaces: request.replaces ?? false })
    const report = await reportOf(tx, { table, list, fates }, request)
    const leaving = request.replaces === true && report.removedIfReplace > 0
    const idle = report.new + report.changed === 0 && !leaving
    if (report.errors.length > 0 || request.checkOnly || idle) return report
    const importId = await write(tx, request, { list, fates, report })
    return { ...report, importId }
  })
}

async function readRows(
  tx: Tx,
  table: ContactTable,
  request: ContactImportRequest,
): Promise<ContactList> {
  const areas = await tx.areas()
  const known = await tx.audiences()
  const named = (key: 'id' | 'name') =>
    known.map((one) => {
      const audience = { id: one.id, byRule: one.definition !== undefined }
      return [one[key].normalize('NFC'), audience] as const
    })
  return readList(table.header, table.rows, CONTACT_LIMITS, {
    ...{ areas, mayAddAreas: request.mayAddAreas === true || areas.length === 0 },
    // An id wins over another row's name, so a name can never hide what an id means.
    audiences: new Map([...named('name'), ...named('id')]),
  })
}

interface Read {
  readonly table: ContactTable
  readonly list: ContactList
  readonly fates: readonly RowFate[]
}

async function reportOf(
  tx: Tx,
  { table, list, fates }: Read,
  request: ContactImportRequest,
): Promise<ContactImportReport> {
  const count = (kind: RowFate['kind']) => fates.filter((fate) => fate.kind === kind).length
  const { contacts } = list
  const readable = table.rows.length > 0 || table.errors.length === 0
  const empty = readable && list.errors.length === 0 && contacts.length === 0
  const errors = [
    ...table.errors,
    // A file that could not be read has no columns to complain about.
    ...(readable ? list.errors : []),
    ...unclear(contacts, fates),
    ...(empty ? [fileFault('没有一行内容', '请在列名下面至少填一行')] : []),
  ]
  const shared = errors.length === 0 ? await tx.sharedPhones(contacts, fates) : new Map()
  return {
    ...{ encoding: table.encoding, fileHash: sha256Hex(request.bytes) },
    ...{ rows: table.rows.length, new: count('new'), changed: count('changed') },
    unchanged: count('unchanged'),
    removedIfReplace: contacts.length === 0 ? 0 : (await tx.leaving(contacts, fates)).contacts,
    newAreas: list.newAreas,
    errors,
    warnings: [
      ...table.warnings,
      ...(readable ? list.warnings : []),
      ...newAreas(list),
      ...sharedWarnings(shared),
    ],
  }
}

function newAreas({ newAreas: areas }: ContactList): readonly ContactFault[] {
  if (areas.length === 0) return []
  const column = columnName('area')
  const text = `${column}：将新登记${areas.length}个：${areas.join('、')}`
  return [{ row: 0, column, text, fix: '请核对有没有错别字，同一个地方只应有一种写法' }]
}

function sharedWarnings(shared: ReadonlyMap<number, number>): readonly ContactFault[] {
  const column = columnName('phone')
  return [...shared].map(([row, contacts]) => ({
    ...{ row, column },
    text: `第${row}行 ${column}：库中另有${contacts}个联系人用这个号码，只会收到一次`,
    fix: '确是同一人负责几家就不用改，否则请核对',
  }))
}

/** Rows nobody can tell whom they mean, and two rows that mean the same contact. */
function unclear(
  contacts: readonly ContactRow[],
  fates: readonly RowFate[],
): readonly ContactFault[] {
  const errors: ContactFault[] = []
  const rowOf = new Map<number, number>()
  const column = columnName('name')
  for (const [index, { row }] of contacts.entries()) {
    const fate = fates[index]
    if (fate?.kind === 'ambiguous') {
      const text = `第${row}行 ${column}：库中有${fate.contacts}个同名联系人，分不清是哪一个`
      errors.push({ row, column, text, fix: '请填写统一社会信用代码或乡镇街道' })
    }
    if (!fate || !('contactId' in fate)) continue
    const before = rowOf.get(fate.contactId)
    if (before === undefined) rowOf.set(fate.contactId, row)
    else {
      const text = `第${row}行 ${column}：与第${before}行对应库中同一个联系人`
      errors.push({ row, column, text, fix: '请合成一行，或都填统一社会信用代码和乡镇街道' })
    }
  }
  return errors
}

async function write(
  tx: Tx,
  request: ContactImportRequest,
  { list, fates, report }: Pick<Read, 'list' | 'fates'> & { readonly report: ContactImportReport },
): Promise<number> {
  const { at, enteredBy, fileName, replaces = false } = request
  await tx.addAreas(list.newAreas)
  await tx.writeContacts(list.contacts, fates, { at, replaces })
  const counts = {
    ...{ rows: report.rows, added: report.new, changed: report.changed },
    ...{ unchanged: report.unchanged, removed: replaces ? report.removedIfReplace : 0 },
  }
  const { fileHash } = report
  const importId = await tx.addContactImport({
    ...{ fileName, fileHash, enteredBy, at, replaces, ...counts },
  })
  await tx.audit({
    ...{ at, actorId: enteredBy, action: 'import-contacts', subject: `contact-import/${importId}` },
    facts: { fileHash, replaces, ...counts, newAreas: list.newAreas.length },
  })
  return importId
}
