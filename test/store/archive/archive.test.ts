/** A month leaves the log whole or not at all: its file agrees with the database, totals and the verifier go
 *  on as before, and whatever is killed or meddled with on the way leaves everything as it was. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { countYear, verifyLog } from '../../../src/hub/count.ts'
import { keepHeard, settleHeard } from '../../../src/hub/receipts/receipt.ts'
import { sweep } from '../../../src/hub/sweep.ts'
import {
  type ArchiveRequest,
  archiveMonth,
  lookAtMonth,
} from '../../../src/store/archive/archive.ts'
import { readArchive } from '../../../src/store/archive/file.ts'
import { archivedMonths } from '../../../src/store/archive/months.ts'
import type { NewChannel } from '../../../src/store/founding.ts'
import { bulletinProgress } from '../../../src/store/progress.ts'
import {
  addPhones,
  type Bureau,
  CHANNELS,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  PUBLISH,
  signed,
} from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type Forger, openForger } from '../../support/forger.ts'
import { tellingWire } from '../../support/telling.ts'

const PHONES = 40
const MONTH = '2025-03-01'
const MARCH = new Date('2025-03-31T02:00:00Z')
const HOUR = 3_600_000
const after = (hours: number) => new Date(MARCH.getTime() + hours * HOUR)
const wire = tellingWire({ adapter: 'telling-archive' })
const SMS: NewChannel = {
  ...{ id: 'sms', name: 'sms', line: 'sms', addressing: 'recipient', addressKind: 'phone' },
  ...{ position: 20, roads: [{ id: 'main', adapter: 'telling-archive', settings: {} }] },
}

let database: TestDatabase
let bureau: Bureau
let owner: Forger
let folder: string
let bulletinId: number
let dispatchIds: readonly number[]
let names: readonly string[]
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl, { adapters: [wire.adapter] }), [
    ...CHANNELS,
    SMS,
  ])
  owner = await openForger(database)
  folder = await mkdtemp(join(tmpdir(), 'archive-'))
  await addPhones(bureau, PHONES)
  const orders = [PUBLISH, NOTIFY, { ...NOTIFY, channelId: 'sms' }]
  ;({ bulletinId, dispatchIds } = await signed(bureau, orders, { at: MARCH }))
  await drain(bureau, MARCH)
  names = [...wire.named.keys()]
  await hear(names.slice(0, 10), after(1))
  await hear(['nobody-sent-this'], after(1))
  // The next month has deliveries of its own, which must not be touched.
  await signed(bureau, [NOTIFY], { at: after(48) })
  await drain(bureau, after(48))
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

async function hear(references: readonly string[], at: Date): Promise<void> {
  const road = { agencyId: bureau.agencyId, channelId: 'sms', roadId: 'main' }
  const heard = references.map((reference) => ({
    ...{ kind: 'receipt' as const, reference, state: 'delivered' as const },
  }))
  await keepHeard(bureau.test.hub, road, heard, at)
  await settleHeard(bureau.test.hub, road, at)
}

const request = (more: Partial<ArchiveRequest> = {}): ArchiveRequest => ({
  ...{ ownerUrl: database.ownerUrl, month: MONTH, folder, at: MORNING, by: 'local:test' },
  ...more,
})
const rowsOf = async (table: string, where = 'true') => {
  const [row] = await owner.lawful<{ n: number }>(
    `select count(*)::int as n from ${table} where ${where}`,
  )
  return row?.n ?? 0
}
const noDrift = async () => expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
const year = () => countYear(bureau.test.hub, bureau.agencyId, 2025)
const inMonth = () => rowsOf('delivery', `month = '${MONTH}'`)
const facts = () => lookAtMonth(database.ownerUrl, MONTH)
const all = PHONES * 2 + 1

it('what is open in a month keeps it in the log, in words and numbers', async () => {
  expect((await facts()).open).toEqual([{ what: '还在等回执的批', count: 1 }])
  await expect(archiveMonth(request())).rejects.toThrow('没有归档，日志没有改动')
  expect(await inMonth()).toBe(all)
  await sweep(bureau.test.hub, bureau.test.worker, after(73))
  // What nobody knows is compared for three days, and then only kept.
  await owner.forge('update receipt set look_at = null, looks = 90 where dispatch_id is null')
  await owner.forge(
    `update delivery set state = 'unsure' where dispatch_id = $1 and address_id =
    (select min(address_id) from delivery where dispatch_id = $1)`,
    [dispatchIds[1]],
  )
  expect((await facts()).open).toEqual([{ what: '没有办结的送达', count: 1 }])
  await owner.forge("update delivery set state = 'accepted' where state = 'unsure'")
  expect(await facts()).toMatchObject({
    ...{ exists: true, open: [] },
    states: { accepted: PHONES, delivered: 11, 'no-receipt': PHONES - 10 },
  })
  await noDrift()
})

it('receipts and names stay while their month does', async () => {
  for (const table of ['receipt', 'message_reference'])
    await expect(owner.lawful(`delete from ${table}`)).rejects.toThrow('only with their archived')
})

it('a log in use, or one that is changed meanwhile, stays as it is', async () => {
  const before = await rowsOf('delivery')
  const reading = new Client({ connectionString: database.ownerUrl })
  await reading.connect()
  await reading.query('begin')
  await reading.query('select count(*) from delivery')
  await expect(archiveMonth(request())).rejects.toThrow('正在被使用')
  await reading.query('rollback')
  // Held up at its lock, it finds a row that was not in the file.
  await reading.query('begin')
  await reading.query(`update delivery set code = 'late' where dispatch_id = ${dispatchIds[1]}
    and address_id = (select min(address_id) from delivery where dispatch_id = ${dispatchIds[1]})`)
  const waiting = expect(archiveMonth(request())).rejects.toThrow('不一致，没有归档')
  await untilWaiting()
  await reading.query('commit')
  await waiting
  await owner.forge("update delivery set code = null where code = 'late'")
  await reading.end()
  expect(await rowsOf('delivery')).toBe(before)
  expect(await rowsOf('archived_month')).toBe(0)
  expect(await rowsOf('receipt')).toBe(11)
  await noDrift()
})

/** Until some session waits for a lock. */
async function untilWaiting(): Promise<number> {
  let pid: number | undefined
  await expect
    .poll(
      async () => {
        const [row] = await owner.lawful<{ pid: number }>(
          `select pid from pg_stat_activity where datname = current_database()
         and wait_event_type = 'Lock' limit 1`,
        )
        pid = row?.pid
        return pid ?? 0
      },
      { timeout: 20_000, interval: 20 },
    )
    .toBeGreaterThan(0)
  return pid ?? 0
}

