/** Tokens in the database: however many processes ask at once, the platform's book never shows one too
 *  many, and what is allowed is given out to the last. */
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RateLimit, Rates } from '../../../src/domain/rates.ts'
import type { TokenRequest } from '../../../src/hub/ports/limits.ts'
import { type Connection, connect } from '../../../src/store/connect.ts'
import { answerTokens, takeTokens } from '../../../src/store/limits/tokens.ts'
import { type Bureau, foundBureau, openTestHub } from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type Arrival, race } from '../../support/limit-racers.ts'

let database: TestDatabase
let bureau: Bureau
const pools: Connection[] = []
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  for (let index = 0; index < 4; index++)
    pools.push(connect(database.hubUrl, { connectionsMax: 4 }))
})
afterAll(async () => {
  for (const pool of pools) await pool.close()
  await bureau.test.close()
  await database.drop()
})

const ids = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

function request(rates: Rates, more: Partial<TokenRequest> = {}): TokenRequest {
  return {
    ...{ agencyId: bureau.agencyId, account: 'test', rates, id: randomUUID(), lane: 'normal' },
    ...{ perCall: 'one', addressIds: [1], holdMs: 60_000, ...more },
  }
}
const db = (index = 0) => (pools[index % pools.length] ?? bureau.test.connection).db
const ask = (one: TokenRequest, pool = 0) => takeTokens(db(pool), one)
const tell = (one: TokenRequest, facts: { unsent?: number[]; limited?: number[] } = {}) =>
  answerTokens(db(), {
    ...one,
    unsent: new Set(facts.unsent ?? []),
    limited: new Set(facts.limited ?? []),
  })

const MINUTE: RateLimit = { scope: 'account', window: 60_000, max: 100, unit: 'message' }

/** The most messages or calls of one window, both ends included. */
function most(
  { window, unit }: RateLimit,
  arrivals: readonly Arrival[],
  perCall: 'one' | 'batch',
): number {
  const size = ({ addressIds }: Arrival) =>
    unit === 'message' || perCall === 'one' ? addressIds.length : 1
  const span = typeof window === 'number' ? window : Number.POSITIVE_INFINITY
  const sums = arrivals.map(({ at }) =>
    arrivals
      .filter((one) => one.at >= at && one.at <= at + span)
      .reduce((sum, one) => sum + size(one), 0),
  )
  return Math.max(0, ...sums)
}

const windowOf = fc.record({
  window: fc.constantFrom<RateLimit['window']>(100, 300, 1_000, 3_600_000, 'month'),
  max: fc.integer({ min: 3, max: 40 }),
  unit: fc.constantFrom('call' as const, 'message' as const),
  scope: fc.constantFrom('account' as const, 'account' as const, 'target' as const),
})

it('processes racing for one account never make the platform see one too many', async () => {
  const limitsOf = fc.uniqueArray(windowOf, {
    ...{ minLength: 1, maxLength: 3 },
    selector: ({ scope, window, unit }) => `${scope}.${window}.${unit}`,
  })
  const perCallOf = fc.constantFrom('one' as const, 'batch' as const)
  await fc.assert(
    fc.asyncProperty(limitsOf, perCallOf, async (limits, perCall) => {
      const account = randomUUID()
      const arrivals = await race(3, {
        ...{ url: database.hubUrl, agencyId: bureau.agencyId, account, rates: { limits }, perCall },
        ...{ addressIds: ids(12), loops: 3, asks: 8, recipientsMax: 8, holdMs: 1_000 },
      })
      expect(arrivals.length).toBeGreaterThan(0)
      for (const limit of limits) {
        const books =
          limit.scope === 'account'
            ? [arrivals]
            : ids(12).map((id) =>
                arrivals
                  .filter(({ addressIds }) => addressIds.includes(id))
                  .map(({ at }) => ({ at, addressIds: [id] })),
              )
        for (const book of books) expect(most(limit, book, perCall)).toBeLessThanOrEqual(limit.max)
      }
    }),
    { numRuns: 3, endOnFailure: true },
  )
})

it('what a minute allows is given out to the last, and not one more', async () => {
  const account = randomUUID()
  const asks = Array.from({ length: 40 }, (_, index) =>
    ask(request({ limits: [MINUTE] }, { account, addressIds: ids(1 + (index % 7)) }), index),
  )
  const granted = (await Promise.all(asks)).reduce((sum, one) => sum + one.granted.length, 0)
  // No part of a batch is cut off below four of a hundred.
  expect(granted).toBeGreaterThan(96)
  expect(granted).toBeLessThanOrEqual(100)
  const single = await Promise.all(
    ids(20).map((index) => ask(request({ limits: [MINUTE] }, { account }), index)),
  )
  expect(granted + single.reduce((sum, one) => sum + one.granted.length, 0)).toBe(100)
})

