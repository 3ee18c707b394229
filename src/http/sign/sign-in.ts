/** The way in and out, and the PIN. Signing in with the password lets a locked PIN go on; setting one asks for
 *  the password again. */
import type { Hono } from 'hono'
import { html } from 'hono/html'
import { PASSWORD_CHARACTERS_MAX, PIN_DIGITS_MAX, PIN_DIGITS_MIN } from '../../domain/account.ts'
import { describe, Refused } from '../../domain/refusal.ts'
import { STATUS } from '../errors.ts'
import { actorOf, pageFor, type SignOffContext } from './context.ts'
import { type Markup, markup, NOTHING, notice } from './frame.ts'
import type { SignOffEnv } from './guard.ts'
import type { SignOffSettings } from './settings.ts'

const LOGIN_CHARACTERS_MAX = 60

export function signInPages(pages: Hono<SignOffEnv>, settings: SignOffSettings): void {
  const { accounts, pins, now } = settings
  pages.get('/sign/sign-in', (c) => signInPage(c, settings, { next: nextOf(c.req.query('next')) }))
  pages.post('/sign/sign-in', async (c) => {
    const form = c.get('form')
    const next = nextOf(form.get('next') ?? undefined)
    const login = (form.get('login') ?? '').slice(0, LOGIN_CHARACTERS_MAX)
    const password = (form.get('password') ?? '').slice(0, PASSWORD_CHARACTERS_MAX)
    try {
      const { identity, cookies } = await accounts.signIn({ login, password, at: now() })
      const { agencyId, person } = identity
      await pins.unlock({ agencyId, personId: person.id, at: now() })
      for (const cookie of cookies) c.header('set-cookie', cookie, { append: true })
      return c.redirect(next, 303)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return signInPage(c, settings, { next, login, refused: error })
    }
  })
  pages.post('/sign/sign-out', async (c) => {
    const cookies = await accounts.signOut(c.req.header('cookie') ?? '')
    for (const cookie of cookies) c.header('set-cookie', cookie, { append: true })
    return c.redirect('/sign/sign-in', 303)
  })
  pinPages(pages, settings)
}

const PAGE_HERE = /^\/sign\/(?:[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*)?(?:\?[A-Za-z0-9_.=&-]*)?$/

/** Only a page of this room: an address from outside, or one that climbs out, leads nowhere. */
function nextOf(written: string | undefined): string {
  const next = written ?? ''
  return PAGE_HERE.test(next) && !next.includes('..') ? next : '/sign/'
}

function signInPage(
  c: SignOffContext,
  settings: SignOffSettings,
  { next, login = '', refused }: { next: string; login?: string; refused?: Refused },
): Response {
  const main = markup(html`<h1>登录</h1>
${refused ? notice('bad', describe(refused.refusal)) : NOTHING}<form method="post" action="/sign/sign-in" class="box">
<input type="hidden" name="next" value="${next}">
<div class="field"><label for="login">登录名</label>
<input id="login" name="login" type="text" value="${login}" required maxlength="${LOGIN_CHARACTERS_MAX}" autocomplete="username" autocapitalize="none" spellcheck="false"></div>
<div class="field"><label for="password">密码</label>
<input id="password" name="password" type="password" required maxlength="${PASSWORD_CHARACTERS_MAX}" autocomplete="current-password"></div>
<button class="wide">登录</button></form>
<p class="small">登录 12 小时内有效；每次审查、签发仍要输入本人的签发 PIN。本系统禁止处理涉密信息。</p>`)
  const status = refused ? STATUS[refused.refusal.code] : 200
  return pageFor(c, settings, { title: '登录', main, status })
}

function pinPages(pages: Hono<SignOffEnv>, settings: SignOffSettings): void {
  const { accounts, pins, now } = settings
  pages.get('/sign/pin', (c) => pinPage(c, settings, nextOf(c.req.query('next'))))
  pages.post('/sign/pin', async (c) => {
    const form = c.get('form')
    const next = nextOf(form.get('next') ?? undefined)
    const { agencyId, personId, login } = actorOf(c)
    const pin = form.get('pin') ?? ''
    try {
      if (pin !== form.get('again')) throw new Refused({ code: 'weak-pin', detail: '两次输入不同' })
      const password = (form.get('password') ?? '').slice(0, PASSWORD_CHARACTERS_MAX)
      await accounts.check({ login, password, at: now() })
      await pins.set({ agencyId, personId, pin, at: now() })
      return c.redirect(next, 303)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return pinPage(c, settings, next, error)
    }
  })
}

async function pinPage(
  c: SignOffContext,
  settings: SignOffSettings,
  next: string,
  refused?: Refused,
): Promise<Response> {
  const { agencyId, personId, login } = actorOf(c)
  const state = await settings.pins.state(agencyId, personId)
  const title = state === 'none' ? '设置签发 PIN' : '更换签发 PIN'
  const main = markup(html`<h1>${title}</h1>
${refused ? notice('bad', describe(refused.refusal)) : NOTHING}${state === 'locked' ? notice('bad', '签发 PIN 已锁定：设置新的 PIN 后就能继续办理。') : NOTHING}<form method="post" action="/sign/pin" class="box">
<input type="hidden" name="csrf" value="${c.get('csrf')}"><input type="hidden" name="next" value="${next}">${ownLogin(login)}
<div class="field"><label for="password">登录密码</label>
<input id="password" name="password" type="password" required maxlength="${PASSWORD_CHARACTERS_MAX}" autocomplete="current-password"></div>
${digits('pin', `新的签发 PIN（${PIN_DIGITS_MIN} 到 ${PIN_DIGITS_MAX} 位数字）`)}
${digits('again', '再输一次新的 PIN')}
<button class="wide">保存 PIN</button></form>
<p class="small">PIN 只由本人掌握，每次审查、签发、退回、停发都要输入。不要用生日、连号、重复的数字。连续输错 5 次会锁定，用密码重新登录即可解开。</p>`)
  const back = { href: next, name: '返回' }
  const status = refused ? STATUS[refused.refusal.code] : 200
  return pageFor(c, settings, { title, main, status, back })
}

/** For the browser's own keeper of passwords: whose password is asked for. */
export function ownLogin(login: string): Markup {
  return markup(html`<input type="text" autocomplete="username" value="${login}" readonly hidden>`)
}

/** A field for digits typed on a phone; nothing keeps them. */
export function digits(name: string, label: string): Markup {
  return markup(html`<div class="field pin"><label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="password" inputmode="numeric" pattern="[0-9]{${PIN_DIGITS_MIN},${PIN_DIGITS_MAX}}" minlength="${PIN_DIGITS_MIN}" maxlength="${PIN_DIGITS_MAX}" required autocomplete="off"></div>`)
}
