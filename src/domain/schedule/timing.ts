/** 提前量: when the draft of an occurrence must be there, so that it is reviewed and signed in time. */
import type { Calendar } from '../calendar/calendar.ts'
import { instantOf, minutesOf } from '../calendar/day.ts'
import { addWorkingDays } from '../calendar/working-days.ts'
import { dayOf } from '../year.ts'
import { type Expandable, type Expanded, expand } from './expand.ts'
import type { WarningInForce } from './rule.ts'
import type { Lead } from './standing.ts'

/** Drafts are made when people come to work. */
const DRAFTS_AT = '08:40'
const HOUR_MS = 3_600_000
const MONTHS_AHEAD = 13

/** 13 months after `at`: every yearly occurrence is in sight at least once. */
export function planUntil(at: Date): Date {
  const until = new Date(at)
  until.setUTCMonth(until.getUTCMonth() + MONTHS_AHEAD)
  return until
}

/** Working days before the occurrence's day, in the morning; or hours before its minute. */
export function draftMoment(calendar: Calendar, dueAt: Date, lead: Lead): Date {
  if ('hours' in lead) return new Date(dueAt.getTime() - lead.hours * HOUR_MS)
  const day = dayOf(dueAt)
  const start = lead.workingDays === 0 ? day : addWorkingDays(calendar, day, -lead.workingDays).day
  const morning = instantOf(start, minutesOf(DRAFTS_AT))
  return morning < dueAt ? morning : new Date(dueAt.getTime() - HOUR_MS)
}

export interface Timed extends Expanded {
  readonly draftAt: Date
}

export function expandTimed(
  broadcast: Expandable & { readonly lead: Lead },
  calendar: Calendar,
  range: { readonly from: Date; readonly to: Date },
  warnings: readonly WarningInForce[],
): readonly Timed[] {
  return expand(broadcast, calendar, range, warnings).map((one) => ({
    ...one,
    draftAt: draftMoment(calendar, one.dueAt, broadcast.lead),
  }))
}
