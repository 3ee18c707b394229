/** The publishing adapter's acts end to end against each simulated platform: publish, attachments, amend,
 *  withdraw, look again, look at the public page; and the token that runs out. */
import { describe, expect, it } from 'vitest'
import type { Channel, Pending, SendBatch } from '../../channels/channel.ts'
import { sha256Hex } from '../../src/kit/hash.ts'
import { type OpenRoad, only, PROFILE_NAMES, SECRET, useRoads } from './http-publish-kit.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch } from './sample.ts'

const openRoad = useRoads()
const signal = new AbortController().signal

function batchOf(
  channel: Channel,
  input: Partial<typeof SAMPLE_INPUT>,
  more: Partial<SendBatch> = {},
) {
  const { payload } = channel.render({ ...SAMPLE_INPUT, ...input })
  const { act = 'publish', attachments = [] } = input
  return sampleBatch(filledFields(payload), ['place'], { act, attachments, key: '1.7.2', ...more })
}

const BYTES = Buffer.from('signed bytes of the attachment')
const FILE = {
  sha256: sha256Hex(BYTES),
  name: '检查 表(1).PDF',
  mediaType: 'application/pdf',
  bytes: BYTES.length,
}

for (const profile of PROFILE_NAMES)
  describe(`${profile}, a life of one item`, () => {
    it('is published, found on its page, amended and withdrawn on the same document', async () => {
      const { channel, platform, again } = await openRoad(profile, { settings: { probe: true } })
      expect(channel.capabilities).toMatchObject({ receipts: 'poll', countsWhen: 'receipt' })
      const outcome = only(await channel.send(batchOf(channel, {}), signal))
      expect(outcome).toMatchObject({ kind: 'accepted' })
      if (outcome.kind !== 'accepted') return
      const { reference = '', url = '' } = outcome
      expect(reference).not.toBe('')
      expect(url).toContain('127.0.0.1')
      const [document] = platform.documents()
      expect(document).toMatchObject({ title: SAMPLE_INPUT.title, state: 'published', version: 1 })
      expect(document?.body).toContain('&lt;b&gt;不是标签&lt;/b&gt;')

      const pending: Pending = {
        ...{ reference, url, address: 'place', act: 'publish', sentAt: new Date(0) },
        title: SAMPLE_INPUT.title,
      }
      const heard = await channel.poll?.([pending, { ...pending, title: '别的标题' }], signal)
      expect(heard).toEqual([{ kind: 'receipt', reference, address: 'place', state: 'delivered' }])

      // As after a restart: only what the hub kept is known.
      const later = again()
      const amend = batchOf(
        channel,
        { act: 'amend', title: '更正后的标题', reason: '编号有误' },
        { reference },
      )
      expect(only((await later.update?.(amend, signal)) ?? [])).toMatchObject({
        kind: 'accepted',
        reference,
      })
      expect(document).toMatchObject({ title: '更正后的标题', version: 2 })
      expect(document?.body).toContain('更正说明：编号有误')

      const withdraw = batchOf(channel, { act: 'withdraw', reason: '误发' }, { reference })
      expect(only((await later.retract?.(withdraw, signal)) ?? [])).toMatchObject({
        kind: 'accepted',
      })
      expect(document?.state).toBe('withdrawn')
      const gone = await channel.poll?.([{ ...pending, act: 'withdraw' }], signal)
      expect(gone).toHaveLength(1)
      expect(await channel.poll?.([pending], signal)).toEqual([])
      expect(platform.created()).toHaveLength(1)
    })

    it('withdraws what the platform has already removed', async () => {
      const { channel } = await openRoad(profile)
      const outcome = only(await channel.send(batchOf(channel, {}), signal))
      const reference = outcome.kind === 'accepted' ? (outcome.reference ?? '') : ''
      const withdraw = batchOf(channel, { act: 'withdraw', reason: '误发' }, { reference })
      for (const _ of [1, 2])
        expect(only((await channel.retract?.(withdraw, signal)) ?? [])).toMatchObject({
          kind: 'accepted',
        })
    })
  })

