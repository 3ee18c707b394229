/** A small book of standing broadcasts on the test channels, switched on the way the door does it. */
import type { Parameters } from '../../src/domain/schedule/parameters.ts'
import type { StandingBroadcast } from '../../src/domain/schedule/standing.ts'
import type { OccurrenceRow } from '../../src/hub/ports/schedules.ts'
import { setSchedule } from '../../src/hub/schedule/schedules.ts'
import { type Bureau, MORNING } from './bureau.ts'

const HOUR_MS = 3_600_000

/** Hours after a Wednesday morning at ten in Shanghai. */
export const later = (hours: number) => new Date(MORNING.getTime() + hours * HOUR_MS)
export const at = (day: string, time = '00:00') => new Date(`${day}T${time}:00+08:00`)

function broadcast(
  id: string,
  more: Pick<StandingBroadcast, 'rules'> & Partial<StandingBroadcast>,
): StandingBroadcast {
  return {
    ...{ id, name: id, basis: '示例', categoryId: 'safety-reminder', level: 'routine' },
    ...{ audiences: ['media'], channels: ['board', 'wire'], missed: { policy: 'ask' } },
    ...{ lead: { workingDays: 3 }, handsIn: true, jitterMinutes: 0 },
    text: { title: '{单位}提醒（{月日}）', blocks: [{ kind: 'paragraph', text: '请检查排水。' }] },
    ...more,
  }
}

/** Every Wednesday at 15:00; on the 8th of December; working days; in force; unannounced. */
export const BOOK: readonly StandingBroadcast[] = [
  broadcast('weekly', { rules: [{ kind: 'weekly', weekdays: [3], at: '15:00' }] }),
  broadcast('once', { rules: [{ kind: 'yearly', on: { month: 12, day: 8 }, at: '15:00' }] }),
  broadcast('resume', {
    rules: [{ kind: 'working-days', from: { holiday: 'spring-festival' }, after: 0, at: '09:00' }],
  }),
  broadcast('storm', {
    rules: [{ kind: 'in-force', hazards: ['台风'], everyHours: 6 }],
    ...{ lead: { hours: 4 }, missed: { policy: 'skip' } },
  }),
]

export function switchOn(
  bureau: Bureau,
  scheduleId: string,
  more: {
    readonly parameters?: Parameters
    readonly standingOrderId?: number
    readonly enabled?: boolean
    readonly at?: Date
  } = {},
): Promise<void> {
  return setSchedule(bureau.test.hub, BOOK, {
    ...{ agencyId: bureau.agencyId, scheduleId, by: bureau.id('钱局长'), at: more.at ?? MORNING },
    ...{ enabled: more.enabled ?? true, authorId: bureau.id('沈文书') },
    ...{ parameters: more.parameters ?? {} },
    ...(more.standingOrderId === undefined ? {} : { standingOrderId: more.standingOrderId }),
  })
}

export function occurrencesOf(
  bureau: Bureau,
  scheduleId: string,
): Promise<readonly OccurrenceRow[]> {
  return bureau.test.hub.store.transact(bureau.agencyId, (tx) =>
    tx.occurrences({ scheduleId, limit: 1_000 }),
  )
}

export async function occurrenceNamed(bureau: Bureau, instance: string): Promise<OccurrenceRow> {
  const [row] = await bureau.test.hub.store.transact(bureau.agencyId, (tx) =>
    tx.occurrences({ instance, limit: 1 }),
  )
  if (!row) throw new Error(`there is no occurrence ${instance}`)
  return row
}

/** Kinds of alarm on the list of those on duty. */
export async function alarmsOf(bureau: Bureau, instance: string): Promise<readonly string[]> {
  const rows = await bureau.test.hub.store.transact(bureau.agencyId, (tx) => tx.alarms(1_000))
  return rows.filter((row) => row.instance === instance).map((row) => row.kind)
}
