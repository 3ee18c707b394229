/** 转发: another body's warning, word for word, with one of our own signed reminders beside it. It refuses
 *  a changed quote, a source nobody registered and a channel that would cut the quote. */
import type { Block, RevisionContent } from '../bulletin.ts'
import type { Payload } from '../payload.ts'
import type { Refusal } from '../refusal.ts'
import { minuteOf } from '../year.ts'
import { type BlankValues, wrong } from './blanks.ts'
import type { OrderLimits } from './standing-order.ts'
import { fillTemplate, type Template } from './template.ts'

/** 来源单位的种类 */
export const SOURCE_KINDS = [
  'weather',
  'water',
  'natural-resources',
  'fire',
  'emergency',
  'government',
  'other',
] as const
export type SourceKind = (typeof SOURCE_KINDS)[number]

/** A warning as it came from its source. */
export interface ReceivedMessage {
  readonly sourceName: string
  readonly text: string
  readonly issuedAt: Date
}

export const SOURCE_NAME_CHARACTERS_MAX = 60
const QUOTE_CHARACTERS_MAX = 2_000
const HOUR_MS = 3_600_000
const CLOCK_AHEAD_MS_MAX = 10 * 60_000

/** Line ends and tabs belong to a text; anything else a reader would not see does not. */
const UNSEEN = /(?![\n\r\t])[\p{Cc}\p{Cf}\u2028\u2029]/u

/** Undefined when the message may be kept as received at `receivedAt`. */
export function whyNotReceivable(
  text: string,
  issuedAt: Date,
  receivedAt: Date,
): Refusal | undefined {
  if (text.trim() === '') return { code: 'missing-field', field: 'text' }
  if ([...text].length > QUOTE_CHARACTERS_MAX)
    return { code: 'too-long', field: 'text', limit: QUOTE_CHARACTERS_MAX }
  // What is signed is kept in composed form; another form would be changed by that without a word.
  if (UNSEEN.test(text) || text !== text.normalize('NFC'))
    return wrong('text', '含有不可见字符或未规范的字符，请向来源索取纯文本')
  if (Number.isNaN(issuedAt.getTime())) return { code: 'missing-field', field: 'issuedAt' }
  return issuedAt.getTime() > receivedAt.getTime() + CLOCK_AHEAD_MS_MAX
    ? wrong('issuedAt', '发布时间晚于收到时间')
    : undefined
}

export interface RelaySituation {
  readonly limits: OrderLimits
  readonly template: Template
  readonly sourceId: number
  readonly confirmed: boolean
  readonly received: ReceivedMessage
  /** what the duty officer is about to pass on */
  readonly given: string
  readonly reminder: number
  readonly at: Date
}

export function whyNotRelayable(situation: RelaySituation): Refusal | undefined {
  const { limits, template, received, at } = situation
  if (!limits.relay || !template.reminders) return wrong('standingOrder', '这项授权不是转发授权')
  if (!situation.confirmed || !limits.relay.sourceIds.includes(situation.sourceId))
    return { code: 'source-unknown' }
  if (situation.given !== received.text) return { code: 'quote-changed' }
  if (at.getTime() - received.issuedAt.getTime() > limits.relay.quoteHoursMax * HOUR_MS)
    return {
      ...wrong('issuedAt', '预警已经过时，请核实是否仍然有效'),
      limit: limits.relay.quoteHoursMax,
    }
  return template.reminders[situation.reminder] === undefined
    ? wrong('reminder', '安全提醒不在授权之内')
    : undefined
}

/** The filled text with the quote before it and the reminder after the quote. */
export function relayContent(
  template: Template,
  values: BlankValues,
  reminder: number,
  received: ReceivedMessage,
): RevisionContent {
  const issuedAt = minuteOf(received.issuedAt)
  const more = { 来源: received.sourceName, 发布时间: issuedAt }
  const filled = fillTemplate(template, values, more)
  const { text, sourceName: source } = received
  const quote: Block = { kind: 'quote', text, source, issuedAt }
  const own: Block = { kind: 'paragraph', text: template.reminders?.[reminder] ?? '' }
  return {
    ...filled,
    blocks: [quote, own, ...filled.blocks],
    metadata: { ...filled.metadata, source },
  }
}

/** Refuses a road that would say less than the source did; how it breaks lines is its own affair. */
export function whyQuoteCut(payload: Payload, quote: string): Refusal | undefined {
  const wanted = bare(quote)
  const kept = Object.values(payload.fields).some((segments) => {
    const field = segments.map((one) => (typeof one === 'string' ? one : '')).join('')
    return bare(field).includes(wanted) || bare(readable(field)).includes(wanted)
  })
  if (kept) return undefined
  return { code: 'payload-problem', detail: '该渠道不能完整转发原文，请改用其他渠道或人工代发' }
}

/** The text of a field that is HTML. */
function readable(field: string): string {
  return field
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(lt|gt|quot|#39|#x27|apos|nbsp|amp);/g, (_, name: string) => ENTITIES[name] ?? '')
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ lt: '<', gt: '>', quot: '"', amp: '&', nbsp: ' ' },
  ...{ '#39': "'", '#x27': "'", apos: "'" },
}

function bare(text: string): string {
  return text.normalize('NFC').replaceAll(/\s+/g, '')
}
