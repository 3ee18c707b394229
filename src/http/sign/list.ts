/** 待我办理: what waits for me, the most urgent on top, and what was signed of late and could be stopped. */
import type { Hono } from 'hono'
import { html } from 'hono/html'
import { STEP_NAMES } from '../../domain/chain.ts'
import { may, STOPPERS } from '../../domain/role.ts'
import { minuteOf } from '../../domain/year.ts'
import type { LatelySigned } from '../../hub/ports/sign-off.ts'
import { deskOf, type Waiting } from '../../hub/sign-off/waiting.ts'
import { actorOf, pageFor } from './context.ts'
import { type Markup, markup, NOTHING, notice } from './frame.ts'
import type { SignOffEnv } from './guard.ts'
import type { SignOffSettings } from './settings.ts'
import { levelTag, modeTag, reachText } from './words.ts'

export function listPage(pages: Hono<SignOffEnv>, settings: SignOffSettings): void {
  const { hub, pins, now } = settings
  pages.get('/sign', (c) => c.redirect('/sign/', 303))
  pages.get('/sign/', async (c) => {
    const { agencyId, personId } = actorOf(c)
    const { person } = c.get('identity')
    const desk = await deskOf(hub, { agencyId, personId, at: now() })
    const pin = await pins.state(agencyId, personId)
    const several = desk.waiting.filter((one) => one.step === undefined).length > 1
    const main =
      markup(html`<h1>待我办理${desk.waiting.length > 0 ? html`（${desk.waiting.length + desk.more} 条）` : ''}</h1>
${pin === 'ready' ? NOTHING : pinNote(pin)}${desk.waiting.length === 0 ? EMPTY : cards(desk.waiting, several)}${
  desk.more > 0
    ? notice('calm', `还有 ${desk.more} 条没有列出，先办完上面的，它们会接着出现。`)
    : NOTHING
}${may(person, ...STOPPERS) && desk.signed.length > 0 ? lately(desk.signed) : NOTHING}`)
    return pageFor(c, settings, { title: '待我办理', main })
  })
}

const EMPTY = markup(html`<div class="box"><p><b>现在没有等您审查或签发的信息。</b></p>
<p class="small">拟稿人送审后，先到各审查环节和保密审查员，再到分管领导；轮到您时会出现在这里，红色、橙色预警排在最前。自己写的、自己审过的，不会轮到自己。</p></div>\n`)

function pinNote(state: 'none' | 'locked'): Markup {
  const text = state === 'none' ? '您还没有签发 PIN，先设置才能办理。' : '您的签发 PIN 已锁定。'
  const name = state === 'none' ? '设置签发 PIN' : '用密码重新设置 PIN'
  return markup(
    html`${notice(state === 'none' ? 'calm' : 'bad', text)}<p><a class="button" href="/sign/pin">${name}</a></p>\n`,
  )
}

function cards(waiting: readonly Waiting[], several: boolean): Markup {
  const list = html`<ul>${waiting.map((one) => card(one, several))}</ul>`
  if (!several) return markup(html`${list}\n`)
  return markup(html`<form method="get" action="/sign/several">${list}
<button class="wide quiet">选好的几条一起签发</button></form>\n`)
}

function card(one: Waiting, several: boolean): Markup {
  const { item, step } = one
  const what = step === undefined ? '待签发' : `待${STEP_NAMES[step]}`
  return markup(html`<li class="card ${item.level}"><a href="/sign/${item.id}">
<span class="tags">${modeTag(item.mode)}${levelTag(item.level)}<span class="tag">${what}</span><span class="tag">${item.category}</span></span>
<span class="title">${item.title}</span>
<span class="small">${item.author} ${minuteOf(item.submittedAt)} 送审 · ${reachText(one)}<br>${hours(one)}</span></a>${
    several && step === undefined
      ? html`<label class="choice"><input type="checkbox" name="item" value="${item.id}">和其他几条一起签</label>`
      : ''
  }</li>\n`)
}

function hours({ from, until, item, step }: Waiting): string {
  const begins = from ? `${minuteOf(from)} 起发出` : '签发后立即发出'
  const latest = until ? `，最迟 ${minuteOf(until)}` : ''
  return `${begins}${latest}${step === undefined ? '' : ` · 审查期限 ${item.dueOn}`}`
}

function lately(signed: readonly LatelySigned[]): Markup {
  return markup(html`<section class="box" aria-labelledby="lately"><h2 id="lately">近 7 天签发的</h2>
<p class="small">发现不对时打开它，一人即可紧急停发。</p><ul class="links">${signed.map(
    (one) =>
      html`<li><a href="/sign/${one.id}"><span>${modeTag(one.mode)}${levelTag(one.level)} ${one.title}<br><span class="small">${one.signer} ${minuteOf(one.at)} 签发</span></span></a></li>`,
  )}</ul></section>\n`)
}
