/** Questions to a platform count in its windows as sends do, leave the better half to them, and are put off
 *  without a failed try where there is no room. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Adapter, Channel } from '../../channels/channel.ts'
import { type LimitState, NOTHING_TAKEN } from '../../src/domain/limits.ts'
import { lookReturned, lookTaken } from '../../src/domain/look-limits.ts'
import type { RateLimit } from '../../src/domain/rates.ts'
import { askOutside } from '../../src/hub/receipts/poll.ts'
import { reconcile } from '../../src/hub/sweep.ts'
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
import { createSink } from '../support/sink.ts'

const HOUR_MS = 3_600_000
const HOURLY: RateLimit = { scope: 'account', window: HOUR_MS, max: 4, unit: 'call' }
const later = (ms: number) => new Date(MORNING.getTime() + ms)

let database: TestDatabase
let bureau: Bureau
let owner: Forger
let polls = 0
let looks = 0
beforeAll(async () => {
  database = await createTestDatabase()
  const sink = createSink()
  const [wire] = sink.adapters.filter(({ adapter }) => adapter === 'test-wire')
  const asking: Adapter = {
    adapter: 'asking',
    create(settings, tools) {
      const inner = wire?.create(settings, tools) as Channel
      const rates = { limits: [HOURLY] }
      return {
        ...{ ...inner, adapter: 'asking' },
        capabilities: { ...inner.capabilities, receipts: 'poll', rates },
        async poll() {
          polls += 1
          return []
        },
        async reconcile(batch) {
          looks += 1
          return batch.recipients.map(() => ({ kind: 'unsure', code: 'unknown', detail: '' }))
        },
      }
    },
  }
  const channel = (id: string) => ({
    ...{ id, name: id, line: id, addressing: 'recipient' as const, addressKind: 'phone' },
    ...{ position: 1, roads: [{ id: 'main', adapter: 'asking', settings: {} }] },
  })
  const test = openTestHub(database.hubUrl, { sink, adapters: [asking] })
  bureau = await foundBureau(test, [channel('polled'), channel('looked')])
  owner = await openForger(database)
  await addPhones(bureau, 3)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const notify = (channelId: string) =>
  signed(bureau, [{ channelId, act: 'notify', audiences: ['media'] }])
const fail = (error: unknown) => {
  throw error
}

it('a poll takes a token, is put off when half is gone, and sends still leave', async () => {
  const { hub } = bureau.test
  await notify('polled')
  await drain(bureau)
  // One send of four is taken; the first question takes the second, and a third is left to what is sent.
  await askOutside(hub, later(HOUR_MS), fail)
  expect(polls).toBe(1)
  const asks = async () => owner.lawful('select * from receipt_watch order by batch_id')
  const before = await asks()
  for (let round = 2; round < 6; round += 1) await askOutside(hub, later(round * HOUR_MS), fail)
  expect(polls).toBe(1)
  expect(await asks()).toEqual(before)
  const next = await notify('polled')
  await drain(bureau)
  expect(await statesOf(owner, next.dispatchIds[0])).toEqual({ accepted: 3 })
})

it('a look after what is unsure is put off as well, and stays to be looked after', async () => {
  const { hub, sink, worker } = bureau.test
  sink.answer = () => ({ kind: 'unsure', code: 'cut', detail: '' })
  const { dispatchIds } = await notify('looked')
  await drain(bureau)
  const attempts = async () =>
    owner.lawful('select id from attempt where dispatch_id = $1', [dispatchIds[0]])
  expect(await reconcile(hub, worker, later(60_000))).toBe(1)
  expect(looks).toBe(1)
  const tried = await attempts()
  expect(await reconcile(hub, worker, later(10 * 60_000))).toBe(0)
  expect(looks).toBe(1)
  expect(await attempts()).toEqual(tried)
  const [due] = await owner.lawful<{ soon: boolean }>(
    'select look_at < $1 as soon from batch where dispatch_id = $2 and look_at is not null',
    [later(11 * 60_000), dispatchIds[0]],
  )
  expect(due?.soon).toBe(true)
  sink.answer = undefined
})

it('takes nothing of a quota, nothing an urgent batch waits for, and gives back what was not asked', () => {
  const at = MORNING.getTime()
  const ask = (state: LimitState, limits: readonly RateLimit[] = [HOURLY]) =>
    lookTaken(limits, state, { id: 'q', now: at, until: at + 1 })
  const pushes: RateLimit = { scope: 'account', window: 'day', max: 1, unit: 'call' }
  const spent = { period: '2026-11-25', used: 1 }
  expect(ask({ ...NOTHING_TAKEN, ledgers: { 'account.day.call': spent } }, [pushes])).toBeDefined()
  expect(ask({ ...NOTHING_TAKEN, keptUntil: at + 1 })).toBeUndefined()
  expect(ask({ ...NOTHING_TAKEN, restUntil: at + 1 })).toBeUndefined()
  const one = ask(NOTHING_TAKEN)
  expect(one?.open).toMatchObject([{ id: 'q', calls: 1, messages: 0, look: true }])
  const two = ask(one ?? NOTHING_TAKEN)
  expect(ask(two ?? NOTHING_TAKEN)).toBeUndefined()
  expect(lookReturned(one ?? NOTHING_TAKEN, 'q')).toEqual(NOTHING_TAKEN)
})
