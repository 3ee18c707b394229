/** 备用通路: what one road certainly did not send goes to the next that was signed, and nothing goes twice;
 *  the wires count every message they took. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { byHand } from '../../channels/by-hand.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { ATTEMPTS_MAX } from '../../src/domain/retry.ts'
import { confirmByHand } from '../../src/hub/confirm.ts'
import { countYear, verifyLog } from '../../src/hub/count.ts'
import { moveRoad } from '../../src/hub/fallback.ts'
import { keepHeard, settleHeard } from '../../src/hub/receipts/receipt.ts'
import { stop } from '../../src/hub/stop.ts'
import { sweep } from '../../src/hub/sweep.ts'
import type { NewChannel } from '../../src/store/founding.ts'
import {
  addPhones,
  type Bureau,
  CHANNELS,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
  type PersonName,
  release,
  signed,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger, statesOf } from '../support/forger.ts'
import { tellingWire } from '../support/telling.ts'

const PHONES = 130
const wire = tellingWire({ adapter: 'telling', batchMax: 50 })
const narrow = tellingWire({ adapter: 'narrow', batchMax: 20 })
const HAND = {
  ...{ id: 'hand', adapter: 'by-hand' },
  settings: { addressing: 'recipient', fields: [{ label: '标题', content: 'title' }] },
}
const road = (id: string, adapter: string) => ({ id, adapter, settings: { name: id } })
const channel = (id: string, roads: NewChannel['roads'], place = false): NewChannel => ({
  ...{ id, name: id, line: id, addressing: place ? 'place' : 'recipient', position: 20, roads },
  addressKind: place ? `place:${id}` : 'phone',
})
const FIRST = road('first', 'telling')
const SECOND = road('second', 'narrow')

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  const adapters = [wire.adapter, narrow.adapter, byHand]
  bureau = await foundBureau(openTestHub(database.hubUrl, { adapters }), [
    ...CHANNELS,
    channel('sms', [FIRST, SECOND]),
    channel('three', [FIRST, SECOND, HAND]),
    channel('hand', [FIRST, HAND]),
    channel('lone', [FIRST]),
  ])
  owner = await openForger(database)
  await addPhones(bureau, PHONES)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})
beforeEach(async () => {
  for (const one of [wire, narrow]) {
    one.accepted.clear()
    one.answers.clear()
    one.named.clear()
  }
  await owner.lawful('update road set held_reason = null')
})

const after = (ms: number) => new Date(MORNING.getTime() + ms)
const sweepAt = (at = MORNING) => sweep(bureau.test.hub, bureau.test.worker, at)
const notify = (channelId: string) => ({ channelId, act: 'notify', audiences: ['media'] }) as const
const noDrift = async () => expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
const refusedAccount: Outcome = { kind: 'refused', scope: 'account', code: 'balance', detail: '' }
const busy: Outcome = { kind: 'retry', code: 'busy', detail: '' }
const eachOnce = () => {
  const times = new Map<string, number>()
  for (const { accepted } of [wire, narrow])
    for (const [key, count] of accepted) times.set(key, (times.get(key) ?? 0) + count)
  expect([...times.values()].filter((count) => count !== 1)).toEqual([])
  return times.size
}
const audited = (action: string, dispatchId: number | undefined) =>
  owner.lawful<{ facts: Record<string, unknown> }>(
    'select facts from audit where action = $1 and subject = $2 order by id',
    [action, `dispatch/${dispatchId}`],
  )
const move = (by: PersonName, dispatchId: number | undefined, roadId: string, at = MORNING) =>
  moveRoad(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, dispatchId: dispatchId ?? 0, roadId, at },
    ...{ by: bureau.id(by), reason: '首选通路欠费，联系人 13900000001' },
  })
const refusal = (code: string) => ({ refusal: { code } })
// Longer apart than any rest, and over before the quiet hours; a busy road may lag a round behind.
/** A road that fails is tried one call at a time, so that its batches take turns. */
const exhaust = async () => {
  for (let round = 0; round < 8 * ATTEMPTS_MAX; round++) await drain(bureau, after(round * 300_000))
}

