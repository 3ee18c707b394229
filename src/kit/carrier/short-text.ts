/** Text of short messages as octets (3GPP TS 23.038, 23.040): GSM-7 one character an octet as carrier lines
 *  carry it, UCS-2, and the header that joins the parts of a long message. */
import { decodeText, encodeText } from '../charset.ts'
import { partsOf, segmentsOf } from '../segments.ts'

/** The default alphabet by code; the escape at 0x1b leads to the extension table. */
const GSM_BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
const ESCAPE = 0x1b
const GSM_EXTENSION: ReadonlyMap<string, number> = new Map([
  ...([
    ['\f', 0x0a],
    ['^', 0x14],
    ['{', 0x28],
    ['}', 0x29],
    ['\\', 0x2f],
  ] as const),
  ...([
    ['[', 0x3c],
    ['~', 0x3d],
    [']', 0x3e],
    ['|', 0x40],
    ['€', 0x65],
  ] as const),
])
const GSM_CODES: ReadonlyMap<string, number> = new Map(
  [...GSM_BASIC].map((character, code) => [character, code] as const),
)
const EXTENDED: ReadonlyMap<number, string> = new Map(
  [...GSM_EXTENSION].map(([character, code]) => [code, character] as const),
)

/** How the octets of a message are to be read; numbers of TS 23.038 and of the carriers' documents. */
export const CODING = { gsm7: 0, ascii: 1, latin1: 3, ucs2: 8, gbk: 15 } as const

export interface CodedText {
  readonly coding: 0 | 8
  /** whether each part begins with the header that joins them */
  readonly joined: boolean
  readonly parts: readonly Buffer[]
}

/** The parts as they go over the line; `name` joins those of one message and is used modulo 256. */
export function codedText(text: string, name: number): CodedText {
  const gsm = segmentsOf(text).encoding === 'gsm-7'
  const parts = partsOf(text)
  const joined = parts.length > 1
  return {
    ...{ coding: gsm ? CODING.gsm7 : CODING.ucs2, joined },
    parts: parts.map((part, index) => {
      const octets = gsm ? gsmOctets(part) : ucsOctets(part)
      if (!joined) return octets
      return Buffer.concat([Buffer.of(5, 0, 3, name & 0xff, parts.length, index + 1), octets])
    }),
  }
}

function gsmOctets(text: string): Buffer {
  return Buffer.from(
    [...text].flatMap((one) => {
      const extended = GSM_EXTENSION.get(one)
      return extended === undefined ? [GSM_CODES.get(one) ?? 0x3f] : [ESCAPE, extended]
    }),
  )
}

function ucsOctets(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16()
}

function gsmText(octets: Buffer): string {
  let text = ''
  for (let at = 0; at < octets.length; at++) {
    const code = octets[at] ?? 0
    if (code === ESCAPE) text += EXTENDED.get(octets[++at] ?? 0) ?? ' '
    else text += GSM_BASIC[code & 0x7f] ?? ''
  }
  return text
}

/** Whatever cannot be read as text is `undefined`. */
export function textOfOctets(octets: Buffer, coding: number): string | undefined {
  switch (coding) {
    case CODING.gsm7:
      return gsmText(octets)
    case CODING.ascii:
    case CODING.latin1:
      return octets.toString('latin1')
    case CODING.ucs2:
      return Buffer.from(octets.subarray(0, octets.length & ~1))
        .swap16()
        .toString('utf16le')
    case CODING.gbk:
      return decodeText(octets, 'gbk')
    default:
      return undefined
  }
}

export function gbkOctets(text: string): Buffer {
  return encodeText(text, 'gbk')
}

export interface Joined {
  readonly octets: Buffer
  /** place and number of parts, where the header says that there are several */
  readonly part?: { readonly place: number; readonly of: number }
}

/** Takes the header off a message that has one; one that is broken is taken for text. */
export function withoutHeader(octets: Buffer): Joined {
  const length = octets[0] ?? 0
  if (length === 0 || length + 1 > octets.length) return { octets }
  const header = octets.subarray(1, length + 1)
  const rest = octets.subarray(length + 1)
  for (let at = 0; at + 1 < header.length; ) {
    const kind = header[at]
    const bytes = header[at + 1] ?? 0
    const [of, place] = header.subarray(at + 2 + (kind === 8 ? 2 : 1), at + 2 + bytes)
    if ((kind === 0 || kind === 8) && of !== undefined && place !== undefined)
      return { octets: rest, part: { place, of } }
    at += 2 + bytes
  }
  return { octets: rest }
}
