/** A whole list of contacts: every fault of every row at once, the same contact twice, and one number
 *  of several contacts. Also which contact on file a row means; it never guesses between two. */
import { type ContactFault, type ContactField, columnName, readHeader } from './contact-columns.ts'
import { maskNumber } from './contact-number.ts'
import { type ContactRow, type RowContext, readContact } from './contact-row.ts'

export interface ListRow {
  readonly number: number
  readonly cells: readonly string[]
}

export interface ContactList {
  readonly contacts: readonly ContactRow[]
  readonly errors: readonly ContactFault[]
  readonly warnings: readonly ContactFault[]
  /** in the order of the file */
  readonly newAreas: readonly string[]
}

export interface ListLimits {
  readonly rowsMax: number
  readonly columnsMax: number
  readonly cellCharactersMax: number
}

export function readList(
  header: ListRow,
  rows: readonly ListRow[],
  limits: ListLimits,
  context: Omit<RowContext, 'columns'>,
): ContactList {
  const size = tooLarge(header, rows, limits)
  if (size) return { contacts: [], errors: [size], warnings: [], newAreas: [] }
  const head = readHeader(header.number, header.cells)
  const errors: ContactFault[] = [...head.errors]
  const warnings: ContactFault[] = [...head.warnings]
  if (head.errors.length > 0) return { contacts: [], errors, warnings, newAreas: [] }
  const contacts: ContactRow[] = []
  for (const { number, cells } of rows) {
    const long = tooLong(number, cells, head.columns, limits)
    const reading = long
      ? { errors: [long] }
      : readContact(number, cells, { ...context, columns: head.columns })
    if ('errors' in reading) errors.push(...reading.errors)
    else {
      contacts.push(reading.contact)
      warnings.push(...reading.warnings)
    }
  }
  errors.push(...sameContacts(contacts))
  warnings.push(...samePhones(contacts))
  const areas = new Set(contacts.flatMap(({ area }) => area ?? []))
  const newAreas = [...areas].filter((area) => !context.areas.includes(area))
  return { contacts, errors: byRow(errors), warnings: byRow(warnings), newAreas }
}

function byRow(faults: readonly ContactFault[]): readonly ContactFault[] {
  return [...faults].sort((a, b) => a.row - b.row)
}

function tooLarge(header: ListRow, rows: readonly ListRow[], limits: ListLimits) {
  const fault = (text: string, fix: string): ContactFault => ({ row: 0, column: '', text, fix })
  if (rows.length > limits.rowsMax)
    return fault(`有${rows.length}行，上限${limits.rowsMax}行`, '请拆成几个文件分别导入')
  if (header.cells.length > limits.columnsMax)
    return fault(
      `有${header.cells.length}列，上限${limits.columnsMax}列`,
      '请删去用不到的列，或把表格右侧的空列清除',
    )
  return undefined
}

function tooLong(
  row: number,
  cells: readonly string[],
  columns: ReadonlyMap<ContactField, number>,
  { cellCharactersMax }: ListLimits,
): ContactFault | undefined {
  for (const [field, at] of columns) {
    const length = cells[at]?.length ?? 0
    if (length <= cellCharactersMax) continue
    const column = columnName(field)
    const text = `第${row}行 ${column}：一格有${length}字，上限${cellCharactersMax}字`
    return { row, column, text, fix: '请核对是不是把几行粘到了一格里' }
  }
  return undefined
}

/** Two rows of one code, or of one name and area where a code does not tell them apart. */
function sameContacts(contacts: readonly ContactRow[]): readonly ContactFault[] {
  const errors: ContactFault[] = []
  const codes = new Map<string, ContactRow>()
  const names = new Map<string, ContactRow[]>()
  for (const contact of contacts) {
    const { row, creditCode, name, area } = contact
    const sameCode = creditCode === undefined ? undefined : codes.get(creditCode)
    const key = `${name}\n${area ?? ''}`
    const others = names.get(key) ?? []
    const sameName = others.find((one) => one.creditCode === undefined || creditCode === undefined)
    if (sameCode)
      errors.push({
        ...{ row, column: columnName('creditCode') },
        text: `第${row}行 ${columnName('creditCode')}：与第${sameCode.row}行相同`,
        fix: '同一家请只留一行；不是同一家请核对代码',
      })
    else if (sameName)
      errors.push({
        ...{ row, column: columnName('name') },
        text: `第${row}行 ${columnName('name')}：与第${sameName.row}行名称和区域都相同`,
        fix: '同一家请合成一行，几个号码用分号隔开；不是同一家请都填统一社会信用代码',
      })
    if (creditCode !== undefined && !sameCode) codes.set(creditCode, contact)
    if (others.length === 0) names.set(key, [contact])
    else others.push(contact)
  }
  return errors
}

const ROWS_NAMED_MAX = 10

function samePhones(contacts: readonly ContactRow[]): readonly ContactFault[] {
  const rows = new Map<string, number[]>()
  for (const { row, addresses } of contacts)
    for (const { kind, value } of addresses) {
      if (kind !== 'phone') continue
      const known = rows.get(value)
      if (known) known.push(row)
      else rows.set(value, [row])
    }
  return [...rows].flatMap(([value, same]) => {
    const [row = 0, second] = same
    if (second === undefined) return []
    const more = same.length > ROWS_NAMED_MAX ? '等' : ''
    const column = columnName('phone')
    const named = `第${same.slice(0, ROWS_NAMED_MAX).join('、')}${more}行`
    const text = `${named} ${column}：同一号码（${maskNumber(value)}）属于${same.length}个联系人，只会收到一次`
    return [{ row, column, text, fix: '确是同一人负责几家就不用改，否则请核对' }]
  })
}

/** A contact on file that a row may mean: equal code or equal name. */
export interface Candidate {
  readonly id: number
  readonly name: string
  readonly creditCode?: string
  readonly area?: string
}

export type Match =
  | { readonly kind: 'new' }
  | { readonly kind: 'known'; readonly contactId: number }
  | { readonly kind: 'ambiguous'; readonly contacts: number }

/** By code; else by name and area among those no other code tells apart. An area that one of the two
 *  does not give decides nothing. */
export function matchContact(
  row: Pick<ContactRow, 'name' | 'creditCode' | 'area'>,
  candidates: readonly Candidate[],
): Match {
  const { name, creditCode, area } = row
  const coded = candidates.find((one) => creditCode !== undefined && one.creditCode === creditCode)
  if (coded) return { kind: 'known', contactId: coded.id }
  const named = candidates.filter(
    (one) => one.name === name && (creditCode === undefined || one.creditCode === undefined),
  )
  const exact = named.filter((one) => one.area === area)
  const open = area === undefined ? named : named.filter((one) => one.area === undefined)
  const chosen = exact.length > 0 ? exact : open
  const [first, second] = chosen
  if (!first) return { kind: 'new' }
  if (second) return { kind: 'ambiguous', contacts: chosen.length }
  return { kind: 'known', contactId: first.id }
}
