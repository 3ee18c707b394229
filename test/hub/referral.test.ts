/** 报请确定: while the secrecy bureau is asked nobody calls the text public; its answer binds that text. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Opinion, ReferralAnswer } from '../../src/domain/review.ts'
import { type Composed, revise } from '../../src/hub/compose.ts'
import { answerReferral } from '../../src/hub/referral.ts'
import { review } from '../../src/hub/review.ts'
import {
  type Bureau,
  draftBy,
  foundBureau,
  MORNING,
  openTestHub,
  PUBLISH,
  signBy,
  submitBy,
  text,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

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

const refusal = (code: string) => ({ refusal: { code } })
const base = () => ({ agencyId: bureau.agencyId, at: MORNING })

function opine(composed: Composed, opinion: Opinion): Promise<void> {
  return review(bureau.test.hub, {
    ...{ ...base(), bulletinId: composed.bulletinId, reviewerId: bureau.id('陆保密'), opinion },
    seenHash: composed.hash,
  })
}

async function referred(): Promise<Composed & { readonly referralId: number }> {
  const composed = await draftBy(bureau, '沈文书')
  await submitBy(bureau, '沈文书', composed)
  await opine(composed, 'referred')
  const [referral] = await bureau.test.hub.store.transact(bureau.agencyId, (tx) =>
    tx.referrals(composed.bulletinId),
  )
  return { ...composed, referralId: referral?.id ?? 0 }
}

function answer(
  referralId: number,
  value: ReferralAnswer,
  by = '陆保密',
  note = '保函〔2026〕8号',
) {
  return answerReferral(bureau.test.hub, {
    ...{ ...base(), referralId, answer: value, note },
    by: bureau.id(by as '陆保密'),
  })
}

it('has its own clock, and nobody signs or calls it public before the answer', async () => {
  const { referralId, ...composed } = await referred()
  const open = await bureau.test.hub.store.transact(bureau.agencyId, (tx) => tx.openReferrals())
  const own = open.find((one) => one.id === referralId)
  expect(own).toMatchObject({ authority: '保密行政管理部门', dueOn: '2026-12-16', title: '通知' })
  await expect(signBy(bureau, '钱局长', composed, [PUBLISH])).rejects.toMatchObject(
    refusal('referred'),
  )
  await expect(opine(composed, 'public')).rejects.toMatchObject(refusal('referred'))
  // An edit is no way around the question.
  const edited = await revise(bureau.test.hub, {
    ...{ ...base(), bulletinId: composed.bulletinId, authorId: bureau.id('沈文书') },
    ...{ seenHash: composed.hash, content: text('通知（改一字）') },
  })
  await submitBy(bureau, '沈文书', edited)
  await expect(opine(edited, 'public')).rejects.toMatchObject(refusal('referred'))
  await opine(edited, 'withheld')
})

it('public: the reviewer gives the opinion, and the leader signs', async () => {
  const { referralId, ...composed } = await referred()
  await answer(referralId, 'public')
  await expect(signBy(bureau, '钱局长', composed, [PUBLISH])).rejects.toMatchObject(
    refusal('referred'),
  )
  await opine(composed, 'public')
  await signBy(bureau, '钱局长', composed, [PUBLISH])
})

it.each(['withheld', 'on-application'] as const)('%s binds this text', async (value) => {
  const { referralId, ...composed } = await referred()
  await answer(referralId, value)
  await expect(opine(composed, 'public')).rejects.toMatchObject(refusal('not-public'))
  await expect(opine(composed, 'public-after-cuts')).rejects.toMatchObject(refusal('not-public'))
  await opine(composed, value)
})

it('is answered once, by the secrecy reviewer, with a note', async () => {
  const { referralId } = await referred()
  await expect(answer(referralId, 'public', '沈文书')).rejects.toMatchObject(refusal('not-allowed'))
  await expect(answer(referralId, 'public', '陆保密', ' ')).rejects.toMatchObject(
    refusal('reason-missing'),
  )
  await expect(answer(999_999, 'public')).rejects.toMatchObject(refusal('not-found'))
  const both = await Promise.allSettled([
    answer(referralId, 'public'),
    answer(referralId, 'withheld'),
  ])
  expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected'])
})
