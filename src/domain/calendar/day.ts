/** 日期: a calendar day of the bureau as text, and the arithmetic on it. Knows no working day. */

/** Shanghai has kept UTC+8 without daylight saving since 1991. */
const OFFSET_MS = 8 * 3_600_000
export const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** `YYYY-MM-DD` in Shanghai. */
export type Day = string
/** `HH:mm` in Shanghai. */
export type LocalTime = string

export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && dayFrom(stampOf(text)) === text
}

export function isLocalTime(text: string): boolean {
  return /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(text)
}

/** Milliseconds of the day's midnight as if it were UTC: a number to count days with. */
function stampOf(day: Day): number {
  return Date.parse(`${day}T00:00:00Z`)
}

function dayFrom(stamp: number): Day {
  return Number.isFinite(stamp) ? new Date(stamp).toISOString().slice(0, 10) : ''
}

export function addDays(day: Day, count: number): Day {
  return dayFrom(stampOf(day) + count * DAY_MS)
}

/** Days from `a` to `b`; negative when `b` comes first. */
export function daysBetween(a: Day, b: Day): number {
  return Math.round((stampOf(b) - stampOf(a)) / DAY_MS)
}

/** 1 Monday … 7 Sunday. */
export function weekdayOf(day: Day): number {
  return new Date(stampOf(day)).getUTCDay() || 7
}

export function yearOfDay(day: Day): number {
  return Number(day.slice(0, 4))
}

/** The day of a month; a day the month does not have becomes its last, so that a yearly reminder of
 *  29 February is not lost in three years of four. */
export function dayIn(year: number, month: number, day: number): Day {
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const two = (value: number) => String(value).padStart(2, '0')
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(Math.min(day, last))}`
}

export function minutesOf(time: LocalTime): number {
  const [hours = '0', minutes = '0'] = time.split(':')
  return Number(hours) * 60 + Number(minutes)
}

/** The instant of a day's minute, 0 being its midnight in Shanghai. */
export function instantOf(day: Day, minute: number): Date {
  return new Date(stampOf(day) - OFFSET_MS + minute * MINUTE_MS)
}

/** Minutes since midnight in Shanghai. */
export function minuteOfDay(at: Date): number {
  return Math.floor((((at.getTime() + OFFSET_MS) % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS
}
