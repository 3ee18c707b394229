/** 补录: a table enters once, counts after a second person, and growing it adds only what is new. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { countYear, verifyLog } from '../../src/hub/count.ts'
import { confirmImport, importPostings } from '../../src/hub/import-postings.ts'
import { type Bureau, foundBureau, MORNING, openTestHub, type TestHub } from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let test: TestHub
let bureau: Bureau
beforeAll(async () => {
  database = await createTestDatabase()
  test = openTestHub(database.hubUrl)
})
beforeEach(async () => {
  bureau = await foundBureau(test)
})
afterAll(async () => {
  await test.close()
  await database.drop()
})

const HEADER = 'published_on,channel,category,title,url,level,unit,evidence'
const NEWS = '2018-03-01,board,work-news,春季检查,https://board.test/1,,,'
const NEWS_ELSEWHERE = '2018-03-01,network,工作动态,春季检查,https://network.test/1,,,'
const LISTED = (unit: string) => `2018-05-02 09:30,board,隐患挂牌,挂牌名单,,县级,${unit},名单.pdf`

function enter(rows: readonly string[], more: { checkOnly?: boolean; atOnce?: boolean } = {}) {
  return importPostings(test.hub, {
    ...{ agencyId: bureau.agencyId, fileName: '台账.csv', at: MORNING, ...more },
    bytes: Buffer.from(`\uFEFF${[HEADER, ...rows].join('\n')}\n`),
    enteredBy: bureau.id('沈文书'),
    evidenceHash: async (name) => (name === '名单.pdf' ? 'ab'.repeat(32) : undefined),
  })
}

const year = () => countYear(test.hub, bureau.agencyId, 2018)

it('counts only after a second person confirms', async () => {
  const report = await enter([NEWS, NEWS_ELSEWHERE])
  expect(report).toMatchObject({ newRows: 2, messages: 1, problems: [], confirmed: false })
  expect((await year()).publications).toBe(0)
  const { agencyId } = bureau
  const importId = report.importId ?? 0
  const by = (name: '沈文书' | '陆保密') => ({
    ...{ agencyId, importId, confirmedBy: bureau.id(name), at: MORNING },
  })
  await expect(confirmImport(test.hub, by('沈文书'))).rejects.toThrow(/另一人确认/)
  expect(await confirmImport(test.hub, by('陆保密'))).toEqual({ rows: 2 })
  await expect(confirmImport(test.hub, by('陆保密'))).rejects.toThrow(/已经确认/)
  expect(await year()).toMatchObject({ messages: 1, publications: 2 })
  expect((await year()).channels.map((one) => one.manual)).toEqual([1, 1])
  expect(await verifyLog(test.hub, agencyId)).toEqual([])
})

it('adds only the new rows of the same or a longer table', async () => {
  await enter([NEWS, LISTED('禾墩甲厂')], { atOnce: true })
  expect(await enter([NEWS, LISTED('禾墩甲厂')], { atOnce: true })).toMatchObject({
    ...{ newRows: 0, knownRows: 2 },
  })
  const longer = [NEWS, LISTED('禾墩甲厂'), LISTED('青圩乙厂'), NEWS_ELSEWHERE]
  expect(await enter(longer, { atOnce: true })).toMatchObject({ newRows: 2, knownRows: 2 })
  const after = await year()
  expect(after).toMatchObject({ messages: 2, publications: 3 })
  expect(after.entries).toEqual([{ category: 'hazard-list', level: 'county', units: 2 }])
})

it('enters a row once when two people import the same table at the same moment', async () => {
  const reports = await Promise.all([enter([NEWS]), enter([NEWS]), enter([NEWS])])
  expect(reports.map((one) => one.newRows).sort()).toEqual([0, 0, 1])
})

it('joins a later table to the same message', async () => {
  await enter([NEWS], { atOnce: true })
  await enter([NEWS_ELSEWHERE], { atOnce: true })
  expect(await year()).toMatchObject({ messages: 1, publications: 2 })
})

it('does not count the units of a table nobody confirmed yet', async () => {
  await enter([LISTED('禾墩甲厂')], { atOnce: true })
  await enter([LISTED('禾墩甲厂'), LISTED('青圩乙厂')])
  expect((await year()).entries).toEqual([{ category: 'hazard-list', level: 'county', units: 1 }])
})

it('checks without writing, and names every bad row', async () => {
  expect(await enter([NEWS], { checkOnly: true })).toMatchObject({ newRows: 1, problems: [] })
  expect((await enter([NEWS])).newRows).toBe(1)
  const bad = ['2018-02-30,board,work-news,甲,,,,', '2018-03-01,nowhere,work-news,,,,,']
  const report = await enter([...bad, LISTED('丙厂')])
  expect(report.problems.map((one) => one.row)).toEqual([2, 3, 3])
  expect(report.importId).toBeUndefined()
  expect((await year()).entries).toEqual([])
})

it('warns of an evidence file that is not there, and enters the row all the same', async () => {
  const report = await enter(['2018-03-01,board,work-news,乙,,,,缺.png'])
  expect(report.warnings.map((one) => one.text).join()).toContain('没有找到证据文件“缺.png”')
  expect(report.newRows).toBe(1)
})

it('reads GB18030, and takes a broadcast once whatever its channels', async () => {
  const table = `${HEADER}\n2018-07-01 10:00,wire,预警预防信息,高温,,,,\n2018-07-01 10:00,single,预警预防信息,高温,,,,\n`
  const iconv = await import('iconv-lite')
  const report = await importPostings(test.hub, {
    ...{ agencyId: bureau.agencyId, fileName: 'gb.csv', at: MORNING, atOnce: true },
    ...{ bytes: iconv.default.encode(table, 'gb18030'), enteredBy: bureau.id('沈文书') },
  })
  expect(report).toMatchObject({ encoding: 'gb18030', newRows: 2, messages: 1 })
  expect(await year()).toMatchObject({ broadcasts: 1, publications: 0, messages: 0 })
})
