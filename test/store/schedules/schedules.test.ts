/** Rows of schedules: one an instance, locked by one, the history never changed, nobody else's agency. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Bureau, foundBureau, MORNING, openTestHub } from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type Forger, openForger } from '../../support/forger.ts'
import { later, occurrenceNamed, occurrencesOf, switchOn } from '../../support/schedules.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
  await switchOn(bureau, 'weekly')
  await switchOn(bureau, 'once')
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const NAME = 'weekly/2026-11-25'

it('gives one occurrence to one: the other sees nothing and does not wait', async () => {
  const { hub } = bureau.test
  const { id } = await occurrenceNamed(bureau, NAME)
  await hub.store.transact(bureau.agencyId, async (tx) => {
    expect((await tx.takeOccurrence(id))?.instance).toBe(NAME)
    const second = await hub.store.transact(bureau.agencyId, (other) => other.takeOccurrence(id))
    expect(second).toBeUndefined()
  })
  const free = await hub.store.transact(bureau.agencyId, (tx) => tx.takeOccurrence(id))
  expect(free?.id).toBe(id)
})

it('filters by time, schedule, name and state, in the order of time', async () => {
  const { hub } = bureau.test
  const find = (filter: object) =>
    hub.store.transact(bureau.agencyId, (tx) => tx.occurrences({ limit: 1_000, ...filter }))
  const soon = await find({ from: MORNING, to: later(24 * 14) })
  expect(soon.map((row) => row.instance)).toEqual([
    ...[NAME, 'weekly/2026-12-02', 'once/2026-12-08'],
  ])
  expect(await find({ scheduleId: 'once', states: ['fired'] })).toEqual([])
  expect(await find({ limit: 1 })).toHaveLength(1)
})

it('keeps agencies apart', async () => {
  const { hub } = bureau.test
  const { id } = await occurrenceNamed(bureau, NAME)
  const seen = await hub.store.transact(bureau.agencyId + 1, async (tx) => [
    ...(await tx.occurrences({ limit: 10 })),
    ...(await tx.schedules()),
    await tx.lockOccurrence(id),
  ])
  expect(seen).toEqual([undefined])
})

it('names due occurrences by their next look, and the signed ones', async () => {
  const { schedules } = bureau.test.hub.store
  expect(await schedules.dueOccurrences(new Date('2026-11-20T00:40:00Z'), 10)).toHaveLength(1)
  const [due] = await schedules.dueOccurrences(MORNING, 10)
  const first = await occurrenceNamed(bureau, NAME)
  expect(due).toEqual({ agencyId: bureau.agencyId, occurrenceId: first.id })
  await schedules.lookLater(bureau.agencyId, first.id, later(100))
  expect(await schedules.dueOccurrences(MORNING, 10)).toEqual([])
  await schedules.lookLater(bureau.agencyId, first.id, first.lookAt ?? MORNING)
})

it('raises an alarm once for each kind and time', async () => {
  const { hub } = bureau.test
  const { id: occurrenceId, dueAt } = await occurrenceNamed(bureau, NAME)
  const alarm = { occurrenceId, kind: 'unsigned', detail: '', dueAt, at: MORNING } as const
  const raise = (more: object) =>
    hub.store.transact(bureau.agencyId, (tx) => tx.raiseAlarm({ ...alarm, ...more }))
  expect(await raise({})).toBe(true)
  expect(await raise({})).toBe(false)
  expect(await raise({ dueAt: later(100) })).toBe(true)
  expect(await raise({ kind: 'late' })).toBe(true)
})

it('never changes the history, and no hub’s role may delete a row', async () => {
  const { hub, connection } = bureau.test
  const { id } = await occurrenceNamed(bureau, 'once/2026-12-08')
  await hub.store.transact(bureau.agencyId, (tx) =>
    tx.changeOccurrence(id, { state: 'cancelled', at: MORNING, event: { what: 'cancel' } }),
  )
  await expect(owner.lawful("update occurrence_event set reason = '改'")).rejects.toThrow('never')
  await expect(owner.lawful('delete from occurrence_event')).rejects.toThrow('never')
  const remove = connection.db.deleteFrom('occurrence').where('id', '=', id).execute()
  await expect(remove).rejects.toThrow('permission denied')
})

it('refuses a state that contradicts itself', async () => {
  const { id } = await occurrenceNamed(bureau, NAME)
  const set = (clause: string) => owner.lawful(`update occurrence set ${clause} where id = ${id}`)
  await expect(set("state = 'drafted'")).rejects.toThrow('check')
  await expect(set("state = 'fired'")).rejects.toThrow('check')
  await expect(set("instance = 'other/2026'")).rejects.toThrow('check')
  expect((await occurrencesOf(bureau, 'weekly'))[0]?.state).toBe('planned')
})
