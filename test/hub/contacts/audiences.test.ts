/** Whom: large audiences in resumable chunks, those who took themselves off, and exercises. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { attempt, claimNext } from '../../../src/hub/attempt.ts'
import { countYear, verifyLog } from '../../../src/hub/count.ts'
import { fanOut } from '../../../src/hub/fan-out.ts'
import { sweep } from '../../../src/hub/sweep.ts'
import { unsubscribe } from '../../../src/hub/unsubscribe.ts'
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
  signed,
} from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { dispatchOf, type Forger, openForger, statesOf } from '../../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})
beforeEach(() => {
  bureau.test.sink.calls = 0
  bureau.test.sink.accepted.clear()
})

const MAJOR = { ...NOTIFY, audiences: ['major-hazard'] }
const noDrift = async () => expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])

async function addressIds(audience: string): Promise<readonly number[]> {
  const rows = await owner.lawful<{ id: number }>(
    `select ca.address_id::int as id from contact_address ca
       join audience_member m on m.contact_id = ca.contact_id
     where m.audience_id = $1 order by 1`,
    [audience],
  )
  return rows.map((row) => row.id)
}

it('leaves out who took themselves off, with the reason, and skips who does so after the fan-out', async () => {
  await addPhones(bureau, 20, { audience: 'major-hazard' })
  const [first = 0, second = 0, third = 0] = await addressIds('major-hazard')
  const take = (addressId: number) =>
    unsubscribe(bureau.test.hub, { agencyId: bureau.agencyId, addressId, at: MORNING })
  expect(await take(first)).toBe(true)
  expect(await take(first)).toBe(false)
  const { dispatchIds, manifest } = await signed(bureau, [MAJOR])
  expect(manifest.dispatches[0]?.reach).toBe(19)
  await take(second)
  await owner.lawful('update address set removed_at = now() where id = $1', [third])
  await drain(bureau)
  const rows = await owner.lawful<{ address_id: number; state: string; code: string }>(
    `select address_id::int, state, code from delivery where dispatch_id = $1 and state <> 'accepted'
     order by address_id`,
    [dispatchIds[0]],
  )
  expect(rows).toEqual([
    { address_id: first, state: 'excluded', code: 'unsubscribed' },
    { address_id: second, state: 'skipped', code: 'address-removed' },
    { address_id: third, state: 'skipped', code: 'address-removed' },
  ])
  expect(bureau.test.sink.accepted.size).toBe(17)
  await noDrift()
})

it.each(['exercise', 'test'] as const)(
  '%s: only marked contacts are reached, nothing counts',
  async (mode) => {
    const before = await countYear(bureau.test.hub, bureau.agencyId, 2026)
    const composed = await draftBy(bureau, '沈文书', { mode, title: '演练' })
    await reviewBy(bureau, '陆保密', composed)
    const marked = { ...NOTIFY, audiences: ['marked'] }
    await owner.lawful(
      "insert into audience (agency_id, id, name) values ($1, 'marked', '演练') on conflict do nothing",
      [bureau.agencyId],
    )
    if (mode === 'exercise') await addPhones(bureau, 5, { audience: 'marked', from: 400 })
    if (mode === 'exercise')
      await expect(signBy(bureau, '钱局长', composed, [marked])).rejects.toMatchObject({
        refusal: { code: 'audience-empty' },
      })
    if (mode === 'exercise')
      await addPhones(bureau, 5, { audience: 'marked', from: 500, forExercise: true })
    const { dispatchIds } = await signBy(bureau, '钱局长', composed, [marked, PUBLISH])
    await drain(bureau)
    expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 5 })
    expect(await countYear(bureau.test.hub, bureau.agencyId, 2026)).toEqual(before)
    await noDrift()
  },
)

it('25,000 addresses fan out in chunks; a crash in between loses and doubles nobody', async () => {
  await addPhones(bureau, 25_000, { from: 1_000_000 })
  const { dispatchIds } = await signed(bureau, [NOTIFY], { level: 'orange', categoryId: 'warning' })
  const [dispatchId = 0] = dispatchIds
  expect(await statesOf(owner, dispatchId)).toEqual({})
  const { hub } = bureau.test
  expect(await fanOut(hub, bureau.agencyId, dispatchId, MORNING)).toBe(false)
  expect(await statesOf(owner, dispatchId)).toEqual({ waiting: 5_000 })
  // The first chunk already leaves; then the process is gone, and two others find the rest at once.
  await sendOne()
  const others = [1, 2].map(() =>
    openTestHub(database.hubUrl, { keys: bureau.test.keys, sink: bureau.test.sink }),
  )
  await Promise.all(others.map((other) => sweep(other.hub, other.worker, MORNING)))
  for (const other of others) await other.close()
  await sendOne()
  expect((await dispatchOf(owner, dispatchId)).state).toBe('fanned-out')
  expect(await statesOf(owner, dispatchId)).toEqual({ waiting: 24_800, accepted: 200 })
  expect([...bureau.test.sink.accepted.values()]).toEqual(Array(200).fill(1))
  const [batches] = await owner.lawful<object>(
    `select count(*)::int as batches, sum(size)::int as size, min(size) as smallest,
       bool_and(size = (select count(*) from delivery d where d.batch_id = b.id
         and d.address_id between b.address_from and b.address_to)) as whole
     from batch b where dispatch_id = $1`,
    [dispatchId],
  )
  expect(batches).toEqual({ batches: 250, size: 25_000, smallest: 100, whole: true })
  await noDrift()
})

async function sendOne(): Promise<void> {
  const { hub, worker } = bureau.test
  const claim = await claimNext(hub, worker, 'urgent', MORNING)
  if (!claim) throw new Error('nothing was due')
  await attempt(hub, worker, claim, MORNING)
}

it('an address in two audiences, or of two contacts, is reached once', async () => {
  await addPhones(bureau, 10, { from: 1_000_000, audience: 'major-hazard' })
  const both = { ...NOTIFY, audiences: ['media', 'major-hazard', 'media'] }
  const { dispatchIds } = await signed(bureau, [both])
  const [dispatchId = 0] = dispatchIds
  while (!(await fanOut(bureau.test.hub, bureau.agencyId, dispatchId, MORNING)));
  const states = await statesOf(owner, dispatchId)
  expect(states).toEqual({ excluded: 2, waiting: 25_000 + 17 })
})
