/** The callback: kept before it is answered, silent to strangers, bounded, and right while sending goes on. */

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Heard } from '../../channels/channel.ts'
import { callbackRoutes } from '../../src/http/callbacks.ts'
import { verifyLog } from '../../src/hub/count.ts'
import { heardSettled } from '../../src/hub/receipts/receipt.ts'
import { sweep } from '../../src/hub/sweep.ts'
import type { NewChannel } from '../../src/store/founding.ts'
import {
  addPhones,
  type Bureau,
  CHANNELS,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
  signed,
  type TestHub,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger, statesOf } from '../support/forger.ts'
import { RIGHT_WORD, tellingWire } from '../support/telling.ts'

const PHONES = 2_000
const wire = tellingWire({ adapter: 'telling', batchMax: 100 })
const SMS: NewChannel = {
  ...{ id: 'sms', name: '短信', line: 'sms', addressing: 'recipient', addressKind: 'phone' },
  ...{ position: 20, roads: [{ id: 'main', adapter: 'telling', settings: { name: 'main' } }] },
}
const NOTIFY_SMS = { channelId: 'sms', act: 'notify', audiences: ['media'] } as const

let database: TestDatabase
let bureau: Bureau
let test: TestHub
let owner: Forger
const faults: unknown[] = []
beforeAll(async () => {
  database = await createTestDatabase()
  test = openTestHub(database.hubUrl, { adapters: [wire.adapter] })
  bureau = await foundBureau(test, [...CHANNELS, SMS])
  owner = await openForger(database)
  await addPhones(bureau, PHONES)
})
afterAll(async () => {
  await owner.close()
  await test.close()
  await database.drop()
})
beforeEach(() => {
  faults.length = 0
  wire.named.clear()
})

const routesOf = (hub: TestHub['hub']) =>
  callbackRoutes({ hub, now: () => MORNING, onFault: (error) => faults.push(error) })
const call = async (
  heard: readonly Heard[] | string,
  options: { word?: string; path?: string; method?: string; hub?: TestHub['hub'] } = {},
) => {
  const { hub = test.hub } = options
  const { path = `/callbacks/${bureau.agencyId}/sms/main/report`, method = 'POST' } = options
  const answer = await routesOf(hub).request(path, {
    method,
    headers: { 'x-word': options.word ?? RIGHT_WORD },
    ...(method === 'POST'
      ? { body: typeof heard === 'string' ? heard : JSON.stringify(heard) }
      : {}),
  })
  // The platform has its answer before the log is brought along.
  await heardSettled(hub)
  return answer
}
const receipt = (reference: string): Heard => ({ kind: 'receipt', reference, state: 'delivered' })
const kept = async () => {
  const [row] = await owner.lawful<{ count: number }>('select count(*)::int as count from receipt')
  return row?.count ?? 0
}

it('tells a stranger nothing, whatever the address', async () => {
  const { agencyId } = bureau
  for (const path of [
    `/callbacks/${agencyId}/sms/other/report`,
    `/callbacks/${agencyId}/wire/main/report`,
    `/callbacks/${agencyId}/nothing/main`,
    `/callbacks/${agencyId + 1}/sms/main/report`,
    '/callbacks/1e0/sms/main/report',
    `/callbacks/${'9'.repeat(40)}/sms/main/report`,
    `/callbacks/${agencyId}/${encodeURIComponent("sms' or 1=1 --")}/main/x`,
  ]) {
    const response = await call([receipt('x')], { path })
    expect([path, response.status, await response.text()]).toEqual([path, 404, ''])
  }
  expect(await kept()).toBe(0)
  expect(faults).toEqual([])
})

it('a forged call adds nothing and gets the adapter’s own answer', async () => {
  const response = await call([receipt('x')], { word: 'wrong' })
  expect([response.status, await response.text()]).toEqual([401, 'who are you'])
  expect((await call('', { method: 'GET', word: 'wrong' })).status).toBe(401)
  expect(await kept()).toBe(0)
})

it('is kept when the platform has its answer, and is asked for again when it is not', async () => {
  const answered = await call([receipt('unheard-of')])
  expect([answered.status, await answered.text()]).toEqual([200, '{"code":0}'])
  expect(await kept()).toBe(1)
  const broken: TestHub['hub'] = {
    ...test.hub,
    store: {
      ...test.hub.store,
      receipts: {
        ...test.hub.store.receipts,
        keep: (road, heard, at) =>
          test.hub.store.receipts.keep({ ...road, roadId: 'gone' }, heard, at),
      },
    },
  }
  const lost = await call([receipt('second')], { hub: broken })
  expect([lost.status, await lost.text()]).toEqual([503, ''])
  expect(lost.headers.get('retry-after')).toBe('30')
  expect(await kept()).toBe(1)
  expect(faults).toHaveLength(1)
  // What cannot be read is not taken for an answer either.
  expect((await call('{')).status).toBe(503)
})

it('reads a megabyte and no more, declared or not', async () => {
  const padded = (bytes: number) => `[]${' '.repeat(bytes - 2)}`
  expect((await call(padded(1_048_576))).status).toBe(200)
  expect((await call(padded(1_048_577))).status).toBe(413)
  const path = `/callbacks/${bureau.agencyId}/sms/main/report`
  const chunk = new Uint8Array(65_536).fill(32)
  let chunks = 0
  const endless = new ReadableStream({
    pull(controller) {
      chunks++
      controller.enqueue(chunk)
    },
  })
  const request = new Request(`http://hub.test${path}`, {
    ...{ method: 'POST', body: endless, headers: { 'x-word': RIGHT_WORD } },
    ...{ duplex: 'half' },
  } as RequestInit)
  expect((await routesOf(test.hub).request(request)).status).toBe(413)
  expect(chunks).toBeLessThan(40)
})

it('rubbish inside its limits is kept as rubbish and changes nothing', async () => {
  const before = await kept()
  const heard = [
    { kind: 'receipt', reference: `\u0000${'x'.repeat(5_000)}`, state: 'delivered' },
    { kind: 'receipt', reference: 'y', state: 'nonsense', code: '\n'.repeat(900), at: 'never' },
    { kind: 'reply', from: '', text: '\u0000' },
    { kind: 'something', reference: 'z' },
  ] as unknown as readonly Heard[]
  expect((await call(heard)).status).toBe(200)
  expect(await kept()).toBe(before + 2)
  expect(faults).toEqual([])
})

it('2,000 receipts come while sending goes on: nothing lost, nothing counted twice', async () => {
  const { dispatchIds } = await signed(bureau, [NOTIFY_SMS])
  let told = 0
  const tell = async () => {
    const names = [...wire.named.keys()]
    while (told < names.length) {
      const part = names.slice(told, told + 40)
      told += part.length
      // Some are called for twice, as platforms do.
      const calls = [call(part.map(receipt)), call(part.slice(0, 10).map(receipt))]
      for (const response of await Promise.all(calls)) expect(response.status).toBe(200)
    }
  }
  let sending = true
  const draining = drain(bureau).finally(() => {
    sending = false
  })
  while (sending) {
    await tell()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await draining
  await tell()
  await sweep(test.hub, test.worker, MORNING)
  await sweep(test.hub, test.worker, new Date(MORNING.getTime() + 5_000))
  expect(wire.accepted.size).toBe(PHONES)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ delivered: PHONES })
  expect(await verifyLog(test.hub, bureau.agencyId)).toEqual([])
  expect(faults).toEqual([])
})
