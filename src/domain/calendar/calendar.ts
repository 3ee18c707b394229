/** 日历: what the law of working days asks of a calendar, and what it may believe of the answers.
 *  Whoever has no data of a year says so; nobody here takes silence for a working day. */
import { addDays, type Day, dayIn, yearOfDay } from './day.ts'

/** 节气, in the order of the solar year. */
export const SOLAR_TERMS = [
  ...['小寒', '大寒', '立春', '雨水', '惊蛰', '春分', '清明', '谷雨'],
  ...['立夏', '小满', '芒种', '夏至', '小暑', '大暑', '立秋', '处暑'],
  ...['白露', '秋分', '寒露', '霜降', '立冬', '小雪', '大雪', '冬至'],
] as const
export type SolarTerm = (typeof SOLAR_TERMS)[number]

/** 法定节假日 (全国年节及纪念日放假办法). */
export const HOLIDAYS = [
  'new-year',
  'spring-festival',
  'qingming',
  'labour-day',
  'dragon-boat',
  'mid-autumn',
  'national-day',
] as const
export type Holiday = (typeof HOLIDAYS)[number]

export interface LunarDate {
  readonly year: number
  readonly month: number
  readonly day: number
  /** 闰月 */
  readonly leap: boolean
}

export interface Calendar {
  /** true when the State Council's notice for that year is in the data */
  covers(year: number): boolean
  /** the notice's answer; Monday to Friday where there is no notice */
  isWorkingDay(day: Day): boolean
  lunarOf(day: Day): LunarDate
  /** the solar day of a lunar date outside leap months; a 30th the month does not have is its last
   *  day, so that month 12, day 30 is always 除夕 */
  solarOf(year: number, month: number, day: number): Day
  termDay(year: number, term: SolarTerm): Day
}

/** Next year's notice may turn the last days of December into holidays or working Saturdays: the
 *  earliest such day so far was 29 December (2018). */
const NEXT_NOTICE_FROM = '12-24'

/** True when no notice still to come can change whether people work on that day. */
export function isSettled(calendar: Calendar, day: Day): boolean {
  const year = yearOfDay(day)
  if (!calendar.covers(year)) return false
  return day.slice(5) < NEXT_NOTICE_FROM || calendar.covers(year + 1)
}

/** 放假: one run of days off; `settled` is false while it is only what the law lets expect. */
export interface DaysOff {
  readonly first: Day
  readonly last: Day
  readonly settled: boolean
}

/** The day a holiday is about. 春节 is looked for from lunar 1-1. */
function festivalDay(calendar: Calendar, holiday: Holiday, year: number): Day {
  switch (holiday) {
    case 'new-year':
      return dayIn(year, 1, 1)
    case 'spring-festival':
      return calendar.solarOf(year, 1, 1)
    case 'qingming':
      return calendar.termDay(year, '清明')
    case 'labour-day':
      return dayIn(year, 5, 1)
    case 'dragon-boat':
      return calendar.solarOf(year, 5, 5)
    case 'mid-autumn':
      return calendar.solarOf(year, 8, 15)
    case 'national-day':
      return dayIn(year, 10, 1)
  }
}

/** 春节自农历除夕起放假调休8天, 国庆节 from 1 October 7 days, 劳动节 from 1 May 5 days
 *  (全国年节及纪念日放假办法, 2024 revision, article 7); the others one day beside their weekend. */
const EXPECTED_DAYS: Partial<Record<Holiday, { readonly before: number; readonly days: number }>> =
  {
    'spring-festival': { before: 1, days: 8 },
    'labour-day': { before: 0, days: 5 },
    'national-day': { before: 0, days: 7 },
  }

/** The run of days off around a holiday; undefined in years in which people worked on it. */
export function daysOff(calendar: Calendar, holiday: Holiday, year: number): DaysOff | undefined {
  const festival = festivalDay(calendar, holiday, year)
  const noticed = calendar.covers(yearOfDay(festival))
  if (noticed && calendar.isWorkingDay(festival)) return undefined
  const { before, days } = EXPECTED_DAYS[holiday] ?? { before: 0, days: 1 }
  const start = noticed ? festival : addDays(festival, -before)
  const end = noticed ? festival : addDays(start, days - 1)
  const first = edge(calendar, start, -1)
  const last = edge(calendar, end, 1)
  const settled = noticed && isSettled(calendar, first) && isSettled(calendar, last)
  return { first, last, settled }
}

/** No run of days off is longer; a calendar that never works must not be walked for ever. */
const RUN_DAYS_MAX = 60

function edge(calendar: Calendar, from: Day, step: 1 | -1): Day {
  let day = from
  for (let walked = 0; walked < RUN_DAYS_MAX; walked++) {
    const next = addDays(day, step)
    if (calendar.isWorkingDay(next)) return day
    day = next
  }
  return day
}
