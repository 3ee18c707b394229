/** The review that follows: owed within a day, listed until it is done, and followed by a withdrawal when
 *  it says no. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import {
  type AfterReviewRequest,
  afterReview,
  afterReviews,
  openAfterReviews,
  preparedWithdrawals,
  signWithdrawal,
} from '../../../src/hub/clearance/after-review.ts'
import { signPreparedText } from '../../../src/hub/clearance/prepared-text.ts'
import { fireStandingOrder } from '../../../src/hub/clearance/standing-order.ts'
import type { Composed } from '../../../src/hub/compose.ts'
import { verifyLog } from '../../../src/hub/count.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
  type PersonName,
  signBy,
} from '../../support/bureau.ts'
import { DAY_MS, fillBy, granted, HEAT_VALUES, prepared } from '../../support/clearances.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type Forger, openForger, statesOf } from '../../support/forger.ts'

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
beforeEach(async () => {
  await drain(bureau)
  Object.assign(bureau.test.sink, { calls: 0, texts: [] })
})

const refusal = (code: string) => ({ refusal: { code } })
const at = (days: number) => new Date(MORNING.getTime() + days * DAY_MS)

async function sent(name: PersonName = '钱局长') {
  const composed = await fillBy(bureau, '吴值班', await prepared(bureau))
  const signed = await signPreparedText(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId: composed.bulletinId, at: MORNING },
    ...{ signerId: bureau.id(name), seenHash: composed.hash },
  })
  return { ...composed, ...signed }
}

const reviewAfter = (
  name: PersonName,
  { bulletinId, hash }: Composed,
  change: Partial<AfterReviewRequest> = {},
) =>
  afterReview(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId, reviewerId: bureau.id(name), at: MORNING },
    ...{ seenHash: hash, opinion: 'public', ...change },
  })
const inside = <T>(work: Parameters<typeof bureau.test.hub.store.transact<T>>[1]) =>
  bureau.test.hub.store.transact(bureau.agencyId, work)
const stateOf = async ({ bulletinId }: Composed, days: number) =>
  (await inside((tx) => afterReviews(tx, at(days)))).find((one) => one.bulletinId === bulletinId)
    ?.state

it('is owed from the signature on: open for a day, overdue after it, done with an opinion', async () => {
  const composed = await sent()
  expect(await stateOf(composed, 1)).toBe('open')
  expect(await stateOf(composed, 1.001)).toBe('overdue')
  expect(await reviewAfter('陆保密', composed, { at: at(2) })).toEqual({ stopped: false })
  expect(await stateOf(composed, 3)).toBe('done')
  const open = await inside((tx) => openAfterReviews(tx, at(3)))
  expect(open.map((one) => one.bulletinId)).not.toContain(composed.bulletinId)
  await expect(reviewAfter('陆保密', composed)).rejects.toMatchObject(refusal('already-confirmed'))
  await drain(bureau)
  expect(bureau.test.sink.calls).toBe(2)
})

it('by a reviewer who neither filled it in nor signed it, on the text that went out', async () => {
  const composed = await sent('周副局')
  await expect(reviewAfter('周副局', composed)).rejects.toMatchObject(
    refusal('reviewer-may-not-sign'),
  )
  await expect(reviewAfter('吴值班', composed)).rejects.toMatchObject(refusal('not-allowed'))
  await expect(reviewAfter('陆保密', { ...composed, hash: '0'.repeat(64) })).rejects.toMatchObject(
    refusal('not-latest-revision'),
  )
  await expect(
    reviewAfter('陆保密', composed, { opinion: 'agreed' as 'public' }),
  ).rejects.toMatchObject(refusal('act-not-possible'))
  await expect(reviewAfter('陆保密', composed, { opinion: 'withheld' })).rejects.toMatchObject(
    refusal('reason-missing'),
  )
})

it.each(['withheld', 'on-application'] as const)(
  '%s: hidden, halted, alarmed, and the withdrawal waits for a leader',
  async (opinion) => {
    const composed = await sent()
    const { bulletinId, hash, dispatchIds } = composed
    // The board has it; the wire still waits.
    await owner.lawful('update batch set due_at = $2 where dispatch_id = $1', [
      dispatchIds[1],
      at(0.5),
    ])
    await drain(bureau)
    expect(bureau.test.sink.calls).toBe(1)
    await owner.lawful(
      `insert into page (agency_id, path, bulletin_id, category_id, title, state, etag, html,
         published_at, changed_at) values ($1, $2, $3, 'notice', '页', 'current', 'e', '', now(), now())`,
      [bureau.agencyId, `/item/${bulletinId}`, bulletinId],
    )
    const note = '涉及企业商业秘密甲乙丙'
    expect(await reviewAfter('陆保密', composed, { opinion, note })).toEqual({ stopped: true })
    const [page] = await owner.lawful<{ hidden_at: Date | null }>(
      'select hidden_at from page where bulletin_id = $1',
      [bulletinId],
    )
    expect(page?.hidden_at).toEqual(MORNING)
    expect(await statesOf(owner, dispatchIds[1])).toEqual({ cancelled: 30 })
    const audit = await owner.lawful<{ action: string; facts: object }>(
      'select action, facts from audit where subject = $1 order by id',
      [`bulletin/${bulletinId}`],
    )
    expect(audit.map((row) => row.action).slice(-3)).toEqual(['after-review', 'stop', 'alarm'])
    expect(audit.at(-1)?.facts).toMatchObject({ channels: ['board'], next: 'withdraw' })
    expect(JSON.stringify(audit)).not.toContain('商业秘密')

    const prepared = await inside(preparedWithdrawals)
    const own = prepared.find((one) => one.bulletinId === bulletinId)
    expect(own?.orders).toMatchObject([{ channelId: 'board', act: 'withdraw' }])
    expect(JSON.stringify(own)).not.toContain('商业秘密')
    const sign = (name: PersonName) =>
      signWithdrawal(bureau.test.hub, {
        ...{ agencyId: bureau.agencyId, bulletinId, signerId: bureau.id(name), at: MORNING },
        seenHash: hash,
      })
    await expect(sign('吴值班')).rejects.toMatchObject(refusal('not-allowed'))
    await sign('周副局')
    await drain(bureau)
    expect(bureau.test.sink.texts.at(-1)).toContain('withdraw')
    const [publication] = await owner.lawful<{ withdrawn_at: Date | null }>(
      "select withdrawn_at from publication where bulletin_id = $1 and channel_id = 'board'",
      [bulletinId],
    )
    expect(publication?.withdrawn_at).not.toBeNull()
    const left = await inside(preparedWithdrawals)
    expect(left.map((one) => one.bulletinId)).not.toContain(bulletinId)
    await expect(sign('周副局')).rejects.toMatchObject(refusal('nothing-to-sign'))
    expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
  },
)

it('referred: hidden while the answer is out, and still owed until it is in', async () => {
  const composed = await sent()
  await drain(bureau)
  const note = '请保密局确定'
  expect(await reviewAfter('陆保密', composed, { opinion: 'referred', note })).toEqual({
    stopped: true,
  })
  expect(await stateOf(composed, 2)).toBe('overdue')
  const before = await inside(preparedWithdrawals)
  expect(before.map((one) => one.bulletinId)).not.toContain(composed.bulletinId)
  await reviewAfter('陆保密', composed, { opinion: 'withheld', note: '答复不公开', at: at(2) })
  expect(await stateOf(composed, 2)).toBe('done')
  const after = await inside(preparedWithdrawals)
  expect(after.map((one) => one.bulletinId)).toContain(composed.bulletinId)
})

it('two reviewers at once: one opinion', async () => {
  const composed = await sent()
  const results = await Promise.allSettled([
    reviewAfter('陆保密', composed),
    reviewAfter('周副局', composed),
  ])
  expect(results.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected'])
})

it('what a standing order published is taken down by the ordinary door, and only taken down', async () => {
  const { standingOrderId } = await granted(bureau)
  const fired = await fireStandingOrder(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, standingOrderId, values: HEAT_VALUES, at: MORNING },
    firedBy: bureau.id('吴值班'),
  })
  await drain(bureau)
  const composed = { ...fired, revision: 1, hash: fired.manifest.revisionHash }
  const more = signBy(bureau, '周副局', composed, [{ channelId: 'network', act: 'publish' }])
  await expect(more).rejects.toMatchObject(refusal('not-reviewed'))
  const withdraw = { channelId: 'board', act: 'withdraw', reason: '已降温' } as const
  await expect(signBy(bureau, '陆保密', composed, [withdraw])).rejects.toMatchObject(
    refusal('not-allowed'),
  )
  await signBy(bureau, '周副局', composed, [withdraw])
  await drain(bureau)
  expect(bureau.test.sink.texts.at(-1)).toContain('已降温')
})
