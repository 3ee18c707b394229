/** The bureau's year, day and night are those of Shanghai, wherever the process runs. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  dayOf,
  isQuietHour,
  minuteOf,
  monthOf,
  quietUntil,
  yearBounds,
  yearOf,
} from '../../src/domain/year.ts'

const instants = fc.date({
  min: new Date('2000-01-01T00:00:00Z'),
  max: new Date('2099-12-30T00:00:00Z'),
  noInvalidDate: true,
})

it.each([
  ['2018-12-31T23:59:30+08:00', 2018, '2018-12-31', '2018-12-01'],
  ['2019-01-01T00:00:10+08:00', 2019, '2019-01-01', '2019-01-01'],
  ['2018-01-01T00:00:00+08:00', 2018, '2018-01-01', '2018-01-01'],
  ['2017-12-31T16:00:00Z', 2018, '2018-01-01', '2018-01-01'],
  ['2017-12-31T15:59:59Z', 2017, '2017-12-31', '2017-12-01'],
])('%s belongs to %i', (instant, year, day, month) => {
  const at = new Date(instant)
  expect([yearOf(at), dayOf(at), monthOf(at)]).toEqual([year, day, month])
})

it('puts every instant into exactly one year', () => {
  fc.assert(
    fc.property(instants, (at) => {
      const { from, to } = yearBounds(yearOf(at))
      expect(at >= from && at < to).toBe(true)
      expect(yearBounds(yearOf(at) + 1).from).toEqual(to)
      expect(dayOf(at).startsWith(String(yearOf(at)))).toBe(true)
    }),
  )
})

it('is quiet from 22:00 to 07:00, both ends exact', () => {
  const quiet = (time: string) => isQuietHour(new Date(`2026-11-25T${time}+08:00`))
  expect(['21:59:59', '22:00:00', '00:00:00', '06:59:59', '07:00:00'].map(quiet)).toEqual([
    ...[false, true, true, true, false],
  ])
})

it('waits for the next seven o’clock', () => {
  const until = (time: string) => minuteOf(quietUntil(new Date(time)))
  expect(until('2026-11-25T22:30:00+08:00')).toBe('2026-11-26 07:00')
  expect(until('2026-11-26T03:00:00+08:00')).toBe('2026-11-26 07:00')
  expect(until('2026-11-26T07:00:00+08:00')).toBe('2026-11-26 07:00')
  expect(until('2026-12-31T23:59:59+08:00')).toBe('2027-01-01 07:00')
  fc.assert(
    fc.property(instants, (at) => {
      const end = quietUntil(at)
      expect(isQuietHour(end)).toBe(false)
      expect(end.getTime() - at.getTime()).toBeGreaterThanOrEqual(0)
      expect(end.getTime() - at.getTime()).toBeLessThan(86_400_000)
    }),
  )
})
