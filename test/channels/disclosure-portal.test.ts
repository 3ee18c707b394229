/** The portal's adapter through the conformance suite, over real pages in a real database. */
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Pages } from '../../channels/channel.ts'
import { disclosurePortal } from '../../channels/disclosure-portal.ts'
import { TITLE_CHARACTERS_MAX } from '../../src/domain/bulletin.ts'
import { createPages } from '../../src/portal/pages.ts'
import { connect } from '../../src/store/connect.ts'
import { storePages } from '../../src/store/pages.ts'
import {
  batchFor,
  NOW,
  openChannel,
  renderInput,
  type Seeded,
  seededPortal,
} from '../portal/seeded.ts'
import type { Counterpart, Fault } from './conformance-kit.ts'
import { keepsContract } from './keeps-contract.ts'
import { SAMPLE_INPUT } from './sample.ts'

let seeded: Seeded
let owner: Client
beforeAll(async () => {
  seeded = await seededPortal()
  owner = new Client({ connectionString: seeded.ownerUrl })
  await owner.connect()
  await owner.query(
    `insert into bulletin (agency_id, id, category_id, mode, level, origin, title, author_id, created_at)
      overriding system value
      select agency_id, $1, 'notice', 'earnest', 'routine', 'hub', '', id, now()
        from person where agency_id = $2`,
    [SAMPLE_INPUT.bulletinId, SAMPLE_INPUT.agency.id],
  )
})
afterAll(async () => {
  await owner.end()
  await seeded.close()
})

/** One fault around the real pages: what a lost connection does before, during and after a write. */
function faulty(pages: Pages, fault: Fault, taken: string[]): Pages {
  return {
    ...pages,
    async put(page) {
      if (fault === 'drop-before-body') throw new Error('connection lost')
      if (fault === 'stall') return new Promise(() => undefined)
      const kept = await pages.put(page)
      taken.push(`${page.path} ${kept.etag}`)
      if (fault === 'drop-after-body') throw new Error('connection lost')
      return kept
    },
  }
}

async function counterpart(fault: Fault): Promise<Counterpart> {
  await owner.query('delete from page')
  const taken: string[] = []
  const target = fault === 'down' ? connect('postgres://nobody@127.0.0.1:1/nothing') : undefined
  const store = target ? storePages(target.db) : seeded.store
  const pages = createPages({ store, publicUrl: () => 'http://portal.test', practice: false })
  if (fault === 'refuse') await withdrawSample(pages)
  return {
    settings: {},
    pages: faulty(pages, fault, taken),
    taken: () => taken,
    stop: () => target?.close() ?? Promise.resolve(),
  }
}

async function withdrawSample(pages: Pages): Promise<void> {
  const { agency, bulletinId } = SAMPLE_INPUT
  const path = `/item/${bulletinId}`
  await pages.tombstone({ agencyId: agency.id, path, html: '<article></article>', at: NOW })
}

keepsContract({
  adapter: disclosurePortal,
  addresses: ['disclosure-portal'],
  counterpart(fault) {
    if (fault === 'retry') return { impossible: '自己的页面库不会要求稍后再来' }
    if (fault === 'garbage') return { impossible: '页面库与本程序同在，不会答非所问' }
    return counterpart(fault)
  },
  secrets: {},
  wrongSettings: [
    { settings: { folder: '/tmp', theme: 'red' }, fields: ['folder', 'theme'] },
    { settings: 'page', fields: ['settings'] },
  ],
  overLimit: (payload) => ({
    ...payload,
    fields: { ...payload.fields, title: ['长'.repeat(TITLE_CHARACTERS_MAX + 1)] },
  }),
})

describe('what only the portal has', () => {
  const { signal } = new AbortController()
  const input = () => renderInput({ agencyId: seeded.own, bulletinId: 42, categoryId: 'notice' })

  it('a person cannot write a tag, an attribute or a link into the article', () => {
    const evil = `"><script>alert(1)</script><img src=x onerror='x'>`
    const channel = openChannel(seeded.pages)
    const fields = channel.render({
      ...input(),
      title: evil,
      level: 'red',
      blocks: [
        { kind: 'paragraph', text: evil },
        { kind: 'heading', level: 2, text: evil },
        { kind: 'list', ordered: false, items: [evil] },
        { kind: 'table', header: [evil], rows: [[evil]] },
        { kind: 'quote', text: evil, source: evil, issuedAt: evil },
        { kind: 'picture', sha256: `${evil}${'0'.repeat(64)}`, alt: evil },
        { kind: 'picture', sha256: 'a'.repeat(64), alt: evil },
        { kind: 'attachment', sha256: 'javascript:alert(1)', name: evil },
      ],
      attachments: [{ sha256: 'b'.repeat(64), name: `../../${evil}`, mediaType: evil, bytes: 3 }],
      metadata: { source: evil, summary: evil, keywords: [evil], section: evil, contact: evil },
      entries: [{ unit: evil, detail: evil }],
      act: 'amend',
      reason: evil,
    }).payload.fields
    const html = Object.entries(fields).flatMap(([name, field]) => (name === 'title' ? [] : field))
    const text = html.filter((segment) => typeof segment === 'string').join('')
    expect(text).not.toMatch(/<script|<img src=x|onerror='|javascript:alert\(1\)"/)
    expect(text.match(/<img /g)).toHaveLength(1)
    expect(text).not.toMatch(/(?:href|src)="[^"]*\.\.\//)
  })

  it('a value that fills a hole is escaped too', async () => {
    await counterpart('none')
    const batch = batchFor(openChannel(seeded.pages), input(), NOW)
    const fields = { ...batch.fields, 'index-number': '<b>1</b>' }
    await openChannel(seeded.pages).send({ ...batch, fields }, signal)
    const page = await seeded.store.read({ agencyId: seeded.own, path: '/item/42' })
    expect(String(page?.html && Buffer.from(page.html))).toContain('&lt;b&gt;1&lt;/b&gt;')
  })

  it('after a crash the page itself tells whether a correction was written', async () => {
    await counterpart('none')
    const channel = openChannel(seeded.pages)
    const publish = batchFor(channel, input(), NOW)
    expect(await channel.reconcile?.(publish, signal)).toMatchObject([{ kind: 'retry' }])
    await channel.send(publish, signal)
    expect(await channel.reconcile?.(publish, signal)).toMatchObject([{ kind: 'accepted' }])
    const amend = batchFor(channel, { ...input(), act: 'amend', reason: '笔误' }, NOW)
    expect(await channel.reconcile?.(amend, signal)).toMatchObject([{ kind: 'retry' }])
    await channel.update?.(amend, signal)
    expect(await channel.reconcile?.(amend, signal)).toMatchObject([{ kind: 'accepted' }])
    const withdraw = batchFor(channel, { ...input(), act: 'withdraw', reason: '撤销' }, NOW)
    expect(await channel.reconcile?.(withdraw, signal)).toMatchObject([{ kind: 'retry' }])
    await channel.retract?.(withdraw, signal)
    expect(await channel.reconcile?.(withdraw, signal)).toMatchObject([{ kind: 'accepted' }])
  })

  it('does not number an exercise, marks it, and warns of what is not to be public', () => {
    const channel = openChannel(seeded.pages)
    const exercise = channel.render({ ...input(), mode: 'exercise' }).payload
    expect(exercise.fields['index-number']).toEqual(['不编号'])
    expect(exercise.fields['title']).toEqual([`【演练】${input().title}`])
    const withheld = channel.render({ ...input(), metadata: { disclosureMode: 'withheld' } })
    expect(withheld.losses).toHaveLength(1)
  })
})
