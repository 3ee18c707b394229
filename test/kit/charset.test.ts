/** Charsets and web forms: what is written is read again, and what cannot be written is named. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CHARSETS,
  decodeText,
  encodeText,
  formDecoded,
  formEncoded,
  unwritable,
} from '../../src/kit/charset.ts'

describe('a charset', () => {
  it('writes GBK as iconv of the C library did', () => {
    const text = '【桐乡应急】防汛Ⅲ级 ABC—…'
    const theirs = Buffer.from('a1becda9cfe7d3a6bcb1a1bfb7c0d1b4a2f3bcb620414243a1aaa1ad', 'hex')
    expect(encodeText(text, 'gbk').equals(theirs)).toBe(true)
    expect(decodeText(theirs, 'gbk')).toBe(text)
  })

  it('names the first character it cannot write', () => {
    expect(unwritable('通知🔔', 'gbk')).toBe('🔔')
    expect(unwritable('通知', 'gbk')).toBeUndefined()
    expect(unwritable('通知🔔𠮷', 'gb18030')).toBeUndefined()
    expect(unwritable('通知🔔', 'utf-8')).toBeUndefined()
  })
})

describe('a web form', () => {
  it('reads what it wrote, in each charset', () => {
    const word = fc.string({
      unit: fc.constantFrom('a', ' ', '汉', '&', '=', '%', '+', '\n', '％'),
    })
    fc.assert(
      fc.property(word, word, fc.constantFrom(...CHARSETS), (name, value, charset) => {
        const written = formEncoded([[name, value]], charset)
        expect(written).toMatch(/^[\w.~%-]*=[\w.~%-]*$/)
        expect({ ...formDecoded(written, charset) }).toEqual({ [name]: value })
      }),
    )
  })

  it('is not confused by hostile input', () => {
    const read = formDecoded('a=1&a=2&__proto__=x&b=%zz&c=%E6%B1&&d', 'utf-8')
    expect(read['a']).toBe('1')
    expect(Object.entries(read)).toContainEqual(['__proto__', 'x'])
    expect(read['b']).toBe('%zz')
    expect(read['c']).toBe('\uFFFD')
    expect(read['d']).toBe('')
    expect(read['toString']).toBeUndefined()
  })
})
