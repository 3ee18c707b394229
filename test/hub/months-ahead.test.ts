/** The months to come stand ready long before they begin, and making one waits for nobody and holds up nobody. */
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
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
  await addPhones(bureau, 5)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const months = async () =>
  (
    await owner.lawful<{ name: string }>(
      "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'delivery'::regclass",
    )
  )
    .map((row) => row.name)
    .sort()

it('are made while somebody reads and somebody writes, by a role that owns nothing', async () => {
  await signed(bureau, [NOTIFY])
  expect(await months()).toEqual(['delivery_202611'])
  const reading = new Client({ connectionString: database.ownerUrl })
  const writing = new Client({ connectionString: database.ownerUrl })
  await Promise.all([reading.connect(), writing.connect()])
  await reading.query('begin transaction isolation level repeatable read')
  await reading.query('select count(*) from delivery')
  await writing.query('begin')
  await writing.query('update delivery set units = units where false')
  await sweep(bureau.test.hub, bureau.test.worker, MORNING)
  expect(await months()).toEqual(
    ['202611', '202612', '202701', '202702'].map((month) => `delivery_${month}`),
  )
  await reading.query('rollback')
  await writing.query('rollback')
  await Promise.all([reading.end(), writing.end()])
})

it('take the deliveries of their month, and no other', async () => {
  const december = new Date('2026-12-31T02:00:00Z')
  const { dispatchIds } = await signed(bureau, [NOTIFY], { at: december })
  await drain(bureau, december)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 5 })
  const [row] = await owner.lawful<{ n: number; fill: string[] }>(
    `select (select count(*)::int from delivery_202612) as n, reloptions as fill
     from pg_class where relname = 'delivery_202612'`,
  )
  expect(row).toEqual({ n: 5, fill: ['fillfactor=40'] })
  await expect(
    owner.lawful('insert into delivery_202612 select * from delivery_202611'),
  ).rejects.toThrow('partition constraint')
})
