/** Renders one revision as a letter: subject, plain text, a simple HTML alternative, and the list of
 *  attachments that travel with it. Pure; what a letter cannot show is a loss. */
import type { Block, Entry, EntryLevel, Level } from '../../src/domain/bulletin.ts'
import { htmlOfBlock, paragraph, textOfBlock } from '../../src/domain/letter-blocks.ts'
import { MODE_MARKS } from '../../src/domain/marks.ts'
import type { Field, Payload, Segment } from '../../src/domain/payload.ts'
import type { Act } from '../../src/domain/signature.ts'
import type { Problem, Rendered, RenderInput } from '../channel.ts'

const LEVEL_MARKS: Readonly<Record<Level, string>> = {
  red: '【红色预警】',
  orange: '【橙色预警】',
  yellow: '【黄色预警】',
  blue: '【蓝色预警】',
  routine: '',
}
const ACT_MARKS: Readonly<Record<Act, string>> = {
  publish: '',
  notify: '',
  resend: '',
  amend: '更正：',
  withdraw: '撤下：',
}
const ENTRY_LEVELS: Readonly<Record<EntryLevel, string>> = {
  province: '省级',
  prefecture: '市级',
  county: '县级',
}

export const SUBJECT_CHARACTERS_MAX = 200
export const TEXT_BYTES_MAX = 2 * 1024 * 1024

export interface LetterChoices {
  readonly attachmentBytesMax: number
  readonly publicLink: boolean
  readonly unsubscribe: boolean
}

export function renderLetter(input: RenderInput, choices: LetterChoices): Rendered {
  const { sent, left } = chooseAttachments(input, choices.attachmentBytesMax)
  const withdrawn = input.act === 'withdraw'
  const blocks = withdrawn ? [] : input.blocks
  const top = opening(input)
  const end = [
    ...(withdrawn ? [] : closing(input)),
    sent.length > 0 ? `附件：${sent.map(({ name }) => name).join('、')}` : '',
    left.length > 0 ? `未随信的附件：${left.map(({ name }) => name).join('、')}` : '',
    input.agency.name,
  ]
  const text = [...top, ...blocks.map(textOfBlock), ...end].filter(Boolean).join('\n\n')
  const html = [...top.map(paragraph), ...blocks.map(htmlOfBlock), ...end.map(paragraph)]
  const link: Field = choices.publicLink && !withdrawn ? [{ hole: 'public-url' }] : []
  const fields: Record<string, Field> = {
    subject: [subjectOf(input)],
    text: [text, ...labelled('\n\n原文：', link, '\n')],
    html: [html.filter(Boolean).join('\n'), ...labelled('\n<p>原文：', link, '</p>\n')],
  }
  if (sent.length > 0)
    fields['attachments'] = [sent.map(({ sha256, name }) => `${sha256} ${name}`).join('\n')]
  if (choices.unsubscribe) fields['unsubscribe'] = [{ hole: 'unsubscribe-url' }]
  return { payload: { form: 'html', fields }, losses: lossesOf(blocks, left) }
}

export function checkLetter(payload: Payload): readonly Problem[] {
  const problems: Problem[] = []
  const length = (name: string) =>
    (payload.fields[name] ?? []).reduce((sum, part) => sum + [...stringOf(part)].length, 0)
  const bytes = (name: string) =>
    (payload.fields[name] ?? []).reduce((sum, part) => sum + Buffer.byteLength(stringOf(part)), 0)
  if (length('subject') === 0)
    problems.push({ field: 'subject', text: '邮件主题是空的，请填写标题' })
  if (length('subject') > SUBJECT_CHARACTERS_MAX)
    problems.push({
      field: 'subject',
      text: `邮件主题超过 ${SUBJECT_CHARACTERS_MAX} 字，请缩短标题`,
      limit: SUBJECT_CHARACTERS_MAX,
    })
  for (const field of ['text', 'html'])
    if (bytes(field) > TEXT_BYTES_MAX)
      problems.push({
        field,
        text: `邮件正文超过 ${TEXT_BYTES_MAX / 1024 / 1024} MB，请缩短正文或改为附件`,
        limit: TEXT_BYTES_MAX,
      })
  return problems
}

function stringOf(segment: Segment): string {
  return typeof segment === 'string' ? segment : ''
}

function labelled(before: string, link: Field, after: string): Field {
  return link.length === 0 ? [] : [before, ...link, after]
}

function subjectOf({ mode, level, act, title }: RenderInput): string {
  const mark = LEVEL_MARKS[level]
  // A relayed warning often names its level in its own title.
  const named = mark !== '' && title.includes(mark.slice(1, 3)) && title.includes('预警')
  const subject = `${MODE_MARKS[mode]}${named ? '' : mark}${ACT_MARKS[act]}${title}`
  return subject.replace(/\p{Cc}+/gu, ' ').trim()
}

function opening({ mode, act, title, reason, metadata }: RenderInput): readonly string[] {
  const marked = `${MODE_MARKS[mode]}${title}`
  const why = reason ? `原因：${reason}` : ''
  if (act === 'withdraw')
    return [`${MODE_MARKS[mode]}以下信息已撤下，请停止使用和转发：${title}`, why].filter(Boolean)
  const correction = act === 'amend' ? `更正：此前发出的内容以本邮件为准。${why}` : ''
  return [marked, metadata.documentNumber ?? '', correction].filter(Boolean)
}

function closing({ entries, metadata }: RenderInput): readonly string[] {
  return [
    entries.map(entryLine).join('\n'),
    metadata.source ? `信息来源：${metadata.source}` : '',
    metadata.contact ? `咨询电话：${metadata.contact}` : '',
    metadata.formedOn ?? '',
  ].filter(Boolean)
}

function entryLine({ unit, level, detail }: Entry): string {
  const mark = level ? `（${ENTRY_LEVELS[level]}）` : ''
  return `· ${unit}${mark}${detail ? `：${detail}` : ''}`
}

/** In their order, as long as they fit together. */
function chooseAttachments(input: RenderInput, bytesMax: number) {
  const sent = []
  const left = []
  let bytes = 0
  for (const file of input.act === 'withdraw' ? [] : input.attachments) {
    if (bytes + file.bytes <= bytesMax) {
      bytes += file.bytes
      sent.push(file)
    } else left.push(file)
  }
  return { sent, left }
}

function lossesOf(blocks: readonly Block[], left: readonly { name: string }[]) {
  return [
    ...blocks
      .filter((block) => block.kind === 'picture')
      .map(({ alt }) => `图片不随邮件发出，只留文字说明：${alt || '（无说明）'}`),
    ...left.map(({ name }) => `附件过大，不随邮件发出，正文中列出名称：${name}`),
  ]
}
