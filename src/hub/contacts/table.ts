/** The table inside a file of contacts: csv in UTF-8 or GB18030 read here, xlsx by whoever composed a
 *  reader in. It refuses what it cannot read for certain. */
import { type Sheet, UNREADABLE_TEXT } from '../../domain/checks/file-text.ts'
import { type ContactFault, fieldOf, shown } from '../../domain/contact-columns.ts'
import type { ListRow } from '../../domain/contact-list.ts'
import { readCsv } from '../../kit/csv.ts'
import type { SheetReader } from '../ports/contacts.ts'

export const CONTACT_LIMITS = {
  bytesMax: 50 * 1024 * 1024,
  rowsMax: 200_000,
  columnsMax: 60,
  cellCharactersMax: 2_000,
} as const

export interface ContactTable {
  readonly encoding: 'utf-8' | 'gb18030' | 'xlsx'
  readonly header: ListRow
  readonly rows: readonly ListRow[]
  readonly errors: readonly ContactFault[]
  readonly warnings: readonly ContactFault[]
}

const HEADER_BYTES_MAX = 64 * 1024
/** A title or a note may stand above the column names of a sheet. */
const HEADER_ROWS_MAX = 10

export async function readTable(bytes: Uint8Array, sheets?: SheetReader): Promise<ContactTable> {
  if (bytes.length > CONTACT_LIMITS.bytesMax) {
    const text = `文件有${bytes.length}字节，上限${CONTACT_LIMITS.bytesMax}字节`
    return unreadable('utf-8', fileFault(text, '请拆成几个文件分别导入'))
  }
  return isZip(bytes) ? readWorkbook(bytes, sheets) : readText(bytes)
}

function unreadable(
  encoding: ContactTable['encoding'],
  ...errors: readonly ContactFault[]
): ContactTable {
  return { encoding, header: { number: 1, cells: [] }, rows: [], errors, warnings: [] }
}

export function fileFault(text: string, fix: string): ContactFault {
  return { row: 0, column: '', text, fix }
}

/** xlsx is a zip archive; no text table begins so. */
function isZip(bytes: Uint8Array): boolean {
  const [p, k, three, four] = bytes
  return p === 0x50 && k === 0x4b && three === 0x03 && four === 0x04
}

/** Cells of a workbook: all rows with all columns, blanks included, would be more than fits in memory. */
const CELLS_MAX = 3_000_000
const SAVE_AS = '请用表格软件打开后另存为“CSV UTF-8（逗号分隔）”再导入'

async function readWorkbook(bytes: Uint8Array, sheets?: SheetReader): Promise<ContactTable> {
  if (!sheets) return unreadable('xlsx', fileFault('这里不能直接读 xlsx', SAVE_AS))
  const { rowsMax, columnsMax } = CONTACT_LIMITS
  // One row more than allowed, so that a list too long is named and not cut.
  const limits = { rowsMax: rowsMax + HEADER_ROWS_MAX + 1, columnsMax, cellsMax: CELLS_MAX }
  const read = await sheets.read(bytes, limits)
  if ('unreadable' in read)
    return unreadable('xlsx', fileFault(UNREADABLE_TEXT[read.unreadable], SAVE_AS))
  if (read.cut)
    return unreadable('xlsx', fileFault(`表格超过${rowsMax}行或${columnsMax}列`, SAVE_AS))
  const filled = read.sheets.filter((sheet) => !sheet.hidden && rowsOf(sheet).length > 0)
  const found = filled.find((sheet) => headerAt(rowsOf(sheet)) >= 0) ?? filled[0]
  if (!found) return unreadable('xlsx', fileFault('表格是空的', '请至少保留一行列名和一行内容'))
  const rows = rowsOf(found)
  const at = Math.max(0, headerAt(rows))
  const others = filled.filter((sheet) => sheet !== found).map((sheet) => sheet.name)
  return {
    ...{ encoding: 'xlsx', header: rows[at] ?? { number: 1, cells: [] } },
    ...{ rows: rows.slice(at + 1), errors: [] },
    warnings: [...notRead(found.name, others), ...hiddenRows(found, rows[at]?.number ?? 1)],
  }
}

/** Rows that hold anything, numbered as the spreadsheet shows them. */
function rowsOf(sheet: Sheet): readonly ListRow[] {
  return sheet.rows.flatMap((cells, at) =>
    cells.some((cell) => cell.trim() !== '') ? [{ number: at + 1, cells }] : [],
  )
}

/** The first row that names a column for the name; -1 when there is none. */
function headerAt(rows: readonly ListRow[]): number {
  return rows
    .slice(0, HEADER_ROWS_MAX)
    .findIndex(({ cells }) => cells.some((cell) => fieldOf(cell) === 'name'))
}

function notRead(name: string, others: readonly string[]): readonly ContactFault[] {
  if (others.length === 0) return []
  const text = `只读了工作表“${shown(name)}”，没有读：${others.map(shown).join('、')}`
  return [fileFault(text, '其余工作表请另存为文件，分别导入')]
}

/** What a filter hides is easily forgotten, and is in the list all the same. */
function hiddenRows(sheet: Sheet, header: number): readonly ContactFault[] {
  const hidden = sheet.hiddenRows.filter((at) => at + 1 > header).length
  if (hidden === 0) return []
  return [fileFault(`有${hidden}行在表格里是隐藏的，也会导入`, '不要的请先取消隐藏并删去')]
}

/** The columns of a csv are read first, because its reader wants to be told them. */
function readText(bytes: Uint8Array): ContactTable {
  const header = csvHeader(bytes)
  // A title above the column names would make every row ragged; one message says it.
  if (header.length > 0 && !header.some((name) => fieldOf(name) === 'name'))
    return {
      encoding: 'utf-8',
      header: { number: 1, cells: header },
      rows: [],
      errors: [],
      warnings: [],
    }
  const csv = readCsv(bytes, CONTACT_LIMITS, { required: [], optional: header })
  const errors = csv.problems.map(({ row = 0, column = '', text }) => ({
    ...{ row, column, text, fix: '请改好后再导入' },
  }))
  const rows = csv.rows.map(({ number, cells }) => ({
    number,
    cells: csv.header.map((name) => cells[name] ?? ''),
  }))
  return {
    ...{ encoding: csv.encoding, header: { number: 1, cells: csv.header }, rows },
    ...{ errors, warnings: [] },
  }
}

function csvHeader(bytes: Uint8Array): readonly string[] {
  const limits = { ...CONTACT_LIMITS, rowsMax: Number.MAX_SAFE_INTEGER }
  const head = bytes.subarray(0, HEADER_BYTES_MAX)
  const end = bytes.length > head.length ? head.lastIndexOf(0x0a) : -1
  const { header } = readCsv(end > 0 ? head.subarray(0, end) : head, limits, { required: [] })
  if (header.length > 0 || bytes.length === head.length) return header
  // A cell that begins in the part and ends behind it cannot be read from the part alone.
  return readCsv(bytes, limits, { required: [] }).header
}
