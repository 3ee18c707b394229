/** Expansion into rows: repeated without a trace, changed by a notice, dropped and named again; and what
 *  people changed survives it. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Calendar } from '../../../src/domain/calendar/calendar.ts'
import { weekdayOf } from '../../../src/domain/calendar/day.ts'
import type { Hub } from '../../../src/hub/ports.ts'
import { fireDue } from '../../../src/hub/schedule/fire-due.ts'
import { acknowledgeAlarm, moveOccurrence } from '../../../src/hub/schedule/occurrences.ts'
import {
  liftWarning,
  linkWarning,
  planDue,
  planOccurrences,
  setSchedule,
} from '../../../src/hub/schedule/schedules.ts'
import { type Bureau, draftBy, foundBureau, MORNING, openTestHub } from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import {
  at,
  BOOK,
  later,
  occurrenceNamed,
  occurrencesOf,
  switchOn,
} from '../../support/schedules.ts'

let database: TestDatabase
let bureau: Bureau
beforeEach(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
})
afterEach(async () => {
  await bureau.test.close()
  await database.drop()
})

const plan = (when: Date, hub: Hub = bureau.test.hub) =>
  planOccurrences(hub, BOOK, { agencyId: bureau.agencyId, at: when })
const NOTHING = { made: 0, changed: 0, dropped: 0, refused: [] }

it('is 13 months ahead, begins now, and a second time changes nothing', async () => {
  await switchOn(bureau, 'weekly')
  const rows = await occurrencesOf(bureau, 'weekly')
  expect(rows).toHaveLength(57)
  expect(rows[0]?.instance).toBe('weekly/2026-11-25')
  expect(rows.at(-1)?.instance).toBe('weekly/2027-12-22')
  expect(await plan(MORNING)).toEqual(NOTHING)
  expect(await plan(later(24 * 7))).toMatchObject({ made: 1, changed: 0, dropped: 0 })
  expect(await plan(later(0))).toMatchObject({ made: 0 })
})

it('is done once a day for every agency, whoever asks', async () => {
  await switchOn(bureau, 'weekly')
  const { hub } = bureau.test
  expect(await planDue(hub, BOOK, later(5))).toEqual([])
  expect(await planDue(hub, BOOK, later(24))).toEqual([bureau.agencyId])
  expect(await planDue(hub, BOOK, later(25))).toEqual([])
})

it('makes two processes at once meet the same rows', async () => {
  await switchOn(bureau, 'weekly')
  const other = openTestHub(database.hubUrl, { keys: bureau.test.keys })
  try {
    const when = later(24 * 7)
    const both = await Promise.all([plan(when), plan(when, other.hub)])
    expect(both[0].made + both[1].made).toBe(1)
  } finally {
    await other.close()
  }
  expect(await occurrencesOf(bureau, 'weekly')).toHaveLength(58)
})

/** The notice for 2027 as it might come: 除夕 to the seventh day off, the Saturday after it worked. */
function withNotice(calendar: Calendar): Calendar {
  return {
    ...calendar,
    covers: (year) => year === 2027 || calendar.covers(year),
    isWorkingDay(day) {
      if (!day.startsWith('2027-')) return calendar.isWorkingDay(day)
      if (day >= '2027-02-05' && day <= '2027-02-11') return false
      return day === '2027-02-13' || weekdayOf(day) <= 5
    },
  }
}

it('moves a provisional day to what the notice says, and nothing a person moved', async () => {
  await switchOn(bureau, 'resume')
  const name = 'resume/2027-spring-festival+0wd'
  expect(await occurrenceNamed(bureau, name)).toMatchObject({ provisional: true })
  const { hub } = bureau.test
  const noticed = { ...hub, calendar: withNotice(hub.calendar) }
  expect(await plan(later(1), noticed)).toMatchObject({ changed: 1 })
  const row = await occurrenceNamed(bureau, name)
  expect(row).toMatchObject({ provisional: false, dueAt: at('2027-02-12', '09:00') })
  const to = at('2027-02-13', '08:30')
  await moveOccurrence(hub, BOOK, {
    ...{ agencyId: bureau.agencyId, occurrenceId: row.id, by: bureau.id('吴值班') },
    ...{ at: later(2), to, reason: '周六调休上班' },
  })
  expect(await plan(later(3))).toEqual(NOTHING)
  expect(await plan(later(4), noticed)).toEqual(NOTHING)
  expect(await occurrenceNamed(bureau, name)).toMatchObject({ dueAt: to, moved: true })
})

