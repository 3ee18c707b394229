/** Contacts as they are kept: sealed, each address once, and nothing half taken in. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addContacts, type NewContact } from '../../src/store/contacts.ts'
import { type Bureau, foundBureau, openTestHub } from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger } from '../support/forger.ts'

let database: TestDatabase
let ours: Bureau
let theirs: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  const test = openTestHub(database.hubUrl)
  ours = await foundBureau(test)
  theirs = await foundBureau(test)
  owner = await openForger(database)
})
afterAll(async () => {
  await owner.close()
  await ours.test.close()
  await database.drop()
})

const contact = (name: string, value: string, kind = 'phone'): NewContact => ({
  ...{ name, audiences: ['media'], addresses: [{ kind, value }] },
})
const add = (bureau: Bureau, contacts: readonly NewContact[]) =>
  addContacts(bureau.test.connection.db, bureau.test.keys, bureau.agencyId, contacts)

async function count(table: string, bureau: Bureau): Promise<number> {
  const [row] = await owner.lawful<{ count: number }>(
    `select count(*)::int as count from ${table} where agency_id = $1`,
    [bureau.agencyId],
  )
  return row?.count ?? -1
}

it('one number written in two ways is one address of two contacts', async () => {
  const before = await count('address', ours)
  await add(ours, [contact('甲', '139 0000 0001'), contact('乙', '+86-13900000001')])
  await add(ours, [contact('丙', '１３９０００００００１')])
  expect(await count('address', ours)).toBe(before + 1)
  expect(await count('contact_address', ours)).toBe(3)
})

it('the same number in two bureaus gives two rows that nobody can tell are equal', async () => {
  await add(theirs, [contact('甲', '13900000001')])
  const rows = await owner.lawful<{ blind: string }>(
    "select distinct encode(blind_index, 'hex') as blind from address where kind = 'phone'",
  )
  expect(rows).toHaveLength(2)
})

it('no number stands in the database in the clear', async () => {
  await add(ours, [contact('丁', 'ding@example.com', 'mailbox')])
  const tables = await owner.lawful<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public'",
  )
  for (const { name } of tables) {
    const [row] = await owner.lawful<{ found: number }>(
      `select count(*)::int as found from ${name} t
       where to_jsonb(t)::text ~ '13900000001|ding@example'
         or to_jsonb(t)::text ~ encode('13900000001', 'hex')`,
    )
    expect(row, name).toEqual({ found: 0 })
  }
})

it('a wrong row refuses the whole call, naming the row and not the number', async () => {
  const before = await count('contact', ours)
  const call = add(ours, [contact('对', '13900000002'), contact('错', '1390000000x')])
  const refused: Error = await call.then(
    () => new Error('was taken in'),
    (error) => error,
  )
  expect(refused.message).toContain('第2行')
  expect(refused.message).not.toContain('1390000000')
  expect(await count('contact', ours)).toBe(before)
})

it('an address that was removed may be entered anew', async () => {
  await owner.lawful('update address set removed_at = now() where agency_id = $1', [ours.agencyId])
  await add(ours, [contact('甲', '13900000001')])
  const [row] = await owner.lawful<{ count: number }>(
    `select count(*)::int as count from address
     where agency_id = $1 and kind = 'phone' and removed_at is null`,
    [ours.agencyId],
  )
  expect(row).toEqual({ count: 1 })
})

it('two people entering the same list at once end with each address once', async () => {
  const list = Array.from({ length: 300 }, (_, n) => contact(`厂${n}`, `1380000${1_000 + n}`))
  const results = await Promise.allSettled([add(ours, list), add(ours, list)])
  expect(results.some((one) => one.status === 'fulfilled')).toBe(true)
  const [row] = await owner.lawful<{ total: number; different: number }>(
    `select count(*)::int as total, count(distinct blind_index)::int as different from address
     where agency_id = $1 and kind = 'phone' and removed_at is null`,
    [ours.agencyId],
  )
  expect(row?.total).toBe(row?.different)
})
