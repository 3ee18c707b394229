/** Keys of programs: told once, kept as a hash, held to their scopes, their person's roles and their end. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MORNING } from '../../support/bureau.ts'
import { asOwner } from '../../support/database-server.ts'
import { type Desk, draft, openDesk } from './desk.ts'

let desk: Desk
let shen = 0
beforeAll(async () => {
  desk = await openDesk()
  shen = await desk.enter('shen', ['drafter'])
  await desk.enter('li', ['security-admin'])
})
afterAll(() => desk.close())

const TOMORROW = new Date(MORNING.getTime() + 86_400_000).toISOString()

async function newKey(more: object = {}): Promise<{ id: number; token: string }> {
  const wanted = { name: '对接', kind: 'person', personId: shen, scopes: ['read'] }
  const { status, body } = await desk.call('POST', '/keys', {
    ...{ as: 'li', body: { ...wanted, expiresAt: TOMORROW, ...more } },
  })
  expect(status).toBe(201)
  return body
}

function using(token: string, method: string, path: string, body?: unknown) {
  return desk.call(method, path, { body, headers: { authorization: `Bearer ${token}` } })
}

it('acts as its person, within its scopes, and needs no origin', async () => {
  const reader = await newKey()
  expect((await using(reader.token, 'GET', '/me')).body).toMatchObject({
    ...{ via: 'key', personId: shen, roles: [{ id: 'drafter' }] },
  })
  const refused = await using(reader.token, 'POST', '/bulletins', draft())
  expect(refused).toMatchObject({ status: 403, body: { code: 'scope-missing' } })
  const writer = await newKey({ scopes: ['read', 'compose', 'sign'] })
  expect((await using(writer.token, 'POST', '/bulletins', draft())).status).toBe(201)
  const signs = await using(writer.token, 'POST', '/bulletins/1/sign', {})
  expect(signs).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
  for (const path of ['/sign-out', '/me/password'])
    expect((await using(writer.token, 'POST', path, {})).body.code).toBe('scope-missing')
})

it('keeps no secret: neither in the list nor in the database', async () => {
  const { id, token } = await newKey()
  const secret = token.slice(-43)
  const { body } = await desk.call('GET', '/keys', { as: 'li' })
  expect(JSON.stringify(body)).not.toContain(secret)
  expect(body.items[0]).toMatchObject({ id, kind: 'person', revokedAt: null })
  const rows = await desk.bureau.test.connection.db
    .selectFrom('api_key')
    .selectAll()
    .where('agency_id', '=', desk.bureau.agencyId)
    .execute()
  expect(JSON.stringify(rows)).not.toContain(secret)
  expect(desk.logged.join('\n')).not.toContain(secret)
})

it('refuses a wrong secret, another number, an ended, revoked or retired one alike', async () => {
  const { id, token } = await newKey()
  const expired = await newKey()
  await asOwner(
    desk.database.ownerUrl,
    `update api_key set created_at = '2026-01-01', expires_at = '2026-01-02' where id = ${expired.id}`,
  )
  expect((await using(token, 'GET', '/me')).status).toBe(200)
  await desk.call('POST', `/keys/${id}/revoke`, { as: 'li' })
  const other = await newKey()
  const swapped = other.token.replace(`.${other.id}_`, `.${other.id + 1}_`)
  const wrong = `${other.token.slice(0, -1)}${other.token.endsWith('A') ? 'B' : 'A'}`
  for (const one of [token, expired.token, swapped, wrong, 'duoling_1.1_x', 'x', ''])
    expect(await using(one, 'GET', '/me')).toMatchObject({
      ...{ status: 401, body: { code: 'key-refused' } },
    })
  const { status } = await desk.call('POST', `/keys/${id}/revoke`, { as: 'li' })
  expect(status).toBe(404)
})

it('a machine reads and imports, holds no role, and can be given nothing more', async () => {
  const machine = await newKey({ kind: 'machine', scopes: ['read', 'import'] })
  expect((await using(machine.token, 'GET', '/me')).body).toMatchObject({
    via: 'machine',
    roles: [],
  })
  expect((await using(machine.token, 'GET', '/totals')).status).toBe(200)
  expect((await using(machine.token, 'POST', '/bulletins', draft())).status).toBe(403)
  expect((await using(machine.token, 'GET', '/bulletins')).body.code).toBe('not-allowed')
  expect((await using(machine.token, 'POST', '/imports/1/confirm')).body.code).toBe('not-allowed')
  const { status, body } = await desk.call('POST', '/keys', {
    as: 'li',
    body: {
      ...{ name: ' ', kind: 'machine', personId: shen, scopes: ['read', 'sign'] },
      expiresAt: '2099-01-01T00:00:00Z',
    },
  })
  expect(status).toBe(422)
  expect(body.errors.map((one: { field: string }) => one.field)).toEqual([
    ...['name', 'scopes', 'expiresAt'],
  ])
})

it('a machine uploads a table and enters it under whoever answers for it', async () => {
  const machine = await newKey({ kind: 'machine', scopes: ['read', 'import'] })
  const head = 'published_on,channel,category,title,url,level,unit,evidence'
  const csv = `${head}\n2026-01-05,board,notice,关于值班的通知,,,,\n`
  const upload = await desk.routes.request('http://hub.test/api/v1/blobs', {
    ...{ method: 'POST', body: csv },
    headers: { authorization: `Bearer ${machine.token}`, 'content-type': 'text/csv' },
  })
  expect(upload.status).toBe(201)
  const { sha256 } = (await upload.json()) as { sha256: string }
  const made = await using(machine.token, 'POST', '/imports', { sha256, fileName: '台账.csv' })
  expect(made.body).toMatchObject({ problems: [], newRows: 1, confirmed: false })
  const { body } = await desk.call('GET', '/imports', { as: 'shen' })
  expect(body.items).toMatchObject([{ fileName: '台账.csv', rows: 1, enteredBy: shen }])
  const own = await desk.call('POST', `/imports/${body.items[0].id}/confirm`, { as: 'shen' })
  expect(own.body.code).toBe('confirmer-is-enterer')
})
