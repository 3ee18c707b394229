/** The verifier proves itself: whatever is changed behind the hub's back by one row, it finds. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { verifyLog } from '../../src/hub/count.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  NOTIFY,
  openTestHub,
  PUBLISH,
  signBy,
  signed,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger } from '../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
  await addPhones(bureau, 30)
  const composed = await signed(bureau, [PUBLISH, NOTIFY])
  await drain(bureau)
  await signBy(bureau, '钱局长', composed, [
    { channelId: 'board', act: 'withdraw', reason: '有误' },
  ])
  await drain(bureau)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const drift = () => verifyLog(bureau.test.hub, bureau.agencyId)
beforeEach(async () => {
  expect(await drift()).toEqual([])
})

const ONE_DELIVERY = `agency_id = $1 and address_id = (select min(address_id) from delivery
  where state = 'accepted')`

it.each([
  [
    'a tally',
    `update tally set deliveries = deliveries + 1 where agency_id = $1 and state = 'accepted'
     and slot = (select min(slot) from tally where state = 'accepted')`,
    'tally 2026-11-25 wire notice earnest accepted',
  ],
  [
    'the units of a tally',
    `update tally set units = units - 1 where agency_id = $1 and state = 'accepted'
     and slot = (select min(slot) from tally where state = 'accepted')`,
    'tally 2026-11-25 wire notice earnest accepted',
  ],
  [
    'a tally that was deleted',
    "delete from tally where agency_id = $1 and state = 'accepted'",
    'tally 2026-11-25 wire notice earnest accepted',
  ],
  [
    'the state of one delivery',
    `update delivery set state = 'failed' where ${ONE_DELIVERY}`,
    'tally 2026-11-25 wire notice earnest failed',
  ],
  [
    'the units of one delivery',
    `update delivery set units = 9 where ${ONE_DELIVERY}`,
    'tally 2026-11-25 wire notice earnest accepted',
  ],
  [
    'a delivery that was deleted',
    `delete from delivery where ${ONE_DELIVERY}`,
    'tally 2026-11-25 wire notice earnest accepted',
  ],
  [
    'a delivery without its batch',
    `update delivery set batch_id = 999999 where ${ONE_DELIVERY}`,
    'deliveries without dispatch, address or batch',
  ],
  [
    'a delivery of nobody',
    `update delivery set address_id = 999999 where ${ONE_DELIVERY}`,
    'deliveries without dispatch, address or batch',
  ],
  [
    'a publication moved to another year',
    "update publication set occurred_at = occurred_at + interval '1 year' where agency_id = $1",
    'publications whose facts disagree',
  ],
  [
    'a publication that was never published',
    'delete from publication_fact where agency_id = $1 and kind = $$published$$',
    'publications whose facts disagree',
  ],
  [
    'a withdrawal without its fact',
    'delete from publication_fact where agency_id = $1 and kind = $$withdrawn$$',
    'publications whose facts disagree',
  ],
  [
    'a withdrawal forgotten',
    'update publication set withdrawn_at = null where agency_id = $1',
    'publications whose facts disagree',
  ],
])('finds %s', async (_, statement, what) => {
  await owner.forge('begin')
  await owner.forge(statement, [bureau.agencyId])
  await owner.forge('commit')
  try {
    expect((await drift()).map((one) => one.what)).toContain(what)
  } finally {
    await restore()
  }
})

it('changes nothing itself', async () => {
  const rows = () =>
    owner.lawful<object>('select * from tally order by day, channel_id, state, slot')
  const before = await rows()
  await drift()
  expect(await rows()).toEqual(before)
})

/** The tables as they were before the first test. */
async function restore(): Promise<void> {
  for (const table of ['tally', 'delivery', 'publication', 'publication_fact']) {
    await owner.forge(`delete from ${table}`)
    await owner.forge(`insert into ${table} overriding system value select * from kept_${table}`)
  }
}
beforeAll(async () => {
  for (const table of ['tally', 'delivery', 'publication', 'publication_fact'])
    await owner.forge(`create table kept_${table} as select * from ${table}`)
})
