/** The real adapters on real roads: text messages over a gateway and a publishing platform, with receipts,
 *  replies and the hand that takes over when an account is refused. */
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { byHand } from '../../channels/by-hand.ts'
import type { Toolbox } from '../../channels/channel.ts'
import { httpPublish } from '../../channels/http-publish.ts'
import { sms } from '../../channels/sms.ts'
import { callbackRoutes } from '../../src/http/callbacks.ts'
import { revise } from '../../src/hub/compose.ts'
import { confirmByHand } from '../../src/hub/confirm.ts'
import { countYear, verifyLog } from '../../src/hub/count.ts'
import { askOutside } from '../../src/hub/receipts/poll.ts'
import { heardSettled } from '../../src/hub/receipts/receipt.ts'
import { sweep } from '../../src/hub/sweep.ts'
import { openWebClient, type WebClient } from '../../src/kit/http.ts'
import type { PublishingPlatform } from '../../src/simulator/publishing-platform.ts'
import { type SmsSimulator, startSmsSimulator } from '../../src/simulator/sms-gateway.ts'
import type { NewChannel } from '../../src/store/founding.ts'
import { platformFor, SECRET, settingsFor } from '../channels/http-publish-kit.ts'
import { jsonSettings } from '../channels/sms-bench.ts'
import {
  addPhones,
  type Bureau,
  CHANNELS,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
  reviewBy,
  signBy,
  signed,
  text,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger, statesOf } from '../support/forger.ts'

const PHONES = 12
const SMS_KEY = 'simulator'
let database: TestDatabase
let bureau: Bureau
let owner: Forger
let gateway: SmsSimulator
let platform: PublishingPlatform
let web: WebClient
let server: ReturnType<typeof serve>
const said: string[] = []

function tools(): Toolbox {
  const none = () => Promise.reject(new Error('not for these channels'))
  return {
    secret: (name) => (name === 'platform-key' ? SECRET : SMS_KEY),
    pages: { put: none, tombstone: none, look: none },
    blobs: { read: async () => null },
    http: (request) => web.call(request),
    log: (event, facts) => void said.push(JSON.stringify([event, facts])),
  }
}

function channels(): readonly NewChannel[] {
  const fields = [{ label: '标题', content: 'title' }]
  const hand = (addressing: string) => ({
    ...{ id: 'hand', adapter: 'by-hand', settings: { addressing, fields } },
  })
  const message = { signature: '桐乡应急', ...jsonSettings(gateway.port) }
  const page = { ...settingsFor('service-network', platform), probe: true }
  return [
    ...CHANNELS,
    {
      ...{ id: 'sms', name: '短信平台', line: 'sms', addressing: 'recipient', position: 20 },
      addressKind: 'phone',
      roads: [{ id: 'gateway', adapter: 'sms', settings: message }, hand('recipient')],
    },
    {
      ...{ id: 'service-network', name: '浙江政务服务网', line: 'service-network' },
      ...{ addressing: 'place', addressKind: 'place:service-network', position: 21 },
      roads: [{ id: 'platform', adapter: 'http-publish', settings: page }, hand('place')],
    },
  ]
}

beforeAll(async () => {
  web = openWebClient()
  gateway = await startSmsSimulator({ account: { user: 'duoling', secret: SMS_KEY } })
  platform = await platformFor('service-network')
  database = await createTestDatabase()
  const test = openTestHub(database.hubUrl, {
    adapters: [byHand, sms, httpPublish],
    tools: tools(),
  })
  bureau = await foundBureau(test, channels())
  owner = await openForger(database)
  await addPhones(bureau, PHONES)
  const routes = callbackRoutes({
    ...{ hub: test.hub, now: () => MORNING },
    onFault: (error) => said.push(String(error)),
  })
  server = serve({ fetch: routes.fetch, hostname: '127.0.0.1', port: 0 })
  await new Promise<void>((resolve) => server.once('listening', () => resolve()))
  const { port } = server.address() as AddressInfo
  gateway.setCallback(`http://127.0.0.1:${port}/callbacks/${bureau.agencyId}/sms/gateway`)
})
afterAll(async () => {
  server.close()
  await owner.close()
  await bureau.test.close()
  await database.drop()
  await gateway.stop()
  await platform.stop()
  await web.close()
})
beforeEach(async () => {
  gateway.setFault('none')
  platform.setFault('none')
  await owner.lawful('update road set held_reason = null')
})

const NOTIFY_SMS = { channelId: 'sms', act: 'notify', audiences: ['media'] } as const
const PUBLISH_NETWORK = { channelId: 'service-network', act: 'publish' } as const
const title = (word: string) => ({ title: `${word} ${randomBytes(3).toString('hex')}` })
const later = (ms: number) => new Date(MORNING.getTime() + ms)
const sweepNow = async (at = MORNING) => {
  // What a callback brought is settled after its answer.
  await heardSettled(bureau.test.hub)
  return sweep(bureau.test.hub, bureau.test.worker, at)
}

async function taskIds(dispatchId: number | undefined): Promise<number[]> {
  const rows = await owner.lawful<{ id: number }>(
    "select id::int as id from hand_task where dispatch_id = $1 and state = 'open' order by id",
    [dispatchId],
  )
  return rows.map((row) => row.id)
}

