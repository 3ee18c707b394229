/** Markdown as a body: headings, paragraphs, lists and tables; metadata from the front matter. HTML is
 *  not taken over, pictures are reported, and a quote needs its source. */
import { lexer, type Token, type Tokens } from 'marked'
import { parse } from 'yaml'
import type { Block, Metadata } from '../domain/bulletin.ts'

export interface ReadMarkdown {
  readonly title?: string
  readonly blocks: readonly Block[]
  readonly metadata: Metadata
  /** what could not be taken over, each a sentence for the clerk */
  readonly problems: readonly string[]
}

const TEXT_CHARACTERS_MAX = 250_000
const FRONT_CHARACTERS_MAX = 20_000
const BLOCKS_MAX = 2_000
/** Deeper nesting is nobody's text, and costs time and stack. */
const NESTING_MAX = 40

interface Front {
  readonly title?: string
  readonly quote?: { readonly source: string; readonly issuedAt: string }
  readonly metadata: Metadata
}

interface Taken {
  title: string | undefined
  readonly front: Front
  readonly blocks: Block[]
  readonly problems: Set<string>
}

/** Never throws for what is in the text. */
export function readMarkdown(text: string): ReadMarkdown {
  const nothing = { blocks: [], metadata: {} }
  if (text.length > TEXT_CHARACTERS_MAX)
    return { ...nothing, problems: [`文件超过 ${TEXT_CHARACTERS_MAX} 字，请拆分后再导入`] }
  const problems = new Set<string>()
  const { front, rest } = splitFront(text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n'), problems)
  const taken: Taken = { title: front.title, front, blocks: [], problems }
  if (nesting(rest) > NESTING_MAX)
    return { ...nothing, problems: [`引用或列表嵌套超过 ${NESTING_MAX} 层，请简化后再导入`] }
  try {
    for (const token of lexer(rest, { gfm: true })) take(token, taken)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { ...nothing, problems: ['文件嵌套太深，请简化后再导入'] }
  }
  const { title, blocks } = taken
  return {
    ...(title === undefined ? {} : { title }),
    ...{ blocks, metadata: front.metadata, problems: [...problems] },
  }
}

/** Levels of quotes and brackets a line opens, and of indentation: what a parser recurses into. */
function nesting(text: string): number {
  let deepest = 0
  for (const line of text.split('\n')) {
    const [opening = ''] = /^[\s>*+-]*/.exec(line) ?? []
    const marks = opening.replace(/\s/g, '').length
    const brackets = longestRun(line, '[')
    deepest = Math.max(deepest, isRule(line) ? 0 : marks, brackets, opening.length / 4)
  }
  return deepest
}

function isRule(line: string): boolean {
  return /^\s*(?:-+|\*+|(?:- ?)+|(?:\* ?)+)\s*$/.test(line.slice(0, 200)) && !line.includes('>')
}

function longestRun(line: string, character: string): number {
  let run = 0
  let longest = 0
  for (const one of line) {
    run = one === character ? run + 1 : 0
    longest = Math.max(longest, run)
  }
  return longest
}

const NAMES: Readonly<Record<string, keyof Metadata>> = {
  文号: 'documentNumber',
  成文日期: 'formedOn',
  公开方式: 'disclosureMode',
  公开时限: 'disclosurePeriod',
  公开范围: 'audienceScope',
  公开责任部门: 'section',
  主题分类: 'subjectClass',
  体裁分类: 'genreClass',
  有效性: 'validity',
  摘要: 'summary',
  关键词: 'keywords',
  信息来源: 'source',
  来源: 'source',
  咨询电话: 'contact',
}
const FIELDS: ReadonlySet<string> = new Set(Object.values(NAMES))
const DISCLOSURE: Readonly<Record<string, NonNullable<Metadata['disclosureMode']>>> = {
  ...{ 主动公开: 'proactive', proactive: 'proactive', 依申请公开: 'on-application' },
  ...{ 'on-application': 'on-application', 不予公开: 'withheld', withheld: 'withheld' },
}

function splitFront(text: string, problems: Set<string>) {
  const none = { front: { metadata: {} } as Front, rest: text }
  if (!text.startsWith('---\n')) return none
  const end = text.indexOf('\n---', 3)
  if (end < 0 || end > FRONT_CHARACTERS_MAX) return none
  const rest = text.slice(
    text.indexOf('\n', end + 1) < 0 ? text.length : text.indexOf('\n', end + 1),
  )
  const given = parseFront(text.slice(4, end + 1))
  if (given === undefined) {
    problems.add('文件头的元数据不合 YAML 格式，没有导入')
    return { ...none, rest }
  }
  return { front: readFront(given, problems), rest }
}

/** Everything is text (schema failsafe), nothing refers to anything else. */
function parseFront(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const given: unknown = parse(text, { schema: 'failsafe', maxAliasCount: 0, logLevel: 'error' })
    if (given === null) return {}
    return typeof given === 'object' && !Array.isArray(given) ? { ...given } : undefined
  } catch {
    return undefined
  }
}

