/** A process that was stopped between its claim and its call: awake again it asks whether the lease is
 *  still its own, and sends nothing when it is not. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { attempt, claimNext, newWorker } from '../../src/hub/attempt.ts'
import { verifyLog } from '../../src/hub/count.ts'
import type { Claim } from '../../src/hub/ports/engine.ts'
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

const LATER = new Date(MORNING.getTime() + 3_600_000)
const stalled = newWorker('stalled', 60_000)

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
  Object.assign(sink, { calls: 0, answer: undefined, found: undefined })
  sink.accepted.clear()
})

const hub = () => bureau.test.hub

/** Claimed, and stopped for longer than the lease. */
async function claimAndSleep(): Promise<{ claim: Claim; dispatchId: number }> {
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  const claim = await claimNext(hub(), stalled, 'normal', MORNING)
  if (!claim) throw new Error('nothing was due')
  await owner.lawful(
    "update batch set lease_until = clock_timestamp() - interval '1 second' where id = $1",
    [claim.batchId],
  )
  return { claim, dispatchId: dispatchIds[0] ?? 0 }
}

async function eachOnce(dispatchId: number) {
  await drain(bureau, LATER)
  expect(await statesOf(owner, dispatchId)).toEqual({ accepted: 10 })
  expect([...bureau.test.sink.accepted.values()]).toEqual(Array(10).fill(1))
  expect(await verifyLog(hub(), bureau.agencyId)).toEqual([])
}

it('nobody took over yet: nothing is called, and all goes out later', async () => {
  const { claim, dispatchId } = await claimAndSleep()
  await attempt(hub(), stalled, claim, MORNING)
  expect(bureau.test.sink.calls).toBe(0)
  expect(await statesOf(owner, dispatchId)).toEqual({ waiting: 10 })
  await eachOnce(dispatchId)
})

it('taken for unsure meanwhile: it says that it sent nothing, and all goes out once', async () => {
  const { claim, dispatchId } = await claimAndSleep()
  await sweep(hub(), bureau.test.worker, MORNING)
  expect(await statesOf(owner, dispatchId)).toEqual({ unsure: 10 })
  await attempt(hub(), stalled, claim, MORNING)
  expect(bureau.test.sink.calls).toBe(0)
  const [end] = await owner.lawful<{ late: boolean }>(
    'select late from attempt_end where attempt_id = $1',
    [claim.attemptId],
  )
  expect(end).toEqual({ late: true })
  await eachOnce(dispatchId)
})

it('sent by another after a look: it sends no second time, and reopens nothing', async () => {
  const { claim, dispatchId } = await claimAndSleep()
  bureau.test.sink.found = () => ({ kind: 'retry', code: 'not-found', detail: '' })
  await sweep(hub(), bureau.test.worker, MORNING)
  await drain(bureau, LATER)
  expect(bureau.test.sink.calls).toBe(1)
  await attempt(hub(), stalled, claim, MORNING)
  expect(bureau.test.sink.calls).toBe(1)
  await eachOnce(dispatchId)
})

it('stopped after it asked: what is left counts down all the same', async () => {
  await signed(bureau, [NOTIFY])
  const brief = newWorker('brief', 60)
  const claim = await claimNext(hub(), brief, 'normal', MORNING)
  if (!claim) throw new Error('nothing was due')
  const left = await hub().store.engine.leaseLeft(claim)
  expect(left()).toBeLessThanOrEqual(60)
  await new Promise((resolve) => setTimeout(resolve, 80))
  expect(left()).toBe(0)
})