it('killed before it is done, it has done nothing', async () => {
  const holding = new Client({ connectionString: database.ownerUrl })
  await holding.connect()
  await holding.query('begin')
  await holding.query("select count(*) from delivery where month = '2025-04-01'")
  const dying = expect(archiveMonth(request())).rejects.toThrow('terminat')
  const pid = await untilWaiting()
  await owner.lawful('select pg_terminate_backend($1)', [pid])
  await dying
  await holding.query('rollback')
  await holding.end()
  expect(await inMonth()).toBe(all)
  expect(await rowsOf('archived_month')).toBe(0)
  await noDrift()
})

it('a month leaves with its receipts and names; counts, totals and status stay', async () => {
  const before = await year()
  const others = await rowsOf('delivery', `month <> '${MONTH}'`)
  const { path, file } = await archiveMonth(request())
  expect(file.sums['delivery']?.rows).toBe(all)
  expect(file.sums['receipt']?.rows).toBe(11)
  expect(file.sums['message_reference']?.rows).toBe(PHONES)
  expect(await inMonth()).toBe(0)
  expect(await rowsOf('receipt')).toBe(0)
  expect(await rowsOf('message_reference')).toBe(0)
  expect(await rowsOf('delivery')).toBe(others)
  expect(await rowsOf('pg_class', "relname = 'delivery_202503'")).toBe(0)
  await noDrift()
  expect(await year()).toEqual(before)
  const [month] = await archivedMonths(bureau.test.connection.db, bureau.agencyId)
  expect(month).toMatchObject({ month: MONTH, deliveries: all, receipts: 11, sha256: file.sha256 })
  const [row] = await owner.lawful<{ facts: object }>(
    "select facts from audit where action = 'archive-month'",
  )
  expect(row?.facts).toMatchObject({ sha256: file.sha256, deliveries: all, by: 'local:test' })
  const progress = await bulletinProgress(bureau.test.connection.db, bureau.agencyId, bulletinId)
  expect(progress.publications.filter((one) => one.archived)).toMatchObject([
    { channel: 'board', state: 'published', deliveries: { delivered: 1 } },
    { channel: 'wire', state: 'sent', deliveries: { accepted: PHONES } },
    { channel: 'sms', state: 'sent', deliveries: { delivered: 10, 'no-receipt': PHONES - 10 } },
  ])
  const { lists } = bureau.test.hub.store
  await expect(
    lists.deliveries(bureau.agencyId, dispatchIds[1] ?? 0, { limit: 10 }),
  ).rejects.toMatchObject({ refusal: { code: 'archived' } })
  const text = gunzipSync(await readFile(path)).toString()
  expect(text).not.toMatch(/139\d{8}/)
  expect(text.split('\n')).toHaveLength(
    Object.values(file.sums).reduce((sum, one) => sum + one.rows, 0) + 3,
  )
})

