/** 定时的安排: what an agency switches on, the expansion into dated occurrences, and the warnings some of
 *  them hang on. Nothing here drafts or sends. */

import { whyNotForSchedule } from '../../domain/clearance/standing-order.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { Refused } from '../../domain/refusal.ts'
import { may, type Person, type Role } from '../../domain/role.ts'
import { nextLook } from '../../domain/schedule/occurrence.ts'
import { adapted, type Parameters, readParameters } from '../../domain/schedule/parameters.ts'
import type { StandingBroadcast } from '../../domain/schedule/standing.ts'
import { expandTimed, planUntil } from '../../domain/schedule/timing.ts'
import { dayOf } from '../../domain/year.ts'
import { provenOrder } from '../clearance/statements.ts'
import { actor } from '../people.ts'
import type { ScheduleRow } from '../ports/schedules.ts'
import type { Hub, Tx } from '../ports.ts'
import type { Book } from './occurrence-case.ts'

/** Who decides what is switched on, and who is asked when a day must be changed. */
const SETTERS: readonly Role[] = ['section-head', 'leader', 'operator']
const KEEPERS: readonly Role[] = ['drafter', 'section-head', 'leader', 'duty-officer']

/** A notice that comes late may move a day into the past: its own row must still be met. */
const LOOK_BACK_MS = 40 * 86_400_000
const AGENCIES_A_ROUND_MAX = 100
const WARNING_DAYS_MAX = 60

export interface Planned {
  readonly made: number
  readonly changed: number
  readonly dropped: number
  /** schedules whose parameters on file cannot be read */
  readonly refused: readonly { readonly scheduleId: string; readonly refusal: Refusal }[]
}

/** Expands every schedule of an agency 13 months ahead. Safe to repeat at any time. */
export async function planOccurrences(
  hub: Hub,
  book: Book,
  { agencyId, at }: { readonly agencyId: number; readonly at: Date },
): Promise<Planned> {
  const sum = { made: 0, changed: 0, dropped: 0 }
  const refused: { scheduleId: string; refusal: Refusal }[] = []
  const rows = await hub.store.transact(agencyId, (tx) => tx.schedules())
  for (const { id: scheduleId } of rows) {
    const one = await hub.store.transact(agencyId, (tx) => planOne(hub, tx, book, scheduleId, at))
    if ('refusal' in one) refused.push({ scheduleId, refusal: one.refusal })
    else for (const name of ['made', 'changed', 'dropped'] as const) sum[name] += one[name]
  }
  return { ...sum, refused }
}

async function planOne(hub: Hub, tx: Tx, book: Book, scheduleId: string, at: Date) {
  const nothing = { made: 0, changed: 0, dropped: 0 }
  const row = await tx.lockSchedule(scheduleId)
  if (!row) return nothing
  await tx.markPlanned(scheduleId, dayOf(at))
  const read = readParameters(row.parameters)
  if ('refusal' in read) return read
  const until = planUntil(at)
  const found = await tx.planInstances({
    ...{ scheduleId, at, until },
    occurrences: await wanted(hub, tx, book, { row, parameters: read.parameters, at, until }),
  })
  if (found.made + found.changed + found.dropped > 0)
    await tx.audit({ at, action: 'schedule-plan', subject: `schedule/${scheduleId}`, facts: found })
  return found
}

/** Nothing for a schedule that is switched off or no longer part of the product. */
async function wanted(
  hub: Hub,
  tx: Tx,
  book: Book,
  plan: {
    readonly row: ScheduleRow
    readonly parameters: Parameters
    readonly at: Date
    readonly until: Date
  },
) {
  const { row, at, until } = plan
  const known = book.find((one) => one.id === row.id)
  if (!known || !row.enabled) return []
  const broadcast = adapted(known, plan.parameters)
  const range = { from: new Date(at.getTime() - LOOK_BACK_MS), to: until }
  const warnings = await tx.warningsInForce(at)
  const hasOrder = row.standingOrderId !== undefined
  return expandTimed(broadcast, hub.calendar, range, warnings).map((one) => ({
    ...one,
    lookAt:
      nextLook({
        ...{ ...one, state: 'planned', hasOrder, signed: false, asked: false, handedIn: false },
        missed: broadcast.missed,
      }) ?? one.dueAt,
  }))
}

/** Agencies not expanded since the bureau's day began; every process may run it.
 *  @throws whatever one of them threw, after the others had their turn. */
export async function planDue(hub: Hub, book: Book, at: Date): Promise<readonly number[]> {
  const agencies = await hub.store.schedules.unplanned(dayOf(at), AGENCIES_A_ROUND_MAX)
  const faults: unknown[] = []
  for (const agencyId of agencies)
    await planOccurrences(hub, book, { agencyId, at }).catch((error) => faults.push(error))
  if (faults.length > 0) throw faults[0]
  return agencies
}

export interface ScheduleSetting {
  readonly agencyId: number
  readonly by: number
  readonly at: Date
  readonly scheduleId: string
  readonly enabled: boolean
  readonly authorId: number
  readonly standingOrderId?: number
  readonly parameters: unknown
}

