/** Renders one revision as a letter to a desk: 新闻通稿, 更正函 or 撤稿函, as plain text and simple HTML, with
 *  the list of files that travel with it. Pure; what a letter cannot show is a loss. */
import type { Attachment, Block, Entry, Level } from '../../src/domain/bulletin.ts'
import { htmlOfBlock, paragraph, textOfBlock } from '../../src/domain/letter-blocks.ts'
import { MODE_MARKS } from '../../src/domain/marks.ts'
import type { Field, Payload, Segment } from '../../src/domain/payload.ts'
import type { Act } from '../../src/domain/signature.ts'
import type { Problem, Rendered, RenderInput } from '../channel.ts'
import type { PressSettings } from './settings.ts'

const LEVEL_MARKS: Readonly<Record<Level, string>> = {
  red: '【红色预警】',
  orange: '【橙色预警】',
  yellow: '【黄色预警】',
  blue: '【蓝色预警】',
  routine: '',
}
const KINDS: Readonly<Record<Act, string>> = {
  publish: '新闻通稿',
  notify: '新闻通稿',
  resend: '新闻通稿',
  amend: '更正函',
  withdraw: '撤稿函',
}
/** The desk sees that it is a signed text and not a draft on its way. */
const SIGNED_MARK = '本稿已经保密审查并由本单位负责人签发，未经本单位同意请勿改动事实和数字。'
const ASK_FOR_CLIPPING =
  '刊播后请回复本邮件告知日期、版面或节目及链接，或附样报、截图，以便登记刊播凭证。'

export const SUBJECT_CHARACTERS_MAX = 200
export const TEXT_BYTES_MAX = 2 * 1024 * 1024
const PICTURE_LOSS = '图片不排在信的正文里，只留文字说明；需要刊发的图片请作附件'

type LetterSettings = Pick<PressSettings, 'outlet' | 'contact' | 'embargo' | 'attachmentBytesMax'>

export function renderPressLetter(input: RenderInput, settings: LetterSettings): Rendered {
  const withdrawn = input.act === 'withdraw'
  const given = withdrawn ? [] : input.attachments
  const { sent, left } = fitting(given, settings.attachmentBytesMax)
  const blocks = withdrawn ? [] : input.blocks
  const top = opening(input, settings)
  const end = closing(input, settings, { sent, left })
  const text = [...top, ...blocks.map(textOfBlock), ...end].filter(Boolean).join('\n\n')
  const html = [...top.map(paragraph), ...blocks.map(htmlOfBlock), ...end.map(paragraph)]
  const fields: Record<string, Field> = {
    outlet: [settings.outlet],
    subject: [subjectOf(input)],
    text: [text],
    html: [html.filter(Boolean).join('\n')],
  }
  if (sent.length > 0)
    fields['attachments'] = [sent.map(({ sha256, name }) => `${sha256} ${name}`).join('\n')]
  return { payload: { form: 'html', fields }, losses: lossesOf(blocks, left) }
}

export function checkPressLetter(payload: Payload): readonly Problem[] {
  const problems: Problem[] = []
  const said = (name: string) => (payload.fields[name] ?? []).map(stringOf).join('')
  const subject = [...said('subject')].length
  if (subject === 0) problems.push({ field: 'subject', text: '邮件主题是空的，请填写标题' })
  if (subject > SUBJECT_CHARACTERS_MAX)
    problems.push({
      field: 'subject',
      text: `邮件主题超过 ${SUBJECT_CHARACTERS_MAX} 字，请缩短标题`,
      limit: SUBJECT_CHARACTERS_MAX,
    })
  for (const field of ['text', 'html'])
    if (Buffer.byteLength(said(field)) > TEXT_BYTES_MAX)
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

function subjectOf({ mode, level, act, title, agency }: RenderInput): string {
  const mark = LEVEL_MARKS[level]
  // A relayed warning often names its level in its own title.
  const named = mark !== '' && title.includes(mark.slice(1, 3)) && title.includes('预警')
  const subject = `${MODE_MARKS[mode]}${named ? '' : mark}${KINDS[act]}：${title}（${agency.shortName}）`
  return subject.replace(/\p{Cc}+/gu, ' ').trim()
}

function opening(input: RenderInput, { outlet, embargo }: LetterSettings): readonly string[] {
  const { mode, act, title, reason, metadata } = input
  const mark = MODE_MARKS[mode]
  const why = reason ? `原因：${reason}` : ''
  const drill = mode === 'earnest' ? '' : `${mark}本邮件仅供${mark.slice(1, 3)}，请勿刊播。`
  if (act === 'withdraw')
    return [
      `${outlet}：`,
      drill,
      `${mark}我单位此前发出的《${title}》现予撤稿。`,
      '尚未刊播的，请不要刊播；已经刊播的，请撤下网络版，并请告知处理结果。是否刊登启事由贵方决定。',
      why,
    ]
  const correction =
    act === 'amend'
      ? '我单位此前发出的稿件有更正，请以本函所附全文为准；已经刊播的，请予更正并告知刊播情况。'
      : '现送上新闻通稿一篇，请予刊播。'
  return [
    `${outlet}：`,
    drill,
    correction,
    act === 'amend' ? why : '',
    `刊播要求：${embargo}`,
    `${mark}${title}`,
    metadata.documentNumber ?? '',
  ]
}

function closing(
  { act, entries, metadata, agency, category }: RenderInput,
  { contact }: LetterSettings,
  { sent, left }: Fitting,
): readonly string[] {
  const withdrawn = act === 'withdraw'
  const text = [
    entries.map(entryLine).join('\n'),
    metadata.source ? `信息来源：${metadata.source}` : '',
    metadata.contact ? `咨询电话：${metadata.contact}` : '',
    sent.length > 0 ? `附件：${sent.map(({ name }) => name).join('、')}` : '',
    left.length > 0 ? `未随信的附件：${left.map(({ name }) => name).join('、')}` : '',
    '（完）',
    `类别：${category.name}`,
    SIGNED_MARK,
    ASK_FOR_CLIPPING,
  ]
  return [
    ...(withdrawn ? [] : text),
    `联系人：${contact}`,
    [agency.name, withdrawn ? '' : (metadata.formedOn ?? '')].filter(Boolean).join('\n'),
  ]
}

function entryLine({ unit, detail }: Entry): string {
  return `· ${unit}${detail ? `：${detail}` : ''}`
}

interface Fitting {
  readonly sent: readonly Attachment[]
  readonly left: readonly Attachment[]
}

/** In their order, as long as they fit together. */
function fitting(files: readonly Attachment[], bytesMax: number): Fitting {
  const sent: Attachment[] = []
  const left: Attachment[] = []
  let bytes = 0
  for (const file of files) {
    if (bytes + file.bytes <= bytesMax) {
      bytes += file.bytes
      sent.push(file)
    } else left.push(file)
  }
  return { sent, left }
}

function lossesOf(blocks: readonly Block[], left: readonly Attachment[]): readonly string[] {
  return [
    ...(blocks.some((block) => block.kind === 'picture') ? [PICTURE_LOSS] : []),
    ...left.map(({ name }) => `附件过大，不随邮件发出，正文中列出名称：${name}`),
  ]
}
