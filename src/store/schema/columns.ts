/** Column types shared by all tables: how a moment, a day and an absent value travel. */
import type { ColumnType } from 'kysely'

export type Moment = ColumnType<Date, Date | string, Date | string>
export type MomentOrNull = ColumnType<
  Date | null,
  Date | string | null | undefined,
  Date | string | null
>
/** `date` columns travel as YYYY-MM-DD, so that no time zone can move them. */
export type Day = string
export type DayOrNull = ColumnType<string | null, string | null | undefined, string | null>
export type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>
