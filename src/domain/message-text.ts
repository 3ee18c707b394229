/** What a message to a work group, a colleague or a chat group says: one text, plain or Markdown, rendered
 *  from one revision. Pure. It cuts nothing: what does not fit is a problem, what cannot be said a loss. */
import type { Attachment, Block, Entry, Level, Metadata, Mode } from './bulletin.ts'
import { LEVEL_NAMES, MODE_MARKS } from './marks.ts'
import type { Field, Payload } from './payload.ts'
import { tidy } from './short-message.ts'
import type { Act } from './signature.ts'

export const MESSAGE_CONTENTS = ['whole', 'summary', 'title'] as const
export type MessageContents = (typeof MESSAGE_CONTENTS)[number]

export interface MessageSource {
  readonly agency: { readonly name: string }
  readonly mode: Mode
  readonly level: Level
  readonly title: string
  readonly blocks: readonly Block[]
  readonly attachments: readonly Attachment[]
  readonly metadata: Metadata
  readonly entries: readonly Entry[]
  readonly act: Act
  readonly reason?: string
}

export interface MessageChoice {
  readonly contents: MessageContents
  /** whether the public address of the item closes the message */
  readonly link: boolean
  readonly markdown: boolean
  /** a word the platform demands in each message; added when the text has none */
  readonly keyword?: string | undefined
}

/** The field that is filled says how the platform is to read it, so that settings that change after the
 *  signature do not change the meaning of what was signed. */
export const TEXT = 'text'
export const MARKDOWN = 'markdown'
/** one line for the list of conversations, where a platform shows one */
export const HEADLINE = 'title'

export function renderMessageText(
  source: MessageSource,
  choice: MessageChoice,
): { readonly payload: Payload; readonly losses: readonly string[] } {
  const { contents, markdown, link, keyword } = choice
  const withdrawn = source.act === 'withdraw'
  const safe = markdown ? markdownSafe : (text: string) => text
  const whole = contents === 'whole' || (contents === 'summary' && !source.metadata.summary)
  const head = headlineOf(source)
  const lines = [
    markdown ? `### ${safe(head)}` : head,
    ...(source.reason && source.act !== 'publish' ? [safe(`原因：${tidy(source.reason)}`)] : []),
    ...(withdrawn ? [] : bodyOf(source, whole, contents === 'summary').map(safe)),
    safe(tidy(source.agency.name)),
  ]
  // Markdown needs an empty line to begin a new one.
  const joined = lines.filter(Boolean).join(markdown ? '\n\n' : '\n')
  const wanted = keyword && !joined.includes(keyword) ? `${safe(`【${keyword}】`)}\n` : ''
  const text: Field = [
    `${wanted}${joined}`,
    ...(link && !withdrawn ? ['\n详见 ', { hole: 'public-url' } as const, ' '] : []),
  ]
  const fields = markdown ? { [HEADLINE]: [head], [MARKDOWN]: text } : { [TEXT]: text }
  return { payload: { form: 'text', fields }, losses: withdrawn ? [] : lossesOf(source, whole) }
}

function headlineOf({ mode, act, level, title }: MessageSource): string {
  const name = LEVEL_NAMES[level]
  // A relayed warning often names its level in its own title.
  const said = name === '' || (title.includes(name) && title.includes('预警'))
  const mark = said ? '' : `${name}预警：`
  if (act === 'withdraw') return `${MODE_MARKS[mode]}撤下：${tidy(title)}，请停止使用和转发`
  // A platform that drops what it has seen today must not take a reminder for a copy.
  const told = act === 'amend' ? '更正：' : act === 'resend' ? '再次发送：' : ''
  return `${MODE_MARKS[mode]}${mark}${told}${tidy(title)}`
}

