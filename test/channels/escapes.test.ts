/** What a person wrote stays text wherever a channel speaks HTML or XML: in every field of a bulletin, on
 *  every act, and in what a platform really received. */
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { describe, expect, it } from 'vitest'
import type { RenderInput, Toolbox } from '../../channels/channel.ts'
import { assemble } from '../../channels/disclosure-portal/article.ts'
import { disclosurePortal } from '../../channels/disclosure-portal.ts'
import { renderLetter } from '../../channels/email/letter.ts'
import { PROFILE_NAMES, type ProfileName, useRoads } from './http-publish-kit.ts'
import { filledFields, SAMPLE_INPUT } from './sample.ts'

const openRoad = useRoads()

const EVIL = `<script>alert("1")</script>&'"><img src=x onerror='y'>]]>&#60;b&#62;`

/** Every text a person writes, each of them hostile. */
const HOSTILE: RenderInput = {
  ...SAMPLE_INPUT,
  ...{ title: EVIL, category: { id: 'notice', name: EVIL }, reason: EVIL },
  agency: { id: 1, name: EVIL, shortName: EVIL },
  blocks: [
    { kind: 'heading', level: 2, text: EVIL },
    { kind: 'paragraph', text: EVIL },
    { kind: 'list', ordered: false, items: [EVIL] },
    { kind: 'table', header: [EVIL], rows: [[EVIL]] },
    { kind: 'quote', text: EVIL, source: EVIL, issuedAt: EVIL },
    { kind: 'picture', sha256: 'a'.repeat(64), alt: EVIL },
    { kind: 'attachment', sha256: 'a'.repeat(64), name: EVIL },
  ],
  metadata: {
    ...{ documentNumber: EVIL, formedOn: EVIL, disclosurePeriod: EVIL, audienceScope: EVIL },
    ...{ section: EVIL, subjectClass: EVIL, genreClass: EVIL, validity: EVIL, summary: EVIL },
    ...{ keywords: [EVIL], source: EVIL, contact: EVIL },
  },
  entries: [{ unit: EVIL, level: 'county', detail: EVIL }],
}
const HOLES = {
  ...{ 'index-number': '<script>&"', 'published-at': '<script>&"' },
  ...{ 'public-url': 'https://example.test/', 'unsubscribe-url': 'https://example.test/' },
}
const ACTS = ['publish', 'amend', 'withdraw'] as const

function expectHarmless(html: string) {
  expect(html).not.toMatch(/<script|<img src=x|onerror='y'|alert\("1"\)|&#60;b/i)
}

const tools = new Proxy({}, { get: () => undefined }) as Toolbox

describe.each(ACTS)('%s', (act) => {
  const input: RenderInput = { ...HOSTILE, act }

  it('disclosure-portal: the article, its holes and its notice of withdrawal', () => {
    const { payload } = disclosurePortal.create({}, tools).render(input)
    const html = assemble(filledFields(payload, HOLES)) ?? ''
    expect(html).toContain('&lt;script&gt;')
    expectHarmless(html)
  })

  it('email: the HTML alternative', () => {
    const choices = { attachmentBytesMax: 1_000, publicLink: true, unsubscribe: true }
    const { payload } = renderLetter(input, choices)
    const { html = '' } = filledFields(payload, HOLES)
    expect(html).toContain('&lt;script&gt;')
    expectHarmless(html)
  })

  it.each(PROFILE_NAMES)(
    'http-publish %s: every field the platform shows as HTML',
    async (name) => {
      const { channel } = await openRoad(name)
      const fields = filledFields(channel.render(input).payload, HOLES)
      const asHtml = name === 'wordpress' ? ['title', 'summary', 'body'] : ['body']
      for (const field of asHtml) expectHarmless(fields[field] ?? '')
      expect(fields['body']).toContain('&lt;script&gt;')
    },
  )
})

describe('on the wire', () => {
  const { title, summary } = { title: EVIL, summary: EVIL }
  const send = async (name: ProfileName) => {
    const road = await openRoad(name)
    const outcome = await road.publish({
      ...{ title, metadata: { summary }, blocks: [{ kind: 'paragraph', text: EVIL }] },
    })
    expect(outcome.kind).toBe('accepted')
    const bodies = road.platform.calls().map((call) => call.body.toString('utf8'))
    return { road, sent: bodies.filter((body) => body.includes('script')) }
  }

  it('AtomPub: the entry is well formed, its title and summary are the text itself', async () => {
    const { sent } = await send('atompub')
    expect(sent).toHaveLength(1)
    const [xml = ''] = sent
    expect(XMLValidator.validate(xml)).toBe(true)
    expectHarmless(xml)
    const { entry } = new XMLParser({ htmlEntities: true }).parse(xml)
    expect(entry.title).toBe(title)
    expectHarmless(String(entry.content))
  })

  it('WordPress: no field of the post is markup somebody typed', async () => {
    const { sent } = await send('wordpress')
    const [post] = sent.map((body) => JSON.parse(body))
    for (const field of ['title', 'content', 'excerpt']) {
      expect(post[field]).toContain('&lt;script&gt;')
      expectHarmless(post[field])
    }
  })

  it('JSON: nothing breaks out of its string', async () => {
    const { road, sent } = await send('service-network')
    for (const body of sent) expect(() => JSON.parse(body)).not.toThrow()
    expect(road.platform.documents()[0]?.title).toBe(title)
    expectHarmless(String(road.platform.documents()[0]?.body))
  })
})
