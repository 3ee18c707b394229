/** What an edit and a return do to opinions and signatures: the text that leaves is the text that was
 *  reviewed, and whoever sent it back does not write it. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Composed, revise } from '../../src/hub/compose.ts'
import { returnForEdit } from '../../src/hub/review.ts'
import {
  type Bureau,
  draftBy,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
  type PersonName,
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
})
afterAll(async () => {
  await bureau.test.close()
  await database.drop()
})

const refusal = (code: string) => ({ refusal: { code } })
const edit = (name: PersonName, composed: Composed, title: string) =>
  revise(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId: composed.bulletinId, at: MORNING },
    ...{ authorId: bureau.id(name), seenHash: composed.hash, content: text(title) },
  })
const giveBack = (name: PersonName, composed: Composed, reason = '日期不对') =>
  returnForEdit(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId: composed.bulletinId, at: MORNING, reason },
    ...{ returnedBy: bureau.id(name), seenHash: composed.hash },
  })

it('an edit after the review voids it', async () => {
  const first = await draftBy(bureau, '沈文书', { title: '甲' })
  await reviewBy(bureau, '陆保密', first)
  const second = await edit('沈文书', first, '乙')
  await expect(signBy(bureau, '钱局长', first, [PUBLISH])).rejects.toMatchObject(
    refusal('not-latest-revision'),
  )
  await expect(signBy(bureau, '钱局长', second, [PUBLISH])).rejects.toMatchObject(
    refusal('edited-since-review'),
  )
  await reviewBy(bureau, '陆保密', second)
  await signBy(bureau, '钱局长', second, [PUBLISH])
})

it('going back to the reviewed text is an edit as well', async () => {
  const first = await draftBy(bureau, '沈文书', { title: '甲' })
  await reviewBy(bureau, '陆保密', first)
  const third = await edit('沈文书', await edit('沈文书', first, '乙'), '甲')
  expect(third.hash).not.toBe(first.hash)
  await expect(signBy(bureau, '钱局长', third, [PUBLISH])).rejects.toMatchObject(
    refusal('edited-since-review'),
  )
})

it('an edit after the signature recalls nothing; the correction needs its own review and signature', async () => {
  const { sink } = bureau.test
  const first = await signed(bureau, [PUBLISH], { title: '已签' })
  const second = await edit('沈文书', first, '未签')
  await drain(bureau)
  expect(sink.texts.filter((line) => line.startsWith('已签'))).toHaveLength(1)
  const amend = { channelId: 'board', act: 'amend', reason: '更正' } as const
  await expect(signBy(bureau, '钱局长', second, [amend])).rejects.toMatchObject(
    refusal('edited-since-review'),
  )
  await reviewBy(bureau, '陆保密', second)
  await signBy(bureau, '钱局长', second, [amend])
  await expect(signBy(bureau, '钱局长', second, [amend])).rejects.toMatchObject(
    refusal('already-signed'),
  )
  await drain(bureau)
  expect(sink.texts.filter((line) => line.startsWith('未签'))).toHaveLength(1)
})

it('two people editing the same text: the second is refused instead of overwriting the first', async () => {
  const first = await draftBy(bureau, '沈文书')
  const results = await Promise.allSettled([
    edit('沈文书', first, '一'),
    edit('吴值班', first, '二'),
  ])
  expect(results.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected'])
})

it('a return needs a reason and the newest text', async () => {
  const first = await draftBy(bureau, '沈文书')
  await expect(giveBack('陆保密', first, ' \n ')).rejects.toMatchObject(refusal('reason-missing'))
  await expect(giveBack('陆保密', first, '长'.repeat(2_001))).rejects.toMatchObject({
    refusal: { code: 'too-long', limit: 2_000 },
  })
  await expect(giveBack('沈文书', first)).rejects.toMatchObject(refusal('not-allowed'))
  const second = await edit('沈文书', first, '新')
  await expect(giveBack('陆保密', first)).rejects.toMatchObject(refusal('not-latest-revision'))
  await giveBack('陆保密', second)
})

it('a returned text is neither reviewed nor signed until it is edited, and needs a new review', async () => {
  const first = await draftBy(bureau, '沈文书', { title: '同一' })
  await reviewBy(bureau, '陆保密', first)
  await giveBack('钱局长', first)
  await expect(reviewBy(bureau, '陆保密', first)).rejects.toMatchObject(refusal('returned'))
  await expect(signBy(bureau, '钱局长', first, [PUBLISH])).rejects.toMatchObject(
    refusal('returned'),
  )
  await expect(giveBack('钱局长', first)).rejects.toMatchObject(refusal('returned'))
  // Handing the same words in again does not bring the old opinion back.
  const again = await edit('沈文书', first, '同一')
  await expect(signBy(bureau, '钱局长', again, [PUBLISH])).rejects.toMatchObject(
    refusal('edited-since-review'),
  )
  await reviewBy(bureau, '陆保密', again)
  await signBy(bureau, '钱局长', again, [PUBLISH])
})

it('whoever returned a text may not edit it, in this round or a later one', async () => {
  const first = await draftBy(bureau, '沈文书')
  await giveBack('周副局', first)
  await expect(edit('周副局', first, '我来改')).rejects.toMatchObject(
    refusal('returner-may-not-edit'),
  )
  const second = await edit('沈文书', first, '改好')
  await expect(edit('周副局', second, '再改')).rejects.toMatchObject(
    refusal('returner-may-not-edit'),
  )
})

it('a leader who wrote the text does not return it', async () => {
  const own = await draftBy(bureau, '周副局')
  await expect(giveBack('周副局', own)).rejects.toMatchObject(refusal('author-may-not-sign'))
})
