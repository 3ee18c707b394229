/** Equal addresses are equal in one form; what reaches nobody is refused without repeating it. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { maskAddress, normaliseAddress } from '../../src/domain/address.ts'

it.each([
  ['phone', ' 139 0000 0001 ', '13900000001'],
  ['phone', '+86-139-0000-0001', '13900000001'],
  ['phone', '0086 13900000001', '13900000001'],
  ['phone', '１３９００００００００１'.replace('００００００００', '0000000'), '13900000001'],
  ['phone', '(0573) 88123456', '057388123456'],
  ['mailbox', 'Zhang.San@Example.COM', 'Zhang.San@example.com'],
  ['qq-group', ' 安全生产一群 ', '安全生产一群'],
])('%s %s is %s', (kind, written, value) => {
  expect(normaliseAddress(kind, written)).toEqual({ value })
})

it.each([
  ['phone', ''],
  ['phone', '1390000000'],
  ['phone', '12900000001'],
  ['phone', '13900000001;13900000002'],
  ['mailbox', 'a@b'],
  ['mailbox', 'a@b.c\r\nBcc: d@e.fg'],
  ['mailbox', '"a b"@example.com'],
  ['mailbox', 'a,b@example.com'],
  ['qq-group', '群\u0000'],
  ['qq-group', 'x'.repeat(255)],
])('refuses %s %j', (kind, written) => {
  const found = normaliseAddress(kind, written)
  expect(found).toHaveProperty('refusal')
  if (written.length > 3) expect(JSON.stringify(found)).not.toContain(written)
})

it('normalises what is normal to itself, and lets no control character through', () => {
  const kinds = fc.constantFrom('phone', 'mailbox', 'qq-group')
  fc.assert(
    fc.property(kinds, fc.string({ unit: 'binary' }), (kind, written) => {
      const found = normaliseAddress(kind, written)
      if ('refusal' in found) return
      expect(normaliseAddress(kind, found.value)).toEqual(found)
      expect([...found.value].every((character) => character >= ' ')).toBe(true)
    }),
    { numRuns: 200 },
  )
})

it('masks what would reach somebody', () => {
  expect(maskAddress('phone', '13912345678')).toBe('139****5678')
  expect(maskAddress('mailbox', 'zhang.san@example.com')).toBe('z***@example.com')
  expect(maskAddress('mailbox', 'z@example.com')).toBe('z***@example.com')
})
