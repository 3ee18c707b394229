/** The public page as the receipt of a platform: what it does not show stays open and is never guessed,
 *  whether the title is another, a login stands before it, or it is not there yet. */
import { describe, expect, it } from 'vitest'
import type { Pending } from '../../channels/channel.ts'
import type { PublishingFault } from '../../src/simulator/publishing-platform.ts'
import { type OpenRoad, useRoads } from './http-publish-kit.ts'
import { SAMPLE_INPUT } from './sample.ts'

const openRoad = useRoads()
const signal = new AbortController().signal

async function pendingOf(road: OpenRoad): Promise<Pending> {
  const outcome = await road.publish()
  if (outcome.kind !== 'accepted') throw new Error(`not published: ${outcome.kind}`)
  const { reference = '', url } = outcome
  return {
    ...{ reference, address: 'place', act: 'publish', title: SAMPLE_INPUT.title },
    ...(url === undefined ? {} : { url }),
    sentAt: new Date('2026-07-01T01:07:00Z'),
  }
}

const heardBy = async ({ channel }: OpenRoad, pending: Pending) =>
  ((await channel.poll?.([pending], signal)) ?? []).map((one) => one.kind)

for (const profile of ['trs', 'micropub'] as const)
  describe(`${profile}, the page`, () => {
    const open = () => openRoad(profile, { settings: { probe: true } })

    it('that is missing, broken, led elsewhere or behind a login is heard of once it shows', async () => {
      const road = await open()
      const pending = await pendingOf(road)
      const faults: readonly PublishingFault[] = [
        ...([
          'missing',
          'server-error',
          'redirect',
          'login-page',
          'garbage',
          'drop-before',
        ] as const),
      ]
      for (const fault of faults) {
        road.platform.setFault(fault, (kind) => kind === 'page')
        expect([fault, await heardBy(road, pending)]).toEqual([fault, []])
      }
      road.platform.setFault('none')
      expect(await heardBy(road, pending)).toEqual(['receipt'])
    })

    it('with another title is not ours', async () => {
      const road = await open()
      const pending = await pendingOf(road)
      const [document] = road.platform.documents()
      if (document) document.title = '网站维护公告'
      expect(await heardBy(road, pending)).toEqual([])
      if (document) document.title = SAMPLE_INPUT.title
      expect(await heardBy(road, pending)).toEqual(['receipt'])
    })

    it('of a withdrawn item: a login in its place proves nothing, a missing page does', async () => {
      const road = await open()
      const pending: Pending = { ...(await pendingOf(road)), act: 'withdraw' }
      expect(await heardBy(road, pending)).toEqual([])
      for (const fault of ['login-page', 'redirect', 'server-error', 'drop-after'] as const) {
        road.platform.setFault(fault, (kind) => kind === 'page')
        expect([fault, await heardBy(road, pending)]).toEqual([fault, []])
      }
      road.platform.setFault('missing', (kind) => kind === 'page')
      expect(await heardBy(road, pending)).toEqual(['receipt'])
    })
  })

describe('an address the platform did not say', () => {
  it('is asked for again at each look, until it is there', async () => {
    const road = await openRoad('trs', { settings: { probe: true } })
    road.platform.setFault('server-error', (kind) => kind === 'read')
    const pending = await pendingOf(road)
    expect(pending.url).toBeUndefined()
    expect(await heardBy(road, pending)).toEqual([])
    road.platform.setFault('none')
    expect(await heardBy(road, pending)).toEqual(['receipt'])
  })

  it('of a host that is not listed is never looked at', async () => {
    const road = await openRoad('micropub', { settings: { probe: true } })
    const pending = await pendingOf(road)
    const calls = road.platform.calls().length
    const elsewhere = { ...pending, url: pending.url?.replace('127.0.0.1', '127.0.0.2') ?? '' }
    expect(await heardBy(road, elsewhere)).toEqual([])
    expect(road.platform.calls()).toHaveLength(calls)
  })
})
