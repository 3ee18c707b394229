/** 登录: a login and a password become a session cookie; who am I, a new password, and the way out. It
 *  answers a wrong password and an unknown login alike. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { PASSWORD_CHARACTERS_MAX } from '../domain/account.ts'
import { Refused } from '../domain/refusal.ts'
import { ROLE_NAMES, ROLES } from '../domain/role.ts'
import { type Api, answer, answers, jsonBody } from './api/describe.ts'
import type { ApiSettings } from './api/settings.ts'
import type { ApiActor, ApiEnv } from './guard.ts'

const tags = ['登录']
const written = z.string().min(1).max(PASSWORD_CHARACTERS_MAX)

const me = z
  .object({
    ...{ agencyId: z.int(), personId: z.int(), name: z.string() },
    roles: z.array(z.object({ id: z.enum(ROLES), name: z.string() })),
    ...{ via: z.enum(['session', 'key', 'machine']), login: z.string().optional() },
  })
  .openapi('Me')
const done = z.object({ done: z.literal(true) })

const signInRoute = createRoute({
  ...{ method: 'post', path: '/sign-in', tags, summary: '登录，得到会话 Cookie' },
  request: {
    body: jsonBody(z.strictObject({ login: z.string().min(1).max(60), password: written })),
  },
  responses: answers('已登录', me),
})
const signOutRoute = createRoute({
  ...{ method: 'post', path: '/sign-out', tags, summary: '退出登录' },
  responses: answers('已退出', done),
})
const meRoute = createRoute({
  ...{ method: 'get', path: '/me', tags, summary: '我是谁、有哪些职责' },
  responses: answers('当前人员', me),
})
const passwordRoute = createRoute({
  ...{ method: 'post', path: '/me/password', tags, summary: '改自己的密码；其他会话随即失效' },
  request: { body: jsonBody(z.strictObject({ current: written, next: written })) },
  responses: answers('已改', done),
})

export function signInRoutes(api: Api, { accounts, now }: ApiSettings): void {
  api.openapi(signInRoute, async (c) => {
    const { login, password } = c.req.valid('json')
    const { identity, cookies } = await accounts.signIn({ login, password, at: now() })
    setCookies(c, cookies)
    const { agencyId, person } = identity
    return answer(c, me, shown({ agencyId, person, login: identity.login, via: 'session' }))
  })
  api.openapi(signOutRoute, async (c) => {
    setCookies(c, await accounts.signOut(c.req.header('cookie') ?? ''))
    return answer(c, done, { done: true })
  })
  api.openapi(meRoute, async (c) => answer(c, me, shown(c.get('actor'))))
  api.openapi(passwordRoute, async (c) => {
    const { current, next } = c.req.valid('json')
    const cookie = c.req.header('cookie') ?? ''
    const identity = await accounts.session(cookie, now())
    if (!identity) throw new Refused({ code: 'not-signed-in' })
    const change = { identity, cookie, current, next, at: now() }
    setCookies(c, await accounts.changePassword(change))
    return answer(c, done, { done: true })
  })
}

function shown({ agencyId, person, via, login }: ApiActor) {
  return {
    ...{ agencyId, personId: person.id, name: person.name, via },
    // A machine holds no role: the person only answers for it.
    roles: via === 'machine' ? [] : person.roles.map((id) => ({ id, name: ROLE_NAMES[id] })),
    ...(login === undefined ? {} : { login }),
  }
}

function setCookies(c: Context<ApiEnv>, cookies: readonly string[]): void {
  for (const cookie of cookies) c.header('set-cookie', cookie, { append: true })
}
