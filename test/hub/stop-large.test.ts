/** Stopping what is large: in the middle of its fan-out, and when the process dies in the middle of the
 *  cancelling. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { verifyLog } from '../../src/hub/count.ts'
import { fanOut } from '../../src/hub/fan-out.ts'
import { stop } from '../../src/hub/stop.ts'
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
import { dispatchOf, type Forger, openForger, statesOf } from '../support/forger.ts'

const PHONES = 25_000
let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
  await addPhones(bureau, PHONES)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const halt = (bulletinId: number) =>
  stop(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId, by: bureau.id('吴值班') },
    ...{ reason: '名单有误', at: MORNING },
  })

it('races with the fan-out and wins: nothing is written or sent after it', async () => {
  const { bulletinId, dispatchIds } = await signed(bureau, [NOTIFY])
  const [dispatchId = 0] = dispatchIds
  const { hub } = bureau.test
  await Promise.all([
    fanOut(hub, bureau.agencyId, dispatchId, MORNING),
    new Promise((resolve) => setTimeout(resolve, 30)).then(() => halt(bulletinId)),
  ])
  await sweep(hub, bureau.test.worker, MORNING)
  await drain(bureau)
  expect(bureau.test.sink.calls).toBe(0)
  expect((await dispatchOf(owner, dispatchId)).state).toBe('stopped')
  const states = await statesOf(owner, dispatchId)
  expect([[], ['cancelled']]).toContainEqual(Object.keys(states))
  expect(await verifyLog(hub, bureau.agencyId)).toEqual([])
})

it('is finished by the sweep when the process died in the middle of the cancelling', async () => {
  const { hub, worker } = bureau.test
  const { bulletinId, dispatchIds } = await signed(bureau, [NOTIFY])
  const [dispatchId = 0] = dispatchIds
  while (!(await fanOut(hub, bureau.agencyId, dispatchId, MORNING)));
  // The first commit of a stop and one chunk of what follows; then the process is gone.
  await hub.store.transact(bureau.agencyId, async (tx) => {
    await tx.markStopped(bulletinId, bureau.id('吴值班'), '有误', MORNING)
    await tx.stopDispatches(bulletinId)
  })
  await hub.store.transact(bureau.agencyId, (tx) => tx.cancelWaiting(dispatchId, 5_000))
  expect(await statesOf(owner, dispatchId)).toEqual({ waiting: PHONES - 5_000, cancelled: 5_000 })
  await sweep(hub, worker, MORNING)
  expect(await statesOf(owner, dispatchId)).toEqual({ cancelled: PHONES })
  expect(await verifyLog(hub, bureau.agencyId)).toEqual([])
})
