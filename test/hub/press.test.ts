/** The press, from the signature to the year: a release counts nothing before its first clipping, one after
 *  it, and one after the second. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { press } from '../../channels/press.ts'
import { type ClippingEntry, enterClipping } from '../../src/hub/clippings/enter.ts'
import { clippingRegister } from '../../src/hub/clippings/register.ts'
import { revise } from '../../src/hub/compose.ts'
import { confirmByHand } from '../../src/hub/confirm.ts'
import { countYear, verifyLog } from '../../src/hub/count.ts'
import { stop } from '../../src/hub/stop.ts'
import { sweep } from '../../src/hub/sweep.ts'
import { sha256Hex } from '../../src/kit/hash.ts'
import { type MailSimulator, startMailSimulator } from '../../src/simulator/mail.ts'
import type { NewChannel } from '../../src/store/founding.ts'
import {
  type Bureau,
  CHANNELS,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
  type PersonName,
  reviewBy,
  signBy,
  signed,
  text,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger, statesOf } from '../support/forger.ts'

const SCAN = Buffer.from('a scanned cutting')
const SCAN_HASH = sha256Hex(SCAN)
const later = (days: number) => new Date(MORNING.getTime() + days * 86_400_000)

let database: TestDatabase
let bureau: Bureau
let owner: Forger
let desk: MailSimulator

function outlet(id: string, name: string, position: number): NewChannel {
  const settings = {
    ...{ host: '127.0.0.1', port: desk.port, security: 'none', from: 'press@bureau.test' },
    ...{ outlet: name, desk: `${id}@paper.test`, contact: '王联络', answerTimeoutMs: 400 },
  }
  return {
    ...{ id, name, line: 'press', addressing: 'place', addressKind: `place:${id}`, position },
    roads: [{ id: 'mail', adapter: 'press', settings }],
  }
}

beforeAll(async () => {
  desk = await startMailSimulator()
  database = await createTestDatabase()
  const nothing = () => Promise.reject(new Error('not for the press'))
  const test = openTestHub(database.hubUrl, {
    adapters: [press],
    files: new Map([[SCAN_HASH, SCAN]]),
    tools: {
      secret: () => '',
      pages: { put: nothing, tombstone: nothing, look: nothing },
      blobs: { read: async () => null },
      http: nothing,
      log: () => undefined,
    },
  })
  bureau = await foundBureau(test, [
    ...CHANNELS,
    outlet('press-newspaper', '示例日报', 10),
    outlet('press-tv', '示例电视台', 11),
  ])
  owner = await openForger(database)
  await owner.lawful(
    'insert into blob (agency_id, sha256, bytes, media_type, at) values ($1, $2, $3, $4, now())',
    [bureau.agencyId, Buffer.from(SCAN_HASH, 'hex'), SCAN.length, 'image/png'],
  )
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
  await desk.stop()
})
beforeEach(() => desk.setFault('none'))

const publish = (channelId: string) => ({ channelId, act: 'publish' }) as const
const counted = async (channelId: string, year = 2026) => {
  const { channels } = await countYear(bureau.test.hub, bureau.agencyId, year)
  return channels.find((one) => one.id === channelId)?.publications
}
const enter = (
  bulletinId: number,
  more: Partial<ClippingEntry> & { readonly name?: PersonName } = {},
) =>
  enterClipping(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId, channelId: 'press-newspaper', at: later(2) },
    ...{ by: bureau.id(more.name ?? '沈文书'), outlet: '示例日报', kind: 'newspaper' },
    ...{ appearedAt: later(1), place: '第3版', url: 'https://paper.test/3' },
    ...more,
  })
const openTask = async (dispatchId: number | undefined) => {
  const open = await bureau.test.hub.store.transact(bureau.agencyId, (tx) =>
    tx.openTasks({ limit: 10, ...(dispatchId === undefined ? {} : { dispatchId }) }),
  )
  return open.map((task) => task.id)
}
const refusal = (code: string, field?: string) => ({
  refusal: { code, ...(field === undefined ? {} : { field }) },
})

it('counts 0 before a clipping, 1 after it, and 1 after the second', async () => {
  const before = (await counted('press-newspaper')) ?? 0
  const mails = desk.accepted()
  const { bulletinId, dispatchIds } = await signed(bureau, [publish('press-newspaper')])
  await drain(bureau)
  expect(desk.accepted()).toBe(mails + 1)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ awaiting: 1 })
  const tasks = await openTask(dispatchIds[0])
  expect(tasks).toHaveLength(1)
  expect(await counted('press-newspaper')).toBe(before)
  // Somebody's word is no clipping, with a link or without.
  for (const more of [{}, { url: 'https://paper.test/1' }])
    await expect(
      confirmByHand(bureau.test.hub, {
        ...{ agencyId: bureau.agencyId, by: bureau.id('沈文书'), taskIds: tasks, at: later(1) },
        ...more,
      }),
    ).rejects.toMatchObject(refusal('clipping-needed', 'press-newspaper'))
  expect(await counted('press-newspaper')).toBe(before)

  expect(await enter(bulletinId)).toMatchObject({ first: true })
  expect(await counted('press-newspaper')).toBe(before + 1)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ delivered: 1 })
  expect(await openTask(dispatchIds[0])).toEqual([])

  const second = { outlet: '示例晚报', place: '要闻版', pictureHash: SCAN_HASH }
  expect(await enter(bulletinId, second)).toMatchObject({ first: false })
  expect(await counted('press-newspaper')).toBe(before + 1)
  await expect(enter(bulletinId)).rejects.toMatchObject(refusal('already-confirmed', 'clipping'))
  const { rows, kinds } = await clippingRegister(bureau.test.hub, bureau.agencyId, 2026)
  const own = rows.filter((row) => row.bulletinId === bulletinId)
  expect(own.map((row) => [row.outlet, row.place, row.enteredBy])).toEqual([
    ['示例日报', '第3版', '沈文书'],
    ['示例晚报', '要闻版', '沈文书'],
  ])
  expect(own[1]).toMatchObject({ line: 'press', pictureHash: SCAN_HASH })
  expect(kinds.find((one) => one.kind === 'newspaper')).toMatchObject({
    ...{ clippings: 2, outlets: 2, bulletins: 1 },
  })
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
})

it('two first clippings at once count once; the date of the print decides the year', async () => {
  const at = new Date('2026-12-31T02:00:00Z')
  const { bulletinId } = await signed(bureau, [publish('press-tv')], { at })
  await drain(bureau, at)
  const year2027 = (await counted('press-tv', 2027)) ?? 0
  const year2026 = (await counted('press-tv', 2026)) ?? 0
  const tv = {
    ...({ channelId: 'press-tv', kind: 'tv', at: new Date('2027-01-03T02:00:00Z') } as const),
    appearedAt: new Date('2027-01-01T12:00:00Z'),
  }
  const entered = await Promise.all(
    ['新闻联播', '午间新闻'].map((place) => enter(bulletinId, { ...tv, place })),
  )
  expect(entered.map((one) => one.first).sort()).toEqual([false, true])
  expect(await counted('press-tv', 2027)).toBe(year2027 + 1)
  expect(await counted('press-tv', 2026)).toBe(year2026)
})

it('refuses what nobody could look up again, a time that cannot be, and who may not', async () => {
  const { bulletinId } = await signed(bureau, [publish('press-newspaper')])
  // Its letter has not left yet.
  await expect(enter(bulletinId)).rejects.toMatchObject(refusal('not-published'))
  await drain(bureau)
  const refused: [Parameters<typeof enter>[1], string, string?][] = [
    [{ outlet: ' ' }, 'missing-field', 'outlet'],
    [{ place: '' }, 'missing-field', 'place'],
    [{ outlet: '长'.repeat(61) }, 'too-long', 'outlet'],
    [{ url: 'javascript:alert(1)' }, 'payload-problem', 'url'],
    [{ pictureHash: 'ab'.repeat(32) }, 'not-found', 'picture'],
    [{ appearedAt: later(3) }, 'window-invalid', 'appeared-at'],
    [{ appearedAt: later(-2) }, 'window-invalid', 'appeared-at'],
    [{ name: '钱局长' }, 'not-allowed'],
    [{ channelId: 'press-tv' }, 'not-found', 'press-tv'],
  ]
  for (const [more, code, field] of refused)
    await expect(enter(bulletinId, more)).rejects.toMatchObject(refusal(code, field))
  const unproven: ClippingEntry = {
    ...{ agencyId: bureau.agencyId, bulletinId, channelId: 'press-newspaper', at: later(2) },
    ...{ by: bureau.id('沈文书'), outlet: '示例日报', kind: 'newspaper', place: '第1版' },
    appearedAt: later(1),
  }
  await expect(enterClipping(bureau.test.hub, unproven)).rejects.toMatchObject(
    refusal('missing-field', 'evidence'),
  )
  expect(await enter(bulletinId)).toMatchObject({ first: true })
})

it('a lost answer leaves the letter in doubt, sent once; a clipping settles it', async () => {
  const before = (await counted('press-newspaper')) ?? 0
  desk.setFault('drop-after-body')
  const mails = desk.accepted()
  const { bulletinId, dispatchIds } = await signed(bureau, [publish('press-newspaper')])
  await drain(bureau)
  await drain(bureau, later(1))
  expect(desk.accepted()).toBe(mails + 1)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ unsure: 1 })
  expect(await counted('press-newspaper')).toBe(before)
  expect(await enter(bulletinId)).toMatchObject({ first: true })
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ delivered: 1 })
  expect(await counted('press-newspaper')).toBe(before + 1)
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
})

it('stopped after the letter left, and printed all the same: that is a fact and counts', async () => {
  const before = (await counted('press-newspaper')) ?? 0
  const { bulletinId, dispatchIds } = await signed(bureau, [publish('press-newspaper')])
  await drain(bureau)
  await stop(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId, by: bureau.id('吴值班') },
    ...{ reason: '数字有误', at: MORNING },
  })
  expect(await openTask(dispatchIds[0])).toEqual([])
  expect(await enter(bulletinId)).toMatchObject({ first: true })
  expect(await counted('press-newspaper')).toBe(before + 1)
})

it('a withdrawal is a letter, and an end only once somebody heard from the outlet', async () => {
  const made = await signed(bureau, [publish('press-newspaper')])
  await drain(bureau)
  await enter(made.bulletinId)
  const withdrawn = async () => {
    const { channels } = await countYear(bureau.test.hub, bureau.agencyId, 2026)
    return channels.find((one) => one.id === 'press-newspaper')?.withdrawn
  }
  const before = (await withdrawn()) ?? 0
  const orders = [{ channelId: 'press-newspaper', act: 'withdraw', reason: '数字有误' } as const]
  const { dispatchIds } = await signBy(bureau, '钱局长', made, orders, later(2))
  await drain(bureau, later(2))
  expect(await withdrawn()).toBe(before)
  const taskIds = await openTask(dispatchIds[0])
  await confirmByHand(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, by: bureau.id('沈文书'), taskIds, at: later(3) },
  })
  expect(await withdrawn()).toBe(before + 1)
})

it('a letter that left is corrected and taken back before anything appeared, and counts nothing by that', async () => {
  const before = (await counted('press-newspaper')) ?? 0
  const mails = desk.accepted()
  const first = await signed(bureau, [publish('press-newspaper')], { title: '待登的通稿' })
  const change = (act: 'amend' | 'withdraw') =>
    ({ channelId: 'press-newspaper', act, reason: '数字有误' }) as const
  // Nothing has left yet.
  await expect(signBy(bureau, '钱局长', first, [change('withdraw')])).rejects.toMatchObject(
    refusal('not-published', 'press-newspaper'),
  )
  await drain(bureau)
  const edited = await revise(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId: first.bulletinId, at: MORNING },
    ...{ authorId: bureau.id('沈文书'), seenHash: first.hash, content: text('改正的通稿') },
  })
  await reviewBy(bureau, '陆保密', edited)
  const amended = await signBy(bureau, '钱局长', edited, [change('amend')])
  await drain(bureau)
  expect(desk.accepted() - mails).toBe(2)
  const by = { agencyId: bureau.agencyId, by: bureau.id('沈文书'), at: later(1) }
  const [letter = 0] = await openTask(amended.dispatchIds[0])
  await confirmByHand(bureau.test.hub, { ...by, taskIds: [letter] })
  expect(await counted('press-newspaper')).toBe(before)
  const taken = await signBy(bureau, '钱局长', edited, [change('withdraw')])
  await drain(bureau)
  expect(desk.accepted() - mails).toBe(3)
  const [back = 0] = await openTask(taken.dispatchIds[0])
  await confirmByHand(bureau.test.hub, { ...by, taskIds: [back] })
  await sweep(bureau.test.hub, bureau.test.worker, later(1))
  // Nobody waits for a clipping any more; what is printed all the same is a fact.
  expect(await openTask(first.dispatchIds[0])).toEqual([])
  expect(await counted('press-newspaper')).toBe(before)
  await enter(first.bulletinId)
  expect(await counted('press-newspaper')).toBe(before + 1)
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
})
