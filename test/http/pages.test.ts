/** The hub's own plain pages: looking changes nothing, a foreign link is refused, nothing can be injected. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readUnsubscribeToken } from '../../src/app.ts'
import { firstRunRoutes } from '../../src/http/first-run.ts'
import { unsubscribeRoutes } from '../../src/http/unsubscribe.ts'
import { addPhones, type Bureau, foundBureau, MORNING, openTestHub } from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let bureau: Bureau
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  await addPhones(bureau, 2)
})
afterAll(async () => {
  await bureau.test.close()
  await database.drop()
})

const reach = () =>
  bureau.test.hub.store.transact(bureau.agencyId, async (tx) => {
    const wire = await tx.channel('wire')
    return wire ? tx.reach(wire, { audiences: ['media'] }, 'earnest') : 0
  })

it('takes an address off the list on POST only, and only with its own link', async () => {
  const { hub } = bureau.test
  const { id: addressId } = await bureau.test.connection.db
    .selectFrom('address')
    .select('id')
    .where('agency_id', '=', bureau.agencyId)
    .where('kind', '=', 'phone')
    .executeTakeFirstOrThrow()
  const readToken = (token: string) => readUnsubscribeToken(hub, token)
  const routes = unsubscribeRoutes({ hub, readToken, now: () => MORNING })
  const link = `/unsubscribe/${hub.unsubscribeToken(bureau.agencyId, addressId)}`
  const before = await reach()
  expect((await routes.request(link)).status).toBe(200)
  expect(await reach()).toBe(before)
  for (const wrong of [
    `${link}0`,
    '/unsubscribe/1.x.y',
    '/unsubscribe/..',
    `/unsubscribe/${'9'.repeat(400)}`,
  ])
    expect((await routes.request(wrong, { method: 'POST' })).status).toBe(404)
  expect(await reach()).toBe(before)
  const posted = await routes.request(link, { method: 'POST' })
  expect(await posted.text()).toContain('已退订')
  expect(await reach()).toBe(before - 1)
  // A mail program may press twice.
  expect((await routes.request(link, { method: 'POST' })).status).toBe(200)
})

it('shows the first page only to whoever has the link, escaped', async () => {
  const facts = {
    ...{ agency: '<script>alert(1)</script>局', practice: true, dataFolder: '/data' },
    ...{ database: 'PostgreSQL', portalUrl: 'http://portal.test', people: [], channels: [] },
  }
  const routes = firstRunRoutes({ token: 'right', facts: async () => facts })
  expect((await routes.request('/first-run/wrong')).status).toBe(404)
  const page = await routes.request('/first-run/right')
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(page.headers.get('cache-control')).toBe('no-store')
  const text = await page.text()
  expect(text).not.toContain('<script')
  expect(text).toContain('&lt;script&gt;')
})
