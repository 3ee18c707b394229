/** One person stops: what waits is taken back at once, our own page is hidden, and only a withdrawal may
 *  still be signed. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { attempt, claimNext } from '../../src/hub/attempt.ts'
import { revise } from '../../src/hub/compose.ts'
import { verifyLog } from '../../src/hub/count.ts'
import { stop } from '../../src/hub/stop.ts'
import { expandRound, sweep } from '../../src/hub/sweep.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  type PersonName,
  PUBLISH,
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
  await addPhones(bureau, 1_500)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})
beforeEach(() => {
  const { sink } = bureau.test
  Object.assign(sink, { calls: 0, before: undefined, answer: undefined })
})

const stopBy = (name: PersonName, bulletinId: number, reason = '内容有误') =>
  stop(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId, by: bureau.id(name), reason, at: MORNING },
  })
const refusal = (code: string) => ({ refusal: { code } })
const noDrift = async () => expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])

it('stopped while it fans out, it goes no further', async () => {
  const { bulletinId, dispatchIds } = await signed(bureau, [NOTIFY])
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ waiting: 1_000 })
  await stopBy('钱局长', bulletinId)
  await drain(bureau)
  expect(bureau.test.sink.calls).toBe(0)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ cancelled: 1_000 })
  await noDrift()
})

it.each<PersonName>(['陆保密', '钱局长', '吴值班'])(
  '%s alone stops what is queued',
  async (name) => {
    const { bulletinId, dispatchIds } = await signed(bureau, [NOTIFY, PUBLISH])
    while (await expandRound(bureau.test.hub, MORNING));
    await stopBy(name, bulletinId)
    await drain(bureau)
    expect(bureau.test.sink.calls).toBe(0)
    expect(await statesOf(owner, dispatchIds[0])).toEqual({ cancelled: 1_500 })
    expect(await statesOf(owner, dispatchIds[1])).toEqual({ cancelled: 1 })
    await noDrift()
  },
)

it('nobody else may, and nobody without a reason', async () => {
  const { bulletinId } = await signed(bureau, [PUBLISH])
  await expect(stopBy('沈文书', bulletinId)).rejects.toMatchObject(refusal('not-allowed'))
  await expect(stopBy('陆保密', bulletinId, '  ')).rejects.toMatchObject(refusal('reason-missing'))
  await expect(stopBy('陆保密', bulletinId, '长'.repeat(501))).rejects.toMatchObject(
    refusal('too-long'),
  )
  await expect(stopBy('陆保密', 999_999)).rejects.toMatchObject(refusal('not-found'))
  await drain(bureau)
  expect(bureau.test.sink.calls).toBe(1)
})

it('in the middle of a run: what is in flight settles, nothing further leaves', async () => {
  const { sink } = bureau.test
  const { bulletinId, dispatchIds } = await signed(bureau, [NOTIFY])
  let stopped: Promise<void> | undefined
  sink.before = async () => {
    if (sink.calls === 3) stopped = stopBy('吴值班', bulletinId)
    await stopped
  }
  await drain(bureau)
  await stopped
  // Eight calls may be open at once on this channel; those that were, are settled and no others begun.
  expect(sink.calls).toBeLessThanOrEqual(10)
  const states = await statesOf(owner, dispatchIds[0])
  expect(states).toEqual({ accepted: sink.calls * 100, cancelled: 1_500 - sink.calls * 100 })
  await noDrift()
})

it('a retry of what was in flight does not leave after the stop', async () => {
  const { sink } = bureau.test
  sink.answer = () => ({ kind: 'retry', code: 'busy', detail: '' })
  const { bulletinId, dispatchIds } = await signed(bureau, [PUBLISH])
  let stopped: Promise<void> | undefined
  sink.before = async () => {
    stopped ??= stopBy('钱局长', bulletinId)
    await stopped
  }
  await drain(bureau)
  const later = new Date(MORNING.getTime() + 3_600_000)
  await drain(bureau, later)
  expect(sink.calls).toBe(1)
  await sweep(bureau.test.hub, bureau.test.worker, later)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ cancelled: 1 })
  await noDrift()
})

it('a batch claimed just before the stop does not leave after it', async () => {
  const { bulletinId, dispatchIds } = await signed(bureau, [PUBLISH])
  // The claim saw the dispatch before the stop's commit, and calls after it.
  const claim = await claimNext(bureau.test.hub, bureau.test.worker, 'normal', MORNING)
  if (!claim) throw new Error('nothing was due')
  await stopBy('陆保密', bulletinId)
  await attempt(bureau.test.hub, bureau.test.worker, claim, MORNING)
  expect(bureau.test.sink.calls).toBe(0)
  await sweep(bureau.test.hub, bureau.test.worker, MORNING)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ cancelled: 1 })
  await noDrift()
})

it('hides our own page in the same moment', async () => {
  const { bulletinId } = await signed(bureau, [PUBLISH])
  await drain(bureau)
  await owner.lawful(
    `insert into page (agency_id, path, bulletin_id, category_id, title, state, etag, html,
       published_at, changed_at) values ($1, $2, $3, 'notice', '页', 'current', 'e', '', now(), now())`,
    [bureau.agencyId, `/item/${bulletinId}`, bulletinId],
  )
  await stopBy('陆保密', bulletinId)
  const [page] = await owner.lawful<{ hidden_at: Date | null }>(
    'select hidden_at from page where bulletin_id = $1',
    [bulletinId],
  )
  expect(page?.hidden_at).toEqual(MORNING)
})

it('afterwards nothing is edited, reviewed or signed, except the withdrawal; stopping twice is harmless', async () => {
  const composed = await signed(bureau, [PUBLISH])
  await drain(bureau)
  await stopBy('钱局长', composed.bulletinId)
  await stopBy('陆保密', composed.bulletinId, '再停一次')
  const [row] = await owner.lawful<{ stop_reason: string; stopped_by: number }>(
    'select stop_reason, stopped_by::int from bulletin where id = $1',
    [composed.bulletinId],
  )
  expect(row).toEqual({ stop_reason: '内容有误', stopped_by: bureau.id('钱局长') })
  const edit = revise(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId: composed.bulletinId, at: MORNING },
    ...{ authorId: bureau.id('沈文书'), seenHash: composed.hash, content: text('改') },
  })
  await expect(edit).rejects.toMatchObject(refusal('stopped'))
  await expect(reviewBy(bureau, '陆保密', composed)).rejects.toMatchObject(refusal('stopped'))
  for (const order of [NOTIFY, { channelId: 'board', act: 'amend', reason: '改' } as const])
    await expect(signBy(bureau, '钱局长', composed, [order])).rejects.toMatchObject(
      refusal('stopped'),
    )
  const withdraw = { channelId: 'board', act: 'withdraw', reason: '有误' } as const
  await expect(signBy(bureau, '钱局长', composed, [withdraw, NOTIFY])).rejects.toMatchObject(
    refusal('stopped'),
  )
  await signBy(bureau, '钱局长', composed, [withdraw])
  // A withdrawal is not stopped: stopping it would leave the thing standing.
  await stopBy('吴值班', composed.bulletinId)
  const { sink } = bureau.test
  const { calls } = sink
  await drain(bureau)
  expect(sink.calls).toBe(calls + 1)
  await noDrift()
})
