/** The documentation: OpenAPI 3.1 from the schemas that validate, and one page of it that needs no
 *  network and no script. */
import { createRoute, z } from '@hono/zod-openapi'
import { html } from 'hono/html'
import { SCOPE_NAMES } from '../../domain/api-key.ts'
import { describe, REFUSAL_CODES } from '../../domain/refusal.ts'
import { ROLE_NAMES } from '../../domain/role.ts'
import { STATUS } from '../errors.ts'
import { API_ROOT } from '../guard.ts'
import { PERMISSIONS, type Permission } from '../permissions.ts'
import { type Api, answers } from './describe.ts'

const tags = ['接口说明']

const INFO = {
  openapi: '3.1.0',
  info: {
    ...{ title: '铎铃接口', version: '1' },
    description: [
      '登录：POST /sign-in 得到会话 Cookie；程序用 Authorization: Bearer 加接口密钥。',
      '重复提交：POST 可带 Idempotency-Key，24 小时内同键同内容只办一次、答复相同。',
      '列表：limit 最多 200，用 next 作 cursor 取下一页。',
      '没有办成：application/problem+json，按 code 判断，不要按文字判断。',
    ].join('\n\n'),
  },
  servers: [{ url: API_ROOT }],
}

const specificationRoute = createRoute({
  ...{ method: 'get', path: '/openapi.json', tags, summary: '本接口的 OpenAPI 3.1' },
  responses: answers('OpenAPI 文档', z.record(z.string(), z.unknown())),
})
const docsRoute = createRoute({
  ...{ method: 'get', path: '/docs', tags, summary: '接口说明页（不需要外网）' },
  responses: answers('说明页'),
})

export function docsRoutes(api: Api): void {
  api.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    ...{ type: 'apiKey', in: 'cookie', name: 'duoling.session_token' },
  })
  api.openAPIRegistry.registerComponent('securitySchemes', 'key', {
    ...{ type: 'http', scheme: 'bearer' },
  })
  api.openapi(specificationRoute, (c) => c.json(specification(api)))
  api.openapi(docsRoute, () => docsPage(specification(api)))
}

interface Operation {
  summary?: string
  tags?: string[]
  security?: object[]
  description?: string
}

interface Specification {
  readonly paths: Record<string, Record<string, Operation>>
}

const made = new WeakMap<Api, Specification>()

/** Each operation also says who may use it, from the table that decides. */
export function specification(api: Api): Specification {
  const known = made.get(api)
  if (known) return known
  const document = api.getOpenAPI31Document(INFO) as unknown as Specification
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const permission = permissionOf(method, path)
      if (!permission) continue
      operation.description = whoMay(permission)
      if (permission.who !== 'anyone')
        operation.security = [{ session: [] }, ...(permission.scope ? [{ key: [] }] : [])]
    }
  }
  made.set(api, document)
  return document
}

function permissionOf(method: string, path: string): Permission | undefined {
  return PERMISSIONS[`${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`]
}

function whoMay({ who, scope, machine }: Permission): string {
  if (who === 'anyone') return '无需登录'
  const people = who === 'signed-in' ? '登录的人员' : who.map((role) => ROLE_NAMES[role]).join('、')
  const key = scope ? `；密钥范围 ${scope}（${SCOPE_NAMES[scope]}）` : '；不接受密钥'
  return `${people}${key}${machine ? '，机器密钥可用' : ''}`
}

const STYLE = `body{margin:0;font:16px/1.7 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;color:#1a1a1a;background:#f5f6f8}
main{max-width:64rem;margin:0 auto;padding:2rem 1.25rem 4rem;background:#fff}h1{font-size:1.6rem}h2{font-size:1.2rem;margin:2rem 0 .5rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #d9d9d9}
@media(max-width:40rem){thead{display:none}tr{display:block;padding:.5rem 0;border-bottom:1px solid #d9d9d9}td{display:block;border:0;padding:.1rem 0}td,td code{white-space:normal;overflow-wrap:anywhere}}
code{font-family:ui-monospace,Consolas,monospace;font-size:.9em;white-space:nowrap}a{color:#1d4f91}:target{background:#fff3c4}`

function docsPage({ paths }: Specification): Response {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  )
  const groups = Map.groupBy(operations, (one) => one.tags?.[0] ?? '')
  const page = html`<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>铎铃接口说明</title><style>${STYLE}</style></head><body><main><h1>铎铃接口说明</h1>
<p>地址都在 <code>${API_ROOT}</code> 下；完整的字段见 <a href="${API_ROOT}/openapi.json">openapi.json</a>（OpenAPI 3.1）。</p>
${INFO.info.description.split('\n\n').map((line) => html`<p>${line}</p>`)}
${[...groups].map(
  ([
    tag,
    members,
  ]) => html`<h2>${tag}</h2><table><thead><tr><th>接口</th><th>用途</th><th>谁可以用</th></tr></thead><tbody>
${members.map(({ method, path, summary, description }) => html`<tr><td><code>${method.toUpperCase()} ${path}</code></td><td>${summary}</td><td>${description}</td></tr>`)}
</tbody></table>`,
)}
<h2>没有办成时的代码</h2><table><thead><tr><th>code</th><th>状态</th><th>意思和下一步</th></tr></thead><tbody>
${REFUSAL_CODES.map((code) => html`<tr id="${code}"><td><code>${code}</code></td><td>${STATUS[code]}</td><td>${describe({ code })}</td></tr>`)}
</tbody></table></main></body></html>`
  return new Response(String(page), {
    headers: {
      ...{ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' },
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      ...{ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' },
    },
  })
}