function readFront(given: Readonly<Record<string, unknown>>, problems: Set<string>): Front {
  const metadata: Record<string, string | readonly string[]> = {}
  let title: string | undefined
  let issuedAt: string | undefined
  for (const [key, value] of Object.entries(given)) {
    const name = Object.hasOwn(NAMES, key) ? NAMES[key] : key
    if (key === 'title' || key === '标题') title = wordOf(value)
    else if (key === 'issuedAt' || key === '发布时间') issuedAt = wordOf(value)
    else if (name === undefined || !FIELDS.has(name))
      problems.add(`文件头里的“${key.slice(0, 40)}”没有对应的栏目`)
    else addField(metadata, name, value, problems)
  }
  const source = metadata['source']
  return {
    ...(title ? { title } : {}),
    ...(typeof source === 'string' && issuedAt ? { quote: { source, issuedAt } } : {}),
    metadata: metadata as Metadata,
  }
}

function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

function addField(
  metadata: Record<string, string | readonly string[]>,
  name: string,
  value: unknown,
  problems: Set<string>,
): void {
  if (name === 'keywords') {
    const words = Array.isArray(value) ? value : String(value ?? '').split(/[,，、;；]/)
    metadata[name] = words.map((word) => wordOf(word)).filter((word) => word !== undefined)
    return
  }
  const word = wordOf(value)
  if (word === undefined) return
  const mode = name === 'disclosureMode' ? DISCLOSURE[word] : undefined
  if (name === 'disclosureMode' && mode === undefined)
    problems.add('公开方式应为主动公开、依申请公开或不予公开')
  else metadata[name] = mode ?? word
}

function take(token: Token, taken: Taken): void {
  if (taken.blocks.length >= BLOCKS_MAX) {
    taken.problems.add(`正文超过 ${BLOCKS_MAX} 段，后面的没有导入`)
    return
  }
  const { blocks, problems } = taken
  const words = (tokens: readonly Token[] | undefined) => inline(tokens ?? [], problems).trim()
  const generic = token as Tokens.Generic
  switch (token.type) {
    case 'space':
    case 'hr':
    case 'def':
      return
    case 'heading':
      takeHeading(token as Tokens.Heading, words(generic.tokens), taken)
      return
    case 'list':
      takeList(token as Tokens.List, taken)
      return
    case 'table':
      blocks.push(tableOf(token as Tokens.Table, words))
      return
    case 'blockquote':
      takeQuote(token as Tokens.Blockquote, taken)
      return
    case 'html':
      problems.add('HTML 代码没有导入')
      return
    default: {
      const text = generic.tokens ? words(generic.tokens) : (generic['text'] ?? '').trim()
      if (text !== '') blocks.push({ kind: 'paragraph', text })
    }
  }
}

function takeHeading({ depth }: Tokens.Heading, text: string, taken: Taken): void {
  if (text === '') return
  if (depth === 1 && taken.title === undefined && taken.blocks.length === 0) taken.title = text
  else taken.blocks.push({ kind: 'heading', level: depth <= 2 ? 2 : 3, text })
}

function takeList({ ordered, items }: Tokens.List, { blocks, problems }: Taken): void {
  const texts = items.map((item) => itemText(item, problems)).filter(Boolean)
  if (texts.length > 0) blocks.push({ kind: 'list', ordered, items: texts })
}

/** An item with what hangs below it, each on a line of its own. */
function itemText(item: Tokens.ListItem, problems: Set<string>): string {
  return item.tokens
    .map((token) => {
      if (token.type !== 'list') return inline([token], problems).trim()
      return (token as Tokens.List).items.map((inner) => itemText(inner, problems)).join('\n')
    })
    .filter(Boolean)
    .join('\n')
}

function tableOf(
  { header, rows }: Tokens.Table,
  words: (tokens: readonly Token[]) => string,
): Block {
  return {
    kind: 'table',
    header: header.map((cell) => words(cell.tokens)),
    rows: rows.map((row) => row.map((cell) => words(cell.tokens))),
  }
}

/** A quote is somebody's words at some time; without both it is a paragraph of ours. */
function takeQuote({ tokens }: Tokens.Blockquote, { front, blocks, problems }: Taken): void {
  const text = tokens
    .map((token) => inline([token], problems).trim())
    .filter(Boolean)
    .join('\n')
  if (text === '') return
  blocks.push(front.quote ? { kind: 'quote', text, ...front.quote } : { kind: 'paragraph', text })
}

function inline(tokens: readonly Token[], problems: Set<string>): string {
  return tokens.map((token) => inlineOne(token, problems)).join('')
}

function inlineOne(token: Token, problems: Set<string>): string {
  const generic = token as Tokens.Generic
  switch (token.type) {
    case 'br':
      return '\n'
    case 'image':
      problems.add('图片没有导入，请另行上传')
      return String(generic['text'] ?? '')
    case 'html':
      problems.add('HTML 代码没有导入')
      return ''
    case 'link': {
      const text = inline(generic.tokens ?? [], problems)
      const address = String(generic['href'] ?? '')
      return text === address || address === '' ? text : `${text}（${address}）`
    }
    case 'list':
      return (token as Tokens.List).items.map((item) => itemText(item, problems)).join('\n')
    default:
      return generic.tokens
        ? inline(generic.tokens, problems)
        : entitiesToText(String(generic['text'] ?? ''))
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&', '&nbsp;': ' ' },
}

function entitiesToText(text: string): string {
  return text.replace(/&(?:lt|gt|quot|#39|amp|nbsp);/g, (entity) => ENTITIES[entity] ?? entity)
}
