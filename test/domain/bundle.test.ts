/** When bundles leave, and what never waits for others. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bundleMoment, mayBundle } from '../../src/domain/bundle.ts'

const DAY_MS = 86_400_000
const moment = (iso: string, ...atMinutes: number[]) =>
  bundleMoment(atMinutes, new Date(iso)).toISOString()

it('is the first of the minutes at or after, in Shanghai', () => {
  const half = 16 * 60 + 30
  expect(moment('2026-11-25T02:00:00Z', half)).toBe('2026-11-25T08:30:00.000Z')
  expect(moment('2026-11-25T08:30:00Z', half)).toBe('2026-11-25T08:30:00.000Z')
  expect(moment('2026-11-25T08:30:00.001Z', half)).toBe('2026-11-26T08:30:00.000Z')
  expect(moment('2026-12-31T16:00:00Z', half)).toBe('2027-01-01T08:30:00.000Z')
  expect(moment('2026-11-25T03:00:00Z', half, 9 * 60, 12 * 60)).toBe('2026-11-25T04:00:00.000Z')
})

it('lies within a day, on one of the minutes, and is its own next one', () => {
  const minutes = fc.uniqueArray(fc.nat({ max: 1_439 }), { minLength: 1, maxLength: 6 })
  const times = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
  fc.assert(
    fc.property(minutes, times, (atMinutes, from) => {
      const next = bundleMoment(atMinutes, from)
      const wait = next.getTime() - from.getTime()
      expect(wait >= 0 && wait <= DAY_MS).toBe(true)
      expect(atMinutes).toContain((next.getTime() / 60_000 + 480) % 1_440)
      expect(bundleMoment(atMinutes, next)).toEqual(next)
    }),
  )
})

it('only an earnest first publication that is no warning waits for others', () => {
  const plain = { act: 'publish', mode: 'earnest', urgent: false } as const
  expect(mayBundle(plain)).toBe(true)
  expect(mayBundle({ ...plain, urgent: true })).toBe(false)
  for (const act of ['amend', 'withdraw', 'notify', 'resend'] as const)
    expect(mayBundle({ ...plain, act })).toBe(false)
  for (const mode of ['exercise', 'test'] as const)
    expect(mayBundle({ ...plain, mode })).toBe(false)
})
