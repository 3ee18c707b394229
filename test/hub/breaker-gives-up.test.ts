/** A road that stays dark is given up after so many openings in a row: another signed road takes over what
 *  certainly was not sent, before its tries are used up; one answer takes the road back. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Adapter, Channel } from '../../channels/channel.ts'
import { FAILURES_MAX, OPEN_MS_MAX, OPENINGS_GIVEN_UP } from '../../src/domain/breaker.ts'
import { ATTEMPTS_MAX } from '../../src/domain/retry.ts'
import { sweep } from '../../src/hub/sweep.ts'
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
import { type Forger, openForger } from '../support/forger.ts'
import { createSink, type Sink } from '../support/sink.ts'

const CALLS_TO_GIVE_UP = FAILURES_MAX + OPENINGS_GIVEN_UP - 1

let database: TestDatabase
let bureau: Bureau
let owner: Forger
let sink: Sink
let dark = true
let calls = 0
beforeAll(async () => {
  database = await createTestDatabase()
  sink = createSink()
  const [wire] = sink.adapters.filter(({ adapter }) => adapter === 'test-wire')
  const first: Adapter = {
    adapter: 'dark',
    create(settings, tools) {
      const inner = wire?.create(settings, tools) as Channel
      return {
        ...{ ...inner, adapter: 'dark' },
        async send(batch, signal) {
          if (!dark) return inner.send(batch, signal)
          calls += 1
          return batch.recipients.map(() => ({ kind: 'retry', code: 'ECONNREFUSED', detail: '' }))
        },
      }
    },
  }
  const roads = [
    { id: 'main', adapter: 'dark', settings: {} },
    { id: 'spare', adapter: 'test-wire', settings: {} },
  ]
  bureau = await foundBureau(openTestHub(database.hubUrl, { sink, adapters: [first] }), [
    {
      ...{ id: 'phones', name: 'phones', line: 'phones', addressing: 'recipient' },
      ...{ addressKind: 'phone', position: 1, roads },
    },
  ])
  owner = await openForger(database)
  await addPhones(bureau, 1)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const NOTIFY = { channelId: 'phones', act: 'notify', audiences: ['media'] } as const
const openings = async () =>
  (await owner.lawful<{ openings: number }>('select openings::int as openings from breaker'))[0]
    ?.openings ?? 0
const later = (ms: number) => new Date(MORNING.getTime() + ms)
const roadsOf = async (dispatchIds: readonly number[]) =>
  (
    await owner.lawful<{ road: string; state: string; attempts: number }>(
      `select b.road_id as road, v.state::text as state, b.attempts from delivery v
         join batch b on b.agency_id = v.agency_id and b.id = v.batch_id
       where v.dispatch_id = any($1) order by v.dispatch_id`,
      [dispatchIds],
    )
  ).map(({ road, state }) => `${road} ${state}`)

it('opens and opens, is given up, and comes back with one answer', async () => {
  const { hub, worker } = bureau.test
  const texts = [await signed(bureau, [NOTIFY]), await signed(bureau, [NOTIFY])]
  const ids = texts.flatMap((one) => one.dispatchIds)
  let at = MORNING
  for (let round = 0; round < 100 && (await openings()) < OPENINGS_GIVEN_UP; round += 1) {
    // The road is only silent so far, and nothing of it is moved.
    await sweep(hub, worker, at)
    await drain(bureau, at)
    expect(sink.accepted.size).toBe(0)
    at = new Date(at.getTime() + OPEN_MS_MAX + 1_000)
  }
  expect(await openings()).toBe(OPENINGS_GIVEN_UP)
  expect(calls).toBeGreaterThanOrEqual(CALLS_TO_GIVE_UP)
  // Neither has used up its tries: it is the road that was given up.
  const tries = await owner.lawful<{ most: number }>('select max(attempts)::int as most from batch')
  expect(tries[0]?.most).toBeLessThan(ATTEMPTS_MAX)
  await sweep(hub, worker, at)
  await drain(bureau, at)
  expect(await roadsOf(ids)).toEqual(['spare accepted', 'spare accepted'])
  // It answers again: the next text stays with it, and nothing is taken from it any more.
  dark = false
  at = later(3_600_000)
  const next = await signed(bureau, [NOTIFY], { at })
  await drain(bureau, at)
  const again = await signed(bureau, [NOTIFY], { at })
  await sweep(hub, worker, at)
  await drain(bureau, at)
  expect(await roadsOf([...next.dispatchIds, ...again.dispatchIds])).toEqual([
    ...['main accepted', 'main accepted'],
  ])
})
