/** Home and the columns: what is in force, what is new, and every page with an address of its own. */
import { html, raw } from 'hono/html'
import { DEFAULT_CATEGORIES } from '../domain/category.ts'
import { dayOf, minuteOf, yearOf } from '../domain/year.ts'
import type { PageColumn, PageLine } from '../hub/ports/pages.ts'
import { type Markup, markup, wholePage } from './layout.ts'
import type { Site } from './site.ts'

const LATEST_MAX = 12
const PAGE_LINES = 20
const WARNING_DAYS = 7
const DAY_MS = 86_400_000

const LEVEL_TEXTS = {
  red: '红色预警 Ⅰ',
  orange: '橙色预警 Ⅱ',
  yellow: '黄色预警 Ⅲ',
  blue: '蓝色预警 Ⅳ',
  routine: '',
} as const

export async function homePage(site: Site): Promise<string> {
  const { store, agencyId, now } = site.settings
  const since = new Date(now().getTime() - WARNING_DAYS * DAY_MS)
  const [frame, warnings, latest, columns] = await Promise.all([
    site.frame('/'),
    store.warnings({ agencyId, since }),
    store.list({ agencyId, offset: 0, limit: LATEST_MAX }),
    store.columns(agencyId),
  ])
  return wholePage(frame, {
    title: frame.agencyName,
    tags: [['ColumnType', '政府信息公开']],
    main: markup(html`<h1>政府信息公开</h1>
${warningStrip(warnings)}
<section aria-labelledby="latest"><h2 id="latest">最新公开</h2>
${latest.length === 0 ? html`<p>还没有公开的信息。</p>` : linesHtml(latest, './', true)}</section>
<section aria-labelledby="columns"><h2 id="columns">法定主动公开内容</h2>
${columnsHtml(columns)}</section>`),
  })
}

/** A plain answer when there is nothing: silence could also be a fault. */
function warningStrip(warnings: readonly PageLine[]): Markup {
  if (warnings.length === 0)
    return raw(`<section class="strip" aria-labelledby="warnings"><h2 id="warnings">预警</h2>
<p>当前无生效预警（最近 ${WARNING_DAYS} 天发布、尚未解除的）。</p></section>`)
  const items = warnings.map(
    (line) => html`<li><span class="level ${line.level}">${LEVEL_TEXTS[line.level]}</span>
<a href=".${line.path}"><bdi>${line.title}</bdi></a> <span class="count">${minuteOf(line.publishedAt)} 发布</span></li>\n`,
  )
  return markup(html`<section class="strip" aria-labelledby="warnings">
<h2 id="warnings">最近 ${WARNING_DAYS} 天发布、尚未解除的预警：${warnings.length} 条</h2>
<ul>${items}</ul></section>`)
}

/** Columns in the order of the law's list; those an agency added come last. */
function columnsHtml(columns: readonly PageColumn[]): Markup {
  const place = (column: PageColumn) => {
    const index = DEFAULT_CATEGORIES.findIndex((category) => category.id === column.id)
    return index === -1 ? DEFAULT_CATEGORIES.length : index
  }
  const items = [...columns]
    .sort((a, b) => place(a) - place(b))
    .map(
      ({ id, name, pages, measureWord }) =>
        html`<li><a href="./list/${id}">${name}</a><span class="count">${pages} ${measureWord}</span></li>\n`,
    )
  return markup(html`<ul class="columns">${items}</ul>`)
}

function linesHtml(lines: readonly PageLine[], root: string, withColumn: boolean): Markup {
  const items = lines.map((line) => {
    const day = dayOf(line.publishedAt)
    const marks = [
      line.state === 'corrected' ? html` <span class="tag corrected">［已更正］</span>` : '',
      withColumn ? html` <span class="tag">${line.categoryName}</span>` : '',
    ]
    return html`<li><span><a href="${root.replace(/\/$/, '')}${line.path}"><bdi>${line.title}</bdi></a>${marks}</span>
<time class="when" datetime="${day}">${day}</time></li>\n`
  })
  return markup(html`<ul class="lines">${items}</ul>`)
}

export interface ListRequest {
  readonly categoryId: string
  readonly page: string | undefined
  readonly year: string | undefined
}

