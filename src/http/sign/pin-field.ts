/** The fields every act ends with: a reason by phrases or in one's own words, and the PIN. */
import { html } from 'hono/html'
import { Refused } from '../../domain/refusal.ts'
import { actorOf, type SignOffContext } from './context.ts'
import { type Markup, markup, notice } from './frame.ts'
import type { SignOffSettings } from './settings.ts'
import { digits } from './sign-in.ts'

const REASON_CHARACTERS_MAX = 300

/** The PIN and the button. Whoever has no PIN, or a locked one, is led to where it is set instead. */
export async function pinAnd(
  button: Markup,
  c: SignOffContext,
  { pins }: SignOffSettings,
): Promise<Markup> {
  const { agencyId, personId } = actorOf(c)
  const state = await pins.state(agencyId, personId)
  if (state === 'ready') return markup(html`${digits('pin', '签发 PIN')}${button}`)
  const { pathname, search } = new URL(c.req.url)
  const next = encodeURIComponent(`${pathname}${search}`)
  const text = state === 'none' ? '您还没有签发 PIN，先设置才能办理。' : '签发 PIN 连续输错已锁定。'
  return markup(
    html`${notice('calm', text)}<p><a class="button quiet" href="/sign/pin?next=${next}">${state === 'none' ? '设置签发 PIN' : '用密码重新设置 PIN'}</a></p>`,
  )
}

/** @throws Refused `pin-missing`, `pin-locked`, `pin-wrong` */
export function provePin(c: SignOffContext, { pins, now }: SignOffSettings): Promise<void> {
  const { agencyId, personId } = actorOf(c)
  return pins.prove({ agencyId, personId, at: now(), pin: c.get('form').get('pin') ?? '' })
}

export function reasonField(title: string, phrases: readonly string[], required: boolean): Markup {
  const choices = phrases.map(
    (one) =>
      html`<label class="choice"><input type="checkbox" name="phrase" value="${one}">${one}</label>`,
  )
  const own = phrases.length > 0 ? '其他或补充' : title
  return markup(html`<fieldset><legend>${title}${required ? '（必填，可点选）' : ''}</legend>${choices}
<div class="field"><label for="reason">${own}</label><textarea id="reason" name="reason" maxlength="${REASON_CHARACTERS_MAX}"></textarea></div></fieldset>`)
}

/** @throws Refused `too-long` */
export function reasonOf(form: URLSearchParams): string {
  const parts = [...form.getAll('phrase'), form.get('reason') ?? '']
  const reason = parts
    .map((one) => one.trim())
    .filter(Boolean)
    .join('；')
  const limit = 2 * REASON_CHARACTERS_MAX
  if ([...reason].length > limit) throw new Refused({ code: 'too-long', field: 'reason', limit })
  return reason
}
