/** The public pages in a real Chromium, over a real socket: no script, no complaint on the console,
 *  readable on a phone and by keyboard, and small enough for the first flight of packets. */
import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Item, type Seeded, seededPortal } from './seeded.ts'
import { type Story, tellStory } from './story.ts'

const CHROMIUM = '/usr/bin/chromium'
const missing = !existsSync(CHROMIUM)
if (missing) console.log(`skipped: the portal in a browser needs ${CHROMIUM} (apt: chromium)`)

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const FIRST_VIEW_BYTES_MAX = 14 * 1024

describe.skipIf(missing)('the portal in a browser', () => {
  let seeded: Seeded
  let story: Story
  let server: ServerType
  let browser: Browser
  let origin: string
  beforeAll(async () => {
    seeded = await seededPortal()
    story = await tellStory(seeded)
    server = serve({ fetch: seeded.portal.fetch, port: 0, hostname: '127.0.0.1' })
    await new Promise((resolve) => server.once('listening', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    // Without a locale Chromium cannot name a file in Chinese.
    const env = { ...process.env, LC_ALL: 'C.UTF-8' }
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS, env })
  })
  afterAll(async () => {
    await browser?.close()
    server?.close()
    await seeded?.close()
  })

  const at = (item: Item) => `/item/${item.bulletinId}`
  const paths = () => ({
    ...{ '/': 200, '/list/notice': 200, '/list/notice?page=2': 200, '/nothing/here': 404 },
    ...{ [at(story.full)]: 200, [at(story.corrected)]: 200, [at(story.warning)]: 200 },
    ...{ [at(story.withdrawn)]: 410, [at(story.stopped)]: 410, [at(story.exercise)]: 200 },
  })

  async function open(width: number, look: (page: Page) => Promise<void>): Promise<void> {
    const page = await browser.newPage({ viewport: { width, height: 844 } })
    try {
      await look(page)
    } finally {
      await page.close()
    }
  }

  it.each([1280, 390])('%i px: no script, no complaint, no sideways scrolling', async (width) => {
    await open(width, async (page) => {
      const complaints: string[] = []
      // Chromium reports the status of the page itself as an error; that one is asked for.
      page.on('console', (message) => {
        if (!/status of (404|410)/.test(message.text())) complaints.push(message.text())
      })
      page.on('pageerror', (error) => complaints.push(String(error)))
      for (const [path, status] of Object.entries(paths())) {
        const answer = await page.goto(origin + path)
        expect(answer?.status(), path).toBe(status)
        expect(await page.locator('script').count(), path).toBe(0)
        expect(await page.locator('h1').count(), path).toBe(1)
        for (const landmark of ['banner', 'main', 'contentinfo'] as const)
          expect(await page.getByRole(landmark).count(), `${path} ${landmark}`).toBe(1)
        const wide = await page.evaluate('document.documentElement.scrollWidth')
        expect(wide, path).toBeLessThanOrEqual(width)
      }
      expect(complaints).toEqual([])
    })
  })

  it('the first key leads past the navigation', async () => {
    await open(390, async (page) => {
      await page.goto(origin + at(story.full))
      await page.keyboard.press('Tab')
      const skip = page.getByRole('link', { name: '跳到正文' })
      expect(await page.evaluate('document.activeElement.className')).toBe('skip')
      expect((await skip.boundingBox())?.x).toBeGreaterThanOrEqual(0)
      await page.keyboard.press('Enter')
      expect(await page.evaluate('document.activeElement.id')).toBe('main')
    })
  })

  it('a line holds at most 38 characters of 18 px', async () => {
    await open(1280, async (page) => {
      await page.goto(origin + at(story.full))
      const body = page.locator('.body p').nth(1)
      const size = await page.evaluate(
        "getComputedStyle(document.querySelector('.body p')).fontSize",
      )
      expect(size).toBe('18px')
      expect((await body.boundingBox())?.width).toBeLessThanOrEqual(38 * 18)
    })
  })

  it('the first view of an item fits into 14 KB, uncompressed', async () => {
    await open(390, async (page) => {
      const bodies: Promise<Buffer>[] = []
      page.on('response', (answer) => {
        if (/\/attachment\//.test(answer.url())) return
        bodies.push(answer.body())
      })
      await page.goto(origin + at(story.full), { waitUntil: 'networkidle' })
      const sizes = (await Promise.all(bodies)).map((body) => body.length)
      const bytes = sizes.reduce((sum, size) => sum + size, 0)
      expect(sizes.length).toBeGreaterThanOrEqual(2)
      expect(bytes).toBeLessThanOrEqual(FIRST_VIEW_BYTES_MAX)
    })
  })

  it('pictures are shown and files are saved under their names', async () => {
    await open(1280, async (page) => {
      await page.goto(origin + at(story.full))
      const picture = page.getByRole('img', { name: '整治流程图' })
      await picture.scrollIntoViewIfNeeded()
      await expect
        .poll(() => page.evaluate("document.querySelector('.body img').naturalWidth"))
        .toBe(1)
      const saving = page.waitForEvent('download')
      await page.getByRole('link', { name: /名单\.pdf$/ }).click()
      expect((await saving).suggestedFilename()).toBe('2026年安全生产隐患挂牌整治单位名单.pdf')
    })
  })

  it('a reader walks from home through a column to an item and back', async () => {
    await open(1280, async (page) => {
      await page.goto(`${origin}/`)
      await page.getByRole('link', { name: '通知公告' }).click()
      await page.getByRole('link', { name: '下一页' }).click()
      await page
        .getByRole('link', { name: /^第\d+期/ })
        .first()
        .click()
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toMatch(/^第\d+期/)
      await page.getByRole('link', { name: '首页' }).first().click()
      expect(new URL(page.url()).pathname).toBe('/')
    })
  })

  it('the feed is well-formed', async () => {
    await open(390, async (page) => {
      const feed = await (await seeded.portal.request('/feed.atom')).text()
      const parse = `new DOMParser().parseFromString(${JSON.stringify(feed)}, 'application/xml')`
      expect(await page.evaluate(`${parse}.querySelector('parsererror') === null`)).toBe(true)
      expect(await page.evaluate(`${parse}.querySelectorAll('entry').length`)).toBeGreaterThan(10)
    })
  })
})
