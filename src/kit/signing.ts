/** Signatures as web interfaces ask for them: a canonical text, a digest or a keyed digest over it, and
 *  the way its bytes are written. Refuses an algorithm this machine's OpenSSL does not have. */
import { createHash, createHmac, getHashes } from 'node:crypto'

export const SIGN_ALGORITHMS = [
  'md5',
  'sha1',
  'sha256',
  'sm3',
  'hmac-sha1',
  'hmac-sha256',
  'hmac-sm3',
] as const
export type SignAlgorithm = (typeof SIGN_ALGORITHMS)[number]

/** `HEX` is hex in capitals. */
export const SIGN_ENCODINGS = ['hex', 'HEX', 'base64'] as const
export type SignEncoding = (typeof SIGN_ENCODINGS)[number]

/** Seconds or milliseconds since 1970, or the wall clock of China. */
export const TIMESTAMP_FORMATS = ['s', 'ms', 'yyyyMMddHHmmss'] as const
export type TimestampFormat = (typeof TIMESTAMP_FORMATS)[number]

export const DIGESTS = ['md5', 'sha1', 'sha256', 'sm3'] as const
export type Digest = (typeof DIGESTS)[number]

const HMAC = 'hmac-'
const SHANGHAI_OFFSET_MS = 8 * 3_600_000

export function isKeyed(algorithm: SignAlgorithm): boolean {
  return algorithm.startsWith(HMAC)
}

/** False where the machine's OpenSSL was built without it, as happens with SM3 (GB/T 32905). */
export function isAvailable(algorithm: SignAlgorithm | Digest): boolean {
  return getHashes().includes(algorithm.replace(HMAC, ''))
}

/** `key` is used by the `hmac-` algorithms only; the others find their secret inside the text.
 *  @throws Error when this machine lacks the algorithm */
export function signText(
  recipe: { readonly algorithm: SignAlgorithm; readonly encoding: SignEncoding },
  text: string | Uint8Array,
  key = '',
): string {
  const { algorithm, encoding } = recipe
  const name = algorithm.replace(HMAC, '')
  const hash = isKeyed(algorithm) ? createHmac(name, key) : createHash(name)
  const digest = hash.update(text).digest()
  if (encoding === 'base64') return digest.toString('base64')
  const hex = digest.toString('hex')
  return encoding === 'HEX' ? hex.toUpperCase() : hex
}

/** Lower-case hex. */
export function digestHex(digest: Digest, data: string | Uint8Array): string {
  return createHash(digest).update(data).digest('hex')
}

export function timestampText(format: TimestampFormat, at: Date): string {
  if (format === 'ms') return String(at.getTime())
  if (format === 's') return String(Math.floor(at.getTime() / 1000))
  const wall = new Date(at.getTime() + SHANGHAI_OFFSET_MS).toISOString()
  return wall.slice(0, 19).replace(/\D/g, '')
}

export interface ParameterStyle {
  /** between name and value; most platforms write `=` */
  readonly pair: string
  /** between two parameters; most platforms write `&` */
  readonly join: string
  /** true where the values are percent-encoded before they are signed */
  readonly encoded: boolean
  /** true where a parameter without a value is left out */
  readonly skipEmpty: boolean
}

/** Parameters in the order of their names' bytes, as one text to sign. */
export function sortedParameters(
  parameters: readonly (readonly [string, string])[],
  { pair, join, encoded, skipEmpty }: ParameterStyle,
): string {
  return parameters
    .filter(([, value]) => !skipEmpty || value !== '')
    .toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([name, value]) => `${name}${pair}${encoded ? percentEncoded(value) : value}`)
    .join(join)
}

/** Everything but the unreserved characters of RFC 3986 as `%XX` of its UTF-8 bytes. */
export function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** Puts values into `{{name}}` once: a value that itself looks like a name stays as it is.
 *  @throws Error naming a name nobody gave a value for */
export function canonicalText(
  template: string,
  value: (name: string) => string | undefined,
): string {
  return template.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (_, name: string) => {
    const found = value(name)
    if (found === undefined) throw new Error(`the text to sign has no value for ${name}`)
    return found
  })
}
