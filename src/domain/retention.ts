/** 归档: how long a month of the delivery log stays, which months it must have ready, and what keeps one
 *  from leaving. Papers, publications and counts are never part of it. */
import type { DeliveryState } from './delivery.ts'
import { monthOf } from './year.ts'

/** A year's report is due by the end of the next January; until then its deliveries stand in the log. */
export const KEEP_MONTHS_MIN = 13
export const KEEP_MONTHS_MAX = 600
const MONTHS_AHEAD = 3

const MONTH = /^(2\d{3})-(0[1-9]|1[0-2])$/

/** First day of a month written as YYYY-MM; undefined when it is none. */
export function readMonth(text: string): string | undefined {
  return MONTH.test(text) ? `${text}-01` : undefined
}

/** First day of the month `months` later, or earlier; both are first days. */
export function monthAfter(month: string, months: number): string {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 10)
}

/** Months whose partitions stand ready: this one and those to come, long before any of them begins. */
export function monthsAhead(at: Date): readonly string[] {
  const month = monthOf(at)
  return Array.from({ length: MONTHS_AHEAD + 1 }, (_, index) => monthAfter(month, index))
}

/** The newest month that has been closed for `keepMonths` months at that moment. */
export function newestToArchive(at: Date, keepMonths: number): string {
  return monthAfter(monthOf(at), -keepMonths - 1)
}

/** `accepted` is the end where a channel gives no receipts; who still waits for one is asked separately. */
export const OPEN_STATES: readonly DeliveryState[] = [
  'held',
  'waiting',
  'sending',
  'awaiting',
  'unsure',
]
