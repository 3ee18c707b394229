/** A withdrawal says what was published, whatever was typed since, and shows nobody's number as its reason. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Composed, revise } from '../../src/hub/compose.ts'
import { type DispatchOrder, planDispatches } from '../../src/hub/manifest.ts'
import { walkStatus } from '../../src/hub/status.ts'
import {
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
  PUBLISH,
  reviewBy,
  signBy,
  signed,
  text,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger } from '../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const edit = (composed: Composed, title: string) =>
  revise(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId: composed.bulletinId, at: MORNING },
    ...{ authorId: bureau.id('沈文书'), seenHash: composed.hash, content: text(title) },
  })
const withdraw = (channelId: string, reason = '决定已撤销'): DispatchOrder => ({
  ...{ channelId, act: 'withdraw', reason },
})
const said = async (): Promise<readonly string[]> => {
  const before = bureau.test.sink.texts.length
  await drain(bureau)
  return bureau.test.sink.texts.slice(before)
}

it('an edit nobody reviewed is not what the withdrawal says', async () => {
  const first = await signed(bureau, [PUBLISH], { title: '处罚公告' })
  await drain(bureau)
  const edited = await edit(first, '未经审查的内容')
  await signBy(bureau, '钱局长', edited, [withdraw('board')])
  const texts = await said()
  expect(texts).toHaveLength(1)
  expect(texts[0]).toContain('处罚公告')
  expect(texts[0]).not.toContain('未经审查')
  // The edit itself is as unsigned as before.
  const { hub } = bureau.test
  const status = await hub.store.transact(bureau.agencyId, (tx) => walkStatus(tx, first.bulletinId))
  expect(status).toMatchObject({ revision: 2, state: 'draft' })
})

it('each channel takes down the text it has', async () => {
  const network = { channelId: 'network', act: 'publish' } as const
  const first = await signed(bureau, [PUBLISH, network], { title: '第一稿' })
  await drain(bureau)
  const second = await edit(first, '第二稿')
  await reviewBy(bureau, '陆保密', second)
  await signBy(bureau, '钱局长', second, [{ channelId: 'board', act: 'amend', reason: '改' }])
  await drain(bureau)
  const third = await edit(second, '第三稿')
  await signBy(bureau, '钱局长', third, [withdraw('board'), withdraw('network')])
  const texts = await said()
  expect(texts.map((one) => one.slice(0, 3)).sort()).toEqual(['第一稿', '第二稿'].sort())
})

it('the preview is made of the same text', async () => {
  const first = await signed(bureau, [PUBLISH], { title: '可预览的公告' })
  await drain(bureau)
  const { bulletinId } = await edit(first, '未审')
  const planned = await bureau.test.hub.store.transact(bureau.agencyId, async (tx) => {
    const bulletin = await tx.lockBulletin(bulletinId)
    const category = await tx.category('notice')
    if (!bulletin || !category) throw new Error('it is there')
    const input = { bulletin, category, content: text('未审'), at: MORNING }
    return planDispatches(bureau.test.hub, tx, input, [withdraw('board')])
  })
  expect(planned[0]?.payloads['main']?.fields['title']).toEqual(['可预览的公告'])
})

it('the reason shows no number of a person, and steers no terminal', async () => {
  const first = await signed(bureau, [PUBLISH], { title: '有号码的原因' })
  await drain(bureau)
  const reason = '当事人13812345678要求\u001b[31m撤下'
  const { dispatchIds } = await signBy(bureau, '钱局长', first, [withdraw('board', reason)])
  const [shown = ''] = await said()
  expect(shown).toContain('138****5678')
  expect(shown).not.toMatch(/13812345678|\p{Cc}/u)
  const [row] = await owner.lawful<{ reason: string }>(
    'select reason from dispatch where id = $1',
    [dispatchIds[0]],
  )
  expect(row?.reason).toBe('当事人138****5678要求 [31m撤下')
})

it('a reason of control characters is none', async () => {
  const first = await signed(bureau, [PUBLISH], { title: '没有原因' })
  await drain(bureau)
  await expect(
    signBy(bureau, '钱局长', first, [withdraw('board', ' \u0000\u0007 ')]),
  ).rejects.toMatchObject({ refusal: { code: 'reason-missing' } })
})
