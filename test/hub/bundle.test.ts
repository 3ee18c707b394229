/** What leaves together, through the hub: at its moment and not before, in one call and under one token
 *  whoever gathers it, each item settled and counted alone. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Toolbox } from '../../channels/channel.ts'
import { wechatOfficial } from '../../channels/wechat-official.ts'
import { attempt, claimNext, newWorker, type Worker } from '../../src/hub/attempt.ts'
import { countYear, verifyLog } from '../../src/hub/count.ts'
import { askOutside } from '../../src/hub/receipts/poll.ts'
import { stop } from '../../src/hub/stop.ts'
import { sweep } from '../../src/hub/sweep.ts'
import { openWebClient, type WebClient } from '../../src/kit/http.ts'
import {
  type OfficialSimulator,
  startOfficialSimulator,
} from '../../src/simulator/wechat-official.ts'
import type { NewChannel } from '../../src/store/founding.ts'
import { ACCOUNT, COVER, SECRETS, settingsFor } from '../channels/wechat-official-bench.ts'
import { type Bureau, drain, foundBureau, MORNING, openTestHub, signed } from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger, statesOf } from '../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
let web: WebClient
let simulator: OfficialSimulator

const HOUR_MS = 3_600_000
const later = (ms: number) => new Date(MORNING.getTime() + ms)
/** 10:00 is signed; 16:30 is the moment */
const MOMENT = later(6.5 * HOUR_MS)
const PUSH = { channelId: 'free', act: 'publish' } as const
const PUSH_ONCE = { channelId: 'once', act: 'publish' } as const
const count = async () => (await countYear(bureau.test.hub, bureau.agencyId, 2026)).publications
const unique = () => `通知${randomBytes(4).toString('hex')}`

function tools(): Toolbox {
  const none = () => Promise.reject(new Error('not for this channel'))
  const secrets = new Map<string, string>(Object.entries(SECRETS))
  return {
    secret: (name) => secrets.get(name) ?? '',
    pages: { put: none, tombstone: none, look: none },
    blobs: { read: async () => null },
    http: (request) => web.call(request),
    log: () => undefined,
  }
}

function place(id: string, position: number, more: object): NewChannel {
  const settings = { ...settingsFor(simulator.base), push: true, bundleAt: ['16:30'], ...more }
  return {
    ...{ id, name: id, line: 'wechat-official', addressing: 'place', addressKind: `place:${id}` },
    position,
    roads: [{ id: 'main', adapter: 'wechat-official', settings }],
  }
}

beforeAll(async () => {
  database = await createTestDatabase()
  web = openWebClient()
  simulator = await startOfficialSimulator({ account: ACCOUNT, materials: [COVER] })
  const test = openTestHub(database.hubUrl, { adapters: [wechatOfficial], tools: tools() })
  const channels = [place('free', 1, { rates: { limits: [] } }), place('once', 2, {})]
  bureau = await foundBureau(test, channels)
  owner = await openForger(database)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await Promise.all([simulator.stop(), web.close()])
  await database.drop()
})
beforeEach(() => {
  simulator.setFault('none')
  simulator.world.sends.length = 0
  simulator.world.refusedTitles.clear()
})

const signedAll = async (
  names: readonly string[],
  order: typeof PUSH | typeof PUSH_ONCE = PUSH,
) => {
  const made = []
  for (const title of names) made.push(await signed(bureau, [order], { title }))
  return made
}
const statesOfAll = async (made: readonly { readonly dispatchIds: readonly number[] }[]) => {
  const states = []
  for (const { dispatchIds } of made) states.push(await statesOf(owner, dispatchIds[0]))
  return states
}
const ask = (at: Date) =>
  askOutside(bureau.test.hub, at, (error) => {
    throw error
  })
const articlesOf = (index: number) =>
  simulator.world.sends[index]?.articles.map(({ title }) => title).sort()

it('waits for its moment, leaves in one call, and each item counts alone', async () => {
  const before = await count()
  const names = [unique(), unique(), unique()]
  const made = await signedAll(names)
  await drain(bureau)
  await drain(bureau, later(6 * HOUR_MS))
  expect(simulator.world.sends).toHaveLength(0)
  expect(await statesOfAll(made)).toEqual([{ waiting: 1 }, { waiting: 1 }, { waiting: 1 }])
  await drain(bureau, MOMENT)
  expect(simulator.world.sends).toHaveLength(1)
  expect(articlesOf(0)).toEqual([...names].sort())
  expect(await statesOfAll(made)).toEqual([{ awaiting: 1 }, { awaiting: 1 }, { awaiting: 1 }])
  expect(await count()).toBe(before)
  await ask(later(7 * HOUR_MS))
  expect(await statesOfAll(made)).toEqual([{ delivered: 1 }, { delivered: 1 }, { delivered: 1 }])
  expect(await count()).toBe(before + 3)
  const attempts = await owner.lawful<{ attempts: number }>(
    'select attempts from batch where dispatch_id = any($1)',
    [made.map(({ dispatchIds }) => dispatchIds[0])],
  )
  expect(attempts.map((one) => one.attempts)).toEqual([1, 1, 1])
})

it('what is refused or stopped stays behind, and the rest goes', async () => {
  const names = [unique(), unique(), unique()]
  const made = await signedAll(names)
  await drain(bureau)
  simulator.world.refusedTitles.add(names[0] ?? '')
  await stop(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId: made[1]?.bulletinId ?? 0, at: MORNING },
    ...{ by: bureau.id('钱局长'), reason: '内容有误' },
  })
  await drain(bureau, MOMENT)
  expect(articlesOf(0)).toEqual([names[2]])
  expect(await statesOfAll(made)).toEqual([{ failed: 1 }, { cancelled: 1 }, { awaiting: 1 }])
})