it('messages leave once, their receipts arrive, and replies confirm or unsubscribe', async () => {
  const { dispatchIds } = await signed(bureau, [NOTIFY_SMS], title('防汛提示'))
  await drain(bureau)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: PHONES })
  const first = gateway.messages()[0]
  expect(first?.text.startsWith('【桐乡应急】')).toBe(true)
  const answers = await gateway.finish('failed', ({ number }) => number === first?.number)
  expect(answers).toEqual([200])
  expect(new Set(await gateway.finish('delivered'))).toEqual(new Set([200]))
  await sweepNow()
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ delivered: PHONES - 1, failed: 1 })
  const [one, two] = gateway.messages().slice(1)
  expect(await gateway.reply(one?.number ?? '', '1')).toBe(200)
  expect(await gateway.reply(two?.number ?? '', 'T退订')).toBe(200)
  await sweepNow()
  const acked = await owner.lawful(
    'select from delivery where dispatch_id = $1 and acked_at is not null',
    [dispatchIds[0]],
  )
  expect(acked).toHaveLength(1)
  // Whoever took themselves off the list is not written to again.
  const next = await signed(bureau, [NOTIFY_SMS], title('防汛提示'))
  await drain(bureau)
  const states = await statesOf(owner, next.dispatchIds[0])
  expect(states['accepted']).toBe(PHONES - 1)
  expect([...gateway.counts().values()].every((count) => count === 1)).toBe(true)
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
})

it('a refused gateway account: people post the rest by hand, and nobody is written to twice', async () => {
  const before = gateway.accepted()
  gateway.setFault('account')
  const { dispatchIds } = await signed(bureau, [NOTIFY_SMS], title('停电提示'))
  await drain(bureau)
  await sweepNow()
  await drain(bureau)
  expect(gateway.accepted()).toBe(before)
  const tasks = await taskIds(dispatchIds[0])
  expect(tasks).toHaveLength(PHONES - 1)
  const by = bureau.id('沈文书')
  await confirmByHand(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, by, at: MORNING, taskIds: tasks },
  })
  expect((await statesOf(owner, dispatchIds[0]))['delivered']).toBe(PHONES - 1)
})

it('a page is published once, borne out by its own address, amended and withdrawn', async () => {
  const made = await signed(bureau, [PUBLISH_NETWORK], title('通知'))
  const { bulletinId, dispatchIds } = made
  await drain(bureau)
  await askOutside(bureau.test.hub, later(60_000), (error) => {
    throw error
  })
  await sweepNow(later(120_000))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ delivered: 1 })
  const [publication] = await owner.lawful<{ url: string }>(
    'select url from publication where bulletin_id = $1',
    [bulletinId],
  )
  expect((await fetch(publication?.url ?? '')).status).toBe(200)
  expect((await countYear(bureau.test.hub, bureau.agencyId, 2026)).publications).toBe(1)
  const edited = await revise(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId, authorId: bureau.id('沈文书'), at: MORNING },
    ...{ seenHash: made.hash, content: text('通知（更正）') },
  })
  await reviewBy(bureau, '陆保密', edited)
  const order = { channelId: 'service-network', reason: '数字有误' } as const
  await signBy(bureau, '钱局长', edited, [{ ...order, act: 'amend' }], later(200_000))
  await drain(bureau, later(200_000))
  expect(await (await fetch(publication?.url ?? '')).text()).toContain('通知（更正）')
  await signBy(bureau, '钱局长', edited, [{ ...order, act: 'withdraw' }], later(300_000))
  await drain(bureau, later(300_000))
  expect((await fetch(publication?.url ?? '')).status).not.toBe(200)
  expect(platform.created()).toHaveLength(1)
})

it('a lost answer is looked up, and the page is not made twice', async () => {
  const made = platform.created().length
  platform.setFault('drop-after')
  const { dispatchIds } = await signed(bureau, [PUBLISH_NETWORK], title('通知'))
  await drain(bureau)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ unsure: 1 })
  platform.setFault('none')
  await sweepNow(later(600_000))
  await drain(bureau, later(700_000))
  expect(platform.created()).toHaveLength(made + 1)
  expect((await statesOf(owner, dispatchIds[0]))['unsure']).toBeUndefined()
})

it('a refused platform account: a person publishes it by hand, and it counts', async () => {
  const made = platform.created().length
  platform.setFault('login-refused', () => true)
  const { bulletinId, dispatchIds } = await signed(bureau, [PUBLISH_NETWORK], title('通知'))
  await drain(bureau)
  await sweepNow()
  await drain(bureau)
  expect(platform.created()).toHaveLength(made)
  const tasks = await taskIds(dispatchIds[0])
  expect(tasks).toHaveLength(1)
  const url = 'https://network.example/notice/1'
  await confirmByHand(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, by: bureau.id('沈文书'), at: MORNING, taskIds: tasks, url },
  })
  const [publication] = await owner.lawful<{ url: string }>(
    'select url from publication where bulletin_id = $1 and occurred_at is not null',
    [bulletinId],
  )
  expect(publication?.url).toBe(url)
})

it('no number and no secret was said', () => {
  const all = said.join('\n')
  expect(all).not.toMatch(/139\d{8}/)
  expect(all).not.toContain(SECRET)
})
