/** Text as octets: what goes out comes back, parts join, and no header can make reading fail. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CODING,
  codedText,
  gbkOctets,
  textOfOctets,
  withoutHeader,
} from '../../src/kit/carrier/short-text.ts'
import { partsOf } from '../../src/kit/segments.ts'

const GSM = fc.string({
  unit: fc.constantFrom(...'@£$¥èéÇ\nØÅåΔ_ΦΓΛΞÆß !"#¤%&019:;<=>?¡AZÄÖÑÜ§¿azäöñüà^{}\\[~]|€'),
  maxLength: 500,
})

function read(text: string, name: number): string {
  const { parts, coding, joined } = codedText(text, name)
  return parts
    .map((part) => textOfOctets(joined ? withoutHeader(part).octets : part, coding))
    .join('')
}

describe('text of short messages as octets', () => {
  it('comes back as it went, in GSM-7 and in UCS-2, in as many parts as are billed', () => {
    const texts = fc.oneof(GSM, fc.string({ unit: 'grapheme', maxLength: 300 }))
    fc.assert(
      fc.property(texts, fc.nat(255), (text, name) => {
        expect(read(text, name)).toBe(text)
        expect(codedText(text, name).parts).toHaveLength(partsOf(text).length)
        for (const part of codedText(text, name).parts) expect(part.length).toBeLessThanOrEqual(160)
      }),
      { numRuns: 2_000 },
    )
  })

  it('joins long texts by 05 00 03, with the place and the number of parts', () => {
    const { parts, coding, joined } = codedText('防'.repeat(140), 0x1c7)
    expect({ coding, joined, lengths: parts.map((part) => part.length) }).toEqual({
      ...{ coding: CODING.ucs2, joined: true },
      lengths: [140, 140, 18],
    })
    expect(parts.map((part) => part.subarray(0, 6).toString('hex'))).toEqual([
      '050003c70301',
      '050003c70302',
      '050003c70303',
    ])
    expect(withoutHeader(parts[1] ?? Buffer.alloc(0)).part).toEqual({ place: 2, of: 3 })
    const wide = Buffer.from('06080400c70302', 'hex')
    expect(withoutHeader(wide)).toEqual({ octets: Buffer.alloc(0), part: { place: 2, of: 3 } })
  })

  it('reads what phones send in the carriers’ codings, and says when it cannot', () => {
    expect(textOfOctets(Buffer.from([0, 1, 2, 0x1b, 0x65]), CODING.gsm7)).toBe('@£$€')
    expect(textOfOctets(gbkOctets('收到'), CODING.gbk)).toBe('收到')
    expect(textOfOctets(Buffer.from('TD'), CODING.ascii)).toBe('TD')
    expect(textOfOctets(Buffer.from([1, 2]), 4)).toBeUndefined()
  })

  it('survives whatever octets and headers come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(20), (octets, coding) => {
        const rest = withoutHeader(Buffer.from(octets))
        expect(rest.octets.length).toBeLessThanOrEqual(octets.length)
        const text = textOfOctets(rest.octets, coding)
        expect(text === undefined || typeof text === 'string').toBe(true)
      }),
      { numRuns: 20_000 },
    )
  })
})
