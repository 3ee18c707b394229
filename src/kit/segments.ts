/** How a text becomes parts of a short message (3GPP TS 23.038, 23.040): GSM-7 or UCS-2, 160 and 70 alone,
 *  153 and 67 in a chain. Pure; no part ever ends inside an escape pair or a surrogate pair. */

export interface Segments {
  readonly encoding: 'gsm-7' | 'ucs-2'
  /** what is billed; an empty text has none */
  readonly parts: number
  /** septets of GSM-7, where an extension character takes two, or UTF-16 units of UCS-2 */
  readonly units: number
  /** plain characters that still fit into the last part */
  readonly charactersLeft: number
  /** characters to take off the end so that one part is saved; 0 when there is only one */
  readonly overBy: number
}

/** The default alphabet, in the order of its table; the escape itself is no character. */
const GSM_BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
    '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
/** The extension table: each takes the escape and one septet more. */
const GSM_EXTENSION = new Set('\f^{}\\[~]|€')

const CAPACITY = {
  'gsm-7': { alone: 160, chained: 153 },
  'ucs-2': { alone: 70, chained: 67 },
} as const

export function segmentsOf(text: string): Segments {
  const { encoding, widths } = measured(text)
  const { alone, chained } = CAPACITY[encoding]
  const units = widths.reduce((sum, width) => sum + width, 0)
  if (units <= alone)
    return {
      ...{ encoding, units, parts: units === 0 ? 0 : 1 },
      ...{ charactersLeft: alone - units, overBy: 0 },
    }
  const starts = partStarts(widths, chained)
  const last = widths.slice(starts.at(-1)).reduce((sum, width) => sum + width, 0)
  const kept = starts.length === 2 ? fitting(widths, alone) : (starts.at(-1) ?? 0)
  return {
    ...{ encoding, units, parts: starts.length },
    ...{ charactersLeft: chained - last, overBy: widths.length - kept },
  }
}

/** The parts as a phone receives them; joined they are the text again. */
export function partsOf(text: string): readonly string[] {
  const { encoding, characters, widths } = measured(text)
  const { alone, chained } = CAPACITY[encoding]
  if (characters.length === 0) return []
  if (fitting(widths, alone) === characters.length) return [text]
  const starts = partStarts(widths, chained)
  return starts.map((start, index) => characters.slice(start, starts[index + 1]).join(''))
}

/** Characters to take off the end so that not more than `partsMax` parts are billed. */
export function charactersOver(text: string, partsMax: number): number {
  const { encoding, characters, widths } = measured(text)
  const { alone, chained } = CAPACITY[encoding]
  const whole = fitting(widths, alone)
  if (partsMax === 1 || whole === characters.length) return characters.length - whole
  return characters.length - (partStarts(widths, chained)[partsMax] ?? characters.length)
}

function measured(text: string) {
  // By code point: a surrogate pair is one character of two units.
  const characters = [...text]
  const gsm = characters.every((one) => GSM_BASIC.has(one) || GSM_EXTENSION.has(one))
  const widths = characters.map((one) => {
    if (gsm) return GSM_EXTENSION.has(one) ? 2 : 1
    return one.length
  })
  return { encoding: gsm ? ('gsm-7' as const) : ('ucs-2' as const), characters, widths }
}

/** Index of the first character of each part. */
function partStarts(widths: readonly number[], capacity: number): readonly number[] {
  const starts = [0]
  let used = 0
  widths.forEach((width, index) => {
    if (used + width > capacity) {
      starts.push(index)
      used = 0
    }
    used += width
  })
  return starts
}

/** How many characters from the beginning fit into `capacity`. */
function fitting(widths: readonly number[], capacity: number): number {
  let used = 0
  for (const [index, width] of widths.entries()) {
    used += width
    if (used > capacity) return index
  }
  return widths.length
}
