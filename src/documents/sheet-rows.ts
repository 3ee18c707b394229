/** One worksheet's cells as rows of text, at their own positions, within limits. */
import { below, childOf, type Element, readXml, textBelow } from './xml.ts'

export interface RawSheet {
  readonly name: string
  readonly hidden: boolean
  readonly rows: readonly (readonly string[])[]
  readonly hiddenRows: readonly number[]
  readonly hiddenColumns: ReadonlySet<number>
}

interface ReadRows extends Omit<RawSheet, 'name' | 'hidden'> {
  readonly cells: number
  readonly cut: boolean
}

interface RowLimits {
  readonly rowsMax: number
  readonly columnsMax: number
  readonly cellsMax: number
}

export function readSheetXml(text: string, shared: readonly string[], limits: RowLimits): ReadRows {
  const root = readXml(text)
  const rows: string[][] = []
  const hiddenRows: number[] = []
  let cells = 0
  let cut = false
  for (const row of below(root, 'row')) {
    const line = positionOf(row.attributes['r'], rows.length)
    if (line >= limits.rowsMax) {
      cut = true
      break
    }
    // Empty places are paid for like cells: a single cell far out must not fill the memory.
    cells += Math.max(0, line - rows.length)
    if (cells > limits.cellsMax) {
      cut = true
      break
    }
    while (rows.length <= line) rows.push([])
    if (isTrue(row.attributes['hidden'])) hiddenRows.push(line)
    const texts = rows[line] ?? []
    for (const cell of below(row, 'c')) {
      const column = columnOf(cell.attributes['r'], texts.length)
      cells += 1 + Math.max(0, column - texts.length)
      if (cells > limits.cellsMax || column >= limits.columnsMax) {
        cut = true
        continue
      }
      while (texts.length < column) texts.push('')
      texts[column] = cellText(cell, shared)
    }
  }
  return { rows, hiddenRows, hiddenColumns: hiddenColumns(root, limits.columnsMax), cells, cut }
}

function isTrue(text: string | undefined): boolean {
  return text === '1' || text === 'true'
}

function positionOf(reference: string | undefined, next: number): number {
  const line = Number(reference)
  return Number.isSafeInteger(line) && line > 0 ? line - 1 : next
}

/** The column of A1, AB12 …; a cell without a reference stands beside the last one. */
function columnOf(reference: string | undefined, next: number): number {
  const letters = /^([A-Z]{1,3})\d+$/.exec(reference ?? '')?.[1]
  if (letters === undefined) return next
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
}

function cellText(cell: Element, shared: readonly string[]): string {
  const kind = cell.attributes['t']
  if (kind === 'inlineStr') return [...below(cell, 't')].map(textBelow).join('')
  const value = childOf(cell, 'v')
  const text = value ? textBelow(value) : ''
  if (kind === 's') return shared[Number(text)] ?? ''
  return kind === undefined || kind === 'n' ? plainNumber(text) : text
}

/** 3.30483199001010E+17 is how a number of a person stands in a cell of numbers. */
function plainNumber(text: string): string {
  if (!/e/i.test(text)) return text
  const value = Number(text)
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? String(value) : text
}

function hiddenColumns(root: Element, columnsMax: number): ReadonlySet<number> {
  const hidden = new Set<number>()
  for (const { attributes } of below(root, 'col')) {
    if (!isTrue(attributes['hidden'])) continue
    const last = Math.min(Number(attributes['max']), columnsMax)
    for (let column = Number(attributes['min']); column <= last; column += 1) hidden.add(column - 1)
  }
  return hidden
}
