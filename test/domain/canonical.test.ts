/** One value has one text: whatever the order of its members, and whatever Unicode wrote it. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Canonical, canonical } from '../../src/domain/canonical.ts'

const anyJson = fc.jsonValue() as fc.Arbitrary<Canonical>

/** The same value, members in the opposite order. */
function reversed(value: Canonical): Canonical {
  if (Array.isArray(value)) return value.map(reversed)
  if (value === null || typeof value !== 'object') return value
  const members = Object.entries(value as Record<string, Canonical>).reverse()
  return Object.fromEntries(members.map(([key, member]) => [key, reversed(member)]))
}

it('does not depend on the order of members', () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      expect(canonical(reversed(value))).toBe(canonical(value))
    }),
  )
})

it('is stable: what was read back has the same text', () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      const text = canonical(value)
      expect(canonical(JSON.parse(text))).toBe(text)
    }),
  )
})

it('tells different values apart', () => {
  expect(canonical({ a: ['1', '2'] })).not.toBe(canonical({ a: ['12'] }))
  expect(canonical({ a: '1' })).not.toBe(canonical({ a: 1 }))
  expect(canonical({ a: null })).not.toBe(canonical({}))
  expect(canonical('{"a":1}')).not.toBe(canonical({ a: 1 }))
})

it('writes one accent one way (NFC) and leaves absent members out', () => {
  expect(canonical('e\u0301')).toBe(canonical('\u00e9'))
  expect(canonical({ a: undefined, b: 1 })).toBe('{"b":1}')
})

it.each([
  ['NaN', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['a date', new Date(0)],
  ['a map', new Map()],
  ['a function', () => 1],
  ['a big integer', 1n],
  ['undefined in a list', [undefined]],
])('refuses %s', (_, value) => {
  expect(() => canonical({ value } as unknown as Canonical)).toThrow(TypeError)
})
