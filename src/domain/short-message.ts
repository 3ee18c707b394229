/** What a short message says of a bulletin in free text, and what is wrong with it before anybody signs. Pure.
 *  Nothing is ever cut: what does not fit is a problem, and what cannot be said is a loss. */
import type { Block, Entry, Level, Metadata, Mode } from './bulletin.ts'
import { LEVEL_NAMES, MODE_MARKS } from './marks.ts'
import type { Field } from './payload.ts'
import type { Act } from './signature.ts'

/** The revision as far as a short message can tell of it. */
export interface ShortMessageInput {
  readonly title: string
  readonly blocks: readonly Block[]
  readonly attachments: readonly { readonly name: string }[]
  readonly metadata: Metadata
  readonly entries: readonly Entry[]
  readonly mode: Mode
  readonly level: Level
  readonly act: Act
  readonly reason?: string
}

export interface ShortMessageChoice {
  /** 短信签名 without 【】 */
  readonly signature: string
  /** `summary` needs a summary and else says the whole; a quote is always said whole */
  readonly contents: 'whole' | 'summary' | 'title'
  /** a hole for the public address at the end */
  readonly link: boolean
  /** for example 回T退订; empty says nothing */
  readonly unsubscribe: string
  readonly lineBreak: string
}

export interface ShortMessageProblem {
  readonly text: string
  readonly limit?: number
}

/** what a hole other than the address is reckoned to take */
const HOLE_CHARACTERS = 10

export function signatureMark({ signature }: { readonly signature: string }): string {
  return `【${signature}】`
}

export function shortMessage(
  input: ShortMessageInput,
  choice: ShortMessageChoice,
): { readonly text: Field; readonly losses: readonly string[] } {
  const withdrawn = input.act === 'withdraw'
  const mark = signatureMark(choice)
  const title = titleOf(input.title, mark)
  const whole =
    choice.contents === 'whole' || (choice.contents === 'summary' && !tidy(input.metadata.summary))
  const lines = withdrawn
    ? [`撤下：${title}，请停止使用和转发`, why(input)]
    : [
        `${levelMark(input)}${input.act === 'amend' ? '更正：' : ''}${title}`,
        input.act === 'amend' ? why(input) : '',
        ...(whole ? wholeOf(input) : partOf(input, choice.contents === 'summary')),
      ]
  const said = lines.filter(Boolean).join(choice.lineBreak)
  const text: Field = [
    `${mark}${MODE_MARKS[input.mode]}${said}`,
    ...(choice.link && !withdrawn
      ? [`${choice.lineBreak}详见 `, { hole: 'public-url' } as const, ' ']
      : []),
    ...(choice.unsubscribe ? [choice.unsubscribe] : []),
  ]
  return { text, losses: withdrawn ? [] : lossesOf(input, whole) }
}

/** The text with each hole as long as it is reckoned. */
export function reckonedText(field: Field, linkCharacters: number): string {
  return field
    .map((piece) => {
      if (typeof piece === 'string') return piece
      return 'x'.repeat(piece.hole === 'public-url' ? linkCharacters : HOLE_CHARACTERS)
    })
    .join('')
}

/** Signature, emptiness and parts; `parts` are billed, `over` characters are to be taken off. */
export function shortMessageProblems(
  text: string,
  signature: string,
  { parts, partsMax, over }: { parts: number; partsMax: number; over: number },
): readonly ShortMessageProblem[] {
  const mark = signatureMark({ signature })
  const problems: ShortMessageProblem[] = []
  // 签名恰好一次，在开头: carriers turn back a message with none or with two.
  if (!text.startsWith(mark)) problems.push({ text: `短信应以签名${mark}开头，请核对签名设置` })
  else if (text.indexOf(mark, 1) !== -1)
    problems.push({ text: `签名${mark}只能出现一次，请从正文中删去` })
  else if (text.slice(mark.length).trim() === '')
    problems.push({ text: '短信除签名外没有内容，请填写标题或正文' })
  if (parts > partsMax)
    problems.push({
      text: `短信按 ${parts} 条计费，上限 ${partsMax} 条，请删去 ${over} 个字`,
      limit: partsMax,
    })
  return problems
}

/** A title that already carries the signature keeps it once. */
export function titleOf(title: string, mark: string): string {
  let rest = tidy(title)
  while (rest.startsWith(mark)) rest = rest.slice(mark.length).trim()
  return rest
}

function levelMark({ level, title }: ShortMessageInput): string {
  const name = LEVEL_NAMES[level]
  // A relayed warning often names its level in its own title.
  return name === '' || (title.includes(name) && title.includes('预警')) ? '' : `${name}预警：`
}

export function why({ reason }: ShortMessageInput): string {
  return reason ? `原因：${tidy(reason)}` : ''
}

export function wholeOf({ blocks, entries, metadata }: ShortMessageInput): readonly string[] {
  return [
    ...blocks.map(textOfBlock),
    entries.map(({ unit, detail }) => tidy(detail ? `${unit}：${detail}` : unit)).join('；'),
    ...closing(metadata),
  ].filter(Boolean)
}

/** Another body's words are said whole, however little else is. */
function partOf({ blocks, metadata }: ShortMessageInput, withSummary: boolean): readonly string[] {
  const quotes = blocks.filter((block) => block.kind === 'quote')
  return [
    withSummary ? tidy(metadata.summary) : '',
    ...quotes.map(textOfBlock),
    ...closing(metadata),
  ]
}

function closing({ source, contact }: Metadata): readonly string[] {
  return [source ? `来源：${tidy(source)}` : '', contact ? `咨询电话：${tidy(contact)}` : '']
}

function textOfBlock(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
    case 'heading':
      return tidy(block.text)
    case 'list':
      return block.items
        .map((item, index) => `${block.ordered ? `${index + 1}.` : '·'}${tidy(item)}`)
        .join('；')
    case 'table':
      return block.rows.map((row) => row.map(tidy).filter(Boolean).join(' ')).join('；')
    case 'quote':
      return `${tidy(block.source)} ${tidy(block.issuedAt)}：${tidy(block.text)}`
    case 'picture':
    case 'attachment':
      return ''
  }
}

/** One kind of line break, no tabulators, nothing a phone cannot show. */
export function tidy(text = ''): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replaceAll('\t', ' ')
    .replace(/[^\P{Cc}\n]/gu, '')
    .trim()
}

export function lossesOf(input: ShortMessageInput, whole: boolean): string[] {
  const { blocks, attachments, metadata } = input
  const lost: string[] = []
  const pictures = blocks.filter((block) => block.kind === 'picture').length
  const tables = blocks.filter((block) => block.kind === 'table').length
  if (!whole) lost.push('正文不随短信发出，只发标题、摘要和转发的原文')
  if (pictures > 0) lost.push(`${pictures} 张图片不随短信发出`)
  if (whole && tables > 0) lost.push(`${tables} 个表格改为逐行文字，表头不发`)
  const names = new Set(attachments.map(({ name }) => name))
  for (const block of blocks) if (block.kind === 'attachment') names.add(block.name)
  if (names.size > 0) lost.push(`附件不随短信发出：${[...names].join('、')}`)
  if (metadata.documentNumber) lost.push(`文号不随短信发出：${metadata.documentNumber}`)
  return lost
}