it('several who gather at one moment make one call, and nothing is lost', async () => {
  for (let round = 0; round < 5; round++) {
    simulator.world.sends.length = 0
    const names = [unique(), unique(), unique()]
    const made = await signedAll(names)
    await drain(bureau)
    const { hub } = bureau.test
    const workers: readonly Worker[] = [newWorker('one'), newWorker('two'), newWorker('three')]
    const claims = []
    for (const worker of workers)
      claims.push({ worker, claim: await claimNext(hub, worker, 'normal', MOMENT) })
    expect(claims.every(({ claim }) => claim !== undefined)).toBe(true)
    await Promise.all(
      claims.map(({ worker, claim }) => claim && attempt(hub, worker, claim, MOMENT)),
    )
    expect(simulator.world.sends).toHaveLength(1)
    expect(articlesOf(0)).toEqual([...names].sort())
    expect(await statesOfAll(made)).toEqual([{ awaiting: 1 }, { awaiting: 1 }, { awaiting: 1 }])
  }
})

it('a warning waits for nobody, and what is signed after the moment leaves at the next', async () => {
  const red = unique()
  await signed(bureau, [PUSH], { title: red, level: 'red', categoryId: 'warning' })
  await drain(bureau)
  expect(articlesOf(0)).toEqual([red])
  const late = await signed(bureau, [PUSH], { title: unique(), at: later(7 * HOUR_MS) })
  await drain(bureau, later(12 * HOUR_MS))
  expect(simulator.world.sends).toHaveLength(1)
  await drain(bureau, later(24 * HOUR_MS))
  expect(simulator.world.sends).toHaveLength(1)
  await drain(bureau, later(30.5 * HOUR_MS))
  expect(simulator.world.sends).toHaveLength(2)
  expect(await statesOf(owner, late.dispatchIds[0])).toEqual({ awaiting: 1 })
})

it('a window without its moment is refused before anybody signs', async () => {
  const until = { ...PUSH, notAfter: later(6 * HOUR_MS) }
  await expect(signed(bureau, [until], { title: unique() })).rejects.toMatchObject({
    refusal: { code: 'window-invalid', field: 'free' },
  })
})

it('one token serves all; without one they wait together for the next moment, not for midnight', async () => {
  const first = await signedAll([unique(), unique()], PUSH_ONCE)
  await drain(bureau, MOMENT)
  expect(simulator.world.sends).toHaveLength(1)
  expect(await statesOfAll(first)).toEqual([{ awaiting: 1 }, { awaiting: 1 }])
  const second = await signedAll([unique(), unique()], PUSH_ONCE)
  await drain(bureau, MOMENT)
  expect(simulator.world.sends).toHaveLength(1)
  const due = await owner.lawful<{ due_at: Date; attempts: number }>(
    'select due_at, attempts from batch where dispatch_id = any($1)',
    [second.map(({ dispatchIds }) => dispatchIds[0])],
  )
  expect(due).toHaveLength(2)
  for (const { due_at, attempts } of due) {
    expect(attempts).toBe(0)
    const minutes = (Math.round(due_at.getTime() / 60_000) + 8 * 60) % (24 * 60)
    expect(minutes).toBe(16 * 60 + 30)
    expect(due_at > MOMENT).toBe(true)
  }
})

it('an answer that is lost is looked up, and nothing is sent again', async () => {
  const made = await signedAll([unique(), unique()])
  await drain(bureau)
  simulator.setFault('drop-after')
  await drain(bureau, MOMENT)
  simulator.setFault('none')
  expect(await statesOfAll(made)).toEqual([{ unsure: 1 }, { unsure: 1 }])
  await sweep(bureau.test.hub, bureau.test.worker, later(8 * HOUR_MS))
  await drain(bureau, later(9 * HOUR_MS))
  expect(simulator.world.sends).toHaveLength(1)
  // Their draft is gone from the box: the platform took them.
  expect(await statesOfAll(made)).toEqual([{ accepted: 1 }, { accepted: 1 }])
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
})

it('a platform that is away: all of it is tried again, together', async () => {
  const names = [unique(), unique()]
  const made = await signedAll(names)
  await drain(bureau)
  simulator.setFault('drop-before', (path) => path === 'draft/add')
  await drain(bureau, MOMENT)
  expect(await statesOfAll(made)).toEqual([{ waiting: 1 }, { waiting: 1 }])
  simulator.setFault('none')
  await drain(bureau, later(6.6 * HOUR_MS))
  expect(simulator.world.sends).toHaveLength(1)
  expect(articlesOf(0)).toEqual([...names].sort())
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
})

it('a process that dies with all of it in its hands leaves all of it unsure', async () => {
  const made = await signedAll([unique(), unique()])
  await drain(bureau)
  const { hub } = bureau.test
  const worker = newWorker('dying', 50)
  const claim = await claimNext(hub, worker, 'normal', MOMENT)
  if (!claim) throw new Error('nothing was claimed')
  const tokens = [hub.newToken(), hub.newToken()]
  const request = { at: MOMENT, leaseMs: 50, process: 'dying', tokens, quiet: false }
  expect(await hub.store.engine.gather(claim, request)).toHaveLength(1)
  await expect.poll(() => hub.store.engine.reclaim(MOMENT)).toBeGreaterThan(0)
  await hub.store.engine.reclaim(MOMENT)
  await expect.poll(() => statesOfAll(made)).toEqual([{ unsure: 1 }, { unsure: 1 }])
  await drain(bureau, MOMENT)
  expect(simulator.world.sends).toHaveLength(0)
})
