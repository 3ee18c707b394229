/** The phone's pages in a real Chromium at a phone's and a desk's width: three people walk by role and label, by
 *  taps and by keys alone; targets are large enough, nothing scrolls sideways, nothing complains. */
import { existsSync, mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'
import {
  type Browser,
  type BrowserContext,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addPhones, text } from '../../support/bureau.ts'
import { NOTICE_BODY, openPhone, type Phone, PIN } from './phone.ts'

const CHROMIUM = '/usr/bin/chromium'
const missing = !existsSync(CHROMIUM)
if (missing) console.log(`skipped: sign-off in a browser needs ${CHROMIUM} (apt: chromium)`)

const ARGUMENTS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]
/** Kept where somebody asks for them, to be looked at. */
const SHOTS = process.env.DUOLING_TEST_SHOTS
const TARGET_PX_MIN = 48
const PHONE = { width: 375, height: 812 }
const DESK = { width: 1280, height: 900 }

describe.skipIf(missing)('sign-off in a browser', { timeout: 120_000 }, () => {
  let phone: Phone
  let server: ServerType
  let browser: Browser
  let origin: string
  beforeAll(async () => {
    phone = await openPhone({ practice: true })
    await addPhones(phone.desk.bureau, 216)
    await addPhones(phone.desk.bureau, 3, { audience: 'media', from: 900, forExercise: true })
    await phone.enter('lu', ['secrecy-reviewer'])
    await phone.enter('qian', ['leader'])
    await phone.enter('zhou', ['leader'])
    await phone.desk.enter('xu', ['leader'])
    server = serve({ fetch: phone.routes.fetch, port: 0, hostname: '127.0.0.1' })
    await new Promise((resolve) => server.once('listening', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const env = { ...process.env, LC_ALL: 'C.UTF-8' }
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS, env })
    if (SHOTS) mkdirSync(SHOTS, { recursive: true })
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    server?.close()
    await phone?.close()
  })

  interface Look {
    readonly as?: string
    readonly viewport?: { readonly width: number; readonly height: number }
    readonly dark?: boolean
  }

  /** Every page that is opened must be without complaint to the end. */
  async function open(
    { as, viewport = PHONE, dark = false }: Look,
    walk: (page: Page, see: (name: string) => Promise<void>) => Promise<void>,
  ): Promise<void> {
    const context = await browser.newContext({
      ...{ viewport, locale: 'zh-CN', hasTouch: viewport === PHONE },
      colorScheme: dark ? 'dark' : 'light',
    })
    context.setDefaultTimeout(60_000)
    const complaints: string[] = []
    try {
      if (as) await context.addCookies([cookieOf(as)])
      const page = await context.newPage()
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(String(error)))
      await walk(page, (name) => look(page, `${name}-${viewport.width}${dark ? '-dark' : ''}`))
    } finally {
      await context.close()
    }
    // Chromium reports the status of a refusal's page as an error; that one is asked for.
    expect(complaints.filter((one) => !/status of 4\d\d/.test(one))).toEqual([])
  }

  function cookieOf(as: string): Parameters<BrowserContext['addCookies']>[0][number] {
    const [name = '', value = ''] = phone.desk.cookieOf(as).split('=')
    return { name, value, url: origin }
  }

  /** To the next page: a look in between would meet the old one as it goes. */
  async function tapOn(page: Page, target: Locator): Promise<void> {
    await Promise.all([page.waitForEvent('load'), target.tap()])
  }

  async function look(page: Page, name: string): Promise<void> {
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true })
    const width = page.viewportSize()?.width ?? 0
    expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(
      width,
    )
    expect(await page.locator('script').count(), name).toBe(0)
    expect(await page.locator('h1').count(), name).toBe(1)
    expect(await page.getByRole('main').count(), name).toBe(1)
    const small: unknown = await page.evaluate(SMALL_TARGETS)
    expect(small, name).toEqual([])
    expect(await page.evaluate(UNLABELLED), name).toEqual([])
  }

  /** A box or a circle counts with the label one taps. */
  const SMALL_TARGETS = `[...document.querySelectorAll('a,button,summary,textarea,input:not([type=hidden])')]
    .map((one) => /^(checkbox|radio)$/.test(one.type) ? one.closest('label') : one)
    .filter((one) => one.checkVisibility())
    .map((one) => ({ text: one.textContent.trim().slice(0, 30), box: one.getBoundingClientRect() }))
    .filter(({ box }) => box.height < ${TARGET_PX_MIN} - 0.5 || box.width < ${TARGET_PX_MIN} - 0.5)
    .map(({ text, box }) => text + ' ' + Math.round(box.width) + '×' + Math.round(box.height))`
  const UNLABELLED = `[...document.querySelectorAll('textarea,input:not([type=hidden])')]
    .filter((one) => one.checkVisibility() && one.labels.length === 0).map((one) => one.name)`

  const draft = (title: string, more: object = {}) =>
    phone.handedIn({ title, content: text(title, NOTICE_BODY), ...more })

  it('the way in, the PIN, three taps and the PIN again, by a finger', async () => {
    await draft('关于开展冬季危险化学品企业安全检查的通知')
    await open({}, async (page, see) => {
      await page.goto(`${origin}/sign/`)
      await see('sign-in')
    })
    await open({ as: 'lu' }, async (page, see) => {
      await page.goto(`${origin}/sign/`)
      await see('list-review')
      await tapOn(page, page.getByRole('link', { name: /冬季危险化学品/ }))
      await see('bulletin-review')
      await tapOn(page, page.getByRole('link', { name: '给出保密审查意见' }))
      await see('review')
      await page.getByLabel('签发 PIN').fill(PIN)
      await tapOn(page, page.getByRole('button', { name: '提交保密审查意见' }))
      await page.getByText('您已于').waitFor()
      await see('bulletin-reviewed')
    })
    await open({ as: 'qian' }, async (page, see) => {
      let taps = 0
      const tap = async (role: 'link' | 'button', name: string | RegExp) => {
        taps++
        await tapOn(page, page.getByRole(role, { name }))
      }
      await page.goto(`${origin}/sign/`)
      await see('list-sign')
      await tap('link', /冬季危险化学品/)
      await page.getByRole('group').first().locator('summary').tap()
      await see('bulletin-sign')
      await tap('link', '同意签发')
      await see('sign')
      await page.getByLabel('签发 PIN').fill(PIN)
      await tap('button', '确认签发')
      await page.getByText('您已于').waitFor()
      await see('bulletin-signed')
      expect(taps).toBe(3)
    })
  })

  it('by keys alone, at a desk', async () => {
    const title = '关于做好寒潮期间安全防范的通知'
    await draft(title)
    const press = async (page: Page, name: RegExp | string) => {
      for (let step = 0; step < 60; step++) {
        await page.keyboard.press('Tab')
        const focused = await page.evaluate(
          'document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent',
        )
        if (new RegExp(name).test(String(focused))) return
      }
      throw new Error(`no key leads to ${name}`)
    }
    const follow = async (page: Page) => {
      const { href } = new URL(page.url())
      await page.keyboard.press('Enter')
      await page.waitForURL((url) => url.href !== href)
    }
    await open({ as: 'lu', viewport: DESK }, async (page, see) => {
      await page.goto(`${origin}/sign/`)
      await press(page, title)
      await see('list-keys')
      await follow(page)
      await press(page, '给出保密审查意见')
      await follow(page)
      await press(page, '签发 PIN')
      await page.keyboard.type(PIN)
      await page.keyboard.press('Enter')
      await page.getByText('您已于').waitFor()
    })
    await open({ as: 'qian', viewport: DESK }, async (page, see) => {
      await page.goto(`${origin}/sign/`)
      await press(page, title)
      await follow(page)
      await press(page, '同意签发')
      await see('bulletin-keys')
      await follow(page)
      await press(page, '签发 PIN')
      await page.keyboard.type(PIN)
      await see('sign-keys')
      await page.keyboard.press('Enter')
      await page.getByText('您已于').waitFor()
    })
  })

  it('a red exercise is unmistakable, and refusals say what was not done', async () => {
    const title = '【台风】沿江企业立即停工撤人'
    const made = await draft(title, { level: 'red', mode: 'exercise' })
    const page = await phone.get(`/sign/${made.bulletinId}/review`, 'lu')
    await phone.send(page, 'lu', { pin: PIN })
    const red = await draft('危险化学品道路运输红色预警', { level: 'red' })
    await phone.send(await phone.get(`/sign/${red.bulletinId}/review`, 'lu'), 'lu', { pin: PIN })
    for (const dark of [false, true])
      await open({ as: 'qian', dark }, async (page, see) => {
        await page.goto(`${origin}/sign/`)
        await see('list-red')
        await tapOn(page, page.getByRole('link', { name: /沿江企业/ }))
        await page.getByText('【演练】这是一次演练').waitFor()
        await see('bulletin-exercise')
        await page.goto(`${origin}/sign/${red.bulletinId}/sign`)
        await see('sign-red')
        await page.getByLabel('签发 PIN').fill('850274')
        await page.getByLabel(/我知道这将通知/).check()
        await tapOn(page, page.getByRole('button', { name: '确认签发' }))
        await page.getByRole('alert').waitFor()
        await see('pin-wrong')
        await page.goto(`${origin}/sign/${red.bulletinId}/return`)
        await see('return')
        await page.goto(`${origin}/sign/pin`)
        await see('pin')
        await page.goto(`${origin}/sign/${red.bulletinId}/link`)
        await see('link')
        await page.goto(`${origin}/sign/${red.bulletinId}/channel/board`)
        await see('channel')
      })
    await open({ as: 'xu' }, async (page, see) => {
      await page.goto(`${origin}/sign/`)
      await see('list-no-pin')
      await page.goto(`${origin}/sign/${red.bulletinId}/sign`)
      await see('sign-no-pin')
    })
  })

  it('several in one sitting, then one of them is stopped', async () => {
    const titles = ['关于节前安全检查的通知', '关于应急演练安排的通知']
    for (const title of titles) {
      const made = await draft(title)
      const page = await phone.get(`/sign/${made.bulletinId}/review`, 'lu')
      await phone.send(page, 'lu', { pin: PIN })
    }
    for (const viewport of [PHONE, DESK])
      await open({ as: 'zhou', viewport }, async (page, see) => {
        await page.goto(`${origin}/sign/`)
        await see('list-several')
      })
    await open({ as: 'zhou' }, async (page, see) => {
      await page.goto(`${origin}/sign/`)
      for (const title of titles)
        await page.getByRole('listitem').filter({ hasText: title }).getByRole('checkbox').check()
      await tapOn(page, page.getByRole('button', { name: '选好的几条一起签发' }))
      await see('several')
      await page.getByLabel('签发 PIN').fill(PIN)
      await tapOn(page, page.getByRole('button', { name: '确认签发这 2 条' }))
      await page.getByText('2 条都已签发').waitFor()
      await see('several-result')
      await tapOn(page, page.getByRole('link', { name: titles[0] ?? '' }))
      await tapOn(page, page.getByRole('link', { name: '紧急停发' }))
      await see('stop')
      await page.getByLabel('内容有误').check()
      await page.getByLabel('签发 PIN').fill(PIN)
      await tapOn(page, page.getByRole('button', { name: '立即停发' }))
      await page.getByText('已紧急停发').waitFor()
      await see('stopped')
    })
  })

  it('nothing waits: the page says what that means', async () => {
    await phone.enter('feng', ['duty-officer'])
    await open({ as: 'feng' }, async (page, see) => {
      await page.goto(`${origin}/sign/`)
      await page.getByText('现在没有等您审查或签发的信息').waitFor()
      await see('list-empty')
    })
  })
})
