/** 回执: whatever order, number and time they come in, a delivery ends as it ended outside, and counts once. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Heard } from '../../../channels/channel.ts'
import { countYear, verifyLog } from '../../../src/hub/count.ts'
import { keepHeard, settleHeard } from '../../../src/hub/receipts/receipt.ts'
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
} from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type Forger, openForger, statesOf } from '../../support/forger.ts'
import { tellingWire } from '../../support/telling.ts'

const PHONES = 120
const single = tellingWire({ adapter: 'telling-single' })
const shared = tellingWire({ adapter: 'telling-shared', perCall: 'batch', batchMax: 40 })
const board = tellingWire({ adapter: 'telling-board', addressing: 'place', batchMax: 1 })
const road = (adapter: string) => [{ id: 'main', adapter, settings: { name: 'main' } }]
const channel = (id: string, adapter: string): NewChannel => ({
  ...{ id, name: id, line: id, addressing: 'recipient', addressKind: 'phone' },
  ...{ position: 20, roads: road(adapter) },
})

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  const adapters = [single.adapter, shared.adapter, board.adapter]
  bureau = await foundBureau(openTestHub(database.hubUrl, { adapters }), [
    ...CHANNELS,
    channel('sms', 'telling-single'),
    channel('bulk', 'telling-shared'),
    {
      ...{ id: 'site', name: 'site', line: 'site', addressing: 'place', addressKind: 'place:site' },
      ...{ position: 21, roads: road('telling-board') },
    },
  ])
  owner = await openForger(database)
  await addPhones(bureau, PHONES)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})
beforeEach(() => {
  for (const wire of [single, shared, board]) {
    wire.accepted.clear()
    wire.named.clear()
    wire.answers.clear()
    wire.before = undefined
  }
})

const after = (ms: number) => new Date(MORNING.getTime() + ms)
const HOUR = 3_600_000
const roadOf = (channelId: string) => ({ agencyId: bureau.agencyId, channelId, roadId: 'main' })
const hear = async (channelId: string, heard: readonly Heard[], at = MORNING) => {
  const fresh = await keepHeard(bureau.test.hub, roadOf(channelId), heard, at)
  await settleHeard(bureau.test.hub, roadOf(channelId), at)
  return fresh
}
const receipt = (reference: string, state: 'delivered' | 'failed', more = {}): Heard => ({
  ...{ kind: 'receipt', reference, state, ...more },
})
const notify = (channelId: string) => ({ channelId, act: 'notify', audiences: ['media'] }) as const
const sweepAt = (at: Date) => sweep(bureau.test.hub, bureau.test.worker, at)
const noDrift = async () => expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
const unknown = () =>
  bureau.test.hub.store.receipts.unknownReceipts(bureau.agencyId, { limit: 100 })
const broadcasts = async () => (await countYear(bureau.test.hub, bureau.agencyId, 2026)).broadcasts

it('a broadcast counts from its first receipt, at the time the platform says', async () => {
  const before = await broadcasts()
  const { dispatchIds } = await signed(bureau, [notify('sms')])
  await drain(bureau)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: PHONES })
  expect(await broadcasts()).toBe(before)
  const [first = '', second = '', third = ''] = [...single.named.keys()]
  await hear('sms', [receipt(first, 'failed', { code: 'MK:0001' })], after(60_000))
  expect(await broadcasts()).toBe(before)
  const at = after(HOUR)
  // Neither a time before it left nor one far ahead can move it to another year.
  await hear('sms', [receipt(second, 'delivered', { at: new Date('2019-05-01') })], at)
  await hear('sms', [receipt(third, 'delivered', { at: new Date('2031-05-01') })], at)
  expect(await broadcasts()).toBe(before + 1)
  const [row] = await owner.lawful<{ occurred_at: Date }>(
    `select b.occurred_at from broadcast b join dispatch d on d.broadcast_id = b.id where d.id = $1`,
    [dispatchIds[0]],
  )
  expect(row?.occurred_at).toEqual(MORNING)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({
    ...{ accepted: PHONES - 3, delivered: 2, failed: 1 },
  })
  await noDrift()
})

it('doubled receipts add nothing, and arrived is the last word in any order', async () => {
  const { dispatchIds } = await signed(bureau, [notify('sms')])
  await drain(bureau)
  const names = [...single.named.keys()]
  const [a = '', b = '', c = ''] = names
  const heard = [
    ...[receipt(a, 'delivered'), receipt(a, 'delivered'), receipt(b, 'failed', { code: 'X' })],
    receipt(c, 'delivered'),
  ]
  expect(await hear('sms', heard)).toBe(3)
  expect(await hear('sms', heard, after(HOUR))).toBe(0)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({
    ...{ accepted: PHONES - 3, delivered: 2, failed: 1 },
  })
  // Late: arrived overrides failed; failed overrides nothing that arrived.
  await hear('sms', [receipt(b, 'delivered'), receipt(a, 'failed', { code: 'X' })], after(2 * HOUR))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: PHONES - 3, delivered: 3 })
  // Both in one call, in the wrong order.
  const both = names.slice(3).flatMap((one) => [receipt(one, 'delivered'), receipt(one, 'failed')])
  await hear('sms', both.reverse(), after(3 * HOUR))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ delivered: PHONES })
  await noDrift()
})

it('days without a receipt end as no-receipt; one that comes even later still settles', async () => {
  const { dispatchIds } = await signed(bureau, [notify('sms')])
  await drain(bureau)
  await sweepAt(after(72 * HOUR - 1))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: PHONES })
  await sweepAt(after(72 * HOUR))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ 'no-receipt': PHONES })
  await noDrift()
  const names = [...single.named.keys()]
  const late = [...names.slice(2).map((one) => receipt(one, 'delivered')), receipt('x', 'failed')]
  await hear('sms', [...late, receipt(names[0] ?? '', 'failed')], after(200 * HOUR))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({
    ...{ delivered: PHONES - 2, 'no-receipt': 2 },
  })
  await noDrift()
})

it('one name for a whole call needs the number; without it the receipt is kept and shown', async () => {
  const before = (await unknown()).length
  const { dispatchIds } = await signed(bureau, [notify('bulk')])
  await drain(bureau)
  expect([...shared.named.values()].map((one) => one.length)).toEqual([40, 40, 40])
  const rows = await owner.lawful('select 1 from message_reference where dispatch_id = $1', [
    dispatchIds[0],
  ])
  expect(rows).toHaveLength(3)
  const [[name = '', phones = []] = []] = shared.named
  const [, [, others = []] = []] = [...shared.named]
  await hear('bulk', [
    ...phones.map((address) => receipt(name, 'delivered', { address: `+86${address}` })),
    // A number of another call, a number of nobody, and none at all.
    receipt(name, 'delivered', { address: others[0] }),
    receipt(name, 'delivered', { address: '13000000000' }),
    receipt(name, 'failed'),
  ])
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 80, delivered: 40 })
  expect((await unknown()).length).toBe(before + 3)
  await noDrift()
})

it('a receipt before the settling is kept, shown, and settles when its name becomes known', async () => {
  // The settling waits behind this lock, as behind a slow disk.
  const slow = await openForger(database)
  board.before = async () => {
    await slow.lawful('begin')
    await slow.lawful("select 1 from batch where state = 'leased' for update")
  }
  const { dispatchIds } = await signed(bureau, [{ channelId: 'site', act: 'publish' }])
  const draining = drain(bureau)
  try {
    await expect.poll(() => board.named.size, { timeout: 20_000 }).toBe(1)
    const [name = ''] = [...board.named.keys()]
    expect(await hear('site', [receipt(name, 'delivered')])).toBe(1)
    expect((await unknown()).map((one) => one.reference)).toContain(name)
    expect(await statesOf(owner, dispatchIds[0])).toEqual({ waiting: 1 })
  } finally {
    await slow.lawful('commit')
    await slow.close()
    await draining
  }
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 1 })
  await sweepAt(MORNING)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ delivered: 1 })
  expect((await unknown()).map((one) => one.reference)).not.toContain([...board.named.keys()][0])
  await noDrift()
})

it('our own key names a message whose acceptance nobody heard, on its own channel only', async () => {
  const { sink } = bureau.test
  single.answers.set('main', () => ({ kind: 'unsure', code: 'timeout', detail: '' }))
  const { dispatchIds } = await signed(bureau, [notify('sms')])
  await drain(bureau)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ unsure: PHONES })
  const [row] = await owner.lawful<{ address_id: number }>(
    'select min(address_id)::int as address_id from delivery where dispatch_id = $1',
    [dispatchIds[0]],
  )
  const key = `${bureau.agencyId}.${dispatchIds[0]}.${row?.address_id}`
  await hear('bulk', [receipt(key, 'delivered')])
  await hear('sms', [receipt(`9${key}`, 'delivered'), receipt(`${key}9999`, 'delivered')])
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ unsure: PHONES })
  await hear('sms', [receipt(key, 'delivered')])
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ unsure: PHONES - 1, delivered: 1 })
  expect(sink.calls).toBe(0)
  await noDrift()
})

it('a place stands published, with its address, when its receipt says so', async () => {
  const published = async () =>
    (await countYear(bureau.test.hub, bureau.agencyId, 2026)).publications
  const before = await published()
  const composed = await signed(bureau, [{ channelId: 'site', act: 'publish' }])
  await drain(bureau)
  expect(await published()).toBe(before)
  const [name = ''] = [...board.named.keys()]
  await hear('site', [receipt(name, 'delivered'), receipt(name, 'delivered', { code: 'again' })])
  expect(await published()).toBe(before + 1)
  const [row] = await owner.lawful<{ url: string; reference: string; facts: number }>(
    `select url, reference, (select count(*)::int from publication_fact f
        where f.publication_id = p.id) as facts
      from publication p where bulletin_id = $1 and channel_id = 'site'`,
    [composed.bulletinId],
  )
  expect(row).toMatchObject({ reference: name, facts: 1 })
  expect(row?.url).toContain('http://place.test/')
  await noDrift()
})
