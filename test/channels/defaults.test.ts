/** The channels a new installation starts with: complete, unique, and each road can be opened. */
import { expect, it } from 'vitest'
import type { Toolbox } from '../../channels/channel.ts'
import { defaultChannels, LINES } from '../../channels/defaults.ts'
import { ADAPTERS } from '../../channels/node.ts'
import { DEFAULT_CATEGORIES } from '../../src/domain/category.ts'
import { SAMPLE_INPUT } from './sample.ts'

const nothing = () => Promise.reject(new Error('not here'))
const TOOLS: Toolbox = {
  secret: () => 'secret',
  pages: { put: nothing, tombstone: nothing, look: nothing },
  blobs: { read: nothing },
  http: () => Promise.reject(new Error('no web here')),
  log: () => undefined,
}
const SMTP = { host: 'mail.example.test', port: 587, secure: false, from: '某局 <a@example.test>' }

it('has every channel of the bureau, places first, each with a line and a road', () => {
  const channels = defaultChannels()
  expect(channels.map((channel) => channel.id)).toEqual([
    ...['disclosure-portal', 'service-network', 'wechat-official', 'press-tv', 'press-radio'],
    ...['press-newspaper', 'press-magazine', 'onsite', 'sms', 'wechat-group', 'qq-group'],
    ...['office', 'email', 'voice'],
  ])
  expect(new Set(channels.map((channel) => channel.name)).size).toBe(channels.length)
  expect(channels.map((channel) => channel.position)).toEqual(channels.map((_, index) => index + 1))
  for (const channel of channels) {
    expect(LINES[channel.line]).toBeDefined()
    expect(channel.roads.at(-1)?.adapter).toBe('by-hand')
  }
})

it('knows every line on which a category counts as another', () => {
  for (const category of DEFAULT_CATEGORIES)
    for (const line of Object.keys(category.lineCategories)) expect(LINES[line]).toBeDefined()
})

it('opens each road with its settings, and each says the same of its addressing', async () => {
  for (const { addressing, roads } of defaultChannels({ smtp: SMTP }))
    for (const road of roads) {
      const adapter = ADAPTERS.find((one) => one.adapter === road.adapter)
      const channel = adapter?.create(road.settings, TOOLS)
      expect(channel?.capabilities.addressing).toBe(addressing)
      expect(channel?.check(channel.render(SAMPLE_INPUT).payload)).toEqual([])
      await channel?.close()
    }
})

it('sends mail by SMTP once a server is configured, encrypted wherever somebody logs in', () => {
  const settings = (more: object) =>
    defaultChannels({ smtp: { ...SMTP, ...more } })
      .flatMap((channel) => channel.roads)
      .find((road) => road.id === 'smtp')?.settings
  expect(settings({})).toMatchObject({
    ...{ security: 'offered', from: 'a@example.test', fromName: '某局' },
  })
  expect(settings({ user: 'a', passwordSecret: 'b' })).toMatchObject({ security: 'starttls' })
  expect(settings({ secure: true })).toMatchObject({ security: 'tls' })
  expect(settings({ host: '127.0.0.1' })).toMatchObject({ security: 'none' })
  expect(settings({ from: 'a@example.test' })).not.toHaveProperty('fromName')
})
