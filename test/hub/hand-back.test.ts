/** A process that stops: what it claimed and called nobody for goes back unharmed, and leaves once. */
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { attempt, claimNext, newWorker } from '../../src/hub/attempt.ts'
import type { WatchFact } from '../../src/hub/ports/watch.ts'
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

let database: TestDatabase
let bureau: Bureau
const told: WatchFact[] = []
beforeAll(async () => {
  database = await createTestDatabase()
  const watch = { tell: (fact: WatchFact) => void told.push(fact) }
  bureau = await foundBureau(openTestHub(database.hubUrl, { watch }))
  await addPhones(bureau, 5)
})
afterAll(async () => {
  await bureau.test.close()
  await database.drop()
})
beforeEach(() => {
  bureau.test.sink.accepted.clear()
  told.length = 0
})

async function batchOf(dispatchId: number | undefined) {
  const { rows } = await sql<{ state: string; attempts: number; lease_token: string | null }>`
    select state, attempts, lease_token from batch
    where agency_id = ${bureau.agencyId} and dispatch_id = ${dispatchId}
  `.execute(bureau.test.connection.db)
  return rows
}

it('hands back a claim nothing was called for, and the next process sends it once', async () => {
  const { hub, sink } = bureau.test
  const { dispatchIds } = await signed(bureau, [NOTIFY], { level: 'orange' })
  const worker = newWorker('stopping')
  const claim = await claimNext(hub, worker, 'urgent', MORNING)
  if (!claim) throw new Error('nothing was due')
  worker.stopping = true
  const calls = sink.calls
  await attempt(hub, worker, claim, MORNING)
  expect(sink.calls).toBe(calls)
  expect(worker.handedBack).toBe(1)
  expect(await batchOf(dispatchIds[0])).toEqual([
    { state: 'waiting', attempts: 0, lease_token: null },
  ])
  await drain(bureau)
  expect([...sink.accepted.values()]).toEqual([1, 1, 1, 1, 1])
  expect(await batchOf(dispatchIds[0])).toEqual([
    { state: 'settled', attempts: 1, lease_token: null },
  ])
  expect(told.map((fact) => fact.step)).toEqual(['sign', 'hand-back', 'attempt', 'settle'])
})

it('gives back nothing whose lease is somebody else’s by now', async () => {
  const { hub, sink, connection } = bureau.test
  const { dispatchIds } = await signed(bureau, [NOTIFY], { level: 'orange' })
  const late = newWorker('late')
  const claim = await claimNext(hub, late, 'urgent', MORNING)
  if (!claim) throw new Error('nothing was due')
  await sql`update batch set lease_until = clock_timestamp() where id = ${claim.batchId} and agency_id = ${bureau.agencyId}`.execute(
    connection.db,
  )
  await hub.store.engine.reclaim(MORNING)
  late.stopping = true
  await attempt(hub, late, claim, MORNING)
  const [batch] = await batchOf(dispatchIds[0])
  expect(batch?.state).toBe('settled')
  const { rows } = await sql<{ late: boolean; outcomes: unknown }>`
    select late, outcomes from attempt_end
    where agency_id = ${bureau.agencyId} and attempt_id = ${claim.attemptId}
  `.execute(connection.db)
  expect(rows).toEqual([{ late: true, outcomes: { 'handed-back': 5 } }])
  await drain(bureau)
  expect(sink.accepted.size).toBe(0)
})
