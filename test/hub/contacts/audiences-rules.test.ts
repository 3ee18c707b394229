/** Audiences that are a rule: whom they mean, what is signed of them, and each reason somebody is left out. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { keepAudience, reachOf, why } from '../../../src/hub/contacts/audiences.ts'
import { verifyLog } from '../../../src/hub/count.ts'
import type { ChannelFacts } from '../../../src/hub/ports/people.ts'
import { sweep } from '../../../src/hub/sweep.ts'
import { unsubscribe } from '../../../src/hub/unsubscribe.ts'
import { addContacts } from '../../../src/store/contacts/contacts.ts'
import {
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  signed,
} from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { dispatchOf, type Forger, openForger, statesOf } from '../../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
const AREAS = ['梧桐街道', '乌镇镇', '濮院镇']
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
  const { connection, keys, hub } = bureau.test
  await hub.store.transact(bureau.agencyId, (tx) => tx.addAreas(AREAS))
  const contacts = Array.from({ length: 60 }, (_, index) => ({
    ...{ name: `厂${index}`, audiences: index < 6 ? ['media'] : [], forExercise: index % 2 === 0 },
    ...{ area: AREAS[index % 3] ?? '', tags: index % 4 === 0 ? ['涉氨', '粉尘'] : ['粉尘'] },
    addresses: [{ kind: 'phone', value: `1390000${String(index).padStart(4, '0')}` }],
  }))
  await addContacts(connection.db, keys, bureau.agencyId, [
    ...contacts,
    { name: '无号', audiences: [], tags: ['涉氨'], addresses: [] },
    {
      name: '同号',
      audiences: [],
      tags: ['涉氨'],
      addresses: [{ kind: 'phone', value: '13900000000' }],
    },
  ])
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const WIRE: ChannelFacts = {
  ...{ id: 'wire', name: '短信', line: 'wire' },
  ...{ addressing: 'recipient', addressKind: 'phone' },
}
const HOUR_MS = 3_600_000
const later = (hours: number) => new Date(MORNING.getTime() + hours * HOUR_MS)
const keep = (id: string, rule: unknown, name = id) =>
  keepAudience(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, by: bureau.id('沈文书'), at: MORNING, id, name },
    ...(rule === undefined ? {} : { rule }),
  })
const reach = (...audiences: readonly string[]) =>
  bureau.test.hub.store.transact(bureau.agencyId, (tx) => reachOf(tx, WIRE, audiences, 'earnest'))

it.each([
  ['one tag', { meant: { tag: '涉氨' } }, 15],
  ['either area', { meant: { any: [{ area: '梧桐街道' }, { area: '乌镇镇' }] } }, 40],
  ['tag and area', { meant: { all: [{ tag: '涉氨' }, { area: '梧桐街道' }] } }, 5],
  [
    'either tag or area',
    { meant: { any: [{ tag: '涉氨' }, { area: '梧桐街道' }, { all: [{ tag: '粉尘' }] }] } },
    60,
  ],
  ['without a list', { meant: { tag: '涉氨' }, minus: ['media'] }, 14],
  ['a tag nobody has', { meant: { tag: "'); drop table contact; --" } }, 0],
])('%s', async (name, rule, addresses) => {
  const id = `rule-${name.replaceAll(' ', '-')}`
  await keep(id, rule)
  const found = await reach(id)
  expect(found.reach).toBe(addresses)
  const plain = await bureau.test.hub.store.transact(bureau.agencyId, (tx) =>
    tx.reach(WIRE, { audiences: [id] }, 'earnest'),
  )
  expect(plain).toBe(addresses)
})

it('rules and lists together are a union, and a rule may take a rule away', async () => {
  await keep('ammonia', { meant: { tag: '涉氨' } }, '涉氨企业')
  await keep('dust', { meant: { tag: '粉尘' }, minus: ['ammonia'] })
  expect((await reach('dust')).reach).toBe(45)
  expect((await reach('ammonia', 'media')).reach).toBe(19)
  expect((await reach('dust', 'ammonia', 'media')).reach).toBe(60)
})

it('counts each reason that keeps somebody out, and they add up', async () => {
  const { hub } = bureau.test
  const { agencyId } = bureau
  await owner.lawful("update contact set removed_at = now() where name = '厂8'")
  const [row] = await owner.lawful<{ id: number }>(
    "select ca.address_id::int as id from contact_address ca join contact c on c.id = ca.contact_id where c.name = '厂4'",
  )
  await unsubscribe(hub, { agencyId, addressId: row?.id ?? 0, at: MORNING })
  const found = await reach('ammonia')
  expect(found).toEqual({
    ...{ reach: 13, addresses: 14, contacts: 17, unreadable: 0 },
    excluded: {
      ...{ removed: 1, 'not-for-exercise': 0, 'no-address-for-channel': 1 },
      ...{ 'duplicate-address': 1, unsubscribed: 1 },
    },
  })
  const drill = await hub.store.transact(agencyId, (tx) => reachOf(tx, WIRE, ['dust'], 'exercise'))
  expect(drill).toMatchObject({ reach: 15, excluded: { 'not-for-exercise': 30 } })
  const blocks = await owner.lawful<{ id: number; cipher: Buffer }>(
    "select id, cipher from address_block where kind = 'phone'",
  )
  await owner.lawful("update address_block set cipher = 'x' where kind = 'phone'")
  const dark = await reach('ammonia')
  expect([dark.reach, dark.unreadable]).toEqual([13, 13])
  expect(await whyOf('厂0')).toMatchObject({ reason: 'unreadable' })
  for (const { id, cipher } of blocks)
    await owner.lawful('update address_block set cipher = $2 where id = $1', [id, cipher])
})

async function whyOf(name: string) {
  const [row] = await owner.lawful<{ id: number }>('select id::int from contact where name = $1', [
    name,
  ])
  return bureau.test.hub.store.transact(bureau.agencyId, (tx) =>
    why(tx, row?.id ?? 0, WIRE, ['ammonia']),
  )
}

it.each([
  ['厂0', 'reached', '厂0会收到：规则“涉氨企业”，139****0000'],
  ['厂8', 'removed', '厂8已从名单移除'],
  ['厂1', 'not-in-audience', '不在所选受众（涉氨企业）中：区域乌镇镇，标签粉尘'],
  ['无号', 'no-address-for-channel', '没有短信可用的号码'],
  ['厂4', 'unsubscribed', '厂4的139****0004已退订'],
])('why %s: %s', async (name, reason, text) => {
  const answer = await whyOf(name)
  expect(answer.reason).toBe(reason)
  expect(answer.text).toContain(text)
})

const AMMONIA = { ...NOTIFY, audiences: ['ammonia'], notBefore: later(2), notAfter: later(20) }
const WARNING = { level: 'yellow', categoryId: 'warning' } as const

it('the definition is signed along; what a list was signed as stays word for word', async () => {
  const { manifest } = await signed(bureau, [{ ...NOTIFY, audiences: ['ammonia', 'media'] }])
  expect(manifest.dispatches[0]?.audienceRule).toEqual({
    audiences: ['ammonia', 'media'],
    definitions: { ammonia: { meant: { tag: '涉氨' } } },
  })
  await drain(bureau)
  const list = await signed(bureau, [NOTIFY])
  const [row] = await owner.lawful<{ manifest: string }>(
    'select manifest from signature where id = $1',
    [list.signatureId],
  )
  expect(row?.manifest).toContain('"audienceRule":{"audiences":["media"]}')
})

it('a definition that now means a few others: it goes to whom the signed one means', async () => {
  const { dispatchIds, manifest } = await signed(bureau, [AMMONIA], WARNING)
  await keep('ammonia', {
    meant: { all: [{ tag: '涉氨' }, { any: [{ area: '梧桐街道' }, { area: '乌镇镇' }] }] },
  })
  await sweep(bureau.test.hub, bureau.test.worker, later(2))
  await drain(bureau, later(2))
  const states = await statesOf(owner, dispatchIds[0])
  expect(states).toEqual({ accepted: manifest.dispatches[0]?.reach, excluded: 1 })
})

it('a definition that now means many others: held, and nothing leaves', async () => {
  const { dispatchIds } = await signed(bureau, [AMMONIA], WARNING)
  bureau.test.sink.calls = 0
  await keep('ammonia', { meant: { area: '濮院镇' } })
  await sweep(bureau.test.hub, bureau.test.worker, later(2))
  await drain(bureau, later(2))
  expect(bureau.test.sink.calls).toBe(0)
  expect(await dispatchOf(owner, dispatchIds[0])).toEqual({
    ...{ state: 'held', held_reason: 'audience-changed' },
  })
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
})

it.each([
  [
    'another definition',
    'jsonb_set(audience_rule, \'{definitions,ammonia,meant}\', \'{"tag":"粉尘"}\')',
  ],
  ['no definition', "audience_rule - 'definitions'"],
])('a signed dispatch that was given %s reaches nobody', async (_, forged) => {
  const orders = [{ ...AMMONIA, notBefore: MORNING }]
  const { dispatchIds } = await signed(bureau, orders, WARNING)
  bureau.test.sink.calls = 0
  await owner.lawful(`update dispatch set audience_rule = ${forged} where id = $1`, [
    dispatchIds[0],
  ])
  await drain(bureau)
  expect(bureau.test.sink.calls).toBe(0)
  expect((await dispatchOf(owner, dispatchIds[0])).state).toBe('held')
})

it('a list stays a list, and a rule names only what there is', async () => {
  await expect(keep('media', { meant: { tag: 'a' } })).rejects.toMatchObject({
    refusal: { code: 'payload-problem', field: 'media' },
  })
  await expect(keep('ammonia', undefined)).rejects.toThrow(/不能互换/)
  await expect(keep('x', { meant: { area: '梧桐' } })).rejects.toThrow(/没有登记“梧桐”/)
  await expect(keep('x', { meant: { tag: 'a' }, minus: ['nobody'] })).rejects.toThrow(/nobody/)
  await keep('one', { meant: { tag: 'a' } })
  await keep('two', { meant: { tag: 'a' }, minus: ['one'] })
  await expect(keep('one', { meant: { tag: 'a' }, minus: ['two'] })).rejects.toThrow(/成了一个圈/)
  await expect(owner.lawful("update audience set rule = '{}' where id = 'media'")).rejects.toThrow(
    /stays a list or a rule/,
  )
})
