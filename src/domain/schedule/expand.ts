/** 展开: a rule and a calendar become dated occurrences with stable names. Pure: the same question has the
 *  same answer, and [a, b) with [b, c) is [a, c). */
import { type Calendar, daysOff } from '../calendar/calendar.ts'
import {
  addDays,
  DAY_MS,
  type Day,
  dayIn,
  daysBetween,
  instantOf,
  minuteOfDay,
  minutesOf,
  weekdayOf,
  yearOfDay,
} from '../calendar/day.ts'
import { addWorkingDays } from '../calendar/working-days.ts'
import { dayOf } from '../year.ts'
import { jittered } from './jitter.ts'
import type { Anchor, Rule, Season, WarningInForce, YearDay } from './rule.ts'

export interface Expandable {
  readonly id: string
  readonly rules: readonly Rule[]
  /** 0: exactly at the time the rule names */
  readonly jitterMinutes: number
}

export interface Expanded {
  /** `schedule/day`, `schedule/year-holiday-5wd` or `schedule/warning-7+6h`; never depends on the range
   *  asked for, nor on what a notice still to come may change */
  readonly instance: string
  readonly dueAt: Date
  /** 暂定: the day rests on a notice that is not published yet */
  readonly provisional: boolean
}

const RANGE_YEARS_MAX = 10
const HOUR_MS = 3_600_000

interface Candidate {
  readonly name: string
  readonly day: Day
  /** minutes since midnight */
  readonly minute: number
  readonly provisional: boolean
  /** a firing at or after this instant would come too late to mean anything */
  readonly before?: Date
}

interface Range {
  readonly first: Day
  readonly last: Day
  /** solar years whose yearly days may fall into the range */
  readonly years: readonly number[]
}

/** Occurrences due in [from, to), in their order. A schedule goes out at most once a day by its dates;
 *  where two of its rules name one day, the earlier time stands.
 *  @throws RangeError when the range is longer than ten years. */
export function expand(
  schedule: Expandable,
  calendar: Calendar,
  { from, to }: { readonly from: Date; readonly to: Date },
  warnings: readonly WarningInForce[] = [],
): readonly Expanded[] {
  if (!(from < to)) return []
  const range = rangeOf(from, to)
  const known = new Map<string, Candidate>()
  for (const rule of schedule.rules)
    for (const one of candidates(rule, calendar, range, warnings)) {
      const other = known.get(one.name)
      if (!other || one.minute < other.minute) known.set(one.name, one)
    }
  const found: Expanded[] = []
  for (const { name, day, minute, provisional, before } of known.values()) {
    const instance = `${schedule.id}/${name}`
    const dueAt = instantOf(day, jittered(instance, minute, schedule.jitterMinutes))
    if (dueAt < from || dueAt >= to || (before && dueAt >= before)) continue
    found.push({ instance, dueAt, provisional })
  }
  return found.sort(inOrder)
}

function inOrder(a: Expanded, b: Expanded): number {
  return a.dueAt.getTime() - b.dueAt.getTime() || (a.instance < b.instance ? -1 : 1)
}

/** Whole days, because an offset never leaves its day: what a part of a day asks for is then filtered. */
function rangeOf(from: Date, to: Date): Range {
  const first = dayOf(from)
  const last = dayOf(to)
  if (yearOfDay(last) - yearOfDay(first) > RANGE_YEARS_MAX)
    throw new RangeError(`一次最多展开 ${RANGE_YEARS_MAX} 年，请缩短时段`)
  const start = yearOfDay(first) - 2
  const years = Array.from({ length: yearOfDay(last) - start + 2 }, (_, index) => start + index)
  return { first, last, years }
}

function candidates(
  rule: Rule,
  calendar: Calendar,
  range: Range,
  warnings: readonly WarningInForce[],
): readonly Candidate[] {
  switch (rule.kind) {
    case 'daily':
      return onDays(rule, calendar, range, () => true)
    case 'weekly':
      return onDays(rule, calendar, range, (day) => rule.weekdays.includes(weekdayOf(day)))
    case 'monthly':
      return onDays(rule, calendar, range, (day) => day === monthDay(day, rule.day))
    case 'yearly': {
      const days = range.years.map((year) => dayOfYear(calendar, rule.on, year))
      const minute = minutesOf(rule.at)
      return days
        .filter((day) => within(range, day))
        .map((day) => ({ name: day, day, minute, provisional: false }))
    }
    case 'working-days':
      return range.years.flatMap((year) => workingDay(rule, calendar, range, year))
    case 'in-force':
      return warnings
        .filter((warning) => rule.hazards.includes(warning.hazard))
        .flatMap((warning) => whileInForce(warning, rule.everyHours, range))
  }
}

