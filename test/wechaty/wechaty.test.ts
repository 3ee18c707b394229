/** The bridge over the real wechaty, with its mock puppet and over wechaty-puppet-service (gRPC on the loopback):
 *  from the adapter to the room. Skipped where `npm ci --prefix src/wechaty` was not run. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { wechatGroup } from '../../channels/wechat-group.ts'
import {
  isInstalled,
  loadWechaty,
  type Told,
  type WechatyOptions,
} from '../../src/wechaty/connect.ts'
import type { Puppet } from '../../src/wechaty/puppet.ts'
import { openSender } from '../../src/wechaty/sender.ts'
import { serveBridge } from '../../src/wechaty/server.ts'
import { officeBench, sendSample } from '../channels/office-bench.ts'
import { freePort } from '../support/free-port.ts'

const installed = ['wechaty', 'wechaty-puppet-service', 'wechaty-puppet-mock'].every(isInstalled)
if (!installed)
  process.stderr.write('skipped: real wechaty; npm ci --prefix src/wechaty --ignore-scripts\n')

/** As much of the mock as is used here. */
interface Mocker {
  createContact(given: { name: string }): { id: string }
  createRoom(given: { topic: string; memberIdList: string[] }): MockRoom
  scan(code: string, status: number): void
  login(user: { id: string }): void
}
interface MockRoom {
  readonly id: string
  on(event: 'message', listener: (message: { text(): string }) => void): void
}
interface MockPackage {
  readonly mock: { readonly Mocker: new () => Mocker }
  readonly PuppetMock: new (options: { mocker: Mocker }) => object
}
interface ServicePackage {
  readonly PuppetServer: new (options: object) => { start(): Promise<void>; stop(): Promise<void> }
}

const SECRETS = { 'wechat-bridge': 'bridge-secret-not-said' }
const TOKEN = 'insecure_token-not-said'
const PACE = { gapMs: 0, jitterMs: 0, lookupTimeoutMs: 20_000, sendTimeoutMs: 20_000 }
const RHYTHM = { now: () => performance.now(), chance: () => 0, pause: async () => undefined }
const bench = officeBench(SECRETS)
let folder: string
const load = <T>(name: string): Promise<T> => {
  const own = createRequire(new URL('../../src/wechaty/package.json', import.meta.url))
  // Its door for `import` stands beside the one for `require`.
  return import(pathToFileURL(own.resolve(name).replace('/cjs/', '/esm/')).href)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'duoling-wechaty-'))
  process.env['HOME'] = folder
  process.env['WECHATY_LOG'] = 'silent'
  return () => rm(folder, { recursive: true, force: true })
})

/** Somebody's WeChat with two rooms, where what arrives can be read. */
async function world() {
  const { mock, PuppetMock } = await load<MockPackage>('wechaty-puppet-mock')
  const mocker = new mock.Mocker()
  const puppet = new PuppetMock({ mocker })
  const me = mocker.createContact({ name: '值班微信' })
  const heard: string[] = []
  const topics = ['危化品企业群', '烟花爆竹群']
  const rooms = topics.map((topic) => {
    const room = mocker.createRoom({ topic, memberIdList: [me.id] })
    room.on('message', (message) => heard.push(`${topic} ${message.text().split('\n')[0]}`))
    return room
  })
  return { mocker, puppet, me, heard, rooms }
}

async function connected(options: WechatyOptions): Promise<Puppet> {
  const connection = await loadWechaty(options)
  await connection.start()
  return connection
}

/** The bridge over a puppet, and the adapter over the bridge. */
async function bridgeOver(puppet: Puppet) {
  const sender = openSender(puppet, PACE, RHYTHM)
  const bridge = await serveBridge({
    ...{ host: '127.0.0.1', port: 0, secret: SECRETS['wechat-bridge'], puppet, sender },
    lookupTimeoutMs: 20_000,
  })
  bench.endWith(async () => {
    await bridge.stop()
    await puppet.stop()
  })
  return bench.open(wechatGroup, { url: bridge.url, secret: 'wechat-bridge' })
}

const told: Told[] = []
const tell = (one: Told) => void told.push(one)
afterEach(() => {
  expect(JSON.stringify(told)).not.toContain(TOKEN)
  told.splice(0)
})
async function until(true_: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await true_())) await new Promise((resolve) => setTimeout(resolve, 10))
}

