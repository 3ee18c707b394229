/** A list of contacts becomes a report first, is taken in whole or not at all, and once. */
import iconv from 'iconv-lite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Sheets } from '../../../src/domain/checks/file-text.ts'
import { keepAudience } from '../../../src/hub/contacts/audiences.ts'
import { type ContactImportRequest, importContacts } from '../../../src/hub/contacts/import.ts'
import { unsubscribe } from '../../../src/hub/unsubscribe.ts'
import {
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  signed,
} from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type Forger, openForger, statesOf } from '../../support/forger.ts'

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

const enter = (text: string | Uint8Array, more: Partial<ContactImportRequest> = {}) =>
  importContacts(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, fileName: '名单.csv', at: MORNING },
    bytes: typeof text === 'string' ? Buffer.from(text) : text,
    ...{ enteredBy: bureau.id('沈文书'), ...more },
  })
const csv = (...rows: readonly string[]) =>
  `名称,手机,乡镇街道,标签,受众,演练\n${rows.join('\n')}\n`
const LIST = csv(
  '甲厂,13900000001,梧桐街道,涉氨;粉尘,媒体,是',
  '乙厂,13900000002；13900000003,乌镇镇,,媒体,否',
)

async function rowsOf(table: string): Promise<readonly object[]> {
  return owner.lawful(`select * from ${table} where agency_id = $1`, [bureau.agencyId])
}
async function phoneNow(name: string): Promise<number> {
  const [row] = await owner.lawful<{ id: number }>(
    `select ca.address_id::int as id from contact_address ca join contact c on c.id = ca.contact_id
     where c.name = $1`,
    [name],
  )
  return row?.id ?? 0
}
/** Those it has and those it had. */
async function phones(name: string): Promise<readonly { id: number; gone: boolean }[]> {
  return owner.lawful(
    `select a.id::int, a.removed_at is not null as gone from address a
     where a.kind = 'phone' and a.id in (
       select address_id from contact_address ca join contact c on c.id = ca.contact_id where c.name = $1
       union select address_id from contact_address_past p join contact c on c.id = p.contact_id
         where c.name = $1) order by 1`,
    [name],
  )
}

it('says everything before it writes anything', async () => {
  const before = await rowsOf('contact')
  const report = await enter(LIST, { checkOnly: true })
  expect(report).toMatchObject({
    ...{ encoding: 'utf-8', rows: 2, new: 2, changed: 0, unchanged: 0, removedIfReplace: 0 },
    ...{ newAreas: ['梧桐街道', '乌镇镇'], errors: [] },
  })
  expect(report).not.toHaveProperty('importId')
  expect(await rowsOf('contact')).toEqual(before)
  expect(await rowsOf('area')).toEqual([])
})

it('a list with faults leaves nothing behind and names every row', async () => {
  const faulty = csv('对,13900000009,,,,', '错一,1390000000,,,,', '错二,,,,没有的,', ',,,,,是')
  const { errors, importId, rows } = await enter(faulty)
  expect([rows, importId]).toEqual([4, undefined])
  expect(errors.map((one) => [one.row, one.column])).toEqual([
    ...[
      [3, '手机'],
      [4, '受众'],
      [5, '名称'],
    ],
  ])
  expect(errors[0]?.text).toBe('第3行 手机：只有10位，应为11位手机号（139****00）')
  expect(await rowsOf('contact')).toEqual([])
})

it('takes a list in once, in either encoding, with a record and no number in the audit', async () => {
  const report = await enter(iconv.encode(LIST, 'gb18030'))
  expect(report).toMatchObject({ encoding: 'gb18030', new: 2 })
  expect(await rowsOf('contact_import')).toMatchObject([
    { file_name: '名单.csv', rows: 2, added: 2, changed: 0, unchanged: 0, removed: 0 },
  ])
  const [audit] = await owner.lawful<{ facts: object }>(
    "select facts from audit where action = 'import-contacts'",
  )
  expect(audit?.facts).toMatchObject({ fileHash: report.fileHash, added: 2 })
  expect(JSON.stringify(audit)).not.toContain('139000')
  const again = await enter(LIST)
  expect(again).toMatchObject({ new: 0, changed: 0, unchanged: 2 })
  expect(again).not.toHaveProperty('importId')
  expect(await rowsOf('contact_import')).toHaveLength(1)
})

it('a changed number ends one row and begins another; what was sent still points at the first', async () => {
  const [old] = await phones('甲厂')
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  await drain(bureau)
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 3 })
  const report = await enter(LIST.replace('13900000001', '13900000011'))
  expect(report).toMatchObject({ new: 0, changed: 1, unchanged: 1 })
  expect(await phones('甲厂')).toEqual([
    { id: old?.id, gone: true },
    { id: expect.any(Number), gone: false },
  ])
  const [sent] = await owner.lawful<{ name: string }>(
    `select c.name from delivery d
       join contact_address_past p on p.address_id = d.address_id
       join contact c on c.id = p.contact_id
     where d.dispatch_id = $1 and d.address_id = $2`,
    [dispatchIds[0], old?.id],
  )
  expect(sent).toEqual({ name: '甲厂' })
})