it('a refused account: what is left goes to the next signed road, each message once', async () => {
  wire.answers.set('first', (_, index) => (index < 3 ? undefined : refusedAccount))
  const waiting = await signed(bureau, [notify('sms')])
  await drain(bureau)
  await sweepAt()
  await drain(bureau)
  expect(await statesOf(owner, waiting.dispatchIds[0])).toEqual({ accepted: PHONES })
  expect(eachOnce()).toBe(PHONES)
  expect(narrow.accepted.size).toBeGreaterThan(PHONES / 2)
  const batches = await owner.lawful<{ size: number }>(
    "select size from batch where dispatch_id = $1 and road_id = 'second'",
    [waiting.dispatchIds[0]],
  )
  // The next road's own size of a call.
  expect(Math.max(...batches.map((one) => one.size))).toBeLessThanOrEqual(20)
  const [entry] = await audited('fall-back', waiting.dispatchIds[0])
  expect(entry?.facts).toMatchObject({ from: 'first', to: 'second', reason: 'road-closed' })
  await noDrift()
  // Released, the road takes new work only.
  await release(bureau, 'sms', 'first')
  wire.answers.clear()
  await drain(bureau, after(60_000))
  expect(eachOnce()).toBe(PHONES)
  const next = await signed(bureau, [notify('sms')])
  await drain(bureau)
  expect(await statesOf(owner, next.dispatchIds[0])).toEqual({ accepted: PHONES })
  expect(eachOnce()).toBe(2 * PHONES)
})

it('two accounts refused: the last road is by hand, and its tasks count when confirmed', async () => {
  const before = (await countYear(bureau.test.hub, bureau.agencyId, 2026)).broadcasts
  wire.answers.set('first', () => refusedAccount)
  narrow.answers.set('second', () => refusedAccount)
  const { dispatchIds } = await signed(bureau, [notify('three')])
  for (let round = 0; round < 3; round++) {
    await drain(bureau)
    await sweepAt()
  }
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ awaiting: PHONES })
  expect(eachOnce()).toBe(0)
  const tasks = await bureau.test.hub.store.transact(bureau.agencyId, (tx) =>
    tx.openTasks({ dispatchId: dispatchIds[0] ?? 0, limit: 1_000 }),
  )
  expect(tasks).toHaveLength(PHONES)
  await confirmByHand(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, by: bureau.id('沈文书'), at: MORNING },
    taskIds: tasks.map((task) => task.id),
  })
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ delivered: PHONES })
  expect((await countYear(bureau.test.hub, bureau.agencyId, 2026)).broadcasts).toBe(before + 1)
  await noDrift()
})

it('the last attempt of one road is the first of the next; a refused recipient stays failed', async () => {
  const gone: Outcome = { kind: 'refused', scope: 'recipient', code: 'no-number', detail: '' }
  wire.answers.set('first', (_, index) => (index === 0 ? gone : busy))
  const { dispatchIds } = await signed(bureau, [notify('sms')])
  await exhaust()
  const states = await statesOf(owner, dispatchIds[0])
  expect(states).toEqual({ accepted: PHONES - (states['failed'] ?? 0), failed: states['failed'] })
  expect(states['failed']).toBeGreaterThanOrEqual(3)
  expect(wire.accepted.size).toBe(0)
  expect(eachOnce()).toBe(states['accepted'])
  const [entry] = await audited('fall-back', dispatchIds[0])
  expect(entry?.facts).toMatchObject({ reason: 'retries-exhausted' })
  await noDrift()
})

it('without another road the old rules hold: held until released, failed when exhausted', async () => {
  wire.answers.set('first', () => refusedAccount)
  const held = await signed(bureau, [notify('lone')])
  await drain(bureau)
  await sweepAt()
  const { held: kept = 0, waiting = 0 } = await statesOf(owner, held.dispatchIds[0])
  expect(kept + waiting).toBe(PHONES)
  await release(bureau, 'lone', 'first')
  wire.answers.set('first', () => busy)
  await exhaust()
  await sweepAt(after(ATTEMPTS_MAX * 3_600_000))
  expect(await statesOf(owner, held.dispatchIds[0])).toEqual({ failed: PHONES })
  expect(await audited('fall-back', held.dispatchIds[0])).toEqual([])
  await noDrift()
})

