/** A docx body as blocks: headings, paragraphs, lists and tables; pictures and boxes are reported. */
import type { Block } from '../domain/bulletin.ts'
import type { Styles } from './word-styles.ts'
import { below, childrenOf, type Element } from './xml.ts'

interface Taken {
  title?: string
  readonly blocks: Block[]
  readonly problems: string[]
}

const BLOCKS_MAX = 2_000

export function wordBlocks(
  body: Element,
  styles: Styles,
  textOf: (paragraph: Element) => string,
): Taken {
  const taken: Taken = { blocks: [], problems: [] }
  for (const child of flow(body)) {
    if (taken.blocks.length >= BLOCKS_MAX) {
      taken.problems.push(`正文超过 ${BLOCKS_MAX} 段，后面的没有导入`)
      break
    }
    if (child.name === 'tbl') taken.blocks.push(tableOf(child, textOf))
    else takeParagraph(child, styles, textOf, taken)
  }
  const pictures = [...below(body, 'drawing'), ...below(body, 'pict')].length
  if (pictures > 0) taken.problems.push(`有 ${pictures} 幅图片没有导入，请另行上传`)
  return taken
}

/** Paragraphs and tables in order; what stands in a content control belongs to the flow. */
function* flow(element: Element): Generator<Element> {
  for (const child of element.children) {
    if (typeof child === 'string') continue
    if (child.name === 'p' || child.name === 'tbl') yield child
    else if (/^(?:sdt|sdtContent|customXml|smartTag|ins|moveTo)$/.test(child.name))
      yield* flow(child)
  }
}

function takeParagraph(
  paragraph: Element,
  styles: Styles,
  textOf: (paragraph: Element) => string,
  taken: Taken,
): void {
  const text = textOf(paragraph).trim()
  if (text === '') return
  const level = styles.headingLevel(paragraph)
  if (level !== undefined && level <= 1 && taken.title === undefined && taken.blocks.length === 0) {
    taken.title = text
    return
  }
  if (level !== undefined) {
    taken.blocks.push({ kind: 'heading', level: level <= 2 ? 2 : 3, text })
    return
  }
  const list = styles.list(paragraph)
  if (list === undefined) {
    taken.blocks.push({ kind: 'paragraph', text })
    return
  }
  const ordered = list === 'ordered'
  const last = taken.blocks.at(-1)
  if (last?.kind === 'list' && last.ordered === ordered)
    taken.blocks[taken.blocks.length - 1] = { ...last, items: [...last.items, text] }
  else taken.blocks.push({ kind: 'list', ordered, items: [text] })
}

function tableOf(table: Element, textOf: (paragraph: Element) => string): Block {
  const [header = [], ...rows] = childrenOf(table, 'tr').map((row) =>
    childrenOf(row, 'tc').map((cell) =>
      [...below(cell, 'p')]
        .map((paragraph) => textOf(paragraph).trim())
        .filter(Boolean)
        .join('\n'),
    ),
  )
  return { kind: 'table', header, rows }
}
