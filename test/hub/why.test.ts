/** Why somebody did not receive it: one answer of a closed list for every way a delivery can end, or never
 *  begin; asked by contact or by number, and looked up by the key of one month of the log. */
import { type RawBuilder, sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Outcome } from '../../src/domain/outcome.ts'
import { skip } from '../../src/hub/decisions/skip.ts'
import { stop } from '../../src/hub/stop.ts'
import { sweep } from '../../src/hub/sweep.ts'
import { unsubscribe } from '../../src/hub/unsubscribe.ts'
import { why } from '../../src/hub/why.ts'
import { deliveryLookup } from '../../src/store/attention/why.ts'
import {
  addPhones,
  type Bureau,
  type Draft,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  PUBLISH,
  signed,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger } from '../support/forger.ts'

const PHONES = 6
const HOUR_MS = 3_600_000
const later = (hours: number) => new Date(MORNING.getTime() + hours * HOUR_MS)
const phone = (number: number) => `139${String(number).padStart(8, '0')}`

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
  await addPhones(bureau, PHONES)
  await addPhones(bureau, 1, { from: 500, audience: 'major-hazard' })
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})
beforeEach(async () => {
  Object.assign(bureau.test.sink, { calls: 0, answer: undefined })
  await owner.lawful('update road set held_reason = null')
})

const ask = (bulletinId: number, value: string, at = MORNING) =>
  why(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId, at, who: { kind: 'phone', value } },
  })
const reasonsOf = async (bulletinId: number, value: string, at = MORNING) =>
  (await ask(bulletinId, value, at)).answers.map((one) => one.reason)
const answering = (outcome: Outcome) => {
  bureau.test.sink.answer = () => outcome
}
const sent = async (outcome: Outcome | undefined, draft: Draft = {}, order = {}) => {
  if (outcome) answering(outcome)
  const text = await signed(bureau, [{ ...NOTIFY, ...order }], draft)
  if (outcome) await drain(bureau, draft.at)
  return text
}

it.each<[string, Outcome]>([
  ['delivered', { kind: 'accepted', delivered: true }],
  ['accepted', { kind: 'accepted' }],
  ['refused', { kind: 'refused', scope: 'recipient', code: 'MK:0012', detail: '' }],
  ['unsure', { kind: 'unsure', code: 'no-answer', detail: '' }],
  ['by-hand', { kind: 'awaiting', on: 'hand', withinMs: 1_000 }],
  ['platform-pending', { kind: 'awaiting', on: 'review', withinMs: 1_000 }],
  ['due-later', { kind: 'retry', code: 'busy', detail: '' }],
  ['road-held', { kind: 'refused', scope: 'account', code: 'balance', detail: '' }],
])('%s, with the road, the masked number and since when', async (reason, outcome) => {
  const { bulletinId } = await sent(outcome)
  const { answers } = await ask(bulletinId, '+86 139-0000-0000')
  expect(answers).toMatchObject([
    { reason, channelId: 'wire', roadId: 'main', address: '139****0000' },
  ])
  expect(answers[0]?.since).toBeInstanceOf(Date)
  expect(JSON.stringify(answers)).not.toContain(phone(0))
  if (reason === 'refused') expect(answers[0]?.text).toContain('MK:0012')
  if (reason === 'unsure') expect(answers[0]?.text).toContain('平台没有答复')
})

it('while it waits: queued, for its window, for the morning, held, on the wire', async () => {
  const { bulletinId, dispatchIds } = await sent(undefined)
  expect(await reasonsOf(bulletinId, phone(1))).toEqual(['queued'])
  expect(await reasonsOf(bulletinId, phone(1), later(13))).toEqual(['night'])
  await bureau.test.hub.store.engine.claim({
    ...{ lane: 'normal', at: MORNING, leaseMs: 60_000, process: 'p', quiet: false, except: [] },
    ...{ token: bureau.test.hub.newToken(), agencyId: bureau.agencyId, bulletinId },
  })
  expect(await reasonsOf(bulletinId, phone(1))).toEqual(['in-flight'])
  const soon = await sent(undefined, {}, { notBefore: later(2) })
  expect(await reasonsOf(soon.bulletinId, phone(1))).toEqual(['before-window'])
  await owner.lawful(
    "update dispatch set state = 'held', held_reason = 'audience-changed' where id = $1",
    [dispatchIds[0]],
  )
  await owner.lawful("update batch set state = 'held', lease_token = null where dispatch_id = $1", [
    dispatchIds[0],
  ])
  expect(await reasonsOf(bulletinId, phone(1))).toEqual(['dispatch-held'])
})

it('when it ended otherwise: expired, stopped, skipped with the reason that was written', async () => {
  const over = await sent(undefined, {}, { notAfter: later(1) })
  await sweep(bureau.test.hub, bureau.test.worker, later(1))
  expect(await reasonsOf(over.bulletinId, phone(2))).toEqual(['expired'])
  const given = { agencyId: bureau.agencyId, at: MORNING, by: bureau.id('吴值班') }
  const stopped = await sent(undefined)
  await stop(bureau.test.hub, { ...given, bulletinId: stopped.bulletinId, reason: '内容有误' })
  const [why1] = (await ask(stopped.bulletinId, phone(2))).answers
  expect(why1).toMatchObject({ reason: 'stopped' })
  expect(why1?.text).toContain('内容有误')
  const skipped = await sent(undefined)
  await skip(bureau.test.hub, {
    ...given,
    dispatchId: skipped.dispatchIds[0] ?? 0,
    reason: '改发纸件',
  })
  const [why2] = (await ask(skipped.bulletinId, phone(2))).answers
  expect(why2).toMatchObject({ reason: 'skipped' })
  expect(why2?.text).toContain('吴值班：改发纸件')
})

