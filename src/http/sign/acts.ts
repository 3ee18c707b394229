/** Signing, opinion, return and stop: each a page that says what will happen and asks for the PIN, and a form
 *  that carries what was shown. A second press finds the act done and does it no second time. */
import type { Hono } from 'hono'
import { html } from 'hono/html'
import { STEP_NAMES } from '../../domain/chain.ts'
import { MODE_MARKS } from '../../domain/marks.ts'
import { Refused } from '../../domain/refusal.ts'
import { OPINION_NAMES, type Opinion, SECRECY_OPINIONS } from '../../domain/review.ts'
import { returnForEdit, review } from '../../hub/review.ts'
import type { Shown } from '../../hub/sign-off/shown.ts'
import { signShown } from '../../hub/sign-off/sign-shown.ts'
import { actorOf, bulletinIdOf, pageFor, type SignOffContext, shownTo } from './context.ts'
import { type Markup, markup, NOTHING } from './frame.ts'
import type { SignOffEnv } from './guard.ts'
import { pinAnd, provePin, reasonField, reasonOf } from './pin-field.ts'
import type { SignOffSettings } from './settings.ts'
import {
  costText,
  hoursText,
  levelTag,
  modeTag,
  RETURN_PHRASES,
  reachOf,
  reachText,
  WITHHELD_PHRASES,
} from './words.ts'

export function actPages(pages: Hono<SignOffEnv>, settings: SignOffSettings): void {
  signPages(pages, settings)
  reviewPages(pages, settings)
  returnPages(pages, settings)
}

const ACT = {
  sign: '/sign/:id{[0-9]+}/sign',
  review: '/sign/:id{[0-9]+}/review',
  return: '/sign/:id{[0-9]+}/return',
} as const

function signPages(pages: Hono<SignOffEnv>, settings: SignOffSettings): void {
  const { hub, now } = settings
  pages.get(ACT.sign, async (c) => {
    const shown = await shownTo(c, settings)
    const { sign, dispatches } = shown
    if ('refusal' in sign) throw new Refused(sign.refusal)
    if ('refusal' in dispatches) throw new Refused(dispatches.refusal)
    const cost = costText(dispatches.may)
    const says = html`<p class="say">${reachText(reachOf(dispatches.may))}</p>
<p>${hoursText(dispatches.may, now())}。</p>${cost === '' ? '' : html`<p class="small">计费：${cost}。</p>`}`
    const fields = html`<input type="hidden" name="shown" value="${shownField(shown)}">${knownField(shown)}`
    return actPage(c, settings, shown, {
      ...{ title: '签发', says: markup(says), fields: markup(fields), button: '确认签发' },
    })
  })
  pages.post(ACT.sign, async (c) => {
    const form = c.get('form')
    const bulletinId = bulletinIdOf(c)
    const { mark, reach } = readShown(form.get('shown') ?? '')
    await provePin(c, settings)
    const { agencyId, personId: signerId } = actorOf(c)
    if (mustKnow(await shownTo(c, settings)) !== undefined && form.get('known') !== 'yes')
      throw new Refused({ code: 'reach-unconfirmed' })
    const request = { agencyId, bulletinId, signerId, at: now(), mark, seenReach: reach }
    await once(() => signShown(hub, request))
    return c.redirect(`/sign/${bulletinId}`, 303)
  })
}

/** A double tap, or the way back and forth: the first one did it, and the page shows so. */
async function once(act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!(error instanceof Refused) || error.refusal.code !== 'already-signed') throw error
  }
}

const SHOWN = /^([0-9a-f]{64})((?: [a-z0-9-]{1,40}=\d{1,9}){0,60})$/

/** What was on the page: its mark, and the reach of each channel. */
export function shownField({ mark, dispatches }: Shown): string {
  const lines = 'may' in dispatches ? dispatches.may : []
  return [mark, ...lines.map(({ channel, line }) => `${channel.id}=${line.reach}`)].join(' ')
}

/** @throws Refused `malformed` */
export function readShown(text: string): {
  readonly mark: string
  readonly reach: ReadonlyMap<string, number>
} {
  const [, mark, list = ''] = SHOWN.exec(text) ?? []
  if (mark === undefined) throw new Refused({ code: 'malformed', field: 'shown' })
  const pairs = list.trim() === '' ? [] : list.trim().split(' ')
  return {
    mark,
    reach: new Map(pairs.map((pair) => [pair.split('=')[0] ?? '', Number(pair.split('=')[1])])),
  }
}

/** From here on a number is said once more and ticked. */
const KNOWN_PEOPLE_MIN = 10_000

export function mustKnow({ bulletin, dispatches }: Shown): number | undefined {
  const people = 'may' in dispatches ? reachOf(dispatches.may).people : 0
  const grave = bulletin.level === 'red' && bulletin.mode === 'earnest'
  return people >= KNOWN_PEOPLE_MIN || (grave && people > 0) ? people : undefined
}

function knownField(shown: Shown): Markup {
  const people = mustKnow(shown)
  if (people === undefined) return NOTHING
  return markup(
    html`<label class="choice"><input type="checkbox" name="known" value="yes" required>我知道这将通知 ${people.toLocaleString('en-US')} 个对象</label>`,
  )
}

