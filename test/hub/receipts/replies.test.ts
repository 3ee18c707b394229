/** 回复: they find the newest message their sender was sent; 收到 confirms it, 退订 ends it, and what answers
 *  nothing is kept and listed. No number stands in the audit or in a list. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Heard } from '../../../channels/channel.ts'
import { meaningOf } from '../../../src/domain/receipt.ts'
import { verifyLog } from '../../../src/hub/count.ts'
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

const wire = tellingWire({ adapter: 'telling', batchMax: 10 })
const SMS: NewChannel = {
  ...{ id: 'sms', name: '短信', line: 'sms', addressing: 'recipient', addressKind: 'phone' },
  ...{ position: 20, roads: [{ id: 'main', adapter: 'telling', settings: { name: 'main' } }] },
}
const NOTIFY_SMS = { channelId: 'sms', act: 'notify', audiences: ['media'] } as const

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl, { adapters: [wire.adapter] }), [
    ...CHANNELS,
    SMS,
  ])
  owner = await openForger(database)
  await addPhones(bureau, 20)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const DAY = 86_400_000
const after = (ms: number) => new Date(MORNING.getTime() + ms)
const phone = (index: number) => `139${String(index).padStart(8, '0')}`
const hear = async (heard: readonly Partial<Heard>[], at = MORNING) => {
  const road = { agencyId: bureau.agencyId, channelId: 'sms', roadId: 'main' }
  const fresh = await keepHeard(bureau.test.hub, road, heard as Heard[], at)
  await settleHeard(bureau.test.hub, road, at)
  return fresh
}
const reply = (from: string, text: string, more = {}): Heard => ({
  ...{ kind: 'reply', from, text, ...more },
})
const repliesOf = (bulletinId: number) =>
  bureau.test.hub.store.receipts.repliesOf(bureau.agencyId, bulletinId, { limit: 50 })
const unmatched = () =>
  bureau.test.hub.store.receipts.unmatchedReplies(bureau.agencyId, { limit: 50 })
const confirmed = async (dispatchId: number | undefined) => {
  const rows = await owner.lawful<{ acked_at: Date }>(
    'select acked_at from delivery where dispatch_id = $1 and acked_at is not null',
    [dispatchId],
  )
  return rows.map((row) => row.acked_at)
}

it.each([
  ['1', 'confirm'],
  [' 收到。', 'confirm'],
  ['１', 'confirm'],
  ['td', 'unsubscribe'],
  ['Ｔ', 'unsubscribe'],
  ['退订！', 'unsubscribe'],
  ['qx', 'unsubscribe'],
  ['没收到', 'other'],
  ['退订吗？', 'other'],
  ['11', 'other'],
  ['', 'other'],
])('%s means %s', (text, meaning) => {
  expect(meaningOf(text)).toBe(meaning)
})

it('finds the newest broadcast to its sender, confirms once, and adds nothing when repeated', async () => {
  const older = await signed(bureau, [NOTIFY_SMS], { title: '旧通知' })
  await drain(bureau)
  const newer = await signed(bureau, [NOTIFY_SMS], { title: '新通知' })
  await drain(bureau)
  expect(await hear([reply(`+86 ${phone(3)}`, '收到'), reply(phone(4), '门口在哪里？')])).toBe(2)
  const found = await repliesOf(newer.bulletinId)
  expect(found).toMatchObject([
    { text: '门口在哪里？', meaning: 'other', sender: '139****0004' },
    { text: '收到', meaning: 'confirm', sender: '139****0003', dispatchId: newer.dispatchIds[0] },
  ])
  expect(await repliesOf(older.bulletinId)).toEqual([])
  expect(await confirmed(newer.dispatchIds[0])).toEqual([MORNING])
  // The same minute, the same words; then the platform's own id twice.
  expect(await hear([reply(phone(3), '收到')], after(20_000))).toBe(0)
  const twice = [reply(phone(5), '1', { id: 'r-9' }), reply(phone(5), '1', { id: 'r-9' })]
  expect(await hear(twice, after(60_000))).toBe(1)
  expect(await hear(twice, after(DAY))).toBe(0)
  expect(await confirmed(newer.dispatchIds[0])).toHaveLength(2)
  // Its reference names the older one.
  const [name = ''] = [...wire.named.keys()]
  await hear([reply(phone(6), '收到', { reference: name })], after(60_000))
  expect(await confirmed(older.dispatchIds[0])).toHaveLength(1)
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
})

it('退订 takes the address off at once: nothing more is sent to it, also not again', async () => {
  wire.accepted.clear()
  wire.answers.set('main', () => ({ kind: 'retry', code: 'busy', detail: '' }))
  const { dispatchIds } = await signed(bureau, [NOTIFY_SMS])
  await drain(bureau)
  await hear([reply(phone(7), 'TD'), reply(phone(8), '退订'), reply(phone(7), 'TD', { id: 'b' })])
  wire.answers.clear()
  await drain(bureau, after(60_000))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 18, skipped: 2 })
  expect(wire.accepted.size).toBe(18)
  const next = await signed(bureau, [NOTIFY_SMS])
  await drain(bureau)
  expect(await statesOf(owner, next.dispatchIds[0])).toEqual({ accepted: 18, excluded: 2 })
  const audit = await owner.lawful<{ subject: string; facts: object }>(
    "select subject, facts from audit where action = 'unsubscribe' order by id",
  )
  expect(audit).toHaveLength(2)
  expect(JSON.stringify(audit)).not.toMatch(/139\d{8}/)
})

it('what answers nothing is kept and listed: a stranger, an old message, another channel’s', async () => {
  const before = (await unmatched()).length
  await hear([reply('13011112222', '你们是谁'), reply('怪'.repeat(300), 'x')])
  const eightDays = after(8 * DAY)
  await hear([reply(phone(9), '收到')], eightDays)
  const listed = await unmatched()
  expect(listed.length).toBe(before + 3)
  expect(listed.map((one) => one.sender).sort()).toEqual(['***', '130****2222', '139****0009'])
  // Neither sender nor text stands readable in a row.
  const rows = await owner.lawful('select * from reply')
  expect(JSON.stringify(rows)).not.toMatch(/13011112222|你们是谁/)
})

it('a reply that overtakes the settling is compared again', async () => {
  await addPhones(bureau, 1, { from: 40, audience: 'major-hazard' })
  await hear([reply(phone(40), '收到')])
  const composed = await signed(bureau, [{ ...NOTIFY_SMS, audiences: ['major-hazard'] }])
  await drain(bureau)
  await sweep(bureau.test.hub, bureau.test.worker, after(59_000))
  expect(await repliesOf(composed.bulletinId)).toEqual([])
  await sweep(bureau.test.hub, bureau.test.worker, after(60_000))
  expect(await repliesOf(composed.bulletinId)).toMatchObject([{ text: '收到' }])
  expect(await confirmed(composed.dispatchIds[0])).toHaveLength(1)
})
