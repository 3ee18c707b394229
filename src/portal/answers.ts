/** Status, headers and conditional answers of the public pages: how long anybody may keep what. */
import { sha256Hex } from '../kit/hash.ts'

/** A stop must be seen at once, so that nothing that can be stopped is kept longer than this, and
 *  never beyond it while we cannot be asked. The stored ETag makes asking again cheap. */
const FRESH_SECONDS = 3

const CACHED = `public, max-age=${FRESH_SECONDS}, must-revalidate`
export const FOREVER = 'public, max-age=31536000, immutable'
const NEVER = 'no-store'

const CONTENT_SECURITY = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ')

const COMMON: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

type Body = ConstructorParameters<typeof Response>[0]

const HTML_TYPE = 'text/html; charset=utf-8'

export interface Told {
  readonly etag: string
  /** conditional header of the request */
  readonly ifNoneMatch: string | undefined
  readonly type?: string
  readonly cache?: string
  readonly more?: Readonly<Record<string, string>>
}

/** True when the reader has these very bytes already. */
export function isKnown(etag: string, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch.trim() === '*') return true
  return ifNoneMatch.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag)
}

export function unchanged(told: Told): Response {
  return new Response(null, { status: 304, headers: headersOf(told) })
}

export function found(body: Uint8Array | ReadableStream<Uint8Array> | string, told: Told) {
  const headers = new Headers(headersOf(told))
  headers.set('content-type', told.type ?? HTML_TYPE)
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  if (bytes instanceof Uint8Array) headers.set('content-length', String(bytes.length))
  return new Response(bytes as Body, { headers })
}

/** For what is made anew each time: the ETag is taken from what was made. */
export function made(body: string, told: Omit<Told, 'etag'>): Response {
  const whole = { ...told, etag: `"${sha256Hex(body).slice(0, 32)}"` }
  return isKnown(whole.etag, whole.ifNoneMatch) ? unchanged(whole) : found(body, whole)
}

/** A page that says no; nobody keeps it, because it may be another one in a moment. */
export function refusal(
  status: 404 | 405 | 410 | 503,
  body: Uint8Array | string,
  more: Readonly<Record<string, string>> = {},
): Response {
  const headers = { ...COMMON, 'cache-control': NEVER, 'content-type': HTML_TYPE, ...more }
  return new Response(body as Body, { status, headers })
}

function headersOf(told: Told): Record<string, string> {
  const { etag, cache = CACHED, more = {} } = told
  return { ...COMMON, etag, 'cache-control': cache, ...more }
}
