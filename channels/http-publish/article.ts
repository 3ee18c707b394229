/** What a platform will show of one item, rendered once at signing: only the fields its profile uses, with
 *  holes for the index number, the publishing time and the public address. */
import type { Block, Mode } from '../../src/domain/bulletin.ts'
import { MODE_MARKS } from '../../src/domain/marks.ts'
import type { Field, Payload, Segment } from '../../src/domain/payload.ts'
import type { Problem, Rendered, RenderInput } from '../channel.ts'
import { blockText, entriesText, escapeHtml, joined, paragraph } from './blocks.ts'
import { codePointText, unencodable } from './charset.ts'
import { FIELDS, type FieldName, type Profile } from './profile.ts'
import type { PublishSettings } from './settings.ts'
import { unprintable } from './template.ts'

const MODE_NOTES: Readonly<Record<Mode, string>> = {
  earnest: '',
  exercise: '【演练】这是一次演练，不是真实信息。',
  test: '【测试】这是一次渠道测试，不是真实信息。',
}
const DISCLOSURE_MODES = {
  proactive: '主动公开',
  'on-application': '依申请公开',
  withheld: '不予公开',
} as const

/** One `sha256 name` a line: the attachments this signature covers, in their order. */
const ATTACHMENTS = 'attachments'
const REASON = 'reason'
const FIELD_BYTES_MAX = 4 * 1024 * 1024

const NAMES: Readonly<Record<string, string>> = {
  title: '标题',
  body: '正文',
  summary: '摘要',
  keywords: '关键词',
  column: '栏目',
  category: '信息分类',
  indexNumber: '索引号',
  documentNumber: '文号',
  publisher: '发布机构',
  section: '公开责任部门',
  formedOn: '成文日期',
  publishedOn: '发布日期',
  disclosureMode: '公开方式',
  disclosurePeriod: '公开时限',
  audienceScope: '公开范围',
  subjectClass: '主题分类',
  genreClass: '体裁分类',
  validity: '有效性',
  source: '信息来源',
  contact: '咨询电话',
  attachments: '附件名称',
  reason: '原因',
}

export function renderArticle(settings: PublishSettings, input: RenderInput): Rendered {
  const { profile } = settings
  const fields: Record<string, Field> = {}
  const losses: string[] = []
  for (const name of FIELDS) {
    const rule = profile.fields[name]
    if (!rule) continue
    const value = contentOf(name, settings, input)
    const [only] = value
    const mapped =
      value.length === 1 && typeof only === 'string' ? (rule.values?.[only] ?? only) : undefined
    const written = name !== 'body' && rule.as === 'html' ? mapped && escapeHtml(mapped) : mapped
    fields[name] = written === undefined ? value : [written]
  }
  const gone = input.act === 'withdraw'
  if (input.act === 'amend' || gone) fields[REASON] = [reasonOf(input)]
  if (!gone && profile.steps.upload && input.attachments.length > 0)
    fields[ATTACHMENTS] = [
      input.attachments.map(({ sha256, name }) => `${sha256} ${name}`).join('\n'),
    ]
  if (!gone) losses.push(...lossesOf(settings, input))
  return { payload: { form: 'fields', fields }, losses }
}

function reasonOf({ act, reason }: RenderInput): string {
  const mended = '内容有更正，以现在的内容为准'
  return reason?.trim() || (act === 'withdraw' ? '发布机关决定撤下' : mended)
}

function contentOf(name: FieldName, settings: PublishSettings, input: RenderInput): Field {
  const { metadata, agency, category } = input
  const text = (value: string | undefined): Field => [value ?? '']
  switch (name) {
    case 'title':
      return [titleOf(input)]
    case 'body':
      return [bodyOf(settings, input)]
    case 'column':
      return text(columnOf(settings, category.id))
    case 'category':
      return [category.name]
    case 'publisher':
      return [agency.name]
    case 'externalId':
      return [`${settings.externalIdPrefix}${agency.id}-${input.bulletinId}`]
    case 'indexNumber':
      return input.mode === 'earnest' ? [{ hole: 'index-number' }] : ['']
    case 'publishedOn':
      return [{ hole: 'published-at' }]
    case 'publicUrl':
      return [{ hole: 'public-url' }]
    case 'disclosureMode':
      return text(metadata.disclosureMode && DISCLOSURE_MODES[metadata.disclosureMode])
    case 'keywords':
      return text(input.act === 'withdraw' ? '' : metadata.keywords?.join('；'))
    case 'summary':
      return text(input.act === 'withdraw' ? '' : metadata.summary)
    default:
      return text(metadata[name])
  }
}

/** A withdrawn item keeps neither title nor text, because they may be the very reason. */
function titleOf({ mode, act, title }: RenderInput): string {
  const mark = MODE_MARKS[mode]
  const shown = act === 'withdraw' ? '本信息已撤下' : title
  return shown.startsWith(mark) ? shown : `${mark}${shown}`
}

