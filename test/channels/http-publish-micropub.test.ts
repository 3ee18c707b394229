/** The Micropub profile beyond the suite: the wire as the Recommendation writes it, and a lost answer that
 *  stays open because the standard can be asked by address only. */
import { describe, expect, it } from 'vitest'
import type { SendBatch } from '../../channels/channel.ts'
import { type OpenRoad, only, SECRET, useRoads } from './http-publish-kit.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch } from './sample.ts'

const openRoad = useRoads()
const signal = new AbortController().signal

function batchOf(
  { channel }: OpenRoad,
  act: 'publish' | 'amend' | 'withdraw',
  more: Partial<SendBatch> = {},
) {
  const { payload } = channel.render({ ...SAMPLE_INPUT, act, reason: '编号有误' })
  return sampleBatch(filledFields(payload), ['place'], { act, key: '1.7.3', ...more })
}

function lastJson({ platform }: OpenRoad): unknown {
  return JSON.parse(platform.calls().at(-1)?.body.toString('utf8') ?? '')
}

async function published(road: OpenRoad): Promise<string> {
  const outcome = only(await road.channel.send(batchOf(road, 'publish'), signal))
  if (outcome.kind !== 'accepted') throw new Error(`not published: ${outcome.kind}`)
  return outcome.reference ?? ''
}

describe('micropub on the wire', () => {
  it('creates an h-entry of HTML with a bearer token and keeps its address', async () => {
    const road = await openRoad('micropub')
    const reference = await published(road)
    const call = road.platform.calls().at(-1)
    expect(call).toMatchObject({ method: 'POST', headers: { authorization: `Bearer ${SECRET}` } })
    expect(lastJson(road)).toMatchObject({
      type: ['h-entry'],
      properties: {
        name: [SAMPLE_INPUT.title],
        content: [{ html: expect.stringContaining('&lt;b&gt;不是标签&lt;/b&gt;') }],
        category: ['notice'],
        published: ['2026-07-01T09:07:00+08:00'],
        uid: ['duoling-1-42'],
      },
    })
    expect(reference).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/notes\/1$/)
  })

  it('replaces what was changed and deletes by address', async () => {
    const road = await openRoad('micropub')
    const reference = await published(road)
    await road.channel.update?.(batchOf(road, 'amend', { reference }), signal)
    expect(lastJson(road)).toMatchObject({
      action: 'update',
      url: reference,
      replace: { name: [SAMPLE_INPUT.title], category: ['notice'] },
    })
    expect(road.platform.documents()[0]?.fields).toHaveProperty('uid', ['duoling-1-42'])
    await road.channel.retract?.(batchOf(road, 'withdraw', { reference }), signal)
    expect(lastJson(road)).toEqual({ action: 'delete', url: reference })
    const amend = await road.channel.update?.(batchOf(road, 'amend', { reference }), signal)
    expect(only(amend ?? [])).toMatchObject({ kind: 'refused', code: 'not-there' })
  })

  it('asks for the configuration as its health; a token without rights stops the road', async () => {
    const road = await openRoad('micropub')
    expect(await road.channel.health()).toEqual({ state: 'ok', detail: '平台认可了账号' })
    road.platform.setFault('login-refused', () => true)
    expect((await road.channel.health()).state).toBe('down')
    expect(await road.publish()).toMatchObject({ kind: 'refused', scope: 'account' })
    // A query the endpoint does not answer says nothing against the token (§3.7.1).
    road.platform.setFault('refuse', () => true)
    expect((await road.channel.health()).state).toBe('degraded')
  })
})

describe('micropub after a lost answer', () => {
  it('stays unsure while the address is unknown, and nothing is posted twice', async () => {
    const road = await openRoad('micropub')
    road.platform.setFault('drop-after')
    const batch = batchOf(road, 'publish')
    expect(only(await road.channel.send(batch, signal)).kind).toBe('unsure')
    road.platform.setFault('none')
    const calls = road.platform.calls().length
    const again = only((await road.channel.reconcile?.(batch, signal)) ?? [])
    expect(again).toMatchObject({ kind: 'unsure', code: 'address-unknown' })
    expect(road.platform.calls()).toHaveLength(calls)
    expect(road.platform.created()).toHaveLength(1)
    const withdraw = await road.channel.retract?.(batchOf(road, 'withdraw'), signal)
    expect(only(withdraw ?? [])).toMatchObject({ kind: 'refused', code: 'reference-unknown' })
  })

  it('of a change is asked by address: there, gone, or not said', async () => {
    const road = await openRoad('micropub')
    const reference = await published(road)
    const reconcile = async (act: 'publish' | 'amend' | 'withdraw') =>
      only((await road.again().reconcile?.(batchOf(road, act, { reference }), signal)) ?? [])
    expect(await reconcile('publish')).toMatchObject({ kind: 'accepted', reference })
    expect(await reconcile('amend')).toMatchObject({ kind: 'retry', code: 'repeatable' })
    expect(await reconcile('withdraw')).toMatchObject({ kind: 'retry', code: 'still-there' })
    road.platform.setFault('drop-after', (kind) => kind === 'withdraw')
    const withdraw = batchOf(road, 'withdraw', { reference })
    expect(only((await road.channel.retract?.(withdraw, signal)) ?? []).kind).toBe('unsure')
    expect(await reconcile('withdraw')).toMatchObject({ kind: 'accepted' })
    expect(await reconcile('amend')).toMatchObject({ kind: 'unsure', code: 'not-there' })
    road.platform.setFault('garbage', (kind) => kind === 'query')
    expect((await reconcile('withdraw')).kind).toBe('unsure')
  })
})
