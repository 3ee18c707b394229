/** One platform hangs, one refuses connections, one answers garbage: the other roads' deliveries all leave
 *  meanwhile, the dead ones are left alone after a few calls, and come back one call at a time. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Adapter, Channel, SendBatch } from '../../channels/channel.ts'
import { FAILURES_MAX } from '../../src/domain/breaker.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { verifyLog } from '../../src/hub/count.ts'
import { createPump, type Pump } from '../../src/hub/pump.ts'
import type { NewChannel } from '../../src/store/founding.ts'
import {
  addPhones,
  type Bureau,
  foundBureau,
  MORNING,
  openTestHub,
  signed,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger, statesOf } from '../support/forger.ts'
import { createSink } from '../support/sink.ts'

const RECIPIENTS = 100
const BATCH = 5
const CONCURRENCY = 64
const WELL = ['well-1', 'well-2', 'well-3', 'well-4', 'well-5'] as const
const DEAD = ['hangs', 'refuses', 'garbles'] as const
const NAMES = [...DEAD, ...WELL]

/** What each platform saw, by the name of its road. */
const calls = new Map<string, number>()
const accepted = new Map<string, number>()
const hanging = new Set<ServerResponse>()
const cured = new Set<string>()
const add = (book: Map<string, number>, name: string, count: number) =>
  book.set(name, (book.get(name) ?? 0) + count)

const server = createServer((request, response) => {
  const [, name = '', count = '0'] = (request.url ?? '').split('/')
  add(calls, name, 1)
  if (name === 'hangs' && !cured.has(name)) return hanging.add(response)
  if (name === 'garbles' && !cured.has(name)) return response.end('<<<\u0000 %%% not json')
  add(accepted, name, Number(count))
  return response.end('{"ok":true}')
})

let port = 0
/** A port nobody listens on: bound once, and closed. */
let closedPort = 0

async function post(name: string, batch: SendBatch, signal: AbortSignal): Promise<Outcome> {
  const at = name === 'refuses' && !cured.has(name) ? closedPort : port
  try {
    const url = `http://127.0.0.1:${at}/${name}/${batch.recipients.length}`
    const response = await fetch(url, { method: 'POST', signal })
    JSON.parse(await response.text())
    return { kind: 'accepted', units: 1 }
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } }
    if (cause?.code === 'ECONNREFUSED') {
      add(calls, name, 1)
      return { kind: 'retry', code: 'ECONNREFUSED', detail: '' }
    }
    return { kind: 'unsure', code: error instanceof SyntaxError ? 'garbage' : 'lost', detail: '' }
  }
}

let database: TestDatabase
let bureau: Bureau
let owner: Forger
let pump: Pump
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  const closed = createServer().listen(0, '127.0.0.1')
  await Promise.all([once(server, 'listening'), once(closed, 'listening')])
  port = (server.address() as AddressInfo).port
  closedPort = (closed.address() as AddressInfo).port
  closed.close()
  database = await createTestDatabase()
  const sink = createSink()
  const wire = sink.adapters.find(({ adapter }) => adapter === 'test-wire')
  const adapters = NAMES.map(
    (name): Adapter => ({
      adapter: `road-${name}`,
      create(settings, tools) {
        const inner = wire?.create(settings, tools) as Channel
        return {
          ...inner,
          adapter: `road-${name}`,
          capabilities: { ...inner.capabilities, batchMax: BATCH, concurrencyMax: CONCURRENCY },
          async send(batch, signal) {
            const outcome = await post(name, batch, signal)
            return batch.recipients.map(() => outcome)
          },
        }
      },
    }),
  )
  const channels: NewChannel[] = NAMES.map((id, position) => ({
    ...{ id, name: id, line: id, addressing: 'recipient', addressKind: 'phone', position },
    roads: [{ id: 'main', adapter: `road-${id}`, settings: {} }],
  }))
  bureau = await foundBureau(openTestHub(database.hubUrl, { sink, adapters }), channels)
  owner = await openForger(database)
  await addPhones(bureau, RECIPIENTS)
  pump = createPump(bureau.test.hub, bureau.test.worker, (error) => errors.push(error))
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await pump.close()
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const errors: unknown[] = []
const pause = () => new Promise((resolve) => setTimeout(resolve, 25))
const later = (seconds: number) => new Date(MORNING.getTime() + seconds * 1_000)

/** Looks, as the process's tick does, until it is so. */
async function until(at: Date, so: () => Promise<boolean> | boolean): Promise<void> {
  for (let round = 0; round < 1_500; round++) {
    await pump.look('normal', at)
    if (await so()) return
    await pause()
  }
  throw new Error('it never came to that')
}
const changesOf = async (channelId: string) =>
  (
    await owner.lawful<{ state: string; calls_max: number | null; reason: string }>(
      'select state, calls_max, reason from breaker_change where channel_id = $1 order by id',
      [channelId],
    )
  ).map(({ state, calls_max, reason }) => `${state} ${calls_max ?? ''} ${reason}`)

const dispatches = new Map<string, number>()

it('while three platforms are dead the other roads finish', async () => {
  const orders = NAMES.map((channelId) => {
    return { channelId, act: 'notify', audiences: ['media'] } as const
  })
  const { dispatchIds } = await signed(bureau, orders)
  for (const [index, name] of NAMES.entries()) dispatches.set(name, dispatchIds[index] ?? 0)
  await until(MORNING, () => WELL.every((name) => accepted.get(name) === RECIPIENTS))
  // Nothing was answered on the road that hangs, and it holds no more than its share.
  expect(hanging.size).toBeGreaterThan(0)
  expect(hanging.size).toBeLessThanOrEqual(16)
  expect(accepted.get('hangs') ?? 0).toBe(0)
  expect(errors).toEqual([])
})

it('a road that fails call after call is left alone, and the reason is on file', async () => {
  await until(MORNING, async () => {
    // Each round: a call may have left before and come in only now.
    for (const response of hanging) response.destroy()
    const open = await Promise.all(DEAD.map(async (name) => (await changesOf(name)).length > 0))
    return open.every(Boolean) && pump.underWay() === 0
  })
  expect(await changesOf('hangs')).toEqual(['open 0 lost'])
  expect(await changesOf('refuses')).toEqual(['open 0 ECONNREFUSED'])
  expect(await changesOf('garbles')).toEqual(['open 0 garbage'])
  // What was under way when it opened is all there is beside the calls that opened it.
  for (const name of DEAD) expect(calls.get(name) ?? 0).toBeLessThanOrEqual(FAILURES_MAX + 16)
  const before = new Map(calls)
  for (let round = 0; round < 10; round++) await pump.look('normal', later(1))
  expect(calls).toEqual(before)
  for (const name of WELL) expect(await changesOf(name)).toEqual([])
})

it('it comes back one call at a time, and everybody is reached', async () => {
  for (const name of DEAD) cured.add(name)
  await until(later(60), async () => {
    const states = await statesOf(owner, dispatches.get('refuses'))
    return states['waiting'] === undefined && pump.underWay() === 0
  })
  expect(await statesOf(owner, dispatches.get('refuses'))).toEqual({ accepted: RECIPIENTS })
  expect((await changesOf('refuses')).slice(1)).toEqual([
    ...[2, 4, 8, 16, 32].map((max) => `half-open ${max} answered`),
    'closed  answered',
  ])
  const standings = await bureau.test.hub.store.breakers.standings(bureau.agencyId)
  expect(standings.find(({ channelId }) => channelId === 'refuses')).toMatchObject({
    last: { state: 'closed', reason: 'answered' },
  })
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
  expect(errors).toEqual([])
})
