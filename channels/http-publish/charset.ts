/** Text as the bytes a platform reads: UTF-8 or GBK. A character the charset lacks is named and never
 *  replaced, because `?` in a public text is a change nobody signed. */

export const CHARSETS = ['utf-8', 'gbk'] as const
export type Charset = (typeof CHARSETS)[number]

const LEAD_MIN = 0x81
const LEAD_MAX = 0xfe
const TRAIL_MIN = 0x40
const TRAIL_MAX = 0xfe
const UNUSED_TRAIL = 0x7f
const LINE_FEED = 0x0a
/** Places the wider standard GB 18030 has filled since: a reader of plain GBK does not know them. */
const LATER = /[\p{Co}\p{Cn}\u20ac\ufe10-\ufe19\u9fb4-\u9fbb\u{20000}-\u{2ffff}]/u

let table: ReadonlyMap<string, number> | undefined

/** The platform's own decoder read backwards, so that no second table can disagree with it. */
function gbkTable(): ReadonlyMap<string, number> {
  if (table) return table
  const bytes: number[] = []
  for (let lead = LEAD_MIN; lead <= LEAD_MAX; lead++)
    for (let trail = TRAIL_MIN; trail <= TRAIL_MAX; trail++)
      if (trail !== UNUSED_TRAIL) bytes.push(lead, trail, LINE_FEED)
  const found = new Map<string, number>()
  // One decoding of all pairs, a line each, is a hundred times faster than one of each pair.
  for (const [index, line] of new TextDecoder('gbk')
    .decode(Uint8Array.from(bytes))
    .split('\n')
    .entries()) {
    if ([...line].length !== 1 || line === '\ufffd' || LATER.test(line) || found.has(line)) continue
    found.set(line, ((bytes[index * 3] ?? 0) << 8) | (bytes[index * 3 + 1] ?? 0))
  }
  table = found
  return found
}

/** The first character that cannot be written in this charset; undefined when all can. */
export function unencodable(text: string, charset: Charset): string | undefined {
  if (charset === 'utf-8' && text.isWellFormed()) return undefined
  for (const character of text) {
    if (!character.isWellFormed()) return character
    if (charset === 'utf-8' || character <= '\u007f') continue
    if (!gbkTable().has(character)) return character
  }
  return undefined
}

/** @throws RangeError naming the character this charset lacks */
export function encodeText(text: string, charset: Charset): Uint8Array {
  const missing = unencodable(text, charset)
  if (missing !== undefined) throw new RangeError(`${charset} has no ${codePointText(missing)}`)
  if (charset === 'utf-8') return Buffer.from(text)
  const bytes: number[] = []
  for (const character of text) {
    const code = character <= '\u007f' ? character.charCodeAt(0) : gbkTable().get(character)
    if (code === undefined) continue
    if (code > 0xff) bytes.push(code >> 8)
    bytes.push(code & 0xff)
  }
  return Uint8Array.from(bytes)
}

/** `U+1F600`, with the character itself where it can be shown. */
export function codePointText(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return character.isWellFormed() && !/[\p{Cc}\p{Cf}]/u.test(character)
    ? `「${character}」(U+${code})`
    : `U+${code}`
}

/** Everything but unreserved characters as `%XX` of the charset's bytes (RFC 3986 §2.1). */
export function percentText(text: string, charset: Charset): string {
  let encoded = ''
  for (const byte of encodeText(text, charset)) {
    const character = String.fromCharCode(byte)
    encoded += /[\w.~-]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}
