/** 图文 as it will be read, rendered once at signing: title, author, digest, content, cover, link. Pictures
 *  stand in the content under the hash that is signed; the platform's address takes its place on the way.
 *  Source of the limits: 公众号文档 draft_add. */
import type { Attachment, Block, Mode } from '../../src/domain/bulletin.ts'
import { MODE_MARKS } from '../../src/domain/marks.ts'
import type { Field, Payload } from '../../src/domain/payload.ts'
import type { Problem, Rendered, RenderInput } from '../channel.ts'
import { blockHtml, entriesHtml, heading, paragraph, pictureMark } from './blocks.ts'
import type { OfficialSettings } from './settings.ts'

export const TITLE_CHARACTERS_MAX = 32
const DIGEST_CHARACTERS_MAX = 128
/** must stay below */
export const CONTENT_CHARACTERS_MAX = 20_000
export const CONTENT_BYTES_MAX = 1024 * 1024
const LINK_BYTES_MAX = 1_024
/** what an address of the platform is reckoned to take in place of a hash */
const PICTURE_CHARACTERS = 300
/** 图片仅支持 jpg/png 格式，大小必须在 1MB 以下 (公众号文档, uploadImage). */
export const PICTURE_BYTES_MAX = 1024 * 1024

const MODE_NOTES: Readonly<Record<Mode, string>> = {
  earnest: '',
  exercise: '【演练】这是一次演练，不是真实信息。',
  test: '【测试】这是一次渠道测试，不是真实信息。',
}

const FIELDS = ['title', 'author', 'digest', 'content', 'cover', 'link', 'reason'] as const
type FieldName = (typeof FIELDS)[number]

/** What `cover` begins with: a picture of the item, or a permanent material of the account. */
export const COVER_PICTURE = 'picture:'
export const COVER_MEDIA = 'media:'

export function renderOfficial(settings: OfficialSettings, input: RenderInput): Rendered {
  if (input.act === 'withdraw') return { payload: payloadOf(withdrawn(input)), losses: [] }
  const losses: string[] = []
  const mark = MODE_MARKS[input.mode]
  const whole = input.title.startsWith(mark) ? input.title : `${mark}${input.title}`
  const title = shortened(settings, whole)
  if (title !== whole) losses.push(`标题超过 ${TITLE_CHARACTERS_MAX} 字，列表中显示为：${title}`)
  const blocks = input.blocks.map((block) => suitable(block, input.attachments, losses))
  const first = blocks.find((block) => block.kind === 'picture')
  const inText = new Set(input.blocks.map((block) => block.kind === 'picture' && block.sha256))
  for (const { sha256, name } of input.attachments)
    if (!inText.has(sha256)) losses.push(`公众号没有附件，不随文发出：${name}`)
  const content = [
    paragraph(MODE_NOTES[input.mode]),
    input.act === 'amend' ? paragraph(`更正说明：${reasonOf(input)}`) : '',
    title === whole ? '' : heading(whole),
    ...blocks.map(blockHtml),
    entriesHtml(input.entries),
  ]
  const payload = payloadOf({
    title: [title],
    author: [settings.author ?? ''],
    digest: [input.metadata.summary ?? ''],
    content: [content.filter(Boolean).join('\n')],
    cover: [coverOf(settings, first)],
    link: settings.link ? [{ hole: 'public-url' }] : [''],
    reason: [input.act === 'amend' ? reasonOf(input) : ''],
  })
  return { payload, losses }
}

function payloadOf(fields: Readonly<Record<FieldName, Field>>): Payload {
  return { form: 'fields', fields }
}

/** A withdrawn item keeps neither title nor text, because they may be the very reason. */
function withdrawn(input: RenderInput): Readonly<Record<FieldName, Field>> {
  const why = reasonOf(input)
  return {
    ...{ title: [`${MODE_MARKS[input.mode]}本信息已撤下`], author: [''], digest: [''] },
    ...{ content: [paragraph(`撤下原因：${why}`)], cover: [''], link: [''], reason: [why] },
  }
}

