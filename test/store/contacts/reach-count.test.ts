/** A reach is counted once and kept, and any change of contacts makes it be counted again. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { AudienceRule } from '../../../src/domain/audience.ts'
import { countReach } from '../../../src/store/contacts/reach-count.ts'
import { reachedBy } from '../../../src/store/contacts/rules.ts'
import { addPhones, type Bureau, foundBureau, openTestHub } from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type Forger, openForger } from '../../support/forger.ts'

/** Just above what is kept. */
const PHONES = 10_050
const WIRE = { addressing: 'recipient', addressKind: 'phone' }
const RULE: AudienceRule = { audiences: ['media'] }

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
const count = (rule = RULE, mode: 'earnest' | 'exercise' = 'earnest') =>
  bureau.test.connection.db
    .transaction()
    .execute((tx) => countReach(tx, bureau.agencyId, WIRE, rule, mode))
/** What is on file is made wrong, so that whoever reads it is seen. */
const mark = () => owner.lawful('update reach_count set reach = 7')
let counted = 0
beforeEach(async () => {
  counted = await count()
  expect(counted).toBeGreaterThan(10_000)
})

it('is read and not counted while no contact changed', async () => {
  await mark()
  expect(await count()).toBe(7)
  expect(await count({ audiences: ['media'] }, 'exercise')).not.toBe(7)
  expect(await count({ audiences: ['nobody'] })).toBe(0)
  await owner.lawful('delete from reach_count')
})

it.each([
  [
    'an address is taken off',
    `update address set unsubscribed_at = now() where id = (
    select min(id) from address where kind = 'phone' and unsubscribed_at is null)`,
    -1,
  ],
  [
    'a contact goes',
    `update contact set removed_at = now() where id = (
    select max(m.contact_id) from audience_member m join contact c on c.id = m.contact_id
    where m.audience_id = 'media' and c.removed_at is null)`,
    -1,
  ],
  [
    'a member leaves',
    `delete from audience_member where contact_id = (
    select max(m.contact_id) from audience_member m join contact c on c.id = m.contact_id
    where m.audience_id = 'media' and c.removed_at is null)`,
    -1,
  ],
  ['an audience is named anew', `update audience set name = name || '一' where id = 'media'`, 0],
])('is counted again when %s', async (_, change, difference) => {
  await mark()
  await owner.lawful(change)
  expect(await count()).toBe(counted + difference)
})

it('is counted again when a change was committed while somebody counted', async () => {
  await owner.lawful('delete from reach_count')
  const { db } = bureau.test.connection
  await db.transaction().execute(async (tx) => {
    expect(await countReach(tx, bureau.agencyId, WIRE, RULE, 'earnest')).toBe(counted)
    await addPhones(bureau, 1, { from: PHONES })
  })
  expect(await count()).toBe(counted + 1)
})

it('finds the same addresses from the audience and by address', async () => {
  const found = async (way: 'from-audience' | 'by-address', rule: AudienceRule) => {
    const rows = await bureau.test.connection.db
      .selectFrom('address as a')
      .select('a.id')
      .where(reachedBy(bureau.agencyId, WIRE, rule, 'earnest', way))
      .orderBy('a.id')
      .execute()
    return rows.map(({ id }) => id)
  }
  const rules: AudienceRule[] = [
    RULE,
    { audiences: ['media', 'far'], definitions: { far: { meant: { tag: '粉尘' } } } },
    { audiences: ['far'], definitions: { far: { meant: { tag: '粉尘' }, minus: ['media'] } } },
  ]
  for (const rule of rules)
    expect(await found('by-address', rule)).toEqual(await found('from-audience', rule))
  expect(await found('by-address', RULE)).toHaveLength(counted + 1)
})
