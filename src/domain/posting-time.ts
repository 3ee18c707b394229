/** Dates as clerks write them, in Shanghai: `YYYY-MM-DD`, or with `HH:mm` or `HH:mm:ss`. Refuses
 *  days and hours that never were. */

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/
const TIME = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}):(\d{2})(?::(\d{2}))?$/
const YEAR_MIN = 1990

/** True for a day the calendar has. */
export function isDay(text: string): boolean {
  const [, year = '', month = '', day = ''] = DAY.exec(text) ?? []
  if (year === '' || Number(year) < YEAR_MIN) return false
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
}

/** A day without a time is its first instant. */
export function instantOf(text: string): { readonly at: Date } | { readonly problem: string } {
  const [, day = text, hour = '00', minute = '00', second = '00'] = TIME.exec(text) ?? []
  if (!DAY.test(day))
    return {
      problem: '不是日期，请按 2018-03-01 或 2018-03-01 09:30 的格式填写（表格软件可能改了格式）',
    }
  if (!isDay(day)) return { problem: `没有 ${day} 这一天，请核对日期` }
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
    return { problem: `没有 ${hour}:${minute}:${second} 这个时刻，请核对时间` }
  return { at: new Date(`${day}T${hour}:${minute}:${second}+08:00`) }
}
