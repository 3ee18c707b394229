/** One plain page of the hub itself: a heading, a few sentences, at most one button. No script. */
import { html } from 'hono/html'

/** A sentence, a command to copy, or a button that sends the page's own address. */
export type Part =
  | string
  | { readonly button: string }
  | { readonly code: string }
  | { readonly facts: readonly (readonly [string, string])[] }
  | { readonly heading: string }

const STYLE = `body{margin:0;font:18px/1.7 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;color:#1a1a1a;background:#f5f6f8}
main{max-width:42rem;margin:0 auto;padding:2rem 1.25rem 4rem;background:#fff;min-height:100vh;box-sizing:border-box}
a{color:#1d4f91}h1{font-size:1.6rem;line-height:1.3}h2{font-size:1.15rem;margin:2rem 0 .5rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:0}dt{color:#595959}dd{margin:0;overflow-wrap:anywhere}
pre{background:#f0f2f5;padding:.6rem .8rem;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.9rem;border-radius:4px}
button{font:inherit;min-height:48px;padding:0 1.5rem;border:0;border-radius:4px;background:#8a1c1c;color:#fff}
button:focus-visible{outline:3px solid #1d5fbf;outline-offset:2px}`

export function simplePage(title: string, parts: readonly Part[], status = 200): Response {
  const body = html`<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>${title}</title><style>${STYLE}</style></head>
<body><main><h1>${title}</h1>${parts.map(partOf)}</main></body></html>`
  return new Response(String(body), {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  })
}

/** An address can be followed; several lines stand under each other, so that a password is not broken. */
function shown(value: string) {
  if (/^https?:\/\/\S+$/.test(value)) return html`<a href="${value}">${value}</a>`
  return value.split('\n').map((line) => html`<div>${line}</div>`)
}

function partOf(part: Part) {
  if (typeof part === 'string') return html`<p>${part}</p>`
  if ('button' in part) return html`<form method="post"><button>${part.button}</button></form>`
  if ('code' in part) return html`<pre>${part.code}</pre>`
  if ('heading' in part) return html`<h2>${part.heading}</h2>`
  return html`<dl>${part.facts.map(([name, value]) => html`<dt>${name}</dt><dd>${shown(value)}</dd>`)}</dl>`
}
