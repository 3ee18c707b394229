/** Roads as they are on file: one that cannot be opened takes no other with it, and says why. */
import { expect, it } from 'vitest'
import { byHand } from '../../channels/by-hand.ts'
import {
  type Adapter,
  type SendBatch,
  SettingsFault,
  type Toolbox,
} from '../../channels/channel.ts'
import { openOutside } from '../../src/hub/outside.ts'
import type { RoadRow } from '../../src/hub/ports/people.ts'

const HAND = { addressing: 'place', fields: [{ label: '标题', content: 'title' }] }
const row = (roadId: string, adapter: string, settings: unknown): RoadRow => ({
  ...{ channelId: 'portal', roadId, adapter, settings },
})
const failing = {
  adapter: 'failing',
  create(settings: unknown) {
    if (settings === 'secret') throw new Error('没有密钥 platform-key')
    throw new SettingsFault('failing', [{ field: 'host', text: '不像一个服务器地址' }])
  },
}

it('leaves out what cannot be opened, keeps the rest, and opens it once it was mended', async () => {
  let rows = [
    row('broken', 'failing', {}),
    row('keyless', 'failing', 'secret'),
    row('elsewhere', 'of-another-entry', {}),
    row('hand', 'by-hand', HAND),
  ]
  const outside = openOutside({
    adapters: [byHand, failing],
    tools: () => ({}) as Toolbox,
    rows: async () => rows,
  })
  expect((await outside.roads(1, 'portal')).map((one) => one.roadId)).toEqual(['hand'])
  expect(await outside.road(1, 'portal', 'broken')).toBeUndefined()
  expect(await outside.whyNotOpen(1, 'portal', 'broken')).toContain('host: 不像一个服务器地址')
  expect(await outside.whyNotOpen(1, 'portal', 'keyless')).toContain('platform-key')
  for (const fine of ['hand', 'elsewhere', 'nothing'])
    expect(await outside.whyNotOpen(1, 'portal', fine)).toBeUndefined()
  rows = [row('broken', 'by-hand', HAND)]
  expect(await outside.whyNotOpen(1, 'portal', 'broken')).toBeUndefined()
  expect(await outside.road(1, 'portal', 'broken')).toBeDefined()
  await outside.close()
})

const ROW = row('main', 'keyed', {})

/** A road that asks for `key`; its calls end when they are told to. */
function keyedWorld(listens = false) {
  const events: string[] = []
  const ends: (() => void)[] = []
  let current = { value: 'one', version: 1 }
  const adapter: Adapter = {
    adapter: 'keyed',
    create(_settings, tools) {
      const key = tools.secret('key')
      if (key === 'bad') throw new Error('密码里不能有空格')
      events.push(`open ${key}`)
      const channel = byHand.create(HAND, tools)
      return {
        ...{ ...channel, adapter: 'keyed', render: channel.render, check: channel.check },
        async send() {
          events.push(`begin ${key}`)
          await new Promise<void>((resolve) => ends.push(resolve))
          events.push(`end ${key}`)
          return []
        },
        async close() {
          events.push(`close ${key}`)
        },
        ...(listens ? { listen: () => void events.push(`listen ${key}`) } : {}),
      }
    },
  }
  const outside = openOutside({
    adapters: [adapter],
    tools: (_agency, secrets) =>
      ({ secret: (name: string) => secrets.value(name) ?? '' }) as unknown as Toolbox,
    rows: async () => [ROW],
    secrets: async () => ({
      value: () => current.value,
      former: () => undefined,
      version: () => current.version,
    }),
    hear: async () => {},
  })
  const send = async () => {
    const road = await outside.road(1, 'portal', 'main')
    if (!road) throw new Error('no road')
    return { road, sent: road.channel.send({} as SendBatch, AbortSignal.timeout(60_000)) }
  }
  const set = (value: string) => {
    current = { value, version: current.version + 1 }
  }
  return { outside, events, ends, send, set }
}

it('opens a road anew when its secret changed; calls under way end on the old one', async () => {
  const { outside, events, ends, send, set } = keyedWorld()
  const first = await send()
  set('two')
  const second = await send()
  expect(second.road.channel).not.toBe(first.road.channel)
  // Whoever still holds the old one is led to the new.
  const third = first.road.channel.send({} as SendBatch, AbortSignal.timeout(60_000))
  await expect.poll(() => ends.length).toBe(3)
  expect(events).toEqual(['open one', 'begin one', 'open two', 'begin two', 'begin two'])
  ends[0]?.()
  await first.sent
  await expect.poll(() => events.slice(5)).toEqual(['end one', 'close one'])
  for (const end of ends) end()
  await Promise.all([second.sent, third])
  await outside.close()
  expect(events.at(-1)).toBe('close two')
})

it('a channel with a connection of its own opens the new one when the old one is closed', async () => {
  const { outside, events, ends, send, set } = keyedWorld(true)
  const first = await send()
  await expect.poll(() => ends.length).toBe(1)
  set('two')
  const second = await send()
  expect(events.filter((one) => one === 'begin two' || one === 'listen two')).toEqual([])
  ends[0]?.()
  await first.sent
  await expect.poll(() => ends.length).toBe(2)
  expect(events).toEqual([
    ...['open one', 'listen one', 'begin one', 'open two', 'end one', 'close one'],
    ...['listen two', 'begin two'],
  ])
  ends[1]?.()
  await second.sent
  await outside.close()
})

it('a new value that cannot be used takes nothing away, and says why', async () => {
  const { outside, events, ends, send, set } = keyedWorld()
  const first = await send()
  set('bad')
  const second = await send()
  expect(second.road.channel).toBe(first.road.channel)
  expect(await outside.whyNotOpen(1, 'portal', 'main')).toContain('不能有空格')
  set('three')
  const third = await send()
  await expect.poll(() => ends.length).toBe(3)
  for (const end of ends) end()
  await Promise.all([first.sent, second.sent, third.sent])
  expect(events.slice(0, 5)).toEqual([
    ...['open one', 'begin one', 'begin one', 'open three', 'begin three'],
  ])
  expect(await outside.whyNotOpen(1, 'portal', 'main')).toBeUndefined()
  expect(outside.secretNames(1, ROW)).toEqual(['key'])
  await outside.close()
})

it('settings that name a closed place are no road, wherever in them it stands', async () => {
  const anywhere: Adapter = {
    adapter: 'anywhere',
    create: (_, tools) => byHand.create(HAND, tools),
  }
  const outside = openOutside({
    ...{ adapters: [anywhere], tools: () => ({}) as Toolbox, rows: async () => [] },
    mayName: (host, port) => !(host === '127.0.0.1' && port === 5432),
  })
  const tried = (settings: unknown) => outside.tryRoad(1, row('main', 'anywhere', settings))
  for (const settings of [
    { host: '127.0.0.1', port: 5432 },
    { routes: [{ url: 'http://127.0.0.1:5432/send' }] },
    { socket: 'ws://127.0.0.1:5432' },
  ])
    expect(await tried(settings)).toMatchObject({
      problem: expect.stringContaining('不能连 127.0.0.1:5432：'),
    })
  expect(await tried({ host: '127.0.0.1', port: 5433 })).toMatchObject({ addressing: 'place' })
  await outside.close()
})
