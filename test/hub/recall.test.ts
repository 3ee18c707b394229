/** A withdrawal of what went to recipients: each message is taken back by its own name, each recipient has a
 *  result in the log, whoever was never told hears nothing, and the counts stay. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { byHand } from '../../channels/by-hand.ts'
import type { Toolbox } from '../../channels/channel.ts'
import { qqOnebot } from '../../channels/qq-onebot.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { attempt, claimNext } from '../../src/hub/attempt.ts'
import { countYear, verifyLog } from '../../src/hub/count.ts'
import { retryFailed } from '../../src/hub/decisions/retry-failed.ts'
import { sweep } from '../../src/hub/sweep.ts'
import { why } from '../../src/hub/why.ts'
import { type OnebotSimulator, startOnebotSimulator } from '../../src/simulator/onebot.ts'
import { addContacts } from '../../src/store/contacts/contacts.ts'
import {
  addPhones,
  type Bureau,
  CHANNELS,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  PUBLISH,
  signBy,
  signed,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger, statesOf } from '../support/forger.ts'

const PHONES = 1_250
const FEW = 5
const HOUR_MS = 3_600_000
const GROUPS = [700_001, 700_002, 700_003].map((id) => ({ group: `群${id}`, id: String(id) }))
const NEXT_YEAR = new Date('2027-01-04T02:00:00Z')
const WITHDRAW = { channelId: 'wire', act: 'withdraw', reason: '内容有误' } as const
const RECALL = { ...WITHDRAW, channelId: 'qq-group' } as const
const refusal = (code: string) => ({ refusal: { code } })

let database: TestDatabase
let bureau: Bureau
let owner: Forger
let qq: OnebotSimulator
beforeAll(async () => {
  qq = await startOnebotSimulator()
  database = await createTestDatabase()
  const none = () => Promise.reject(new Error('not for these channels'))
  const tools: Toolbox = {
    secret: () => '',
    pages: { put: none, tombstone: none, look: none },
    blobs: { read: async () => null },
    http: none,
    log: () => {},
  }
  const onebot = { url: `ws://127.0.0.1:${qq.port}`, rates: { limits: [] }, groups: GROUPS }
  const form = { addressing: 'group', fields: [{ label: '正文', content: 'text' }] }
  const group = (id: string, roads: (typeof CHANNELS)[number]['roads']) => ({
    ...{ id, name: id, line: id, addressing: 'group' as const, addressKind: 'qq-group' },
    ...{ position: 20, roads },
  })
  const test = openTestHub(database.hubUrl, { adapters: [byHand, qqOnebot], tools })
  bureau = await foundBureau(test, [
    ...CHANNELS,
    group('qq-group', [{ id: 'onebot', adapter: 'qq-onebot', settings: onebot }]),
    group('by-hand', [{ id: 'hand', adapter: 'by-hand', settings: form }]),
  ])
  owner = await openForger(database)
  await addPhones(bureau, PHONES)
  await addPhones(bureau, FEW, { audience: 'major-hazard', from: 50_000 })
  const contacts = GROUPS.map(({ group: value }) => ({
    ...{ name: value, audiences: ['major-hazard'], forExercise: false },
    addresses: [{ kind: 'qq-group', value }],
  }))
  await addContacts(test.connection.db, test.keys, bureau.agencyId, contacts)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
  await qq.stop()
})
beforeEach(() => {
  Object.assign(bureau.test.sink, { calls: 0, answer: undefined, recall: undefined })
  bureau.test.sink.recalled.splice(0)
  bureau.test.sink.accepted.clear()
  qq.setFault('none')
})

const noDrift = async () => expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
const year = (number: number) => countYear(bureau.test.hub, bureau.agencyId, number)
const codesOf = async (dispatchId: number | undefined) => {
  const rows = await owner.lawful<{ code: string; n: number }>(
    `select coalesce(code, '') as code, count(*)::int as n from delivery
     where dispatch_id = $1 group by 1 order by 1`,
    [dispatchId],
  )
  return Object.fromEntries(rows.map((row) => [row.code, row.n]))
}
const told = () => [...bureau.test.sink.accepted.keys()].sort()

it('takes back what each of many recipients had, and nobody else hears of it', async () => {
  const { sink } = bureau.test
  sink.answer = (_, index) =>
    index % 50 === 7
      ? { kind: 'refused', scope: 'recipient', code: 'off', detail: '' }
      : { kind: 'accepted', reference: `m-${_.recipients[index]?.key}` }
  const text = await signed(bureau, [NOTIFY], { title: '有误的通知' })
  await drain(bureau)
  const failed = PHONES / 50
  expect(await statesOf(owner, text.dispatchIds[0])).toEqual({ accepted: PHONES - failed, failed })
  const names = told().map((key) => `m-${key}`)
  const before = await year(2026)
  sink.answer = undefined
  sink.accepted.clear()
  const back = await signBy(bureau, '钱局长', text, [WITHDRAW], NEXT_YEAR)
  expect(back.manifest.dispatches[0]).toMatchObject({
    ...{ act: 'withdraw', reach: PHONES - failed, quietHours: 'send' },
    audienceRule: { audiences: [], toldBy: [text.dispatchIds[0]] },
  })
  await drain(bureau, NEXT_YEAR)
  expect(sink.recalled.toSorted()).toEqual(names.toSorted())
  expect(await codesOf(back.dispatchIds[0])).toEqual({ recalled: PHONES - failed })
  expect(told()).toHaveLength(PHONES - failed)
  const { agencyId } = bureau
  const who = { kind: 'phone', value: '13900000000' } as const
  const asked = { agencyId, bulletinId: text.bulletinId, who, at: NEXT_YEAR }
  const { answers } = await why(bureau.test.hub, asked)
  expect(answers.map((one) => one.text).join()).toContain('原消息已撤回')
  expect(await year(2026)).toEqual(before)
  expect(await year(2027)).toMatchObject({ broadcasts: 0, broadcastsWithdrawn: 1 })
  await noDrift()
  await expect(signBy(bureau, '钱局长', text, [WITHDRAW], NEXT_YEAR)).rejects.toMatchObject(
    refusal('already-withdrawn'),
  )
  const resend = { ...NOTIFY, act: 'resend' } as const
  await expect(signBy(bureau, '钱局长', text, [resend], NEXT_YEAR)).rejects.toMatchObject(
    refusal('already-withdrawn'),
  )
})

it('says of each what became of its message, and takes nothing back twice', async () => {
  const { sink } = bureau.test
  const text = await signed(bureau, [NOTIFY], { title: '各有结果' })
  await drain(bureau)
  const [late = '', gone = '', lost = ''] = told()
  sink.recall = (reference): Outcome => {
    if (reference === late) return { kind: 'refused', scope: 'message', code: 'late', detail: '' }
    if (reference === gone) return { kind: 'unsure', code: 'x', detail: '' }
    return { kind: 'accepted' }
  }
  let notices = 0
  sink.answer = (batch, index): Outcome =>
    batch.act === 'withdraw' && batch.recipients[index]?.recall?.[0] === lost && notices++ === 0
      ? { kind: 'retry', code: 'busy', detail: '' }
      : { kind: 'accepted' }
  const back = await signBy(bureau, '钱局长', text, [WITHDRAW])
  await drain(bureau)
  await drain(bureau, new Date(MORNING.getTime() + HOUR_MS))
  expect(notices).toBe(1)
  expect(sink.recalled.filter((one) => one === lost)).toHaveLength(1)
  expect(await codesOf(back.dispatchIds[0])).toEqual({
    ...{ recalled: PHONES - 2, 'recall-refused': 1, 'recall-unsure': 1 },
  })
  await noDrift()
})

it('stops what is queued and claimed, tells nobody of it, and sends nothing of it again', async () => {
  const { hub, sink, worker } = bureau.test
  const text = await signed(bureau, [NOTIFY], { title: '正在发送' })
  const [first = 0] = text.dispatchIds
  const onTheWire = await claimNext(hub, worker, 'normal', MORNING)
  if (!onTheWire) throw new Error('a batch is due')
  const back = await signBy(bureau, '钱局长', text, [WITHDRAW])
  const [second = 0] = back.dispatchIds
  // Claimed before the withdrawal, and its call not made yet: nothing of it leaves.
  await attempt(hub, worker, onTheWire, MORNING)
  await drain(bureau)
  expect(sink.accepted.size).toBe(0)
  await sweep(hub, worker, MORNING)
  // The first thousand were written with the signature, the rest never.
  expect(await statesOf(owner, first)).toEqual({ cancelled: 1_000 })
  expect(await statesOf(owner, second)).toEqual({})
  const given = { agencyId: bureau.agencyId, dispatchId: first, by: bureau.id('吴值班') }
  await expect(retryFailed(hub, { ...given, at: MORNING, reason: '再发' })).rejects.toMatchObject(
    refusal('stopped'),
  )
})

it('a withdrawal waits while a call of what it takes back is open', async () => {
  const { sink } = bureau.test
  const few = { ...NOTIFY, audiences: ['major-hazard'] }
  const text = await signed(bureau, [few], { title: '电话线上' })
  let back: Awaited<ReturnType<typeof signBy>> | undefined
  let recalledMeanwhile = -1
  sink.before = async () => {
    sink.before = undefined
    back = await signBy(bureau, '钱局长', text, [WITHDRAW])
    // While the call is open nobody knows yet what its messages are called.
    await drain(bureau)
    recalledMeanwhile = sink.recalled.length
  }
  await drain(bureau)
  await drain(bureau, new Date(MORNING.getTime() + 60_000))
  expect(recalledMeanwhile).toBe(0)
  const names = told().filter((key) => key.includes(`.${text.dispatchIds[0]}.`))
  expect(names).toHaveLength(FEW)
  expect(sink.recalled.toSorted()).toEqual(names)
  expect(await codesOf(back?.dispatchIds[0])).toEqual({ recalled: FEW })
})

it('QQ: deletes the message of each group by its own id and says why', async () => {
  const order = { channelId: 'qq-group', act: 'notify', audiences: ['major-hazard'] } as const
  const text = await signed(bureau, [order], { title: '群里的误发' })
  await drain(bureau)
  const ids = qq.messages().map((one) => one.id)
  expect(ids).toHaveLength(3)
  const back = await signBy(bureau, '钱局长', text, [RECALL])
  await drain(bureau)
  expect(qq.recalled().toSorted()).toEqual(ids.toSorted())
  expect(await codesOf(back.dispatchIds[0])).toEqual({ recalled: 3 })
  expect(
    qq
      .messages()
      .slice(3)
      .map(({ text: said }) => said.includes('原因：内容有误')),
  ).toEqual([...[true, true, true]])
  await noDrift()
})

it('by hand: a task for each that was done, three days where a penalty was annulled', async () => {
  const { hub } = bureau.test
  const order = { channelId: 'by-hand', act: 'notify', audiences: ['major-hazard'] } as const
  const text = await signed(bureau, [order], { title: '处罚决定', categoryId: 'penalty' })
  await drain(bureau)
  // A task nobody did told nobody.
  await expect(
    signBy(bureau, '钱局长', text, [{ ...RECALL, channelId: 'by-hand' }]),
  ).rejects.toMatchObject(refusal('not-published'))
  await owner.lawful(
    `update delivery set state = 'delivered' where dispatch_id = $1 and address_id = (
       select min(address_id) from delivery where dispatch_id = $1) returning 1`,
    [text.dispatchIds[0]],
  )
  const back = await signBy(bureau, '钱局长', text, [{ ...RECALL, channelId: 'by-hand' }])
  await drain(bureau)
  await sweep(hub, bureau.test.worker, MORNING)
  const tasks = await owner.lawful<{ hours: number }>(
    `select extract(epoch from due_at - created_at)::int / 3600 as hours from hand_task
     where dispatch_id = $1 and state = 'open'`,
    [back.dispatchIds[0]],
  )
  expect(tasks).toEqual([{ hours: 72 }])
})

it('a place is withdrawn as before, and what was never sent is not', async () => {
  const text = await signed(bureau, [PUBLISH], { title: '页面' })
  await drain(bureau)
  await expect(signBy(bureau, '钱局长', text, [WITHDRAW])).rejects.toMatchObject(
    refusal('not-published'),
  )
  await signBy(bureau, '钱局长', text, [{ ...WITHDRAW, channelId: 'board' }])
  await drain(bureau)
  expect((await year(2026)).channels.find((one) => one.id === 'board')?.withdrawn).toBe(1)
})