function bodyOf({ profile }: PublishSettings, input: RenderInput): string {
  const form = profile.fields.body?.as ?? 'html'
  const { act, mode, category, agency } = input
  const note = MODE_NOTES[mode] && paragraph(MODE_NOTES[mode], form)
  if (act === 'withdraw') {
    const gone = `这里原有一条「${category.name}」信息，已由${agency.name}撤下，请不要再引用或转发。`
    return joined(
      [note, paragraph(gone, form), paragraph(`撤下原因：${reasonOf(input)}`, form)],
      form,
    )
  }
  const mended = act === 'amend' ? paragraph(`更正说明：${reasonOf(input)}`, form) : ''
  const blocks = input.blocks.map((block) => blockText(block, form))
  return joined([note, mended, ...blocks, entriesText(input.entries, form)], form)
}

function lossesOf(settings: PublishSettings, input: RenderInput): readonly string[] {
  const { profile } = settings
  const losses = input.blocks
    .filter((block: Block) => block.kind === 'picture')
    .map(({ alt }) => `图片不随正文发出，只留文字说明：${alt || '（无说明）'}`)
  for (const { name, bytes } of input.attachments) {
    if (!profile.steps.upload) losses.push(`平台方案没有上传附件的步骤，附件不随信息发出：${name}`)
    else if (bytes > settings.attachmentBytesMax)
      losses.push(
        `附件超过 ${settings.attachmentBytesMax} 字节，平台不会收，请压缩或调整渠道设置：${name}`,
      )
  }
  if (profile.fields.column && columnOf(settings, input.category.id) === undefined)
    losses.push(
      `事项「${input.category.name}」还没有对应的平台栏目，请在渠道设置 columns 中添加 ${input.category.id}`,
    )
  const { disclosureMode } = input.metadata
  if (disclosureMode === 'withheld' || disclosureMode === 'on-application')
    losses.push('公开方式不是「主动公开」，这条信息不应发布到公开平台，请核对后再送签')
  return losses
}

/** 栏目映射 of this road; a category it does not name has the default or none. */
function columnOf({ columns, columnDefault }: PublishSettings, categoryId: string) {
  return Object.hasOwn(columns, categoryId) ? columns[categoryId] : columnDefault
}

export function checkArticle(settings: PublishSettings, payload: Payload): readonly Problem[] {
  const { profile } = settings
  const problems: Problem[] = []
  if (payload.form !== 'fields')
    problems.push({ field: 'form', text: '本渠道只接受字段形式，请重新生成' })
  for (const name of FIELDS) {
    const rule = profile.fields[name]
    if (!rule) continue
    const field = payload.fields[name]
    const label = NAMES[name] ?? name
    if (!field) {
      problems.push({ field: name, text: `缺少${label}，请重新生成` })
      continue
    }
    const empty = field.every((part) => typeof part === 'string' && part.trim() === '')
    if (empty && name === 'column')
      problems.push({
        field: name,
        text: '这一事项没有对应的平台栏目，请在渠道设置 columns 中添加',
      })
    else if (empty && (rule.required || name === 'title'))
      problems.push({ field: name, text: `${label}是空的，平台要求填写` })
    const characters = [...textOf(field)].length
    const limit = rule.charactersMax
    if (limit !== undefined && characters > limit)
      problems.push({
        field: name,
        text: `${label} ${characters} 字，超过平台上限 ${limit} 字，请缩短`,
        limit,
      })
  }
  for (const [name, field] of Object.entries(payload.fields))
    problems.push(...textProblems(profile, name, textOf(field)))
  return problems
}

/** What no place of a request could carry unchanged. */
function textProblems(profile: Profile, name: string, text: string): readonly Problem[] {
  const label = NAMES[name] ?? name
  const bad = unprintable(text)
  if (bad !== undefined)
    return [{ field: name, text: `${label}里有不能显示的字符 ${codePointText(bad)}，请删去` }]
  if (name === 'title' && /[\r\n\t]/.test(text))
    return [{ field: name, text: `${label}里有换行或制表符，请删去` }]
  const missing = unencodable(text, profile.charset)
  if (missing !== undefined)
    return [
      {
        field: name,
        text: `平台的字符集 ${profile.charset} 写不出${label}里的 ${codePointText(missing)}，请改写`,
      },
    ]
  if (Buffer.byteLength(text) > FIELD_BYTES_MAX)
    return [
      {
        field: name,
        text: `${label}超过 ${FIELD_BYTES_MAX} 字节，请缩短或改为附件`,
        limit: FIELD_BYTES_MAX,
      },
    ]
  if (name === ATTACHMENTS && /["\\]|[^\P{Cc}\n]/u.test(text))
    return [{ field: name, text: '附件名称含有引号、反斜线或控制字符，请改名后重新上传' }]
  return []
}

function textOf(field: Field): string {
  return field.filter((part: Segment) => typeof part === 'string').join('')
}