it('drops what is switched off and names it again', async () => {
  await switchOn(bureau, 'once')
  await switchOn(bureau, 'once', { enabled: false, at: later(1) })
  expect((await occurrencesOf(bureau, 'once')).map((row) => row.state)).toEqual([
    'obsolete',
    'obsolete',
  ])
  expect((await fireDue(bureau.test.hub, BOOK, at('2026-12-08', '15:00'))).taken).toEqual([])
  await switchOn(bureau, 'once', { at: later(2) })
  expect((await occurrencesOf(bureau, 'once')).map((row) => row.state)).toEqual([
    'planned',
    'planned',
  ])
})

it('takes the agency’s own hour, and keeps what is due already', async () => {
  await switchOn(bureau, 'weekly')
  await switchOn(bureau, 'weekly', { parameters: { at: '16:10' }, at: later(5.5) })
  const [first, second] = await occurrencesOf(bureau, 'weekly')
  expect(first?.dueAt).toEqual(at('2026-11-25', '15:00'))
  expect(second?.dueAt).toEqual(at('2026-12-02', '16:10'))
})

it('repeats while a warning is in force and stops when it is lifted', async () => {
  await switchOn(bureau, 'storm')
  const { bulletinId } = await draftBy(bureau, '沈文书', { categoryId: 'warning' })
  const link = {
    ...{ agencyId: bureau.agencyId, bulletinId, hazard: '台风', by: bureau.id('吴值班') },
    ...{ from: MORNING, to: later(25), at: later(0.5) },
  }
  const { hub } = bureau.test
  await linkWarning(hub, BOOK, link)
  const names = async () =>
    (await occurrencesOf(bureau, 'storm')).map((row) => `${row.instance} ${row.state}`)
  const hours = (list: readonly number[], state: string) =>
    list.map((hour) => `storm/warning-${bulletinId}+${hour}h ${state}`)
  expect(await names()).toEqual(hours([6, 12, 18, 24], 'planned'))
  await expect(linkWarning(hub, BOOK, link)).rejects.toMatchObject({
    refusal: { code: 'already-confirmed' },
  })
  const lift = { agencyId: bureau.agencyId, bulletinId, by: bureau.id('吴值班'), at: later(7) }
  // The first one became a draft four hours before its time.
  await fireDue(hub, BOOK, later(2))
  await liftWarning(hub, BOOK, lift)
  expect(await names()).toEqual([...hours([6], 'drafted'), ...hours([12, 18, 24], 'obsolete')])
  await expect(liftWarning(hub, BOOK, lift)).rejects.toMatchObject({
    refusal: { code: 'not-found' },
  })
  const wrong = { ...link, to: MORNING }
  await expect(linkWarning(hub, BOOK, wrong)).rejects.toMatchObject({
    refusal: { code: 'window-invalid' },
  })
})

it('is switched on by those who decide, with a drafter, in bounds', async () => {
  const set = (more: object) =>
    setSchedule(bureau.test.hub, BOOK, {
      ...{ agencyId: bureau.agencyId, scheduleId: 'once', by: bureau.id('钱局长'), at: MORNING },
      ...{ enabled: true, authorId: bureau.id('沈文书'), parameters: {}, ...more },
    }).then(
      () => 'set',
      (error) => `${error.refusal.code} ${error.refusal.field ?? ''}`.trim(),
    )
  expect(await set({ by: bureau.id('沈文书') })).toBe('not-allowed')
  expect(await set({ scheduleId: 'nothing' })).toBe('not-found schedule')
  expect(await set({ authorId: bureau.id('陆保密') })).toBe('not-allowed author')
  expect(await set({ parameters: { at: '25:00' } })).toBe('value-not-allowed at')
  expect(await set({ parameters: { colour: 'red' } })).toBe('value-not-allowed colour')
  expect(await set({ parameters: { channels: ['nowhere'] } })).toBe('not-found channel')
  expect(await set({})).toBe('set')
})

it('takes an alarm off the list once', async () => {
  await switchOn(bureau, 'weekly')
  const { hub } = bureau.test
  await fireDue(hub, BOOK, at('2026-11-25', '15:00'))
  const alarms = () => hub.store.transact(bureau.agencyId, (tx) => tx.alarms(10))
  const [alarm] = await alarms()
  expect(alarm?.kind).toBe('late')
  const request = { agencyId: bureau.agencyId, alarmId: alarm?.id ?? 0, at: later(6) }
  const by = bureau.id('吴值班')
  await acknowledgeAlarm(hub, { ...request, by })
  expect(await alarms()).toEqual([])
  await expect(acknowledgeAlarm(hub, { ...request, by })).rejects.toMatchObject({
    refusal: { code: 'not-found' },
  })
})