/** Switches a standing broadcast on or off, or gives it the agency's own parameters, and expands it. */
export async function setSchedule(hub: Hub, book: Book, setting: ScheduleSetting): Promise<void> {
  const { agencyId, by, at, scheduleId: id, enabled, authorId, standingOrderId } = setting
  await hub.store.transact(agencyId, async (tx) => {
    const person = await actor(tx, by, at)
    if (!may(person, ...SETTERS)) throw new Refused({ code: 'not-allowed' })
    const known = book.find((one) => one.id === id)
    if (!known) throw new Refused({ code: 'not-found', field: 'schedule', detail: id })
    const author = await actor(tx, authorId, at)
    if (!may(author, 'drafter')) throw new Refused({ code: 'not-allowed', field: 'author' })
    const read = readParameters(setting.parameters)
    if ('refusal' in read) throw new Refused(read.refusal)
    for (const channelId of read.parameters.channels ?? [])
      if (!(await tx.channel(channelId)))
        throw new Refused({ code: 'not-found', field: 'channel', detail: channelId })
    const before = await tx.lockSchedule(id)
    const order = standingOrderId === undefined ? {} : { standingOrderId }
    if (standingOrderId !== undefined) {
      const broadcast = adapted(known, read.parameters)
      const given = before?.standingOrderId !== standingOrderId
      await checkOrder(hub, tx, { standingOrderId, broadcast, person, given })
    }
    await tx.putSchedule(
      { id, enabled, authorId, ...order, parameters: read.parameters },
      { at, by },
    )
    await tx.audit({
      ...{ at, actorId: by, action: 'schedule-set', subject: `schedule/${id}` },
      facts: { enabled, authorId, ...order, parameters: Object.keys(read.parameters).sort() },
    })
    await planOne(hub, tx, book, id, at)
  })
}

/** An order fires without anybody looking: what was signed must be for this schedule, or a leader answers for
 *  giving it to one of the same category and channels. The audit row of the setting names that leader. */
async function checkOrder(
  hub: Hub,
  tx: Tx,
  setting: {
    readonly standingOrderId: number
    readonly broadcast: StandingBroadcast
    readonly person: Person
    /** false where the schedule has this order already */
    readonly given: boolean
  },
): Promise<void> {
  const { standingOrderId, broadcast, person, given } = setting
  const field = 'standingOrder'
  const row = await tx.lockStandingOrder(standingOrderId)
  if (!row) throw new Refused({ code: 'not-found', field, detail: String(standingOrderId) })
  const order = provenOrder(hub, tx.agencyId, row)
  if (!order) throw new Refused({ code: 'proof-invalid', field })
  const refusal = whyNotForSchedule(order, broadcast)
  if (refusal) throw new Refused(refusal)
  if (!given) return
  if (row.revoked) throw new Refused({ code: 'order-revoked', field })
  if (order.limits.scheduleIds === undefined && !may(person, 'leader')) {
    const detail = '授权书没有写明定时，请由分管领导交给这项定时，或重新授权并写明'
    throw new Refused({ code: 'not-allowed', field, detail })
  }
}

export interface WarningLink {
  readonly agencyId: number
  /** the warning's bulletin */
  readonly bulletinId: number
  readonly hazard: string
  readonly from: Date
  readonly to: Date
  readonly by: number
  readonly at: Date
}

/** From now until its end the schedules of that hazard repeat; expanded at once. */
export async function linkWarning(hub: Hub, book: Book, link: WarningLink): Promise<void> {
  const { agencyId, bulletinId, hazard, from, to, by, at } = link
  await hub.store.transact(agencyId, async (tx) => {
    await keeper(tx, by, at)
    const long = to.getTime() - from.getTime()
    if (!(long > 0) || long > WARNING_DAYS_MAX * 86_400_000 || to <= at)
      throw new Refused({ code: 'window-invalid', field: 'to', limit: WARNING_DAYS_MAX })
    if (hazard.trim() === '' || [...hazard].length > 40)
      throw new Refused({ code: 'value-not-allowed', field: 'hazard' })
    if (!(await tx.lockBulletin(bulletinId)))
      throw new Refused({ code: 'not-found', field: 'bulletin' })
    if (!(await tx.linkWarning({ id: bulletinId, hazard, from, to, by })))
      throw new Refused({ code: 'already-confirmed', field: 'bulletin' })
    await tx.audit({
      ...{ at, actorId: by, action: 'warning-link', subject: `bulletin/${bulletinId}` },
      facts: { hazard, from: from.toISOString(), to: to.toISOString() },
    })
  })
  await planOccurrences(hub, book, { agencyId, at })
}

/** 解除: what was still to come is dropped at once. */
export async function liftWarning(
  hub: Hub,
  book: Book,
  lift: {
    readonly agencyId: number
    readonly bulletinId: number
    readonly by: number
    readonly at: Date
  },
): Promise<void> {
  const { agencyId, bulletinId, by, at } = lift
  await hub.store.transact(agencyId, async (tx) => {
    await keeper(tx, by, at)
    if (!(await tx.liftWarning(bulletinId, by, at)))
      throw new Refused({ code: 'not-found', field: 'warning' })
    await tx.audit({
      ...{ at, actorId: by, action: 'warning-lift', subject: `bulletin/${bulletinId}` },
      facts: {},
    })
  })
  await planOccurrences(hub, book, { agencyId, at })
}

/** Whoever may move, cancel, confirm or run an occurrence. */
export async function keeper(tx: Tx, personId: number, at: Date): Promise<void> {
  const person = await actor(tx, personId, at)
  if (!may(person, ...KEEPERS)) throw new Refused({ code: 'not-allowed' })
}
