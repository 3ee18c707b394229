/** The lease: whoever lost it may still say what became of the call, and nothing else. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Outcome } from '../../src/domain/outcome.ts'
import { attempt, claimNext, newWorker } from '../../src/hub/attempt.ts'
import { verifyLog } from '../../src/hub/count.ts'
import type { Claim } from '../../src/hub/ports/engine.ts'
import { settle } from '../../src/hub/settle.ts'
import { sweep } from '../../src/hub/sweep.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  signed,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger, statesOf } from '../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
  await addPhones(bureau, 10)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})
beforeEach(() => {
  const { sink } = bureau.test
  Object.assign(sink, { calls: 0, before: undefined, answer: undefined, found: undefined })
  sink.accepted.clear()
})

const hub = () => bureau.test.hub
const noDrift = async () => expect(await verifyLog(hub(), bureau.agencyId)).toEqual([])

/** A process that claimed and was then too slow, or died. */
async function claimAndLose(): Promise<{ claim: Claim; dispatchId: number }> {
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  const claim = await claimNext(hub(), newWorker('slow', 1), 'normal', MORNING)
  if (!claim) throw new Error('nothing was due')
  await new Promise((resolve) => setTimeout(resolve, 20))
  return { claim, dispatchId: dispatchIds[0] ?? 0 }
}

async function answerLate(claim: Claim, outcome: Outcome | ((index: number) => Outcome)) {
  const road = await hub().outside.road(claim.agencyId, claim.channelId, claim.roadId)
  if (!road) throw new Error('no road')
  const outcomes = claim.recipients.map((_, index) =>
    typeof outcome === 'function' ? outcome(index) : outcome,
  )
  await settle(hub(), claim, road.channel, outcomes, MORNING)
}

// A channel that was looked at is left alone for a minute, so each sweep is a later one.
let sweeps = 0
const reclaim = () =>
  sweep(hub(), bureau.test.worker, new Date(MORNING.getTime() + 61_000 * ++sweeps))

it('begun without an end becomes unsure, and is not sent again', async () => {
  const { dispatchId } = await claimAndLose()
  expect((await reclaim()).reclaimed).toBe(1)
  expect(await statesOf(owner, dispatchId)).toEqual({ unsure: 10 })
  await drain(bureau, new Date(MORNING.getTime() + 3_600_000))
  expect(bureau.test.sink.calls).toBe(0)
  await noDrift()
})

it('nothing is reclaimed before its lease has ended', async () => {
  await signed(bureau, [NOTIFY])
  const claim = await claimNext(hub(), bureau.test.worker, 'normal', MORNING)
  expect(await claimNext(hub(), bureau.test.worker, 'normal', MORNING)).toBeUndefined()
  expect((await reclaim()).reclaimed).toBe(0)
  if (claim) await attempt(hub(), bureau.test.worker, claim, MORNING)
})

it('a late acceptance resolves what is unsure, and only that', async () => {
  const { claim, dispatchId } = await claimAndLose()
  await reclaim()
  // Meanwhile a person decided about two of them.
  await owner.lawful(
    `with two as (update delivery set state = 'skipped' where dispatch_id = $1 and address_id in (
        select address_id from delivery where dispatch_id = $1 order by address_id limit 2) returning 1)
     update tally set deliveries = deliveries - 2 where state = 'unsure' and ctid = (
       select ctid from tally where state = 'unsure' and deliveries >= 2 limit 1)`,
    [dispatchId],
  )
  await owner.lawful(
    `insert into tally (agency_id, day, channel_id, category_id, mode, state, slot, deliveries, units)
     values ($1, '2026-11-25', 'wire', 'notice', 'earnest', 'skipped', 0, 2, 0)`,
    [bureau.agencyId],
  )
  await answerLate(claim, { kind: 'accepted' })
  expect(await statesOf(owner, dispatchId)).toEqual({ accepted: 8, skipped: 2 })
  const [end] = await owner.lawful<{ late: boolean }>(
    'select late from attempt_end where attempt_id = $1',
    [claim.attemptId],
  )
  expect(end).toEqual({ late: true })
  await noDrift()
})

