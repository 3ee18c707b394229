/** 企业微信: what a message says, and what is wrong with it before anybody signs. Lengths are bytes of UTF-8,
 *  about three a Chinese character (群机器人配置说明, document/path/91770; 发送应用消息, path/90236). */
import {
  MARKDOWN,
  messageProblems,
  renderMessageText,
  TEXT,
} from '../../src/domain/message-text.ts'
import type { FilledFields, Payload } from '../../src/domain/payload.ts'
import type { Problem, Rendered, RenderInput } from '../channel.ts'
import type { WecomSettings } from './settings.ts'

const TEXT_BYTES_MAX = 2_048
const MARKDOWN_BYTES_MAX = { robot: 4_096, app: 2_048 } as const

export function bytesMaxOf(kind: WecomSettings['kind'], field: string): number {
  return field === MARKDOWN ? MARKDOWN_BYTES_MAX[kind] : TEXT_BYTES_MAX
}

export function renderWecom(input: RenderInput, settings: WecomSettings): Rendered {
  const { contents, link, format } = settings
  return renderMessageText(input, { contents, link, markdown: format === 'markdown' })
}

export function checkWecom(payload: Payload, settings: WecomSettings): readonly Problem[] {
  const { kind, linkCharacters } = settings
  return messageProblems(payload, (field) => ({
    linkCharacters,
    bytesMax: bytesMaxOf(kind, field),
  }))
}

/** The message as the platform takes it: what was signed says whether it is text or Markdown. */
export function wireMessage(fields: FilledFields): Readonly<Record<string, unknown>> {
  const markdown = fields[MARKDOWN]
  if (markdown !== undefined) return { msgtype: 'markdown', markdown: { content: markdown } }
  return { msgtype: 'text', text: { content: fields[TEXT] ?? '' } }
}

export function isTooLong(kind: WecomSettings['kind'], fields: FilledFields): boolean {
  const field = fields[MARKDOWN] === undefined ? TEXT : MARKDOWN
  return Buffer.byteLength(fields[field] ?? '') > bytesMaxOf(kind, field)
}
