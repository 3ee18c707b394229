/** What a platform's answer means for one step. The profile's table comes first, then the status; an
 *  answer nobody knows is a refusal, and what may have been taken without a clear word is `unsure`. */
import { XMLParser } from 'fast-xml-parser'
import type { Outcome } from '../../src/domain/outcome.ts'
import type { HttpAnswer } from '../channel.ts'
import type { Charset } from './charset.ts'
import type { Condition, ErrorRule, Profile, Source, Step } from './profile.ts'

/** `look` changes nothing outside, so that a lost answer costs nothing; `make` may have been taken. */
export type Effect = 'look' | 'make'

export type Judged =
  | { readonly kind: 'done'; readonly read: ReadonlyMap<string, string> }
  | { readonly kind: 'duplicate'; readonly read: ReadonlyMap<string, string> }
  /** the token or the login was not accepted; certainly not taken */
  | { readonly kind: 'auth'; readonly code: string; readonly detail: string }
  /** nothing stands at this address */
  | { readonly kind: 'absent'; readonly outcome: Outcome }
  | { readonly kind: 'not'; readonly outcome: Outcome }

const RETRY_AFTER_MS_MAX = 24 * 3_600_000
const REGEX_CHARACTERS_MAX = 100_000
const VALUE_CHARACTERS_MAX = 2_000

const xml = new XMLParser({
  ...{ ignoreAttributes: false, attributeNamePrefix: '@', removeNSPrefix: true },
  ...{ parseTagValue: false, parseAttributeValue: false, htmlEntities: true },
})

interface Reader {
  readonly status: number
  read(source: Source): string | undefined
}

function openAnswer(answer: Extract<HttpAnswer, { kind: 'answer' }>, charset: Charset): Reader {
  let text: string | undefined
  let json: { value: unknown } | undefined
  let tree: { value: unknown } | undefined
  const asText = () => {
    text ??= new TextDecoder(charset).decode(answer.body)
    return text
  }
  const reading = (source: Source): unknown => {
    if ('header' in source) return answer.headers[source.header.toLowerCase()]
    if ('json' in source) {
      json ??= { value: parseJson(asText()) }
      return atPath(json.value, source.json)
    }
    if ('xml' in source) {
      tree ??= { value: parseXml(asText()) }
      return atXmlPath(tree.value, source.xml)
    }
    const match = new RegExp(source.regex, 'u').exec(asText().slice(0, REGEX_CHARACTERS_MAX))
    return match?.[1] ?? match?.[0]
  }
  return {
    status: answer.status,
    read(source) {
      const value = reading(source)
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
        return undefined
      return String(value).slice(0, VALUE_CHARACTERS_MAX)
    },
  }
}