it('who was never meant: another audience, later on the list, exercise only, unknown, not signed', async () => {
  const { bulletinId } = await sent({ kind: 'accepted' })
  expect(await reasonsOf(bulletinId, phone(500))).toEqual(['not-in-audience'])
  expect(await reasonsOf(bulletinId, '13711112222')).toEqual(['no-such-address'])
  await addPhones(bureau, 1, { from: 700 })
  expect(await reasonsOf(bulletinId, phone(700))).toEqual(['joined-later'])
  await addPhones(bureau, 1, { from: 800, forExercise: true })
  const exercise = await sent({ kind: 'accepted' }, { mode: 'exercise' })
  expect(await reasonsOf(exercise.bulletinId, phone(0))).toEqual(['exercise-only'])
  expect(await reasonsOf(exercise.bulletinId, phone(800))).toEqual(['accepted'])
  const place = await signed(bureau, [PUBLISH])
  expect(await reasonsOf(place.bulletinId, phone(0))).toEqual(['not-signed'])
  await expect(ask(999_999, phone(0))).rejects.toMatchObject({ refusal: { code: 'not-found' } })
  await expect(ask(bulletinId, '12345')).rejects.toMatchObject({
    refusal: { code: 'payload-problem', field: 'phone' },
  })
})

it('who was taken off: unsubscribed before and after the fan-out, removed from the list', async () => {
  await addPhones(bureau, 3, { from: 900 })
  const idOf = async (number: number) => {
    const [row] = await owner.lawful<{ id: number }>(
      `select ca.address_id::int as id from contact c join contact_address ca on ca.contact_id = c.id
       where c.name = $1`,
      [`企业${number}`],
    )
    return row?.id ?? 0
  }
  const { agencyId } = bureau
  await unsubscribe(bureau.test.hub, { agencyId, addressId: await idOf(900), at: MORNING })
  const { bulletinId } = await signed(bureau, [NOTIFY])
  await unsubscribe(bureau.test.hub, { agencyId, addressId: await idOf(901), at: MORNING })
  await owner.lawful('update address set removed_at = now() where id = $1', [await idOf(902)])
  answering({ kind: 'accepted' })
  await drain(bureau)
  expect(await reasonsOf(bulletinId, phone(900))).toEqual(['unsubscribed'])
  expect(await reasonsOf(bulletinId, phone(901))).toEqual(['unsubscribed'])
  expect(await reasonsOf(bulletinId, phone(902))).toEqual(['removed'])
})

it('asked by contact: each channel, with what the contact lacks', async () => {
  const { bulletinId } = await sent({ kind: 'accepted' }, {}, {})
  const [contact] = await owner.lawful<{ id: number }>(
    "select id::int as id from contact where name = '企业3'",
  )
  const who = { contactId: contact?.id ?? 0 }
  const asked = { agencyId: bureau.agencyId, bulletinId, at: MORNING }
  expect((await why(bureau.test.hub, { ...asked, who })).answers).toMatchObject([
    { reason: 'accepted', address: '139****0003' },
  ])
  await owner.lawful('delete from contact_address where contact_id = $1', [who.contactId])
  expect((await why(bureau.test.hub, { ...asked, who })).answers).toMatchObject([
    { reason: 'no-address-for-channel', channelId: 'wire' },
  ])
  const nobody = await why(bureau.test.hub, { ...asked, who: { contactId: 999_999 } })
  expect(nobody.answers).toMatchObject([{ reason: 'no-such-address' }])
})

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly Plans?: readonly Plan[]
}
const nodesOf = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

/** As it is planned; without the shortcut a planner takes over tables of a few rows. */
async function planOf(query: RawBuilder<unknown>): Promise<readonly Plan[]> {
  return bureau.test.connection.db.transaction().execute(async (tx) => {
    await sql`set local enable_seqscan = off`.execute(tx)
    const { rows } = await sql<{ 'QUERY PLAN': [{ Plan: Plan }] }>`
      explain (format json) ${query}`.execute(tx)
    return rows.flatMap((row) => nodesOf(row['QUERY PLAN'][0].Plan))
  })
}

it('looks by index only, in one month of the log', async () => {
  await addPhones(bureau, 3_000, { from: 10_000 })
  const { dispatchIds } = await sent({ kind: 'accepted' })
  const december = new Date('2026-12-08T02:00:00Z')
  await sent({ kind: 'accepted' }, { at: december })
  for (const month of ['delivery_202611', 'delivery_202612']) await owner.lawful(`analyze ${month}`)
  const nodes = await planOf(
    deliveryLookup({
      ...{ agencyId: bureau.agencyId, at: MORNING, month: '2026-11-01' },
      ...{ dispatchIds, addressIds: [5, 6] },
    }),
  )
  const tables = nodes.flatMap((node) => node['Relation Name'] ?? [])
  expect(tables.filter((name) => name.startsWith('delivery'))).toEqual(['delivery_202611'])
  expect([...tables].sort()).toEqual(['batch', 'delivery_202611', 'hand_task', 'road'])
  const scans = nodes.map((node) => node['Node Type']).filter((type) => / Scan$/.test(type))
  expect(scans.filter((type) => !/Index/.test(type) && type !== 'Bitmap Heap Scan')).toEqual([])
})
