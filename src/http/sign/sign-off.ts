/** `/sign`: review and sign-off on a phone, as pages that need no script. Looking changes nothing; every act asks
 *  for the person's own PIN; whatever is thrown becomes a page that says what was not done. */
import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { html } from 'hono/html'
import { describe, type RefusalCode, Refused } from '../../domain/refusal.ts'
import { halves, STATUS } from '../errors.ts'
import { actPages } from './acts.ts'
import { bulletinPage } from './bulletin.ts'
import { pageFor, type SignOffContext } from './context.ts'
import { markup } from './frame.ts'
import { guard, type SignOffEnv } from './guard.ts'
import { listPage } from './list.ts'
import { readingPages } from './reading.ts'
import type { SignOffSettings } from './settings.ts'
import { severalPages } from './several.ts'
import { signInPages } from './sign-in.ts'
import { linkPages } from './sign-link.ts'
import { stopPages } from './stop.ts'
import { ICON, STYLE } from './style.ts'

export function signOffRoutes(settings: SignOffSettings): Hono<SignOffEnv> {
  const pages = new Hono<SignOffEnv>()
  pages.use('/sign', guard(settings))
  pages.use('/sign/*', guard(settings))
  pages.get('/sign/style/:name', (c) => asset(c, STYLE, 'text/css; charset=utf-8'))
  pages.get('/sign/icon.svg', (c) => asset(c, ICON, 'image/svg+xml'))
  listPage(pages, settings)
  signInPages(pages, settings)
  severalPages(pages, settings)
  linkPages(pages, settings)
  bulletinPage(pages, settings)
  readingPages(pages, settings)
  actPages(pages, settings)
  stopPages(pages, settings)
  pages.onError((error, c) => faultPage(c, settings, error))
  return pages
}

/** The same for everybody, under a name that changes with it. */
function asset(c: SignOffContext, body: string, type: string): Response {
  return c.body(body, 200, {
    ...{ 'content-type': type, 'cache-control': 'public, max-age=86400' },
    'x-content-type-options': 'nosniff',
  })
}

/** Where somebody is led from a refusal, and under which words. */
const AGAIN: Partial<Record<RefusalCode, string>> = {
  'changed-since-shown': '重新打开看最新的',
  'not-latest-revision': '重新打开看最新的',
  'audience-changed': '重新打开看最新的',
  'pin-wrong': '返回再试一次',
  'pin-missing': '设置签发 PIN',
  'pin-locked': '用密码重新设置 PIN',
  'not-signed-in': '重新登录',
}

function faultPage(c: SignOffContext, settings: SignOffSettings, error: Error): Response {
  const refused = error instanceof Refused
  const code = refused ? error.refusal.code : 'unforeseen'
  const traceId = randomUUID()
  if (!refused) settings.log.error({ err: error, trace_id: traceId }, 'sign-off')
  const { title } = halves(code)
  const said = refused ? describe(error.refusal) : `${describe({ code })}：${traceId}`
  // A fault may come after the commit: nothing is said that is not known.
  const nothing = refused && c.req.method === 'POST' ? '这一次没有办理任何事项。' : ''
  const main =
    markup(html`<h1>${title}</h1><section class="box"><p role="alert">${said}。</p><p><b>${nothing}</b></p></section>
<p><a class="button" href="${wayOut(c, code)}">${AGAIN[code] ?? '返回'}</a></p>`)
  return pageFor(c, settings, { title, main, status: STATUS[code] })
}

function wayOut(c: SignOffContext, code: RefusalCode): string {
  const { pathname } = new URL(c.req.url)
  if (code === 'pin-missing' || code === 'pin-locked') return `/sign/pin?next=${pathname}`
  if (code === 'not-signed-in') return `/sign/sign-in?next=${pathname}`
  const [bulletin] = /^\/sign\/\d+/.exec(pathname) ?? []
  if (code === 'pin-wrong' && bulletin) return pathname
  return bulletin && code !== 'not-found' && code !== 'not-allowed' ? bulletin : '/sign/'
}
