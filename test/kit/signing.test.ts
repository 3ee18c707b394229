/** Signatures against published vectors: GB/T 32905 for SM3, RFC 1321, 2202 and 4231 for the others, and a
 *  second implementation of SM3 that shares no code with ours. */
import fc from 'fast-check'
import { sm3 } from 'sm-crypto'
import { describe, expect, it } from 'vitest'
import {
  canonicalText,
  digestHex,
  isAvailable,
  isKeyed,
  percentEncoded,
  SIGN_ALGORITHMS,
  type SignAlgorithm,
  signText,
  sortedParameters,
  timestampText,
} from '../../src/kit/signing.ts'

const hex = (algorithm: SignAlgorithm, text: string | Uint8Array, key?: string) =>
  signText({ algorithm, encoding: 'hex' }, text, key)

describe('digests', () => {
  it('equal the published vectors', () => {
    expect(hex('md5', 'abc')).toBe('900150983cd24fb0d6963f7d28e17f72')
    expect(hex('sha1', 'abc')).toBe('a9993e364706816aba3e25717850c26c9cd0d89d')
    expect(hex('sha256', 'abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
    // GB/T 32905-2016 annex A.1 and A.2
    expect(hex('sm3', 'abc')).toBe(
      '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0',
    )
    expect(hex('sm3', 'abcd'.repeat(16))).toBe(
      'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732',
    )
    expect(digestHex('sm3', 'abc')).toBe(hex('sm3', 'abc'))
  })

  it('equal the published vectors under a key', () => {
    expect(hex('hmac-sha1', 'what do ya want for nothing?', 'Jefe')).toBe(
      'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
    )
    expect(hex('hmac-sha256', 'what do ya want for nothing?', 'Jefe')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
  })

  it('SM3 and HMAC-SM3 equal a second implementation, whatever the text and the key', () => {
    const keys = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 })
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), keys, (text, key) => {
        const bytes = [...Buffer.from(text)]
        expect(hex('sm3', text)).toBe(sm3(bytes))
        const keyHex = Buffer.from(key).toString('hex')
        expect(hex('hmac-sm3', text, key)).toBe(sm3(bytes, { mode: 'hmac', key: keyHex }))
      }),
      { numRuns: 60 },
    )
  })

  it('are written as asked', () => {
    const digest = hex('sm3', 'abc')
    expect(signText({ algorithm: 'sm3', encoding: 'HEX' }, 'abc')).toBe(digest.toUpperCase())
    expect(signText({ algorithm: 'sm3', encoding: 'base64' }, 'abc')).toBe(
      Buffer.from(digest, 'hex').toString('base64'),
    )
  })

  it('every algorithm of the list is there, and only hmac takes a key', () => {
    for (const algorithm of SIGN_ALGORITHMS) {
      expect(isAvailable(algorithm)).toBe(true)
      expect(hex(algorithm, 'x', 'one') === hex(algorithm, 'x', 'two')).toBe(!isKeyed(algorithm))
    }
  })
})

describe('the text under a signature', () => {
  it('writes a time in the three ways platforms ask for', () => {
    const at = new Date('2026-06-30T17:07:08.900Z')
    expect(timestampText('s', at)).toBe('1782839228')
    expect(timestampText('ms', at)).toBe('1782839228900')
    // The wall clock of China, where it is already the next day.
    expect(timestampText('yyyyMMddHHmmss', at)).toBe('20260701010708')
  })

  it('sorts parameters by the bytes of their names', () => {
    const style = { pair: '=', join: '&', encoded: false, skipEmpty: false }
    const pairs = [
      ['b', '2'],
      ['a', 'x y'],
      ['B', ''],
    ] as const
    expect(sortedParameters(pairs, style)).toBe('B=&a=x y&b=2')
    expect(sortedParameters(pairs, { ...style, skipEmpty: true, encoded: true })).toBe(
      'a=x%20y&b=2',
    )
    expect(sortedParameters(pairs, { ...style, pair: '', join: '' })).toBe('Bax yb2')
  })

  it('percent-encodes everything but the unreserved characters', () => {
    expect(percentEncoded("a-_.~!'()* 中")).toBe('a-_.~%21%27%28%29%2A%20%E4%B8%AD')
  })

  it('puts values in once and names what is missing', () => {
    const values: Record<string, string> = { a: '{{b}}', b: 'secret' }
    expect(canonicalText('{{a}}\n{{ b }}', (name) => values[name])).toBe('{{b}}\nsecret')
    expect(() => canonicalText('{{c}}', (name) => values[name])).toThrow('c')
  })
})
