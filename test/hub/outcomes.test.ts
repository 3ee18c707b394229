/** Whatever an adapter answers, the log can be written: retries in child batches, a refused account, an
 *  adapter that throws, answers too little or passes rubbish on. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Outcome } from '../../src/domain/outcome.ts'
import { ATTEMPTS_MAX, backoffMs } from '../../src/domain/retry.ts'
import { revise } from '../../src/hub/compose.ts'
import { countYear, verifyLog } from '../../src/hub/count.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  PUBLISH,
  release,
  reviewBy,
  signBy,
  signed,
  text,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger, statesOf } from '../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
  await addPhones(bureau, 250)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})
beforeEach(() => {
  Object.assign(bureau.test.sink, { calls: 0, before: undefined, answer: undefined })
  bureau.test.sink.accepted.clear()
})

const after = (ms: number) => new Date(MORNING.getTime() + ms)
const noDrift = async () => expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
const retry: Outcome = { kind: 'retry', code: 'busy', detail: '' }

it('retries only whom it must, in a child batch, after the back-off', async () => {
  const { sink } = bureau.test
  sink.answer = (_, index) => (index % 10 === 0 ? retry : { kind: 'accepted' })
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  await drain(bureau)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ waiting: 25, accepted: 225 })
  await drain(bureau, after(999))
  expect(sink.calls).toBe(3)
  sink.answer = undefined
  await drain(bureau, after(1_000))
  expect(sink.calls).toBe(6)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 250 })
  expect([...sink.accepted.values()].every((times) => times === 1)).toBe(true)
  const children = await owner.lawful<{ size: number; attempts: number }>(
    'select size, attempts from batch where dispatch_id = $1 and parent_id is not null order by -size',
    [dispatchIds[0]],
  )
  expect(children.map((one) => one.size)).toEqual([10, 10, 5])
  expect(children.every((one) => one.attempts === 2)).toBe(true)
  await noDrift()
})

it('gives up after the last attempt, each one later than the one before', async () => {
  const { sink } = bureau.test
  sink.answer = () => retry
  const { dispatchIds } = await signed(bureau, [PUBLISH])
  let at = MORNING
  for (let attempts = 1; attempts <= ATTEMPTS_MAX; attempts++) {
    await drain(bureau, new Date(at.getTime() - 1))
    expect(sink.calls).toBe(attempts - 1)
    await drain(bureau, at)
    expect(sink.calls).toBe(attempts)
    at = new Date(at.getTime() + backoffMs(attempts, 'normal'))
  }
  await drain(bureau, after(6 * 86_400_000))
  expect(sink.calls).toBe(ATTEMPTS_MAX)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ failed: 1 })
  await noDrift()
})

it('a failed publication never counts', async () => {
  const before = await countYear(bureau.test.hub, bureau.agencyId, 2026)
  bureau.test.sink.answer = () => ({ kind: 'refused', scope: 'message', code: 'no', detail: '' })
  await signed(bureau, [PUBLISH, NOTIFY])
  await drain(bureau)
  const year = await countYear(bureau.test.hub, bureau.agencyId, 2026)
  const { messages, publications, broadcasts } = before
  expect(year).toMatchObject({ messages, publications, broadcasts })
})

it('a refused account holds the road and the rest, until a person clears it', async () => {
  const { sink } = bureau.test
  sink.answer = (batch, index) =>
    batch.recipients.length > 1 && index < 5
      ? { kind: 'accepted' }
      : { kind: 'refused', scope: 'account', code: 'balance', detail: '' }
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  await drain(bureau)
  const { calls } = sink
  // What was in flight on the road comes to its end; nothing is claimed on it after the refusal.
  expect(calls).toBeLessThanOrEqual(3)
  const other = await signed(bureau, [NOTIFY, PUBLISH])
  sink.answer = undefined
  await drain(bureau, after(3_600_000))
  expect(await statesOf(owner, other.dispatchIds[0])).toEqual({ waiting: 250 })
  expect(await statesOf(owner, other.dispatchIds[1])).toEqual({ delivered: 1 })
  // A batch the refusal came before is not claimed at all; it waits with the road.
  const { accepted = 0, held = 0, waiting = 0 } = await statesOf(owner, dispatchIds[0])
  expect([accepted, accepted + held + waiting]).toEqual([calls * 5, 250])
  expect(held).toBeGreaterThan(0)
  await release(bureau, 'wire', 'main')
  await drain(bureau, after(3_600_000))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 250 })
  expect(await statesOf(owner, other.dispatchIds[0])).toEqual({ accepted: 250 })
  expect([...sink.accepted.values()].every((times) => times === 1)).toBe(true)
  await noDrift()
})

it('an adapter that throws may have sent: unsure, and never repeated by itself', async () => {
  const { sink } = bureau.test
  sink.before = () => Promise.reject(new TypeError('13900000001 fell over'))
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  await drain(bureau)
  sink.before = undefined
  await drain(bureau, after(3_600_000))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ unsure: 250 })
  const codes = await owner.lawful<{ code: string }>(
    'select distinct code from delivery where dispatch_id = $1',
    [dispatchIds[0]],
  )
  // The error's name is a code; its text may hold a number and stays out of the log.
  expect(codes).toEqual([{ code: 'TypeError' }])
  await noDrift()
})

it('an answer too short leaves the rest unsure; one too long changes nothing', async () => {
  const { sink } = bureau.test
  const answers = [undefined, { kind: 'sent' }] as unknown as Outcome[]
  sink.answer = (_, index) => (index < 2 ? (answers[index] as Outcome) : { kind: 'accepted' })
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  await drain(bureau)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 247, unsure: 3 })
})

it('rubbish from a platform is bounded, and the year is ours', async () => {
  const { sink } = bureau.test
  sink.answer = () => ({
    ...{ kind: 'accepted', reference: `x\u0000${'y'.repeat(100_000)}`, units: 1e12 },
    ...{ url: 'http://place.test/\u0000', at: '2099-01-01T00:00:00Z' },
  })
  const before = await countYear(bureau.test.hub, bureau.agencyId, 2026)
  const { dispatchIds } = await signed(bureau, [PUBLISH])
  await drain(bureau)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 1 })
  const year = await countYear(bureau.test.hub, bureau.agencyId, 2026)
  expect(year.publications).toBe(before.publications + 1)
  await noDrift()
})

it('a correction that comes back late does not overwrite the withdrawal', async () => {
  const { sink } = bureau.test
  const composed = await signed(bureau, [PUBLISH], { title: '先发' })
  await drain(bureau)
  const edited = await revise(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId: composed.bulletinId, at: MORNING },
    ...{ authorId: bureau.id('沈文书'), seenHash: composed.hash, content: text('后改') },
  })
  await reviewBy(bureau, '陆保密', edited)
  sink.answer = () => retry
  const amend = await signBy(bureau, '钱局长', edited, [
    { channelId: 'board', act: 'amend', reason: '改' },
  ])
  await drain(bureau)
  sink.answer = undefined
  await signBy(bureau, '钱局长', edited, [{ channelId: 'board', act: 'withdraw', reason: '撤' }])
  await drain(bureau)
  const { calls } = sink
  await drain(bureau, after(3_600_000))
  expect(sink.calls).toBe(calls)
  expect(await statesOf(owner, amend.dispatchIds[0])).toEqual({ waiting: 1 })
})
