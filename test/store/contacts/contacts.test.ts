/** Contacts as they are kept: sealed, each address once, and nothing half taken in. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DEFAULT_CATEGORIES } from '../../../src/domain/category.ts'
import { addContacts, type NewContact } from '../../../src/store/contacts/contacts.ts'
import { foundAgency } from '../../../src/store/founding.ts'
import { type Bureau, foundBureau, openTestHub } from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type Forger, openForger } from '../../support/forger.ts'

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

it('an agency and its contacts are founded together or not at all', async () => {
  const { connection, keys } = ours.test
  const agencies = () => owner.lawful<{ id: number }>('select id from agency')
  const before = await agencies()
  const agency = {
    ...{ creditCode: '11330483MB0000001X', name: '某局', shortName: '局', from: '2018-01-01' },
    ...{ people: [], categories: DEFAULT_CATEGORIES, channels: [] },
    audiences: [{ id: 'media', name: '媒体' }],
  }
  const found = (contacts: readonly NewContact[]) =>
    foundAgency(connection.db, keys, { ...agency, contacts })
  // Whatever ends the transaction between the two, a process killed or a row refused, leaves neither.
  await expect(found([contact('对', '13900000001'), contact('错', '1')])).rejects.toThrow(/第2行/)
  expect(await agencies()).toEqual(before)
  const { agencyId } = await found([contact('对', '13900000001')])
  const [row] = await owner.lawful<{ count: number }>(
    'select count(*)::int as count from audience_member where agency_id = $1',
    [agencyId],
  )
  expect(row).toEqual({ count: 1 })
})

it('a code belongs to one contact, and an area must be one of the agency’s', async () => {
  const code = '91330100799655058B'
  const coded = (name: string): NewContact => ({
    ...contact(name, '13700000001'),
    creditCode: code,
  })
  await add(ours, [coded('一')])
  await expect(add(ours, [coded('二')])).rejects.toThrow(/contact_code/)
  await add(theirs, [coded('三')])
  await expect(add(ours, [{ ...contact('四', '13700000002'), area: '无此镇' }])).rejects.toThrow(
    /area/,
  )
})

it('records of imports and of past addresses are never changed', async () => {
  for (const table of ['contact_import', 'contact_address_past'])
    for (const statement of [`delete from ${table}`, `truncate ${table}`])
      await expect(owner.lawful(statement), statement).rejects.toThrow(/never changed/)
})
