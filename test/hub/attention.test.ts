/** Nothing is unfinished and off the list: whatever random outcomes, holds and clock steps leave behind is
 *  compared with the log itself, by raw SQL, after every deadline has passed. */
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Outcome } from '../../src/domain/outcome.ts'
import { attention } from '../../src/hub/attention.ts'
import { verifyLog } from '../../src/hub/count.ts'
import { stop } from '../../src/hub/stop.ts'
import { sweep } from '../../src/hub/sweep.ts'
import {
  addPhones,
  type Bureau,
  CHANNELS,
  draftBy,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  PUBLISH,
  signed,
  submitBy,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger } from '../support/forger.ts'

const PHONES = 30
const HOUR_MS = 3_600_000
const later = (hours: number) => new Date(MORNING.getTime() + hours * HOUR_MS)

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl), CHANNELS)
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
})

const listed = (at: Date) => attention(bureau.test.hub, { agencyId: bureau.agencyId, at })
const of = async (dispatchId: number | undefined, at: Date) =>
  (await listed(at)).filter((one) => one.dispatchId === dispatchId)

/** What the log itself holds open, by dispatch and state, without a look at any tally. */
function openByLog() {
  return owner.lawful<{ dispatch: number; state: string; count: number }>(
    `select v.dispatch_id::int as dispatch, v.state::text as state, count(*)::int as count
     from delivery v where v.state not in ('excluded', 'delivered', 'failed', 'expired', 'cancelled',
       'no-receipt', 'skipped', 'accepted')
     group by 1, 2 union all
     select w.dispatch_id::int, v.state::text, count(*)::int
     from receipt_watch w join delivery v on v.dispatch_id = w.dispatch_id and v.batch_id = w.batch_id
     where v.state = 'accepted' group by 1, 2 order by 1, 2`,
  )
}

async function expectAllListed(at: Date): Promise<number> {
  const items = await listed(at)
  const open = await openByLog()
  for (const { dispatch, state, count } of open) {
    const shown = items.filter((one) => one.dispatchId === dispatch && one.state === state)
    const sum = shown.reduce((total, one) => total + one.count, 0)
    expect({ dispatch, state, sum }).toEqual({ dispatch, state, sum: count })
  }
  const held = await owner.lawful<{ id: number }>(
    "select id::int as id from dispatch where state in ('held', 'expanding')",
  )
  for (const { id } of held) expect(items.some((one) => one.dispatchId === id)).toBe(true)
  const keys = items.map((one) =>
    [one.dispatchId, one.roadId, one.state, one.reason, one.subjectId, one.channelId].join('/'),
  )
  expect(new Set(keys).size).toBe(keys.length)
  return open.length + held.length
}

const OUTCOMES: readonly Outcome[] = [
  { kind: 'accepted' },
  { kind: 'accepted', delivered: true },
  { kind: 'refused', scope: 'recipient', code: 'r', detail: '' },
  { kind: 'refused', scope: 'account', code: 'balance', detail: '' },
  { kind: 'retry', code: 'busy', detail: '' },
  { kind: 'retry', code: 'later', detail: '', notBeforeMs: 40 * HOUR_MS },
  { kind: 'unsure', code: 'timeout', detail: '' },
  { kind: 'awaiting', on: 'hand', withinMs: HOUR_MS },
  { kind: 'awaiting', on: 'review', withinMs: HOUR_MS },
]

const broadcast = fc.record({
  answers: fc.array(fc.constantFrom(...OUTCOMES), { minLength: 1, maxLength: 5 }),
  channel: fc.constantFrom('wire', 'single', 'board'),
  level: fc.constantFrom('routine' as const, 'yellow' as const, 'red' as const),
  startsIn: fc.constantFrom(0, 0, 2),
  steps: fc.array(fc.constantFrom('drain', 'sweep', 'stop', 'hold', 'off', 'die'), {
    maxLength: 5,
  }),
  hours: fc.array(fc.constantFrom(0, 1, 3, 14), { minLength: 5, maxLength: 5 }),
})

