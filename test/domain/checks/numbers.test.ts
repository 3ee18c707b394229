/** Numbers of people are found however they are written, and nothing is left once they are masked. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { findNumbers, isIdentity } from '../../../src/domain/checks/numbers.ts'
import { maskNumber, maskNumbers } from '../../../src/domain/masking.ts'
import { cardOf, identityOf } from '../../support/checking.ts'

const ID = identityOf('330483', '19900101', '001')

const digits = (length: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
    .map((all) => all.join(''))
const identity = fc
  .record({
    area: fc.constantFrom('330483', '110101', '440305', '650102'),
    day: fc.date({ min: new Date('1930-01-01'), max: new Date('2020-12-31'), noInvalidDate: true }),
    order: digits(3),
  })
  .map(({ area, day, order }) =>
    identityOf(area, day.toISOString().slice(0, 10).replaceAll('-', ''), order),
  )
const mobile = fc
  .tuple(fc.constantFrom('13', '15', '17', '18', '19'), digits(9))
  .map((parts) => parts.join(''))
const card = digits(12).map((body) => cardOf(`622${body}`))
const number = fc.oneof(identity, mobile, card)

/** Spellings that look like digits or like nothing. */
const spelled = (plain: string) =>
  fc
    .array(fc.constantFrom('plain', 'wide', 'zero-width', 'bold'), {
      minLength: plain.length,
      maxLength: plain.length,
    })
    .map((ways) =>
      [...plain]
        .map((one, at) => {
          const value = Number(one)
          if (ways[at] === 'zero-width') return `${one}\u200b`
          if (Number.isNaN(value) || ways[at] === 'plain') return one
          return String.fromCodePoint((ways[at] === 'wide' ? 0xff10 : 0x1d7ce) + value)
        })
        .join(''),
    )

it('finds a number in every spelling, with offsets of the original text', () => {
  fc.assert(
    fc.property(
      number.chain((plain) => fc.tuple(fc.constant(plain), spelled(plain))),
      ([plain, written]) => {
        const text = `某企业负责人，${written}，请联系。`
        const [hit] = findNumbers(text)
        expect(hit?.digits).toBe(plain)
        const stretch = text.slice(hit?.from, hit?.to)
        expect(written.startsWith(stretch) && written.length - stretch.length <= 1).toBe(true)
      },
    ),
  )
})

it.each([
  ['138 0000 1234', 'mobile'],
  ['138-0000-1234', 'mobile'],
  ['+86 13800001234', 'mobile'],
  ['一三八零零零零一二三四', 'mobile'],
  [`${ID.slice(0, 6)} ${ID.slice(6, 14)} ${ID.slice(14)}`, 'identity'],
  [[...ID].join(' '), 'identity'],
  ['330483900101001', 'identity-doubtful'],
  ['身份证330483900101001', 'identity'],
  ['账号：19-380101040012345', 'account'],
  [cardOf('621700152000123456'), 'card'],
])('finds %s', (text, kind) => {
  expect(findNumbers(text).map((hit) => hit.kind)).toEqual([kind])
})

it.each([
  ...[
    '统一社会信用代码91330483MA2B81234X',
    'IP 183.136.192.61',
    '2026-11-25 10:30:00',
    'GB 18218-2018',
  ],
  ...[
    '电话0573-88102938',
    '面积13800平方米，投资1380000元',
    '138****1234',
    `33${'*'.repeat(13)}017`,
  ],
  ...['sha256 8613800001234abcdef0123456789abcdef'],
])('leaves alone: %s', (text) => {
  expect(findNumbers(text)).toEqual([])
})

it('knows a wrong check digit', () => {
  expect(isIdentity(ID)).toBe(true)
  const wrong = `${ID.slice(0, 17)}${ID.endsWith('1') ? '2' : '1'}`
  expect(isIdentity(wrong)).toBe(false)
  expect(findNumbers(wrong)[0]?.kind).toBe('identity-doubtful')
})

it('masks in the ordered form and keeps the length', () => {
  const masked = (text: string) => {
    const [hit] = findNumbers(text)
    return hit && maskNumber(text, hit)
  }
  expect(masked(ID)).toBe(`33${'*'.repeat(13)}${ID.slice(15)}`)
  expect(masked('13800001234')).toBe('138****1234')
  expect(masked('138-0000-1234')).toBe('138-****-1234')
  const own = cardOf('621700152000123')
  expect(masked(own)).toBe('*'.repeat(12) + own.slice(-4))
})

it('a masked text has the same length and no number left', () => {
  const piece = fc.oneof(
    number.chain(spelled),
    fc.constantFrom(' ', '，', '-', '电话', '账号', 'x'),
    digits(4),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('')
      const masked = maskNumbers(text)
      expect(masked.length).toBe(text.length)
      expect(findNumbers(masked)).toEqual([])
    }),
    { numRuns: 500 },
  )
})