it('once is enough, and the month does not come back', async () => {
  expect(await facts()).toMatchObject({ exists: false, open: [], archived: {} })
  await expect(archiveMonth(request())).rejects.toThrow('没有归档，日志没有改动')
  expect(await rowsOf('archived_month')).toBe(1)
  await expect(owner.lawful(`select ensure_delivery_month('${MONTH}')`)).rejects.toThrow('archived')
  await expect(owner.lawful('update archived_month set deliveries = 0')).rejects.toThrow('never')
  await expect(owner.lawful('delete from archived_count')).rejects.toThrow('never')
  await expect(bureau.test.connection.pool.query('delete from message_reference')).rejects.toThrow(
    'permission denied',
  )
})

it('a receipt that comes after the month has left is kept and shown, and changes nothing', async () => {
  const before = await year()
  const key = `${bureau.agencyId}.${dispatchIds[2]}.1`
  await hear([names[0] ?? '', key], MORNING)
  const unknown = await bureau.test.hub.store.receipts.unknownReceipts(bureau.agencyId, {
    limit: 10,
  })
  expect(unknown.map((one) => one.reference).sort()).toEqual([names[0], key].sort())
  expect(await year()).toEqual(before)
  await noDrift()
})

it('the verifier sees counts that were changed behind it', async () => {
  await owner.forge('begin')
  await owner.forge(
    "update archived_count set deliveries = deliveries + 1 where state = 'delivered'",
  )
  await owner.forge('commit')
  expect((await verifyLog(bureau.test.hub, bureau.agencyId)).map((one) => one.what)).toEqual(
    expect.arrayContaining([
      'archived month 2025-03',
      'tally 2025-03-31 sms notice earnest delivered',
    ]),
  )
  await owner.forge(
    "update archived_count set deliveries = deliveries - 1 where state = 'delivered'",
  )
  await noDrift()
})

it.each([
  ['one word', (text: string) => text.replace('"state":"delivered"', '"state":"failed"')],
  ['a row', (text: string) => text.replace(/\{"table":"delivery".*\n/, '')],
  ['the end', (text: string) => text.slice(0, text.lastIndexOf('{'))],
  ['half of it', (text: string) => text.slice(0, text.length / 2)],
  ['what follows', (text: string) => `${text}{}\n`],
])('a file is known to be changed: %s', async (_, change) => {
  const [name = ''] = (await readdir(folder)).sort()
  const text = gunzipSync(await readFile(join(folder, name))).toString()
  const copy = join(folder, 'copy.gz')
  await writeFile(copy, gzipSync(change(text)))
  await expect(readArchive(copy)).rejects.toThrow('已损坏')
  await writeFile(copy, (await readFile(join(folder, name))).subarray(0, -20))
  await expect(readArchive(copy)).rejects.toThrow('已损坏')
  await rm(copy)
})
