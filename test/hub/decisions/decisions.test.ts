/** One action each: only the failed again, another road, skipped with a reason, and the unsure in bulk. Two
 *  presses at once, on two pools, send what one sends. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Outcome } from '../../../src/domain/outcome.ts'
import { attention } from '../../../src/hub/attention.ts'
import { verifyLog } from '../../../src/hub/count.ts'
import { decideUnsure, unsureChoices } from '../../../src/hub/decisions/decide-unsure.ts'
import { otherRoad } from '../../../src/hub/decisions/other-road.ts'
import { retryFailed } from '../../../src/hub/decisions/retry-failed.ts'
import { skip } from '../../../src/hub/decisions/skip.ts'
import { sweep } from '../../../src/hub/sweep.ts'
import {
  addPhones,
  type Bureau,
  CHANNELS,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  type PersonName,
  signed,
  type TestHub,
} from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { dispatchOf, type Forger, openForger, statesOf } from '../../support/forger.ts'
import { tellingWire } from '../../support/telling.ts'

const PHONES = 50
const HOUR_MS = 3_600_000
const later = (hours: number) => new Date(MORNING.getTime() + hours * HOUR_MS)
const two = tellingWire({
  adapter: 'two-roads',
  batchMax: 20,
  countsWhen: 'accepted',
  receipts: 'none',
})

let database: TestDatabase
let bureau: Bureau
let other: TestHub
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  const test = openTestHub(database.hubUrl, { adapters: [two.adapter] })
  bureau = await foundBureau(test, [
    ...CHANNELS,
    {
      ...{
        id: 'two',
        name: '两条通路',
        line: 'two',
        addressing: 'recipient',
        addressKind: 'phone',
      },
      position: 9,
      roads: ['first', 'second'].map((name) => ({
        id: name,
        adapter: 'two-roads',
        settings: { name },
      })),
    },
  ])
  other = openTestHub(database.hubUrl, {
    adapters: [two.adapter],
    keys: test.keys,
    sink: test.sink,
  })
  owner = await openForger(database)
  await addPhones(bureau, PHONES)
})
afterAll(async () => {
  await owner.close()
  await other.close()
  await bureau.test.close()
  await database.drop()
})
beforeEach(async () => {
  Object.assign(bureau.test.sink, { calls: 0, answer: undefined, found: undefined })
  bureau.test.sink.accepted.clear()
  two.answers.clear()
  two.accepted.clear()
  await owner.lawful('update road set held_reason = null')
})

const noDrift = async () => expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
const refusal = (code: string) => ({ refusal: { code } })
const refusedOne: Outcome = { kind: 'refused', scope: 'recipient', code: 'black-list', detail: '' }
const unsure: Outcome = { kind: 'unsure', code: 'timeout', detail: '' }
const ask = (dispatchId: number | undefined, by: PersonName = '吴值班', at = MORNING) => ({
  ...{ agencyId: bureau.agencyId, dispatchId: dispatchId ?? 0, by: bureau.id(by), at },
  reason: '名单核对过，打 13900000001 问过',
})
/** The same press in two processes at once. */
const twice = <T>(press: (hub: TestHub['hub']) => Promise<T>) =>
  Promise.all([press(bureau.test.hub), press(other.hub)])
const kept = (dispatchId: number | undefined) =>
  owner.lawful<{ kind: string; deliveries: number; reason: string }>(
    'select kind, deliveries::int as deliveries, reason from decision where dispatch_id = $1 order by id',
    [dispatchId],
  )

/** Ten of each hundred are refused. */
async function someFailed(at = MORNING, order = {}) {
  bureau.test.sink.answer = (batch, index) =>
    index % 10 === 0
      ? refusedOne
      : { kind: 'accepted', reference: batch.recipients[index]?.key ?? '', units: 1 }
  const { dispatchIds, ...rest } = await signed(bureau, [{ ...NOTIFY, ...order }], { at })
  await drain(bureau, at)
  bureau.test.sink.answer = undefined
  return { id: dispatchIds[0] ?? 0, ...rest }
}

