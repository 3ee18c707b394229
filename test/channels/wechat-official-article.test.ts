/** The official account before anything is seen: the token, pictures and covers, and what is rendered. */
import { createHash } from 'node:crypto'
import { XMLValidator } from 'fast-xml-parser'
import { describe, expect, it } from 'vitest'
import type { Block } from '../../src/domain/bulletin.ts'
import { SAMPLE_INPUT } from './sample.ts'
import { COVER, closeAfterEach, openAccount, publishOn, SECRETS } from './wechat-official-bench.ts'

closeAfterEach()

const PNG = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47]), Buffer.alloc(200, 7)])
const JPEG = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(100, 9)])
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const picture = (bytes: Uint8Array, alt = '现场'): Block => ({
  kind: 'picture',
  sha256: hashOf(bytes),
  alt,
})

describe('the token', () => {
  it('is asked for once, and once more when the platform no longer knows it', async () => {
    const { simulator, publish } = await openAccount()
    await publish()
    await publish({}, '1.8.1')
    const asked = () => simulator.calls().filter((path) => path === 'stable_token').length
    expect(asked()).toBe(1)
    simulator.expireToken()
    expect((await publish({}, '1.9.1')).kind).toBe('awaiting')
    expect(asked()).toBe(2)
  })

  it('serves two processes at once: nobody ends the other one', async () => {
    const { simulator, channel, again } = await openAccount()
    const other = again()
    for (let round = 0; round < 3; round++) {
      expect((await publishOn(channel, {}, `1.${round}.1`)).kind).toBe('awaiting')
      expect((await publishOn(other, {}, `1.${round}.2`)).kind).toBe('awaiting')
    }
    expect(simulator.calls().filter((path) => path === 'stable_token')).toHaveLength(2)
  })

  it('a wrong secret and an address that is not listed stop the road, and health says why', async () => {
    const { simulator, channel, publish, again, said } = await openAccount()
    simulator.setFault('not-listed', (path) => path === 'stable_token')
    expect(await publish()).toMatchObject({ kind: 'refused', scope: 'account', code: '40164' })
    const health = await channel.health()
    expect(health).toMatchObject({ state: 'down' })
    expect(health.detail).toContain('白名单')
    expect(health.detail).toContain('203.0.113.7')
    simulator.setFault('none')
    const stranger = again({ appId: 'wx0000000000000000' })
    expect(await publishOn(stranger)).toMatchObject({ scope: 'account', code: '40013' })
    expect(await channel.health()).toMatchObject({ state: 'ok' })
    expect(said.join('')).not.toContain(SECRETS['official-secret'])
    expect(said.join('')).not.toContain('token-')
    expect(said.length).toBeGreaterThan(0)
  })
})

