/** A dispatch that a leader did sign, and rows beside it that nobody signed: more recipients, an earlier
 *  or later hour, a road that was not rendered. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
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
import { dispatchOf, type Forger, openForger, statesOf } from '../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let forger: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  forger = await openForger(database)
  await addPhones(bureau, 30)
  await addPhones(bureau, 60, { from: 1_000, audience: 'major-hazard' })
})
afterAll(async () => {
  await forger.close()
  await bureau.test.close()
  await database.drop()
})
beforeEach(() => {
  bureau.test.sink.calls = 0
  bureau.test.sink.accepted.clear()
})

const HOUR_MS = 3_600_000
const later = (hours: number) => new Date(MORNING.getTime() + hours * HOUR_MS)

/** Deliveries for addresses nobody meant, put into the first batch or into one of their own. */
async function addDeliveries(dispatchId: number | undefined, own: boolean): Promise<void> {
  if (own)
    await forger.forge(
      `insert into batch (agency_id, dispatch_id, month, channel_id, road_id, lane, address_from,
         address_to, size, state, due_at, quiet_hold)
       select agency_id, dispatch_id, month, channel_id, road_id, lane, 0, 1000000, 60, 'waiting',
         due_at, quiet_hold from batch where dispatch_id = $1 limit 1`,
      [dispatchId],
    )
  else
    await forger.forge(
      'update batch set address_from = 0, address_to = 1000000 where dispatch_id = $1',
      [dispatchId],
    )
  await forger.forge(
    `insert into delivery (agency_id, dispatch_id, month, address_id, batch_id, state)
     select a.agency_id, $1, '2026-11-01', a.id, (select max(id) from batch where dispatch_id = $1),
       'waiting'
     from address a join contact_address ca on ca.address_id = a.id
       join audience_member m on m.contact_id = ca.contact_id
     where m.audience_id = 'major-hazard'`,
    [dispatchId],
  )
}

it.each([
  ['into a batch that was made for fewer', false],
  ['as a batch of their own, beyond the reach and its tolerance', true],
])('recipients added %s', async (_, own) => {
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  await addDeliveries(dispatchIds[0], own)
  await drain(bureau)
  expect(bureau.test.sink.calls).toBe(0)
  expect(await dispatchOf(forger, dispatchIds[0])).toEqual({
    ...{ state: 'held', held_reason: 'audience-changed' },
  })
})

it.each([
  ['as a further batch', 'null'],
  ['as a retry', '(select min(id) from batch where dispatch_id = $1)'],
])('recipients added %s after the true ones had left', async (_, parent) => {
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  await drain(bureau)
  expect(bureau.test.sink.calls).toBe(1)
  await addDeliveries(dispatchIds[0], true)
  await forger.forge(
    `update batch set parent_id = ${parent} where id = (select max(id) from batch where dispatch_id = $1)`,
    [dispatchIds[0]],
  )
  await drain(bureau)
  expect(bureau.test.sink.calls).toBe(1)
  expect((await dispatchOf(forger, dispatchIds[0])).held_reason).toBe('audience-changed')
})

it('recipients added in another month of the log', async () => {
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  await drain(bureau)
  await addDeliveries(dispatchIds[0], true)
  await forger.lawful("select ensure_delivery_month('2026-12-01')")
  const month = "set month = '2026-12-01'"
  await forger.forge(
    `update delivery ${month} where dispatch_id = $1 and state = 'waiting'`,
    dispatchIds,
  )
  await forger.forge(
    `update batch ${month} where dispatch_id = $1 and state = 'waiting'`,
    dispatchIds,
  )
  await drain(bureau)
  expect(bureau.test.sink.calls).toBe(1)
})

it('a batch made due before the signed window opens', async () => {
  const { dispatchIds } = await signed(bureau, [{ ...NOTIFY, notBefore: later(2) }])
  await forger.forge('update batch set due_at = $2 where dispatch_id = $1', [
    dispatchIds[0],
    MORNING,
  ])
  await drain(bureau, later(1))
  expect(bureau.test.sink.calls).toBe(0)
  expect((await dispatchOf(forger, dispatchIds[0])).held_reason).toBe('window-closed')
})

it('a dispatch kept open after its window, in a process that had verified it before', async () => {
  await addPhones(bureau, 120, { from: 5_000 })
  const { dispatchIds } = await signed(bureau, [{ ...NOTIFY, notAfter: later(1) }])
  const { sink } = bureau.test
  sink.answer = () => ({ kind: 'retry', code: 'busy', detail: '', notBeforeMs: 2 * HOUR_MS })
  await drain(bureau)
  const { calls } = sink
  expect(calls).toBeGreaterThan(0)
  sink.answer = undefined
  await forger.forge('update dispatch set not_after = $2 where id = $1', [dispatchIds[0], later(9)])
  await drain(bureau, later(3))
  expect(sink.calls).toBe(calls)
  expect(await statesOf(forger, dispatchIds[0])).toEqual({ waiting: 150 })
})

it('a night made day in the batch alone', async () => {
  const night = new Date('2026-11-25T15:00:00Z')
  const { dispatchIds } = await signed(bureau, [NOTIFY], { at: night })
  await forger.forge('update batch set quiet_hold = false where dispatch_id = $1', dispatchIds)
  await drain(bureau, night)
  expect(bureau.test.sink.calls).toBe(0)
  expect((await dispatchOf(forger, dispatchIds[0])).held_reason).toBe('window-closed')
})

it('a road that was not rendered when the leader signed', async () => {
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  await forger.forge(
    `insert into road (agency_id, channel_id, id, adapter, settings, position, enabled)
     values ($1, 'wire', 'side', 'test-wire', '{}', 1, true)`,
    [bureau.agencyId],
  )
  await forger.forge("update batch set road_id = 'side' where dispatch_id = $1", dispatchIds)
  await drain(bureau)
  expect(bureau.test.sink.calls).toBe(0)
  expect((await dispatchOf(forger, dispatchIds[0])).held_reason).toBe('proof-invalid')
})

it('a sealed address that was changed fails alone and holds up nobody', async () => {
  await forger.forge(
    `update address_block set cipher = cipher || '\\x00' where id = (
       select block_id from address where agency_id = $1 and kind = 'phone' order by id limit 1)`,
    [bureau.agencyId],
  )
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  await drain(bureau)
  expect(await statesOf(forger, dispatchIds[0])).toEqual({ accepted: 120, failed: 30 })
})
