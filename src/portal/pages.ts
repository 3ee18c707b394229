/** Puts a signed article into the frame of the site, once, when it is published; what is served
 *  afterwards are these bytes and the ETag stored beside them. */
import { raw } from 'hono/html'
import { dayOf, minuteOf } from '../domain/year.ts'
import {
  type PageFacts,
  type PageKey,
  type PageStore,
  PageWithdrawn,
  type PortalPages,
  type SignedArticle,
  type SignedTombstone,
} from '../hub/ports/pages.ts'
import { sha256Hex } from '../kit/hash.ts'
import { type Frame, type Sheet, wholePage } from './layout.ts'

export interface PagesSettings {
  readonly store: PageStore
  /** public address of the agency's portal; a slash at its end is ignored */
  publicUrl(agencyId: number): string
  readonly practice: boolean
  readonly notices?: readonly string[]
}

/** How the first characters of an ETag name the signed article the page was made of. */
const MARK_CHARACTERS = 16

type State = SignedArticle['state'] | 'withdrawn'

export function createPages(settings: PagesSettings): PortalPages {
  return {
    put: (article) => put(settings, article),
    tombstone: (article) => tombstone(settings, article),
    async look(key) {
      const facts = await settings.store.facts(key)
      return facts ? { etag: facts.etag, url: urlOf(settings, key) } : null
    },
  }
}

function urlOf(settings: PagesSettings, { agencyId, path }: PageKey): string {
  return `${settings.publicUrl(agencyId).replace(/\/+$/, '')}${path}`
}

async function put(settings: PagesSettings, article: SignedArticle) {
  const url = urlOf(settings, article)
  const before = await settings.store.facts(article)
  if (before?.standing === 'withdrawn') throw new PageWithdrawn(article.path)
  const mark = markOf(article.state, article.html)
  // The same article again is a repeated call, not a change: its page and its time stay.
  if (before?.etag.startsWith(`"${mark}-`)) return { etag: before.etag, url }
  const frame = await frameOf(settings, article, article.at)
  const { store } = settings
  const column = (await store.columnName(article.agencyId, article.categoryId)) ?? '其他'
  const page = wholePage(frame, articleSheet(article, column, before))
  const etag = etagOf(mark, page)
  const { agencyId, path, bulletinId, categoryId, title, state, at } = article
  const row = { agencyId, path, bulletinId, categoryId, title, state, at }
  await store.put({ ...row, etag, html: Buffer.from(page) })
  return { etag, url }
}

async function tombstone(settings: PagesSettings, article: SignedTombstone) {
  const url = urlOf(settings, article)
  const before = await settings.store.facts(article)
  const mark = markOf('withdrawn', article.html)
  if (before?.etag.startsWith(`"${mark}-`)) return { url }
  const frame = await frameOf(settings, article, article.at)
  const { head, body } = parts(article.html)
  const page = wholePage(frame, {
    title: '信息已撤下',
    crumbs: [{ name: '信息已撤下' }],
    articleTags: raw(head),
    main: raw(`${statusLine([...published(before), ['撤下', article.at]])}\n${body}`),
  })
  const { agencyId, path, at } = article
  const row = { agencyId, path, title: before?.title ?? '信息已撤下', at }
  await settings.store.tombstone({ ...row, etag: etagOf(mark, page), html: Buffer.from(page) })
  return { url }
}

function articleSheet(
  article: SignedArticle,
  column: string,
  before: PageFacts | undefined,
): Sheet {
  const first = before?.publishedAt ?? article.at
  const times: [string, Date][] = [['发布', first]]
  if (article.state === 'corrected') times.push(['更正', article.at])
  const { head, body } = parts(article.html)
  return {
    title: article.title,
    crumbs: [{ name: column, href: `../list/${article.categoryId}` }, { name: '正文' }],
    tags: [
      ['ArticleTitle', article.title],
      ['PubDate', minuteOf(first)],
      ['ColumnName', column],
      ['ColumnType', '政府信息公开'],
    ],
    articleTags: raw(head),
    main: raw(`${statusLine(times)}\n${body}`),
  }
}

/** An article may open with page tags of its own; only plain ones are taken into the head. */
function parts(article: string): { head: string; body: string } {
  const head = /^(?:<meta name="[A-Za-z]+" content="[^"<>]*">\n)*/.exec(article)?.[0] ?? ''
  return { head, body: article.slice(head.length) }
}

function published(before: PageFacts | undefined): [string, Date][] {
  return before ? [['发布', before.publishedAt]] : []
}

function statusLine(times: readonly (readonly [string, Date])[]): string {
  const texts = times.map(
    ([word, at]) => `<time datetime="${at.toISOString()}">${minuteOf(at)}</time> ${word}`,
  )
  return `<p class="status">本页 ${texts.join('，')}</p>`
}

async function frameOf(settings: PagesSettings, key: PageKey, at: Date): Promise<Frame> {
  const owner = await settings.store.owner(key.agencyId, dayOf(at))
  if (!owner) throw new Error(`agency ${key.agencyId} has no name: a page cannot say whose it is`)
  const { practice, notices = [] } = settings
  const depth = key.path.split('/').length - 2
  const root = depth === 0 ? './' : '../'.repeat(depth)
  return { agencyName: owner.name, practice, notices, url: urlOf(settings, key), root }
}

function markOf(state: State, article: string): string {
  return sha256Hex(`${state}\n${article}`).slice(0, MARK_CHARACTERS)
}

/** Strong: the second part is taken over the very bytes that are served. */
function etagOf(mark: string, page: string): string {
  return `"${mark}-${sha256Hex(page).slice(0, 32)}"`
}
