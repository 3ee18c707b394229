/** The frame around every public page: head with page tags, landmarks, and links that hold under
 *  any path the portal is put behind. No script, no form, nothing from another host. */
import { html, raw } from 'hono/html'
import { STYLE_PATH } from './style.ts'

export interface Frame {
  readonly agencyName: string
  /** 【练习模式】 on every page */
  readonly practice: boolean
  /** lines of the footer a bureau must show, such as 网站标识码 */
  readonly notices: readonly string[]
  /** public address of this page; empty where the page has none of its own */
  readonly url: string
  /** way back to the portal's root: `./`, `../`, … */
  readonly root: string
}

export interface Sheet {
  readonly title: string
  /** what stands between home and this page */
  readonly crumbs?: readonly { readonly name: string; readonly href?: string }[]
  /** page tags of 政府网站发展指引, in the order they are written */
  readonly tags?: readonly (readonly [name: string, content: string])[]
  /** markup that was signed or made by this room; inserted as it stands */
  readonly main: Markup
  /** page tags the signed article brought along */
  readonly articleTags?: Markup
}

export type Markup = ReturnType<typeof raw>

/** Every value put into `html` here is at hand, so its answer never is a promise in truth. */
export function markup(value: ReturnType<typeof html>): Markup {
  if (value instanceof Promise) throw new TypeError('a page is made of values at hand')
  return value
}

export function wholePage(frame: Frame, sheet: Sheet): string {
  const title =
    sheet.title === frame.agencyName ? sheet.title : `${sheet.title} - ${frame.agencyName}`
  const page = html`<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title} - 政府信息公开</title>
${pageTags(frame, sheet)}<link rel="stylesheet" href="${frame.root}${STYLE_PATH}">
<link rel="icon" href="${frame.root}icon.svg" type="image/svg+xml">
<link rel="alternate" type="application/atom+xml" title="${frame.agencyName}信息公开" href="${frame.root}feed.atom">
</head>
<body>
<a class="skip" href="#main">跳到正文</a>
${frame.practice ? PRACTICE : ''}${banner(frame)}
<div class="wrap">
${crumbs(frame, sheet)}<main id="main" tabindex="-1">
${sheet.main}
</main>
</div>
${footer(frame)}
</body>
</html>
`
  return String(markup(page))
}

const PRACTICE = raw(
  '<p class="practice" role="note">【练习模式】这里的内容用于练习，不是真实发布的信息。</p>\n',
)

function pageTags(frame: Frame, sheet: Sheet): Markup {
  const own: (readonly [string, string])[] = [
    ['SiteName', frame.agencyName],
    ...(frame.url ? [['SiteDomain', new URL(frame.url).host] as const] : []),
    ...(sheet.tags ?? []),
    ...(frame.url ? [['Url', frame.url] as const] : []),
  ]
  const tags = own.map(([name, content]) => html`<meta name="${name}" content="${content}">\n`)
  return markup(html`${tags}${sheet.articleTags ?? ''}`)
}

function banner({ agencyName, root }: Frame): Markup {
  return markup(html`<header class="top"><div class="wrap">
<p class="name"><a href="${root}">${agencyName}<small>政府信息公开</small></a></p>
<nav aria-label="主要栏目"><ul>
<li><a href="${root}">首页</a></li>
<li><a href="${root}list/system-document">公开指南和制度</a></li>
<li><a href="${root}#columns">法定主动公开内容</a></li>
<li><a href="${root}list/annual-report">年度报告</a></li>
</ul></nav>
</div></header>`)
}

function crumbs({ root }: Frame, sheet: Sheet): Markup {
  if (!sheet.crumbs) return raw('')
  const steps = sheet.crumbs.map(({ name, href }) =>
    href === undefined
      ? html` › <span aria-current="page">${name}</span>`
      : html` › <a href="${href}">${name}</a>`,
  )
  return markup(
    html`<nav class="crumbs" aria-label="当前位置"><a href="${root}">首页</a>${steps}</nav>\n`,
  )
}

function footer({ agencyName, notices, url, root }: Frame): Markup {
  return markup(html`<footer class="foot"><div class="wrap">
<p>主办单位：${agencyName}</p>
${notices.map((notice) => html`<p>${notice}</p>\n`)}<nav aria-label="页脚"><p><a href="${root}feed.atom">订阅（Atom）</a></p></nav>
${url ? html`<p class="sheet">本页网址：${url}</p>\n` : ''}</div></footer>`)
}
