/** The official account from signature to count: an article counts when the platform says that it stands, by
 *  its call or when asked; the day's one send makes the second article wait, and no withdrawal. */
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Toolbox } from '../../channels/channel.ts'
import { wechatOfficial } from '../../channels/wechat-official.ts'
import { callbackRoutes } from '../../src/http/callbacks.ts'
import { countYear, verifyLog } from '../../src/hub/count.ts'
import { askOutside } from '../../src/hub/receipts/poll.ts'
import { heardSettled } from '../../src/hub/receipts/receipt.ts'
import { sweep } from '../../src/hub/sweep.ts'
import { openWebClient, type WebClient } from '../../src/kit/http.ts'
import {
  type OfficialSimulator,
  startOfficialSimulator,
} from '../../src/simulator/wechat-official.ts'
import type { NewChannel } from '../../src/store/founding.ts'
import {
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
  signBy,
  signed,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger, statesOf } from '../support/forger.ts'
import { ACCOUNT, COVER, PREVIEW_TO, SECRETS, settingsFor } from './wechat-official-bench.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
let web: WebClient
let server: ReturnType<typeof serve>
let quiet: OfficialSimulator
let loud: OfficialSimulator
const faults: unknown[] = []
const said: string[] = []

const PUBLISH = { channelId: 'account', act: 'publish' } as const
const PUSH = { channelId: 'followers', act: 'publish' } as const
const later = (ms: number) => new Date(MORNING.getTime() + ms)
const count = async () => (await countYear(bureau.test.hub, bureau.agencyId, 2026)).publications

function tools(): Toolbox {
  const none = () => Promise.reject(new Error('not for this channel'))
  const secrets = new Map<string, string>(Object.entries(SECRETS))
  return {
    secret: (name) => secrets.get(name) ?? '',
    pages: { put: none, tombstone: none, look: none },
    blobs: { read: async () => null },
    http: (request) => web.call(request),
    log: (event, facts) => void said.push(JSON.stringify([event, facts])),
  }
}

function channels(): readonly NewChannel[] {
  const place = (id: string, position: number, settings: object): NewChannel => ({
    ...{ id, name: id, line: 'wechat-official', addressing: 'place', addressKind: `place:${id}` },
    position,
    roads: [{ id: 'main', adapter: 'wechat-official', settings: { ...settings } }],
  })
  const test = { previewTo: PREVIEW_TO }
  return [
    place('account', 1, settingsFor(quiet.base, test)),
    place('followers', 2, settingsFor(loud.base, { ...test, push: true })),
  ]
}

/** Where the platform of a channel calls back; the agency is the first of its database. */
const callbackOf = (port: number, channelId: string) => ({
  url: `http://127.0.0.1:${port}/callbacks/1/${channelId}/main`,
  token: SECRETS['official-token'],
  encodingAesKey: SECRETS['official-key'],
})

beforeAll(async () => {
  database = await createTestDatabase()
  web = openWebClient()
  const routes = { fetch: (_: Request): Response | Promise<Response> => new Response(null) }
  server = serve({ fetch: (request) => routes.fetch(request), port: 0, hostname: '127.0.0.1' })
  await new Promise<void>((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const common = { account: ACCOUNT, materials: [COVER] }
  quiet = await startOfficialSimulator({
    ...{ ...common, slowReview: true, callback: callbackOf(port, 'account') },
  })
  loud = await startOfficialSimulator({
    ...{ ...common, protection: true, callback: callbackOf(port, 'followers') },
  })
  const test = openTestHub(database.hubUrl, { adapters: [wechatOfficial], tools: tools() })
  bureau = await foundBureau(test, channels())
  expect(bureau.agencyId).toBe(1)
  const { hub } = test
  const app = callbackRoutes({ hub, now: () => later(60_000), onFault: (one) => faults.push(one) })
  routes.fetch = (request) => app.fetch(request)
  owner = await openForger(database)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  server.close()
  await Promise.all([quiet.stop(), loud.stop(), web.close()])
  await database.drop()
})

const unique = () => `通知${randomBytes(4).toString('hex')}`

it('a publication waits for the platform and counts when its call says that it stands', async () => {
  const before = await count()
  const { dispatchIds } = await signed(bureau, [PUBLISH], { title: unique() })
  await drain(bureau)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ awaiting: 1 })
  expect(await count()).toBe(before)
  const job = quiet.world.publications.at(-1)
  if (!job) throw new Error('nothing was published')
  expect(await quiet.finishPublication(job, 0, 2)).toEqual([200, 200])
  await heardSettled(bureau.test.hub)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ delivered: 1 })
  expect(await count()).toBe(before + 1)
  expect(faults).toEqual([])
})

it('a refused one does not count; one whose call was lost is asked about', async () => {
  const before = await count()
  const refused = await signed(bureau, [PUBLISH], { title: unique() })
  const good = await signed(bureau, [PUBLISH], { title: unique() })
  await drain(bureau)
  const [first, second] = quiet.world.publications.slice(-2)
  if (first) await quiet.finishPublication(first, 4)
  await heardSettled(bureau.test.hub)
  if (second) second.status = 0
  await askOutside(bureau.test.hub, later(600_000), (error) => {
    throw error
  })
  expect(await statesOf(owner, refused.dispatchIds[0])).toEqual({ failed: 1 })
  expect(await statesOf(owner, good.dispatchIds[0])).toEqual({ delivered: 1 })
  expect(await count()).toBe(before + 1)
})

it('the second push of a day waits for the next; a withdrawal and a test wait for nothing', async () => {
  const before = await count()
  const first = await signed(bureau, [PUSH], { title: unique() })
  await drain(bureau)
  const second = await signed(bureau, [PUSH], { title: unique() })
  await drain(bureau)
  expect(await statesOf(owner, second.dispatchIds[0])).toEqual({ waiting: 1 })
  expect(loud.world.sends).toHaveLength(1)
  const [job] = loud.world.sends
  if (!job) throw new Error('nothing was sent')
  await loud.finishSend(job, 'send success')
  await heardSettled(bureau.test.hub)
  expect(await statesOf(owner, first.dispatchIds[0])).toEqual({ delivered: 1 })
  expect(await count()).toBe(before + 1)

  const test = await signed(bureau, [PUSH], { title: unique(), mode: 'test' })
  const withdraw = { channelId: 'followers', act: 'withdraw', reason: '有误' } as const
  const gone = await signBy(bureau, '钱局长', first, [withdraw], later(60_000))
  await drain(bureau, later(70_000))
  expect(loud.world.previews).toHaveLength(1)
  expect(await statesOf(owner, test.dispatchIds[0])).toEqual({ delivered: 1 })
  expect(job.status).toBe('DELETE')
  expect(await statesOf(owner, gone.dispatchIds[0])).toEqual({ delivered: 1 })
  expect(loud.world.sends).toHaveLength(1)
  expect(await count()).toBe(before + 1)
})

it('the log is whole, and nothing of the account was said', async () => {
  await sweep(bureau.test.hub, bureau.test.worker, later(60_000))
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
  expect(said.join('')).not.toContain(SECRETS['official-secret'])
  expect(faults).toEqual([])
})
