/** 紧急停发: one reviewer, leader or duty officer alone. Stopping is never gated: whoever has no PIN, or a
 *  locked one, proves themselves by the password. */
import type { Hono } from 'hono'
import { html } from 'hono/html'
import { PASSWORD_CHARACTERS_MAX } from '../../domain/account.ts'
import { Refused } from '../../domain/refusal.ts'
import { stop } from '../../hub/stop.ts'
import { actPage } from './acts.ts'
import { actorOf, bulletinIdOf, type SignOffContext, shownTo } from './context.ts'
import { type Markup, markup } from './frame.ts'
import type { SignOffEnv } from './guard.ts'
import { provePin, reasonField, reasonOf } from './pin-field.ts'
import type { SignOffSettings } from './settings.ts'
import { digits, ownLogin } from './sign-in.ts'
import { STOP_PHRASES } from './words.ts'

const STOP = '/sign/:id{[0-9]+}/stop'

export function stopPages(pages: Hono<SignOffEnv>, settings: SignOffSettings): void {
  const { hub, now } = settings
  pages.get(STOP, async (c) => {
    const shown = await shownTo(c, settings)
    if (shown.bulletin.stopped) throw new Refused({ code: 'stopped' })
    return actPage(c, settings, shown, {
      ...{ title: '紧急停发', button: '立即停发', danger: true },
      says: markup(
        html`<p>还没发出的立即不再发，本系统的公开页面马上隐藏。已经发出的短信、推文收不回；书面撤下随后补办。</p>`,
      ),
      fields: reasonField('停发的原因', STOP_PHRASES, true),
      proof: await proofField(c, settings),
    })
  })
  pages.post(STOP, async (c) => {
    const form = c.get('form')
    const bulletinId = bulletinIdOf(c)
    const reason = reasonOf(form)
    if (reason === '') throw new Refused({ code: 'reason-missing' })
    const { agencyId, personId, login } = actorOf(c)
    const password = form.get('password')
    if (password === null) await provePin(c, settings)
    else await settings.accounts.check({ login, password: limited(password), at: now() })
    await stop(hub, { agencyId, bulletinId, by: personId, reason, at: now() })
    return c.redirect(`/sign/${bulletinId}`, 303)
  })
}

function limited(password: string): string {
  return password.slice(0, PASSWORD_CHARACTERS_MAX)
}

async function proofField(c: SignOffContext, settings: SignOffSettings): Promise<Markup> {
  const { agencyId, personId, login } = actorOf(c)
  if ((await settings.pins.state(agencyId, personId)) === 'ready') return digits('pin', '签发 PIN')
  return markup(html`${ownLogin(login)}<div class="field"><label for="password">登录密码</label>
<input id="password" name="password" type="password" required maxlength="${PASSWORD_CHARACTERS_MAX}" autocomplete="current-password"></div>`)
}
