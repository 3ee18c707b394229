/** The law of the API: every route is in the OpenAPI and in the guard's table, refuses whoever is not
 *  signed in and each wrong role, and knows nothing of another bureau. Found by calling the routes. */
import { Hono } from 'hono'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ROLES, type Role } from '../../../src/domain/role.ts'
import { createApi } from '../../../src/http/api/api.ts'
import { specification } from '../../../src/http/api/docs.ts'
import { API_ROOT } from '../../../src/http/guard.ts'
import { PERMISSIONS } from '../../../src/http/permissions.ts'
import { type Desk, openDesk } from './desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
  for (const role of ROLES) await desk.enter(role, [role])
}, 60_000)
afterAll(() => desk.close())

interface Route {
  readonly method: string
  readonly path: string
}

/** What really answers, whoever put it there. */
function routes(): readonly Route[] {
  const found = desk.routes.routes.filter(
    ({ method, path }) => method !== 'ALL' && path.startsWith(`${API_ROOT}/`),
  )
  const names = new Set(found.map(({ method, path }) => `${method} ${path.slice(API_ROOT.length)}`))
  return [...names].map((name) => {
    const [method = '', path = ''] = name.split(' ')
    return { method, path }
  })
}

const PUBLIC = ['POST /sign-in', 'GET /openapi.json', 'GET /docs']

/** An address nothing stands behind; the way out is tried at the end, because it leads out. */
function addressOf({ path }: Route): string {
  return path.replace(':sha256', 'f'.repeat(64)).replaceAll(/:\w+/g, '999999')
}

function call(route: Route, as?: Role) {
  const body = route.method === 'GET' ? {} : { body: {} }
  return desk.call(route.method, addressOf(route), { ...body, ...(as ? { as } : {}) })
}

it('every route is in the OpenAPI and in the table, and the other way round', () => {
  const here = routes().map(({ method, path }) => `${method} ${path}`)
  const { paths } = specification(createApi(desk.settings))
  const documented = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map(
      (method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    ),
  )
  expect(here.length).toBeGreaterThan(30)
  expect([...here].sort()).toEqual([...documented].sort())
  expect([...here].sort()).toEqual(Object.keys(PERMISSIONS).sort())
})

it('a route nobody put into the table does not exist, even for who is signed in', async () => {
  const api = createApi(desk.settings)
  api.get('/secret', (c) => c.text('secret'))
  const app = new Hono().route(API_ROOT, api)
  const answer = await app.request(`${API_ROOT}/secret`, {
    headers: { cookie: desk.cookieOf('leader') },
  })
  expect(answer.status).toBe(404)
  expect(await answer.text()).not.toContain('secret"')
})

it('refuses whoever is not signed in', async () => {
  for (const route of routes()) {
    const { status, body } = await call(route)
    const name = `${route.method} ${route.path}`
    if (PUBLIC.includes(name)) expect({ name, status }).not.toMatchObject({ status: 401 })
    else
      expect({ name, status, code: body.code }).toEqual({
        ...{ name, status: 401, code: 'not-signed-in' },
      })
  }
})

it('lets in exactly the roles of the table', async () => {
  const lines = [`${'route'.padEnd(36)}${ROLES.join(' ')}`]
  const leavesLast = (one: Route) => (one.path === '/sign-out' ? 1 : 0)
  for (const route of [...routes()].sort((a, b) => leavesLast(a) - leavesLast(b))) {
    const name = `${route.method} ${route.path}`
    const cells: string[] = []
    for (const role of ROLES) {
      const { status, body } = await call(route, role)
      const code = typeof body === 'object' ? body.code : undefined
      const refused = status === 403 && code === 'not-allowed'
      expect({ name, role, status, code }).not.toMatchObject({ status: 401 })
      expect(status, `${name} as ${role}: ${code}`).toBeLessThan(500)
      expect(status, `${name} did not reach the API`).not.toBe(418)
      const { who } = PERMISSIONS[name] ?? { who: [] }
      const allowed = typeof who === 'string' || who.includes(role)
      expect({ name, role, refused }).toEqual({ name, role, refused: !allowed })
      cells.push((refused ? '-' : 'yes').padEnd(role.length))
    }
    lines.push(`${name.padEnd(36)}${cells.join(' ')}`.trimEnd())
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../../golden/routes-roles.txt')
}, 120_000)

it('三员 hold no business role, whatever the database says', async () => {
  await desk.enter('both', ['system-admin', 'drafter', 'leader'])
  const { body } = await desk.call('GET', '/me', { as: 'both' })
  expect(body.roles.map((one: { id: string }) => one.id)).toEqual(['system-admin'])
  const { status } = await desk.call('GET', '/bulletins', { as: 'both' })
  expect(status).toBe(403)
})
