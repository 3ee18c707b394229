/** 预案文本的模板: a text with named blanks and where it may go. It refuses a hole in the text that is no
 *  blank of its own, and everything a reviewer could not have seen. */
import type { Block, Level, Mode, RevisionContent } from '../bulletin.ts'
import { LEVELS, MODES, TITLE_CHARACTERS_MAX, whyNotComposable } from '../bulletin.ts'
import type { Refusal } from '../refusal.ts'
import {
  type Blanks,
  type BlankValues,
  hasBraces,
  isPlain,
  length,
  whyNotBlank,
  written,
  wrong,
} from './blanks.ts'

/** A channel the text may go to, with the audiences it may reach there; none for a place. */
export interface PresetChannel {
  readonly channelId: string
  readonly audiences: readonly string[]
  /** 夜间照发 */
  readonly throughQuietHours: boolean
}

export interface Template {
  readonly categoryId: string
  readonly levels: readonly Level[]
  readonly modes: readonly Mode[]
  /** `{{name}}` in title and blocks stands for the blank of that name */
  readonly content: RevisionContent
  readonly blanks: Blanks
  readonly channels: readonly PresetChannel[]
  /** 转发用: our own reminders, one of which stands beside the quoted warning; absent elsewhere */
  readonly reminders?: readonly string[]
}

/** Filled by the quoted message in a template for relays. */
const QUOTE_BLANKS = ['来源', '发布时间'] as const

const BLANKS_MAX = 20
const CHANNELS_MAX = 30
const REMINDERS_MAX = 50
const REMINDER_CHARACTERS_MAX = 500
const NAME = /^[\p{L}\p{N}-]{1,40}$/u
const HOLE = /\{\{([^{}]*)\}\}/gu

/** Undefined when the template may be kept; `requiredFields` are those of its category. */
export function whyNotTemplate(
  template: Template,
  requiredFields: readonly string[],
): Refusal | undefined {
  const { content, blanks, channels } = template
  const names = Object.keys(blanks)
  if (names.length > BLANKS_MAX) return { code: 'too-long', field: 'blanks', limit: BLANKS_MAX }
  for (const name of names) {
    if (!NAME.test(name) || isQuoteBlank(name)) return wrong(`blanks ${name}`, '空格名不可用')
    const refusal = whyNotBlank(blanks[name], `blanks ${name}`)
    if (refusal) return refusal
  }
  const relays = template.reminders !== undefined
  // The quoted warning itself is the body of a relay.
  const fields = relays
    ? requiredFields.filter((one) => one !== 'quote' && one !== 'body')
    : requiredFields
  const refusal = whyNotComposable(content, fields) ?? whyNotReminders(template.reminders)
  if (refusal) return refusal
  if (content.blocks.some((block) => block.kind === 'quote') || content.entries.length > 0)
    return wrong('blocks', '预案文本中不能有引文和条目')
  const unknown = whyHolesUnknown(template, relays)
  if (unknown) return unknown
  if (!within(template.levels, LEVELS)) return { code: 'missing-field', field: 'levels' }
  if (!within(template.modes, MODES)) return { code: 'missing-field', field: 'modes' }
  if (channels.length === 0) return { code: 'missing-field', field: 'channels' }
  if (channels.length > CHANNELS_MAX)
    return { code: 'too-long', field: 'channels', limit: CHANNELS_MAX }
  if (new Set(channels.map((one) => one.channelId)).size !== channels.length)
    return wrong('channels', '同一渠道出现两次')
  return undefined
}

function whyNotReminders(reminders: readonly string[] | undefined): Refusal | undefined {
  if (reminders === undefined) return undefined
  if (reminders.length === 0) return { code: 'missing-field', field: 'reminders' }
  if (reminders.length > REMINDERS_MAX)
    return { code: 'too-long', field: 'reminders', limit: REMINDERS_MAX }
  if (reminders.some((text) => length(text) > REMINDER_CHARACTERS_MAX))
    return { code: 'too-long', field: 'reminders', limit: REMINDER_CHARACTERS_MAX }
  return reminders.every(isPlain) ? undefined : wrong('reminders', '安全提醒为空或含有不可见字符')
}

function whyHolesUnknown(template: Template, relays: boolean): Refusal | undefined {
  const { content, blanks } = template
  const used = new Set<string>()
  const open = mapTexts(content, (text) =>
    text.replaceAll(HOLE, (_, name: string) => {
      used.add(name)
      return ''
    }),
  )
  if (stringsIn(open).some(hasBraces)) return wrong('blocks', '空格的写法应为 {{名称}}')
  for (const name of used) {
    if (!Object.hasOwn(blanks, name) && !(relays && isQuoteBlank(name)))
      return wrong(`blanks ${name}`, '文中的空格没有说明取值范围')
  }
  const idle = Object.keys(blanks).find((name) => !used.has(name))
  return idle === undefined ? undefined : wrong(`blanks ${idle}`, '文中没有用到这个空格')
}

/** The text with its blanks filled; `more` fills the names a relay brings along.
 *  The caller has asked `whyNotValues` before. */
export function fillTemplate(
  template: Template,
  values: BlankValues,
  more: BlankValues = {},
): RevisionContent {
  const known: Record<string, string> = { ...more }
  for (const [name, blank] of Object.entries(template.blanks))
    known[name] = written(blank, values[name] ?? '')
  return mapTexts(template.content, (text) =>
    text.replaceAll(
      HOLE,
      (hole, name: string) => (Object.hasOwn(known, name) ? known[name] : hole) ?? hole,
    ),
  )
}

/** Undefined when the filled text fits; a title may grow past its limit by what was filled in. */
export function whyNotFilled(content: RevisionContent): Refusal | undefined {
  return length(content.title) > TITLE_CHARACTERS_MAX
    ? { code: 'too-long', field: 'title', limit: TITLE_CHARACTERS_MAX }
    : undefined
}

function mapTexts(content: RevisionContent, change: (text: string) => string): RevisionContent {
  return { ...content, title: change(content.title), blocks: content.blocks.map(mapBlock(change)) }
}

function mapBlock(change: (text: string) => string): (block: Block) => Block {
  return (block) => {
    switch (block.kind) {
      case 'paragraph':
      case 'heading':
        return { ...block, text: change(block.text) }
      case 'list':
        return { ...block, items: block.items.map(change) }
      case 'table':
        return {
          ...block,
          header: block.header.map(change),
          rows: block.rows.map((row) => row.map(change)),
        }
      default:
        return block
    }
  }
}

function isQuoteBlank(name: string): boolean {
  return QUOTE_BLANKS.some((one) => one === name)
}

function within<T>(some: readonly T[], all: readonly T[]): boolean {
  return some.length > 0 && some.every((one) => all.includes(one))
}

function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : []
}
