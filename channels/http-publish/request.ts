/** One step of a profile made into the request that leaves: templates filled, each value escaped for its
 *  place, the canonical text signed. Pure: the same step and values give the same bytes. */
import { canonicalText, digestHex, signText, sortedParameters } from '../../src/kit/signing.ts'
import type { HttpRequest } from '../channel.ts'
import { type Charset, encodeText, percentText } from './charset.ts'
import { allowedUrl } from './hosts.ts'
import type { SignBlock, Step } from './profile.ts'
import type { PublishSettings } from './settings.ts'
import { fillHeader, fillPlain, fillUrl, Unbuildable, type Values } from './template.ts'
import {
  type Filled,
  fillBody,
  type Pairs,
  type StepInput,
  withFields,
  writeBody,
} from './wire-body.ts'

export interface BuiltRequest {
  readonly method: HttpRequest['method']
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** the text under the signature; it may hold secrets and is never logged */
  readonly canonical?: string
  readonly signature?: string
}

/** In words for staff when a value did not fit; undefined for any other error. */
export function whyNotBuilt(
  error: unknown,
  settings: PublishSettings,
): { readonly code: string; readonly detail: string } | undefined {
  if (error instanceof Unbuildable) return { code: error.code, detail: error.message }
  const detail = `平台的字符集 ${settings.profile.charset} 写不出其中的字，请改写`
  return error instanceof RangeError ? { code: 'character', detail } : undefined
}

/** @throws Unbuildable when a value does not fit its place or the address is not on the list
 *  @throws RangeError when the charset lacks a character */
export function buildRequest(
  settings: PublishSettings,
  step: Step,
  input: StepInput,
): BuiltRequest {
  const { profile } = settings
  const { charset, sign } = profile
  const { values } = input
  const address = fillUrl(step.url, values)
  const url = allowedUrl(address, settings.hosts)
  if (!url) throw new Unbuildable('host-not-listed', '地址不在渠道设置的 hosts 之列，没有发送')
  const query: Pairs = Object.entries(step.query).map(([name, text]) => [
    name,
    fillPlain(text, values),
  ])
  const filled = fillBody(charset, step, input)
  const headers: Record<string, string> = {}
  for (const [name, text] of Object.entries(step.headers))
    addHeader(headers, name, fillHeader(name, text, values), text)
  const { basic } = profile
  if (basic) {
    const login = `${fillPlain(basic.user, values)}:${values(`secret.${basic.password}`) ?? ''}`
    headers['Authorization'] ??= `Basic ${Buffer.from(login).toString('base64')}`
  }
  const write = (extra: Pairs, inBody: boolean): BuiltRequest => {
    const full = withQuery(url, inBody ? query : [...query, ...extra], charset)
    const body = writeBody(inBody ? withFields(filled, extra) : filled, charset)
    if (body) headers['Content-Type'] ??= body.mediaType
    return { method: step.method, url: full, headers, ...(body ? { body: body.bytes } : {}) }
  }
  if (!sign || !step.signed) return write([], false)
  const unsigned = write([], false)
  const canonical = canonicalOf(sign, unsigned, parametersOf(url, query, filled), values)
  const signature = signText(
    sign,
    encodeText(canonical, charset),
    sign.key ? values(`secret.${sign.key}`) : '',
  )
  const shown = canonicalText(sign.form, (name) =>
    name === 'signature' ? signature : values(name),
  )
  const { place, name } = sign
  if (place === 'header') headers[name] = shown
  const signed = place === 'header' ? unsigned : write([[name, shown]], place === 'body')
  return { ...signed, canonical, signature }
}

function canonicalOf(
  sign: SignBlock,
  unsigned: BuiltRequest,
  parameters: Pairs,
  values: Values,
): string {
  const url = new URL(unsigned.url)
  const body = unsigned.body ?? new Uint8Array()
  return canonicalText(sign.canonical, (name) => {
    switch (name) {
      case 'method':
        return unsigned.method
      case 'path':
        return url.pathname
      case 'query':
        return url.search.slice(1)
      case 'parameters':
        return sortedParameters(parameters, sign.parameters)
      case 'bodyHash':
        return digestHex(sign.bodyHash, body)
      case 'body':
        return Buffer.from(body).toString('utf8')
      default:
        return values(name)
    }
  })
}

/** Query, form fields and the plain members of a JSON object: what platforms sort and sign. */
function parametersOf(url: URL, query: Pairs, filled: Filled): Pairs {
  const own = [...url.searchParams.entries(), ...query]
  if (filled.kind === 'form' || filled.kind === 'multipart') return [...own, ...filled.content]
  if (filled.kind !== 'json' || typeof filled.content !== 'object' || filled.content === null)
    return own
  const scalars = Object.entries(filled.content).filter(([, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value),
  )
  return [...own, ...scalars.map(([name, value]) => [name, String(value)] as const)]
}

function withQuery(url: URL, pairs: Pairs, charset: Charset): string {
  if (pairs.length === 0) return url.href
  const text = pairs
    .map(([name, value]) => `${percentText(name, charset)}=${percentText(value, charset)}`)
    .join('&')
  return `${url.href}${url.search === '' ? '?' : '&'}${text}`
}

/** A header of one optional value is left out with it: an empty one would mean something else. */
function addHeader(
  headers: Record<string, string>,
  name: string,
  value: string,
  text: string,
): void {
  if (value !== '' || !/^\{\{[^{}]*\|\s*optional\s*\}\}$/.test(text)) headers[name] = value
}
