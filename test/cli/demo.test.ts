/** The demo as a newcomer runs it: one JSON object, every channel in each bulletin, the year 2018. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { defaultChannels } from '../../channels/defaults.ts'
import { type Home, newHome } from '../support/command.ts'

let home: Home
beforeAll(async () => {
  home = await newHome()
})
afterAll(() => home.remove())

it('prints one object and nothing else', { timeout: 180_000 }, async () => {
  const { code, stdout, stderr } = await home.run('demo', '--json')
  expect(stderr).toBe('')
  expect(code).toBe(0)
  const { bulletins, year2018 } = JSON.parse(stdout)
  const channels = defaultChannels().map((channel) => channel.id)
  expect(bulletins).toHaveLength(2)
  for (const { title, publications } of bulletins) {
    expect(title).not.toBe('')
    expect(publications.map((one: { channel: string }) => one.channel)).toEqual(channels)
    for (const { addressing, state, url, deliveries } of publications) {
      expect(state).toBe(addressing === 'place' ? 'published' : 'sent')
      expect(url === null).toBe(addressing !== 'place')
      expect(Object.keys(deliveries)).not.toHaveLength(0)
    }
  }
  expect(year2018).toMatchObject({
    ...{ year: 2018, publications: 347, messages: 246, broadcasts: 112 },
  })
})