async function live(plan: typeof broadcast extends fc.Arbitrary<infer T> ? T : never) {
  const { hub, worker, sink } = bureau.test
  sink.answer = (_, index) => plan.answers[index % plan.answers.length] ?? { kind: 'accepted' }
  const to = plan.channel === 'board' ? PUBLISH : { ...NOTIFY, channelId: plan.channel }
  const starts = later(plan.startsIn)
  const order = { ...to, ...(plan.startsIn > 0 ? { notBefore: starts } : {}), notAfter: later(60) }
  const warning = plan.level === 'routine' ? {} : { categoryId: 'warning' }
  const { bulletinId, dispatchIds } = await signed(bureau, [order], {
    ...{ level: plan.level, ...warning },
  })
  let at = MORNING
  for (const [index, step] of plan.steps.entries()) {
    at = new Date(at.getTime() + (plan.hours[index] ?? 0) * HOUR_MS)
    if (step === 'drain') await drain(bureau, at)
    if (step === 'sweep') await sweep(hub, worker, at)
    if (step === 'hold')
      await owner.lawful(
        "update dispatch set state = 'held', held_reason = 'audience-changed' where id = $1 and state <> 'stopped'",
        [dispatchIds[0]],
      )
    if (step === 'off')
      await owner.lawful('update road set enabled = false where id = $1', ['main'])
    if (step === 'die')
      await hub.store.engine.claim({
        ...{ lane: 'normal', at, leaseMs: 10_000_000, process: 'dead', quiet: false, except: [] },
        token: hub.newToken(),
      })
    if (step === 'stop')
      await stop(hub, {
        ...{ agencyId: bureau.agencyId, bulletinId, by: bureau.id('钱局长'), reason: '误', at },
      })
  }
  await owner.lawful("update road set enabled = true, held_reason = null where id = 'main'")
}

it('nothing can be unfinished and off the list', async () => {
  let open = 0
  await fc.assert(
    fc.asyncProperty(broadcast, async (plan) => {
      await live(plan)
      open += await expectAllListed(later(24 * 40))
      expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
    }),
    {
      numRuns: 25,
      examples: [
        [
          {
            ...{ answers: OUTCOMES.slice(3, 6), channel: 'single', level: 'routine', startsIn: 0 },
            ...{ steps: ['drain', 'hold', 'drain'], hours: [0, 0, 0, 0, 0] },
          },
        ],
        // Stopped with deliveries nobody knows of: the next look after them must not fail.
        [
          {
            ...{ answers: OUTCOMES.slice(3, 6), channel: 'single', level: 'red', startsIn: 0 },
            ...{ steps: ['drain', 'stop', 'sweep'], hours: [0, 0, 1, 0, 0] },
          },
        ],
      ],
    },
  )
  expect(open).toBeGreaterThan(20)
}, 120_000)

it('a row that lost its batch is on the list as well', async () => {
  bureau.test.sink.answer = () => ({ kind: 'retry', code: 'busy', detail: '' })
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  const [id] = dispatchIds
  await owner.forge("update batch set state = 'settled' where dispatch_id = $1", [id])
  expect(await of(id, later(2))).toMatchObject([
    { state: 'waiting', reason: 'orphaned', action: 'skip', count: PHONES },
  ])
})

it('a reason for each: queued, night, road, unsure, hand, held', async () => {
  const { sink } = bureau.test
  const slow = await signed(bureau, [NOTIFY])
  const [id] = slow.dispatchIds
  expect(await of(id, later(0.9))).toEqual([])
  expect(await of(id, later(1))).toMatchObject([
    { reason: 'queued', action: 'check-service', count: PHONES, roadId: 'main', since: MORNING },
  ])
  expect(await of(id, later(12.5))).toMatchObject([{ reason: 'night', action: 'wait' }])
  await owner.lawful("update road set held_reason = 'balance' where channel_id = 'wire'")
  const items = await listed(later(2))
  expect(items.find((one) => one.dispatchId === id)).toMatchObject({ reason: 'road-held' })
  expect(items.filter((one) => one.reason === 'road-held' && !one.dispatchId)).toMatchObject([
    { channelId: 'wire', roadId: 'main', detail: 'balance', action: 'release-road' },
  ])
  await owner.lawful("update road set held_reason = null where channel_id = 'wire'")
  sink.answer = (_, index) =>
    index === 0
      ? { kind: 'unsure', code: 'timeout', detail: '' }
      : { kind: 'awaiting', on: 'hand', withinMs: 3 * HOUR_MS }
  await drain(bureau, later(2))
  const mixed = await of(id, later(4))
  expect(mixed.map((one) => one.reason).sort()).toEqual(['hand-open', 'unsure'])
  expect((await of(id, later(6))).map((one) => one.reason).sort()).toEqual([
    'hand-overdue',
    'unsure',
  ])
  const held = await signed(bureau, [NOTIFY])
  await owner.lawful(
    "update dispatch set state = 'held', held_reason = 'audience-changed' where id = $1",
    [held.dispatchIds[0]],
  )
  const [first] = await of(held.dispatchIds[0], MORNING)
  expect(first).toMatchObject({ reason: 'dispatch-held', action: 'sign-again', state: 'held' })
  expect(first?.detail).toContain('受众人数变化')
})

it('a review and a signature past their day are on the list, and leave it when they are done', async () => {
  const composed = await draftBy(bureau, '沈文书', { title: '逾期的通知' })
  await submitBy(bureau, '沈文书', composed)
  const mine = async (at: Date) =>
    (await listed(at)).filter((one) => one.bulletinId === composed.bulletinId)
  expect(await mine(later(24 * 5))).toEqual([])
  expect(await mine(later(24 * 30))).toMatchObject([{ reason: 'review-overdue', action: 'review' }])
})