function within(range: Range, day: Day): boolean {
  return day >= range.first && day <= range.last
}

function monthDay(day: Day, wanted: number): Day {
  return dayIn(yearOfDay(day), Number(day.slice(5, 7)), wanted)
}

function onDays(
  rule: { readonly at: string; readonly season?: Season },
  calendar: Calendar,
  range: Range,
  isDue: (day: Day) => boolean,
): readonly Candidate[] {
  const { season } = rule
  const windows = season && range.years.map((year) => seasonOf(calendar, season, year))
  const minute = minutesOf(rule.at)
  const found: Candidate[] = []
  for (let count = daysBetween(range.first, range.last); count >= 0; count--) {
    const day = addDays(range.last, -count)
    const open = !windows || windows.some(({ first, last }) => day >= first && day <= last)
    if (open && isDue(day)) found.push({ name: day, day, minute, provisional: false })
  }
  return found
}

/** The season that begins in a year. */
function seasonOf(
  calendar: Calendar,
  season: Season,
  year: number,
): { readonly first: Day; readonly last: Day } {
  const first = dayOfYear(calendar, season.from, year)
  const last = dayOfYear(calendar, season.to, year)
  return { first, last: last < first ? dayOfYear(calendar, season.to, year + 1) : last }
}

/** A lunar day is looked for in the lunar year that begins in `year`. */
function dayOfYear(calendar: Calendar, on: YearDay, year: number): Day {
  const day =
    'term' in on
      ? calendar.termDay(year, on.term)
      : 'lunar' in on
        ? calendar.solarOf(year, on.lunar.month, on.lunar.day)
        : dayIn(year, on.month, on.day)
  return addDays(day, on.plusDays ?? 0)
}

function workingDay(
  rule: Extract<Rule, { kind: 'working-days' }>,
  calendar: Calendar,
  range: Range,
  year: number,
): readonly Candidate[] {
  const start = anchorOf(rule.from, calendar, year)
  if (!start) return []
  const forward = rule.before === undefined
  const count = rule.before ?? rule.after ?? 0
  const name = `${year}-${start.name}${forward ? '+' : '-'}${count}wd`
  const found = addWorkingDays(
    calendar,
    forward ? start.last : start.first,
    forward ? count + start.firstCounts : -count,
  )
  if (!within(range, found.day)) return []
  const provisional = found.provisional || !start.settled
  return [{ name, day: found.day, minute: minutesOf(rule.at), provisional }]
}

function anchorOf(anchor: Anchor, calendar: Calendar, year: number) {
  if ('on' in anchor) {
    const day = dayOfYear(calendar, anchor.on, year)
    return { name: anchor.name, first: day, last: day, settled: true, firstCounts: 0 }
  }
  const off = daysOff(calendar, anchor.holiday, year)
  // After a holiday people name the first day back "plus nothing".
  return off && { name: anchor.holiday, ...off, firstCounts: 1 }
}

function whileInForce(
  warning: WarningInForce,
  everyHours: number,
  range: Range,
): readonly Candidate[] {
  const start = warning.from.getTime()
  const step = everyHours * HOUR_MS
  // An offset of one day at most: the range's first day decides where counting begins.
  const first = Math.max(1, Math.floor((instantOf(range.first, 0).getTime() - start) / step))
  const end = Math.min(warning.to.getTime(), instantOf(range.last, 0).getTime() + DAY_MS)
  const found: Candidate[] = []
  for (let count = first; start + count * step < end; count++) {
    const at = new Date(start + count * step)
    const name = `warning-${warning.id}+${count * everyHours}h`
    const place = { day: dayOf(at), minute: Math.floor(minuteOfDay(at)) }
    if (within(range, place.day))
      found.push({ name, ...place, provisional: false, before: warning.to })
  }
  return found
}
