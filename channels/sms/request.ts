/** Turns a call of the gateway's data into one HTTP request: values into templates, signature, charset.
 *  A value that itself looks like a name stays as it is. */
import { type Charset, encodeText, formEncoded } from '../../src/kit/charset.ts'
import { canonicalText, digestHex, signText, timestampText } from '../../src/kit/signing.ts'
import type { HttpRequest } from '../channel.ts'
import type { Call, Gateway, Leaf } from './gateway.ts'
import type { SmsSettings } from './settings.ts'

const ANSWER_BYTES_MAX = 4 * 1024 * 1024
const TYPES: Readonly<Record<Call['body'], string>> = {
  query: '',
  form: 'application/x-www-form-urlencoded',
  json: 'application/json',
  'base64-json': 'text/plain',
  xml: 'text/xml',
}

export interface Account {
  readonly settings: SmsSettings
  readonly secrets: ReadonlyMap<string, string>
}

/** Values of one call by their names; `list` and `tree` stand where a whole JSON field is one name. */
export interface CallValues {
  readonly texts: Readonly<Record<string, string>>
  readonly numbers?: readonly string[]
  readonly variables?: Readonly<Record<string, string>>
}

/** @param at business time of the call; absent where the gateway asks for none */
export function requestOf(
  account: Account,
  call: Call,
  values: CallValues,
  at: Date | undefined,
  signal: AbortSignal,
): HttpRequest {
  const { settings } = account
  const { gateway } = settings
  const time = at === undefined ? {} : { timestamp: timestampText(gateway.timestamp, at) }
  const bare = lookup(account, { ...values, texts: { ...time, ...values.texts } })
  const value = withSign(account, bare)
  const fill = (text: string) => canonicalText(text, value)
  const fields = Object.entries(call.fields)
  const pairs = () => fields.map(([name, one]) => [name, fill(textOfLeaf(one))] as const)
  let url = canonicalText(call.url, (name) => {
    const found = value(name)
    // A whole address may stand in a value; anything else inside an address is only a part of it.
    return /^values\./.test(name) ? found : found && encodeURIComponent(found)
  })
  if (call.body === 'query' && fields.length > 0)
    url += `${url.includes('?') ? '&' : '?'}${formEncoded(pairs(), gateway.charset)}`
  const body = bodyOf(call, gateway.charset, pairs, (tree) => treeOf(tree, fill, values), value)
  const contentType = call.contentType ?? typeOf(call, gateway)
  return {
    method: call.method,
    url,
    headers: {
      ...(body === undefined ? {} : { 'content-type': contentType }),
      ...authorizationOf(account, call, fill),
      ...Object.fromEntries(Object.entries(call.headers).map(([name, text]) => [name, fill(text)])),
    },
    ...(body === undefined ? {} : { body }),
    timeoutMs: settings.answerTimeoutMs,
    bytesMax: ANSWER_BYTES_MAX,
    signal,
  }
}

/** True when the call has to say what time it is. */
export function needsTime(gateway: Gateway, call: Call): boolean {
  const text = JSON.stringify(call)
  return /\{\{[^}]*timestamp/.test(
    `${text}${/\{\{[^}]*sign\s*\}/.test(text) ? gateway.sign?.text : ''}`,
  )
}

function typeOf(call: Call, { charset }: Gateway): string {
  return call.body === 'json' ? TYPES.json : `${TYPES[call.body]}; charset=${charset.toUpperCase()}`
}

function bodyOf(
  call: Call,
  charset: Charset,
  pairs: () => readonly (readonly [string, string])[],
  tree: (leaf: Leaf) => unknown,
  value: Lookup,
): Uint8Array | string | undefined {
  switch (call.body) {
    case 'query':
      return undefined
    case 'form':
      return formEncoded(pairs(), charset)
    case 'json':
      return encodeText(JSON.stringify(tree(call.fields)), charset)
    case 'base64-json':
      return encodeText(JSON.stringify(tree(call.fields)), charset).toString('base64')
    case 'xml':
      return encodeText(canonicalText(call.xml ?? '', escapedXml(value)), charset)
  }
}

type Lookup = (name: string) => string | undefined

function escapedXml(value: Lookup): Lookup {
  const marks: Readonly<Record<string, string>> = {
    ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;' },
    ...{ '"': '&quot;', "'": '&apos;' },
  }
  return (name) => value(name)?.replace(/[&<>"']/g, (mark) => marks[mark] ?? '')
}

function lookup({ settings, secrets }: Account, { texts, variables }: CallValues): Lookup {
  const find: Lookup = (name) => {
    const [kind = '', member = ''] = name.split('.')
    if (kind === 'md5' || kind === 'sha256') {
      const inner = find(name.slice(kind.length + 1))
      return inner === undefined ? undefined : digestHex(kind, inner)
    }
    if (kind === 'values') return own(settings.values, member)
    if (kind === 'secrets') return secrets.get(member)
    if (kind === 'variables' && member !== '') return own(variables ?? {}, member)
    return own(texts, name)
  }
  return find
}

function own(record: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

/** The digest is over bytes of the gateway's charset, as the vendor computes it. */
function withSign({ settings: { gateway }, secrets }: Account, bare: Lookup): Lookup {
  const { sign } = gateway
  if (!sign) return bare
  let made: string | undefined
  return (name) => {
    if (name !== 'sign') return bare(name)
    const text = () => encodeText(canonicalText(sign.text, bare), gateway.charset)
    made ??= signText(sign, text(), sign.key === undefined ? '' : secrets.get(sign.key))
    return made
  }
}

function textOfLeaf(leaf: Leaf): string {
  return typeof leaf === 'object' ? JSON.stringify(leaf) : String(leaf)
}

const WHOLE_NAME = /^\{\{\s*(numbers|variables)\s*\}\}$/

function treeOf(leaf: Leaf, fill: (text: string) => string, values: CallValues): unknown {
  if (typeof leaf === 'string') {
    const [, name] = WHOLE_NAME.exec(leaf) ?? []
    if (name === 'numbers' && values.numbers) return values.numbers
    if (name === 'variables' && values.variables) return values.variables
    return fill(leaf)
  }
  if (typeof leaf !== 'object') return leaf
  if (isList(leaf)) return leaf.map((one) => treeOf(one, fill, values))
  return Object.fromEntries(
    Object.entries(leaf).map(([name, one]) => [name, treeOf(one, fill, values)]),
  )
}

function isList(leaf: Leaf): leaf is readonly Leaf[] {
  return Array.isArray(leaf)
}

function authorizationOf(
  { secrets }: Account,
  { authorization }: Call,
  fill: (text: string) => string,
): Record<string, string> {
  if (authorization?.kind === 'bearer')
    return { authorization: `Bearer ${secrets.get(authorization.token) ?? ''}` }
  if (authorization?.kind !== 'basic') return {}
  const pair = `${fill(authorization.user)}:${secrets.get(authorization.password) ?? ''}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}