it('a late "not sent" moves what is unsure to a child batch, which is then sent once', async () => {
  const { claim, dispatchId } = await claimAndLose()
  await reclaim()
  await answerLate(claim, (index) =>
    index < 4 ? { kind: 'retry', code: 'not-sent', detail: '' } : { kind: 'accepted' },
  )
  expect(await statesOf(owner, dispatchId)).toEqual({ waiting: 4, accepted: 6 })
  await drain(bureau, new Date(MORNING.getTime() + 6 * 3_600_000))
  expect(bureau.test.sink.accepted.size).toBe(4)
  expect(await statesOf(owner, dispatchId)).toEqual({ accepted: 10 })
  await noDrift()
})

it('an answer that comes before the reclaim and after the lease still holds the batch', async () => {
  const { claim, dispatchId } = await claimAndLose()
  await answerLate(claim, { kind: 'accepted' })
  expect((await reclaim()).reclaimed).toBe(0)
  expect(await statesOf(owner, dispatchId)).toEqual({ accepted: 10 })
  await noDrift()
})

it('settling twice changes nothing', async () => {
  const { claim, dispatchId } = await claimAndLose()
  await answerLate(claim, { kind: 'accepted' })
  await answerLate(claim, { kind: 'retry', code: 'again', detail: '' })
  await answerLate(claim, { kind: 'unsure', code: 'again', detail: '' })
  await drain(bureau, new Date(MORNING.getTime() + 6 * 3_600_000))
  expect(await statesOf(owner, dispatchId)).toEqual({ accepted: 10 })
  expect(bureau.test.sink.calls).toBe(0)
  await noDrift()
})

it('a late answer reopens nothing that was resolved meanwhile', async () => {
  const { claim, dispatchId } = await claimAndLose()
  await reclaim()
  bureau.test.sink.found = () => ({ kind: 'accepted' })
  expect((await reclaim()).reconciled).toBeGreaterThan(0)
  expect(await statesOf(owner, dispatchId)).toEqual({ accepted: 10 })
  await answerLate(claim, { kind: 'retry', code: 'not-sent', detail: '' })
  await answerLate(claim, { kind: 'refused', scope: 'message', code: 'no', detail: '' })
  expect(await statesOf(owner, dispatchId)).toEqual({ accepted: 10 })
  await noDrift()
})

it.each<Outcome>([
  { kind: 'refused', scope: 'message', code: 'no', detail: '' },
  { kind: 'unsure', code: 'timeout', detail: '' },
  { kind: 'retry', code: 'not-sent', detail: '' },
])('a late "$kind" leaves alone what a child batch has taken over', async (outcome) => {
  const { claim, dispatchId } = await claimAndLose()
  await reclaim()
  bureau.test.sink.found = () => ({ kind: 'retry', code: 'not-found', detail: '' })
  await reclaim()
  bureau.test.sink.found = undefined
  const [before] = await owner.lawful<object>('select * from delivery where dispatch_id = $1', [
    dispatchId,
  ])
  await answerLate(claim, outcome)
  const [after] = await owner.lawful<object>('select * from delivery where dispatch_id = $1', [
    dispatchId,
  ])
  expect(after).toEqual(before)
  await drain(bureau, new Date(MORNING.getTime() + 6 * 3_600_000))
  expect(await statesOf(owner, dispatchId)).toEqual({ accepted: 10 })
  expect([...bureau.test.sink.accepted.values()]).toEqual(Array(10).fill(1))
  await noDrift()
})

it('a look that proves "not sent" sends once; two processes looking at once do not double it', async () => {
  const { dispatchId } = await claimAndLose()
  await reclaim()
  bureau.test.sink.found = () => ({ kind: 'retry', code: 'not-found', detail: '' })
  await Promise.all([reclaim(), reclaim(), reclaim()])
  bureau.test.sink.found = undefined
  await drain(bureau, new Date(MORNING.getTime() + 6 * 3_600_000))
  expect(await statesOf(owner, dispatchId)).toEqual({ accepted: 10 })
  expect([...bureau.test.sink.accepted.values()]).toEqual(Array(10).fill(1))
  await noDrift()
})

it('a look that finds nothing new leaves it unsure', async () => {
  const { dispatchId } = await claimAndLose()
  await reclaim()
  await reclaim()
  expect(await statesOf(owner, dispatchId)).toEqual({ unsure: 10 })
  await noDrift()
})
