/** 人工代发: the road every channel can have. It renders copy-ready fields in the order of the platform's
 *  own form and leaves the posting to a person; it never cuts a text, and says what is too long. */
import { z } from 'zod'
import { type Level, plainText } from '../src/domain/bulletin.ts'
import { MODE_MARKS } from '../src/domain/marks.ts'
import type { Outcome } from '../src/domain/outcome.ts'
import type { Field, Payload } from '../src/domain/payload.ts'
import { schemaProblems } from '../src/kit/schema-problems.ts'
import {
  type Adapter,
  type Capabilities,
  type Channel,
  type Problem,
  type Rendered,
  type RenderInput,
  type SendBatch,
  SettingsFault,
} from './channel.ts'

const ADAPTER = 'by-hand'
const MINUTE_MS = 60_000
const MINUTES_MAX = 30 * 24 * 60
const BATCH_MAX = 1_000
const LINK = /https?:\/\/[^\s，。；、）]+/g
const CONTENTS = [
  ...['title', 'text', 'summary', 'category', 'document-number', 'formed-on'],
  ...['source', 'section', 'attachments'],
] as const
type Content = (typeof CONTENTS)[number]

const MINUTES: Readonly<Record<Level, number>> = {
  red: 30,
  orange: 60,
  yellow: 120,
  blue: 240,
  routine: 24 * 60,
}
/** 行政处罚法第四十八条: an annulled penalty is withdrawn within three days. */
const PENALTY_MINUTES_MAX = 3 * 24 * 60
/** Names begin with a digit, because a payload keeps its fields in the order of their names. */
const TASK = '0 办理'
const DEADLINE = '9 时限'

const minutes = z.int().min(1).max(MINUTES_MAX)
const schema = z.strictObject({
  addressing: z.enum(['place', 'group', 'recipient']),
  /** the platform's own form, from top to bottom */
  fields: z
    .array(
      z.strictObject({
        label: z.string().regex(/^[^\p{Cc}]{1,20}$/u, '请填写表单上的栏目名称，最多 20 字'),
        content: z.enum(CONTENTS),
        charactersMax: z.int().min(1).max(200_000).optional(),
      }),
    )
    .min(1)
    .max(8),
  /** false where the platform shows an address as dead text */
  links: z.boolean().default(true),
  /** minutes a person has, by level */
  minutes: z
    .strictObject({
      red: minutes,
      orange: minutes,
      yellow: minutes,
      blue: minutes,
      routine: minutes,
    })
    .partial()
    .default({}),
})
type HandSettings = z.output<typeof schema>

export const byHand: Adapter = {
  adapter: ADAPTER,
  create(given) {
    const read = schema.safeParse(given, { error: z.locales.zhCN().localeError })
    if (!read.success) throw new SettingsFault(ADAPTER, schemaProblems(read.error.issues))
    return channelOf(read.data)
  },
}

function channelOf(settings: HandSettings): Channel {
  const answer = async (batch: SendBatch): Promise<readonly Outcome[]> => {
    const outcome: Outcome = { kind: 'awaiting', on: 'hand', withinMs: withinMsOf(batch) }
    return batch.recipients.map(() => outcome)
  }
  return {
    adapter: ADAPTER,
    runsOn: ['node', 'worker'],
    capabilities: capabilitiesOf(settings),
    render: (input) => render(settings, input),
    check: (payload) => check(settings, payload),
    send: answer,
    update: answer,
    retract: answer,
    health: async () => ({ state: 'ok', detail: '由工作人员代发，不依赖外部接口' }),
    close: async () => undefined,
  }
}

function capabilitiesOf({ addressing, fields }: HandSettings): Capabilities {
  const limitOf = (content: Content) =>
    fields.find((field) => field.content === content)?.charactersMax
  const title = limitOf('title')
  const text = limitOf('text')
  return {
    addressing,
    batchMax: addressing === 'place' ? 1 : BATCH_MAX,
    // Nothing goes out: a crash leaves no recipient unsure.
    perCall: 'batch',
    limits: {
      ...(title === undefined ? {} : { titleCharactersMax: title }),
      ...(text === undefined ? {} : { textCharactersMax: text }),
    },
    // The same task is made once by the hub, whatever is asked twice.
    idempotency: 'replace',
    receipts: 'none',
    countsWhen: 'confirmed',
    retract: 'delete',
    concurrencyMax: 4,
  }
}

