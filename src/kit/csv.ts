/** Tables people hand over: CSV as spreadsheets write it, UTF-8 or GB18030. Refuses what it cannot
 *  read for certain and says in which row; never guesses a column or repairs a broken row. */
import { CsvError, parse } from 'csv-parse/sync'
import iconv from 'iconv-lite'

export interface CsvLimits {
  readonly bytesMax: number
  /** Rows that hold anything, the header not counted. */
  readonly rowsMax: number
  readonly columnsMax: number
}

export interface CsvColumns {
  readonly required: readonly string[]
  readonly optional?: readonly string[]
}

export interface CsvRow {
  /** As a spreadsheet numbers it: the header is 1, an empty row counts, a cell of two lines does not. */
  readonly number: number
  /** Every known column the file has, untrimmed. */
  readonly cells: Readonly<Record<string, string>>
}

export interface CsvProblem {
  /** Absent when the whole file is meant. */
  readonly row?: number
  readonly column?: string
  readonly text: string
}

export interface Csv {
  readonly encoding: 'utf-8' | 'gb18030'
  readonly header: readonly string[]
  /** Only rows without a problem of their own; none when the file or its header is refused. */
  readonly rows: readonly CsvRow[]
  readonly problems: readonly CsvProblem[]
}

/** What stands for a byte that no longer tells which character it was. */
const LOST = '\uFFFD'
const QUOTED_CHARACTERS_MAX = 40

interface RawRow {
  readonly number: number
  readonly cells: readonly string[]
}

export function readCsv(bytes: Uint8Array, limits: CsvLimits, columns: CsvColumns): Csv {
  const refused = (text: string): Csv => ({
    encoding: 'utf-8',
    header: [],
    rows: [],
    problems: [{ text }],
  })
  if (bytes.length > limits.bytesMax)
    return refused(
      `文件有 ${bytes.length} 字节，上限 ${limits.bytesMax} 字节，请拆成几个文件分别导入`,
    )
  if (isUtf16(bytes))
    return refused('文件是 UTF-16 编码，请在表格软件中另存为“CSV UTF-8（逗号分隔）”后再导入')
  const zero = bytes.indexOf(0)
  if (zero >= 0)
    return refused(
      `文件第 ${linesBefore(bytes, zero)} 行含空字符（NUL），不是文本表格，请在表格软件中另存为 CSV 后再导入`,
    )
  const { encoding, text } = decode(bytes)
  const { raw, problem } = split(text, limits)
  const [first, ...rest] = raw
  if (problem || !first)
    return {
      encoding,
      header: [],
      rows: [],
      problems: [problem ?? { text: '文件是空的，请至少保留一行列名和一行内容' }],
    }
  const header = filledCells(first.cells).map((cell) => cell.trim())
  const faults = headerProblems(first.number, header, limits, columns)
  if (faults.length > 0) return { encoding, header, rows: [], problems: faults }
  return { encoding, header, ...readRows(header, rest) }
}

function isUtf16(bytes: Uint8Array): boolean {
  const [a, b] = bytes
  return (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)
}

function linesBefore(bytes: Uint8Array, end: number): number {
  let lines = 1
  for (let at = 0; at < end; at += 1) if (bytes[at] === 0x0a) lines += 1
  return lines
}