describe.skipIf(!installed)('wechaty with the mock puppet', () => {
  it('scans, logs in, sends to rooms by topic and by id, and says so', async () => {
    const { mocker, puppet, me, heard, rooms } = await world()
    const connection = await connected({ puppet, puppetOptions: {}, tell })
    const channel = await bridgeOver(connection)
    const addresses = ['危化品企业群', rooms[1]?.id ?? '', '没有的群']
    expect(await channel.health()).toMatchObject({ state: 'down' })
    const [mute] = await sendSample(channel, addresses)
    expect(mute).toMatchObject({ kind: 'refused', scope: 'account', code: 'logged-out' })
    mocker.scan('https://login.weixin.qq.com/l/abc', 2)
    await until(() => connection.standing().state === 'scan')
    expect(told).toContainEqual({ event: 'scan', link: 'https://login.weixin.qq.com/l/abc' })
    mocker.login(me)
    await until(() => connection.standing().state === 'logged-in')
    expect(await channel.health()).toMatchObject({ state: 'ok' })
    expect((await channel.health()).detail).toContain('值班微信')
    expect(await sendSample(channel, addresses)).toMatchObject([
      { kind: 'accepted' },
      { kind: 'accepted' },
      { kind: 'refused', scope: 'recipient', code: 'room-unknown' },
    ])
    await until(() => heard.length >= 2)
    expect(heard.map((line) => line.split(' ')[0])).toEqual(['危化品企业群', '烟花爆竹群'])
  })
})

describe.skipIf(!installed)('wechaty over wechaty-puppet-service', () => {
  async function service(port: number) {
    const { PuppetServer } = await load<ServicePackage>('wechaty-puppet-service')
    const there = await world()
    const { puppet } = there
    const options = { endpoint: `127.0.0.1:${port}`, token: TOKEN, puppet }
    const server = new PuppetServer(options)
    await server.start()
    return { ...there, server }
  }
  const connect = (port: number, lookMs: number) =>
    connected({
      ...{ puppet: 'wechaty-puppet-service', lookMs, tell },
      puppetOptions: { endpoint: `127.0.0.1:${port}`, token: TOKEN },
    })

  it('sends through the service; when it is gone nothing is sent, and it finds back by itself', async () => {
    const port = await freePort()
    const first = await service(port)
    const connection = await connect(port, 200)
    const channel = await bridgeOver(connection)
    first.mocker.login(first.me)
    await until(() => connection.standing().state === 'logged-in')
    expect(await sendSample(channel, ['危化品企业群'])).toMatchObject([{ kind: 'accepted' }])
    await until(() => first.heard.length === 1)

    await first.server.stop()
    // wechaty still believes in its login; the question for the rooms does not.
    const [outcome] = await sendSample(channel, ['危化品企业群'])
    expect(['retry', 'refused']).toContain(outcome?.kind)
    expect(first.heard).toHaveLength(1)
    await until(() => told.some(({ event }) => event === 'anew'))

    const second = await service(port)
    // Nobody hears a code before the bridge has found the new service.
    await until(() => {
      second.mocker.scan('https://login.weixin.qq.com/l/again', 2)
      return connection.standing().state === 'scan'
    })
    second.mocker.login(second.me)
    await until(async () => (await channel.health()).state === 'ok')
    expect(await sendSample(channel, ['烟花爆竹群'])).toMatchObject([{ kind: 'accepted' }])
    await until(() => second.heard.length === 1)
    await second.server.stop()
  })

  it('a wrong token never logs in, and is never said', async () => {
    const port = await freePort()
    const { server } = await service(port)
    const connection = await connected({
      ...{ puppet: 'wechaty-puppet-service', tell },
      puppetOptions: { endpoint: `127.0.0.1:${port}`, token: 'no-prefix-token-not-said' },
    })
    const channel = await bridgeOver(connection)
    await until(() => told.some(({ event }) => event === 'fault'))
    expect(await channel.health()).toMatchObject({ state: 'down' })
    expect(JSON.stringify(told)).not.toContain('not-said')
    await server.stop()
  })
})

it('what is not installed is named with the command that installs it', async () => {
  const loading = loadWechaty({
    ...{ puppet: 'wechaty-puppet-nobody-has', puppetOptions: {}, tell },
  })
  await expect(loading).rejects.toThrow(
    /没有安装 wechaty[\s\S]*npm (?:ci|install) --prefix src\/wechaty/,
  )
})
