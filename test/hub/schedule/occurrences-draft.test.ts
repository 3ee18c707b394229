/** An occurrence without a standing order: drafted in time, handed in, escalated, and at its time either
 *  sent by the engine because a leader signed it, or not sent and alarmed. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { fireDue } from '../../../src/hub/schedule/fire-due.ts'
import { cancelOccurrence, moveOccurrence } from '../../../src/hub/schedule/occurrences.ts'
import { planOccurrences } from '../../../src/hub/schedule/schedules.ts'
import { plannedOrders } from '../../../src/hub/submit.ts'
import { sweep } from '../../../src/hub/sweep.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  openTestHub,
  reviewBy,
  signBy,
} from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { alarmsOf, at, BOOK, later, occurrenceNamed, switchOn } from '../../support/schedules.ts'

let database: TestDatabase
let bureau: Bureau
beforeEach(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  await addPhones(bureau, 20)
  await switchOn(bureau, 'once')
})
afterEach(async () => {
  await bureau.test.close()
  await database.drop()
})

const NAME = 'once/2026-12-08'
const DUE = at('2026-12-08', '15:00')
const DRAFT_AT = at('2026-12-03', '08:40')
const before = (hours: number) => new Date(DUE.getTime() - hours * 3_600_000)
const steps = async (when: Date) =>
  (await fireDue(bureau.test.hub, BOOK, when)).taken.map((one) => one.step)

async function drafted() {
  await steps(DRAFT_AT)
  await steps(DRAFT_AT)
  const row = await occurrenceNamed(bureau, NAME)
  const { hub } = bureau.test
  return hub.store.transact(bureau.agencyId, async (tx) => {
    const bulletinId = row.bulletinId ?? 0
    const latest = await tx.latestRevision(bulletinId)
    return {
      ...{ bulletinId, revision: 1, hash: latest?.hash ?? '' },
      orders: await plannedOrders(tx, bulletinId),
      submissions: await tx.submissions(bulletinId),
    }
  })
}

it('drafts three working days before, hands in, and does each once', async () => {
  expect(await steps(new Date(DRAFT_AT.getTime() - 1))).toEqual([])
  expect(await steps(DRAFT_AT)).toEqual(['draft'])
  expect(await steps(DRAFT_AT)).toEqual(['hand-in'])
  expect(await steps(DRAFT_AT)).toEqual([])
  expect(await occurrenceNamed(bureau, NAME)).toMatchObject({ state: 'drafted', handedIn: true })
})

it('proposes its channels from its time on and submits the draft in its author’s name', async () => {
  const { orders, submissions } = await drafted()
  expect(orders).toEqual([
    { channelId: 'board', act: 'publish', audiences: [], notBefore: DUE },
    { channelId: 'wire', act: 'notify', audiences: ['media'], notBefore: DUE },
  ])
  expect(submissions).toHaveLength(1)
  expect(submissions[0]?.submittedBy).toBe(bureau.id('沈文书'))
})

it('is on the list of those on duty two hours before, and not sent at its time', async () => {
  await drafted()
  expect(await steps(before(2.01))).toEqual([])
  expect(await steps(before(2))).toEqual(['escalate'])
  expect(await steps(before(1))).toEqual([])
  expect(await alarmsOf(bureau, NAME)).toEqual(['unsigned-soon'])
  expect(await steps(DUE)).toEqual(['alarm'])
  await drain(bureau, DUE)
  expect(bureau.test.sink.texts).toEqual([])
  expect(await alarmsOf(bureau, NAME)).toEqual(['unsigned-soon', 'unsigned'])
  expect(await steps(new Date(DUE.getTime() + 86_400_000))).toEqual([])
})

it('goes out at its time by the engine when a leader signed it before', async () => {
  const draft = await drafted()
  const signedAt = before(20)
  await reviewBy(bureau, '陆保密', draft, signedAt)
  await signBy(bureau, '钱局长', draft, draft.orders, signedAt)
  expect(await steps(signedAt)).toEqual(['settle'])
  expect((await occurrenceNamed(bureau, NAME)).state).toBe('fired')
  const { hub, worker, sink } = bureau.test
  await sweep(hub, worker, before(0.1))
  await drain(bureau, before(0.1))
  expect(sink.texts).toEqual([])
  await sweep(hub, worker, DUE)
  await drain(bureau, DUE)
  expect(sink.texts).toHaveLength(21)
  expect(sink.texts[0]).toContain('桐乡市安全生产监督管理局提醒（12月8日）')
  expect(await steps(DUE)).toEqual([])
  expect(await alarmsOf(bureau, NAME)).toEqual([])
})

it('is settled by a signature that comes late as well', async () => {
  const draft = await drafted()
  await steps(before(1))
  await steps(DUE)
  const signedAt = new Date(DUE.getTime() + 3_600_000)
  await reviewBy(bureau, '陆保密', draft, signedAt)
  await signBy(bureau, '钱局长', draft, draft.orders, signedAt)
  expect(await steps(signedAt)).toEqual(['settle'])
  expect(await alarmsOf(bureau, NAME)).toEqual([])
})

it('moves with its draft, and stays moved after the next expansion', async () => {
  await drafted()
  const to = at('2026-12-10', '16:20')
  const { id } = await occurrenceNamed(bureau, NAME)
  await moveOccurrence(bureau.test.hub, BOOK, {
    ...{ agencyId: bureau.agencyId, occurrenceId: id, by: bureau.id('吴值班'), at: before(24) },
    ...{ to, reason: '与会议冲突' },
  })
  await planOccurrences(bureau.test.hub, BOOK, { agencyId: bureau.agencyId, at: before(23) })
  expect(await occurrenceNamed(bureau, NAME)).toMatchObject({ dueAt: to, moved: true })
  expect(await steps(DUE)).toEqual([])
  const { orders } = await drafted()
  expect(orders.every((order) => order.notBefore?.getTime() === to.getTime())).toBe(true)
  expect(await steps(to)).toEqual(['alarm'])
})

it('is refused a move without a reason, into the past, and after it is over', async () => {
  const { id } = await occurrenceNamed(bureau, NAME)
  const request = {
    ...{ agencyId: bureau.agencyId, occurrenceId: id, by: bureau.id('吴值班'), at: later(1) },
    ...{ to: at('2026-12-10'), reason: '改期' },
  }
  const move = (more: object) =>
    moveOccurrence(bureau.test.hub, BOOK, { ...request, ...more }).then(
      () => 'moved',
      (error) => error.refusal.code,
    )
  expect(await move({ reason: ' ' })).toBe('reason-missing')
  expect(await move({ to: later(0) })).toBe('window-invalid')
  expect(await move({ by: bureau.id('陆保密') })).toBe('not-allowed')
  expect(await move({ occurrenceId: 99_999 })).toBe('not-found')
  await cancelOccurrence(bureau.test.hub, BOOK, { ...request, reason: '不再需要' })
  expect(await move({})).toBe('occurrence-settled')
  await planOccurrences(bureau.test.hub, BOOK, { agencyId: bureau.agencyId, at: later(2) })
  expect((await occurrenceNamed(bureau, NAME)).state).toBe('cancelled')
  expect(await steps(DRAFT_AT)).toEqual([])
  const { hub } = bureau.test
  const events = await hub.store.transact(bureau.agencyId, (tx) => tx.occurrenceEvents(id))
  expect(events).toMatchObject([
    { what: 'cancel', actorId: bureau.id('吴值班'), reason: '不再需要' },
  ])
})

it('alarms when nobody can draft it, and drafts when somebody can again', async () => {
  await switchOn(bureau, 'once', { parameters: { channels: ['network'] } })
  const { connection } = bureau.test
  const retire = (moment: Date | null) =>
    connection.db
      .updateTable('channel')
      .set({ retired_at: moment })
      .where('agency_id', '=', bureau.agencyId)
      .where('id', '=', 'network')
      .execute()
  await retire(DRAFT_AT)
  expect(await steps(DRAFT_AT)).toEqual(['refused'])
  expect(await alarmsOf(bureau, NAME)).toEqual(['no-draft'])
  expect(await steps(DRAFT_AT)).toEqual([])
  await retire(null)
  expect(await steps(new Date(DRAFT_AT.getTime() + 600_000))).toEqual(['draft'])
})
