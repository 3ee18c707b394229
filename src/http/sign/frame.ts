/** The frame around every page of sign-off: head, mark of practice, way out. No script, nothing from another
 *  host, nothing kept by a browser. */
import { html, raw } from 'hono/html'
import { STYLE_PATH } from './style.ts'

export type Markup = ReturnType<typeof raw>

/** Every value put into `html` here is at hand, so its answer never is a promise in truth. */
export function markup(value: ReturnType<typeof html>): Markup {
  if (value instanceof Promise) throw new TypeError('a page is made of values at hand')
  return value
}

export const NOTHING = raw('')

export interface Frame {
  readonly practice: boolean
  /** who is signed in; absent on the way in */
  readonly person?: { readonly name: string; readonly csrf: string }
}

export interface Sheet {
  readonly title: string
  readonly main: Markup
  readonly status?: number
  /** 【演练】 or 【测试】: this bulletin is no earnest one */
  readonly mark?: string
  /** where the way back leads; the list when absent */
  readonly back?: { readonly href: string; readonly name: string }
}

/** `same-origin`: with `no-referrer` a browser would not say where a form comes from. */
export const PRIVATE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'private, no-store',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-robots-tag': 'noindex, nofollow',
  'cross-origin-opener-policy': 'same-origin',
}

const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

export function wholePage(frame: Frame, sheet: Sheet): Response {
  const { title, main, mark = '', status = 200 } = sheet
  const page = html`<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="format-detection" content="telephone=no">
<title>${mark}${title} - 审查签发</title>
<link rel="stylesheet" href="/sign/${STYLE_PATH}">
<link rel="icon" href="/sign/icon.svg" type="image/svg+xml">
</head>
<body>
${frame.practice ? PRACTICE : NOTHING}${mark === '' ? NOTHING : modeBanner(mark)}${banner(frame, sheet)}<main>
${main}
</main>
</body>
</html>
`
  return new Response(String(markup(page)), {
    status,
    headers: {
      ...{ ...PRIVATE_HEADERS, 'content-type': 'text/html; charset=utf-8' },
      'content-security-policy': PAGE_POLICY,
    },
  })
}

const PRACTICE = raw(
  '<p class="practice" role="note">【练习模式】什么也不会真正发出去，请放心练习。</p>\n',
)

function modeBanner(mark: string): Markup {
  const what =
    mark === '【演练】' ? '这是一次演练，只发给演练名单，不计数。' : '这是一次测试，不计数。'
  return markup(html`<p class="practice mode" role="note">${mark}${what}</p>\n`)
}

function banner({ person }: Frame, { back }: Sheet): Markup {
  if (!person) return markup(html`<header class="top"><p class="brand">审查签发</p></header>\n`)
  const way = back
    ? html`<a href="${back.href}">‹ ${back.name}</a>`
    : html`<p class="brand">审查签发</p>`
  return markup(html`<header class="top">${way}<form method="post" action="/sign/sign-out">
<input type="hidden" name="csrf" value="${person.csrf}"><span class="who">${person.name}</span><button class="plain">退出</button></form></header>\n`)
}

/** A piece of news that a screen reader says at once. */
export function notice(kind: 'good' | 'bad' | 'calm', text: string): Markup {
  const role = kind === 'bad' ? 'alert' : 'status'
  return markup(html`<p class="notice ${kind}" role="${role}">${text}</p>\n`)
}
