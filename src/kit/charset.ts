/** Text in the charsets the outside still speaks: UTF-8, GBK, GB18030; plain and as a web form. Refuses
 *  nothing: whoever must not lose a character asks `unwritable` first. */
import iconv from 'iconv-lite'

export const CHARSETS = ['utf-8', 'gbk', 'gb18030'] as const
export type Charset = (typeof CHARSETS)[number]

export function encodeText(text: string, charset: Charset): Buffer {
  return charset === 'utf-8' ? Buffer.from(text.toWellFormed()) : iconv.encode(text, charset)
}

/** A byte that is no character becomes U+FFFD. */
export function decodeText(bytes: Uint8Array, charset: Charset): string {
  return new TextDecoder(charset).decode(bytes)
}

/** The first character this charset cannot write; undefined when it can write all. */
export function unwritable(text: string, charset: Charset): string | undefined {
  if (charset === 'utf-8') return undefined
  return [...text].find((one) => decodeText(encodeText(one, charset), charset) !== one)
}

/** `application/x-www-form-urlencoded`, whose percent signs stand for bytes of `charset`. */
export function formEncoded(
  pairs: readonly (readonly [string, string])[],
  charset: Charset,
): string {
  return pairs
    .map(([name, value]) => `${percented(name, charset)}=${percented(value, charset)}`)
    .join('&')
}

function percented(text: string, charset: Charset): string {
  let written = ''
  for (const byte of encodeText(text, charset)) {
    const one = String.fromCharCode(byte)
    if (/[A-Za-z0-9._~-]/.test(one)) written += one
    else written += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return written
}

/** A repeated name keeps its first value; a broken percent sign stays as it is. */
export function formDecoded(text: string, charset: Charset): Readonly<Record<string, string>> {
  const found: Record<string, string> = Object.create(null)
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const [name = '', ...rest] = pair.split('=')
    found[unpercented(name, charset)] ??= unpercented(rest.join('='), charset)
  }
  return found
}

function unpercented(text: string, charset: Charset): string {
  const bytes: Buffer[] = []
  for (const [piece] of text.replaceAll('+', ' ').matchAll(/(?:%[0-9a-f]{2})+|[^%]+|%/gi)) {
    const coded = piece.startsWith('%') && piece.length > 1
    bytes.push(coded ? Buffer.from(piece.replaceAll('%', ''), 'hex') : encodeText(piece, charset))
  }
  return decodeText(Buffer.concat(bytes), charset)
}
