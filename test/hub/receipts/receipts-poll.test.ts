/** Channels that must be asked: one process at a time, ever more seldom, and what is read once is kept once. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Pending } from '../../../channels/channel.ts'
import { countYear, verifyLog } from '../../../src/hub/count.ts'
import { askOutside } from '../../../src/hub/receipts/poll.ts'
import { sweep } from '../../../src/hub/sweep.ts'
import type { NewChannel } from '../../../src/store/founding.ts'
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
} from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type Forger, openForger, statesOf } from '../../support/forger.ts'
import { tellingWire } from '../../support/telling.ts'

const HOUR = 3_600_000
const site = tellingWire({
  ...{ adapter: 'asked-site', addressing: 'place', batchMax: 1, receipts: 'poll' },
  receiptsWithinMs: 2 * HOUR,
})
const queue = tellingWire({ adapter: 'asked-queue', receipts: 'pull-once', batchMax: 10 })
const channel = (id: string, adapter: string, place: boolean): NewChannel => ({
  ...{ id, name: id, line: id, addressing: place ? 'place' : 'recipient', position: 20 },
  addressKind: place ? `place:${id}` : 'phone',
  roads: [{ id: 'main', adapter, settings: { name: 'main' } }],
})

let database: TestDatabase
let bureau: Bureau
let second: TestHub
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  const adapters = [site.adapter, queue.adapter]
  const test = openTestHub(database.hubUrl, { adapters })
  bureau = await foundBureau(test, [
    ...CHANNELS,
    channel('site', 'asked-site', true),
    channel('queue', 'asked-queue', false),
  ])
  second = openTestHub(database.hubUrl, { adapters, keys: test.keys })
  owner = await openForger(database)
  await addPhones(bureau, 30)
})
afterAll(async () => {
  await owner.close()
  await second.close()
  await bureau.test.close()
  await database.drop()
})
beforeEach(() => {
  for (const wire of [site, queue]) {
    wire.asked.length = 0
    wire.told = []
    wire.named.clear()
  }
})

const after = (ms: number) => new Date(MORNING.getTime() + ms)
const ask = (at: Date, hub = bureau.test.hub) =>
  askOutside(hub, at, (error) => {
    throw error
  })
const PUBLISH_SITE = { channelId: 'site', act: 'publish' } as const
const NOTIFY_QUEUE = { channelId: 'queue', act: 'notify', audiences: ['media'] } as const

it('asks about a page until it stands there, resting longer each time', async () => {
  const publications = async () =>
    (await countYear(bureau.test.hub, bureau.agencyId, 2026)).publications
  const before = await publications()
  const { dispatchIds } = await signed(bureau, [PUBLISH_SITE], { title: '公示' })
  await drain(bureau)
  await ask(after(9_999))
  expect(site.asked).toEqual([])
  const times: number[] = []
  for (let second = 10; second <= 310; second += 10) {
    const { length } = site.asked
    await ask(after(second * 1_000))
    if (site.asked.length > length) times.push(second)
  }
  expect(times).toEqual([10, 30, 70, 150, 310])
  const [reference = ''] = [...site.named.keys()]
  expect(site.asked[0]).toEqual([
    {
      ...{ reference, address: 'site', title: '公示', act: 'publish', sentAt: MORNING },
      url: expect.stringContaining('http://place.test/'),
    },
  ])
  expect(await publications()).toBe(before)
  site.told = [{ kind: 'receipt', reference, state: 'delivered', at: after(600_000) }]
  await ask(after(700_000))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ delivered: 1 })
  expect(await publications()).toBe(before + 1)
  const { length } = site.asked
  await ask(after(HOUR))
  expect(site.asked).toHaveLength(length)
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
})

it('gives up after the channel’s own time, and asks no more', async () => {
  const { dispatchIds } = await signed(bureau, [PUBLISH_SITE])
  await drain(bureau)
  await sweep(bureau.test.hub, bureau.test.worker, after(2 * HOUR - 1))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 1 })
  await sweep(bureau.test.hub, bureau.test.worker, after(2 * HOUR))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ 'no-receipt': 1 })
  await ask(after(3 * HOUR))
  expect(site.asked).toEqual([])
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
})

it('two processes never ask on one road at once; a turn whose process died ends by itself', async () => {
  await signed(bureau, [PUBLISH_SITE])
  await drain(bureau)
  const { receipts } = bureau.test.hub.store
  const road = { agencyId: bureau.agencyId, channelId: 'site', roadId: 'main' }
  const options = { leaseMs: 90_000, at: after(10_000), pendingMax: 10 }
  const token = bureau.test.hub.newToken()
  expect((await receipts.takeTurn(road, { ...options, token }))?.pending).toHaveLength(1)
  await ask(after(60_000), second.hub)
  expect(site.asked).toEqual([])
  await owner.lawful("update poll_turn set lease_until = now() - interval '1 second'")
  await Promise.all([ask(after(60_000), second.hub), ask(after(60_000))])
  expect(site.asked).toHaveLength(1)
  // Whoever lost its turn ends nobody else's.
  await receipts.takeTurn(road, { ...options, token: second.hub.newToken(), at: MORNING })
  await receipts.endTurn(road, token)
  expect(await receipts.takeTurn(road, { ...options, token })).toBeUndefined()
  await owner.lawful('update poll_turn set token = null, lease_until = null')
})

it('what a queue gives once is kept in the same step, with replies, and read on for them', async () => {
  const { dispatchIds, bulletinId } = await signed(bureau, [NOTIFY_QUEUE])
  await drain(bureau)
  const [first = '', ...others] = [...queue.named.keys()]
  queue.told = [
    ...others.map((reference) => ({ kind: 'receipt', reference, state: 'delivered' }) as const),
    { kind: 'receipt', reference: 'another-system', state: 'failed' },
  ]
  await ask(after(10_000))
  expect(queue.asked.map((one: readonly Pending[]) => one.length)).toEqual([30])
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 1, delivered: 29 })
  const unknown = await bureau.test.hub.store.receipts.unknownReceipts(bureau.agencyId, {
    limit: 10,
  })
  expect(unknown.map((one) => one.reference)).toEqual(['another-system'])
  // Four days on nobody waits for the receipt, and replies are still read.
  await sweep(bureau.test.hub, bureau.test.worker, after(96 * HOUR))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ 'no-receipt': 1, delivered: 29 })
  queue.asked.length = 0
  queue.told = [{ kind: 'reply', from: '13900000003', text: '收到' }]
  await ask(after(96 * HOUR))
  expect(queue.asked).toEqual([[]])
  const replies = await bureau.test.hub.store.receipts.repliesOf(bureau.agencyId, bulletinId, {
    limit: 10,
  })
  expect(replies).toHaveLength(1)
  // And the late receipt, when it comes at last.
  queue.told = [{ kind: 'receipt', reference: first, state: 'delivered' }]
  await ask(after(100 * HOUR))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ delivered: 30 })
  queue.asked.length = 0
  for (const hours of [24 * 8, 24 * 8 + 1, 24 * 8 + 2]) {
    await sweep(bureau.test.hub, bureau.test.worker, after(hours * HOUR))
    await ask(after(hours * HOUR))
  }
  expect(queue.asked).toEqual([])
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
})
