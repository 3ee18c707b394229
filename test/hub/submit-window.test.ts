/** A plan holds only hours that a leader could sign; what cannot be signed is refused when it is typed. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { DispatchOrder } from '../../src/hub/manifest.ts'
import { plan, plannedOrders, submit } from '../../src/hub/submit.ts'
import {
  type Bureau,
  draftBy,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  PUBLISH,
  signBy,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let bureau: Bureau
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
})
afterAll(async () => {
  await bureau.test.close()
  await database.drop()
})

const HOUR_MS = 3_600_000
const later = (hours: number) => new Date(MORNING.getTime() + hours * HOUR_MS)
const base = (bulletinId: number) => ({ agencyId: bureau.agencyId, bulletinId, at: MORNING })

it.each<[string, Partial<DispatchOrder>]>([
  ['the last year a date is written with', { notBefore: new Date('9999-12-31T00:00:00Z') }],
  ['a day more than a year ahead', { notBefore: later(367 * 24) }],
  ['no time at all', { notBefore: new Date(Number.NaN) }],
  ['an end before the beginning', { notBefore: later(2), notAfter: later(1) }],
  ['an end that has passed', { notBefore: later(-2), notAfter: later(-1) }],
])('refuses %s, in the plan and with the submission', async (_, window) => {
  const { bulletinId, hash: seenHash } = await draftBy(bureau, '沈文书', { mode: 'test' })
  const { hub } = bureau.test
  const by = bureau.id('沈文书')
  const orders = [PUBLISH, { ...NOTIFY, ...window }]
  const refused = { refusal: { code: 'window-invalid', field: 'wire' } }
  await expect(plan(hub, { ...base(bulletinId), by, orders })).rejects.toMatchObject(refused)
  await expect(
    submit(hub, { ...base(bulletinId), submittedBy: by, seenHash, orders }),
  ).rejects.toMatchObject(refused)
  const left = await hub.store.transact(bureau.agencyId, (tx) => plannedOrders(tx, bulletinId))
  expect(left).toEqual([])
  // The very rule of the signature.
  const composed = { bulletinId, hash: seenHash, revision: 1 }
  await expect(signBy(bureau, '钱局长', composed, orders)).rejects.toThrow()
})

it('keeps hours that can be signed', async () => {
  const { bulletinId } = await draftBy(bureau, '沈文书')
  const { hub } = bureau.test
  const orders = [{ ...PUBLISH, notBefore: later(366 * 24) }]
  await plan(hub, { ...base(bulletinId), by: bureau.id('沈文书'), orders })
  const left = await hub.store.transact(bureau.agencyId, (tx) => plannedOrders(tx, bulletinId))
  expect(left).toMatchObject(orders)
})
