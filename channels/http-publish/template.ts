/** Templates of a profile: fixed text with `{{name}}` between. A value is escaped for the place it stands
 *  in and put in once, so that a bulletin that says `{{secret.key}}` is printed and never looked up. */
import { percentEncoded } from '../../src/kit/signing.ts'
import { codePointText } from './charset.ts'

const FILTERS = ['percent', 'number', 'iso', 'base64', 'optional'] as const
type Filter = (typeof FILTERS)[number]

export interface Hole {
  readonly name: string
  readonly filter?: Filter
}

export type Part = string | Hole

/** What a template may draw on; undefined for a name that has no value now. */
export type Values = (name: string) => string | undefined

/** A request that must not leave, because a value does not fit its place. */
export class Unbuildable extends Error {
  readonly code: string
  constructor(code: string, text: string, options?: { readonly cause: unknown }) {
    super(text, options)
    this.name = 'Unbuildable'
    this.code = code
  }
}

const HOLE = /\{\{\s*([a-zA-Z][\w.-]*)\s*(?:\|\s*(\w+)\s*)?\}\}/g

/** Undefined when the text is no template: an opening `{{` that names nothing. */
export function parseTemplate(text: string): readonly Part[] | undefined {
  const parts: Part[] = []
  let end = 0
  for (const match of text.matchAll(HOLE)) {
    const [whole, name = '', given] = match
    const filter = FILTERS.find((one) => one === given)
    if (given !== undefined && filter === undefined) return undefined
    if (match.index > end) parts.push(text.slice(end, match.index))
    parts.push(filter === undefined ? { name } : { name, filter })
    end = match.index + whole.length
  }
  if (end < text.length) parts.push(text.slice(end))
  return parts.some((part) => typeof part === 'string' && part.includes('{{')) ? undefined : parts
}

export function holesIn(text: string): readonly Hole[] {
  return (parseTemplate(text) ?? []).filter((part) => typeof part !== 'string')
}

/** @throws Unbuildable when a name has no value or does not fit */
function filledValue(hole: Hole, values: Values): string {
  const value = values(hole.name)
  if (value === undefined && hole.filter === 'optional') return ''
  if (value === undefined)
    throw new Unbuildable(
      'value-missing',
      `步骤需要的「${hole.name}」还没有值，请检查渠道的步骤设置`,
    )
  const { name, filter } = hole
  if (filter === 'percent') return percentEncoded(value)
  if (filter === 'base64') return Buffer.from(value).toString('base64')
  if (filter === 'iso') return isoOf(name, value)
  if (filter === 'number' && !/^-?(?:0|[1-9]\d{0,14})$/.test(value))
    throw new Unbuildable('not-a-number', `「${name}」应为整数，请检查栏目等设置`)
  return value
}

/** `2026-07-01 09:07` and `2026-07-01`, times of China, as RFC 3339. */
function isoOf(name: string, value: string): string {
  const [, day, minute = '00:00'] = /^(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d))?$/.exec(value) ?? []
  if (day === undefined)
    throw new Unbuildable('not-a-date', `「${name}」应为日期，例如 2026-07-01，请检查后重新签发`)
  return `${day}T${minute}:00+08:00`
}

export function fillWith(
  text: string,
  values: Values,
  escaping: (value: string) => string,
): string {
  return (parseTemplate(text) ?? [])
    .map((part) => (typeof part === 'string' ? part : escaping(filledValue(part, values))))
    .join('')
}

export function fillPlain(text: string, values: Values): string {
  return fillWith(text, values, (value) => value)
}

/** One line of printable ASCII (RFC 9110 §5.5); other text asks for the filter `percent`. */
export function fillHeader(name: string, text: string, values: Values): string {
  return fillWith(text, values, (value) => {
    if (/^[\x20-\x7e]*$/.test(value)) return value
    throw new Unbuildable('header-text', `请求头 ${name} 里只能有英文字符，请改用 |percent`)
  })
}

/** A hole at the very beginning is a whole address and goes in as it is; the list of hosts decides about
 *  it. Every other value is one segment, or part of the query, and can be neither more nor less. */
export function fillUrl(text: string, values: Values): string {
  const parts = parseTemplate(text) ?? []
  let url = ''
  for (const [index, part] of parts.entries()) {
    if (typeof part === 'string') {
      url += part
      continue
    }
    const value = filledValue(part, values)
    if (value === '' && !url.includes('?'))
      throw new Unbuildable('path-empty', `地址中的「${part.name}」是空的，不能发送`)
    url += index === 0 || part.filter === 'percent' ? value : percentEncoded(value)
  }
  if (/\/(?:\.|%2e){1,2}(?=[/?#]|$)/i.test(url.replace(/^[a-z]+:\/\//i, '')))
    throw new Unbuildable('path-dots', '地址里出现了「.」或「..」一段，不能发送')
  return url
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]|\p{Cs}/u

/** The first character no XML 1.0 document may hold (§2.2) and no platform prints. */
export function unprintable(text: string): string | undefined {
  return UNPRINTABLE.exec(text)?.[0]
}

const XML_NAMES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // A parser would read a carriage return as a line feed, and either as a blank inside an attribute.
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
}

export function escapeXml(value: string): string {
  const bad = unprintable(value)
  if (bad !== undefined)
    throw new Unbuildable('character', `XML 不能含有 ${codePointText(bad)}，请删去后重新签发`)
  return value.replace(/[&<>"'\r\n\t]/g, (character) => XML_NAMES[character] ?? character)
}

/** Why a template of XML could let a value become markup; undefined when it cannot. */
export function whyNotXml(text: string): string | undefined {
  let place: 'text' | 'tag' | 'double' | 'single' | 'literal' = 'text'
  let until = ''
  for (let index = 0; index < text.length; index++) {
    const rest = text.startsWith.bind(text)
    if (rest('{{', index) && (place === 'tag' || place === 'literal'))
      return '占位只能放在元素的文字里或带引号的属性值里'
    if (place === 'literal') {
      if (rest(until, index)) place = 'text'
    } else if (place === 'text' && text[index] === '<') {
      const [, end = ''] = LITERALS.find(([start]) => rest(start, index)) ?? []
      place = end === '' ? 'tag' : 'literal'
      until = end
    } else if (place === 'tag') {
      if (text[index] === '>') place = 'text'
      else if (text[index] === '"') place = 'double'
      else if (text[index] === "'") place = 'single'
    } else if (place === 'double' && text[index] === '"') place = 'tag'
    else if (place === 'single' && text[index] === "'") place = 'tag'
  }
  return undefined
}

const LITERALS: readonly (readonly [string, string])[] = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
  ['<!', '>'],
]
