/** The TRS profile beyond the suite: the frame on the wire, the draft that is published after, the address
 *  that comes later, and a search that must prove it found our document. */
import { describe, expect, it } from 'vitest'
import type { SendBatch } from '../../channels/channel.ts'
import { PROFILES } from '../../channels/http-publish/settings.ts'
import { type OpenRoad, only, useRoads } from './http-publish-kit.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch } from './sample.ts'

const openRoad = useRoads()
const signal = new AbortController().signal

function batchOf(
  { channel }: OpenRoad,
  act: 'publish' | 'amend' | 'withdraw',
  more: Partial<SendBatch> = {},
) {
  const { payload } = channel.render({ ...SAMPLE_INPUT, act, reason: '编号有误' })
  return sampleBatch(filledFields(payload), ['place'], { act, key: '1.7.4', ...more })
}

function methodsOf({ platform }: OpenRoad): readonly string[] {
  return platform.calls().flatMap(({ body }) => {
    const found = /<method type="(\w+)">(\w+)<\/method>/.exec(body.toString('utf8'))
    return found ? [`${found[2]}.${found[1]}`] : []
  })
}

describe('trs on the wire', () => {
  it('looks first, saves, publishes, and asks where the page stands', async () => {
    const road = await openRoad('trs')
    expect(await road.publish()).toMatchObject({
      kind: 'accepted',
      reference: '1',
      url: expect.stringContaining('/zwgk/t20260701_1.html'),
    })
    expect(methodsOf(road)).toEqual([
      'wcm6_viewdocument.query',
      'wcm6_document.save',
      'wcm6_publish.directPublish',
      'wcm6_document.findById',
    ])
    const save = road.platform.calls()[1]
    expect(save?.url.pathname).toBe('/wcm/govcenter.do')
    expect(save?.url.searchParams.get('CRUSER')).toBe('duoling')
    expect(save?.body.toString('utf8')).toContain(
      '<ObjectId>0</ObjectId><ChannelId>8848</ChannelId><DocType>20</DocType>',
    )
    expect(road.platform.documents()[0]?.fields).toMatchObject({ duolingid: 'duoling-1-42' })
  })

  it('changes the document under its number, and takes the page away before the document', async () => {
    const road = await openRoad('trs')
    await road.publish()
    const before = methodsOf(road).length
    await road.channel.update?.(batchOf(road, 'amend', { reference: '1' }), signal)
    await road.channel.retract?.(batchOf(road, 'withdraw', { reference: '1' }), signal)
    expect(methodsOf(road).slice(before)).toEqual([
      ...['wcm6_document.save', 'wcm6_publish.directPublish', 'wcm6_document.findById'],
      ...['wcm6_document.findById', 'wcm6_publish.recallPublish', 'wcm6_document.delete'],
    ])
    expect(road.platform.documents()).toMatchObject([{ version: 2, state: 'withdrawn' }])
  })

  it('says that what no document confirms is to be checked', () => {
    expect(JSON.stringify(PROFILES['trs'])).toContain('待核')
  })
})

describe('trs after a lost answer', () => {
  it('finds the draft by our number and finishes it, without a second one', async () => {
    for (const step of ['create', 'publish'] as const) {
      const road = await openRoad('trs')
      road.platform.setFault('drop-after', (kind) => kind === step)
      const batch = batchOf(road, 'publish')
      expect(only(await road.channel.send(batch, signal)).kind).toBe('unsure')
      road.platform.setFault('none')
      const looked = only((await road.again().reconcile?.(batch, signal)) ?? [])
      expect(looked).toMatchObject({ kind: 'retry', code: 'draft-there' })
      expect(only(await road.again().send(batch, signal))).toMatchObject({ kind: 'accepted' })
      expect(road.platform.created()).toHaveLength(1)
      expect(road.platform.documents()).toMatchObject([{ state: 'published' }])
    }
  })

  it('of a withdrawal is settled by the same search', async () => {
    const road = await openRoad('trs')
    await road.publish()
    const withdraw = batchOf(road, 'withdraw', { reference: '1' })
    const reconcile = async () =>
      only((await road.channel.reconcile?.(withdraw, signal)) ?? []).kind
    expect(await reconcile()).toBe('retry')
    road.platform.setFault('drop-after', (kind) => kind === 'withdraw')
    expect(only((await road.channel.retract?.(withdraw, signal)) ?? []).kind).toBe('unsure')
    expect(await reconcile()).toBe('accepted')
  })

  it('stops the road when the search hands over another document', async () => {
    const road = await openRoad('trs')
    await road.publish()
    const other = road.again({ externalIdPrefix: 'other-' })
    const otherRoad = { ...road, channel: other }
    // As a platform does that does not know the field and answers with whatever stands in the column.
    const [document] = road.platform.documents()
    Object.defineProperty(document, 'externalId', {
      get: () => (wrong() ? 'other-1-42' : 'duoling-1-42'),
    })
    let asked = 0
    const wrong = () => asked++ % 2 === 0
    const outcome = only(await other.send(batchOf(otherRoad, 'publish'), signal))
    expect(outcome).toMatchObject({ kind: 'refused', scope: 'account', code: 'query-other' })
    expect(road.platform.created()).toHaveLength(1)
  })
})

describe('trs refusing', () => {
  it('a caller it does not know stops the road; its own words come with a refusal', async () => {
    const road = await openRoad('trs', { settings: { constants: { user: 'nobody' } } })
    const outcome = await road.publish()
    expect(outcome).toMatchObject({ kind: 'refused', scope: 'account' })
    expect(JSON.stringify(outcome)).toContain('信任 IP')
    const known = await openRoad('trs')
    known.platform.setFault('refuse')
    expect(await known.publish()).toMatchObject({
      ...{ kind: 'refused', scope: 'message', code: '1100' },
      detail: expect.stringContaining('文档标题不符合栏目要求'),
    })
  })
})
