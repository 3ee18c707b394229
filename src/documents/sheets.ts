/** xlsx: rows as they stand in the cells, with hidden sheets, rows and columns, and remarks. Formulas are
 *  not calculated; the value that was saved is read. */
import type { FileText, Sheet, Sheets } from '../domain/checks/file-text.ts'
import { type Archive, type ArchiveLimits, openArchive, Unreadable } from './archive.ts'
import { addProperties, type Collector, collector, isActive, isProperty } from './parts.ts'
import { type RawSheet, readSheetXml } from './sheet-rows.ts'
import { below, childOf, childrenOf, readXml, textBelow } from './xml.ts'

export interface SheetLimits extends Partial<ArchiveLimits> {
  readonly rowsMax: number
  readonly columnsMax: number
  readonly cellsMax: number
}

export const SHEET_LIMITS: SheetLimits = { rowsMax: 200_000, columnsMax: 500, cellsMax: 1_000_000 }

const PARTS =
  /^xl\/(?:workbook\.xml|_rels\/workbook\.xml\.rels|sharedStrings\.xml|worksheets\/[^/]+\.xml|comments\d*\.xml|comments\/[^/]+\.xml|threadedComments\/[^/]+\.xml|drawings\/[^/]+\.xml)$/

interface Book {
  readonly archive: Archive
  readonly sheets: readonly RawSheet[]
  readonly cut: boolean
}

/** @throws Unreadable */
function openBook(bytes: Uint8Array, limits: SheetLimits): Book {
  const archive = openArchive(bytes, (name) => PARTS.test(name) || isProperty(name))
  const workbook = archive.text('xl/workbook.xml')
  if (workbook === undefined) throw new Unreadable('unknown-format')
  const targets = targetsOf(archive)
  const shared = sharedStrings(archive)
  let cells = limits.cellsMax
  let cut = false
  const sheets: RawSheet[] = []
  for (const sheet of below(readXml(workbook), 'sheet')) {
    const path = targets.get(sheet.attributes['id'] ?? '')
    const text = path === undefined ? undefined : archive.text(path)
    if (text === undefined) continue
    const read = readSheetXml(text, shared, { ...limits, cellsMax: cells })
    cells -= read.cells
    cut ||= read.cut
    const hidden = /^(?:hidden|veryHidden)$/.test(sheet.attributes['state'] ?? '')
    sheets.push({ ...read, name: sheet.attributes['name'] ?? '', hidden })
  }
  return { archive, sheets, cut }
}

function targetsOf(archive: Archive): ReadonlyMap<string, string> {
  const text = archive.text('xl/_rels/workbook.xml.rels')
  if (text === undefined) throw new Unreadable('corrupt')
  return new Map(
    childrenOf(readXml(text), 'Relationship').map(({ attributes }) => {
      const target = attributes['Target'] ?? ''
      const path = target.startsWith('/') ? target.slice(1) : `xl/${target}`
      return [attributes['Id'] ?? '', path]
    }),
  )
}

/** Words kept once for all cells; phonetic guides are left out. */
function sharedStrings(archive: Archive): readonly string[] {
  const text = archive.text('xl/sharedStrings.xml')
  if (text === undefined) return []
  return childrenOf(readXml(text), 'si').map((item) =>
    item.children
      .map((child) => {
        if (typeof child === 'string' || child.name === 'rPh') return ''
        return child.name === 't'
          ? textBelow(child)
          : [...below(child, 't')].map(textBelow).join('')
      })
      .join(''),
  )
}

/** Rows of a workbook for an import. Never throws for what is inside the file. */
export async function readSheets(bytes: Uint8Array, limits = SHEET_LIMITS): Promise<Sheets> {
  try {
    const { sheets, cut } = openBook(bytes, limits)
    return {
      cut,
      sheets: sheets.map(
        ({ name, hidden, rows, hiddenRows }): Sheet => ({ name, hidden, rows, hiddenRows }),
      ),
    }
  } catch (error) {
    if (error instanceof Unreadable) return { unreadable: error.reason }
    if (error instanceof RangeError) return { unreadable: 'corrupt' }
    throw error
  }
}

/** @throws Unreadable */
export function sheetsText(bytes: Uint8Array): FileText {
  const { archive, sheets, cut } = openBook(bytes, SHEET_LIMITS)
  const into = collector()
  for (const sheet of sheets) addSheet(sheet, into)
  addRemarks(archive, into)
  addProperties(archive, into)
  const read = into.done(isActive(archive))
  return read.kind === 'text' ? { ...read, cut: read.cut || cut } : read
}

function addSheet(sheet: RawSheet, into: Collector): void {
  into.add(sheet.hidden ? 'hidden' : 'text', `工作表“${sheet.name}”的名称`, sheet.name)
  const hiddenRows = new Set(sheet.hiddenRows)
  sheet.rows.forEach((row, line) => {
    row.forEach((text, column) => {
      if (text === '') return
      const hidden = sheet.hidden || hiddenRows.has(line) || sheet.hiddenColumns.has(column)
      const place = `${sheet.name}!${columnName(column)}${line + 1}`
      into.add(hidden ? 'hidden' : 'text', place, text)
    })
  })
}

function addRemarks(archive: Archive, into: Collector): void {
  for (const name of [...archive.names].sort()) {
    if (!/^xl\/(?:comments|threadedComments)/.test(name) || name.includes('_rels')) continue
    const text = archive.text(name)
    if (text === undefined) continue
    const root = readXml(text)
    for (const remark of [...below(root, 'comment'), ...below(root, 'threadedComment')]) {
      const words = [...below(remark, 't'), ...below(remark, 'text')]
      const said = childOf(remark, 'text')
      const inner = said && words.length === 0 ? textBelow(said) : words.map(textBelow)[0]
      into.add('comment', `批注（${remark.attributes['ref'] ?? ''}）`, inner ?? '')
    }
  }
}

/** 0 → A, 26 → AA. */
function columnName(column: number): string {
  const letters = 26
  const last = String.fromCharCode(65 + (column % letters))
  return column < letters ? last : columnName(Math.floor(column / letters) - 1) + last
}
