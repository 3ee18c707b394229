/** The whole text in parts, one channel's words by themselves, and attachments: what a page of its own holds so
 *  that no page weighs too much. */
import type { Hono } from 'hono'
import { html } from 'hono/html'
import { MODE_MARKS } from '../../domain/marks.ts'
import { Refused } from '../../domain/refusal.ts'
import { readable } from '../../hub/sign-off/readable.ts'
import type { Shown } from '../../hub/sign-off/shown.ts'
import { actorOf, pageFor, type SignOffContext, shownTo } from './context.ts'
import { type Markup, markup, NOTHING, PRIVATE_HEADERS } from './frame.ts'
import type { SignOffEnv } from './guard.ts'
import { payloadMarkup } from './payload-text.ts'
import type { SignOffSettings } from './settings.ts'
import { channelText, cut, hoursText, wordsOf } from './words.ts'

const PART_BYTES_MAX = 24_000
/** A picture may be looked at; everything else is saved, and nothing runs. */
const SHEET_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"

export function readingPages(pages: Hono<SignOffEnv>, settings: SignOffSettings): void {
  pages.get('/sign/:id{[0-9]+}/text', async (c) => {
    const shown = await shownTo(c, settings)
    const main =
      c.req.query('part') === 'files'
        ? allFiles(shown)
        : markup(html`<h1>${shown.bulletin.title}</h1>${partOf(c, readable(shown.content))}`)
    return sheet(c, settings, shown, { title: '全文', main })
  })
  pages.get('/sign/:id{[0-9]+}/channel/:channel', async (c) => {
    const shown = await shownTo(c, settings)
    const dispatch = dispatchOf(shown, c.req.param('channel'))
    const { channel, losses } = dispatch
    const web = Object.values(dispatch.payloads).some((one) => one.form === 'html')
    const main = markup(html`<h1>${channel.name}</h1>
<section class="box"><p>${channelText(dispatch)}，${hoursText([dispatch], settings.now())}。</p>
${losses.slice(0, 20).map((one) => html`<p class="small loss">注意：${cut(one, 300).shown}</p>`)}${
  web
    ? html`<a class="more" href="/sign/${shown.bulletin.id}/channel/${channel.id}/page">按网页的样子看 ›</a>`
    : ''
}</section>${partOf(c, wordsOf(dispatch))}`)
    return sheet(c, settings, shown, { title: channel.name, main })
  })
  pages.get('/sign/:id{[0-9]+}/channel/:channel/page', async (c) => {
    const dispatch = dispatchOf(await shownTo(c, settings), c.req.param('channel'))
    const payload = Object.values(dispatch.payloads).find((one) => one.form === 'html')
    if (!payload) throw new Refused({ code: 'not-found', field: 'page' })
    return new Response(`<!doctype html><meta charset="utf-8">${payloadMarkup(payload)}`, {
      headers: {
        ...{ ...PRIVATE_HEADERS, 'content-type': 'text/html; charset=utf-8' },
        'content-security-policy': SHEET_POLICY,
      },
    })
  })
  pages.get('/sign/:id{[0-9]+}/file/:sha256', (c) => file(c, settings))
}

function sheet(
  c: SignOffContext,
  settings: SignOffSettings,
  { bulletin }: Shown,
  { title, main }: { readonly title: string; readonly main: Markup },
): Response {
  const back = { href: `/sign/${bulletin.id}`, name: '返回' }
  return pageFor(c, settings, { title, main, back, mark: MODE_MARKS[bulletin.mode] })
}

function dispatchOf({ dispatches }: Shown, channelId: string) {
  const found =
    'may' in dispatches ? dispatches.may.find((one) => one.channel.id === channelId) : undefined
  if (!found) throw new Refused({ code: 'not-found', field: 'channel' })
  return found
}

/** One part of a long text, with ways to its neighbours. */
function partOf(c: SignOffContext, whole: string): Markup {
  const parts: string[] = []
  for (let left = whole; left !== '' || parts.length === 0; ) {
    const next = cut(left, PART_BYTES_MAX)
    parts.push(next.shown)
    left = next.left
  }
  const asked = Number(c.req.query('part') ?? 1)
  const part = Number.isInteger(asked) ? Math.min(Math.max(asked, 1), parts.length) : 1
  const step = (to: number, name: string) =>
    to >= 1 && to <= parts.length
      ? html`<a class="button quiet" href="?part=${to}">${name}</a>`
      : ''
  const ways =
    parts.length === 1
      ? NOTHING
      : html`<nav class="pages" aria-label="分段">${step(part - 1, '上一段')}<span class="more">${part} / ${parts.length}</span>${step(part + 1, '下一段')}</nav>`
  return markup(html`<section class="box"><p class="pre">${parts[part - 1]}</p>${ways}</section>`)
}

function allFiles({ bulletin, content }: Shown): Markup {
  const rows = content.attachments.map(
    ({ sha256, name }) =>
      html`<li><a href="/sign/${bulletin.id}/file/${sha256}">${cut(name, 200).shown}</a></li>`,
  )
  return markup(
    html`<h1>附件（${rows.length} 个）</h1><section class="box"><ul class="links">${rows}</ul></section>`,
  )
}

/** Only what belongs to this very text. */
async function file(c: SignOffContext, settings: SignOffSettings): Promise<Response> {
  const shown = await shownTo(c, settings)
  const { attachments, blocks } = shown.content
  const wanted = c.req.param('sha256') ?? ''
  const known = attachments.find((one) => one.sha256 === wanted)
  const inText = blocks.some(
    (one) => (one.kind === 'picture' || one.kind === 'attachment') && one.sha256 === wanted,
  )
  const found = known || inText ? await settings.blobs(actorOf(c).agencyId).open(wanted) : null
  if (!found) throw new Refused({ code: 'not-found', field: 'file' })
  const name = encodeURIComponent(known?.name ?? wanted).replaceAll(/['()*]/g, escape)
  return new Response(found.content, {
    headers: {
      ...{ ...PRIVATE_HEADERS, 'content-type': found.mediaType },
      'content-length': String(found.bytes),
      'content-disposition': `attachment; filename*=UTF-8''${name}`,
      'content-security-policy': "default-src 'none'; sandbox",
    },
  })
}