/** Numbers stay as they were written: an id of 19 digits would lose its last ones. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' ? (context?.source ?? String(value)) : value,
    )
  } catch {
    return undefined
  }
}

function parseXml(text: string): unknown {
  // A document type can define entities that grow without bound.
  if (/<!DOCTYPE/i.test(text)) return undefined
  try {
    return xml.parse(text)
  } catch {
    return undefined
  }
}

function atPath(value: unknown, path: string): unknown {
  const names = path
    .replace(/^\$\.?/, '')
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.')
  return names.filter(Boolean).reduce<unknown>((at, name) => memberOf(at, name), value)
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}

/** `entry/link[@rel=edit]/@href`; the first that fits where several stand. */
function atXmlPath(value: unknown, path: string): unknown {
  const found = path.split('/').reduce<unknown>((at, segment) => {
    const [, name = segment, attribute, wanted] =
      /^([^[]+)\[@([\w-]+)=["']?([^"'\]]*)["']?\]$/.exec(segment) ?? []
    const inner = memberOf(at, name)
    const several = Array.isArray(inner) ? inner : [inner]
    return attribute === undefined
      ? several[0]
      : several.find((one) => memberOf(one, `@${attribute}`) === wanted)
  }, value)
  return typeof found === 'object' ? memberOf(found, '#text') : found
}

function holds(reader: Reader, condition: Condition): boolean {
  const { status, value, in: allowed, contains } = condition
  if (status && !status.includes(reader.status)) return false
  if (!value) return status !== undefined
  const found = reader.read(value)
  if (found === undefined) return false
  if (allowed && !allowed.some((one) => String(one) === found)) return false
  return contains === undefined || found.includes(contains)
}

export interface Judging {
  readonly profile: Profile
  readonly step: Step
  readonly effect: Effect
  /** time the wait of `Retry-After` is counted from when the answer names no date */
  readonly at: Date
  /** takes secrets and long numbers out of what the platform says */
  clean(text: string): string
}

export function judgeAnswer(answer: HttpAnswer, judging: Judging): Judged {
  const { profile, step, effect } = judging
  if (answer.kind === 'unreachable')
    return not({
      kind: 'retry',
      code: answer.code,
      detail: '连不上平台，没有发出，请检查地址、证书和网络',
    })
  if (answer.kind === 'lost') return not(lost(effect, answer.code))
  const reader = openAnswer(answer, profile.charset)
  const rule = profile.errors.find((one) => holds(reader, one))
  if (rule) return byRule(reader, rule, answer, judging)
  const success = step.success ?? profile.success
  if (holds(reader, success) && answer.status < 400)
    return { kind: 'done', read: readAll(reader, step) }
  return byStatus(reader, answer, judging, success)
}

function byRule(reader: Reader, rule: ErrorRule, answer: Answer, judging: Judging): Judged {
  const { code, said } = explained(reader, judging)
  const detail = [rule.advice ?? ADVICE[rule.class], said].filter(Boolean).join('；')
  switch (rule.class) {
    case 'duplicate':
      return { kind: 'duplicate', read: readAll(reader, judging.step) }
    case 'auth':
      return { kind: 'auth', code, detail }
    case 'retry':
      return not({ kind: 'retry', code, detail, ...waitOf(answer, judging.at) })
    case 'unsure':
      return not(
        judging.effect === 'make'
          ? { kind: 'unsure', code, detail }
          : { kind: 'retry', code, detail },
      )
    case 'absent':
      return { kind: 'absent', outcome: { kind: 'refused', scope: 'message', code, detail } }
    default:
      return not({ kind: 'refused', scope: rule.class, code, detail })
  }
}

type Answer = Extract<HttpAnswer, { kind: 'answer' }>

const ADVICE: Readonly<Record<ErrorRule['class'], string>> = {
  retry: '平台请稍后再试',
  auth: '平台没有认可登录或签名，请核对账号、密钥和时间',
  message: '平台不接受这一条，请按平台的说明修改',
  account: '平台停用或限制了这个账号，请联系平台',
  duplicate: '平台上已有这一条',
  unsure: '平台没有说清是否收下，请到平台上核实',
  absent: '平台上没有这一条',
}

/** A status by itself; the profile has said nothing about it. */
function byStatus(reader: Reader, answer: Answer, judging: Judging, success: Condition): Judged {
  const { status } = answer
  const { effect, at } = judging
  const { code, said } = explained(reader, judging)
  const and = (text: string) => [text, said].filter(Boolean).join('；')
  const wait = waitOf(answer, at)
  if (status === 429 || (status === 503 && 'notBeforeMs' in wait)) {
    const limited = status === 429 ? { limited: true as const } : {}
    const detail = and('平台限制了频率，稍后再试')
    return not({ kind: 'retry', code, detail, ...limited, ...wait })
  }
  if (status === 401) return { kind: 'auth', code, detail: and(ADVICE.auth) }
  if (status === 404 || status === 410) {
    const detail = and(`平台上没有这个地址（HTTP ${status}），请核对接口地址`)
    return { kind: 'absent', outcome: { kind: 'refused', scope: 'message', code, detail } }
  }
  if (status >= 500 || status === 408) {
    const detail = and(`平台内部出错（HTTP ${status}）`)
    return not(
      effect === 'make' ? { kind: 'unsure', code, detail } : { kind: 'retry', code, detail },
    )
  }
  if (status >= 300 && status < 400) {
    // After a form some platforms lead on to the finished page, others to the login page.
    const open = effect === 'make' && (status === 302 || status === 303)
    const detail = `平台要求转到别的地址（HTTP ${status}），没有跟去，请核对接口地址`
    return not(
      open ? { kind: 'unsure', code, detail } : { kind: 'refused', scope: 'account', code, detail },
    )
  }
  if (status === 403)
    return not({
      kind: 'refused',
      scope: 'account',
      code,
      detail: and('账号没有权限，请联系平台开通'),
    })
  if (
    status < 300 &&
    effect === 'make' &&
    (!success.value || reader.read(success.value) === undefined)
  )
    return not({
      kind: 'unsure',
      code: 'unreadable-answer',
      detail: '看不懂平台的回答，不知道是否收下，请到平台上核实',
    })
  if (
    status < 300 &&
    effect === 'look' &&
    success.value &&
    reader.read(success.value) === undefined
  )
    return not({ kind: 'retry', code: 'unreadable-answer', detail: '看不懂平台的回答，稍后再试' })
  return not({
    kind: 'refused',
    scope: 'message',
    code,
    detail: and(`平台没有接受（HTTP ${status}）`),
  })
}

function lost(effect: Effect, code: string): Outcome {
  if (effect === 'look') return { kind: 'retry', code, detail: '平台没有答复，稍后再试' }
  return { kind: 'unsure', code, detail: '请求已发出而没有得到答复，请到平台上核实是否收下' }
}

function not(outcome: Outcome): Judged {
  return { kind: 'not', outcome }
}

function readAll(reader: Reader, step: Step): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [name, source] of Object.entries(step.read)) {
    const value = reader.read(source)
    if (value !== undefined && value !== '') found.set(name, value)
  }
  return found
}

/** The platform's code and words, as far as they may be shown. */
function explained(reader: Reader, { profile, clean }: Judging): { code: string; said: string } {
  const code = profile.code && reader.read(profile.code)
  const said = profile.message && reader.read(profile.message)
  return {
    code: code && /^[\w.-]{1,40}$/.test(code) ? clean(code) : `http-${reader.status}`,
    said: said ? `平台说明：${clean(said).slice(0, 120)}` : '',
  }
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function waitOf({ headers }: Answer, at: Date): { notBeforeMs?: number } {
  const given = headers['retry-after']?.trim()
  if (given === undefined) return {}
  const now = Date.parse(headers['date'] ?? '') || at.getTime()
  const wait = /^\d{1,9}$/.test(given) ? Number(given) * 1_000 : Date.parse(given) - now
  return Number.isFinite(wait)
    ? { notBeforeMs: Math.min(Math.max(wait, 0), RETRY_AFTER_MS_MAX) }
    : {}
}
