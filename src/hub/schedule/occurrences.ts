/** 改期、取消、确认: what people do to one occurrence. Each is refused for what is settled, needs a reason
 *  where it changes something announced, and survives every later expansion. */
import { Refused } from '../../domain/refusal.ts'
import {
  nextLook,
  OCCURRENCE_STATE_NAMES,
  type OccurrenceState,
  whyNotChangeable,
} from '../../domain/schedule/occurrence.ts'
import { draftMoment } from '../../domain/schedule/timing.ts'
import { minuteOf, monthOf } from '../../domain/year.ts'
import type { Hub, Tx } from '../ports.ts'
import { draftOf, fireOrder, type StepTaken, takeStep } from './fire-due.ts'
import { type Book, type Case, leave, openCase } from './occurrence-case.ts'
import { replanHere } from './occurrence-draft.ts'
import { keeper } from './schedules.ts'

interface Person {
  readonly agencyId: number
  readonly occurrenceId: number
  readonly by: number
  readonly at: Date
}

async function held(hub: Hub, tx: Tx, book: Book, request: Person): Promise<Case> {
  await keeper(tx, request.by, request.at)
  const row = await tx.lockOccurrence(request.occurrenceId)
  if (!row) throw new Refused({ code: 'not-found', field: 'occurrence' })
  return openCase(hub, tx, book, row, request.at)
}

/** 改期: from here on a person's time stands, whatever rule or calendar say later. */
export function moveOccurrence(
  hub: Hub,
  book: Book,
  request: Person & { readonly to: Date; readonly reason: string },
): Promise<void> {
  const { agencyId, by, at, to, reason } = request
  return hub.store.transact(agencyId, async (tx) => {
    const found = await held(hub, tx, book, request)
    const { row, facts, broadcast, schedule } = found
    const refusal = whyNotChangeable({ state: row.state, reason, at, to })
    if (refusal) throw new Refused(refusal)
    const draftAt = draftMoment(hub.calendar, to, broadcast.lead)
    const state: OccurrenceState = row.bulletinId === undefined ? 'planned' : 'drafted'
    const lookAt = nextLook({ ...facts, state, dueAt: to, draftAt, provisional: false })
    await tx.changeOccurrence(row.id, {
      ...{ state, at, movedTo: { dueAt: to, draftAt, by } },
      ...(lookAt === undefined ? {} : { lookAt }),
      event: { what: 'move', actorId: by, reason: reason.trim() },
    })
    const draft = { broadcast, authorId: schedule.authorId, dueAt: to, at }
    if (row.bulletinId !== undefined) await replanHere(tx, row.bulletinId, draft, by)
    await audit(tx, request, found, 'move', { to: to.toISOString() })
  })
}

/** 取消: this one only; a draft that was made for it stays with its author. */
export function cancelOccurrence(
  hub: Hub,
  book: Book,
  request: Person & { readonly reason: string },
): Promise<void> {
  const { agencyId, by, at, reason } = request
  return hub.store.transact(agencyId, async (tx) => {
    const found = await held(hub, tx, book, request)
    const refusal = whyNotChangeable({ state: found.row.state, reason, at })
    if (refusal) throw new Refused(refusal)
    await tx.changeOccurrence(found.row.id, {
      ...{ state: 'cancelled', at },
      event: { what: 'cancel', actorId: by, reason: reason.trim() },
    })
    await audit(tx, request, found, 'cancel', {})
  })
}

/** 暂定→确定: the day was compared with the notice, or stands whatever the notice says. */
export function confirmOccurrence(hub: Hub, book: Book, request: Person): Promise<void> {
  const { agencyId, by, at } = request
  return hub.store.transact(agencyId, async (tx) => {
    const found = await held(hub, tx, book, request)
    const { row, facts } = found
    const refusal = whyNotChangeable({ state: row.state, reason: '确认', at })
    if (refusal) throw new Refused(refusal)
    if (!row.provisional) throw new Refused({ code: 'already-confirmed' })
    const lookAt = nextLook({ ...facts, provisional: false })
    await tx.changeOccurrence(row.id, {
      ...{ state: row.state, at, confirmedBy: by },
      ...(lookAt === undefined ? {} : { lookAt }),
      event: { what: 'confirm', actorId: by },
    })
    await audit(tx, request, found, 'confirm', {})
  })
}

export interface Run {
  readonly instance: string
  readonly step: StepTaken
}

/** 立即办理: does now what is due, or what a person decides about a missed one.
 *  @throws Refused `not-due` before its time, `occurrence-settled` when it is over. */
export async function runOccurrence(
  hub: Hub,
  book: Book,
  request: Omit<Person, 'by'> & { readonly by?: number },
): Promise<Run> {
  const taken = await takeStep(hub, book, request)
  if (taken) return taken
  const { agencyId, occurrenceId, by, at } = request
  await hub.store.prepareMonth(monthOf(at))
  return hub.store.transact(agencyId, async (tx) => {
    const row = await tx.lockOccurrence(occurrenceId)
    if (!row) throw new Refused({ code: 'not-found', field: 'occurrence' })
    if (row.state !== 'missed') throw new Refused(whyNotNow(row, at))
    // What a person decides needs the person.
    if (by === undefined) throw new Refused({ code: 'not-allowed', field: 'by' })
    const found = await held(hub, tx, book, { agencyId, occurrenceId, by, at })
    const step = found.facts.hasOrder && !row.provisional ? 'fire' : 'draft-late'
    if (step === 'fire') await fireOrder(found, by)
    else await leave(found, step, { bulletinId: await draftOf(found), actorId: by })
    return { instance: row.instance, step }
  })
}

function whyNotNow(row: Case['row'], at: Date) {
  const { state, dueAt, draftAt, lookAt } = row
  const open = state === 'planned' || state === 'drafted' || state === 'escalated'
  if (!open) return { code: 'occurrence-settled', detail: OCCURRENCE_STATE_NAMES[state] } as const
  const next = lookAt ?? (draftAt > at ? draftAt : dueAt)
  const detail = `${row.instance} 下一步在 ${minuteOf(next)}`
  return { code: 'not-due', detail } as const
}

/** 已阅: the alarm leaves the list of those on duty; the occurrence stays as it is. */
export function acknowledgeAlarm(
  hub: Hub,
  request: {
    readonly agencyId: number
    readonly alarmId: number
    readonly by: number
    readonly at: Date
  },
): Promise<void> {
  const { agencyId, alarmId, by, at } = request
  return hub.store.transact(agencyId, async (tx) => {
    await keeper(tx, by, at)
    if (!(await tx.acknowledgeAlarm(alarmId, by, at)))
      throw new Refused({ code: 'not-found', field: 'alarm' })
    await tx.audit({
      ...{ at, actorId: by, action: 'alarm-acknowledge', subject: `alarm/${alarmId}`, facts: {} },
    })
  })
}

function audit(
  tx: Tx,
  { by, at }: Person,
  found: Case,
  what: string,
  facts: Record<string, string>,
): Promise<void> {
  return tx.audit({
    ...{ at, actorId: by, action: `occurrence-${what}` },
    subject: `occurrence/${found.row.instance}`,
    facts: { dueAt: found.row.dueAt.toISOString(), ...facts },
  })
}