it('what may have been sent never moves: unsure, accepted, and failed by its receipt', async () => {
  wire.answers.set('first', (_, index) => {
    if (index % 3 === 0) return { kind: 'unsure', code: 'timeout', detail: '' }
    return index % 3 === 1 ? undefined : refusedAccount
  })
  const { dispatchIds } = await signed(bureau, [notify('hand')])
  await drain(bureau)
  const place = { agencyId: bureau.agencyId, channelId: 'hand', roadId: 'first' }
  const [name = ''] = [...wire.named.keys()]
  const failed = [{ kind: 'receipt', reference: name, state: 'failed', code: 'X' }] as const
  await keepHeard(bureau.test.hub, place, failed, MORNING)
  await settleHeard(bureau.test.hub, place, MORNING)
  await sweepAt()
  await drain(bureau)
  await sweepAt()
  await move('钱局长', dispatchIds[0], 'hand')
  await drain(bureau)
  const { unsure = 0, awaiting = 0, accepted = 0, ...rest } = await statesOf(owner, dispatchIds[0])
  expect(rest).toEqual({ failed: 1 })
  expect(unsure + awaiting + accepted + 1).toBe(PHONES)
  expect(unsure).toBeGreaterThan(0)
  expect(accepted + 1).toBe(wire.accepted.size)
  await noDrift()
})

it('a person moves what is waiting or failed; the second press moves nothing', async () => {
  const gone: Outcome = { kind: 'refused', scope: 'message', code: 'template', detail: '' }
  wire.answers.set('first', (_, index) => (index % 2 === 0 ? gone : busy))
  const { dispatchIds } = await signed(bureau, [notify('three')])
  await drain(bureau)
  const { failed = 0, waiting = 0 } = await statesOf(owner, dispatchIds[0])
  expect([failed + waiting, failed > 0, waiting > 0]).toEqual([PHONES, true, true])
  await expect(move('沈文书', dispatchIds[0], 'second')).rejects.toMatchObject(
    refusal('not-allowed'),
  )
  await expect(move('吴值班', dispatchIds[0], 'main')).rejects.toMatchObject(refusal('not-found'))
  expect(await move('吴值班', dispatchIds[0], 'second')).toEqual({ moved: PHONES })
  expect(await move('吴值班', dispatchIds[0], 'second')).toEqual({ moved: 0 })
  const entries = await audited('move-road', dispatchIds[0])
  expect(JSON.stringify(entries)).not.toContain('13900000001')
  expect(entries.map((one) => one.facts['deliveries'])).toEqual([waiting, failed])
  await noDrift()
  await drain(bureau)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: PHONES })
  expect(narrow.accepted.size).toBe(PHONES)
  // Everything has left: nothing is there to move back.
  expect(await move('吴值班', dispatchIds[0], 'first')).toEqual({ moved: 0 })
  expect(eachOnce()).toBe(PHONES)
})

it('refuses a road that was not signed, a closed one, a stopped dispatch and a closed window', async () => {
  wire.answers.set('first', () => busy)
  const { dispatchIds, bulletinId } = await signed(bureau, [notify('lone')])
  await owner.lawful(
    `insert into road (agency_id, channel_id, id, adapter, settings, position, enabled)
      values ($1, 'lone', 'late', 'narrow', '{"name":"late"}', 5, true)`,
    [bureau.agencyId],
  )
  await drain(bureau)
  const [id] = dispatchIds
  await expect(move('钱局长', id, 'late')).rejects.toMatchObject(refusal('road-not-signed'))
  await owner.lawful("update road set held_reason = 'balance' where id = 'first'")
  await expect(move('钱局长', id, 'first')).rejects.toMatchObject(refusal('road-closed'))
  await sweepAt()
  expect(await statesOf(owner, id)).toEqual({ waiting: PHONES })
  await expect(move('钱局长', id, 'first', after(30 * 86_400_000))).rejects.toMatchObject(
    refusal('window-closed'),
  )
  await stop(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId, by: bureau.id('吴值班') },
    ...{ reason: '有误', at: MORNING },
  })
  await expect(move('钱局长', id, 'first')).rejects.toMatchObject(refusal('stopped'))
})
