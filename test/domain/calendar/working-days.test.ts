/** Working days against the notices of 2018 to 2026, and what is said of a year without one. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Calendar,
  daysOff,
  HOLIDAYS,
  isSettled,
} from '../../../src/domain/calendar/calendar.ts'
import { addDays, weekdayOf } from '../../../src/domain/calendar/day.ts'
import { addWorkingDays, firstWorkingDay } from '../../../src/domain/calendar/working-days.ts'
import { chineseCalendar } from '../../../src/kit/calendar.ts'

const calendar: Calendar = chineseCalendar()

/** Receipt, working days, due day, and what Monday to Friday would answer (disclosure, 5.5). */
const VECTORS = [
  ['2018-02-09', 20, '2018-03-14', '2018-03-09'],
  ['2018-02-09', 7, '2018-02-24', '2018-02-20'],
  ['2018-09-28', 20, '2018-10-31', '2018-10-26'],
  ['2018-12-27', 20, '2019-01-25', '2019-01-24'],
  ['2024-09-30', 7, '2024-10-15', '2024-10-09'],
  ['2025-01-24', 20, '2025-02-27', '2025-02-21'],
  ['2025-09-30', 7, '2025-10-16', '2025-10-09'],
  ['2026-02-13', 20, '2026-03-19', '2026-03-13'],
  ['2026-04-30', 15, '2026-05-25', '2026-05-21'],
  ['2026-09-30', 7, '2026-10-15', '2026-10-09'],
  ['2026-12-15', 20, '2027-01-12', '2027-01-12'],
] as const

const MONDAY_TO_FRIDAY: Calendar = {
  ...calendar,
  isWorkingDay: (day) => weekdayOf(day) <= 5,
}

describe('the eleven vectors', () => {
  it.each(VECTORS)('%s + %i is %s, not %s', (start, count, due, plain) => {
    const provisional = due.startsWith('2027')
    expect(addWorkingDays(calendar, start, count)).toEqual({ day: due, provisional })
    expect(addWorkingDays(MONDAY_TO_FRIDAY, start, count).day).toBe(plain)
  })

  it('differ from Monday to Friday in ten of eleven', () => {
    expect(VECTORS.filter(([, , due, plain]) => due !== plain)).toHaveLength(10)
  })
})

describe('days off', () => {
  it('reach from make-up day to make-up day where there is a notice', () => {
    const settled = true
    expect(daysOff(calendar, 'spring-festival', 2026)).toEqual({
      ...{ first: '2026-02-15', last: '2026-02-23', settled },
    })
    expect(daysOff(calendar, 'national-day', 2025)).toEqual({
      ...{ first: '2025-10-01', last: '2025-10-08', settled },
    })
    // The notice for 2018 itself moved a Saturday of 2017.
    expect(daysOff(calendar, 'new-year', 2018)).toMatchObject({ first: '2017-12-30', settled })
  })

  it('are expected by law and unsettled where there is none', () => {
    expect(daysOff(calendar, 'spring-festival', 2027)).toEqual({
      ...{ first: '2027-02-05', last: '2027-02-14', settled: false },
    })
    for (const holiday of HOLIDAYS)
      expect(daysOff(calendar, holiday, 2028)?.settled, holiday).toBe(false)
  })

  it('are none in years in which people worked', () => {
    expect(daysOff(calendar, 'qingming', 2007)).toBeUndefined()
    expect(daysOff(calendar, 'qingming', 2008)).toBeDefined()
  })
})

describe('a day is settled', () => {
  it('only with its notice, and late December only with the next', () => {
    expect(isSettled(calendar, '2026-12-23')).toBe(true)
    expect(isSettled(calendar, '2026-12-29')).toBe(false)
    expect(isSettled(calendar, '2018-12-29')).toBe(true)
    expect(calendar.isWorkingDay('2018-12-29')).toBe(true)
    expect(isSettled(calendar, '2027-01-04')).toBe(false)
    expect(isSettled(calendar, '2003-06-02')).toBe(false)
  })
})

const day = fc.integer({ min: 0, max: 8_000 }).map((count) => addDays('2005-01-01', count))
const count = fc.integer({ min: 1, max: 60 })

describe('counting', () => {
  it('adds up', () => {
    fc.assert(
      fc.property(day, count, count, (start, a, b) => {
        const whole = addWorkingDays(calendar, start, a + b).day
        expect(addWorkingDays(calendar, addWorkingDays(calendar, start, a).day, b).day).toBe(whole)
      }),
    )
  })

  it('ends on a working day and comes back from one', () => {
    fc.assert(
      fc.property(day, count, (start, n) => {
        const first = firstWorkingDay(calendar, start).day
        const there = addWorkingDays(calendar, first, n).day
        expect(calendar.isWorkingDay(there)).toBe(true)
        expect(addWorkingDays(calendar, there, -n).day).toBe(first)
      }),
    )
  })

  it.each([0, 1.5, 251, Number.NaN])('refuses %d', (n) => {
    expect(() => addWorkingDays(calendar, '2026-01-01', n)).toThrow('工作日数')
  })

  it('does not walk a calendar without working days for ever', () => {
    const never: Calendar = { ...calendar, isWorkingDay: () => false }
    expect(() => addWorkingDays(never, '2026-01-01', 1)).toThrow('连续')
  })
})
