/** 几条一起签: one page names each of them, one PIN stands for all, and each is signed by itself with a result of
 *  its own. What cannot be signed stops none of the others. */
import type { Hono } from 'hono'
import { html } from 'hono/html'
import { MODE_MARKS } from '../../domain/marks.ts'
import { describe, type Refusal, Refused } from '../../domain/refusal.ts'
import type { Hub } from '../../hub/ports.ts'
import { type Shown, show } from '../../hub/sign-off/shown.ts'
import { signShown } from '../../hub/sign-off/sign-shown.ts'
import { mustKnow, readShown, shownField } from './acts.ts'
import { actorOf, pageFor, readId, type SignOffContext } from './context.ts'
import { type Markup, markup, NOTHING, notice } from './frame.ts'
import type { SignOffEnv } from './guard.ts'
import { pinAnd, provePin } from './pin-field.ts'
import type { SignOffSettings } from './settings.ts'
import { hoursText, levelTag, modeTag, reachOf, reachText } from './words.ts'

const ITEMS_MAX = 20
const BACK = { href: '/sign/', name: '待我办理' }

export function severalPages(pages: Hono<SignOffEnv>, settings: SignOffSettings): void {
  pages.get('/sign/several', (c) => confirmPage(c, settings))
  pages.post('/sign/several', (c) => resultPage(c, settings))
}

async function confirmPage(c: SignOffContext, settings: SignOffSettings): Promise<Response> {
  const { hub, now } = settings
  const { agencyId, personId } = actorOf(c)
  const ids = [...new Set((c.req.queries('item') ?? []).map(readId))]
  if (ids.length === 0)
    throw new Refused({ code: 'invalid-value', detail: '没有选中任何一条，请返回勾选' })
  if (ids.length > ITEMS_MAX)
    throw new Refused({ code: 'too-long', field: '条数', limit: ITEMS_MAX })
  const rows: Markup[] = []
  let signable = 0
  let exercise = true
  for (const bulletinId of ids) {
    const shown = await show(hub, { agencyId, bulletinId, personId, at: now() })
    if ('may' in shown.sign && 'may' in shown.dispatches) signable++
    exercise &&= shown.bulletin.mode !== 'earnest'
    rows.push(row(shown, now()))
  }
  const ask =
    signable === 0
      ? notice('calm', '选中的几条现在都不能签发，请返回逐条查看。')
      : await pinAnd(
          markup(html`<button class="wide">确认签发这 ${signable} 条</button>`),
          c,
          settings,
        )
  const main = markup(html`<h1>一起签发 ${signable} 条</h1>
<form method="post" action="/sign/several"><input type="hidden" name="csrf" value="${c.get('csrf')}">${rows}<div class="box">${ask}</div></form>`)
  const mark = exercise ? MODE_MARKS.exercise : ''
  return pageFor(c, settings, { title: '一起签发', main, back: BACK, mark })
}

function row(shown: Shown, now: Date): Markup {
  const { bulletin, sign, dispatches, category } = shown
  const refusal = 'refusal' in sign ? sign.refusal : undefined
  const lines = 'may' in dispatches ? dispatches.may : undefined
  const known = mustKnow(shown)
  const body =
    lines && !refusal
      ? html`<p class="say">${reachText(reachOf(lines))}</p><p class="small">${hoursText(lines, now)}</p>
<input type="hidden" name="item" value="${bulletin.id} ${shownField(shown)}">${
          known === undefined
            ? NOTHING
            : html`<label class="choice"><input type="checkbox" name="known" value="${bulletin.id}" required>我知道这将通知 ${known.toLocaleString('en-US')} 个对象</label>`
        }`
      : html`<p class="small loss">不能签发：${describe(refusal ?? refusalOf(dispatches))}</p>`
  return markup(html`<section class="box"><p class="tags">${modeTag(bulletin.mode)}${levelTag(bulletin.level)}<span class="tag">${category}</span></p>
<h2>${bulletin.title}</h2>${body}<a class="more" href="/sign/${bulletin.id}">看全部内容 ›</a></section>\n`)
}

function refusalOf(dispatches: Shown['dispatches']): Refusal {
  return 'refusal' in dispatches ? dispatches.refusal : { code: 'nothing-to-sign' }
}

interface Wanted {
  readonly bulletinId: number
  readonly mark: string
  readonly reach: ReadonlyMap<string, number>
}

async function resultPage(c: SignOffContext, settings: SignOffSettings): Promise<Response> {
  const form = c.get('form')
  const wanted = form.getAll('item').map(readItem)
  if (wanted.length === 0 || wanted.length > ITEMS_MAX)
    throw new Refused({ code: 'malformed', field: 'item' })
  await provePin(c, settings)
  const known = new Set(form.getAll('known').map(Number))
  const lines: Markup[] = []
  let done = 0
  for (const one of wanted) {
    const { title, refusal } = await signOne(c, settings, one, known.has(one.bulletinId))
    if (!refusal) done++
    const said = refusal ? `没有签发：${describe(refusal)}` : '已签发，正在按安排发出'
    lines.push(
      markup(
        html`<li class="result ${refusal ? 'bad' : 'good'}"><b aria-hidden="true">${refusal ? '✕' : '✓'}</b><span><a class="more" href="/sign/${one.bulletinId}">${title}</a><br>${said}</span></li>`,
      ),
    )
  }
  const failed = wanted.length - done
  const sum = failed === 0 ? `${done} 条都已签发。` : `${done} 条已签发，${failed} 条没有签发。`
  const main =
    markup(html`<h1>签发结果</h1>${notice(failed === 0 ? 'good' : 'bad', sum)}<ul class="box">${lines}</ul>
<p><a class="button" href="/sign/">回到待我办理</a></p>`)
  return pageFor(c, settings, { title: '签发结果', main, back: BACK })
}

function readItem(text: string): Wanted {
  const [id = '', ...rest] = text.split(' ')
  return { bulletinId: readId(id), ...readShown(rest.join(' ')) }
}

async function signOne(
  c: SignOffContext,
  { hub, now, log }: SignOffSettings,
  { bulletinId, mark, reach }: Wanted,
  known: boolean,
): Promise<{ readonly title: string; readonly refusal?: Refusal }> {
  const { agencyId, personId } = actorOf(c)
  let title = `第 ${bulletinId} 号信息`
  try {
    const shown = await show(hub, { agencyId, bulletinId, personId, at: now() })
    title = shown.bulletin.title
    if (mustKnow(shown) !== undefined && !known)
      return { title, refusal: { code: 'reach-unconfirmed' } }
    await signShown(hub, {
      ...{ agencyId, bulletinId, signerId: personId, at: now(), mark, seenReach: reach },
    })
    return { title }
  } catch (error) {
    if (error instanceof Refused) {
      const { refusal } = error
      // A second press: the first one signed it, and says so again.
      const again = refusal.code === 'already-signed'
      if (again && (await isMine(hub, agencyId, bulletinId, personId))) return { title }
      return { title, refusal }
    }
    // The others are signed all the same, and whoever pressed learns of each.
    log.error({ err: error, bulletinId }, 'sign-off')
    return { title, refusal: { code: 'unforeseen' } }
  }
}

function isMine(
  hub: Hub,
  agencyId: number,
  bulletinId: number,
  personId: number,
): Promise<boolean> {
  return hub.store.transact(agencyId, async (tx) => {
    const latest = await tx.latestRevision(bulletinId)
    const mine = await tx.signaturesBy(bulletinId, personId)
    return mine.some((one) => one.revision === latest?.number)
  })
}
