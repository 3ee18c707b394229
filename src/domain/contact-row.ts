/** One row of a list of contacts, read and checked. It refuses a row with all its faults at once; a
 *  message never holds a whole number or mailbox. */
import { TAG_CHARACTERS_MAX, tidyWord } from './audience.ts'
import {
  type ContactFault,
  type ContactField,
  columnName,
  nearest,
  shown,
} from './contact-columns.ts'
import { type NumberReading, readCreditCode, readMailbox, readPhone } from './contact-number.ts'

export interface ContactRow {
  readonly row: number
  readonly name: string
  readonly creditCode?: string
  readonly area?: string
  readonly liaison?: string
  /** sorted, each once */
  readonly tags?: readonly string[]
  /** ids of lists, sorted, each once */
  readonly audiences?: readonly string[]
  readonly forExercise?: boolean
  readonly addresses: readonly { readonly kind: string; readonly value: string }[]
  /** kinds of address this row says all of: others of the kind are no longer the contact's */
  readonly kinds: readonly string[]
  /** columns that are there and empty in this row: a complete list clears them */
  readonly empty: readonly ContactField[]
}

export interface RowContext {
  readonly columns: ReadonlyMap<ContactField, number>
  readonly areas: readonly string[]
  /** an area that is not known is a new one */
  readonly mayAddAreas: boolean
  /** by id and by name */
  readonly audiences: ReadonlyMap<string, { readonly id: string; readonly byRule: boolean }>
}

export type RowReading =
  | { readonly contact: ContactRow; readonly warnings: readonly ContactFault[] }
  | { readonly errors: readonly ContactFault[] }

const NAME_CHARACTERS_MAX = 100
const LIAISON_CHARACTERS_MAX = 40
const GROUP_CHARACTERS_MAX = 100
const TAGS_MAX = 20
const NUMBERS_A_CELL_MAX = 10

const BETWEEN = /[;；、,，\n\r]+/
const BETWEEN_PHONES = /[;；、,，/／\n\r]+/
const BETWEEN_MAILBOXES = /[;；、,，\s]+/

export function readContact(
  row: number,
  cells: readonly string[],
  context: RowContext,
): RowReading {
  const sheet = new Cells(row, cells, context.columns)
  const name = sheet.text('name', NAME_CHARACTERS_MAX)
  if (sheet.raw('name') === '')
    sheet.fault('name', '没有名称', '请填写企业或单位名称，或删去这一行')
  const phones = [
    ...sheet.numbers('phone', BETWEEN_PHONES, readPhone),
    ...sheet.numbers('landline', BETWEEN_PHONES, readPhone),
  ]
  const mailboxes = sheet.numbers('mailbox', BETWEEN_MAILBOXES, readMailbox)
  const groups = { wechat: readGroups(sheet, 'wechatGroup'), qq: readGroups(sheet, 'qqGroup') }
  const optional = {
    creditCode: readCode(sheet),
    area: readArea(sheet, context),
    liaison: sheet.text('liaison', LIAISON_CHARACTERS_MAX),
    tags: readTags(sheet),
    audiences: readAudiences(sheet, context),
    forExercise: readYes(sheet),
  }
  if (sheet.errors.length > 0 || name === undefined) return { errors: sheet.errors }
  const given = Object.entries(optional).filter(([, value]) => value !== undefined)
  const contact: ContactRow = {
    ...{ row, name, ...Object.fromEntries(given) },
    addresses: [
      ...addressesOf('phone', phones),
      ...addressesOf('mailbox', mailboxes),
      ...addressesOf('wechat-group', groups.wechat),
      ...addressesOf('qq-group', groups.qq),
    ],
    kinds: KINDS.flatMap(([field, kind]) => (sheet.raw(field) === '' ? [] : [kind])),
    empty: [...context.columns.keys()].filter((field) => sheet.raw(field) === ''),
  }
  return { contact, warnings: sheet.warnings }
}

/** A landline in a column of its own adds to the mobile numbers and replaces none. */
export const KINDS: readonly (readonly [ContactField, string])[] = [
  ['phone', 'phone'],
  ['mailbox', 'mailbox'],
  ['wechatGroup', 'wechat-group'],
  ['qqGroup', 'qq-group'],
]

function addressesOf(kind: string, values: readonly string[]) {
  return [...new Set(values)].map((value) => ({ kind, value }))
}

class Cells {
  readonly errors: ContactFault[] = []
  readonly warnings: ContactFault[] = []
  readonly row: number
  readonly #cells: readonly string[]
  readonly #columns: ReadonlyMap<ContactField, number>

  constructor(row: number, cells: readonly string[], columns: ReadonlyMap<ContactField, number>) {
    this.row = row
    this.#cells = cells
    this.#columns = columns
  }

