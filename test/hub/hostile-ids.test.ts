/** Ids that are no ids, at every kind of door: each is refused in words, never with the database's own. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Refused } from '../../src/domain/refusal.ts'
import { check } from '../../src/hub/checks/check.ts'
import { usePreparedText } from '../../src/hub/clearance/prepared-text.ts'
import { fireStandingOrder, revokeStandingOrder } from '../../src/hub/clearance/standing-order.ts'
import { revise } from '../../src/hub/compose.ts'
import { confirmByHand } from '../../src/hub/confirm.ts'
import { appointDeputy, revokeDeputy } from '../../src/hub/deputies.ts'
import { moveRoad } from '../../src/hub/fallback.ts'
import { confirmImport } from '../../src/hub/import-postings.ts'
import { markDuplicate } from '../../src/hub/mark-duplicate.ts'
import { confirmSheet } from '../../src/hub/paper.ts'
import { releaseRoad } from '../../src/hub/release-road.ts'
import { returnForEdit, review } from '../../src/hub/review.ts'
import { moveOccurrence } from '../../src/hub/schedule/occurrences.ts'
import { liftWarning, setSchedule } from '../../src/hub/schedule/schedules.ts'
import { sign } from '../../src/hub/sign.ts'
import { stop } from '../../src/hub/stop.ts'
import { plan, submit } from '../../src/hub/submit.ts'
import { type Bureau, foundBureau, MORNING, openTestHub, PUBLISH, text } from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { BOOK } from '../support/schedules.ts'

let database: TestDatabase
let bureau: Bureau
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
})
afterAll(async () => {
  await bureau.test.close()
  await database.drop()
})

/** Each takes ids of three kinds: the agency, whoever acts, and what is meant. */
type Door = (agencyId: number, by: number, id: number) => Promise<unknown>

const seenHash = 'a'.repeat(64)
const reason = '测试'
const at = MORNING

function doors(): Readonly<Record<string, Door>> {
  const { hub } = bureau.test
  return {
    stop: (agencyId, by, bulletinId) => stop(hub, { agencyId, bulletinId, by, reason, at }),
    check: (agencyId, by, bulletinId) => check(hub, { agencyId, bulletinId, by, at }),
    plan: (agencyId, by, bulletinId) => plan(hub, { agencyId, bulletinId, by, at, orders: [] }),
    submit: (agencyId, submittedBy, bulletinId) =>
      submit(hub, { agencyId, bulletinId, submittedBy, at, seenHash }),
    review: (agencyId, reviewerId, bulletinId) =>
      review(hub, { agencyId, bulletinId, reviewerId, at, seenHash, opinion: 'public' }),
    return: (agencyId, returnedBy, bulletinId) =>
      returnForEdit(hub, { agencyId, bulletinId, returnedBy, at, reason, seenHash }),
    revise: (agencyId, authorId, bulletinId) =>
      revise(hub, { agencyId, bulletinId, authorId, at, seenHash, content: text('改') }),
    sign: (agencyId, signerId, bulletinId) =>
      sign(hub, { agencyId, bulletinId, signerId, at, seenHash, orders: [PUBLISH] }),
    'confirm by hand': (agencyId, by, id) =>
      confirmByHand(hub, { agencyId, by, taskIds: [id], at }),
    'confirm sheet': (agencyId, confirmedBy, sheetId) =>
      confirmSheet(hub, { agencyId, sheetId, confirmedBy, printedCode: 'x', at }),
    'confirm import': (agencyId, confirmedBy, importId) =>
      confirmImport(hub, { agencyId, importId, confirmedBy, at }),
    'use prepared text': (agencyId, filledBy, preparedTextId) =>
      usePreparedText(hub, { agencyId, preparedTextId, filledBy, at, values: {} }),
    'fire standing order': (agencyId, firedBy, standingOrderId) =>
      fireStandingOrder(hub, { agencyId, standingOrderId, firedBy, at, values: {} }),
    'revoke standing order': (agencyId, by, standingOrderId) =>
      revokeStandingOrder(hub, { agencyId, standingOrderId, by, reason, at }),
    'move road': (agencyId, by, dispatchId) =>
      moveRoad(hub, { agencyId, dispatchId, by, roadId: 'main', reason, at }),
    'mark duplicate': (agencyId, by, id) =>
      markDuplicate(hub, { agencyId, by, at, channelId: 'board', copy: id, original: id }),
    'revoke deputy': (agencyId, by, deputyId) => revokeDeputy(hub, { agencyId, by, deputyId, at }),
    'appoint deputy': (agencyId, by, personId) =>
      appointDeputy(hub, {
        ...{ agencyId, by, personId, deputyId: personId, role: 'leader', reason, at },
        ...{ fromOn: '2026-11-25', toOn: '2026-11-26' },
      }),
    'lift warning': (agencyId, by, bulletinId) =>
      liftWarning(hub, BOOK, { agencyId, bulletinId, by, at }),
    'move occurrence': (agencyId, by, occurrenceId) =>
      moveOccurrence(hub, BOOK, { agencyId, occurrenceId, by, at, to: MORNING, reason }),
    'set schedule': (agencyId, by, id) =>
      setSchedule(hub, BOOK, {
        ...{ agencyId, by, at, scheduleId: 'weekly', enabled: true, parameters: {} },
        ...{ authorId: id, standingOrderId: id },
      }),
    'release road': (agencyId, by) =>
      releaseRoad(hub, { agencyId, by, at, channelId: 'wire', roadId: 'main' }),
  }
}

const hostile = fc.oneof(
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.5, -0.1),
  fc.constantFrom(1e300, -1e300, 2 ** 63, 2 ** 64, 2 ** 31, Number.MAX_SAFE_INTEGER + 2, 5e-324),
  fc.constantFrom(0, -0, -1, 999_999_999),
  fc.double({ noInteger: true }),
)

async function refusedInWords(act: Promise<unknown>): Promise<void> {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Refused)
  expect(String(error)).not.toMatch(/bigint|integer|syntax/)
}

it('refuses them as what is meant, as whoever acts and as the agency', async () => {
  const all = doors()
  const names = fc.constantFrom(...Object.keys(all))
  const leader = bureau.id('钱局长')
  await fc.assert(
    fc.asyncProperty(names, hostile, async (name, id) => {
      const door = all[name]
      if (!door) throw new Error(name)
      // A road is named by its channel, so its door has no third id.
      if (name !== 'release road') await refusedInWords(door(bureau.agencyId, leader, id))
      await refusedInWords(door(bureau.agencyId, id, 1))
      await refusedInWords(door(id, leader, 1))
    }),
    { numRuns: 120 },
  )
})