it('only the failed leave again, and two presses at once send them once', async () => {
  const { id } = await someFailed()
  expect(await statesOf(owner, id)).toEqual({ accepted: 45, failed: 5 })
  const before = new Set(bureau.test.sink.accepted.keys())
  const pressed = await twice((hub) => retryFailed(hub, ask(id)))
  expect(pressed.map((one) => one.retried).sort()).toEqual([0, 5])
  expect(await statesOf(owner, id)).toEqual({ accepted: 45, waiting: 5 })
  await drain(bureau)
  expect(await statesOf(owner, id)).toEqual({ accepted: 50 })
  const times = [...bureau.test.sink.accepted]
  expect(times).toHaveLength(50)
  expect(times.every(([, count]) => count === 1)).toBe(true)
  expect(times.filter(([key]) => !before.has(key))).toHaveLength(5)
  expect(await retryFailed(bureau.test.hub, ask(id))).toEqual({ retried: 0 })
  const [decision, second] = await kept(id)
  expect([decision, second]).toMatchObject([{ kind: 'retry-failed', deliveries: 5 }, undefined])
  expect(decision?.reason).not.toContain('13900000001')
  await noDrift()
})

it('what fails again while the failed are being retried waits for the next press', async () => {
  const { id } = await someFailed()
  bureau.test.sink.answer = () => refusedOne
  expect(await retryFailed(bureau.test.hub, ask(id))).toEqual({ retried: 5 })
  await drain(bureau)
  expect(await statesOf(owner, id)).toEqual({ accepted: 45, failed: 5 })
  await noDrift()
})

it('refuses the wrong role, no reason, a stopped one, a closed road and a window that is over', async () => {
  const { id } = await someFailed()
  const retry = (request: object) => retryFailed(bureau.test.hub, { ...ask(id), ...request })
  await expect(retry({ by: bureau.id('沈文书') })).rejects.toMatchObject(refusal('not-allowed'))
  await expect(retry({ reason: ' ' })).rejects.toMatchObject(refusal('reason-missing'))
  await expect(retry({ dispatchId: 999_999 })).rejects.toMatchObject(refusal('not-found'))
  await expect(retry({ at: later(24 * 8) })).rejects.toMatchObject(refusal('window-closed'))
  await owner.lawful("update road set held_reason = 'balance' where channel_id = 'wire'")
  await expect(retry({})).rejects.toMatchObject(refusal('road-closed'))
  expect(await statesOf(owner, id)).toEqual({ accepted: 45, failed: 5 })
})

it('the failed and the waiting go over another signed road, once', async () => {
  two.answers.set('first', () => refusedOne)
  const { dispatchIds } = await signed(bureau, [{ ...NOTIFY, channelId: 'two' }])
  const [id] = dispatchIds
  await drain(bureau)
  expect(await statesOf(owner, id)).toEqual({ failed: PHONES })
  const pressed = await twice((hub) => otherRoad(hub, { ...ask(id), roadId: 'second' }))
  expect(pressed.reduce((sum, one) => sum + one.moved, 0)).toBe(PHONES)
  await drain(bureau)
  expect(await statesOf(owner, id)).toEqual({ accepted: PHONES })
  expect([...two.accepted.values()].every((count) => count === 1)).toBe(true)
  expect(await otherRoad(bureau.test.hub, { ...ask(id), roadId: 'second' })).toEqual({ moved: 0 })
  const unsigned = otherRoad(bureau.test.hub, { ...ask(id), roadId: 'third' })
  await expect(unsigned).rejects.toMatchObject(refusal('not-found'))
  await noDrift()
})

it('skipped with a reason: queued, by hand and orphaned alike; two presses skip once', async () => {
  bureau.test.sink.answer = (_, index) => {
    if (index === 0) return { kind: 'awaiting', on: 'hand', withinMs: HOUR_MS }
    if (index === 1) return { kind: 'awaiting', on: 'review', withinMs: HOUR_MS }
    return index === 2 ? unsure : { kind: 'retry', code: 'busy', detail: '' }
  }
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  const [id] = dispatchIds
  await drain(bureau)
  const pressed = await twice((hub) => skip(hub, ask(id)))
  expect(pressed.map((one) => one.skipped).sort()).toEqual([0, PHONES - 1])
  expect(await statesOf(owner, id)).toEqual({ skipped: PHONES - 1, unsure: 1 })
  bureau.test.sink.calls = 0
  await drain(bureau, later(3))
  expect(bureau.test.sink.calls).toBe(0)
  const tasks = await owner.lawful(
    'select 1 from hand_task where dispatch_id = $1 and state = $2',
    [...[id, 'open']],
  )
  expect(tasks).toEqual([])
  expect(await skip(bureau.test.hub, ask(id))).toEqual({ skipped: 0, closed: false })
  await noDrift()
})