  raw(field: ContactField): string {
    const at = this.#columns.get(field)
    return (at === undefined ? '' : (this.#cells[at] ?? '')).normalize('NFC').trim()
  }

  fault(field: ContactField, text: string, fix: string): undefined {
    const column = columnName(field)
    this.errors.push({ row: this.row, column, text: `第${this.row}行 ${column}：${text}`, fix })
    return undefined
  }

  warn(field: ContactField, text: string, fix: string): void {
    const column = columnName(field)
    this.warnings.push({ row: this.row, column, text: `第${this.row}行 ${column}：${text}`, fix })
  }

  /** In one line and within its limit; undefined when empty or at fault. What a spreadsheet would
   *  take for a formula stays the text it is. */
  text(field: ContactField, limit: number): string | undefined {
    return this.word(field, this.raw(field), limit)
  }

  word(field: ContactField, value: string, limit: number): string | undefined {
    if (value === '') return undefined
    if (/[\p{Cc}\u2028\u2029]/u.test(value))
      return this.fault(field, '含换行或控制字符', '请改成一行文字')
    const length = [...value].length
    if (length > limit)
      return this.fault(field, `有${length}字，上限${limit}字`, `请删去${length - limit}字`)
    if (/^[=+\-@]/.test(value))
      this.warn(field, `以“${value[0]}”开头，按文字保存，不作公式`, '请核对是不是写错了')
    return value
  }

  parts(field: ContactField, between: RegExp): readonly string[] {
    return this.raw(field)
      .split(between)
      .map((part) => part.trim())
      .filter((part) => part !== '')
  }

  numbers(
    field: ContactField,
    between: RegExp,
    read: (written: string) => NumberReading,
  ): readonly string[] {
    const parts = this.parts(field, between)
    if (parts.length > NUMBERS_A_CELL_MAX) {
      const text = `一格里有${parts.length}个，上限${NUMBERS_A_CELL_MAX}个`
      this.fault(field, text, '请只留要用的，或分成几个联系人')
      return []
    }
    return parts.flatMap((part) => {
      const reading = read(part)
      if ('value' in reading) return [reading.value]
      this.fault(field, reading.fault.text, reading.fault.fix)
      return []
    })
  }
}

function readCode(sheet: Cells): string | undefined {
  const written = sheet.raw('creditCode')
  if (written === '') return undefined
  const reading = readCreditCode(written)
  if ('value' in reading) return reading.value
  return sheet.fault('creditCode', reading.fault.text, reading.fault.fix)
}

function readArea(sheet: Cells, context: RowContext): string | undefined {
  const area = tidyWord(sheet.text('area', TAG_CHARACTERS_MAX) ?? '')
  if (area === '') return undefined
  if (context.mayAddAreas || context.areas.includes(area)) return area
  const near = nearest(area, context.areas, (found) => found)
  const known = context.areas.join('、')
  const fix = near === undefined ? `已登记的：${known}` : `是否应为“${near}”？已登记的：${known}`
  return sheet.fault(
    'area',
    `没有登记“${shown(area)}”`,
    `${fix}。确是新的请先登记，或加 --new-areas`,
  )
}

function readTags(sheet: Cells): readonly string[] | undefined {
  const words = sheet.parts('tags', BETWEEN).map(tidyWord)
  if (words.length === 0) return undefined
  if (words.length > TAGS_MAX)
    return sheet.fault('tags', `有${words.length}个，上限${TAGS_MAX}个`, '请只留会用来选受众的标签')
  const kept = words.flatMap((word) => sheet.word('tags', word, TAG_CHARACTERS_MAX) ?? [])
  return [...new Set(kept)].sort()
}

function readAudiences(sheet: Cells, context: RowContext): readonly string[] | undefined {
  const words = sheet.parts('audiences', BETWEEN)
  if (words.length === 0) return undefined
  const ids = words.flatMap((word) => {
    const found = context.audiences.get(word.normalize('NFC'))
    if (found && !found.byRule) return [found.id]
    if (found) {
      const text = `“${shown(word)}”按规则确定，不能逐个加入`
      sheet.fault('audiences', text, '请删去，并填好标签和区域')
      return []
    }
    const near = nearest(word, [...context.audiences.keys()], (name) => name)
    const fix = near === undefined ? '' : `是否应为“${near}”？`
    const lists = [...context.audiences].filter(([, one]) => !one.byRule).map(([name]) => name)
    sheet.fault('audiences', `没有受众“${shown(word)}”`, `${fix}可填：${lists.join('、') || '无'}`)
    return []
  })
  return [...new Set(ids)].sort()
}

const YES = ['是', '√', '✓', '参加', 'y', 'yes', '1', 'true']
const NO = ['否', '×', '不参加', 'n', 'no', '0', 'false']

function readYes(sheet: Cells): boolean | undefined {
  const word = sheet.raw('forExercise').normalize('NFKC').toLowerCase()
  if (word === '') return undefined
  if (YES.includes(word)) return true
  if (NO.includes(word)) return false
  return sheet.fault('forExercise', `不认识“${shown(word)}”`, '请填 是 或 否')
}

function readGroups(sheet: Cells, field: 'wechatGroup' | 'qqGroup'): readonly string[] {
  return sheet
    .parts(field, BETWEEN)
    .flatMap((part) => sheet.word(field, part.normalize('NFKC'), GROUP_CHARACTERS_MAX) ?? [])
}
