/** Segmentation by its published limits, by its properties, and held against two libraries nobody here
 *  wrote. Where a library differs, the difference is named and its texts are left out. */
import fc from 'fast-check'
import { SegmentedMessage } from 'sms-segments-calculator'
// @ts-expect-error It brings no types of its own.
import splitter from 'split-sms'
import { describe, expect, it } from 'vitest'
import { charactersOver, partsOf, segmentsOf } from '../../src/kit/segments.ts'

const { split } = splitter as {
  split(text: string): { characterSet: string; parts: readonly { content: string }[] }
}

const at = (text: string) => {
  const { parts, units, charactersLeft, overBy } = segmentsOf(text)
  return [parts, units, charactersLeft, overBy]
}

describe('the limits of the tables', () => {
  it('GSM-7: 160 alone, 153 in a chain', () => {
    expect(at('')).toEqual([0, 0, 160, 0])
    expect(at('a'.repeat(160))).toEqual([1, 160, 0, 0])
    expect(at('a'.repeat(161))).toEqual([2, 161, 145, 1])
    expect(at('a'.repeat(306))).toEqual([2, 306, 0, 146])
    expect(at('a'.repeat(307))).toEqual([3, 307, 152, 1])
  })

  it('an extension character counts two and is never split', () => {
    expect(at('€'.repeat(80))).toEqual([1, 160, 0, 0])
    expect(at('€'.repeat(81))).toEqual([2, 162, 143, 1])
    // 152 and a pair: the pair moves on whole and one septet stays free.
    expect(partsOf(`${'a'.repeat(152)}€${'b'.repeat(20)}`).map((part) => part.length)).toEqual([
      152, 21,
    ])
  })

  it('UCS-2: 70 alone, 67 in a chain, no surrogate pair split', () => {
    expect(at('汉'.repeat(70))).toEqual([1, 70, 0, 0])
    expect(at('汉'.repeat(71))).toEqual([2, 71, 63, 1])
    expect(at('汉'.repeat(134))).toEqual([2, 134, 0, 64])
    expect(at('汉'.repeat(135))).toEqual([3, 135, 66, 1])
    const emoji = `${'汉'.repeat(66)}🔔${'汉'.repeat(10)}`
    expect(partsOf(emoji).map((part) => part.length)).toEqual([66, 12])
  })

  it('the signature is counted like any other words: 【桐乡安监】 is 6 of the 70', () => {
    expect(segmentsOf('【桐乡安监】').units).toBe(6)
    expect(segmentsOf(`【桐乡安监】${'汉'.repeat(64)}`).parts).toBe(1)
    expect(segmentsOf(`【桐乡安监】${'汉'.repeat(73)}`).overBy).toBe(9)
  })
})

/** Texts around the boundaries, of plain, extension, Chinese and paired characters. */
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'Z', ' ', '\n', 'é', 'Ω', '1') },
  { weight: 2, arbitrary: fc.constantFrom(...'^{}\\[~]|€') },
  { weight: 2, arbitrary: fc.constantFrom('汉', '【', '】', '，', '€') },
  { weight: 1, arbitrary: fc.constantFrom('🔔', '𠮷') },
)
const gsmPiece = fc.constantFrom('a', 'b', '1', ' ', '\n', 'é', 'Ω', ...'^{}\\[~]|€')
const texts = fc.oneof(
  fc.array(piece, { maxLength: 480 }).map((pieces) => pieces.join('')),
  fc.array(gsmPiece, { minLength: 140, maxLength: 480 }).map((pieces) => pieces.join('')),
  fc
    .tuple(fc.integer({ min: 60, max: 72 }), fc.array(piece, { maxLength: 150 }))
    .map(([before, pieces]) => '汉'.repeat(before) + pieces.join('')),
)

describe('properties', () => {
  it('the parts are the text, each within its capacity, and as many as are billed', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { parts, encoding } = segmentsOf(text)
        const pieces = partsOf(text)
        expect(pieces.join('')).toBe(text)
        expect(pieces).toHaveLength(parts)
        for (const one of pieces) {
          expect(one.isWellFormed()).toBe(true)
          if (encoding === 'ucs-2') expect(one.length).toBeLessThanOrEqual(parts > 1 ? 67 : 70)
        }
      }),
      { numRuns: 400 },
    )
  })

  it('taking off `overBy` characters saves a part, and one fewer does not', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { parts, overBy, encoding } = segmentsOf(text)
        const characters = [...text]
        if (parts < 2) {
          expect(overBy).toBe(0)
          return
        }
        const shorter = (by: number) => segmentsOf(characters.slice(0, -by).join(''))
        expect(shorter(overBy).parts).toBeLessThan(parts)
        const almost = overBy > 1 ? shorter(overBy - 1) : segmentsOf(text)
        // Without its last Chinese character a text may become GSM-7, and that is shorter still.
        if (almost.encoding === encoding) expect(almost.parts).toBe(parts)
      }),
      { numRuns: 400 },
    )
  })

  it('taking off `charactersOver` brings a text to its limit, and one fewer does not', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 4 }), (text, partsMax) => {
        const over = charactersOver(text, partsMax)
        const characters = [...text]
        const kept = (by: number) =>
          segmentsOf(characters.slice(0, characters.length - by).join(''))
        expect(kept(over).parts).toBeLessThanOrEqual(partsMax)
        const almost = kept(over - 1)
        if (over > 0 && almost.encoding === segmentsOf(text).encoding)
          expect(almost.parts).toBeGreaterThan(partsMax)
      }),
      { numRuns: 400 },
    )
  })

  it('`charactersLeft` plain characters fit, and one more begins a part', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { parts, charactersLeft, encoding } = segmentsOf(text)
        if (parts === 0) return
        const fill = encoding === 'gsm-7' ? 'a' : '汉'
        expect(segmentsOf(text + fill.repeat(charactersLeft)).parts).toBe(parts)
        expect(segmentsOf(text + fill.repeat(charactersLeft + 1)).parts).toBe(parts + 1)
      }),
      { numRuns: 400 },
    )
  })
})

describe('against other people’s splitters', () => {
  it('split-sms says the same', () => {
    fc.assert(
      fc.property(texts, (text) => {
        // It calls the empty text one part.
        if (text === '') return
        const ours = segmentsOf(text)
        const theirs = split(text)
        expect([theirs.characterSet, theirs.parts.length]).toEqual([
          ours.encoding === 'gsm-7' ? 'GSM' : 'Unicode',
          ours.parts,
        ])
        expect(theirs.parts.map((part) => part.content)).toEqual(partsOf(text))
      }),
      { numRuns: 400 },
    )
  })

  // It keeps what a reader sees as one sign (a letter and its accent, a family of emoji) in one part;
  // phones join the parts before they draw, so we keep code points only. Such texts are left out.
  it('sms-segments-calculator says the same', () => {
    fc.assert(
      fc.property(texts, (text) => {
        if (text === '') return
        const theirs = new SegmentedMessage(text)
        const ours = segmentsOf(text)
        expect([theirs.encodingName, theirs.segmentsCount]).toEqual([
          ours.encoding === 'gsm-7' ? 'GSM-7' : 'UCS-2',
          ours.parts,
        ])
      }),
      { numRuns: 400 },
    )
  })
})
