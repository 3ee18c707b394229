/** The edge of what is proven: a repetition bound to its road, news that comes after the move, and several
 *  processes that move the same things at once. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { byHand } from '../../channels/by-hand.ts'
import { mayMove, nextRoad } from '../../src/domain/fallback.ts'
import { ATTEMPTS_MAX } from '../../src/domain/retry.ts'
import { verifyLog } from '../../src/hub/count.ts'
import { fallBackAll, moveRoad } from '../../src/hub/fallback.ts'
import { keepHeard, settleHeard } from '../../src/hub/receipts/receipt.ts'
import { sweep } from '../../src/hub/sweep.ts'
import type { NewChannel } from '../../src/store/founding.ts'
import {
  addPhones,
  type Bureau,
  CHANNELS,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
  signed,
  type TestHub,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger, statesOf } from '../support/forger.ts'
import { tellingWire } from '../support/telling.ts'

const PHONES = 60
const keyed = tellingWire({ adapter: 'keyed', idempotency: 'key', batchMax: 20 })
const plain = tellingWire({ adapter: 'plain', batchMax: 7 })
const road = (id: string, adapter: string) => ({ id, adapter, settings: { name: id } })
const HAND = {
  ...{ id: 'hand', adapter: 'by-hand' },
  settings: { addressing: 'recipient', fields: [{ label: '标题', content: 'title' }] },
}
const channel = (id: string, roads: NewChannel['roads']): NewChannel => ({
  ...{ id, name: id, line: id, addressing: 'recipient', addressKind: 'phone', position: 20, roads },
})

let database: TestDatabase
let bureau: Bureau
let others: readonly TestHub[]
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  const adapters = [keyed.adapter, plain.adapter, byHand]
  const test = openTestHub(database.hubUrl, { adapters })
  bureau = await foundBureau(test, [
    ...CHANNELS,
    channel('keyed', [road('first', 'keyed'), road('second', 'plain')]),
    channel('hand', [road('first', 'plain'), HAND]),
  ])
  others = [1, 2, 3].map(() => openTestHub(database.hubUrl, { adapters, keys: test.keys }))
  owner = await openForger(database)
  await addPhones(bureau, PHONES)
})
afterAll(async () => {
  await owner.close()
  for (const other of others) await other.close()
  await bureau.test.close()
  await database.drop()
})
beforeEach(async () => {
  for (const wire of [keyed, plain]) {
    wire.accepted.clear()
    wire.answers.clear()
    wire.named.clear()
  }
  await owner.lawful('update road set held_reason = null')
})

const after = (ms: number) => new Date(MORNING.getTime() + ms)
const notify = (channelId: string) => ({ channelId, act: 'notify', audiences: ['media'] }) as const
const noDrift = async () => expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
const closeRoad = (channelId: string) =>
  owner.lawful("update road set held_reason = 'balance' where channel_id = $1 and id = 'first'", [
    channelId,
  ])

it('only forwards, only over signed and open roads; only what is proven unsent', () => {
  const roads = [
    { roadId: 'a', signed: true, closed: true },
    { roadId: 'b', signed: false, closed: false },
    { roadId: 'c', signed: true, closed: true },
    { roadId: 'd', signed: true, closed: false },
  ]
  expect(['a', 'b', 'c', 'd', 'gone'].map((current) => nextRoad(roads, current))).toEqual([
    ...['d', 'd', 'd', undefined, 'd'],
  ])
  const free = { referenced: false, bound: false }
  expect(mayMove({ ...free, state: 'failed' })).toBe(true)
  expect(mayMove({ ...free, state: 'unsure' })).toBe(false)
  expect(mayMove({ ...free, state: 'accepted' })).toBe(false)
  expect(mayMove({ ...free, state: 'failed', referenced: true })).toBe(false)
  expect(mayMove({ ...free, state: 'waiting', bound: true })).toBe(false)
})

it('what its road may repeat, because it recognises it, goes over no other road', async () => {
  keyed.answers.set('first', () => ({ kind: 'unsure', code: 'timeout', detail: '' }))
  const { dispatchIds } = await signed(bureau, [notify('keyed')])
  await drain(bureau)
  await sweep(bureau.test.hub, bureau.test.worker, MORNING)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ waiting: PHONES })
  await closeRoad('keyed')
  await sweep(bureau.test.hub, bureau.test.worker, after(1_000))
  const moved = await moveRoad(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, dispatchId: dispatchIds[0] ?? 0, roadId: 'second' },
    ...{ by: bureau.id('钱局长'), reason: '欠费', at: after(1_000) },
  })
  expect(moved).toEqual({ moved: 0 })
  expect(plain.accepted.size).toBe(0)
  // The mark goes along through every further attempt, to the last.
  await owner.lawful('update road set held_reason = null')
  keyed.answers.set('first', () => ({ kind: 'retry', code: 'busy', detail: '' }))
  // A road that fails is tried one call at a time, so that its batches take turns.
  for (let round = 0; round < 8 * ATTEMPTS_MAX; round++)
    await drain(bureau, after(3_600_000 + round * 300_000))
  await sweep(bureau.test.hub, bureau.test.worker, after(14 * 3_600_000))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ failed: PHONES })
  expect(plain.accepted.size).toBe(0)
  await noDrift()
})

it('four processes move at once: each delivery is moved and sent once', async () => {
  keyed.answers.set('first', () => ({ kind: 'refused', scope: 'account', code: 'x', detail: '' }))
  const waiting = await signed(bureau, [notify('keyed')])
  await closeRoad('keyed')
  await Promise.all([bureau.test, ...others].map(({ hub }) => fallBackAll(hub, MORNING)))
  expect(await statesOf(owner, waiting.dispatchIds[0])).toEqual({ waiting: PHONES })
  const [row] = await owner.lawful<{ moved: number }>(
    `select sum((facts->>'deliveries')::int)::int as moved from audit
      where action = 'fall-back' and subject = $1`,
    [`dispatch/${waiting.dispatchIds[0]}`],
  )
  expect(row?.moved).toBe(PHONES)
  await drain(bureau)
  expect([...plain.accepted.values()]).toEqual(Array.from({ length: PHONES }, () => 1))
  expect(await statesOf(owner, waiting.dispatchIds[0])).toEqual({ accepted: PHONES })
  await noDrift()
})

it('when it arrived after all, nobody is asked to do it by hand any more', async () => {
  plain.answers.set('first', () => ({ kind: 'refused', scope: 'account', code: 'x', detail: '' }))
  const { dispatchIds } = await signed(bureau, [notify('hand')])
  await drain(bureau)
  await sweep(bureau.test.hub, bureau.test.worker, MORNING)
  await drain(bureau)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ awaiting: PHONES })
  const [task] = await bureau.test.hub.store.transact(bureau.agencyId, (tx) =>
    tx.openTasks({ dispatchId: dispatchIds[0] ?? 0, limit: 1_000 }),
  )
  const [delivery] = await owner.lawful<{ address_id: number }>(
    'select address_id::int as address_id from hand_task where id = $1',
    [task?.id],
  )
  const place = { agencyId: bureau.agencyId, channelId: 'hand', roadId: 'first' }
  const reference = `${bureau.agencyId}.${dispatchIds[0]}.${delivery?.address_id}`
  await keepHeard(
    bureau.test.hub,
    place,
    [{ kind: 'receipt', reference, state: 'delivered' }],
    MORNING,
  )
  await settleHeard(bureau.test.hub, place, MORNING)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ awaiting: PHONES - 1, delivered: 1 })
  const open = await bureau.test.hub.store.transact(bureau.agencyId, (tx) =>
    tx.openTasks({ dispatchId: dispatchIds[0] ?? 0, limit: 1_000 }),
  )
  expect(open).toHaveLength(PHONES - 1)
  expect(open.map((one) => one.id)).not.toContain(task?.id)
  await noDrift()
})
