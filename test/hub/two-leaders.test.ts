/** Two leaders sign at the same instant, from two processes: one fan-out. And many doors at once do not
 *  wait for each other for ever. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sign } from '../../src/hub/sign.ts'
import {
  addPhones,
  type Bureau,
  draftBy,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  PUBLISH,
  reviewBy,
  signBy,
  type TestHub,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let bureau: Bureau
let other: TestHub
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  other = openTestHub(database.hubUrl, { keys: bureau.test.keys, sink: bureau.test.sink })
  await addPhones(bureau, 20)
})
afterAll(async () => {
  await other.close()
  await bureau.test.close()
  await database.drop()
})

it('gives exactly one fan-out, twenty times over', async () => {
  const elsewhere: Bureau = { ...bureau, test: other }
  const orders = [PUBLISH, NOTIFY]
  for (let round = 0; round < 20; round++) {
    const composed = await draftBy(bureau, '沈文书', { title: `第${round}次` })
    await reviewBy(bureau, '陆保密', composed)
    const results = await Promise.allSettled([
      signBy(bureau, '钱局长', composed, orders),
      signBy(elsewhere, '周副局', composed, orders),
    ])
    const refused = results.filter((one) => one.status === 'rejected')
    expect(refused.map((one) => one.reason.refusal.code)).toEqual(['already-signed'])
  }
  await drain(bureau)
  expect(bureau.test.sink.accepted.size).toBe(20 * 21)
  expect([...bureau.test.sink.accepted.values()].every((times) => times === 1)).toBe(true)
})

it('more signatures at once than the process has connections', async () => {
  const composed = await Promise.all(
    Array.from({ length: 25 }, async (_, index) => {
      const one = await draftBy(bureau, '沈文书', { title: `同时${index}` })
      await reviewBy(bureau, '陆保密', one)
      return one
    }),
  )
  const fresh = openTestHub(database.hubUrl, { keys: bureau.test.keys })
  try {
    await Promise.all(
      composed.map((one) =>
        sign(fresh.hub, {
          ...{ agencyId: bureau.agencyId, bulletinId: one.bulletinId, at: MORNING },
          ...{ signerId: bureau.id('钱局长'), seenHash: one.hash, orders: [PUBLISH] },
        }),
      ),
    )
  } finally {
    await fresh.close()
  }
}, 20_000)
