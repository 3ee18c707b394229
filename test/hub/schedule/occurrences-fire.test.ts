/** A standing order goes out alone: once whatever the number of processes, never when it may not, and what
 *  was refused or missed is somebody's business and never silence. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Template } from '../../../src/domain/clearance/template.ts'
import type { Parameters } from '../../../src/domain/schedule/parameters.ts'
import { revokeStandingOrder } from '../../../src/hub/clearance/standing-order.ts'
import type { Hub } from '../../../src/hub/ports.ts'
import { fireDue } from '../../../src/hub/schedule/fire-due.ts'
import { confirmOccurrence, runOccurrence } from '../../../src/hub/schedule/occurrences.ts'
import { planOccurrences } from '../../../src/hub/schedule/schedules.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  openTestHub,
  text,
} from '../../support/bureau.ts'
import { granted, LIMITS } from '../../support/clearances.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { alarmsOf, at, BOOK, later, occurrenceNamed, switchOn } from '../../support/schedules.ts'

const TEMPLATE: Template = {
  ...{ categoryId: 'safety-reminder', levels: ['routine'], modes: ['earnest'] },
  content: text('每周提醒：{{时段}}', { blocks: [{ kind: 'paragraph', text: '请检查排水。' }] }),
  blanks: { 时段: { type: 'text', charactersMax: 20 } },
  channels: [{ channelId: 'wire', audiences: ['media'], throughQuietHours: false }],
}
const PARAMETERS: Parameters = { values: { 时段: '{月日}起' } }

let database: TestDatabase
let bureau: Bureau
let standingOrderId: number
beforeEach(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  await addPhones(bureau, 5)
  const limits = { ...LIMITS, levels: ['routine'], channels: TEMPLATE.channels } as const
  const more = { usesMax: 100, usesPerDayMax: 5, reachMax: 8 }
  const wide = { validUntil: later(24 * 300).toISOString() }
  standingOrderId = (await granted(bureau, { ...limits, ...more, ...wide }, TEMPLATE))
    .standingOrderId
})
afterEach(async () => {
  await bureau.test.close()
  await database.drop()
})

const alone = (scheduleId: string, parameters: Parameters = {}) =>
  switchOn(bureau, scheduleId, {
    ...{ standingOrderId, parameters: { ...PARAMETERS, ...parameters } },
  })
const steps = async (when: Date, hub: Hub = bureau.test.hub) =>
  (await fireDue(hub, BOOK, when)).taken.map((one) => one.step)
const uses = async () => {
  const { db } = bureau.test.connection
  const rows = await db.selectFrom('signature').select('bulletin_id').execute()
  return rows.length
}

const NAME = 'weekly/2026-11-25'
const DUE = at('2026-11-25', '15:00')
const past = (hours: number) => new Date(DUE.getTime() + hours * 3_600_000)

it('goes out at its time, alone, with its blanks filled, and once', async () => {
  await alone('weekly')
  expect(await steps(past(-0.01))).toEqual([])
  expect(await steps(DUE)).toEqual(['fire'])
  expect(await steps(DUE)).toEqual([])
  await drain(bureau, DUE)
  expect(bureau.test.sink.texts).toHaveLength(5)
  expect(bureau.test.sink.texts[0]).toContain('11月25日起')
  expect(await occurrenceNamed(bureau, NAME)).toMatchObject({ state: 'fired', signed: true })
})

it('goes out once from two processes, twenty times in a row', { timeout: 120_000 }, async () => {
  await alone('weekly')
  const other = openTestHub(database.hubUrl, { keys: bureau.test.keys })
  try {
    for (let week = 0; week < 20; week++) {
      const when = past(week * 7 * 24)
      const both = await Promise.all([steps(when), steps(when, other.hub)])
      expect(both.flat()).toEqual(['fire'])
    }
  } finally {
    await other.close()
  }
  expect(await uses()).toBe(20)
})

/** A hub that dies inside the transaction, the first time a step is written down. */
function dying(hub: Hub): Hub {
  let dead = false
  const transact: Hub['store']['transact'] = (agencyId, work) =>
    hub.store.transact(agencyId, (tx) =>
      work({
        ...tx,
        changeOccurrence: async (id, change) => {
          await tx.changeOccurrence(id, change)
          if (dead) return
          dead = true
          throw new Error('killed between two steps')
        },
      }),
    )
  return { ...hub, store: { ...hub.store, transact } }
}

it('loses and doubles nothing when it dies between signing and writing it down', async () => {
  await alone('weekly')
  const hub = dying(bureau.test.hub)
  const { faults } = await fireDue(hub, BOOK, DUE)
  expect(faults.map(({ error }) => String(error))).toEqual(['Error: killed between two steps'])
  expect(await uses()).toBe(0)
  expect((await occurrenceNamed(bureau, NAME)).state).toBe('planned')
  expect(await alarmsOf(bureau, NAME)).toEqual(['fault'])
  expect(await steps(past(0.17), hub)).toEqual(['fire'])
  expect(await uses()).toBe(1)
})