describe('attachments', () => {
  for (const profile of ['service-network', 'wordpress'] as const)
    it(`${profile}: the signed bytes are uploaded once and named in the document`, async () => {
      const { channel, platform } = await openRoad(profile, {
        blobs: new Map([[FILE.sha256, BYTES]]),
      })
      const batch = batchOf(channel, { attachments: [FILE] })
      expect(only(await channel.send(batch, signal)).kind).toBe('accepted')
      const amend = batchOf(channel, { attachments: [FILE], act: 'amend', reason: '补附件' })
      expect(only((await channel.update?.(amend, signal)) ?? []).kind).toBe('accepted')
      const uploads = platform.calls().filter(({ url }) => /media|attachments/.test(url.pathname))
      expect(uploads).toHaveLength(1)
      expect(uploads[0]?.body.includes(BYTES)).toBe(true)
      const [document] = platform.documents()
      expect(JSON.stringify(document?.fields)).toContain(FILE.name)
    })

  it('of other bytes, or none, publish nothing', async () => {
    for (const blobs of [new Map(), new Map([[FILE.sha256, Buffer.from('other bytes')]])]) {
      const { channel, platform } = await openRoad('service-network', { blobs })
      const outcome = only(await channel.send(batchOf(channel, { attachments: [FILE] }), signal))
      expect(outcome).toMatchObject({
        kind: 'refused',
        scope: 'message',
        code: 'attachment-missing',
      })
      expect(platform.created()).toEqual([])
    }
  })

  it('that are too large, or that no step uploads, are said in the preview', async () => {
    const { channel, again } = await openRoad('service-network', {
      settings: { attachmentBytesMax: 5 },
    })
    const { losses } = channel.render({ ...SAMPLE_INPUT, attachments: [FILE] })
    expect(losses.join()).toContain(FILE.name)
    expect(again({}).render({ ...SAMPLE_INPUT, attachments: [FILE] }).losses).toEqual([])
    const { channel: atom } = await openRoad('atompub')
    expect(atom.render({ ...SAMPLE_INPUT, attachments: [FILE] }).losses.join()).toContain(FILE.name)
  })

  it('of an upload that was cut off are simply tried again', async () => {
    const { channel, platform } = await openRoad('service-network', {
      blobs: new Map([[FILE.sha256, BYTES]]),
    })
    platform.setFault('drop-after', (kind) => kind === 'upload')
    expect(only(await channel.send(batchOf(channel, { attachments: [FILE] }), signal)).kind).toBe(
      'retry',
    )
    expect(platform.created()).toEqual([])
  })
})

describe('a token', () => {
  it('that has run out is renewed once, and the item is published once', async () => {
    const { channel, platform } = await openRoad('service-network', {
      platform: { refuseReplays: true },
    })
    await channel.send(batchOf(channel, {}), signal)
    platform.setFault('token-expired')
    const outcome = only(await channel.send(batchOf(channel, {}, { bulletinId: 43 }), signal))
    expect(outcome.kind).toBe('accepted')
    expect(platform.calls().filter(({ url }) => url.pathname.endsWith('/token'))).toHaveLength(2)
  })

  it('is fetched once for batches that start together', async () => {
    const { channel, platform } = await openRoad('service-network')
    await Promise.all(
      [1, 2, 3].map((n) => channel.send(batchOf(channel, {}, { key: `1.${n}` }), signal)),
    )
    expect(platform.calls().filter(({ url }) => url.pathname.endsWith('/token'))).toHaveLength(1)
  })

  it('that is refused for good stops the road, without saying the key', async () => {
    const { channel, platform, logged } = await openRoad('service-network', {
      platform: { account: { user: 'duoling', secret: 'another key' } },
    })
    const outcome = only(await channel.send(batchOf(channel, {}), signal))
    expect(outcome).toMatchObject({ kind: 'refused', scope: 'account', code: '40103' })
    expect(JSON.stringify([outcome, logged])).not.toContain(SECRET)
    expect(platform.created()).toEqual([])
    expect(await channel.health()).toMatchObject({ state: 'down' })
  })
})

describe('looking again', () => {
  for (const profile of ['service-network', 'hanweb', 'wordpress'] as const)
    it(`${profile}: says whether the lost publication is there`, async () => {
      const road: OpenRoad = await openRoad(profile)
      const { channel, platform, again } = road
      const look = async () => only((await again().reconcile?.(batchOf(channel, {}), signal)) ?? [])
      expect(await look()).toMatchObject({ kind: 'retry', code: 'not-there' })
      platform.setFault('drop-after')
      expect((await channel.send(batchOf(channel, {}), signal))[0]?.kind).toBe('unsure')
      platform.setFault('none')
      const found = await look()
      // A draft is not published yet; the repeat finds it and finishes it.
      if (profile === 'service-network')
        expect(found).toMatchObject({ kind: 'retry', code: 'draft-there' })
      else expect(found).toMatchObject({ kind: 'accepted', reference: platform.documents()[0]?.id })
      expect(only(await again().send(batchOf(channel, {}), signal)).kind).toBe('accepted')
      expect(platform.created()).toHaveLength(1)
      expect(platform.documents()[0]?.state).toBe('published')
    })

  it('stays unsure while the platform does not answer', async () => {
    const { channel, platform } = await openRoad('hanweb')
    platform.setFault('server-error', () => true)
    const outcome = only((await channel.reconcile?.(batchOf(channel, {}), signal)) ?? [])
    expect(outcome.kind).toBe('unsure')
  })
})