/** Chinese text in GB18030 is practically never valid UTF-8, so the strict reading decides. */
function decode(bytes: Uint8Array): Pick<Csv, 'encoding'> & { text: string } {
  try {
    return { encoding: 'utf-8', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { encoding: 'gb18030', text: iconv.decode(bytes, 'gb18030') }
  }
}

/** Spreadsheets pad with empty cells on the right; only what holds text can be misplaced. */
function filledCells(cells: readonly string[]): readonly string[] {
  return cells.slice(0, cells.findLastIndex((cell) => cell.trim() !== '') + 1)
}

interface Split {
  readonly raw: readonly RawRow[]
  readonly problem?: CsvProblem
}

function split(text: string, limits: CsvLimits): Split {
  try {
    // With `info` every record comes with its place, which the package's own types leave out.
    const parsed = parse(text, {
      info: true,
      relax_column_count: true,
      // A quotation mark inside an unquoted cell is a letter, as spreadsheets have it.
      relax_quotes: true,
      skip_empty_lines: true,
      // Named, because the first line's ending need not be every line's.
      record_delimiter: ['\r\n', '\n', '\r'],
    }) as unknown as readonly Parsed[]
    const raw = parsed
      .filter(({ record }) => record.some((cell) => cell.trim() !== ''))
      .map(({ record, info }) => ({ number: info.records + info.empty_lines, cells: record }))
    if (raw.length <= limits.rowsMax + 1) return { raw }
    const found = `文件有 ${raw.length - 1} 行内容，上限 ${limits.rowsMax} 行`
    return { raw: [], problem: { text: `${found}，请拆成几个文件分别导入` } }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    return { raw: [], problem: brokenQuote(error) }
  }
}

interface Parsed {
  readonly record: readonly string[]
  readonly info: { readonly records: number; readonly empty_lines: number }
}

/** With ragged rows and loose quotes allowed, the one fault left is a quotation mark never closed. */
function brokenQuote(error: CsvError): CsvProblem {
  const row = Number(error['records'] ?? 0) + Number(error['empty_lines'] ?? 0) + 1
  return {
    row,
    text: `第 ${row} 行的引号没有结束，其后的内容都被当成一格，请补上或删去引号后再导入`,
  }
}

function headerProblems(
  row: number,
  header: readonly string[],
  limits: CsvLimits,
  columns: CsvColumns,
): readonly CsvProblem[] {
  if (header.length > limits.columnsMax)
    return [
      { row, text: `列名有 ${header.length} 个，上限 ${limits.columnsMax} 个，请删去多余的列` },
    ]
  const known = [...columns.required, ...(columns.optional ?? [])]
  const missing = columns.required.filter((name) => !header.includes(name))
  const only = header.length === 1 ? header[0] : undefined
  const separator = only && /[;\t，；|]/.exec(only)?.[0]
  if (separator)
    return [
      {
        row,
        text: `列之间用的是${separator === '\t' ? '制表符' : `“${separator}”`}，请另存为英文逗号分隔的 CSV 后再导入`,
      },
    ]
  const problems: CsvProblem[] = missing.map((column) => ({
    row,
    column,
    text: `缺少列 ${column}，请在第 ${row} 行补上这个列名（需要的列：${columns.required.join(',')}）`,
  }))
  for (const [at, column] of header.entries()) {
    if (column === '')
      problems.push({ row, text: `第 ${at + 1} 列没有列名，请补上列名或删去这一列` })
    else if (!known.includes(column)) problems.push({ row, ...unknownColumn(column, known) })
    else if (header.indexOf(column) !== at)
      problems.push({ row, column, text: `列 ${column} 出现不止一次，请只保留一列` })
  }
  return problems
}

function unknownColumn(column: string, known: readonly string[]): Omit<CsvProblem, 'row'> {
  const shown = [...column].slice(0, QUOTED_CHARACTERS_MAX).join('')
  const close = closest(shown, known)
  const next = close ? `是否应为 ${close}？请改名或删去这一列` : `可用的列：${known.join(',')}`
  return { column: shown, text: `不认识列“${shown}”，${next}` }
}

function closest(name: string, known: readonly string[]): string | undefined {
  const plain = name.toLowerCase().replaceAll(/[\s-]+/g, '_')
  const [best] = known
    .map((candidate) => ({
      candidate,
      far: sameLetters(plain, candidate) ? 1 : distance(plain, candidate),
    }))
    .sort((a, b) => a.far - b.far)
  return best && best.far <= best.candidate.length / 2 ? best.candidate : undefined
}

/** Swapped letters are the commonest slip. */
function sameLetters(one: string, other: string): boolean {
  return [...one].sort().join('') === [...other].sort().join('')
}

/** How many letters must be put in, taken out or changed to turn one word into the other. */
function distance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (const [row, letter] of [...from].entries()) {
    const current = [row + 1]
    for (const [at, other] of [...to].entries())
      current.push(
        Math.min(
          (previous[at] ?? 0) + (letter === other ? 0 : 1),
          (previous[at + 1] ?? 0) + 1,
          (current[at] ?? 0) + 1,
        ),
      )
    previous = current
  }
  return previous.at(-1) ?? 0
}

function readRows(
  header: readonly string[],
  raw: readonly RawRow[],
): Pick<Csv, 'rows' | 'problems'> {
  const rows: CsvRow[] = []
  const problems: CsvProblem[] = []
  for (const { number, cells } of raw) {
    const faults = rowProblems(header, number, cells)
    if (faults.length > 0) problems.push(...faults)
    else
      rows.push({
        number,
        cells: Object.fromEntries(header.map((column, at) => [column, cells[at] ?? ''])),
      })
  }
  return { rows, problems }
}

function rowProblems(
  header: readonly string[],
  row: number,
  cells: readonly string[],
): readonly CsvProblem[] {
  if (filledCells(cells).length > header.length || cells.length < header.length)
    return [
      {
        row,
        text: `第 ${row} 行有 ${cells.length} 格，列名有 ${header.length} 个，请核对逗号；内容里有逗号时请用英文双引号把整格括起来`,
      },
    ]
  return header.flatMap((column, at) =>
    cells[at]?.includes(LOST)
      ? [{ row, column, text: `第 ${row} 行 ${column} 含无法还原的乱码字符，请从原文重新填写` }]
      : [],
  )
}
