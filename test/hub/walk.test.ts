/** One bulletin through all doors: what leaves is what was signed, and the year already counts it. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { revise } from '../../src/hub/compose.ts'
import { countYear, verifyLog } from '../../src/hub/count.ts'
import {
  addPhones,
  type Bureau,
  draftBy,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  PUBLISH,
  reviewBy,
  signBy,
  signed,
  text,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let bureau: Bureau
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  await addPhones(bureau, 250)
})
afterAll(async () => {
  await bureau.test.close()
  await database.drop()
})

const totals = () => countYear(bureau.test.hub, bureau.agencyId, 2026)

it('walks from draft to total', async () => {
  const { sink } = bureau.test
  await signed(bureau, [PUBLISH, NOTIFY], {
    title: '台风预警',
    level: 'orange',
    categoryId: 'warning',
  })
  expect(sink.accepted.size).toBe(0)
  await drain(bureau)
  expect(sink.accepted.size).toBe(251)
  expect([...sink.accepted.values()].every((count) => count === 1)).toBe(true)
  // One text for the place, one for all recipients.
  expect(new Set(sink.texts).size).toBe(2)
  const year = await totals()
  expect(year).toMatchObject({ messages: 1, publications: 1, broadcasts: 1 })
  expect(year.deliveries).toEqual({ accepted: 250, delivered: 1 })
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
})

it('amends and withdraws on the same publication; the count stays', async () => {
  const composed = await signed(bureau, [PUBLISH], { title: '处罚公告' })
  await drain(bureau)
  const before = await totals()
  const edited = await revise(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId: composed.bulletinId, at: MORNING },
    ...{
      authorId: bureau.id('沈文书'),
      seenHash: composed.hash,
      content: text('处罚公告（更正）'),
    },
  })
  await reviewBy(bureau, '陆保密', edited)
  await signBy(bureau, '钱局长', edited, [{ channelId: 'board', act: 'amend', reason: '金额有误' }])
  await drain(bureau)
  expect((await totals()).publications).toBe(before.publications)
  const end = { channelId: 'board', act: 'withdraw', reason: '处罚决定已撤销' } as const
  await signBy(bureau, '钱局长', edited, [end])
  await drain(bureau)
  const after = await totals()
  expect(after.publications).toBe(before.publications)
  expect(after.channels[0]).toMatchObject({ id: 'board', withdrawn: 1 })
  await expect(signBy(bureau, '钱局长', edited, [end])).rejects.toThrow(/已经撤下/)
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
})

it('refuses a channel whose text has a problem, and leaves nothing behind', async () => {
  const composed = await draftBy(bureau, '沈文书')
  await reviewBy(bureau, '陆保密', composed)
  const order = { ...NOTIFY, channelId: 'nowhere' }
  await expect(signBy(bureau, '钱局长', composed, [PUBLISH, order])).rejects.toThrow(/没有找到/)
  await drain(bureau)
  await signBy(bureau, '钱局长', composed, [PUBLISH])
})