/** Undefined where there is no such column, year or page. */
export async function listPage(site: Site, request: ListRequest): Promise<string | undefined> {
  const { categoryId } = request
  const number = numberOf(request.page ?? '1')
  const year = request.year === undefined ? undefined : numberOf(request.year)
  if (number === undefined || (request.year !== undefined && year === undefined)) return undefined
  if (!/^[a-z0-9-]{1,40}$/.test(categoryId)) return undefined
  const { store, agencyId, now } = site.settings
  const name = await store.columnName(agencyId, categoryId)
  if (name === undefined) return undefined
  const years = await store.years({ agencyId, categoryId })
  const chosen = year === undefined ? years : years.filter((row) => row.year === year)
  if (year !== undefined && chosen.length === 0 && year !== yearOf(now())) return undefined
  const total = chosen.reduce((sum, row) => sum + row.pages, 0)
  const last = Math.max(1, Math.ceil(total / PAGE_LINES))
  if (number > last) return undefined
  const lines = await store.list({
    ...{ agencyId, categoryId, ...(year === undefined ? {} : { year }) },
    ...{ offset: (number - 1) * PAGE_LINES, limit: PAGE_LINES },
  })
  const at = { categoryId, year, number, last }
  const frame = await site.frame(`/list/${address(at, number)}`, `/list/${categoryId}`)
  const heading = year === undefined ? name : `${name} ${year} 年`
  return wholePage(frame, {
    title: number > 1 ? `${heading} 第 ${number} 页` : heading,
    crumbs: [{ name }],
    tags: [
      ['ColumnName', name],
      ['ColumnType', '政府信息公开'],
    ],
    main: markup(html`<h1>${heading}</h1>
${yearsHtml(categoryId, years, year)}
<p class="count">共 ${total} 条${last > 1 ? `，第 ${number} 页，共 ${last} 页` : ''}。<a href="../feed.atom?category=${categoryId}">订阅本栏目（Atom）</a></p>
${lines.length === 0 ? html`<p>${EMPTY}</p>` : linesHtml(lines, '../', false)}
${pagesHtml(at)}`),
  })
}

const EMPTY = '这个栏目还没有公开的信息。可以看看首页的其他栏目，或向本机关申请公开。'

interface Place {
  readonly categoryId: string
  readonly year: number | undefined
  readonly number: number
  readonly last: number
}

function address({ categoryId, year }: Pick<Place, 'categoryId' | 'year'>, page: number): string {
  const query = new URLSearchParams()
  if (year !== undefined) query.set('year', String(year))
  if (page > 1) query.set('page', String(page))
  return query.size > 0 ? `${categoryId}?${query}` : categoryId
}

function yearsHtml(
  categoryId: string,
  years: readonly { year: number; pages: number }[],
  chosen: number | undefined,
): Markup {
  if (years.length === 0) return raw('')
  const items = years.map(({ year, pages }) =>
    year === chosen
      ? html`<li><b aria-current="true">${year}（${pages}）</b></li>\n`
      : html`<li><a href="${categoryId}?year=${year}">${year}（${pages}）</a></li>\n`,
  )
  const all =
    chosen === undefined
      ? html`<li><b aria-current="true">全部年份</b></li>\n`
      : html`<li><a href="${categoryId}">全部年份</a></li>\n`
  return markup(html`<nav aria-label="按年份"><ul class="years">${all}${items}</ul></nav>`)
}

/** First, last and the neighbours: every page is two or three steps away. */
function pagesHtml(place: Place): Markup {
  const { number, last } = place
  if (last <= 1) return raw('')
  const near = [1, number - 1, number, number + 1, last]
  const shown = [...new Set(near)].filter((page) => page >= 1 && page <= last)
  const items = shown
    .sort((a, b) => a - b)
    .map((page, index) => {
      const gap =
        index > 0 && page - (shown[index - 1] ?? page) > 1 ? raw('<li><span>…</span></li>\n') : ''
      return page === number
        ? html`${gap}<li><b aria-current="page">${page}</b></li>\n`
        : html`${gap}<li><a href="${address(place, page)}" aria-label="第 ${page} 页">${page}</a></li>\n`
    })
  const step = (page: number, word: string) =>
    page >= 1 && page <= last ? html`<li><a href="${address(place, page)}">${word}</a></li>\n` : ''
  return markup(
    html`<nav aria-label="翻页"><ul class="pages">${step(number - 1, '上一页')}${items}${step(number + 1, '下一页')}</ul></nav>`,
  )
}

function numberOf(text: string): number | undefined {
  return /^[1-9][0-9]{0,5}$/.test(text) ? Number(text) : undefined
}
