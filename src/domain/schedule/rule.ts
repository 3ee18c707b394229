/** 规则: when a standing broadcast is due, as data. A rule names days and a time in Shanghai and knows
 *  nothing of clocks; what it may say is this closed list. */
import type { Holiday, SolarTerm } from '../calendar/calendar.ts'
import type { LocalTime } from '../calendar/day.ts'

/** A day that comes back every year, moved by whole days. */
export type YearDay =
  | { readonly month: number; readonly day: number; readonly plusDays?: number }
  | { readonly term: SolarTerm; readonly plusDays?: number }
  | {
      /** day 30 of a month that has 29 days is its last: 12-30 is 除夕 */
      readonly lunar: { readonly month: number; readonly day: number }
      readonly plusDays?: number
    }

/** From a day to a day, both within; a season that ends before it begins ends in the next year. */
export interface Season {
  readonly from: YearDay
  readonly to: YearDay
}

/** What working days are counted from. */
export type Anchor =
  | { readonly holiday: Holiday }
  | {
      readonly on: YearDay
      /** a word for the instance's name, such as `deadline` */
      readonly name: string
    }

export type Rule =
  | { readonly kind: 'daily'; readonly at: LocalTime; readonly season?: Season }
  | {
      readonly kind: 'weekly'
      /** 1 Monday … 7 Sunday */
      readonly weekdays: readonly number[]
      readonly at: LocalTime
      readonly season?: Season
    }
  | {
      readonly kind: 'monthly'
      /** a day the month does not have is its last */
      readonly day: number
      readonly at: LocalTime
      readonly season?: Season
    }
  | { readonly kind: 'yearly'; readonly on: YearDay; readonly at: LocalTime }
  | {
      readonly kind: 'working-days'
      readonly from: Anchor
      /** before: the N-th working day before the first day off or the date (N ≥ 1);
       *  after: of a holiday the first working day plus N (N ≥ 0), of a date the N-th after it */
      readonly before?: number
      readonly after?: number
      readonly at: LocalTime
    }
  | {
      /** while a warning of one of these hazards is in force: N, 2N, 3N … hours after it began */
      readonly kind: 'in-force'
      readonly hazards: readonly string[]
      readonly everyHours: number
    }

/** A warning that is in force, as far as a rule must know it. */
export interface WarningInForce {
  /** the warning's bulletin */
  readonly id: number
  readonly hazard: string
  readonly from: Date
  /** when it ends or was lifted */
  readonly to: Date
}

export const EVERY_HOURS_MIN = 1
export const EVERY_HOURS_MAX = 168