/** Another body's words are said whole, however little else is. */
function bodyOf(source: MessageSource, whole: boolean, withSummary: boolean): readonly string[] {
  const { blocks, entries, metadata } = source
  const kept = whole ? blocks : blocks.filter(({ kind }) => kind === 'quote')
  return [
    withSummary && !whole ? tidy(metadata.summary ?? '') : '',
    ...kept.map(textOfBlock),
    whole
      ? entries.map(({ unit, detail }) => tidy(detail ? `${unit}：${detail}` : unit)).join('\n')
      : '',
    metadata.documentNumber ? `文号：${tidy(metadata.documentNumber)}` : '',
    metadata.source ? `来源：${tidy(metadata.source)}` : '',
    metadata.contact ? `咨询电话：${tidy(metadata.contact)}` : '',
  ].filter(Boolean)
}

function textOfBlock(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
    case 'heading':
      return tidy(block.text)
    case 'list':
      return block.items
        .map((item, index) => `${block.ordered ? `${index + 1}.` : '·'}${tidy(item)}`)
        .join('\n')
    case 'table':
      return [block.header, ...block.rows].map((row) => row.map(tidy).join(' ')).join('\n')
    case 'quote':
      return `${tidy(block.source)} ${tidy(block.issuedAt)}：${tidy(block.text)}`
    case 'picture':
    case 'attachment':
      return ''
  }
}

function lossesOf({ blocks, attachments }: MessageSource, whole: boolean): string[] {
  const lost: string[] = []
  const pictures = blocks.filter(({ kind }) => kind === 'picture').length
  const tables = blocks.filter(({ kind }) => kind === 'table').length
  if (!whole) lost.push('正文不随消息发出，只发标题、摘要和转发的原文')
  if (pictures > 0) lost.push(`${pictures} 张图片不随消息发出`)
  if (whole && tables > 0) lost.push(`${tables} 个表格改为逐行文字`)
  const names = new Set(attachments.map(({ name }) => name))
  for (const block of blocks) if (block.kind === 'attachment') names.add(block.name)
  if (names.size > 0) lost.push(`附件不随消息发出：${[...names].join('、')}`)
  return lost
}

/** Words of a bulletin stay words: nothing in them becomes a link, a heading or a tag. */
function markdownSafe(text: string): string {
  return text.replace(/[\\`*_[\]<>]/g, '\\$&').replace(/^([#+-])/gm, '\\$1')
}

export interface MessageLimits {
  readonly bytesMax?: number
  readonly charactersMax?: number
  /** what the public address is reckoned to take before it is known */
  readonly linkCharacters: number
}

/** What is wrong with a rendered message before anybody signs it. */
export function messageProblems(
  payload: Payload,
  limitsOf: (field: string) => MessageLimits,
): { field: string; text: string; limit?: number }[] {
  const field = payload.fields[MARKDOWN] === undefined ? TEXT : MARKDOWN
  const limits = limitsOf(field)
  const text = (payload.fields[field] ?? [])
    .map((piece) => (typeof piece === 'string' ? piece : 'x'.repeat(limits.linkCharacters)))
    .join('')
  if (text.trim() === '') return [{ field, text: '消息没有内容，请填写标题或正文' }]
  const { bytesMax, charactersMax } = limits
  const bytes = byteLength(text)
  if (bytesMax !== undefined && bytes > bytesMax)
    return [
      {
        ...{ field, limit: bytesMax },
        text: `消息有 ${bytes} 字节（一个汉字 3 字节），平台最多 ${bytesMax} 字节，请缩短约 ${Math.ceil((bytes - bytesMax) / 3)} 个字，或改为只发摘要加链接`,
      },
    ]
  const characters = [...text].length
  if (charactersMax !== undefined && characters > charactersMax)
    return [
      {
        ...{ field, limit: charactersMax },
        text: `消息有 ${characters} 字，平台最多 ${charactersMax} 字，请缩短 ${characters - charactersMax} 个字，或改为只发摘要加链接`,
      },
    ]
  return []
}

export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}
