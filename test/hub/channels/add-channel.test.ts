/** A channel is entered whole or not at all, by who keeps the system running; hostile settings of every adapter
 *  there is end in one refusal in words, and no secret is repeated in it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADAPTERS } from '../../../channels/node.ts'
import type { Canonical } from '../../../src/domain/canonical.ts'
import { Refused } from '../../../src/domain/refusal.ts'
import { addChannel, type ChannelAddition } from '../../../src/hub/channels/add-channel.ts'
import { type Bureau, foundBureau, MORNING, openTestHub } from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type Forger, openForger } from '../../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
const people = new Map<string, number>()
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl, { adapters: ADAPTERS }))
  owner = await openForger(database)
  for (const role of ['operator', 'system-admin', 'auditor']) {
    const [row] = await owner.lawful<{ id: number }>(
      `insert into person (agency_id, name, roles, in_office_from)
       values (${bureau.agencyId}, '${role}', array['${role}'], '2018-01-01') returning id::int`,
    )
    people.set(role, row?.id ?? 0)
  }
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const FORM = [{ label: '标题', content: 'title' }]
const NOTICE = {
  ...({ id: 'street-screen', name: '街头大屏', line: 'onsite', addressing: 'place' } as const),
  addressKind: 'street-screen',
}
const add = (more: Partial<ChannelAddition> = {}) =>
  addChannel(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, at: MORNING, by: people.get('operator') ?? 0 },
    ...{ channel: NOTICE, roadId: 'hand', adapter: 'by-hand' },
    settings: { addressing: 'place', fields: FORM },
    ...more,
  })
async function refusalOf(work: Promise<unknown>) {
  try {
    await work
  } catch (error) {
    if (error instanceof Refused) return error
    throw error
  }
  throw new Error('was not refused')
}

it('names every wrong field at once', async () => {
  const channel = { ...NOTICE, id: 'No Id', name: '', line: '../x', addressKind: 'phone' }
  const { refusal, message } = await refusalOf(
    add({ channel, roadId: 'A B', settings: { fields: [] } }),
  )
  expect(refusal.code).toBe('invalid-value')
  for (const field of ['id', 'name', 'line', 'addressKind', 'road', 'settings'])
    expect(message).toContain(`${field}：`)
})

it('is entered by operator or system administrator only', async () => {
  for (const by of [bureau.id('沈文书'), bureau.id('钱局长'), people.get('auditor') ?? 0])
    expect((await refusalOf(add({ by }))).refusal.code).toBe('not-allowed')
})

it('refuses a kind of address that is somebody else’s', async () => {
  for (const [id, addressing] of [
    ['phone', 'place'],
    ['mailbox', 'place'],
  ] as const) {
    const channel = { ...NOTICE, id, addressing, addressKind: id }
    expect((await refusalOf(add({ channel }))).refusal.field).toMatch(/id|addressKind/)
  }
})

it('stands with its road, its one address and its audit row, and never twice', async () => {
  const both = await Promise.allSettled([add(), add({ by: people.get('system-admin') ?? 0 })])
  expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected'])
  expect((await refusalOf(add())).refusal).toMatchObject({ code: 'invalid-value', field: 'id' })
  const rows = await owner.lawful(
    `select (select count(*)::int from road where channel_id = 'street-screen') as roads,
      (select count(*)::int from address where kind = 'street-screen') as addresses,
      (select count(*)::int from audit where action = 'add-channel') as audits`,
  )
  expect(rows).toEqual([{ roads: 1, addresses: 1, audits: 1 }])
  const other = { ...NOTICE, id: 'other', addressing: 'recipient', addressKind: NOTICE.id } as const
  expect((await refusalOf(add({ channel: other }))).message).toContain('addressKind：')
})

const SECRET = 'tY7-typed-by-mistake-Qx93'
const deep = (depth: number): Canonical => (depth === 0 ? 1 : { a: deep(depth - 1) })
const HOSTILE: readonly (readonly [string, Canonical])[] = [
  ['nothing at all', {}],
  ['a list', []],
  ['wrong types everywhere', { host: 7, port: 'x', url: {}, fields: 1, from: [], rates: 'a' }],
  ['an endless string', { host: 'x'.repeat(10_000_000) }],
  ['brackets in brackets', deep(5_000)],
  ['a prototype', JSON.parse('{"__proto__": {"host": "127.0.0.1", "polluted": 1}}')],
  ['a zero character', { host: 'a\u0000b' }],
  ...['http://169.254.169.254/latest', 'http://localhost:1/', 'file:///etc/passwd'].map(
    (url) =>
      [url, { url, baseUrl: url, endpoint: url, api: url, host: url, webhook: url }] as const,
  ),
  ['a secret where its name belongs', { secret: SECRET, password: SECRET, appSecret: SECRET }],
]
/** Works without any setting. */
const NEEDS_NOTHING = ['disclosure-portal']

describe.each(ADAPTERS.map((one) => one.adapter))('%s', (adapter) => {
  it.each(HOSTILE)('refuses %s in words', async (_, settings) => {
    const channel = { ...NOTICE, id: 'hostile', addressKind: 'hostile' }
    const needsNothing = NEEDS_NOTHING.includes(adapter)
    const refused = await refusalOf(
      // Whom the settings cannot hurt is refused for the taken name, and for nothing worse.
      add(needsNothing ? { adapter, settings } : { channel, adapter, settings }),
    )
    expect(refused.refusal.code).toMatch(/^(?:invalid-value|too-long)$/)
    expect(refused.message).toMatch(/[一-鿿]/)
    expect(refused.message).not.toMatch(/\n\s+at |Error|expected|Invalid/i)
    expect(refused.message).not.toContain(SECRET)
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})