/** The time a person has was signed with the payload and stands in it. */
function withinMsOf({ fields, recipients }: SendBatch): number {
  const text = (recipients[0]?.fields ?? fields)[DEADLINE] ?? ''
  const found = /(\d{1,6}) 分钟/.exec(text)?.[1]
  return Math.min(found ? Number(found) : MINUTES.routine, MINUTES_MAX) * MINUTE_MS
}

function render(settings: HandSettings, input: RenderInput): Rendered {
  const { mode, act, level } = input
  const annulled = act === 'withdraw' && input.category.id === 'penalty'
  const given = settings.minutes[level]
  const withinMinutes = annulled
    ? Math.min(given ?? PENALTY_MINUTES_MAX, PENALTY_MINUTES_MAX)
    : (given ?? MINUTES[level])
  const fields: Record<string, Field> = {}
  const task = taskOf(settings, input)
  if (task !== '') fields[TASK] = [`${MODE_MARKS[mode]}${task}`]
  const form = act === 'withdraw' ? [] : settings.fields
  form.forEach((field, index) => {
    const text = contentOf(field.content, input)
    // A mark on every text a reader may see alone; an empty field stays empty.
    const marked = ['title', 'text', 'summary'].includes(field.content)
    fields[`${index + 1} ${field.label}`] = [
      text !== '' && marked ? `${MODE_MARKS[mode]}${text}` : text,
    ]
  })
  const law = annulled ? '（行政处罚法第四十八条：3 日内撤回并公开说明理由）' : ''
  fields[DEADLINE] = [`请在 ${withinMinutes} 分钟内完成，并登记链接或截图${law}`]
  return { payload: { form: 'fields', fields }, losses: lossesOf(settings, input) }
}

function taskOf(
  { addressing }: HandSettings,
  { act, title, reason }: Pick<RenderInput, 'act' | 'title' | 'reason'>,
): string {
  const why = reason ? `原因：${reason}` : ''
  if (act === 'amend') return `请更正平台上已发布的《${title}》。${why}`
  if (act === 'withdraw' && addressing !== 'place')
    return `请撤回已发出的《${title}》，撤不回的请发一条撤下说明。${why}`
  if (act === 'withdraw') return `请撤下平台上已发布的《${title}》。${why}`
  return ''
}

function contentOf(content: Content, input: RenderInput): string {
  const { metadata } = input
  switch (content) {
    case 'title':
      return input.title
    case 'text':
      return [plainText(input.blocks), ...input.entries.map(entryLine)].filter(Boolean).join('\n')
    case 'summary':
      return metadata.summary ?? ''
    case 'category':
      return input.category.name
    case 'document-number':
      return metadata.documentNumber ?? ''
    case 'formed-on':
      return metadata.formedOn ?? ''
    case 'source':
      return metadata.source ?? input.agency.name
    case 'section':
      return metadata.section ?? ''
    case 'attachments':
      return input.attachments.map(({ name }) => name).join('\n')
  }
}

function entryLine({ unit, detail }: RenderInput['entries'][number]): string {
  return detail ? `${unit}：${detail}` : unit
}

function lossesOf(settings: HandSettings, input: RenderInput): readonly string[] {
  if (input.act === 'withdraw') return []
  const pictures = input.blocks.filter((block) => block.kind === 'picture').length
  const links = plainText(input.blocks).match(LINK)?.length ?? 0
  const hasAttachments = settings.fields.some((field) => field.content === 'attachments')
  return [
    ...(pictures > 0 ? [`${pictures} 张图片需由代发人另行上传，文字中只留说明`] : []),
    ...(!settings.links && links > 0 ? [`该平台不能点开链接，${links} 个链接只显示为文字`] : []),
    ...(!hasAttachments && input.attachments.length > 0
      ? [`该平台没有附件栏，${input.attachments.length} 个附件不发布`]
      : []),
  ]
}

function check(settings: HandSettings, payload: Payload): readonly Problem[] {
  return settings.fields.flatMap(({ label, charactersMax }, index) => {
    const field = payload.fields[`${index + 1} ${label}`] ?? []
    const text = field.map((segment) => (typeof segment === 'string' ? segment : '')).join('')
    if (charactersMax === undefined || [...text].length <= charactersMax) return []
    return [
      {
        field: label,
        text: `“${label}”有 ${[...text].length} 字，该平台最多 ${charactersMax} 字，请缩短后再签发`,
        limit: charactersMax,
      },
    ]
  })
}
