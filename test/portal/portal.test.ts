/** The public pages over HTTP: what is served, what is kept by whom, and what is gone at once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Item, NOW, PUBLIC_URL, type Seeded, seededPortal } from './seeded.ts'
import { type Story, tellStory } from './story.ts'

let seeded: Seeded
let story: Story
beforeAll(async () => {
  seeded = await seededPortal()
  story = await tellStory(seeded)
})
afterAll(() => seeded.close())

async function get(path: string, init: RequestInit = {}): Promise<Response> {
  return seeded.portal.request(`http://evil.test${path}`, init)
}
const text = async (path: string) => (await get(path)).text()
const at = (item: Item) => `/item/${item.bulletinId}`

describe('an item', () => {
  it('has its metadata block, page tags, list and files', async () => {
    const html = await text(at(story.full))
    const names = ['索引号', '文号', '发布机构', '公开责任部门', '成文日期', '发布日期', '公开方式']
    const more = ['公开时限', '公开范围', '主题分类', '体裁分类', '有效性', '信息来源', '关键词']
    for (const name of [...names, ...more]) expect(html).toContain(`<dt>${name}</dt>`)
    const tags = ['SiteName', 'ArticleTitle', 'PubDate', 'ColumnName', 'ContentSource', 'Keywords']
    const head = html.slice(0, html.indexOf('</head>'))
    for (const tag of tags) expect(head).toContain(`<meta name="${tag}" content="`)
    expect(html.match(/<meta name="ContentSource"/g)).toHaveLength(1)
    expect(html).toContain('名单（3 家）')
    expect(html).toContain('PDF，180 KB')
    expect(html).toContain(`${PUBLIC_URL}${at(story.full)}`)
    expect(html).not.toContain('evil.test')
    expect(html).not.toMatch(/<script|<form|style="/)
  })

  it('answers 304 from the stored ETag, and HEAD without a body', async () => {
    const first = await get(at(story.full))
    const etag = first.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[0-9a-f-]+"$/)
    for (const header of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const again = await get(at(story.full), { headers: { 'if-none-match': header } })
      expect(again.status).toBe(304)
      expect(again.headers.get('etag')).toBe(etag)
      expect(await again.text()).toBe('')
    }
    const other = await get(at(story.full), { headers: { 'if-none-match': '"x"' } })
    expect(other.status).toBe(200)
    const head = await get(at(story.full), { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(head.headers.get('content-length')).toBe(first.headers.get('content-length'))
  })

  it('a 304 reads no bytes of the page', async () => {
    const etag = (await get(at(story.full))).headers.get('etag') ?? ''
    const read = () => Promise.reject(new Error('the bytes were read'))
    const portal = seeded.portalWith({ store: { ...seeded.store, read } })
    const answer = await portal.request(at(story.full), { headers: { 'if-none-match': etag } })
    expect(answer.status).toBe(304)
    expect((await portal.request(at(story.full))).status).toBe(503)
  })

  it('a correction is visible and dated, and keeps the day of publication', async () => {
    const html = await text(at(story.corrected))
    expect(html).toContain('更正说明：')
    expect(html).toMatch(/2026-11-22 08:00<\/time> 发布.*2026-11-24 08:00<\/time> 更正/)
    expect(await text('/list/penalty')).toContain('［已更正］')
  })

  it('a withdrawal keeps the address, gives the reason and drops title and text', async () => {
    const answer = await get(at(story.withdrawn))
    const html = await answer.text()
    expect(answer.status).toBe(410)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(html).toContain('依法撤销')
    expect(html).not.toContain('某公司')
    expect(await text('/list/exposure')).not.toContain('某公司')
  })

  it('a stop hides it at once, also from whoever has the bytes already', async () => {
    const item = await seeded.bulletin()
    await seeded.send(item, { title: '将被停发的信息' })
    const etag = (await get(at(item))).headers.get('etag') ?? ''
    await seeded.stop(item)
    const answer = await get(at(item), { headers: { 'if-none-match': etag } })
    const html = await answer.text()
    expect(answer.status).toBe(410)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(html).toContain('本信息已停止发布')
    for (const page of [
      html,
      await text('/'),
      await text('/list/notice'),
      await text('/feed.atom'),
    ])
      expect(page).not.toContain('将被停发的信息')
  })

  it('an exercise is marked, unlisted and not for search engines', async () => {
    const answer = await get(at(story.exercise))
    expect(await answer.text()).toContain('【演练】这是一次演练')
    expect(answer.headers.get('x-robots-tag')).toContain('noindex')
    for (const path of ['/', '/list/warning', '/feed.atom'])
      expect(await text(path)).not.toContain('演练')
  })

  it('hostile titles stay text', async () => {
    const titles = ['<script>alert(1)</script>', `" onload='x'`, '\u202e反向', '长'.repeat(5000)]
    for (const title of titles) {
      const item = await seeded.bulletin()
      await seeded.send(item, { title })
      for (const path of [at(item), '/', '/list/notice', '/feed.atom']) {
        const page = await text(path)
        expect(page).not.toMatch(/<script|" onload=/)
      }
      expect(await text(at(item))).toContain('<h1><bdi>')
    }
  })
})

describe('an attachment', () => {
  const link = async () => {
    const href = /href="([^"]*\/attachment\/[^"]*)"/.exec(await text(at(story.full)))?.[1]
    return `/item/${href}`
  }

  it('is handed out with its type, size and name, and known by its hash', async () => {
    const path = await link()
    const answer = await get(path)
    expect(answer.headers.get('content-type')).toBe('application/pdf')
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename\*=UTF-8''2026/)
    expect(answer.headers.get('content-security-policy')).toContain('sandbox')
    expect((await answer.arrayBuffer()).byteLength).toBe(184_320)
    const etag = answer.headers.get('etag') ?? ''
    const again = await get(path, { headers: { 'if-none-match': etag } })
    expect(again.status).toBe(304)
  })

  it('is not there under another name, another item, or beside its folder', async () => {
    const path = await link()
    const other = path.replace(at(story.full), at(story.corrected))
    const renamed = path.replace(/[^/]+$/, 'setup.exe')
    const paths = [other, renamed, path.replace(/[0-9a-f]{64}/, 'f'.repeat(64))]
    const climbing = ['..%2f..%2fpackage.json', '%2e%2e/%2e%2e/x', '..%5c..%5cx', '%00']
    for (const wrong of [...paths, ...climbing.map((name) => path.replace(/[^/]+$/, name))])
      expect((await get(wrong)).status).toBe(404)
  })

  it('that no page links to is not there, nor is one of a stopped page', async () => {
    const file = { content: Buffer.from('draft'), mediaType: 'text/html', at: NOW }
    const { sha256, bytes } = await seeded.blobs(seeded.own).put(file)
    const item = await seeded.bulletin()
    const path = `${at(item)}/attachment/${sha256}/a%27b.html`
    expect((await get(path)).status).toBe(404)
    const attachments = [{ sha256, bytes, name: "a'b.html", mediaType: file.mediaType }]
    await seeded.send(item, { attachments })
    const answer = await get(path)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/octet-stream')
    await seeded.stop(item)
    expect((await get(path)).status).toBe(404)
  })
})

describe('around the items', () => {
  it('the home page says what is in force, and plainly when nothing is', async () => {
    expect(await text('/')).toContain('橙色预警 Ⅱ')
    const later = () => new Date(NOW.getTime() + 30 * 86_400_000)
    const answer = await seeded.portalWith({ now: later }).request('/')
    expect(await answer.text()).toContain('当前无生效预警')
  })

  it('a column has its pages, years and count, each at an address', async () => {
    const first = await text('/list/work-news')
    expect(first).toContain('共 15 条')
    const notices = await text('/list/notice?year=2025')
    expect(notices).toContain('aria-current="true">2025')
    const second = await get('/list/notice?page=2')
    expect(second.status).toBe(200)
    expect(await second.text()).toContain('aria-current="page">2')
  })

  it.each([
    '/list/nothing',
    '/list/..%2f..%2fx',
    '/list/notice?page=0',
    '/list/notice?page=999999999999',
    '/list/notice?page=99',
    '/list/notice?page=-1',
    '/list/notice?page=x',
    "/list/notice?year=1'%20or%201=1",
    '/list/notice?year=1900',
    '/feed.atom?category=nothing',
    '/item/0',
    '/item/99999999',
    '/item/1e5',
    '/item/99999999999999999999',
    '/nothing/at/all',
  ])('%s is not there, in plain words', async (path) => {
    const answer = await get(path)
    expect(answer.status).toBe(404)
    expect(await answer.text()).toContain('没有找到这个页面')
  })

  it('refuses to be written to, and says nothing of a fault', async () => {
    expect((await get('/', { method: 'POST' })).status).toBe(405)
    const faults: unknown[] = []
    const list = () => Promise.reject(new Error('password=secret'))
    const portal = seeded.portalWith({
      store: { ...seeded.store, list },
      onFault: (error) => void faults.push(error),
    })
    const answer = await portal.request('/')
    expect(answer.status).toBe(503)
    expect(await answer.text()).not.toContain('secret')
    expect(faults).toHaveLength(1)
  })

  it('every page has the strict headers and, in practice, the banner', async () => {
    const portal = seeded.portalWith({ practice: true })
    for (const path of ['/', '/list/notice', '/nothing']) {
      const answer = await portal.request(path)
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
      expect(await answer.text()).toContain('【练习模式】')
    }
    expect(await text('/')).not.toContain('【练习模式】')
  })

  it('an older hash of the stylesheet still gets a stylesheet', async () => {
    const present = /href="\.\/(style\/[^"]+)"/.exec(await text('/'))?.[1]
    expect((await get(`/${present}`)).headers.get('cache-control')).toContain('immutable')
    const older = await get('/style/0123456789abcdef.css')
    expect(older.headers.get('content-type')).toContain('text/css')
    expect(older.headers.get('cache-control')).not.toContain('immutable')
  })
})
