/** Standing orders: granted by a third person, fired alone within their limits and never once more, taken
 *  back by one. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { OrderLimits } from '../../../src/domain/clearance/standing-order.ts'
import {
  fireStandingOrder,
  fireStandingOrderHere,
  revokeStandingOrder,
  type StandingOrderFiring,
  standingOrders,
} from '../../../src/hub/clearance/standing-order.ts'
import { countYear, verifyLog } from '../../../src/hub/count.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
  type PersonName,
} from '../../support/bureau.ts'
import {
  DAY_MS,
  grantBy,
  granted,
  HEAT_VALUES,
  LIMITS,
  prepared,
  proposeBy,
  reviewTemplateBy,
} from '../../support/clearances.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { dispatchOf, type Forger, openForger, statesOf } from '../../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
  await addPhones(bureau, 30)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})
beforeEach(() => {
  const { sink } = bureau.test
  sink.accepted.clear()
  Object.assign(sink, { calls: 0, texts: [] })
})

const refusal = (code: string) => ({ refusal: { code } })
const fire = (standingOrderId: number, change: Partial<StandingOrderFiring> = {}) =>
  fireStandingOrder(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, standingOrderId, values: HEAT_VALUES, at: MORNING },
    ...{ firedBy: bureau.id('吴值班'), ...change },
  })
const revoke = (standingOrderId: number, name: PersonName, reason = '模板有误') =>
  revokeStandingOrder(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, standingOrderId, by: bureau.id(name), reason, at: MORNING },
  })

it('goes out alone as an ordinary bulletin: filled, sent, counted', async () => {
  const { standingOrderId } = await granted(bureau)
  const before = await countYear(bureau.test.hub, bureau.agencyId, 2026)
  const { bulletinId, manifest } = await fire(standingOrderId)
  await drain(bureau)
  expect(bureau.test.sink.accepted.size).toBe(31)
  expect(bureau.test.sink.texts[0]).toContain('高温提醒：梧桐街道、乌镇镇最高37.5℃')
  expect(manifest).toMatchObject({
    ...{ clearance: 'standing-order', signerId: bureau.id('钱局长'), revision: 1 },
    authority: { standingOrderId },
  })
  const after = await countYear(bureau.test.hub, bureau.agencyId, 2026)
  expect(after).not.toEqual(before)
  const [row] = await owner.lawful<object>(
    'select author_id::int, category_id, level, mode from bulletin where id = $1',
    [bulletinId],
  )
  expect(row).toEqual({
    ...{ author_id: bureau.id('沈文书'), category_id: 'safety-reminder' },
    ...{ level: 'orange', mode: 'earnest' },
  })
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
})

it('is settled in somebody else’s transaction, or not at all', async () => {
  const { standingOrderId } = await granted(bureau)
  const firing = { agencyId: bureau.agencyId, standingOrderId, values: HEAT_VALUES, at: MORNING }
  const { hub } = bureau.test
  const abandoned = hub.store.transact(bureau.agencyId, async (tx) => {
    await fireStandingOrderHere(hub, tx, { ...firing, occurrenceId: 7 })
    throw new Error('the occurrence was not settled')
  })
  await expect(abandoned).rejects.toThrow('not settled')
  await drain(bureau)
  expect(bureau.test.sink.calls).toBe(0)
  await fire(standingOrderId, { occurrenceId: 7 })
  await expect(fire(standingOrderId, { occurrenceId: 7 })).rejects.toMatchObject(
    refusal('occurrence-settled'),
  )
  const orders = await hub.store.transact(bureau.agencyId, standingOrders)
  expect(orders[0]).toMatchObject({ id: standingOrderId, uses: 1, usesMax: 3, revoked: false })
  await drain(bureau)
  expect(bureau.test.sink.accepted.size).toBe(31)
})

it('twenty firings at once of an order for three: three go out', async () => {
  const { standingOrderId } = await granted(bureau)
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => fire(standingOrderId)))
  const refused = results.filter((one) => one.status === 'rejected')
  expect(refused.map((one) => one.reason.refusal?.code)).toEqual(Array(17).fill('order-used-up'))
  await drain(bureau)
  expect(bureau.test.sink.accepted.size).toBe(3 * 31)
}, 30_000)

it('counts the uses of a day by the bureau’s calendar', async () => {
  const { standingOrderId } = await granted(bureau, { usesPerDayMax: 1 })
  const late = new Date('2026-11-25T15:59:00Z')
  const values = { ...HEAT_VALUES, 时间: '2026-11-26 12:00' }
  await fire(standingOrderId, { at: late, values })
  await expect(fire(standingOrderId, { at: MORNING })).rejects.toMatchObject(
    refusal('order-used-up'),
  )
  await fire(standingOrderId, { at: new Date('2026-11-25T16:00:00Z'), values })
})

describe('outside its limits', () => {
  const at = (days: number) => new Date(MORNING.getTime() + days * DAY_MS)
  it.each<[string, Partial<StandingOrderFiring>, string]>([
    ['before it begins', { at: at(-2) }, 'order-expired'],
    ['the moment it ends', { at: at(100) }, 'order-expired'],
    [
      'a place it does not name',
      { values: { ...HEAT_VALUES, 地点: '石门镇' } },
      'value-not-allowed',
    ],
    ['a blank left out', { values: { 地点: '乌镇镇' } }, 'missing-field'],
    ['a blank it does not have', { values: { ...HEAT_VALUES, 其他: 'x' } }, 'value-not-allowed'],
    ['too many words', { values: { ...HEAT_VALUES, 补充: '长'.repeat(21) } }, 'too-long'],
    [
      'a blank inside a value',
      { values: { ...HEAT_VALUES, 补充: '{{地点}}' } },
      'value-not-allowed',
    ],
  ])('%s', async (_, change, code) => {
    const { standingOrderId } = await granted(bureau)
    await expect(fire(standingOrderId, change)).rejects.toMatchObject(refusal(code))
    await drain(bureau)
    expect(bureau.test.sink.calls).toBe(0)
  })

  it('more recipients than were granted', async () => {
    const { standingOrderId } = await granted(bureau, { reachMax: 29 })
    await expect(fire(standingOrderId)).rejects.toMatchObject({
      refusal: { code: 'value-not-allowed', field: 'reach', limit: 29 },
    })
  })

  it('by nobody, by whoever is not on duty, or of no such number', async () => {
    const { standingOrderId } = await granted(bureau)
    const { firedBy, ...nobody } = {
      ...{ agencyId: bureau.agencyId, standingOrderId, values: HEAT_VALUES, at: MORNING },
      firedBy: bureau.id('沈文书'),
    }
    await expect(fireStandingOrder(bureau.test.hub, nobody)).rejects.toMatchObject(
      refusal('missing-field'),
    )
    await expect(fire(standingOrderId, { firedBy })).rejects.toMatchObject(refusal('not-allowed'))
    await expect(fire(999_999)).rejects.toMatchObject(refusal('not-found'))
  })

  it('in the name of a signer who left', async () => {
    const { standingOrderId } = await granted(bureau)
    const id = bureau.id('钱局长')
    await owner.lawful("update person set in_office_to = '2026-11-24' where id = $1", [id])
    const late = fire(standingOrderId)
    await expect(late).rejects.toMatchObject(refusal('out-of-office'))
    await owner.lawful('update person set in_office_to = null where id = $1', [id])
  })

  it('over a template whose opinion was taken back', async () => {
    const order = await granted(bureau)
    await reviewTemplateBy(bureau, '陆保密', order, 'withheld')
    await expect(fire(order.standingOrderId)).rejects.toMatchObject(refusal('not-public'))
  })
})

describe('granting', () => {
  it('takes three people and an opinion', async () => {
    const proposed = await proposeBy(bureau, '周副局')
    await expect(grantBy(bureau, '钱局长', proposed)).rejects.toMatchObject(refusal('not-reviewed'))
    await expect(reviewTemplateBy(bureau, '周副局', proposed)).rejects.toMatchObject(
      refusal('author-may-not-review'),
    )
    await reviewTemplateBy(bureau, '陆保密', proposed)
    await expect(grantBy(bureau, '周副局', proposed)).rejects.toMatchObject(
      refusal('author-may-not-sign'),
    )
    await expect(grantBy(bureau, '吴值班', proposed)).rejects.toMatchObject(refusal('not-allowed'))
    const other = await proposeBy(bureau, '沈文书')
    await reviewTemplateBy(bureau, '周副局', other)
    await expect(grantBy(bureau, '周副局', other)).rejects.toMatchObject(
      refusal('reviewer-may-not-sign'),
    )
    const unseen = { ...proposed, hash: other.hash }
    await expect(grantBy(bureau, '钱局长', unseen)).rejects.toMatchObject(
      refusal('not-latest-revision'),
    )
  })

  const until = (days: number) => new Date(Date.parse(LIMITS.validFrom) + days * DAY_MS)
  const board = { channelId: 'board', audiences: [], throughQuietHours: false }
  it.each<[string, Partial<OrderLimits>, string]>([
    ['longer than 366 days', { validUntil: until(366.01).toISOString() }, 'too-long'],
    ['over before it begins', { validUntil: LIMITS.validFrom }, 'window-invalid'],
    ['no use', { usesMax: 0 }, 'too-long'],
    ['more uses a day than in all', { usesPerDayMax: 4 }, 'too-long'],
    [
      'a channel beside the template',
      { channels: [{ ...board, channelId: 'network' }] },
      'value-not-allowed',
    ],
    [
      'an audience beside it',
      { channels: [{ channelId: 'wire', audiences: ['major-hazard'], throughQuietHours: false }] },
      'value-not-allowed',
    ],
    [
      'night where the template rests',
      { channels: [{ ...board, throughQuietHours: true }] },
      'value-not-allowed',
    ],
    ['a level beside it', { levels: ['red'] }, 'value-not-allowed'],
    ['a mode beside it', { modes: ['test'] }, 'value-not-allowed'],
    [
      'relaying with an ordinary template',
      { relay: { sourceIds: [1], quoteHoursMax: 6 } },
      'value-not-allowed',
    ],
  ])('refuses limits: %s', async (_, change, code) => {
    const text = await prepared(bureau)
    const grant = grantBy(bureau, '钱局长', text, { ...LIMITS, ...change })
    await expect(grant).rejects.toMatchObject(refusal(code))
  })
})

describe('taken back', () => {
  it('stops what is queued at once, leaves what stands, and fires no more', async () => {
    const { standingOrderId } = await granted(bureau)
    const first = await fire(standingOrderId)
    await drain(bureau)
    const second = await fire(standingOrderId)
    await revoke(standingOrderId, '周副局')
    bureau.test.sink.calls = 0
    await drain(bureau)
    expect(bureau.test.sink.calls).toBe(0)
    for (const id of first.dispatchIds)
      expect(await dispatchOf(owner, id)).toMatchObject({ state: 'fanned-out' })
    expect(await statesOf(owner, second.dispatchIds[0])).toEqual({ cancelled: 1 })
    expect(await statesOf(owner, second.dispatchIds[1])).toEqual({ cancelled: 30 })
    await expect(fire(standingOrderId)).rejects.toMatchObject(refusal('order-revoked'))
    await expect(revoke(standingOrderId, '钱局长')).rejects.toMatchObject(refusal('order-revoked'))
    expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
  })

  it('by a leader with a reason, and by nobody else', async () => {
    const { standingOrderId } = await granted(bureau)
    for (const name of ['沈文书', '陆保密', '吴值班'] as const)
      await expect(revoke(standingOrderId, name)).rejects.toMatchObject(refusal('not-allowed'))
    await expect(revoke(standingOrderId, '钱局长', ' ')).rejects.toMatchObject(
      refusal('reason-missing'),
    )
    await expect(revoke(999_999, '钱局长')).rejects.toMatchObject(refusal('not-found'))
  })

  it('while it is being fired: everything queued is stopped, whichever came first', async () => {
    const { standingOrderId } = await granted(bureau, { usesMax: 10, usesPerDayMax: 10 })
    await Promise.allSettled([
      ...Array.from({ length: 5 }, () => fire(standingOrderId)),
      revoke(standingOrderId, '钱局长'),
      ...Array.from({ length: 5 }, () => fire(standingOrderId)),
    ])
    await drain(bureau)
    expect(bureau.test.sink.calls).toBe(0)
  })
})
