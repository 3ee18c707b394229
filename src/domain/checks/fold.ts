/** Folding: one plain spelling of a text for looking into it, with the way back to each original
 *  character, so that a number written in full-width digits or with invisible characters is found. */

export interface Folded {
  readonly text: string
  /** original offset at which the folded character begins, and the one at which it ends */
  readonly begins: Uint32Array
  readonly ends: Uint32Array
}

/** Invisible or direction-changing characters: they can hide a number from a reader of the text. */
export function isHidden(code: number): boolean {
  if (code < 0xad) return code < 0x20 ? code !== 9 && code !== 10 && code !== 13 : code === 0x7f
  return (
    code === 0xad ||
    code === 0x34f ||
    code === 0x61c ||
    code === 0x180e ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    (code >= 0xfe00 && code <= 0xfe0f) ||
    code === 0xfeff ||
    code === 0x3164 ||
    (code >= 0xe0000 && code <= 0xe01ef)
  )
}

function isSpace(code: number): boolean {
  return (
    code === 0x20 ||
    code === 9 ||
    code === 0xa0 ||
    code === 0x3000 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x202f ||
    code === 0x205f
  )
}

const DECIMAL = /^\p{Nd}$/u
const digitsKnown = new Map<number, number>()

/** ASCII digit for a decimal digit of any script, otherwise -1. Digits stand in runs of ten. */
function foreignDigit(code: number): number {
  const known = digitsKnown.get(code)
  if (known !== undefined) return known
  let digit = -1
  if (DECIMAL.test(String.fromCodePoint(code))) {
    let zero = code
    while (DECIMAL.test(String.fromCodePoint(zero - 1))) zero -= 1
    digit = 0x30 + ((code - zero) % 10)
  }
  digitsKnown.set(code, digit)
  return digit
}

/** Radicals print like the characters they stand for; a pdf often says 手 with U+2F3F. */
const RADICALS =
  '⺟母⺠民⻁虎⻄西⻅见⻆角⻉贝⻋车⻓长⻔门⻘青⻙韦⻚页⻛风⻜飞⻝食⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻬齐⻮齿⻰龙⻳龟'
const OF_RADICAL = new Map<number, number>(
  Array.from({ length: RADICALS.length / 2 }, (_, at) => [
    RADICALS.charCodeAt(2 * at),
    RADICALS.charCodeAt(2 * at + 1),
  ]),
)

function ideograph(code: number): number {
  const known = OF_RADICAL.get(code)
  if (known !== undefined) return known
  const plain = String.fromCharCode(code).normalize('NFKC').charCodeAt(0)
  OF_RADICAL.set(code, plain)
  return plain
}

function plain(code: number): number {
  if (code < 0x80 || (code >= 0x4e00 && code <= 0x9fff)) return code
  if ((code >= 0x2e80 && code <= 0x2fdf) || (code >= 0xf900 && code <= 0xfaff))
    return ideograph(code)
  if (code >= 0xff01 && code <= 0xff5e) return code - 0xfee0
  if (code >= 0x660 && code !== 0x3007) {
    const digit = foreignDigit(code)
    if (digit >= 0) return digit
  }
  if (code === 0x2b9 || code === 0x2010 || code === 0x2011 || code === 0x2012) return 0x2d
  if (code === 0x2013 || code === 0x2014 || code === 0x2212 || code === 0xfe63) return 0x2d
  return code
}

/** `dense` leaves out blanks as well and writes Latin letters small: for words and dates. */
export function fold(original: string, shape: 'loose' | 'dense'): Folded {
  const units = new Uint16Array(original.length)
  const begins = new Uint32Array(original.length)
  const ends = new Uint32Array(original.length)
  const dense = shape === 'dense'
  let size = 0
  for (let at = 0; at < original.length; ) {
    const code = original.codePointAt(at) ?? 0
    const next = at + (code > 0xffff ? 2 : 1)
    if (!isHidden(code) && !(dense && isSpace(code))) {
      let unit = plain(code)
      if (dense && unit >= 0x41 && unit <= 0x5a) unit += 0x20
      // What lies beyond the basic plane and is no digit keeps one place; its value is of no use here.
      units[size] = unit > 0xffff ? 0xfffd : unit
      begins[size] = at
      ends[size] = next
      size += 1
    }
    at = next
  }
  return { text: decode(units.subarray(0, size)), begins, ends }
}

const CHUNK = 8_192

function decode(units: Uint16Array): string {
  if (units.length <= CHUNK) return String.fromCharCode(...units)
  const pieces: string[] = []
  for (let at = 0; at < units.length; at += CHUNK)
    pieces.push(String.fromCharCode(...units.subarray(at, at + CHUNK)))
  return pieces.join('')
}

/** Original offsets of the folded stretch [from, to). */
export function originalRange(
  folded: Folded,
  from: number,
  to: number,
): { readonly from: number; readonly to: number } {
  return { from: folded.begins[from] ?? 0, to: to > from ? (folded.ends[to - 1] ?? 0) : 0 }
}
