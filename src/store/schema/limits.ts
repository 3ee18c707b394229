/** Tables of 0016-limits: tokens taken from a platform's windows, and breakers. */
import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { LimitState } from '../../domain/limits.ts'
import type { Moment, MomentOrNull, Nullable } from './columns.ts'

export interface LimitTables {
  limit_state: {
    agency_id: number
    account: string
    subject: string
    state: JSONColumnType<LimitState>
    idle_at: Moment
  }
  breaker: {
    agency_id: number
    channel_id: string
    road_id: string
    failures: number
    openings: Generated<number>
    open_until: MomentOrNull
    calls_max: Nullable<number>
  }
  breaker_change: {
    agency_id: number
    id: Generated<number>
    channel_id: string
    road_id: string
    at: ColumnType<Date, never, never>
    state: 'open' | 'half-open' | 'closed' | 'held'
    calls_max: Nullable<number>
    reason: string
  }
}
