/** A hint wakes its lane soon after the transaction that gave it, and never without it. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connect } from '../../src/store/connect.ts'
import { installQueue, openQueue, type Queue } from '../../src/store/queue.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let queue: Queue
const looks: string[] = []
const errors: unknown[] = []
beforeAll(async () => {
  database = await createTestDatabase()
  await installQueue(database.ownerUrl)
  // Installing again, as every start does, changes nothing.
  await installQueue(database.ownerUrl)
  queue = await openQueue(database.hubUrl, (error) => errors.push(error))
  await queue.listen(async (lane) => {
    looks.push(lane)
  })
})
afterAll(async () => {
  await queue.close()
  await database.drop()
})

const hint = { agencyId: 1, lane: 'urgent', dispatchId: 7 } as const

it('wakes the lane once the transaction commits', async () => {
  const { db, close } = connect(database.hubUrl)
  await db
    .transaction()
    .execute(async (tx) => {
      await queue.wake(tx, { ...hint, lane: 'bulk' }, new Date())
      throw new Error('rolled back')
    })
    .catch(() => {})
  await db.transaction().execute((tx) => queue.wake(tx, hint, new Date()))
  await expect.poll(() => looks, { timeout: 10_000 }).toContain('urgent')
  expect(looks).not.toContain('bulk')
  expect(errors).toEqual([])
  await close()
})
