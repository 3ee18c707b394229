/** A channel with limits, from signature to sink: what may not leave yet waits, uncounted, and then leaves. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Adapter, Channel } from '../../channels/channel.ts'
import type { RateLimit, Rates } from '../../src/domain/rates.ts'
import { verifyLog } from '../../src/hub/count.ts'
import { createPump } from '../../src/hub/pump.ts'
import type { NewChannel } from '../../src/store/founding.ts'
import type { Waker } from '../../src/store/queue.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
  signed,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger, statesOf } from '../support/forger.ts'
import { createSink, type Sink } from '../support/sink.ts'

const RECIPIENTS = 50
const LIMITED: Record<string, Rates> = {}
/** when each call arrived, and for how many */
const calls: { at: number; recipients: number; channel: string }[] = []

/** The wire of the sink, with limits. */
function limited(sink: Sink, name: string, perCall: 'one' | 'batch', batchMax: number): Adapter {
  const [wire] = sink.adapters.filter(({ adapter }) => adapter === 'test-wire')
  return {
    adapter: name,
    create(settings, tools) {
      const inner = wire?.create(settings, tools) as Channel
      const rates = LIMITED[name] ?? { limits: [] }
      return {
        ...inner,
        adapter: name,
        capabilities: { ...inner.capabilities, perCall, batchMax, rates },
        send(batch, signal) {
          calls.push({ at: Date.now(), recipients: batch.recipients.length, channel: name })
          return inner.send(batch, signal)
        },
      }
    },
  }
}

let database: TestDatabase
let bureau: Bureau
let owner: Forger
const wakes: Date[] = []
const waker: Waker = {
  wake: async (_tx, _hint, dueAt) => {
    wakes.push(dueAt)
  },
}
const NAMES = ['fast', 'day', 'target', 'penalty'] as const
beforeAll(async () => {
  const message = { scope: 'account', unit: 'message' } as const
  Object.assign(LIMITED, {
    'limited-fast': { limits: [{ ...message, window: 400, max: 10 }] },
    'limited-day': { limits: [{ ...message, window: 'day', max: 30 }] },
    'limited-target': { limits: [{ ...message, scope: 'target', window: 'month', max: 1 }] },
    'limited-penalty': {
      limits: [{ ...message, unit: 'call', window: 1_000, max: 20, penaltyMs: 600_000 }],
    },
  } satisfies Record<string, { limits: RateLimit[] }>)
  database = await createTestDatabase()
  const sink = createSink()
  const adapters = NAMES.map((name) => limited(sink, `limited-${name}`, 'batch', 20))
  const channels: NewChannel[] = NAMES.map((id, position) => ({
    ...{ id, name: id, line: id, addressing: 'recipient', addressKind: 'phone', position },
    roads: [{ id: 'main', adapter: `limited-${id}`, settings: {} }],
  }))
  bureau = await foundBureau(openTestHub(database.hubUrl, { sink, adapters, waker }), channels)
  owner = await openForger(database)
  await addPhones(bureau, RECIPIENTS)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})
beforeEach(() => {
  calls.length = 0
  wakes.length = 0
  bureau.test.sink.accepted.clear()
  bureau.test.sink.answer = undefined
})

const order = (channelId: string) => ({ channelId, act: 'notify', audiences: ['media'] }) as const
const after = (milliseconds: number) => new Date(MORNING.getTime() + milliseconds)
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const attemptsOf = (dispatchId: number | undefined) =>
  owner.lawful<{ attempts: number; state: string; due_at: Date; size: number }>(
    `select attempts, state, due_at, size from batch where dispatch_id = $1 order by id`,
    [dispatchId],
  )
const noDrift = async () => expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])

/** Drains on as time goes by, until nothing waits. */
async function drainOn(dispatchId: number | undefined): Promise<void> {
  const began = Date.now()
  for (let round = 1; round < 100; round++) {
    if (!(await attemptsOf(dispatchId)).some(({ state }) => state === 'waiting')) return
    await pause(80)
    await drain(bureau, after(Date.now() - began))
  }
  throw new Error('still waiting')
}

