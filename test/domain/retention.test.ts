/** 归档: months are counted in the bureau's calendar, and none leaves before its year's report is due. */
import { expect, it } from 'vitest'
import {
  KEEP_MONTHS_MIN,
  monthAfter,
  monthsAhead,
  newestToArchive,
  readMonth,
} from '../../src/domain/retention.ts'

it('reads a month as it is typed, and nothing else', () => {
  expect(readMonth('2025-03')).toBe('2025-03-01')
  for (const text of ['2025-3', '2025-13', '2025-00', '1999-12', '2025-03-01', '', "2025-03'"])
    expect(readMonth(text), text).toBeUndefined()
})

it('counts over the turn of a year', () => {
  expect(monthAfter('2026-11-01', 2)).toBe('2027-01-01')
  expect(monthAfter('2026-01-01', -13)).toBe('2024-12-01')
})

it('has the next months ready from the first moment of this one in Shanghai', () => {
  const months = ['2026-12-01', '2027-01-01', '2027-02-01', '2027-03-01']
  expect(monthsAhead(new Date('2026-11-30T16:00:00Z'))).toEqual(months)
  expect(monthsAhead(new Date('2026-11-30T15:59:59Z'))[0]).toBe('2026-11-01')
})

it('keeps a whole year until after the January in which its report is due', () => {
  const midnight = new Date('2027-01-31T15:59:59Z')
  expect(newestToArchive(midnight, KEEP_MONTHS_MIN)).toBe('2025-11-01')
  expect(newestToArchive(new Date('2027-01-31T16:00:00Z'), KEEP_MONTHS_MIN)).toBe('2025-12-01')
})
