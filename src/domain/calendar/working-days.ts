/** 工作日: counting them. The day it counts from is never counted (政府信息公开条例 counts from the day
 *  after receipt); an answer that walks over a day without data is provisional. */
import { type Calendar, isSettled } from './calendar.ts'
import { addDays, type Day } from './day.ts'

export interface WorkingDay {
  readonly day: Day
  /** 暂定: a notice still to come may change it */
  readonly provisional: boolean
}

const WORKING_DAYS_MAX = 250
/** More days off in a row than any calendar has; a broken one is refused instead of walked for ever. */
const DAYS_OFF_MAX = 60

/** The `count`-th working day after `start`, or before it when `count` is negative.
 *  @throws RangeError when `count` is no whole number, is 0 or beyond `WORKING_DAYS_MAX`. */
export function addWorkingDays(calendar: Calendar, start: Day, count: number): WorkingDay {
  if (!Number.isInteger(count) || count === 0 || Math.abs(count) > WORKING_DAYS_MAX)
    throw new RangeError(
      `工作日数应为 1 到 ${WORKING_DAYS_MAX} 的整数（向前数为负），现为 ${count}`,
    )
  const step = count > 0 ? 1 : -1
  let day = start
  let provisional = false
  let left = Math.abs(count)
  let off = 0
  while (left > 0) {
    day = addDays(day, step)
    provisional ||= !isSettled(calendar, day)
    if (calendar.isWorkingDay(day)) {
      left--
      off = 0
    } else if (++off > DAYS_OFF_MAX)
      throw new RangeError(
        `日历在 ${start} 前后连续 ${DAYS_OFF_MAX} 天没有工作日，请核对节假日数据`,
      )
  }
  return { day, provisional }
}

/** The first working day at or after `start`. */
export function firstWorkingDay(calendar: Calendar, start: Day): WorkingDay {
  return addWorkingDays(calendar, addDays(start, -1), 1)
}
