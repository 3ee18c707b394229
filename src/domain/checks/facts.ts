/** Facts that must agree with each other: totals with lists, levels with entries, 文号 with its form. */
import type { Block, RevisionContent } from '../bulletin.ts'
import { type CheckContext, countOf, foundInDense, matches, type Reading } from './context.ts'
import type { Found } from './finding.ts'

const TOTAL =
  /(?:共计?|合计|总计|一共|共有|涉及)(?:有|涉及|计)?(\d{1,6}|[一二两三四五六七八九十百千]{1,7})(?:家|条|件|个|起|项|名|户|处|篇|份|人|批|辆|台)/g
const UNITS = /(\d{1,6}|[一二两三四五六七八九十百千]{1,7})家/g
const SUM_ROW = /合计|总计|小计/
/** A list belongs to a sentence when it follows within this many blocks. */
const LIST_WITHIN_BLOCKS = 3

/** “共12家” against 11 rows, items or entries. A sentence without a list near it is left alone. */
export function findTotals(reading: Reading, { content }: CheckContext): readonly Found[] {
  const { field } = reading.passage
  const inTitle = field === 'title'
  const counts = listLengths(content, field)
  if (counts.length === 0) return []
  return [...matches(reading, inTitle ? UNITS : TOTAL)].flatMap((match) => {
    const total = countOf(match[1] ?? '')
    if (Number.isNaN(total) || counts.includes(total)) return []
    return [
      foundInDense(reading, match.index, match.index + match[0].length, {
        ...{ code: 'total-wrong', severity: 'ask' },
        say: `写的是“${match[0]}”，清单有 ${counts.join(' 或 ')} 行`,
        fix: '请核对总数和清单',
        about: `${match[0]}|${counts.join(',')}`,
      }),
    ]
  })
}

function listLengths(content: RevisionContent, field: string): readonly number[] {
  const entries = content.entries.length > 0 ? [content.entries.length] : []
  if (field === 'title') return entries
  const [root, index] = field.split('/')
  if (root !== 'blocks') return []
  const first = Number(index) + 1
  const list = content.blocks
    .slice(first, first + LIST_WITHIN_BLOCKS)
    .find((block) => block.kind === 'list' || block.kind === 'table')
  return list ? [...entries, rowsOf(list)] : entries
}

function rowsOf(block: Block): number {
  if (block.kind === 'list') return block.items.length
  if (block.kind !== 'table') return 0
  return block.rows.filter((row) => !row.some((cell) => SUM_ROW.test(cell))).length
}

const LISTED = /(省|市|县|区)(?:级|\(市、区\)级)[^。;\n]{0,8}?(?:挂牌|督办|隐患)/g
/** In a county-level city 市级 is its own level. */
const LEVELS: Readonly<Record<string, readonly string[]>> = {
  省: ['province'],
  市: ['prefecture', 'county'],
  县: ['county'],
  区: ['county'],
}

/** 挂牌级别 in the words against the levels of the entries. */
export function findLevels(
  reading: Reading,
  { content, categoryId }: CheckContext,
): readonly Found[] {
  if (categoryId !== 'hazard-list' || reading.passage.field !== 'title') return []
  const said = [...matches(reading, LISTED)]
  const [first] = said
  if (!first) return []
  const allowed = said.flatMap((match) => LEVELS[match[1] ?? ''] ?? [])
  const other = content.entries.filter(({ level }) => level && !allowed.includes(level)).length
  if (other === 0) return []
  return [
    foundInDense(reading, first.index, first.index + first[0].length, {
      ...{ code: 'level-wrong', severity: 'ask' },
      say: `写的是“${first[0]}”，清单中有 ${other} 家级别不同`,
      fix: '请核对挂牌级别和清单',
      about: `${first[0]}|${other}`,
    }),
  ]
}

const LOOSE =
  /(?<=[\u4e00-\u9fff])([〔[【(〈《])((?:19|20)?\d\d)([〕\]】)〉》])(第?)(0*)(\d{1,5})(号)/g

/** 文号: 六角括号, four digits of the year, no 第 and no leading noughts (GB/T 9704-2012 7.2.5). */
export function findDocumentNumbers(reading: Reading, { day }: CheckContext): readonly Found[] {
  return [...matches(reading, LOOSE)].flatMap((match) => {
    const [text, open, year = '', close, word, noughts, number = ''] = match
    const full = year.length === 2 ? `20${year}` : year
    const right = `〔${full}〕${number}号`
    const late = Number(full) > Number(day.slice(0, 4))
    if (text === right && !late) return []
    const shape = open === '〔' && close === '〕' && !word && !noughts && year.length === 4
    const from = match.index
    if (late && shape)
      return [
        foundInDense(reading, from, from + text.length, {
          ...{ code: 'document-number', severity: 'ask', say: `的文号“${text}”年份在今年之后` },
          fix: '请核对文号的年份',
        }),
      ]
    return [
      foundInDense(reading, from, from + text.length, {
        ...{ code: 'document-number', severity: 'hint', say: `的文号“${text}”格式不规范` },
        ...{ fix: `请写成“${right}”`, replacement: right },
      }),
    ]
  })
}
