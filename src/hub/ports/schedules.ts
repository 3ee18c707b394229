/** What the doors read and write of schedules, their occurrences, alarms and the warnings in force. */
import type { AlarmKind, OccurrenceState } from '../../domain/schedule/occurrence.ts'
import type { WarningInForce } from '../../domain/schedule/rule.ts'

/** A standing broadcast as an agency has switched it on. */
export interface ScheduleRow {
  readonly id: string
  readonly enabled: boolean
  readonly authorId: number
  readonly standingOrderId?: number
  /** as they are on file; read with `readParameters` */
  readonly parameters: unknown
  /** the bureau's day of the last expansion */
  readonly plannedOn?: string
}

/** An occurrence as the rules and the calendar have it now. */
export interface PlannedOccurrence {
  readonly instance: string
  readonly dueAt: Date
  readonly draftAt: Date
  readonly lookAt: Date
  readonly provisional: boolean
}

export interface OccurrenceRow {
  readonly id: number
  readonly scheduleId: string
  readonly instance: string
  /** as the rule says */
  readonly plannedAt: Date
  /** as it stands */
  readonly dueAt: Date
  readonly draftAt: Date
  /** 暂定 and confirmed by nobody */
  readonly provisional: boolean
  readonly state: OccurrenceState
  readonly stateAt: Date
  readonly lookAt?: Date
  /** somebody was asked to confirm the day */
  readonly asked: boolean
  /** its draft was checked and submitted as far as the checks allow */
  readonly handedIn: boolean
  readonly moved: boolean
  readonly confirmed: boolean
  readonly bulletinId?: number
  /** its bulletin carries a signature */
  readonly signed: boolean
}

export interface OccurrenceFilter {
  readonly limit: number
  readonly from?: Date
  readonly to?: Date
  readonly scheduleId?: string
  readonly instance?: string
  readonly states?: readonly OccurrenceState[]
}

/** What a step leaves behind; what is absent stays as it is, except the moment to look again. */
export interface OccurrenceChange {
  readonly state: OccurrenceState
  readonly at: Date
  /** absent: nothing happens by itself any more */
  readonly lookAt?: Date
  readonly bulletinId?: number
  readonly askedAt?: Date
  readonly handedInAt?: Date
  readonly confirmedBy?: number
  /** a person's own time, which no expansion touches again */
  readonly movedTo?: { readonly dueAt: Date; readonly draftAt: Date; readonly by: number }
  /** 中文 or ids: what is written beside it in the history */
  readonly event: { readonly what: string; readonly actorId?: number; readonly reason?: string }
}

export interface AlarmRow {
  readonly id: number
  readonly occurrenceId: number
  readonly instance: string
  readonly scheduleId: string
  readonly state: OccurrenceState
  readonly kind: AlarmKind
  readonly detail: string
  readonly dueAt: Date
  readonly at: Date
  readonly bulletinId?: number
}

export interface OccurrenceEvent {
  readonly what: string
  readonly at: Date
  readonly actorId?: number
  readonly reason: string
  readonly state: string
  readonly dueAt: Date
}

export interface SchedulePort {
  schedules(): Promise<readonly ScheduleRow[]>
  /** Locked until the transaction ends. */
  lockSchedule(id: string): Promise<ScheduleRow | undefined>
  /** Replaces it and asks for a new expansion. */
  putSchedule(
    row: Omit<ScheduleRow, 'plannedOn'>,
    change: { readonly at: Date; readonly by: number },
  ): Promise<void>
  markPlanned(scheduleId: string, day: string): Promise<void>
  /** Meets each instance's own row. What was moved, confirmed or is past its draft stays untouched; what
   *  the rule no longer names before `until` is obsolete, and comes back when it is named again. */
  planInstances(plan: {
    readonly scheduleId: string
    readonly occurrences: readonly PlannedOccurrence[]
    readonly at: Date
    readonly until: Date
  }): Promise<{ readonly made: number; readonly changed: number; readonly dropped: number }>
  /** In the order of their time. */
  occurrences(filter: OccurrenceFilter): Promise<readonly OccurrenceRow[]>
  /** Locked until the transaction ends; waits for whoever has it. */
  lockOccurrence(id: number): Promise<OccurrenceRow | undefined>
  /** The same without waiting: undefined as well when somebody else has it. */
  takeOccurrence(id: number): Promise<OccurrenceRow | undefined>
  changeOccurrence(id: number, change: OccurrenceChange): Promise<void>
  occurrenceEvents(id: number): Promise<readonly OccurrenceEvent[]>
  /** Once for each kind and time of an occurrence; true when it is new. */
  raiseAlarm(alarm: {
    readonly occurrenceId: number
    readonly kind: AlarmKind
    readonly detail: string
    readonly dueAt: Date
    readonly at: Date
  }): Promise<boolean>
  /** Unacknowledged ones of occurrences that are not settled, the oldest first. */
  alarms(limit: number): Promise<readonly AlarmRow[]>
  /** False when it was acknowledged before or is not there. */
  acknowledgeAlarm(id: number, by: number, at: Date): Promise<boolean>
  /** False when the bulletin hangs on a schedule already. */
  linkWarning(warning: WarningInForce & { readonly by: number }): Promise<boolean>
  /** False when there is none in force. */
  liftWarning(bulletinId: number, by: number, at: Date): Promise<boolean>
  /** Those not over at `at`. */
  warningsInForce(at: Date): Promise<readonly WarningInForce[]>
}

/** What the engine asks for all agencies at once; ids only. */
export interface ScheduleSweepPort {
  dueOccurrences(
    at: Date,
    limit: number,
  ): Promise<readonly { readonly agencyId: number; readonly occurrenceId: number }[]>
  /** Agencies with a schedule not expanded since `day` began. */
  unplanned(day: string, limit: number): Promise<readonly number[]>
  /** Looks again later, after a fault that concerns nobody else. */
  lookLater(agencyId: number, occurrenceId: number, lookAt: Date): Promise<void>
}
