/** Reasons and notes hold no number of a person in full, wherever they are kept; a day written in another
 *  way than the house's is no day. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { appointDeputy } from '../../src/hub/deputies.ts'
import { moveRoad } from '../../src/hub/fallback.ts'
import { returnForEdit, review } from '../../src/hub/review.ts'
import { stop } from '../../src/hub/stop.ts'
import {
  addPhones,
  type Bureau,
  draftBy,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  signed,
  submitBy,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger } from '../support/forger.ts'

const NUMBERS = '请打 13805731234 或 139-0573-1234 核实'
const FULL = '13805731234|139-0573-1234'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
  await addPhones(bureau, 3)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

it('a number somebody writes as a reason is kept masked, in every table', async () => {
  const { hub } = bureau.test
  const base = { agencyId: bureau.agencyId, at: MORNING }
  const composed = await draftBy(bureau, '沈文书', { title: '甲事' })
  await submitBy(bureau, '沈文书', composed)
  const text = { ...base, bulletinId: composed.bulletinId, seenHash: composed.hash }
  const reviewerId = bureau.id('陆保密')
  await review(hub, { ...text, reviewerId, opinion: 'public', note: NUMBERS })
  await returnForEdit(hub, { ...text, returnedBy: reviewerId, reason: NUMBERS })
  const { bulletinId, dispatchIds } = await signed(bureau, [NOTIFY], { title: '乙事' })
  const [dispatchId = 0] = dispatchIds
  const by = bureau.id('钱局长')
  const onto = { ...base, dispatchId, by, roadId: 'main', reason: NUMBERS }
  await owner.lawful(
    `insert into road (agency_id, channel_id, id, adapter, settings, position, enabled)
     values ($1, 'wire', 'old', 'test-wire', '{}', 0, true)`,
    [bureau.agencyId],
  )
  await owner.forge("update batch set road_id = 'old' where dispatch_id = $1", [dispatchId])
  expect((await moveRoad(hub, onto)).moved).toBe(3)
  await stop(hub, { ...base, bulletinId, by, reason: NUMBERS })
  const tables = await owner.lawful<{ name: string }>(
    `select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE'`,
  )
  const found: string[] = []
  for (const { name } of tables) {
    const [row] = await owner.lawful<{ count: number }>(
      `select count(*)::int as count from "${name}" t where to_jsonb(t)::text ~ $1`,
      [FULL],
    )
    if (row?.count) found.push(name)
  }
  expect(found).toEqual([])
  const [kept] = await owner.lawful<{ note: string }>("select note from review where note <> ''")
  expect(kept?.note).toBe('请打 138****1234 或 139-****-1234 核实')
})

it.each([
  ['99999-01-01', '99999-01-02'],
  ['2026-11-25', '2026/12/01'],
  ['Nov 25 2026', '2026-12-01'],
])('a deputy from %s to %s is refused', async (fromOn, toOn) => {
  const { hub, agencyId } = { ...bureau.test, agencyId: bureau.agencyId }
  await expect(
    appointDeputy(hub, {
      ...{ agencyId, by: bureau.id('钱局长'), at: MORNING, fromOn, toOn, reason: '出差' },
      ...{ personId: bureau.id('陆保密'), deputyId: bureau.id('吴值班'), role: 'secrecy-reviewer' },
    }),
  ).rejects.toMatchObject({ refusal: { code: 'window-invalid' } })
})
