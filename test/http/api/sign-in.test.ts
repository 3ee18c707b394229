/** Signing in over HTTP: the cookie, the way out, other sites, and what a stranger can learn. */
import { Hono } from 'hono'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { apiRoutes } from '../../../src/http/api/api.ts'
import { openAccounts } from '../../../src/store/accounts/accounts.ts'
import { type Desk, draft, ORIGIN, openDesk, PASSWORD, SECRET } from './desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
  await desk.enter('shen', ['drafter'])
  await desk.enterByPassword('chen', ['drafter'])
}, 60_000)
afterAll(() => desk.close())

function signIn(login: string, password: string, headers: Record<string, string> = {}) {
  return desk.call('POST', '/sign-in', { body: { login, password }, headers })
}

it('gives a cookie no script reads and no foreign form carries', async () => {
  const { status, headers, body } = await signIn('CHEN ', PASSWORD)
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { name: 'chen同志', login: 'chen', roles: [{ id: 'drafter', name: '拟稿人' }] },
  })
  const [cookie = ''] = headers.getSetCookie()
  expect(cookie).toMatch(/^duoling\.session_token=/)
  expect(cookie).toMatch(/; HttpOnly/i)
  expect(cookie).toMatch(/; SameSite=Lax/i)
  expect(cookie).not.toMatch(/; Secure/i)
  expect(JSON.stringify(body)).not.toContain('token')
})

it('the cookie is for https alone where the public address is', async () => {
  const { db } = desk.bureau.test.connection
  const accounts = openAccounts(db, { secret: SECRET, secure: () => true })
  const routes = new Hono().route('/', apiRoutes({ ...desk.settings, accounts }))
  const answer = await routes.request('/api/v1/sign-in', {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({ login: 'chen', password: PASSWORD }),
  })
  expect(answer.headers.getSetCookie()[0]).toMatch(/^__Secure-duoling\.session_token=.*; Secure/i)
})

it('answers a wrong password and an unknown login alike', async () => {
  const wrong = await signIn('chen', 'nothing-of-the-kind')
  const unknown = await signIn('nobody-here', 'nothing-of-the-kind')
  const impossible = await signIn('1 or 1=1 --', 'nothing-of-the-kind')
  const { trace_id: _, ...expected } = wrong.body
  expect(wrong).toMatchObject({ status: 401, body: { code: 'sign-in-refused' } })
  for (const { status, body } of [unknown, impossible]) {
    const { trace_id: __, ...seen } = body
    expect({ status, seen }).toEqual({ status: 401, seen: expected })
  }
  expect(desk.logged.join('\n')).not.toContain('nothing-of-the-kind')
})

it('gives a login five tries, known or not, however many come at once', async () => {
  await desk.enterByPassword('lu', ['secrecy-reviewer'])
  for (const login of ['lu', 'ghost']) {
    const guesses = Array.from({ length: 8 }, (_, index) => signIn(login, `wrong-${index}-guess`))
    const codes = (await Promise.all(guesses)).map(({ body }) => body.code).sort()
    expect(codes).toEqual([...Array(3).fill('locked-out'), ...Array(5).fill('sign-in-refused')])
    const { status, headers, body } = await signIn(login, PASSWORD)
    expect({ login, status, code: body.code }).toEqual({ login, status: 429, code: 'locked-out' })
    expect(headers.get('retry-after')).toBe('900')
  }
  const audit = await desk.settings.hub.store.lists.audit(desk.bureau.agencyId, {
    ...{ limit: 100, subject: 'account/lu' },
  })
  const actions = Map.groupBy(audit, (row) => row.action)
  expect(actions.get('sign-in-refused')).toHaveLength(5)
  expect(actions.get('locked-out')).toHaveLength(4)
  expect(JSON.stringify(audit)).not.toMatch(/guess|松柏/)
}, 120_000)

it('refuses a cookie another site made the browser send', async () => {
  const body = JSON.stringify(draft())
  const cookie = desk.cookieOf('shen')
  const post = (headers: Record<string, string>) =>
    desk.call('POST', '/bulletins', {
      body,
      headers: { cookie, 'content-type': 'application/json', ...headers },
    })
  const refused = { status: 403, body: { code: 'cross-site' } }
  expect(await post({})).toMatchObject(refused)
  expect(await post({ origin: 'https://evil.example' })).toMatchObject(refused)
  expect(await post({ origin: 'null' })).toMatchObject(refused)
  expect(await post({ origin: `${ORIGIN}.evil.example` })).toMatchObject(refused)
  expect(await post({ 'sec-fetch-site': 'cross-site' })).toMatchObject(refused)
  expect(await post({ 'sec-fetch-site': 'same-site' })).toMatchObject(refused)
  expect((await post({ 'sec-fetch-site': 'same-origin' })).status).toBe(201)
  expect((await post({ origin: ORIGIN })).status).toBe(201)
  const elsewhere = { origin: 'https://evil.example' }
  expect(await signIn('chen', PASSWORD, elsewhere)).toMatchObject(refused)
})

it('a cookie that was changed by one letter opens nothing', async () => {
  const cookie = desk.cookieOf('shen')
  for (const changed of [
    cookie.slice(0, -4),
    cookie.replace(/=./, '=!'),
    'duoling.session_token=x',
  ]) {
    const { status } = await desk.call('GET', '/me', { headers: { cookie: changed } })
    expect({ changed: changed.length, status }).toMatchObject({ status: 401 })
  }
})

it('a new password ends every other session and takes the old one out of use', async () => {
  await desk.enterByPassword('zheng', ['section-head'])
  const cookieOf = async () =>
    (await signIn('zheng', PASSWORD)).headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const own = await cookieOf()
  const cookie = await cookieOf()
  const change = (current: string, next: string) =>
    desk.call('POST', '/me/password', {
      ...{ body: { current, next }, headers: { cookie: own, origin: ORIGIN } },
    })
  expect((await change('not-the-current-1', '梧桐Abc-67890')).body.code).toBe('sign-in-refused')
  expect((await change(PASSWORD, 'zheng')).body).toMatchObject({
    ...{ code: 'weak-password', field: 'password' },
  })
  expect((await change(PASSWORD, '梧桐Abc-67890')).status).toBe(200)
  expect((await desk.call('GET', '/me', { headers: { cookie } })).status).toBe(401)
  expect((await signIn('zheng', PASSWORD)).status).toBe(401)
  expect((await signIn('zheng', '梧桐Abc-67890')).status).toBe(200)
}, 120_000)

it('after the way out the cookie is worth nothing', async () => {
  await desk.enter('gone', ['drafter'])
  expect((await desk.call('POST', '/sign-out', { as: 'gone' })).status).toBe(200)
  expect((await desk.call('GET', '/me', { as: 'gone' })).status).toBe(401)
})
