/** The Chinese calendar: notices on holidays and make-up workdays, lunar dates, solar terms. A year
 *  without a notice in the data is not covered, whatever the data answers for its days. */
import chineseDays from 'chinese-days'
import { Lunar, LunarMonth, Solar } from 'lunar-typescript'

interface LunarDay {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly leap: boolean
}

/** Answers days as YYYY-MM-DD and depends on no clock and no zone of the process. */
export interface ChineseCalendar {
  /** true when the holiday notice of that year is in the data */
  covers(year: number): boolean
  /** the notice's answer; Monday to Friday where there is none */
  isWorkingDay(day: string): boolean
  lunarOf(day: string): LunarDay
  /** day 30 of a month that has 29 is its last.
   *  @throws RangeError for a month or day no lunar year has. */
  solarOf(year: number, month: number, day: number): string
  /** @throws RangeError for a name that is no solar term. */
  termDay(year: number, term: string): string
}

export function chineseCalendar(): ChineseCalendar {
  const covered = new Map<number, boolean>()
  const lunarDays = new Map<string, string>()
  const terms = new Map<number, ReadonlyMap<string, string>>()
  const covers = (year: number) => remember(covered, year, () => hasNotice(year))
  return {
    covers,
    isWorkingDay(day) {
      const [year, month, date] = parts(day)
      const noticed = covers(year) ? noticeOf(day) : undefined
      if (noticed) return noticed.work
      const weekday = new Date(Date.UTC(year, month - 1, date)).getUTCDay()
      return weekday !== 0 && weekday !== 6
    },
    lunarOf(day) {
      const lunar = Solar.fromYmd(...parts(day)).getLunar()
      const month = lunar.getMonth()
      return { year: lunar.getYear(), month: Math.abs(month), day: lunar.getDay(), leap: month < 0 }
    },
    solarOf: (year, month, day) =>
      remember(lunarDays, `${year}-${month}-${day}`, () => solarOf(year, month, day)),
    termDay(year, term) {
      const day = remember(terms, year, () => termsOf(year)).get(term)
      if (!day) throw new RangeError(`没有“${term}”这个节气`)
      return day
    },
  }
}

/** A year is covered when its first and its last great holiday are both named by a notice. */
function hasNotice(year: number): boolean {
  if (!Number.isInteger(year) || year < 1900 || year > 2100) return false
  return [`${year}-01-01`, `${year}-10-01`].every((day) => noticeOf(day) !== undefined)
}

/** What a notice says of a day: one it names carries the names of the holiday, separated by commas. For
 *  any other day the data answers with the weekday of the process's zone, which is not asked for. */
function noticeOf(day: string): { readonly work: boolean } | undefined {
  const { name, work } = chineseDays.getDayDetail(day)
  return name.includes(',') ? { work } : undefined
}

function solarOf(year: number, month: number, day: number): string {
  const days = LunarMonth.fromYm(year, month)?.getDayCount()
  if (days === undefined || day < 1 || day > 30)
    throw new RangeError(`没有农历 ${year} 年 ${month} 月 ${day} 日`)
  return Lunar.fromYmd(year, month, Math.min(day, days)).getSolar().toYmd()
}

/** The table of a lunar year reaches from the winter before it to the spring after it, its last winter
 *  under a name of its own. */
function termsOf(year: number): ReadonlyMap<string, string> {
  const table = Solar.fromYmd(year, 6, 30).getLunar().getJieQiTable()
  return new Map(
    Object.entries(table).flatMap(([name, moment]) => {
      const own = name === 'DONG_ZHI' ? '冬至' : name
      return moment.getYear() === year && /\p{Script=Han}/u.test(own) ? [[own, moment.toYmd()]] : []
    }),
  )
}

function parts(day: string): [number, number, number] {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number)
  return [year, month, date]
}

function remember<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = known.get(key)
  if (found !== undefined) return found
  const made = make()
  known.set(key, made)
  return made
}