function reasonOf({ act, reason }: RenderInput): string {
  const mended = '内容有更正，以现在的内容为准'
  return reason?.trim() || (act === 'withdraw' ? '发布机关决定撤下' : mended)
}

function shortened({ shortenTitle }: OfficialSettings, title: string): string {
  const characters = [...title]
  if (!shortenTitle || characters.length <= TITLE_CHARACTERS_MAX) return title
  return `${characters.slice(0, TITLE_CHARACTERS_MAX - 1).join('')}…`
}

/** A picture the platform certainly does not take becomes its description, and the preview says so. */
function suitable(block: Block, attachments: readonly Attachment[], losses: string[]): Block {
  if (block.kind !== 'picture') return block
  const { sha256, alt } = block
  const known = attachments.find((one) => one.sha256 === sha256)
  const good =
    /^[0-9a-f]{64}$/.test(sha256) &&
    (!known || (isPicture(known) && known.bytes < PICTURE_BYTES_MAX))
  if (good) return block
  losses.push(`图片不是 1 MB 以内的 jpg 或 png，只留文字说明：${alt || '（无说明）'}`)
  return { kind: 'paragraph', text: alt === '' ? '' : `〔图片：${alt}〕` }
}

function isPicture({ mediaType }: Attachment): boolean {
  return mediaType === 'image/jpeg' || mediaType === 'image/png'
}

function coverOf(settings: OfficialSettings, first: Block | undefined): string {
  if (settings.coverFromPicture && first?.kind === 'picture')
    return `${COVER_PICTURE}${first.sha256}`
  return settings.coverMediaId === undefined ? '' : `${COVER_MEDIA}${settings.coverMediaId}`
}

const LIMITS: readonly (readonly [FieldName, string, number])[] = [
  ['title', '标题', TITLE_CHARACTERS_MAX],
  ['digest', '摘要', DIGEST_CHARACTERS_MAX],
]

export function checkOfficial(payload: Payload): readonly Problem[] {
  const problems: Problem[] = []
  const add = (field: string, text: string, limit?: number) =>
    problems.push({ field, text, ...(limit === undefined ? {} : { limit }) })
  if (payload.form !== 'fields') add('form', '本渠道只接受字段形式，请重新生成')
  const text = (name: FieldName) => textOf(payload.fields[name])
  for (const name of FIELDS)
    if (!payload.fields[name]) add(name, '内容不全，请重新生成')
    else if (/[^\P{Cc}\n\t]|\p{Cs}/u.test(text(name))) add(name, '含有不能显示的控制字符，请删去')
  for (const [name, label, max] of LIMITS) {
    const { length } = [...text(name)]
    if (length > max) add(name, `${label} ${length} 字，公众号最多 ${max} 字，请缩短`, max)
  }
  if (text('title').trim() === '') add('title', '标题是空的，请填写')
  if (/[\n\t]/.test(text('title'))) add('title', '标题含有换行或制表符，请删去')
  const content = text('content')
  const pictures = content.split(pictureMark('')).length - 1
  const characters = [...content].length + pictures * PICTURE_CHARACTERS
  if (content.trim() === '') add('content', '正文是空的，公众号不收，请填写')
  if (characters >= CONTENT_CHARACTERS_MAX)
    add(
      'content',
      `正文连同格式约 ${characters} 字，公众号须少于 ${CONTENT_CHARACTERS_MAX} 字，请缩短`,
      CONTENT_CHARACTERS_MAX,
    )
  else if (Buffer.byteLength(content) >= CONTENT_BYTES_MAX)
    add('content', '正文超过 1 MB，请缩短', CONTENT_BYTES_MAX)
  if (Buffer.byteLength(text('link')) > LINK_BYTES_MAX)
    add('link', '原文链接超过 1 KB，请核对', LINK_BYTES_MAX)
  if (text('cover') === '' && text('reason') === '')
    add('cover', '没有封面，请在正文加一张图片，或在渠道设置中填写 coverMediaId')
  return problems
}

function textOf(field: Field | undefined): string {
  return (field ?? []).filter((part) => typeof part === 'string').join('')
}
