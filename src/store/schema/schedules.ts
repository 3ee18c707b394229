/** Tables of 0010-schedules: standing broadcasts, their occurrences, alarms and warnings in force. */
import type { Generated, JSONColumnType } from 'kysely'
import type { AlarmKind, OccurrenceState } from '../../domain/schedule/occurrence.ts'
import type { DayOrNull, Moment, MomentOrNull, Nullable } from './columns.ts'

export interface ScheduleTables {
  schedule: {
    agency_id: number
    id: string
    enabled: boolean
    author_id: number
    standing_order_id: Nullable<number>
    parameters: JSONColumnType<object>
    changed_at: Moment
    changed_by: Nullable<number>
    planned_on: DayOrNull
  }
  occurrence: {
    agency_id: number
    id: Generated<number>
    schedule_id: string
    instance: string
    planned_at: Moment
    due_at: Moment
    draft_at: Moment
    provisional: boolean
    state: OccurrenceState
    state_at: Moment
    look_at: MomentOrNull
    asked_at: MomentOrNull
    handed_in_at: MomentOrNull
    bulletin_id: Nullable<number>
    confirmed_at: MomentOrNull
    confirmed_by: Nullable<number>
    moved_at: MomentOrNull
    moved_by: Nullable<number>
  }
  occurrence_event: {
    agency_id: number
    id: Generated<number>
    occurrence_id: number
    what: string
    at: Moment
    actor_id: Nullable<number>
    reason: string
    state: string
    due_at: Moment
  }
  occurrence_alarm: {
    agency_id: number
    id: Generated<number>
    occurrence_id: number
    kind: AlarmKind
    detail: string
    due_at: Moment
    at: Moment
    acknowledged_at: MomentOrNull
    acknowledged_by: Nullable<number>
  }
  warning_in_force: {
    agency_id: number
    bulletin_id: number
    hazard: string
    from_at: Moment
    until_at: Moment
    linked_by: number
    lifted_at: MomentOrNull
    lifted_by: Nullable<number>
  }
}
