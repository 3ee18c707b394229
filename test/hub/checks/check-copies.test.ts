/** Copies within thirty days, the agency's own words, and rows of checks that nobody changes. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addWord, retireWord } from '../../../src/hub/checks/dictionary.ts'
import { compose, type Draft } from '../../../src/hub/compose.ts'
import { type Bureau, foundBureau, MORNING, openTestHub, text } from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

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

const DAY_MS = 86_400_000
const after = (days: number) => new Date(MORNING.getTime() + days * DAY_MS)
const LONG = Array.from(
  { length: 40 },
  (_, at) => `第${at + 1}家企业检查发现隐患${at * 3}处，已责令整改。`,
).join('')

async function copies(title: string, words: string, more: Partial<Draft> = {}) {
  const composed = await compose(bureau.test.hub, {
    ...{
      agencyId: bureau.agencyId,
      authorId: bureau.id('沈文书'),
      at: MORNING,
      categoryId: 'notice',
    },
    ...{ mode: 'earnest', level: 'routine', ...more },
    content: text(title, { blocks: [{ kind: 'paragraph', text: words }] }),
  })
  const codes = composed.findings
    .map((one) => one.code)
    .filter((code) => code.startsWith('duplicate'))
  return { ...composed, codes }
}

it('asks about the same title or nearly the same text within thirty days', async () => {
  const first = await copies('关于检查情况的通报', LONG)
  expect(first.codes).toEqual([])
  expect((await copies('关于 检查情况的通报。', '另一篇很不一样的短文')).codes).toEqual([
    'duplicate-title',
  ])
  expect((await copies('换个标题', LONG.replace('第5家', '第五家'))).codes).toEqual([
    'duplicate-text',
  ])
  expect((await copies('又一标题', LONG.slice(0, 300))).codes).toEqual([])
  expect((await copies('演练', LONG, { mode: 'exercise' })).codes).toEqual([])
  const corrects = { linked: { to: first.bulletinId, kind: 'corrects' as const } }
  expect(
    (await copies('关于检查情况的通报', '更正内容', { ...corrects, at: after(31) })).codes,
  ).toEqual([])
  expect((await copies('再换标题', LONG, { at: after(31) })).codes).toEqual([])
  expect((await copies('短文一', '特此通知。')).codes).toEqual([])
  expect((await copies('短文二', '特此通知。')).codes).toEqual([])
})

it('finds the agency’s own words until they are retired, and names the version it used', async () => {
  const { hub } = bureau.test
  const keeper = { agencyId: bureau.agencyId, by: bureau.id('陆保密'), at: MORNING }
  const word = { word: '旧桥化工园', kind: 'wrong', severity: 'ask', why: '已更名' } as const
  await expect(addWord(hub, { ...keeper, by: bureau.id('沈文书'), word })).rejects.toMatchObject({
    refusal: { code: 'not-allowed' },
  })
  await expect(addWord(hub, { ...keeper, word: { ...word, word: '桥' } })).rejects.toMatchObject({
    refusal: { code: 'missing-field' },
  })
  const found = async (title: string) =>
    (await copies(title, '在旧桥化工园检查')).findings.filter((one) => one.code === 'wrong-word')
      .length
  expect(await found('词一')).toBe(0)
  const id = await addWord(hub, { ...keeper, word })
  expect(await found('词二')).toBe(1)
  await retireWord(hub, { ...keeper, id })
  await expect(retireWord(hub, { ...keeper, id })).rejects.toMatchObject({
    refusal: { code: 'not-found' },
  })
  expect(await found('词三')).toBe(0)
  const { rows } = await bureau.test.connection.pool.query<{ versions: string }>(
    `select count(distinct dictionary_version)::text as versions from check_run where agency_id = ${bureau.agencyId}`,
  )
  expect(rows).toEqual([{ versions: '2' }])
})

it.each(['check_run', 'check_answer', 'text_print'])('%s is only appended', async (table) => {
  const { pool } = bureau.test.connection
  await expect(pool.query(`update ${table} set at = at where agency_id = 1`)).rejects.toThrow()
  await expect(pool.query(`delete from ${table} where agency_id = 1`)).rejects.toThrow()
})
