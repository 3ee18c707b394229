/** After the window only a leader's new signature sends again, and only to whom it failed; a second resend
 *  while one is open, or for the same failed set, is refused with a word. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Outcome } from '../../../src/domain/outcome.ts'
import { verifyLog } from '../../../src/hub/count.ts'
import type { DispatchOrder } from '../../../src/hub/manifest.ts'
import { sweep } from '../../../src/hub/sweep.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  PUBLISH,
  signBy,
  signed,
} from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type Forger, openForger, statesOf } from '../../support/forger.ts'

const PHONES = 40
const HOUR_MS = 3_600_000
const later = (hours: number) => new Date(MORNING.getTime() + hours * HOUR_MS)
const refusedOne: Outcome = { kind: 'refused', scope: 'recipient', code: 'off', detail: '' }
const RESEND = { ...NOTIFY, act: 'resend' } as const
const SHORT = { ...NOTIFY, notAfter: later(1) }
const AFTER = later(2)

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
beforeEach(() => {
  Object.assign(bureau.test.sink, { calls: 0, answer: undefined })
  bureau.test.sink.accepted.clear()
})

const noDrift = async () => expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
const refusal = (code: string) => ({ refusal: { code } })
const failEach = (nth: number) => {
  bureau.test.sink.answer = (_, index) => (index % nth === 0 ? refusedOne : { kind: 'accepted' })
}
type Text = Awaited<ReturnType<typeof signed>>
const resign = (text: Text, order: Partial<DispatchOrder>, at = AFTER) =>
  signBy(bureau, '钱局长', text, [{ ...RESEND, ...order }], at)

it('addresses only the failed, under a new signature', async () => {
  failEach(8)
  const text = await signed(bureau, [SHORT])
  const [first = 0] = text.dispatchIds
  await drain(bureau)
  expect(await statesOf(owner, first)).toEqual({ accepted: 35, failed: 5 })
  const onlyFailedOf = first
  await expect(resign(text, { onlyFailedOf }, MORNING)).rejects.toMatchObject(
    refusal('resend-open'),
  )
  bureau.test.sink.answer = () => refusedOne
  const again = await resign(text, { onlyFailedOf })
  expect(again.manifest.dispatches[0]).toMatchObject({
    ...{ reach: 5, audienceRule: { audiences: [], failedOf: first } },
  })
  await expect(resign(text, { onlyFailedOf })).rejects.toMatchObject(refusal('resend-open'))
  await drain(bureau, AFTER)
  expect(await statesOf(owner, again.dispatchIds[0])).toEqual({ failed: 5 })
  await expect(resign(text, { onlyFailedOf })).rejects.toMatchObject(refusal('nothing-failed'))
  // Whom it failed again is the failed set of the resend.
  bureau.test.sink.answer = undefined
  bureau.test.sink.accepted.clear()
  const third = await resign(text, { onlyFailedOf: again.dispatchIds[0] ?? 0 }, later(24 * 9))
  await drain(bureau, later(24 * 9))
  expect(await statesOf(owner, third.dispatchIds[0])).toEqual({ accepted: 5 })
  expect(bureau.test.sink.accepted.size).toBe(5)
  await noDrift()
})

it('a late receipt that it arrived takes an address out of the failed', async () => {
  failEach(8)
  const text = await signed(bureau, [SHORT])
  const [first = 0] = text.dispatchIds
  await drain(bureau)
  await owner.lawful(
    `update delivery set state = 'delivered' where dispatch_id = $1 and state = 'failed'
      and address_id = (select min(address_id) from delivery where dispatch_id = $1 and state = 'failed')`,
    [first],
  )
  const { manifest } = await resign(text, { onlyFailedOf: first })
  expect(manifest.dispatches[0]?.reach).toBe(4)
  await owner.lawful(
    "update delivery set state = 'failed' where dispatch_id = $1 and state = 'delivered'",
    [first],
  )
})

it('refuses a dispatch of another text, another act, and what did not fail', async () => {
  const [one, two] = [await signed(bureau, [SHORT]), await signed(bureau, [SHORT])]
  await drain(bureau)
  const onlyFailedOf = two.dispatchIds[0] ?? 0
  await expect(resign(one, { onlyFailedOf })).rejects.toMatchObject(refusal('not-found'))
  const own = one.dispatchIds[0] ?? 0
  await expect(resign(one, { onlyFailedOf: own })).rejects.toMatchObject(refusal('nothing-failed'))
  const notify = resign(two, { act: 'notify', onlyFailedOf })
  await expect(notify).rejects.toMatchObject({ name: 'Refused' })
})

it('everybody is sent to again once: not while something is open, and not a third time', async () => {
  const text = await signed(bureau, [SHORT])
  await expect(resign(text, {}, MORNING)).rejects.toMatchObject(refusal('resend-open'))
  await drain(bureau)
  const again = await resign(text, { notAfter: later(4) })
  await expect(resign(text, {})).rejects.toMatchObject(refusal('resend-open'))
  await drain(bureau, AFTER)
  expect(await statesOf(owner, again.dispatchIds[0])).toEqual({ accepted: PHONES })
  await expect(resign(text, {})).rejects.toMatchObject(refusal('already-signed'))
  await noDrift()
})

it('two leaders at once sign one resend', async () => {
  const text = await signed(bureau, [SHORT])
  await drain(bureau)
  const both = await Promise.allSettled([resign(text, {}), resign(text, {})])
  expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected'])
})

it('what expired unsent may be sent to everybody again', async () => {
  const text = await signed(bureau, [SHORT, { ...PUBLISH, notAfter: later(1) }])
  await sweep(bureau.test.hub, bureau.test.worker, AFTER)
  expect(await statesOf(owner, text.dispatchIds[0])).toEqual({ expired: PHONES })
  await resign(text, {})
  const place = { channelId: 'board', act: 'resend' } as const
  const { dispatchIds } = await signBy(bureau, '钱局长', text, [place], AFTER)
  await expect(signBy(bureau, '钱局长', text, [place], AFTER)).rejects.toMatchObject(
    refusal('resend-open'),
  )
  await drain(bureau, AFTER)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ delivered: 1 })
  await noDrift()
})
