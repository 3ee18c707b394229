/** Roads are set by who keeps the system running, with settings that work, and never the last one away. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { byHand } from '../../channels/by-hand.ts'
import { setRoad, switchRoad } from '../../src/hub/set-road.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  signed,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger, statesOf } from '../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
let operator: number
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl, { adapters: [byHand] }))
  owner = await openForger(database)
  await addPhones(bureau, 5)
  const [row] = await owner.lawful<{ id: number }>(
    `insert into person (agency_id, name, roles, in_office_from)
     values ($1, '赵运维', array['operator'], '2018-01-01') returning id::int`,
    [bureau.agencyId],
  )
  operator = row?.id ?? 0
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const HAND = { addressing: 'recipient', fields: [{ label: '标题', content: 'title' }] }
const base = () => ({ agencyId: bureau.agencyId, at: MORNING, channelId: 'wire' })
const set = (more: Partial<Parameters<typeof setRoad>[1]> = {}) =>
  setRoad(bureau.test.hub, {
    ...{ ...base(), by: operator, roadId: 'hand', adapter: 'by-hand', settings: HAND },
    ...{ first: false, ...more },
  })
const toggle = (roadId: string, enabled: boolean, by = operator) =>
  switchRoad(bureau.test.hub, { ...base(), by, roadId, enabled })
const refusal = (code: string, field?: string) => ({
  refusal: { code, ...(field === undefined ? {} : { field }) },
})

it.each<[string, Partial<Parameters<typeof setRoad>[1]>, string, string]>([
  ['an adapter nobody knows', { adapter: 'carrier-pigeon' }, 'invalid-value', 'settings'],
  ['settings that cannot work', { settings: { fields: [] } }, 'invalid-value', 'settings'],
  [
    'whom the channel does not address',
    { settings: { ...HAND, addressing: 'place' } },
    'invalid-value',
    'adapter',
  ],
  ['another adapter under an old name', { roadId: 'main' }, 'invalid-value', 'adapter'],
  ['a name that is none', { roadId: '../x' }, 'invalid-value', 'road'],
  ['a channel that is not there', { channelId: 'nowhere' }, 'not-found', 'channel'],
  [
    'settings without end',
    { settings: { ...HAND, more: 'x'.repeat(200_000) } },
    'too-long',
    'settings',
  ],
])('refuses %s', async (_, more, code, field) => {
  await expect(set(more)).rejects.toMatchObject(refusal(code, field))
})

it('is nobody else’s to change', async () => {
  for (const name of ['沈文书', '陆保密', '钱局长'] as const)
    await expect(set({ by: bureau.id(name) })).rejects.toMatchObject(refusal('not-allowed'))
})

it('a new first road carries what is signed from now on; the last one stays', async () => {
  await set({ first: true })
  const before = await signed(bureau, [NOTIFY])
  await drain(bureau)
  expect(await statesOf(owner, before.dispatchIds[0])).toEqual({ awaiting: 5 })
  await toggle('hand', false)
  const after = await signed(bureau, [NOTIFY])
  await drain(bureau)
  expect(await statesOf(owner, after.dispatchIds[0])).toEqual({ accepted: 5 })
  await expect(toggle('main', false)).rejects.toMatchObject(refusal('invalid-value', 'road'))
  await toggle('hand', true)
  await toggle('main', false)
  const audits = await owner.lawful<{ action: string }>(
    "select action from audit where subject like 'road/wire/%' order by id",
  )
  expect(audits.map((one) => one.action)).toEqual([
    ...['set-road', 'disable-road', 'enable-road', 'disable-road'],
  ])
})
