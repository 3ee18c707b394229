/** One occurrence with everything a step needs, and what every step leaves behind: its state, the moment to
 *  look again, the history, the audit and the alarms. It refuses parameters on file that cannot be read. */
import { Refused } from '../../domain/refusal.ts'
import {
  AFTER,
  type AlarmKind,
  nextLook,
  type OccurrenceFacts,
  type Step,
} from '../../domain/schedule/occurrence.ts'
import { adapted, type Parameters, readParameters } from '../../domain/schedule/parameters.ts'
import type { StandingBroadcast } from '../../domain/schedule/standing.ts'
import type { OccurrenceRow, ScheduleRow } from '../ports/schedules.ts'
import type { Hub, Tx } from '../ports.ts'

/** Every standing broadcast the product knows. */
export type Book = readonly StandingBroadcast[]

const DETAIL_CHARACTERS_MAX = 500

/** An occurrence with everything a step needs, its row locked. */
export interface Case {
  readonly hub: Hub
  readonly tx: Tx
  readonly at: Date
  readonly row: OccurrenceRow
  readonly schedule: ScheduleRow
  readonly broadcast: StandingBroadcast
  readonly parameters: Parameters
  readonly facts: OccurrenceFacts
}

/** @throws Error when its broadcast is no longer part of the product: the next expansion drops it. */
export async function openCase(
  hub: Hub,
  tx: Tx,
  book: Book,
  row: OccurrenceRow,
  at: Date,
): Promise<Case> {
  const schedule = (await tx.schedules()).find((one) => one.id === row.scheduleId)
  const known = book.find((one) => one.id === row.scheduleId)
  if (!schedule || !known) throw new Error(`没有定时 ${row.scheduleId} 的内容`)
  const read = readParameters(schedule.parameters)
  if ('refusal' in read) throw new Refused(read.refusal)
  const broadcast = adapted(known, read.parameters)
  const hasOrder = schedule.standingOrderId !== undefined
  const handedIn = row.handedIn || !broadcast.handsIn
  const facts = { ...row, hasOrder, handedIn, missed: broadcast.missed }
  return { hub, tx, at, row, schedule, broadcast, parameters: read.parameters, facts }
}

/** The state the step leaves, the moment to look again, the history and the audit, in one place. */
export async function leave(
  found: Case,
  step: Step,
  more: {
    readonly bulletinId?: number
    readonly asked?: boolean
    readonly handedIn?: boolean
    readonly actorId?: number
    readonly reason?: string
  } = {},
): Promise<void> {
  const { tx, row, facts, at } = found
  const { bulletinId, asked = facts.asked, handedIn = facts.handedIn, actorId, reason } = more
  const stays = step === 'ask-confirmation' || step === 'hand-in'
  const state = stays ? facts.state : AFTER[step]
  const lookAt = nextLook({ ...facts, state, asked, handedIn })
  const who = actorId === undefined ? {} : { actorId }
  await tx.changeOccurrence(row.id, {
    ...{ state, at },
    ...(lookAt === undefined ? {} : { lookAt }),
    ...(bulletinId === undefined ? {} : { bulletinId }),
    ...(asked && !facts.asked ? { askedAt: at } : {}),
    ...(handedIn && !facts.handedIn ? { handedInAt: at } : {}),
    event: { what: step, ...who, ...(reason === undefined ? {} : { reason: short(reason) }) },
  })
  await tx.audit({
    ...{ at, ...who, action: `schedule-${step}`, subject: `occurrence/${row.instance}` },
    facts: { dueAt: row.dueAt.toISOString(), ...(bulletinId === undefined ? {} : { bulletinId }) },
  })
}

export async function raise(found: Case, kind: AlarmKind, detail = ''): Promise<void> {
  const { tx, row, at } = found
  const { id: occurrenceId, dueAt } = row
  await tx.raiseAlarm({ occurrenceId, kind, detail: short(detail), dueAt, at })
}

export function short(text: string): string {
  return [...text].slice(0, DETAIL_CHARACTERS_MAX).join('')
}