it('everybody gets it, a window never too many, and no attempt is counted for waiting', async () => {
  const { dispatchIds } = await signed(bureau, [order('fast')])
  await drain(bureau)
  const first = calls.reduce((sum, one) => sum + one.recipients, 0)
  expect(first).toBeLessThan(RECIPIENTS)
  expect(wakes.some((due) => due > MORNING)).toBe(true)
  await drainOn(dispatchIds[0])
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: RECIPIENTS })
  expect([...bureau.test.sink.accepted.values()]).toEqual(Array(RECIPIENTS).fill(1))
  for (const { at } of calls) {
    const inside = calls.filter((one) => one.at >= at && one.at < at + 400)
    expect(inside.reduce((sum, one) => sum + one.recipients, 0)).toBeLessThanOrEqual(10)
  }
  const batches = await attemptsOf(dispatchIds[0])
  expect(batches.filter(({ state }) => state === 'settled').map((one) => one.attempts)).toEqual(
    Array(batches.length).fill(1),
  )
  await noDrift()
})

it('what the day does not allow waits for midnight, and nobody asks in between', async () => {
  const { dispatchIds } = await signed(bureau, [order('day')])
  await drain(bureau)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 30, waiting: 20 })
  const { length } = calls
  const attempts = () =>
    owner.lawful(`select 1 from attempt where dispatch_id = $1`, [dispatchIds[0]])
  const before = (await attempts()).length
  await drain(bureau)
  await drain(bureau, after(1))
  expect(calls).toHaveLength(length)
  expect(await attempts()).toHaveLength(before)
  expect(wakes.some((due) => due > MORNING && due <= after(86_400_000))).toBe(true)
  await noDrift()
})

it('the ledger of the day says what was sent, and stays', async () => {
  const { rows } = await bureau.test.connection.pool.query<{ used: number }>(
    `select (state -> 'ledgers' -> 'account.day.message' ->> 'used')::int as used from limit_state
     where agency_id = $1 and account = 'road:day/main' and subject = ''`,
    [bureau.agencyId],
  )
  // Thirty were accepted in the test before.
  expect(rows).toEqual([{ used: 30 }])
})

it('who had theirs this month waits alone; the others get theirs', async () => {
  const first = await signed(bureau, [order('target')])
  await drain(bureau)
  expect(await statesOf(owner, first.dispatchIds[0])).toEqual({ accepted: RECIPIENTS })
  await addPhones(bureau, 5, { from: 900 })
  calls.length = 0
  const second = await signed(bureau, [order('target')])
  await drain(bureau)
  await drain(bureau)
  expect(await statesOf(owner, second.dispatchIds[0])).toEqual({ accepted: 5, waiting: RECIPIENTS })
  await noDrift()
})

it('whoever the platform shuts out is left alone by every process', async () => {
  bureau.test.sink.answer = () => ({ kind: 'retry', code: 'slow', detail: '', limited: true })
  const { dispatchIds } = await signed(bureau, [order('penalty')])
  await drain(bureau)
  // What was under way when the first answer came is all that was tried.
  expect(calls.length).toBeLessThanOrEqual(3)
  bureau.test.sink.answer = undefined
  calls.length = 0
  const other = openTestHub(database.hubUrl, {
    sink: bureau.test.sink,
    keys: bureau.test.keys,
    adapters: [limited(bureau.test.sink, 'limited-penalty', 'batch', 20)],
  })
  const pump = createPump(other.hub, other.worker, () => {})
  await pump.drain(() => after(60_000), { agencyId: bureau.agencyId })
  await pump.close()
  await other.close()
  expect(calls).toEqual([])
  const states = await statesOf(owner, dispatchIds[0])
  expect(states).toEqual({ waiting: RECIPIENTS + 5 })
  await noDrift()
})
