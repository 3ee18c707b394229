/** ACS3-HMAC-SHA256, the signature of Alibaba Cloud's OpenAPI (document "V3 版本请求体和签名机制"), for calls in RPC
 *  style: one POST to `/`, parameters in the query and, where the interface says so, in a form. It signs and
 *  sends nothing. */
import { createHash, createHmac } from 'node:crypto'
import { percentEncoded } from './signing.ts'

const ALGORITHM = 'ACS3-HMAC-SHA256'
const FORM = 'application/x-www-form-urlencoded'

export interface Acs3Key {
  readonly id: string
  readonly secret: string
}

export interface Acs3Call {
  /** for example `https://dysmsapi.aliyuncs.com`; a path behind it is not used */
  readonly endpoint: string
  readonly action: string
  /** of the product's interface, a date */
  readonly version: string
  /** those that travel in the query */
  readonly parameters: Readonly<Record<string, string>>
  /** those that travel in the body */
  readonly form?: Readonly<Record<string, string>>
  readonly key: Acs3Key
  /** the platform refuses what is more than 15 minutes off */
  readonly at: Date
  /** the platform refuses one it has seen within 15 minutes */
  readonly nonce: string
}

/** What to post and where; `host` is signed and set by whoever sends.
 *  @throws TypeError when the endpoint is no URL */
export function acs3Request(call: Acs3Call): {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
} {
  const { origin, host } = new URL(call.endpoint)
  const query = acs3Query(call.parameters)
  const body = call.form ? acs3Query(call.form) : ''
  const bodySha256 = createHash('sha256').update(body).digest('hex')
  const headers: Record<string, string> = {
    ...(call.form ? { 'content-type': FORM } : {}),
    'x-acs-action': call.action,
    'x-acs-content-sha256': bodySha256,
    'x-acs-date': call.at.toISOString().replace(/\.\d{3}Z$/, 'Z'),
    'x-acs-signature-nonce': call.nonce,
    'x-acs-version': call.version,
  }
  const authorization = acs3Authorization(call.key, {
    ...{ method: 'POST', path: '/', query, headers: { ...headers, host }, bodySha256 },
  })
  return { url: `${origin}/?${query}`, headers: { ...headers, authorization }, body }
}

/** Names and values percent-encoded, in the order of the names' bytes. */
export function acs3Query(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([name, value]) => `${percentEncoded(name)}=${percentEncoded(value)}`)
    .join('&')
}

/** @param request its headers by lower-case names, only those that are signed */
export function acs3Authorization(
  key: Acs3Key,
  request: {
    readonly method: string
    readonly path: string
    readonly query: string
    readonly headers: Readonly<Record<string, string>>
    readonly bodySha256: string
  },
): string {
  const names = Object.keys(request.headers).toSorted()
  const canonical = [
    request.method,
    request.path,
    request.query,
    ...names.map((name) => `${name}:${(request.headers[name] ?? '').trim()}`),
    '',
    names.join(';'),
    request.bodySha256,
  ].join('\n')
  const hashed = createHash('sha256').update(canonical).digest('hex')
  const signature = createHmac('sha256', key.secret).update(`${ALGORITHM}\n${hashed}`).digest('hex')
  return `${ALGORITHM} Credential=${key.id},SignedHeaders=${names.join(';')},Signature=${signature}`
}
