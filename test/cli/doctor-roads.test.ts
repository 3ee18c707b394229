/** One platform that hangs stops no other check, and what a platform answers is shown without secrets. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { byHand } from '../../channels/by-hand.ts'
import type { Adapter, Health } from '../../channels/channel.ts'
import { httpsHosts } from '../../src/cli/doctor-certificate.ts'
import { roadChecks } from '../../src/cli/doctor-roads.ts'
import { openRoads } from '../../src/store/roads.ts'
import { reachOf } from '../../src/toolbox.ts'
import { type Bureau, foundBureau, MORNING, openTestHub } from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const SECRET = 'Zq81-very-secret'
const FORM = { addressing: 'recipient', fields: [{ label: '标题', content: 'title' }] }
const asked = (adapter: string, health: () => Promise<Health>): Adapter => ({
  adapter,
  create: (_, tools) => ({ ...byHand.create(FORM, tools), adapter, health }),
})
const ADAPTERS = [
  asked('hangs', () => new Promise(() => undefined)),
  asked('leaks', async () => ({ state: 'degraded', detail: `${SECRET} 13812345678 余额 3` })),
  asked('fine', async () => ({ state: 'ok', detail: '能发' })),
  asked('throws', () => Promise.reject(new Error(SECRET))),
]

let database: TestDatabase
let bureau: Bureau
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl, { adapters: ADAPTERS }))
  for (const [position, { adapter }] of ADAPTERS.entries())
    await bureau.test.hub.store.transact(bureau.agencyId, (tx) =>
      tx.putRoad('wire', {
        ...{ roadId: adapter, adapter, position: position + 50, settings: { token: 'gate' } },
      }),
    )
  for (const [roadId, host] of [
    ['private', '10.9.8.7'],
    ['metadata', '169.254.169.254'],
  ] as const)
    await bureau.test.hub.store.transact(bureau.agencyId, (tx) =>
      tx.putRoad('wire', {
        ...{ roadId, adapter: 'fine', position: 60, settings: { host, port: 7890 } },
      }),
    )
})
afterAll(async () => {
  await bureau.test.close()
  await database.drop()
})

it('asks all at once, each within its time, and hides what they should not say', async () => {
  const { hub, connection } = bureau.test
  const roads = openRoads(connection.db, () => performance.now())
  const checks = await roadChecks(
    {
      ...{ agencyId: bureau.agencyId, now: () => MORNING, app: { hub, connection, roads } },
      config: { mode: 'live', secret: (name) => (name === 'gate' ? SECRET : undefined) },
    },
    1_000,
  )
  const of = (road: string) => checks.find((one) => one.id === `wire.${road}`)
  expect(of('hangs')).toMatchObject({ level: 'bad', detail: '1 秒内没有答复' })
  expect(of('leaks')).toMatchObject({ level: 'warning' })
  expect(of('leaks')?.detail).toContain('余额 3')
  expect(of('throws')).toMatchObject({ level: 'bad', detail: '适配器在检查时出错' })
  expect(JSON.stringify(checks)).not.toMatch(/Zq81|13812345678/)
})

it('names a gateway in the own network, and what no road may reach is a fault', async () => {
  const { hub, connection } = bureau.test
  const roads = openRoads(connection.db, () => performance.now())
  const mayReach = reachOf({ practice: false, hubUrl: database.hubUrl })
  const look = (mode: 'live' | 'practice') =>
    roadChecks(
      {
        ...{ agencyId: bureau.agencyId, now: () => MORNING },
        ...{ app: { hub, connection, roads, mayReach } },
        config: { mode, secret: () => undefined },
      },
      1_000,
    )
  const live = await look('live')
  const of = (road: string) => live.find((one) => one.id === `wire.${road}`)
  expect(of('private')).toMatchObject({ level: 'ok', detail: '能发；10.9.8.7 是内网地址' })
  expect(of('metadata')).toMatchObject({ level: 'bad' })
  expect(of('metadata')?.detail).toContain('169.254.169.254 端口 7890 不允许连接')
  expect(of('metadata')?.fix).toContain('allowLoopback')
  const practice = (await look('practice')).find((one) => one.id === 'wire.private')
  expect(practice?.detail).toBe('能发')
})

it('finds each https host of the settings once', () => {
  const settings = { a: 'https://x.example/1', b: ['https://x.example/2', { c: 'http://y' }] }
  expect(httpsHosts({ ...settings, d: 'https://z.example:8443' })).toEqual([
    ...['x.example:443', 'z.example:8443'],
  ])
})
