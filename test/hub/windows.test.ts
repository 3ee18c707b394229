/** When: the signed window, the night, and an audience that is not the one the leader saw. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Level } from '../../src/domain/bulletin.ts'
import { verifyLog } from '../../src/hub/count.ts'
import { sweep } from '../../src/hub/sweep.ts'
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
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { dispatchOf, type Forger, openForger, statesOf } from '../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
  await addPhones(bureau, 100)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})
beforeEach(() => {
  Object.assign(bureau.test.sink, { calls: 0, answer: undefined })
})

const HOUR_MS = 3_600_000
const later = (hours: number) => new Date(MORNING.getTime() + hours * HOUR_MS)
const sweepAt = (at: Date) => sweep(bureau.test.hub, bureau.test.worker, at)
const noDrift = async () => expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
const WARNING = { level: 'yellow', categoryId: 'warning' } as const

it('expires what is still waiting at the end of its window', async () => {
  const { sink } = bureau.test
  sink.answer = () => ({ kind: 'retry', code: 'busy', detail: '' })
  const { dispatchIds } = await signed(bureau, [{ ...NOTIFY, notAfter: later(1) }])
  await drain(bureau)
  const { calls } = sink
  await drain(bureau, later(1))
  expect(sink.calls).toBe(calls)
  expect((await sweepAt(later(1))).expired).toBe(1)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ expired: 100 })
  await noDrift()
})

it('does not begin before its window opens', async () => {
  const { dispatchIds } = await signed(bureau, [{ ...NOTIFY, notBefore: later(2) }])
  await drain(bureau, new Date(later(2).getTime() - 1))
  expect(bureau.test.sink.calls).toBe(0)
  await drain(bureau, later(2))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 100 })
})

it.each([
  ['ends before it begins', { notBefore: later(2), notAfter: later(1) }],
  ['ended already', { notBefore: later(-2), notAfter: later(-1) }],
  ['is longer than a year', { notAfter: later(24 * 400) }],
  ['is no time at all', { notAfter: new Date(Number.NaN) }],
])('refuses a window that %s', async (_, window) => {
  const composed = await draftBy(bureau, '沈文书')
  await reviewBy(bureau, '陆保密', composed)
  const act = signBy(bureau, '钱局长', composed, [{ ...NOTIFY, ...window }])
  await expect(act).rejects.toMatchObject({ refusal: { code: 'window-invalid' } })
})

const NIGHT = new Date('2026-11-25T22:00:00+08:00')
const EARLY = new Date('2026-11-26T06:59:59+08:00')
const SEVEN = new Date('2026-11-26T07:00:00+08:00')

it.each<[Level, boolean, boolean]>([
  ['red', false, true],
  ['orange', false, true],
  ['yellow', false, false],
  ['blue', false, false],
  ['routine', false, false],
  ['yellow', true, true],
])(
  'at night a %s message (signed for the night: %s) leaves: %s',
  async (level, through, leaves) => {
    const order = through ? { ...NOTIFY, throughQuietHours: true } : NOTIFY
    const { dispatchIds } = await signed(bureau, [order, PUBLISH], { level, at: NIGHT })
    await drain(bureau, NIGHT)
    await drain(bureau, EARLY)
    // A place is read, not rung: it is never held.
    expect(await statesOf(owner, dispatchIds[1])).toEqual({ delivered: 1 })
    expect(await statesOf(owner, dispatchIds[0])).toEqual({
      [leaves ? 'accepted' : 'waiting']: 100,
    })
    await drain(bureau, SEVEN)
    expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 100 })
  },
)

it('a window that ends before the morning is refused, unless signed for the night', async () => {
  const composed = await draftBy(bureau, '沈文书', { at: NIGHT })
  await reviewBy(bureau, '陆保密', composed, NIGHT)
  const order = { ...NOTIFY, notAfter: EARLY }
  const act = signBy(bureau, '钱局长', composed, [order], NIGHT)
  await expect(act).rejects.toMatchObject({ refusal: { code: 'window-invalid' } })
  const through = { ...order, throughQuietHours: true }
  await signBy(bureau, '钱局长', composed, [through, { ...PUBLISH, notAfter: EARLY }], NIGHT)
})

it('a scheduled warning whose audience grew beyond the tolerance is held, and nothing leaves', async () => {
  const orders = [{ ...NOTIFY, notBefore: later(2), notAfter: later(20) }]
  const within = await signed(bureau, orders, WARNING)
  await addPhones(bureau, 10, { from: 200_000 })
  await sweepAt(later(1))
  expect(await statesOf(owner, within.dispatchIds[0])).toEqual({})
  await sweepAt(later(2))
  await drain(bureau, later(2))
  expect(await statesOf(owner, within.dispatchIds[0])).toEqual({ accepted: 110 })
  const beyond = await signed(bureau, orders, WARNING)
  bureau.test.sink.calls = 0
  await addPhones(bureau, 11, { from: 300_000 })
  await sweepAt(later(2))
  await drain(bureau, later(2))
  expect(bureau.test.sink.calls).toBe(0)
  expect(await dispatchOf(owner, beyond.dispatchIds[0])).toEqual({
    ...{ state: 'held', held_reason: 'audience-changed' },
  })
  // The leader looks at the new reach and signs that it goes out all the same.
  const resend = { ...NOTIFY, act: 'resend' } as const
  const again = await signBy(bureau, '钱局长', beyond, [resend], later(2))
  await drain(bureau, later(2))
  expect(await statesOf(owner, again.dispatchIds[0])).toEqual({ accepted: 121 })
})

it('a scheduled disclosure keeps the addresses of its signature', async () => {
  const { dispatchIds, manifest } = await signed(bureau, [{ ...NOTIFY, notBefore: later(2) }])
  await addPhones(bureau, 50, { from: 400_000 })
  await sweepAt(later(2))
  await drain(bureau, later(2))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: manifest.dispatches[0]?.reach })
})

it('a reach that moved away from the leader’s screen is refused', async () => {
  const composed = await draftBy(bureau, '沈文书')
  await reviewBy(bureau, '陆保密', composed)
  const orders = [{ ...NOTIFY, seenReach: 20 }]
  await expect(signBy(bureau, '钱局长', composed, orders)).rejects.toMatchObject({
    refusal: { code: 'audience-changed' },
  })
  const nobody = [{ ...NOTIFY, audiences: ['nobody'] }]
  await expect(signBy(bureau, '钱局长', composed, nobody)).rejects.toMatchObject({
    refusal: { code: 'audience-empty' },
  })
})