it('a held dispatch is closed by skipping it, and leaves the list', async () => {
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  const [id] = dispatchIds
  await owner.lawful(
    "update dispatch set state = 'held', held_reason = 'audience-changed' where id = $1",
    [id],
  )
  const pressed = await twice((hub) => skip(hub, ask(id)))
  expect(pressed.map((one) => one.skipped).sort()).toEqual([0, PHONES])
  expect((await dispatchOf(owner, id)).state).toBe('stopped')
  const items = await attention(bureau.test.hub, { agencyId: bureau.agencyId, at: later(24) })
  expect(items.filter((one) => one.dispatchId === id)).toEqual([])
  await noDrift()
})

async function someUnsure() {
  bureau.test.sink.answer = (_, index) => (index < 4 ? unsure : { kind: 'accepted' })
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  await drain(bureau)
  bureau.test.sink.answer = undefined
  return dispatchIds[0] ?? 0
}
const choices = (dispatchId: number) =>
  unsureChoices(bureau.test.hub, { agencyId: bureau.agencyId, dispatchId })

it('says how many may get it twice, and asks the role that answers for it', async () => {
  const id = await someUnsure()
  expect(await choices(id)).toMatchObject([
    { choice: 'sent', count: 4, mayGetTwice: 0 },
    { choice: 'not-sent-resend', count: 4, mayGetTwice: 4, roles: ['duty-officer'] },
    { choice: 'leave', count: 4, mayGetTwice: 0 },
  ])
  const decide = (by: PersonName) =>
    decideUnsure(bureau.test.hub, { ...ask(id, by), choice: 'not-sent-resend', count: 4 })
  await expect(decide('钱局长')).rejects.toMatchObject(refusal('not-allowed'))
  const stale = decideUnsure(bureau.test.hub, { ...ask(id), choice: 'sent', count: 3 })
  await expect(stale).rejects.toMatchObject(refusal('count-changed'))
  expect(await statesOf(owner, id)).toEqual({ accepted: PHONES - 4, unsure: 4 })
})

it('resends the unsure once for two presses, on their own road only', async () => {
  const id = await someUnsure()
  bureau.test.sink.accepted.clear()
  const pressed = await twice((hub) =>
    decideUnsure(hub, { ...ask(id), choice: 'not-sent-resend', count: 4 }),
  )
  expect(pressed.map((one) => one.decided).sort()).toEqual([0, 4])
  await drain(bureau)
  expect(await statesOf(owner, id)).toEqual({ accepted: PHONES })
  expect([...bureau.test.sink.accepted.values()]).toEqual([1, 1, 1, 1])
  const bound = await owner.lawful('select 1 from batch where dispatch_id = $1 and bound', [id])
  expect(bound).toHaveLength(1)
  expect((await kept(id)).map((one) => [one.kind, one.deliveries])).toEqual([['unsure-resend', 4]])
  await noDrift()
})

it('what the platform can tell is asked first, and only the rest is decided', async () => {
  const id = await someUnsure()
  bureau.test.sink.found = (_, index) =>
    index === 0 ? { kind: 'accepted' } : { kind: 'unsure', code: 'unknown', detail: '' }
  const stale = decideUnsure(bureau.test.hub, { ...ask(id), choice: 'sent', count: 4 })
  await expect(stale).rejects.toMatchObject({
    refusal: { code: 'count-changed', detail: '现在是 3' },
  })
  bureau.test.sink.found = undefined
  expect(await decideUnsure(bureau.test.hub, { ...ask(id), choice: 'sent', count: 3 })).toEqual({
    ...{ decided: 3, mayGetTwice: 0 },
  })
  expect(await statesOf(owner, id)).toEqual({ accepted: PHONES })
  await noDrift()
})

it('what is left stays on the list as nobody’s business, and a later look may still resolve it', async () => {
  const id = await someUnsure()
  const pressed = await twice((hub) => decideUnsure(hub, { ...ask(id), choice: 'leave', count: 4 }))
  expect(pressed.map((one) => one.decided).sort()).toEqual([0, 4])
  const items = await attention(bureau.test.hub, { agencyId: bureau.agencyId, at: later(2) })
  expect(items.filter((one) => one.dispatchId === id)).toMatchObject([
    { reason: 'unsure-left', action: 'wait', count: 4 },
  ])
  expect((await choices(id))[2]).toMatchObject({ choice: 'leave', count: 0 })
  bureau.test.sink.found = () => ({ kind: 'accepted' })
  await sweep(bureau.test.hub, bureau.test.worker, later(2))
  expect(await statesOf(owner, id)).toEqual({ accepted: PHONES })
  await noDrift()
})
