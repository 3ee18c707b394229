/** Blanks: whatever is accepted lies in its domain, whatever lies outside is refused by name. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Blank,
  type Blanks,
  FREE_CHARACTERS_MAX,
  whyNotBlank,
  whyNotValues,
  written,
} from '../../../src/domain/clearance/blanks.ts'

const AT = new Date('2026-11-25T02:00:00Z')
const NUMBER: Blank = { type: 'number', min: -5, max: 45, decimalsMax: 1 }
const TIME: Blank = { type: 'date-time', hoursMin: -1, hoursMax: 48 }
const CHOICE: Blank = { type: 'choice', options: ['橙色', '红色'] }
const PLACE: Blank = { type: 'place', places: ['甲镇', '乙镇', '丙镇'], placesMax: 2 }
const TEXT: Blank = { type: 'text', charactersMax: 10 }
const codeOf = (blank: Blank, value: string) => whyNotValues({ 空: blank }, { 空: value }, AT)?.code

describe('a value', () => {
  it.each<[Blank, string]>([
    [NUMBER, '37.5'],
    [NUMBER, '-5'],
    [NUMBER, '0'],
    [TIME, '2026-11-25 09:00'],
    [TIME, '2026-11-27T10:00'],
    [CHOICE, '红色'],
    [PLACE, '甲镇'],
    [PLACE, '丙镇、甲镇'],
    [TEXT, '🌧'.repeat(10)],
  ])('%j takes %s', (blank, value) => {
    expect(codeOf(blank, value)).toBeUndefined()
  })

  it.each<[Blank, string, string]>([
    [NUMBER, '37.55', 'value-not-allowed'],
    [NUMBER, '45.1', 'value-not-allowed'],
    [NUMBER, '-5.1', 'value-not-allowed'],
    [NUMBER, '037', 'value-not-allowed'],
    [NUMBER, '３７', 'value-not-allowed'],
    [NUMBER, '1e1', 'value-not-allowed'],
    [NUMBER, '37.', 'value-not-allowed'],
    [NUMBER, 'NaN', 'value-not-allowed'],
    [NUMBER, '', 'missing-field'],
    [TIME, '2026-11-25 08:59', 'value-not-allowed'],
    [TIME, '2026-11-27 10:01', 'value-not-allowed'],
    [TIME, '2026-11-31 10:00', 'value-not-allowed'],
    [TIME, '2026-11-25 24:00', 'value-not-allowed'],
    [TIME, '2026-11-25', 'value-not-allowed'],
    [CHOICE, '黄色', 'value-not-allowed'],
    [CHOICE, '红色 ', 'value-not-allowed'],
    [PLACE, '丁镇', 'value-not-allowed'],
    [PLACE, '甲镇、甲镇', 'value-not-allowed'],
    [PLACE, '甲镇、乙镇、丙镇', 'value-not-allowed'],
    [PLACE, '甲镇、', 'value-not-allowed'],
    [TEXT, '长'.repeat(11), 'too-long'],
    [TEXT, '一\n二', 'value-not-allowed'],
    [TEXT, '一\u200b二', 'value-not-allowed'],
    [TEXT, '\u202e反', 'value-not-allowed'],
    [TEXT, '{{空}}', 'value-not-allowed'],
    [TEXT, ' ', 'missing-field'],
  ])('%j refuses %j: %s', (blank, value, code) => {
    expect(codeOf(blank, value)).toBe(code)
  })

  it('stands in the text as a person writes it', () => {
    expect(written(TIME, '2026-07-05 06:00')).toBe('2026年7月5日6时')
    expect(written(TIME, '2026-07-05T16:05')).toBe('2026年7月5日16时05分')
    expect(written(NUMBER, '37.5')).toBe('37.5')
  })
})

it('names what is missing and what is not there, whatever the object inherits', () => {
  expect(whyNotValues({ 甲: TEXT }, {}, AT)).toEqual({ code: 'missing-field', field: '甲' })
  expect(whyNotValues({}, { 乙: 'x' }, AT)).toMatchObject({
    code: 'value-not-allowed',
    field: '乙',
  })
  const named: Blanks = { constructor: TEXT }
  expect(whyNotValues(named, {}, AT)).toEqual({ code: 'missing-field', field: 'constructor' })
})

it('counts free words of all blanks together', () => {
  const wide: Blank = { type: 'text', charactersMax: FREE_CHARACTERS_MAX }
  fc.assert(
    fc.property(fc.nat(80), fc.nat(80), (a, b) => {
      const values = { 甲: '字'.repeat(a + 1), 乙: '字'.repeat(b + 1) }
      const refused = whyNotValues({ 甲: wide, 乙: wide }, values, AT) !== undefined
      expect(refused).toBe(a + b + 2 > FREE_CHARACTERS_MAX)
    }),
  )
})

it('whatever a number blank accepts is a number between its bounds, as it is written', () => {
  const digits = fc.stringMatching(/^-?[0-9.e+ ]{0,8}$/)
  const value = fc.oneof(digits, fc.double({ min: -10, max: 50 }).map(String), fc.string())
  fc.assert(
    fc.property(value, (text) => {
      if (codeOf(NUMBER, text) !== undefined) return
      expect(text).toMatch(/^-?\d+(\.\d)?$/)
      expect(Number(text)).toBeGreaterThanOrEqual(-5)
      expect(Number(text)).toBeLessThanOrEqual(45)
    }),
    { numRuns: 2_000 },
  )
})

it.each<[string, Blank]>([
  ['free words beyond all limits', { type: 'text', charactersMax: 61 }],
  ['no words', { type: 'text', charactersMax: 0 }],
  ['bounds the wrong way round', { type: 'number', min: 2, max: 1, decimalsMax: 0 }],
  ['no bounds', { type: 'number', min: Number.NaN, max: 1, decimalsMax: 0 }],
  ['hours for ever', { type: 'date-time', hoursMin: 0, hoursMax: 9_000 }],
  ['nothing to choose', { type: 'choice', options: [] }],
  ['twice the same', { type: 'choice', options: ['甲', '甲'] }],
  ['an option with a hole', { type: 'choice', options: ['{{甲}}'] }],
  ['an option nobody sees', { type: 'choice', options: ['\u200b'] }],
  ['a place that reads as two', { type: 'place', places: ['甲、乙'], placesMax: 1 }],
  ['no place at all', { type: 'place', places: ['甲'], placesMax: 0 }],
  ['a kind nobody knows', { type: 'anything' } as unknown as Blank],
])('a blank with %s is refused', (_, blank) => {
  expect(whyNotBlank(blank, '空')).toBeDefined()
})
