/** A standing order fires only the schedule it was signed for; one that names none is a leader's to give, and
 *  only to a schedule of its own category and channels. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { OrderLimits } from '../../../src/domain/clearance/standing-order.ts'
import { whyNotForSchedule } from '../../../src/domain/clearance/standing-order.ts'
import type { Template } from '../../../src/domain/clearance/template.ts'
import { revokeStandingOrder } from '../../../src/hub/clearance/standing-order.ts'
import { fireDue } from '../../../src/hub/schedule/fire-due.ts'
import { setSchedule } from '../../../src/hub/schedule/schedules.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
  text,
} from '../../support/bureau.ts'
import { granted, LIMITS } from '../../support/clearances.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type Forger, openForger } from '../../support/forger.ts'
import { alarmsOf, at, BOOK, occurrenceNamed } from '../../support/schedules.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
let operator = 0
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
  await addPhones(bureau, 3)
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

const TEMPLATE: Template = {
  ...{ categoryId: 'safety-reminder', levels: ['routine'], modes: ['earnest'], blanks: {} },
  content: text('每周提醒', { blocks: [{ kind: 'paragraph', text: '请检查排水。' }] }),
  channels: [{ channelId: 'wire', audiences: ['media'], throughQuietHours: false }],
}

async function order(more: Partial<OrderLimits> = {}, template: Partial<Template> = {}) {
  const whole = { ...TEMPLATE, ...template }
  const limits = { levels: ['routine'], channels: whole.channels } as const
  const { standingOrderId } = await granted(bureau, { ...limits, ...more }, whole)
  return standingOrderId
}

const attach = (standingOrderId: number, by: number, scheduleId = 'weekly') =>
  setSchedule(bureau.test.hub, BOOK, {
    ...{ agencyId: bureau.agencyId, by, at: MORNING, scheduleId, enabled: true, parameters: {} },
    ...{ authorId: bureau.id('沈文书'), standingOrderId },
  })
const leader = () => bureau.id('钱局长')
const refusal = (code: string) => ({ refusal: { code, field: 'standingOrder' } })

it('an order that names its schedule is anybody’s to attach there, and nobody’s elsewhere', async () => {
  const named = await order({ scheduleIds: ['weekly'] })
  await attach(named, operator)
  for (const by of [operator, leader()])
    await expect(attach(named, by, 'once')).rejects.toMatchObject(refusal('value-not-allowed'))
})

it('an order that names none is attached by a leader, who stands in the audit', async () => {
  const plain = await order()
  await expect(attach(plain, operator)).rejects.toMatchObject(refusal('not-allowed'))
  await attach(plain, leader())
  // Once given, whoever keeps the schedule may change the rest of it.
  await attach(plain, operator)
  const rows = await owner.lawful<{ actor_id: number }>(
    `select actor_id::int from audit where action = 'schedule-set' and subject = 'schedule/weekly'
       and (facts->>'standingOrderId')::int = $1 order by id`,
    [plain],
  )
  expect(rows.map((row) => row.actor_id)).toEqual([leader(), operator])
})

it.each<[string, () => Promise<number>]>([
  ['another category', () => order({}, { categoryId: 'notice' })],
  [
    'a channel the schedule is not for',
    () =>
      order({}, { channels: [{ channelId: 'network', audiences: [], throughQuietHours: false }] }),
  ],
])('refuses an order of %s, a leader as well', async (_, make) => {
  await expect(attach(await make(), leader())).rejects.toMatchObject(refusal('value-not-allowed'))
})

it('refuses an order that is not there or was taken back', async () => {
  await expect(attach(999_999, leader())).rejects.toMatchObject(refusal('not-found'))
  const gone = await order({ scheduleIds: ['once'] })
  await revokeStandingOrder(bureau.test.hub, {
    ...{
      agencyId: bureau.agencyId,
      standingOrderId: gone,
      by: leader(),
      reason: '停',
      at: MORNING,
    },
  })
  await expect(attach(gone, leader(), 'once')).rejects.toMatchObject(refusal('order-revoked'))
})

it('one put under a schedule in the database does not fire: a draft and an alarm instead', async () => {
  const other = await order({ scheduleIds: ['once'] })
  await attach(await order({ scheduleIds: ['weekly'] }), leader())
  await owner.lawful("update schedule set standing_order_id = $1 where id = 'weekly'", [other])
  const { calls } = bureau.test.sink
  const due = at('2026-11-25', '15:00')
  await fireDue(bureau.test.hub, BOOK, due)
  await drain(bureau, due)
  expect(bureau.test.sink.calls).toBe(calls)
  expect(await alarmsOf(bureau, 'weekly/2026-11-25')).toContain('order-refused')
  expect((await occurrenceNamed(bureau, 'weekly/2026-11-25')).signed).toBe(false)
})

it.each([
  [[]],
  [['weekly', 'weekly']],
  [['Weekly!']],
  [Array.from({ length: 51 }, (_, n) => `s${n}`)],
])('grants no order for %j', async (scheduleIds) => {
  await expect(order({ scheduleIds })).rejects.toMatchObject({
    refusal: { field: 'scheduleIds' },
  })
})

it('an order signed before schedules could be named still goes by category and channels', () => {
  const limits = { ...LIMITS, channels: TEMPLATE.channels }
  const schedule = { id: 'x', categoryId: 'safety-reminder', channels: ['board', 'wire'] }
  expect(whyNotForSchedule({ limits, template: TEMPLATE }, schedule)).toBeUndefined()
  const without = { ...schedule, channels: ['board'] }
  expect(whyNotForSchedule({ limits, template: TEMPLATE }, without)?.code).toBe('value-not-allowed')
})
