/** The Chinese calendar: what its data covers, and that no zone of the process changes an answer. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SOLAR_TERMS } from '../../src/domain/calendar/calendar.ts'
import { addDays } from '../../src/domain/calendar/day.ts'
import { chineseCalendar } from '../../src/kit/calendar.ts'

const calendar = chineseCalendar()

describe('coverage', () => {
  it('is what the notices name, and never silence', () => {
    const years = Array.from({ length: 40 }, (_, index) => 1995 + index)
    const covered = years.filter((year) => calendar.covers(year))
    expect(covered[0]).toBe(2004)
    expect(covered).toEqual(covered.map((_, index) => 2004 + index))
    expect(calendar.covers(2018)).toBe(true)
    expect(calendar.covers(2099)).toBe(false)
    expect(calendar.covers(Number.NaN)).toBe(false)
  })

  it('counts the working days of the notices', () => {
    const of = (year: number) => {
      let count = 0
      for (let day = `${year}-01-01`; day <= `${year}-12-31`; day = addDays(day, 1))
        if (calendar.isWorkingDay(day)) count++
      return count
    }
    expect([2018, 2024, 2025, 2026].map(of)).toEqual([250, 251, 248, 248])
  })
})

describe('lunar dates and solar terms', () => {
  it.each([
    [2026, 12, 23, '2027-01-30'],
    [2017, 12, 23, '2018-02-08'],
    [2027, 1, 1, '2027-02-06'],
    [2027, 1, 15, '2027-02-20'],
    [2027, 5, 5, '2027-06-09'],
    [2026, 8, 15, '2026-09-25'],
    // The twelfth month of 2026 has 29 days: 除夕 is its last.
    [2026, 12, 30, '2027-02-05'],
  ])('lunar %i-%i-%i is %s', (year, month, day, solar) => {
    expect(calendar.solarOf(year, month, day)).toBe(solar)
  })

  it('there and back, outside leap months', () => {
    for (let day = '2025-01-01'; day < '2029-01-01'; day = addDays(day, 1)) {
      const { year, month, day: date, leap } = calendar.lunarOf(day)
      if (!leap) expect(calendar.solarOf(year, month, date)).toBe(day)
    }
  })

  it('names 24 terms in order', () => {
    const days = SOLAR_TERMS.map((term) => calendar.termDay(2027, term))
    expect([...days].sort()).toEqual(days)
    expect(days.every((day) => day.startsWith('2027-'))).toBe(true)
    expect(calendar.termDay(2027, '清明')).toBe('2027-04-05')
    expect(calendar.termDay(2027, '小暑')).toBe('2027-07-07')
    expect(calendar.termDay(2027, '立冬')).toBe('2027-11-07')
    expect(() => calendar.termDay(2027, '芝麻')).toThrow('节气')
    expect(() => calendar.solarOf(2027, 13, 1)).toThrow('农历')
  })
})

const PROGRAM = `
  const { chineseCalendar } = await import(process.argv[1])
  const calendar = chineseCalendar()
  let said = ''
  for (let at = Date.UTC(2024, 0, 1); at < Date.UTC(2027, 3, 1); at += 86_400_000) {
    const day = new Date(at).toISOString().slice(0, 10)
    said += calendar.isWorkingDay(day) ? 'w' : '-'
  }
  console.log(said + calendar.covers(2026) + calendar.solarOf(2026, 12, 23) + calendar.termDay(2026, '冬至'))
`

it('answers the same in every zone', () => {
  const path = join(import.meta.dirname, '../../src/kit/calendar.ts')
  const said = ['Asia/Shanghai', 'America/Los_Angeles', 'Pacific/Kiritimati', 'UTC'].map((TZ) =>
    execFileSync(process.execPath, ['--input-type=module', '-e', PROGRAM, path], {
      env: { ...process.env, TZ },
      encoding: 'utf8',
    }),
  )
  expect(new Set(said).size).toBe(1)
  expect(said[0]).toContain('2027-01-30')
})
