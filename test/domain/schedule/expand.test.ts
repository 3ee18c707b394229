/** Expansion as a law: parts make the whole, names are stable, nothing comes twice. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Calendar } from '../../../src/domain/calendar/calendar.ts'
import { type Expandable, expand } from '../../../src/domain/schedule/expand.ts'
import type { Rule, WarningInForce, YearDay } from '../../../src/domain/schedule/rule.ts'
import { dayOf, minuteOf } from '../../../src/domain/year.ts'
import { chineseCalendar } from '../../../src/kit/calendar.ts'

const calendar: Calendar = chineseCalendar()
const HOUR_MS = 3_600_000

const time = fc
  .integer({ min: 0, max: 1_439 })
  .map((m) => `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`)
const plusDays = fc.integer({ min: -40, max: 40 })
const yearDay: fc.Arbitrary<YearDay> = fc.oneof(
  fc.record({ month: fc.integer({ min: 1, max: 12 }), day: fc.integer({ min: 1, max: 31 }) }),
  fc.record({
    lunar: fc.record({
      month: fc.integer({ min: 1, max: 12 }),
      day: fc.integer({ min: 1, max: 30 }),
    }),
    plusDays,
  }),
  fc.record({ term: fc.constantFrom('小暑', '立冬', '清明', '冬至', '小寒'), plusDays }),
)
const season = fc.record({ from: yearDay, to: yearDay })
const rule: fc.Arbitrary<Rule> = fc.oneof(
  fc.record({ kind: fc.constant('daily'), at: time, season }),
  fc.record({
    kind: fc.constant('weekly'),
    weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
    at: time,
  }),
  fc.record({ kind: fc.constant('monthly'), day: fc.integer({ min: 1, max: 31 }), at: time }),
  fc.record({ kind: fc.constant('yearly'), on: yearDay, at: time }),
  fc.record({
    kind: fc.constant('working-days'),
    from: fc.record({ holiday: fc.constantFrom('spring-festival', 'national-day', 'qingming') }),
    after: fc.integer({ min: 0, max: 30 }),
    at: time,
  }),
  fc.record({
    kind: fc.constant('working-days'),
    from: fc.record({ on: yearDay, name: fc.constant('deadline') }),
    before: fc.integer({ min: 1, max: 30 }),
    at: time,
  }),
  fc.record({
    kind: fc.constant('in-force'),
    hazards: fc.constant(['高温']),
    everyHours: fc.integer({ min: 1, max: 48 }),
  }),
)
const schedule: fc.Arbitrary<Expandable> = fc.record({
  id: fc.constantFrom('heat', 'flood-season'),
  rules: fc.array(rule, { minLength: 1, maxLength: 4 }),
  jitterMinutes: fc.integer({ min: 0, max: 120 }),
})
const instant = fc
  .integer({ min: Date.UTC(2024, 0, 1) / 60_000, max: Date.UTC(2028, 0, 1) / 60_000 })
  .map((minute) => new Date(minute * 60_000))
const warnings: fc.Arbitrary<readonly WarningInForce[]> = fc.array(
  fc
    .tuple(fc.integer({ min: 1, max: 9 }), instant, fc.integer({ min: 1, max: 200 }))
    .map(([id, from, hours]) => ({
      ...{ id, hazard: '高温', from, to: new Date(from.getTime() + hours * HOUR_MS) },
    })),
  { maxLength: 2 },
)
const distinct = (list: readonly WarningInForce[]) =>
  list.filter((one, index) => list.findIndex((other) => other.id === one.id) === index)

const range = fc
  .tuple(instant, fc.integer({ min: 0, max: 400 * 24 * 60 }), fc.integer({ min: 0, max: 10_000 }))
  .map(([a, minutes, part]) => {
    const length = minutes * 60_000
    const at = (share: number) => new Date(a.getTime() + Math.floor(share * minutes) * 60_000)
    return { a, b: at(part / 10_000), c: new Date(a.getTime() + length) }
  })

describe('expansion', () => {
  it('of [a, b) and of [b, c) is that of [a, c), in order, nothing twice', () => {
    fc.assert(
      fc.property(schedule, range, warnings, (one, { a, b, c }, list) => {
        const inForce = distinct(list)
        const whole = expand(one, calendar, { from: a, to: c }, inForce)
        const parts = [
          ...expand(one, calendar, { from: a, to: b }, inForce),
          ...expand(one, calendar, { from: b, to: c }, inForce),
        ]
        expect(parts).toEqual(whole)
        const names = whole.map((each) => each.instance)
        expect(new Set(names).size).toBe(names.length)
        const times = whole.map((each) => each.dueAt.getTime())
        expect([...times].sort((x, y) => x - y)).toEqual(times)
        expect(whole.every((each) => each.dueAt >= a && each.dueAt < c)).toBe(true)
        expect(names.every((name) => name.startsWith(`${one.id}/`))).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  it('gives an instance the same time whatever is asked for', () => {
    fc.assert(
      fc.property(schedule, range, (one, { a, b, c }) => {
        const known = new Map(
          expand(one, calendar, { from: a, to: c }).map((each) => [each.instance, each]),
        )
        for (const each of expand(one, calendar, { from: b, to: c }))
          expect(known.get(each.instance)).toEqual(each)
      }),
      { numRuns: 60 },
    )
  })

  it('keeps an offset on its day and off the full and the half hour', () => {
    fc.assert(
      fc.property(schedule, range, (one, { a, c }) => {
        const plain = expand({ ...one, jitterMinutes: 0 }, calendar, { from: a, to: c })
        const days = new Map(plain.map((each) => [each.instance, dayOf(each.dueAt)]))
        const moved = expand({ ...one, jitterMinutes: 17 }, calendar, { from: a, to: c })
        for (const { instance, dueAt } of moved) {
          expect([0, 30]).not.toContain(dueAt.getUTCMinutes())
          const day = days.get(instance)
          if (day !== undefined) expect(dayOf(dueAt)).toBe(day)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('is refused beyond ten years and empty backwards', () => {
    const one: Expandable = { id: 'x', rules: [{ kind: 'daily', at: '08:00' }], jitterMinutes: 0 }
    const from = new Date('2026-01-01T00:00:00Z')
    expect(expand(one, calendar, { from, to: from })).toEqual([])
    const far = { from, to: new Date('2040-01-01T00:00:00Z') }
    expect(() => expand(one, calendar, far)).toThrow('10')
  })
})

function of(
  rules: readonly Rule[],
  from: string,
  to: string,
  list: readonly WarningInForce[] = [],
) {
  const span = { from: new Date(`${from}T00:00:00+08:00`), to: new Date(`${to}T00:00:00+08:00`) }
  return expand({ id: 's', rules, jitterMinutes: 0 }, calendar, span, list).map(
    (one) => `${one.instance} ${minuteOf(one.dueAt)}${one.provisional ? ' 暂定' : ''}`,
  )
}

describe('rules', () => {
  const at = '08:00'
  it('keep short months and leap years', () => {
    expect(of([{ kind: 'monthly', day: 31, at }], '2027-02-01', '2027-05-01')).toEqual([
      ...['s/2027-02-28 2027-02-28 08:00', 's/2027-03-31 2027-03-31 08:00'],
      's/2027-04-30 2027-04-30 08:00',
    ])
    const leapDay: Rule = { kind: 'yearly', on: { month: 2, day: 29 }, at }
    expect(of([leapDay], '2027-01-01', '2029-01-01')).toEqual([
      ...['s/2027-02-28 2027-02-28 08:00', 's/2028-02-29 2028-02-29 08:00'],
    ])
  })

  it('find a lunar year end in the next solar year, and 除夕 in a short month', () => {
    const eve: Rule = { kind: 'yearly', on: { lunar: { month: 12, day: 30 } }, at }
    expect(of([eve], '2027-01-01', '2028-02-01')).toEqual([
      's/2027-02-05 2027-02-05 08:00',
      's/2028-01-25 2028-01-25 08:00',
    ])
  })

  it('keep a season over the new year', () => {
    const winter = { from: { term: '立冬' }, to: { month: 1, day: 5 } } as const
    expect(of([{ kind: 'daily', at, season: winter }], '2026-11-01', '2027-02-01')).toHaveLength(60)
  })

  it('count working days from a holiday and mark what no notice covers', () => {
    const back: Rule = { kind: 'working-days', from: { holiday: 'spring-festival' }, after: 5, at }
    expect(of([back], '2026-01-01', '2028-01-01')).toEqual([
      's/2026-spring-festival+5wd 2026-03-02 08:00',
      's/2027-spring-festival+5wd 2027-02-22 08:00 暂定',
    ])
    const before: Rule = { ...back, before: 5 }
    expect(of([before], '2026-01-01', '2026-12-01')).toEqual([
      // 14 February 2026 is a working Saturday.
      's/2026-spring-festival-5wd 2026-02-10 08:00',
    ])
  })

  it('repeat while a warning is in force and not after', () => {
    const from = new Date('2026-07-20T02:10:00Z')
    const warning = { id: 7, hazard: '高温', from, to: new Date(from.getTime() + 24 * HOUR_MS) }
    const every: Rule = { kind: 'in-force', hazards: ['高温'], everyHours: 8 }
    expect(of([every], '2026-07-01', '2026-08-01', [warning])).toEqual([
      ...['s/warning-7+8h 2026-07-20 18:10', 's/warning-7+16h 2026-07-21 02:10'],
    ])
    const other = { ...every, hazards: ['台风'] }
    expect(of([other], '2026-07-01', '2026-08-01', [warning])).toEqual([])
  })

  it('go out once a day, at the earlier of two hours', () => {
    const rules: Rule[] = [
      { kind: 'daily', at: '15:00' },
      { kind: 'weekly', weekdays: [1], at: '09:00' },
    ]
    expect(of(rules, '2027-03-01', '2027-03-03')).toEqual([
      ...['s/2027-03-01 2027-03-01 09:00', 's/2027-03-02 2027-03-02 15:00'],
    ])
  })
})
