/** Roads as they are on file: one that cannot be opened takes no other with it, and says why. */
import { expect, it } from 'vitest'
import { byHand } from '../../channels/by-hand.ts'
import { SettingsFault, type Toolbox } from '../../channels/channel.ts'
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
