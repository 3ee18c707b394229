/** 钉钉: what a message says, and what is wrong with it before anybody signs. Lengths are bytes of UTF-8. */
import {
  HEADLINE,
  MARKDOWN,
  messageProblems,
  renderMessageText,
  TEXT,
} from '../../src/domain/message-text.ts'
import type { FilledFields, Payload, Segment } from '../../src/domain/payload.ts'
import type { Problem, Rendered, RenderInput } from '../channel.ts'
import type { DingtalkSettings } from './settings.ts'

/** robot: `message too long, exceed 20000 bytes`; work notification: msg at most 2048 bytes as JSON */
const BYTES_MAX = { robot: 20_000, work: 2_048, government: 2_048 } as const
/** the JSON around the text, and the title of a Markdown message */
const ENVELOPE_BYTES = { text: 64, markdown: 464 } as const

/** What is left for the words: the platform counts the message as it goes over the wire. */
export function bytesMaxOf({ kind, format }: Pick<DingtalkSettings, 'kind' | 'format'>): number {
  return BYTES_MAX[kind] - ENVELOPE_BYTES[format]
}

export function renderDingtalk(input: RenderInput, settings: DingtalkSettings): Rendered {
  const { contents, link, format } = settings
  const keyword = settings.kind === 'robot' ? settings.keyword : undefined
  return renderMessageText(input, { contents, link, markdown: format === 'markdown', keyword })
}

export function checkDingtalk(payload: Payload, settings: DingtalkSettings): readonly Problem[] {
  const { kind, linkCharacters } = settings
  return messageProblems(payload, (field) => {
    const format = field === MARKDOWN ? 'markdown' : 'text'
    // A line break or a quotation mark takes a byte more in JSON.
    const escapes = (payload.fields[field] ?? []).reduce((sum, piece) => sum + escapesOf(piece), 0)
    return { linkCharacters, bytesMax: bytesMaxOf({ kind, format }) - escapes }
  })
}

function escapesOf(piece: Segment): number {
  if (typeof piece !== 'string') return 0
  return Buffer.byteLength(JSON.stringify(piece)) - Buffer.byteLength(piece) - 2
}

/** The message as the platform takes it: what was signed says whether it is text or Markdown. */
export function wireMessage(fields: FilledFields): Readonly<Record<string, unknown>> {
  const markdown = fields[MARKDOWN]
  if (markdown !== undefined)
    return { msgtype: 'markdown', markdown: { title: fields[HEADLINE] ?? '', text: markdown } }
  return { msgtype: 'text', text: { content: fields[TEXT] ?? '' } }
}

export function isTooLong(kind: DingtalkSettings['kind'], fields: FilledFields): boolean {
  return Buffer.byteLength(JSON.stringify(wireMessage(fields))) > BYTES_MAX[kind]
}