describe('pictures', () => {
  it('are uploaded once and stand in the text under the platform address; the first is the cover', async () => {
    const { simulator, blobs, publish } = await openAccount()
    for (const bytes of [PNG, JPEG]) blobs.set(hashOf(bytes), bytes)
    const blocks = [picture(PNG), picture(JPEG, '"引号" <b>'), picture(PNG)]
    expect((await publish({ blocks })).kind).toBe('awaiting')
    expect((await publish({ blocks }, '1.8.1')).kind).toBe('awaiting')
    const [job, second] = simulator.world.publications
    expect(simulator.calls().filter((path) => path === 'media/uploadimg')).toHaveLength(2)
    expect(simulator.calls().filter((path) => path.startsWith('material'))).toHaveLength(1)
    expect(
      job?.article.content.match(/<img src="http:\/\/127\.0\.0\.1:\d+\/mmbiz\//g),
    ).toHaveLength(3)
    expect(job?.article.content).not.toContain('picture:')
    expect(job?.article.cover).not.toBe(COVER)
    expect(simulator.world.materials.get(job?.article.cover ?? '')).toEqual(PNG)
    expect(second?.article.cover).toBe(job?.article.cover)
    expect([...simulator.world.pictures.values()].map((one) => one.length)).toEqual([204, 104])
  })

  it('that are changed, gone, too big or of another kind stop the article before anything is seen', async () => {
    const { simulator, blobs, publish } = await openAccount()
    const big = Buffer.concat([PNG, Buffer.alloc(1024 * 1024)])
    const gif = Buffer.from('GIF89a....')
    const cases = [
      { bytes: PNG, kept: undefined, code: 'picture-missing' },
      { bytes: PNG, kept: JPEG, code: 'picture-missing' },
      { bytes: big, kept: big, code: 'picture-too-big' },
      { bytes: gif, kept: gif, code: 'picture-kind' },
    ]
    for (const { bytes, kept, code } of cases) {
      blobs.clear()
      if (kept) blobs.set(hashOf(bytes), kept)
      expect(await publish({ blocks: [picture(bytes)] })).toMatchObject({ kind: 'refused', code })
    }
    expect(simulator.calls()).toEqual([])
  })

  it('an upload without an answer is simply tried again: nobody sees it', async () => {
    const { simulator, blobs, publish } = await openAccount()
    blobs.set(hashOf(PNG), PNG)
    for (const fault of ['drop-after', 'garbage', 'server-error', 'busy'] as const) {
      simulator.setFault(fault, (path) => path === 'media/uploadimg' || path === 'draft/add')
      expect((await publish({ blocks: [picture(PNG)] })).kind).toBe('retry')
      expect((await publish()).kind).toBe('retry')
    }
    expect(simulator.world.taken).toEqual([])
  })

  it('whatever a person wrote, the text is well-formed and holds no element of theirs', async () => {
    const { channel } = await openAccount()
    const evil = `<script>alert("1")</script>&'"><img src=x onerror='y'>]]>&#60;\nb`
    const { payload } = channel.render({
      ...SAMPLE_INPUT,
      ...{ title: evil, reason: evil, act: 'amend', metadata: { summary: evil } },
      blocks: [
        { kind: 'heading', level: 3, text: evil },
        { kind: 'list', ordered: false, items: [evil] },
        { kind: 'table', header: [evil], rows: [[evil]] },
        { kind: 'quote', text: evil, source: evil, issuedAt: evil },
        picture(PNG, evil),
        { kind: 'attachment', sha256: 'a'.repeat(64), name: evil },
      ],
      entries: [{ unit: evil, level: 'county', detail: evil }],
    })
    const content = String(payload.fields['content']?.[0])
    const closed = content.replaceAll('<br>', '<br/>').replace(/<img ([^>]*)>/g, '<img $1/>')
    expect(XMLValidator.validate(`<x>${closed}</x>`)).toBe(true)
    expect(content).not.toMatch(/<(?:script|img src=x)/)
    expect(content.match(/<img /g)).toHaveLength(1)
  })

  it('words cannot pass for a picture, and nothing of them is lost', async () => {
    const { simulator, publish } = await openAccount()
    const text = `<img src="picture:${'a'.repeat(64)}" alt="x"> & 'y'`
    await publish({ blocks: [{ kind: 'paragraph', text }] })
    const [job] = simulator.world.publications
    expect(job?.article.content).toContain('&lt;img src=&quot;picture:')
    expect(simulator.calls()).not.toContain('media/uploadimg')
  })
})

describe('what is rendered', () => {
  it('names what is lost and what is too long before anybody signs', async () => {
    const { channel } = await openAccount()
    const attachments = [
      {
        sha256: 'a'.repeat(64),
        name: '名单.xlsx',
        mediaType: 'application/vnd.ms-excel',
        bytes: 9,
      },
      { sha256: hashOf(PNG), name: '大图.png', mediaType: 'image/png', bytes: 2_000_000 },
    ]
    const rendered = channel.render({
      ...SAMPLE_INPUT,
      attachments,
      blocks: [picture(PNG), { kind: 'paragraph', text: '字'.repeat(20_000) }],
      metadata: { summary: '摘'.repeat(129) },
    })
    expect(rendered.losses.join('\n')).toContain('名单.xlsx')
    expect(rendered.losses.join('\n')).toContain('1 MB')
    const fields = channel.check(rendered.payload).map(({ field }) => field)
    expect(fields).toEqual(['digest', 'content'])
  })

  it('a long title is refused, or shortened with the whole above the text where that is chosen', async () => {
    const { channel, again } = await openAccount()
    const title = `关于${'进一步'.repeat(12)}加强安全生产工作的通知`
    const refused = channel.check(channel.render({ ...SAMPLE_INPUT, title }).payload)
    expect(refused).toMatchObject([{ field: 'title', limit: 32 }])
    const shortening = again({ shortenTitle: true })
    const { payload, losses } = shortening.render({ ...SAMPLE_INPUT, title })
    expect(shortening.check(payload)).toEqual([])
    expect(String(payload.fields['content']?.[0])).toContain(`<h2>${title}</h2>`)
    expect(losses[0]).toContain('…')
  })

  it('needs a cover', async () => {
    const { again } = await openAccount()
    const bare = again({ coverMediaId: undefined })
    const { payload } = bare.render(SAMPLE_INPUT)
    expect(bare.check(payload)).toMatchObject([{ field: 'cover' }])
    const covered = bare.render({ ...SAMPLE_INPUT, blocks: [picture(PNG), ...SAMPLE_INPUT.blocks] })
    expect(bare.check(covered.payload)).toEqual([])
  })
})
