/** The public pages over HTTP. Everything is read, nothing is ever changed here; the last route
 *  answers whatever no other room did, so the portal is mounted last. */
import { type Context, Hono } from 'hono'
import { FOREVER, found, isKnown, made, refusal, unchanged } from './answers.ts'
import { attachment } from './attachment.ts'
import { FEED_TYPE, feedOf } from './feed.ts'
import { homePage, listPage } from './lists.ts'
import { notFound, stopped, unavailable, wrongMethod } from './refusals.ts'
import { type PortalSettings, type Site, siteOf } from './site.ts'
import { ICON, isPresentStyle, STYLE, STYLE_ETAG } from './style.ts'

export function createPortal(settings: PortalSettings): Hono {
  const site = siteOf(settings)
  const portal = new Hono()
  portal.get('/', async (c) => made(await homePage(site), conditional(c)))
  portal.get('/list/:category', async (c) => {
    const { category } = c.req.param()
    const request = { categoryId: category, page: c.req.query('page'), year: c.req.query('year') }
    const page = await listPage(site, request)
    return page === undefined ? notFound(site, pathOf(c)) : made(page, conditional(c))
  })
  portal.get('/item/:item{[1-9][0-9]{0,15}}', (c) => item(site, c, `/item/${c.req.param('item')}`))
  portal.get('/item/:item{[1-9][0-9]{0,15}}/attachment/:sha256/:name', async (c) => {
    const { item, sha256, name } = c.req.param()
    const answer = await attachment(site, { item, sha256, name, ...conditional(c) })
    return answer ?? notFound(site, pathOf(c))
  })
  portal.get('/feed.atom', async (c) => {
    const feed = await feedOf(site, c.req.query('category'))
    if (feed === undefined) return notFound(site, pathOf(c))
    return made(feed, { ...conditional(c), type: FEED_TYPE })
  })
  portal.get('/style/:name', (c) => style(c))
  portal.get('/icon.svg', (c) =>
    made(ICON, { ...conditional(c), type: 'image/svg+xml', cache: 'public, max-age=86400' }),
  )
  portal.get('*', (c) => notFound(site, pathOf(c)))
  portal.all('*', (c) => wrongMethod(site, pathOf(c)))
  portal.onError((error, c) => {
    settings.onFault?.(error)
    return unavailable(site, pathOf(c))
  })
  return portal
}

function conditional(c: Context): { ifNoneMatch: string | undefined } {
  return { ifNoneMatch: c.req.header('if-none-match') }
}

/** As it was asked for, still encoded: its slashes tell how far the root is. */
function pathOf(c: Context): string {
  return new URL(c.req.url).pathname
}

/** Visibility comes first: a reader who has the bytes of a stopped page is not told to keep them. */
async function item(site: Site, c: Context, path: string): Promise<Response> {
  const key = { agencyId: site.settings.agencyId, path }
  const { ifNoneMatch } = conditional(c)
  if (ifNoneMatch !== undefined) {
    const facts = await site.settings.store.facts(key)
    const visible = facts?.standing === 'current' || facts?.standing === 'corrected'
    if (facts && visible && isKnown(facts.etag, ifNoneMatch))
      return unchanged({ etag: facts.etag, ifNoneMatch, more: indexing(facts.listed) })
  }
  const page = await site.settings.store.read(key)
  if (!page) return notFound(site, pathOf(c))
  if (page.standing === 'stopped') return stopped(site, pathOf(c))
  if (page.standing === 'withdrawn') return refusal(410, page.html, indexing(false))
  return found(page.html, { etag: page.etag, ifNoneMatch, more: indexing(page.listed) })
}

/** Exercises and tests are reached by their address only, never by a search engine. */
function indexing(listed: boolean): Record<string, string> {
  return listed ? {} : { 'x-robots-tag': 'noindex, nofollow' }
}

/** An older hash gets the present sheet, and is asked again, because it will not stay that. */
function style(c: Context): Response {
  const name = c.req.param('name') ?? ''
  const cache = isPresentStyle(name) ? FOREVER : 'public, max-age=300'
  const told = { etag: STYLE_ETAG, ...conditional(c), type: 'text/css; charset=utf-8', cache }
  return isKnown(told.etag, told.ifNoneMatch) ? unchanged(told) : found(STYLE, told)
}