it('an empty cell leaves what is there; a number two contacts share outlives one of them', async () => {
  await enter(csv('丙厂,13900000002,乌镇镇,,媒体,'))
  await enter(csv('丙厂,13900000022,,,,'))
  const [kept] = await owner.lawful<object>(
    `select area, (select count(*)::int from audience_member m where m.contact_id = c.id) as lists,
       (select bool_and(a.removed_at is null) from address a join contact_address ca
          on ca.address_id = a.id join contact o on o.id = ca.contact_id where o.name = '乙厂') as theirs
     from contact c where name = '丙厂'`,
  )
  expect(kept).toEqual({ area: '乌镇镇', lists: 1, theirs: true })
})

it('who took a number off keeps it off when it is removed and comes back', async () => {
  const at = MORNING
  const addressId = await phoneNow('丙厂')
  await unsubscribe(bureau.test.hub, { agencyId: bureau.agencyId, addressId, at })
  await enter(csv('丙厂,13900000023,,,,'))
  await enter(csv('丙厂,13900000022,,,,'))
  const [back] = await owner.lawful<{ off: boolean }>(
    `select a.unsubscribed_at is not null as off from address a join contact_address ca
       on ca.address_id = a.id join contact c on c.id = ca.contact_id where c.name = '丙厂'`,
  )
  expect(back).toEqual({ off: true })
})

it('a complete list: who is missing leaves its audiences, an empty cell clears, others stay', async () => {
  await enter(csv('别处,13900000077,,,major-hazard,'))
  const complete = csv('甲厂,,梧桐街道,涉氨,媒体,是')
  const asked = await enter(complete, { checkOnly: true, replaces: true })
  expect(asked).toMatchObject({ new: 0, changed: 1, removedIfReplace: 2 })
  expect((await enter(complete, { checkOnly: true })).removedIfReplace).toBe(2)
  await enter(complete, { replaces: true })
  const live = await owner.lawful<{ name: string; phones: number }>(
    `select c.name, (select count(*)::int from contact_address ca where ca.contact_id = c.id) as phones
     from contact c where removed_at is null order by name`,
  )
  expect(live).toEqual(
    expect.arrayContaining([
      { name: '甲厂', phones: 0 },
      { name: '别处', phones: 1 },
    ]),
  )
  expect(live).toHaveLength(2)
  expect(await enter(complete, { replaces: true })).toMatchObject({ unchanged: 1 })
  expect(await enter(complete, { replaces: true })).not.toHaveProperty('importId')
})

it('nobody is guessed at, and a rule has no members', async () => {
  const { hub } = bureau.test
  const by = { agencyId: bureau.agencyId, by: bureau.id('沈文书'), at: MORNING }
  await keepAudience(hub, { ...by, id: 'ammonia', name: '涉氨', rule: { meant: { tag: '涉氨' } } })
  await enter(csv('同名,,梧桐街道,,,', '同名,,乌镇镇,,,'))
  const { errors } = await enter(csv('同名,,,,,', '甲厂,,,,涉氨,'))
  expect(errors.map((one) => one.text)).toEqual([
    expect.stringContaining('“涉氨”按规则确定'),
    '第2行 名称：库中有2个同名联系人，分不清是哪一个',
  ])
})

it('an area that is not registered is asked about, or registered along', async () => {
  const list = csv('丁厂,,梧桐街到,,,')
  expect((await enter(list)).errors[0]?.fix).toContain('是否应为“梧桐街道”')
  expect(await enter(list, { mayAddAreas: true })).toMatchObject({ newAreas: ['梧桐街到'], new: 1 })
})

it('who may not, does not', async () => {
  const enteredBy = bureau.id('陆保密')
  await expect(enter(LIST, { enteredBy })).rejects.toMatchObject({
    refusal: { code: 'not-allowed' },
  })
})

it.each([
  ['nothing', '', /空的/],
  ['only a header', '名称,手机\n', /没有一行内容/],
  ['a title above', '2018年名单,,\n名称,手机,\n甲,13900000001,\n', /需要一列叫“名称”/],
  ['a row with a cell too many', '名称,手机\n甲,1,2\n', /第 2 行有 3 格/],
  ['a quotation mark never closed', '名称\n"甲\n', /引号没有结束/],
  ['a workbook nobody can read here', 'PK\u0003\u0004', /xlsx/],
])('%s is one clear message', async (_, text, message) => {
  const { errors } = await enter(text)
  expect(errors).toHaveLength(1)
  expect(errors[0]?.text).toMatch(message)
})

it('reads the sheet that has the columns, under a title, and says what it left', async () => {
  const sheets: Sheets = {
    cut: false,
    sheets: [
      { name: '说明', hidden: false, rows: [['请填写']], hiddenRows: [] },
      { name: '旧', hidden: true, rows: [['名称'], ['隐藏厂']], hiddenRows: [] },
      {
        name: '名单',
        hidden: false,
        rows: [['2026年名单'], ['企业名称', '电话'], [], ['戊厂', '139']],
        hiddenRows: [3],
      },
    ],
  }
  const report = await enter('PK\u0003\u0004', { sheets: { read: async () => sheets } })
  expect(report).toMatchObject({ encoding: 'xlsx', rows: 1 })
  expect(report.errors[0]?.text).toContain('第4行 手机：只有3位')
  expect(report.warnings.map((one) => one.text)).toEqual([
    '只读了工作表“名单”，没有读：说明',
    '有1行在表格里是隐藏的，也会导入',
  ])
})
