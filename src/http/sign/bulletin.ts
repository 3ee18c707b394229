/** One bulletin before a reviewer or leader: exactly what will be public on each channel, what others thought
 *  of it, what changed, whom it reaches and what it costs; and what may be done, or why not. */
import type { Hono } from 'hono'
import { html } from 'hono/html'
import { MODE_MARKS } from '../../domain/marks.ts'
import { describe } from '../../domain/refusal.ts'
import { may, STOPPERS } from '../../domain/role.ts'
import { minuteOf } from '../../domain/year.ts'
import type { BulletinPapers } from '../../hub/ports/lists.ts'
import { readable } from '../../hub/sign-off/readable.ts'
import type { Shown } from '../../hub/sign-off/shown.ts'
import { WALK_STATE_NAMES } from '../../hub/status.ts'
import { actorOf, pageFor, shownTo } from './context.ts'
import { type Markup, markup, NOTHING, notice } from './frame.ts'
import type { SignOffEnv } from './guard.ts'
import { changes, channels, files, findings, opinions } from './parts.ts'
import type { SignOffSettings } from './settings.ts'
import { costText, cut, hoursText, levelTag, modeTag, reachOf, reachText } from './words.ts'

const TEXT_BYTES_MAX = 8_000

export function bulletinPage(pages: Hono<SignOffEnv>, settings: SignOffSettings): void {
  const { hub, now } = settings
  pages.get('/sign/:id{[0-9]+}', async (c) => {
    const shown = await shownTo(c, settings)
    const { agencyId } = actorOf(c)
    const papers = await hub.store.lists.bulletin(agencyId, shown.bulletin.id)
    const { title, mode } = shown.bulletin
    const main = markup(
      html`${standing(shown, papers)}${head(shown, papers)}${summary(shown, now())}${opinions(shown, papers)}${changes(shown)}${text(shown)}${channels(shown)}${findings(shown)}${files(shown)}${actions(shown, papers)}`,
    )
    const back = { href: '/sign/', name: '待我办理' }
    return pageFor(c, settings, { title, main, mark: MODE_MARKS[mode], back })
  })
}

/** Where it stands, and what this very person did about it last. */
function standing({ status, person, latest }: Shown, papers: BulletinPapers | undefined): Markup {
  const at = (moment: Date) => minuteOf(moment)
  if (status.state === 'stopped') {
    const { stopReason: reason, stoppedAt } = papers ?? {}
    const when = stoppedAt ? `${at(stoppedAt)} ` : ''
    return notice(
      'bad',
      `${when}已紧急停发：${reason ?? ''}。没发出的不再发，本系统的公开页面已隐藏。`,
    )
  }
  const signed = papers?.signatures.findLast((one) => one.revision === latest.number)
  if (signed) {
    const who = signed.signerId === person.id ? '您' : signed.signer
    return notice('good', `${who}已于 ${at(signed.at)} 签发，正在按安排发出。`)
  }
  const returned = papers?.returns.findLast((one) => one.revision === latest.number)
  if (returned) {
    const who = returned.returnedBy === person.id ? '您' : ''
    return notice('calm', `${who}已于 ${at(returned.at)} 退回拟稿人：${returned.reason}`)
  }
  const mine = papers?.reviews.findLast(
    (one) => one.reviewerId === person.id && one.hash === latest.hash,
  )
  if (mine) return notice('good', `您已于 ${at(mine.at)} 给出意见，下一步：${status.next ?? ''}。`)
  const next = status.next ? `，下一步：${status.next}` : ''
  return markup(html`<p class="small">${WALK_STATE_NAMES[status.state]}${next}</p>\n`)
}

function head({ bulletin, category, latest, names }: Shown, papers: BulletinPapers | undefined) {
  const author = names.get(bulletin.authorId) ?? papers?.author ?? ''
  return markup(html`<p class="tags">${modeTag(bulletin.mode)}${levelTag(bulletin.level)}<span class="tag">${category}</span></p>
<h1>${bulletin.title}</h1>
<p class="small">${author} 拟稿 · 第 ${latest.number} 稿 · 校验码 ${latest.hash.slice(0, 8)}</p>\n`)
}

function summary({ dispatches, status }: Shown, now: Date): Markup {
  // What left or was stopped has hours of its own, and a plan no longer says them.
  if (['signed', 'stopped'].includes(status.state)) return NOTHING
  if ('refusal' in dispatches)
    return notice('bad', `现在还不能发出：${describe(dispatches.refusal)}`)
  const cost = costText(dispatches.may)
  return markup(html`<section class="box" aria-label="发到哪里"><p class="say">${reachText(reachOf(dispatches.may))}</p>
<p>${hoursText(dispatches.may, now)}。</p>${cost === '' ? '' : html`<p class="small">计费：${cost}。</p>`}</section>\n`)
}

function text({ bulletin, content }: Shown): Markup {
  const whole = readable({ ...content, title: '' })
  const { shown, left } = cut(whole, TEXT_BYTES_MAX)
  const letters = [...whole].length
  return markup(html`<section class="box" aria-labelledby="text"><h2 id="text">全文（${letters.toLocaleString('en-US')} 字）</h2>
<p class="pre">${shown}${left === '' ? '' : '……'}</p>${
    left === '' ? '' : html`<a class="more" href="/sign/${bulletin.id}/text">看全文 ›</a>`
  }</section>\n`)
}

/** What may be done, each by its own page; where nothing may, why. */
function actions(shown: Shown, papers: BulletinPapers | undefined): Markup {
  const { bulletin, person, review, sign, status } = shown
  const here = `/sign/${bulletin.id}`
  const open = !['stopped', 'returned', 'signed', 'draft'].includes(status.state)
  const mayReview = 'may' in review
  const maySign = 'may' in sign && 'may' in shown.dispatches
  const mayReturn = open && may(person, 'secrecy-reviewer', 'section-head', 'leader')
  const left = (papers?.signatures.length ?? 0) > 0
  const given = status.state === 'reviewed'
  const buttons = [
    maySign ? html`<a class="button main" href="${here}/sign">同意签发</a>` : '',
    mayReview && !maySign && open && !given
      ? html`<a class="button main" href="${here}/review">${review.may === 'secrecy-review' ? '给出保密审查意见' : '同意（审核）'}</a>`
      : '',
    mayReturn && (mayReview || maySign)
      ? html`<a class="button quiet" href="${here}/return">退回修改</a>`
      : '',
    left && status.state !== 'stopped' && may(person, ...STOPPERS)
      ? html`<a class="button danger" href="${here}/stop">紧急停发</a>`
      : '',
  ].filter((one) => one !== '')
  const change =
    mayReview && (given || status.state === 'signed')
      ? html`<a class="more" href="${here}/review">改变保密审查意见 ›</a>`
      : ''
  const link =
    open && !maySign ? html`<a class="more" href="${here}/link">给领导发签发链接 ›</a>` : ''
  return markup(html`${whyNot(shown, maySign || mayReview)}<p>${change}${link}</p>
${buttons.length > 0 ? html`<nav class="acts" aria-label="办理">${buttons}</nav>` : ''}`)
}

function whyNot({ person, sign, status }: Shown, something: boolean): Markup {
  const waits = ['submitted', 'reviewed', 'referred', 'not-public'].includes(status.state)
  if (something || !waits || !('refusal' in sign) || !may(person, 'leader')) return NOTHING
  return notice('calm', `现在还不能签发：${describe(sign.refusal)}。`)
}
