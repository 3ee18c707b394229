/** 签发链接: leads one leader to one bulletin for a day. It opens nothing by itself: without that person's own
 *  session it says nothing, not even what it is about, and looking never uses it up. */
import type { Hono } from 'hono'
import { html } from 'hono/html'
import { MODE_MARKS } from '../../domain/marks.ts'
import { Refused } from '../../domain/refusal.ts'
import { dayOf, minuteOf } from '../../domain/year.ts'
import { hmacSha256, sameDigest } from '../../kit/hash.ts'
import { actorOf, bulletinIdOf, pageFor, type SignOffContext, shownTo } from './context.ts'
import { markup } from './frame.ts'
import type { SignOffEnv } from './guard.ts'
import type { SignOffSettings } from './settings.ts'

export interface SignLink {
  readonly agencyId: number
  readonly bulletinId: number
  /** the one person it is for */
  readonly personId: number
  readonly until: Date
}

const LINK_HOURS = 24
const MAC_CHARACTERS = 22
const TOKEN = /^(\d{1,9})\.(\d{1,15})\.(\d{1,15})\.(\d{1,12})\.([\w-]{22})$/

/** `agency.bulletin.person.second.mac`: cannot be made for anybody or anything else. */
export function signLinkToken(key: Uint8Array, link: SignLink): string {
  const second = Math.floor(link.until.getTime() / 1_000)
  const subject = `${link.agencyId}.${link.bulletinId}.${link.personId}.${second}`
  return `${subject}.${macOf(key, subject)}`
}

/** Undefined for a token that is not ours; one that is too old is still ours. */
export function readSignLink(key: Uint8Array, token: string): SignLink | undefined {
  const [, agency, bulletin, person, second, mac = ''] = TOKEN.exec(token) ?? []
  if (agency === undefined) return undefined
  const expected = macOf(key, `${agency}.${bulletin}.${person}.${second}`)
  if (!sameDigest(Buffer.from(mac), Buffer.from(expected))) return undefined
  return {
    ...{ agencyId: Number(agency), bulletinId: Number(bulletin), personId: Number(person) },
    until: new Date(Number(second) * 1_000),
  }
}

function macOf(key: Uint8Array, subject: string): string {
  return hmacSha256(key, `sign link:${subject}`).toString('base64url').slice(0, MAC_CHARACTERS)
}

export function linkPages(pages: Hono<SignOffEnv>, settings: SignOffSettings): void {
  pages.get('/sign/link/:token', (c) => follow(c, settings))
  pages.get('/sign/:id{[0-9]+}/link', async (c) => {
    const shown = await shownTo(c, settings)
    const leaders = await leadersOf(c, settings)
    const choices = leaders.map(
      ({ id, name }) =>
        html`<label class="choice"><input type="radio" name="person" value="${id}" required>${name}</label>`,
    )
    const main = markup(html`<h1>给领导发签发链接</h1>
<form method="post" class="box"><input type="hidden" name="csrf" value="${c.get('csrf')}"><fieldset><legend>给哪一位</legend>${choices}</fieldset>
<button class="wide">生成链接</button></form>
<p class="small">链接 ${LINK_HOURS} 小时内有效，只认这一位：要用本人账号登录，签发仍要本人的 PIN。别人打开什么也看不到。</p>`)
    const back = { href: `/sign/${shown.bulletin.id}`, name: '返回' }
    const mark = MODE_MARKS[shown.bulletin.mode]
    return pageFor(c, settings, { title: '签发链接', main, back, mark })
  })
  pages.post('/sign/:id{[0-9]+}/link', (c) => make(c, settings))
}

async function make(c: SignOffContext, settings: SignOffSettings): Promise<Response> {
  const { hub, now, key } = settings
  const { agencyId, personId: by } = actorOf(c)
  const at = now()
  const bulletinId = bulletinIdOf(c)
  const { bulletin } = await shownTo(c, settings)
  const wanted = Number(c.get('form').get('person'))
  const leader = (await leadersOf(c, settings)).find((one) => one.id === wanted)
  if (!leader) throw new Refused({ code: 'not-found', field: 'person' })
  const until = new Date(at.getTime() + LINK_HOURS * 3_600_000)
  await hub.store.transact(agencyId, (tx) =>
    tx.audit({
      ...{ at, actorId: by, action: 'sign-link', subject: `bulletin/${bulletinId}` },
      facts: { personId: leader.id, until: until.toISOString() },
    }),
  )
  const token = signLinkToken(key, { agencyId, bulletinId, personId: leader.id, until })
  const main = markup(html`<h1>签发链接</h1>
<section class="box"><p>给 <b>${leader.name}</b>，${minuteOf(until)} 前有效。长按复制，发到领导的浙政钉、企业微信或短信：</p>
<div class="field"><label for="link">链接</label><textarea id="link" readonly>${settings.url()}/sign/link/${token}</textarea></div></section>`)
  const back = { href: `/sign/${bulletinId}`, name: '返回' }
  return pageFor(c, settings, { title: '签发链接', main, back, mark: MODE_MARKS[bulletin.mode] })
}

function leadersOf(c: SignOffContext, { hub, now }: SignOffSettings) {
  const { agencyId } = actorOf(c)
  return hub.store.transact(agencyId, (tx) => tx.inOffice('leader', dayOf(now())))
}

/** A program that looks at every link in a chat sees the sign-in page and changes nothing. */
async function follow(c: SignOffContext, settings: SignOffSettings): Promise<Response> {
  const link = readSignLink(settings.key, c.req.param('token') ?? '')
  if (!link)
    return plain(
      c,
      settings,
      404,
      '这个链接不完整',
      '请从收到的消息里重新点开，或请发来的人重新发一次。',
    )
  if (link.until <= settings.now())
    return plain(
      c,
      settings,
      410,
      '链接已过期',
      '请登录后在“待我办理”里打开，或请发来的人重新发一次。',
    )
  const known = await settings.accounts.session(c.req.header('cookie') ?? '', settings.now())
  if (!known)
    return c.redirect(`/sign/sign-in?next=${encodeURIComponent(new URL(c.req.url).pathname)}`, 303)
  if (known.agencyId !== link.agencyId || known.person.id !== link.personId)
    return plain(
      c,
      settings,
      403,
      '这个链接不是给您的',
      '链接只认收到它的那一位，请在“待我办理”里查看自己的事项。',
    )
  return c.redirect(`/sign/${link.bulletinId}`, 303)
}

function plain(
  c: SignOffContext,
  settings: SignOffSettings,
  status: number,
  title: string,
  next: string,
): Response {
  const main = markup(
    html`<h1>${title}</h1><p>${next}</p><p><a class="button" href="/sign/">去“待我办理”</a></p>`,
  )
  return pageFor(c, settings, { title, main, status })
}