it('a batch larger than the limit leaves in parts', async () => {
  const rates = { limits: [{ ...MINUTE, max: 30 }] }
  const tokens = await ask(request(rates, { account: randomUUID(), addressIds: ids(100) }))
  expect([tokens.granted.length, tokens.later.length]).toEqual([30, 70])
  expect(tokens.laterMs).toBeGreaterThan(50_000)
})

it('another process, and one that was started anew, goes on where the last one stopped', async () => {
  const account = randomUUID()
  const one = request({ limits: [MINUTE] }, { account, addressIds: ids(100) })
  expect((await ask(one)).granted).toHaveLength(100)
  await tell(one)
  const fresh = connect(database.hubUrl, { connectionsMax: 1 })
  const again = await takeTokens(fresh.db, { ...one, id: randomUUID() })
  await fresh.close()
  expect(again.granted).toEqual([])
  expect(again.laterMs).toBeGreaterThan(0)
})

it('each target has windows of its own', async () => {
  const rates: Rates = { limits: [{ ...MINUTE, scope: 'target', max: 1 }] }
  const account = randomUUID()
  const first = request(rates, { account, addressIds: [1, 2] })
  expect((await ask(first)).granted).toEqual([1, 2])
  await tell(first)
  const next = await ask(request(rates, { account, addressIds: [2, 3, 1] }))
  expect([next.granted, next.rested, next.later]).toEqual([[3], [2, 1], []])
  expect(next.restedMs).toBeGreaterThan(0)
})

it('the day’s messages come back when they were certainly not sent, and only then', async () => {
  const rates: Rates = { limits: [{ ...MINUTE, window: 'day', max: 10 }] }
  const account = randomUUID()
  const one = request(rates, { account, addressIds: ids(10) })
  await ask(one)
  await tell(one, { unsent: [1, 2, 3] })
  // A second answer of the same call gives nothing more back.
  await tell(one, { unsent: [4, 5] })
  const next = await ask(request(rates, { account, addressIds: ids(10) }))
  expect(next.granted).toHaveLength(3)
})

it('whoever the platform shuts out waits as long as it says, in every process', async () => {
  const rates: Rates = { limits: [{ ...MINUTE, penaltyMs: 600_000 }] }
  const account = randomUUID()
  const one = request(rates, { account })
  await ask(one)
  await tell(one, { unsent: [1], limited: [1] })
  const refused = await ask(request(rates, { account }), 1)
  expect(refused.granted).toEqual([])
  expect(refused.laterMs).toBeGreaterThan(590_000)
})

it('nothing is granted in a forbidden minute', async () => {
  const { pool } = bureau.test.connection
  const { rows } = await pool.query<{ minute: number }>(
    `select (extract(epoch from clock_timestamp() at time zone 'Asia/Shanghai')::bigint / 60 % 1440)::int
       as minute`,
  )
  const minute = rows[0]?.minute ?? 0
  const at = (offset: number) => (minute + offset + 1_440) % 1_440
  const closed: Rates = { limits: [], forbidden: [{ from: at(-5), to: at(60) }] }
  const tokens = await ask(request(closed, { account: randomUUID() }))
  expect(tokens.granted).toEqual([])
  expect(tokens.laterMs).toBeGreaterThan(50 * 60_000)
  const open: Rates = { limits: [], forbidden: [{ from: at(60), to: at(120) }] }
  expect((await ask(request(open, { account: randomUUID() }))).granted).toEqual([1])
})

it('an urgent batch comes before the others when tokens are free again', async () => {
  const rates: Rates = { limits: [{ ...MINUTE, window: 200, max: 5 }] }
  const account = randomUUID()
  const first = request(rates, { account, addressIds: ids(5) })
  await ask(first)
  await tell(first)
  const urgent = { account, lane: 'urgent', addressIds: ids(3) } as const
  const refused = await ask(request(rates, urgent))
  expect(refused.granted).toEqual([])
  await new Promise((resolve) => setTimeout(resolve, refused.laterMs + 50))
  expect((await ask(request(rates, { account, addressIds: ids(5) }))).granted).toEqual([])
  expect((await ask(request(rates, urgent))).granted).toHaveLength(3)
  expect((await ask(request(rates, { account, addressIds: ids(2) }))).granted).toHaveLength(2)
})