function reviewPages(pages: Hono<SignOffEnv>, settings: SignOffSettings): void {
  const { hub, now } = settings
  pages.get(ACT.review, async (c) => {
    const shown = await shownTo(c, settings)
    if ('refusal' in shown.review) throw new Refused(shown.review.refusal)
    const step = shown.review.may
    const secrecy = step === 'secrecy-review'
    const fields = html`<input type="hidden" name="hash" value="${shown.latest.hash}"><input type="hidden" name="step" value="${step}">${
      secrecy ? opinionChoice() : html`<input type="hidden" name="opinion" value="agreed">`
    }${secrecy ? reasonField('不公开的原因或其他说明', WITHHELD_PHRASES, false) : reasonField('说明', [], false)}`
    return actPage(c, settings, shown, {
      ...{ title: STEP_NAMES[step], says: NOTHING, fields: markup(fields) },
      button: secrecy ? '提交保密审查意见' : '同意',
    })
  })
  pages.post(ACT.review, async (c) => {
    const form = c.get('form')
    const bulletinId = bulletinIdOf(c)
    const opinion = opinionOf(form.get('opinion') ?? '')
    const note = reasonOf(form)
    const explained = ['on-application', 'withheld', 'referred'].includes(opinion)
    if (explained && note === '') throw new Refused({ code: 'reason-missing' })
    const step = stepOf(form.get('step') ?? '')
    await provePin(c, settings)
    const { agencyId, personId: reviewerId } = actorOf(c)
    await review(hub, {
      ...{ agencyId, bulletinId, reviewerId, at: now(), step, opinion, note },
      seenHash: form.get('hash') ?? '',
    })
    return c.redirect(`/sign/${bulletinId}`, 303)
  })
}

function opinionChoice(): Markup {
  const choices = SECRECY_OPINIONS.map(
    (one, index) =>
      html`<label class="choice"><input type="radio" name="opinion" value="${one}" required${index === 0 ? html` checked` : ''}>${OPINION_NAMES[one]}</label>`,
  )
  return markup(html`<fieldset><legend>保密审查意见</legend>${choices}</fieldset>`)
}

function opinionOf(text: string): Opinion {
  const found = [...SECRECY_OPINIONS, 'agreed' as const].find((one) => one === text)
  if (!found) throw new Refused({ code: 'malformed', field: 'opinion' })
  return found
}

function stepOf(text: string): keyof typeof STEP_NAMES {
  if (!Object.hasOwn(STEP_NAMES, text)) throw new Refused({ code: 'malformed', field: 'step' })
  return text as keyof typeof STEP_NAMES
}

function returnPages(pages: Hono<SignOffEnv>, settings: SignOffSettings): void {
  const { hub, now } = settings
  pages.get(ACT.return, async (c) => {
    const shown = await shownTo(c, settings)
    const fields = html`<input type="hidden" name="hash" value="${shown.latest.hash}">${reasonField('退回的原因', RETURN_PHRASES, true)}`
    return actPage(c, settings, shown, {
      ...{ title: '退回修改', fields: markup(fields), button: '确认退回' },
      says: markup(html`<p>退回给拟稿人修改；您自己不能代改。改好后重新送审。</p>`),
    })
  })
  pages.post(ACT.return, async (c) => {
    const form = c.get('form')
    const bulletinId = bulletinIdOf(c)
    const reason = reasonOf(form)
    if (reason === '') throw new Refused({ code: 'reason-missing' })
    await provePin(c, settings)
    const { agencyId, personId: returnedBy } = actorOf(c)
    const seenHash = form.get('hash') ?? ''
    await returnForEdit(hub, { agencyId, bulletinId, returnedBy, at: now(), seenHash, reason })
    return c.redirect(`/sign/${bulletinId}`, 303)
  })
}

interface ActSheet {
  readonly title: string
  readonly says: Markup
  readonly fields: Markup
  readonly button: string
  readonly danger?: boolean
  /** in place of the PIN */
  readonly proof?: Markup
}

/** What it is about, what will happen, the fields, the PIN, one button. */
export async function actPage(
  c: SignOffContext,
  settings: SignOffSettings,
  { bulletin }: Pick<Shown, 'bulletin'>,
  { title, says, fields, button, danger, proof }: ActSheet,
): Promise<Response> {
  const press = markup(
    html`<button class="wide${danger === true ? ' danger' : ''}">${button}</button>`,
  )
  const asked = proof ? html`${proof}${press}` : await pinAnd(press, c, settings)
  const main = markup(html`<h1>${title}</h1>
<section class="box" aria-label="办理的信息"><p class="tags">${modeTag(bulletin.mode)}${levelTag(bulletin.level)}</p><p><b>${bulletin.title}</b></p>${says}</section>
<form method="post" class="box"><input type="hidden" name="csrf" value="${c.get('csrf')}">${fields}${asked}</form>`)
  const back = { href: `/sign/${bulletin.id}`, name: '返回' }
  return pageFor(c, settings, { title, main, back, mark: MODE_MARKS[bulletin.mode] })
}
