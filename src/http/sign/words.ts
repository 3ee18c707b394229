/** What the pages of sign-off say: sentences about reach and hours, phrases to tap, and texts cut to what a
 *  page may weigh. */
import { html } from 'hono/html'
import type { Level, Mode } from '../../domain/bulletin.ts'
import { LEVEL_NAMES, MODE_MARKS } from '../../domain/marks.ts'
import { minuteOf } from '../../domain/year.ts'
import type { PlannedDispatch } from '../../hub/manifest.ts'
import { segmentsOf } from '../../kit/segments.ts'
import { type Markup, markup, NOTHING } from './frame.ts'
import { payloadText } from './payload-text.ts'

export const RETURN_PHRASES = [
  '文字需要修改',
  '数据、名称或日期需要核实',
  '附件需要补充或更换',
  '渠道、受众或时间需要调整',
] as const
export const WITHHELD_PHRASES = [
  '涉及工作秘密',
  '涉及商业秘密',
  '涉及个人隐私',
  '属于过程性信息',
  '可能影响安全和稳定',
] as const
export const STOP_PHRASES = ['内容有误', '发布对象有误', '情况已经变化', '上级要求停发'] as const

const ROMAN: Readonly<Record<Level, string>> = {
  ...{ red: ' Ⅰ', orange: ' Ⅱ', yellow: ' Ⅲ', blue: ' Ⅳ', routine: '' },
}

export function levelTag(level: Level): Markup {
  if (level === 'routine') return NOTHING
  return markup(html`<span class="level ${level}">${LEVEL_NAMES[level]}预警${ROMAN[level]}</span>`)
}

export function modeTag(mode: Mode): Markup {
  return mode === 'earnest'
    ? NOTHING
    : markup(html`<span class="tag mode">${MODE_MARKS[mode]}</span>`)
}

const grouped = (count: number) => count.toLocaleString('en-US')

export interface Reach {
  readonly places: number
  readonly people: number
}

export function reachOf(dispatches: readonly PlannedDispatch[]): Reach {
  const places = dispatches.filter((one) => one.channel.addressing === 'place').length
  const people = dispatches
    .filter((one) => one.channel.addressing !== 'place')
    .reduce((sum, one) => sum + one.line.reach, 0)
  return { places, people }
}

export function reachText({ places, people }: Reach): string {
  const parts = [
    ...(places > 0 ? [`发布到 ${places} 处`] : []),
    ...(people > 0 ? [`通知 ${grouped(people)} 个对象`] : []),
  ]
  return parts.length > 0 ? parts.join('，') : '还没有安排发到哪里'
}

/** Holes are reckoned, so that a cost is about right before anybody knows the address or the name. */
const HOLE_LETTERS = { 'public-url': 24 } as const
const HOLE_LETTERS_ELSE = 10

/** Parts a phone operator bills for one recipient; undefined where a channel is not billed by parts. */
function partsOf({ channel, payloads }: PlannedDispatch): number | undefined {
  const [payload] = Object.values(payloads)
  if (channel.addressKind !== 'phone' || payload?.form !== 'text') return undefined
  const text = Object.values(payload.fields)
    .flat()
    .map((one) => {
      if (typeof one === 'string') return one
      const known: Readonly<Record<string, number>> = HOLE_LETTERS
      return 'x'.repeat(known[one.hole] ?? HOLE_LETTERS_ELSE)
    })
    .join('')
  return segmentsOf(text).parts
}

export function costText(dispatches: readonly PlannedDispatch[]): string {
  return dispatches
    .flatMap((one) => {
      const parts = partsOf(one)
      if (parts === undefined) return []
      const { name } = one.channel
      return [`${name} 每人 ${parts} 条，约 ${grouped(parts * one.line.reach)} 条`]
    })
    .join('；')
}

export function hoursText(dispatches: readonly PlannedDispatch[], now: Date): string {
  const from = Math.min(...dispatches.map((one) => one.notBefore.getTime()))
  const until = Math.min(...dispatches.map((one) => one.notAfter.getTime()))
  const begins = from <= now.getTime() ? '签发后立即发出' : `${minuteOf(new Date(from))} 起发出`
  const held = dispatches.some((one) => one.line.quietHours === 'hold')
  const night = held ? '；22:00 到次日 7:00 暂缓' : ''
  return `${begins}，最迟 ${minuteOf(new Date(until))}${night}`
}

/** What leaves and how it will read: one line a channel. */
export function channelText(dispatch: PlannedDispatch): string {
  const { channel, line } = dispatch
  if (channel.addressing === 'place') return ACTS[line.act] ?? '发布'
  const parts = partsOf(dispatch)
  return `${grouped(line.reach)} 个对象${parts === undefined ? '' : `，每人 ${parts} 条`}`
}

const ACTS: Readonly<Record<string, string>> = {
  ...{ publish: '发布', amend: '更正', withdraw: '撤下', resend: '重发' },
}

const ESCAPED: Readonly<Record<string, number>> = { '<': 4, '>': 4, '&': 5, '"': 6, "'": 5 }

/** The beginning of a text that weighs at most `bytesMax` in a page, and whether something is left. */
export function cut(
  text: string,
  bytesMax: number,
): { readonly shown: string; readonly left: string } {
  let bytes = 0
  let end = 0
  for (const letter of text) {
    bytes += ESCAPED[letter] ?? Buffer.byteLength(letter)
    if (bytes > bytesMax) return { shown: text.slice(0, end), left: text.slice(end) }
    end += letter.length
  }
  return { shown: text, left: '' }
}

/** A channel's words as they will leave, to be read. */
export function wordsOf({ payloads }: PlannedDispatch): string {
  const [payload] = Object.values(payloads)
  return payload ? payloadText(payload) : ''
}