describe('an order that may not be used', () => {
  const refused = async () => {
    expect(await steps(DUE)).toEqual(['draft-late'])
    const row = await occurrenceNamed(bureau, NAME)
    expect(row).toMatchObject({ state: 'alarmed', signed: false })
    expect(row.bulletinId).toBeDefined()
    expect(await alarmsOf(bureau, NAME)).toEqual(['order-refused'])
    await drain(bureau, DUE)
    expect(bureau.test.sink.texts).toEqual([])
  }

  it('was revoked: a draft and an alarm', async () => {
    await alone('weekly')
    await revokeStandingOrder(bureau.test.hub, {
      ...{ agencyId: bureau.agencyId, standingOrderId, by: bureau.id('钱局长') },
      ...{ reason: '内容有变', at: past(-1) },
    })
    await refused()
  })

  it('would reach more than was granted: a draft and an alarm', async () => {
    await alone('weekly')
    await addPhones(bureau, 5, { from: 100 })
    await refused()
  })

  it('has a value outside its domain: a draft and an alarm', async () => {
    await alone('weekly', { values: { 时段: '字'.repeat(21) } })
    await refused()
  })
})

it('never goes out alone on a day that rests on a notice still to come', async () => {
  await alone('resume')
  const name = 'resume/2027-spring-festival+0wd'
  const { dueAt, draftAt, provisional } = await occurrenceNamed(bureau, name)
  expect([provisional, dueAt]).toEqual([true, at('2027-02-15', '09:00')])
  expect(await steps(draftAt)).toEqual(['ask-confirmation'])
  expect(await steps(draftAt)).toEqual([])
  expect(await alarmsOf(bureau, name)).toEqual(['unconfirmed'])
  expect(await steps(dueAt)).toEqual(['draft-late'])
  expect(await alarmsOf(bureau, name)).toEqual(['unconfirmed', 'late'])
  expect(await uses()).toBe(0)
})

it('goes out alone once a person confirmed the day', async () => {
  await alone('resume')
  const name = 'resume/2027-spring-festival+0wd'
  const { id, dueAt } = await occurrenceNamed(bureau, name)
  const request = { agencyId: bureau.agencyId, occurrenceId: id, by: bureau.id('吴值班') }
  const confirm = () => confirmOccurrence(bureau.test.hub, BOOK, { ...request, at: later(1) })
  await confirm()
  await expect(confirm()).rejects.toMatchObject({ refusal: { code: 'already-confirmed' } })
  await planOccurrences(bureau.test.hub, BOOK, { agencyId: bureau.agencyId, at: later(2) })
  expect(await occurrenceNamed(bureau, name)).toMatchObject({ provisional: false, confirmed: true })
  expect(await steps(dueAt)).toEqual(['fire'])
})

describe('what was missed while nothing ran', () => {
  it('still goes out within its grace', async () => {
    await alone('weekly', { missed: 'late', graceHours: 6 })
    expect(await steps(past(5.9))).toEqual(['fire'])
  })

  it('is asked about beyond it, and goes out when a person says so', async () => {
    await alone('weekly', { missed: 'late', graceHours: 6 })
    expect(await steps(past(6.1))).toEqual(['miss'])
    expect(await alarmsOf(bureau, NAME)).toEqual(['missed'])
    expect(await uses()).toBe(0)
    const { id: occurrenceId } = await occurrenceNamed(bureau, NAME)
    const request = { agencyId: bureau.agencyId, occurrenceId, at: past(7) }
    const run = (by?: number) =>
      runOccurrence(bureau.test.hub, BOOK, by === undefined ? request : { ...request, by })
    await expect(run()).rejects.toMatchObject({ refusal: { code: 'not-allowed', field: 'by' } })
    expect((await run(bureau.id('吴值班'))).step).toBe('fire')
    await expect(run(bureau.id('吴值班'))).rejects.toMatchObject({
      refusal: { code: 'occurrence-settled' },
    })
    expect(await uses()).toBe(1)
  })

  it('is left out where it was a thing of its hour', async () => {
    await alone('weekly', { missed: 'skip' })
    expect(await steps(past(1))).toEqual(['skip'])
    expect(await alarmsOf(bureau, NAME)).toEqual([])
  })

  it('is refused before its time, with the time', async () => {
    await alone('weekly')
    const { id: occurrenceId } = await occurrenceNamed(bureau, NAME)
    const early = { agencyId: bureau.agencyId, occurrenceId, at: later(1) }
    await expect(runOccurrence(bureau.test.hub, BOOK, early)).rejects.toThrow('2026-11-25 15:00')
  })
})

it('fires each once when the clock jumps by days, forward and back', async () => {
  await alone('weekly', { missed: 'late', graceHours: 720 })
  const { hub } = bureau.test
  const jumps = [0, 30, -48, 24 * 9, 24 * 8, -24 * 3, 24 * 21, 24 * 21.5]
  for (const hours of jumps) {
    await planOccurrences(hub, BOOK, { agencyId: bureau.agencyId, at: past(hours) })
    await steps(past(hours))
  }
  // Due at 0, 7, 14 and 21 days.
  expect(await uses()).toBe(4)
})
