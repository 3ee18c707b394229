/** Numbers are masked wherever they are read; revealing and exporting are by role, with a reason, and
 *  leave a trace without the number. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { changeAreas } from '../../../src/hub/contacts/audiences.ts'
import { exportContacts, listContacts, revealAddress } from '../../../src/hub/contacts/contacts.ts'
import { addContacts } from '../../../src/store/contacts/contacts.ts'
import { type Bureau, foundBureau, MORNING, openTestHub } from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type Forger, openForger } from '../../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let other: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  const test = openTestHub(database.hubUrl)
  bureau = await foundBureau(test)
  other = await foundBureau(test)
  owner = await openForger(database)
  await addContacts(test.connection.db, test.keys, bureau.agencyId, [
    {
      ...{ name: '=甲厂,"一"', audiences: ['media'], liaison: '张三', tags: ['涉氨', '粉尘'] },
      addresses: [
        { kind: 'phone', value: '13900000001' },
        { kind: 'mailbox', value: 'jia@company.example' },
        { kind: 'wechat-group', value: '危化微信群' },
      ],
    },
    { name: '乙厂', audiences: [], addresses: [{ kind: 'phone', value: '13900000002' }] },
  ])
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const by = (name: Parameters<Bureau['id']>[0]) => ({
  ...{ agencyId: bureau.agencyId, by: bureau.id(name), at: MORNING },
})
const list = (filter = {}, name: Parameters<Bureau['id']>[0] = '吴值班') =>
  listContacts(bureau.test.hub, { ...by(name), filter })
const names = async (filter = {}) => (await list(filter)).contacts.map((one) => one.name)

it('shows the list masked, page by page', async () => {
  const { contacts } = await list()
  expect(contacts[0]).toMatchObject({
    ...{ name: '=甲厂,"一"', liaison: '张**', tags: ['涉氨', '粉尘'], audiences: ['media'] },
    addresses: [
      { shown: '139****0001' },
      { shown: 'j***@company.example' },
      { shown: '危化微信群' },
    ],
  })
  const first = await listContacts(bureau.test.hub, { ...by('吴值班'), limit: 1 })
  expect(first).toMatchObject({ next: contacts[0]?.id })
  const rest = await listContacts(bureau.test.hub, {
    ...by('吴值班'),
    limit: 1,
    after: first.next ?? 0,
  })
  expect(rest.contacts.map((one) => one.name)).toEqual(['乙厂'])
})

it('finds by audience, tag, part of a name and an exact number', async () => {
  expect(await names({ audience: 'media' })).toEqual(['=甲厂,"一"'])
  expect(await names({ tag: '粉尘' })).toEqual(['=甲厂,"一"'])
  expect(await names({ name: '厂' })).toHaveLength(2)
  expect(await names({ name: '%' })).toEqual([])
  expect(await names({ address: { kind: 'phone', value: '139 0000 0002' } })).toEqual(['乙厂'])
  const wrong = list({ address: { kind: 'phone', value: '1390000000x' } })
  const error: Error = await wrong.then(
    () => new Error(),
    (thrown) => thrown,
  )
  expect(error.message).toContain('11位')
  expect(error.message).not.toContain('1390000000')
})

it('reveals one number to the duty desk with a reason, and to nobody else', async () => {
  const addressId = (await list()).contacts[0]?.addresses[0]?.id ?? 0
  const reveal = (name: Parameters<Bureau['id']>[0], reason: string) =>
    revealAddress(bureau.test.hub, { ...by(name), addressId, reason })
  expect(await reveal('吴值班', '险情核实，对方 13800000000')).toMatchObject({
    value: '13900000001',
  })
  const [row] = await owner.lawful<{ facts: object; subject: string }>(
    "select facts, subject from audit where action = 'reveal-address'",
  )
  expect(row).toEqual({
    subject: `address/${addressId}`,
    facts: { kind: 'phone', reason: '险情核实，对方 138****00' },
  })
  await expect(reveal('沈文书', '看看')).rejects.toMatchObject({ refusal: { code: 'not-allowed' } })
  await expect(reveal('吴值班', ' ')).rejects.toMatchObject({ refusal: { code: 'reason-missing' } })
  const theirs = { agencyId: other.agencyId, by: other.id('吴值班'), at: MORNING }
  await expect(
    revealAddress(bureau.test.hub, { ...theirs, addressId, reason: '看看' }),
  ).rejects.toMatchObject({ refusal: { code: 'not-found' } })
})

it('exports masked by role, and as it is only with a reason; no cell is a formula', async () => {
  const { csv, contacts } = await exportContacts(bureau.test.hub, by('钱局长'))
  expect(contacts).toBe(2)
  expect(csv.split('\r\n')).toEqual([
    '\uFEFF名称,统一社会信用代码,联系人,手机,邮箱,乡镇街道,标签,受众,演练,微信群,QQ群',
    `"'=甲厂,""一""",,张**,139****0001,j***@company.example,,涉氨；粉尘,媒体,否,危化微信群,`,
    '乙厂,,,139****0002,,,,,否,,',
    '',
  ])
  const clear = await exportContacts(bureau.test.hub, { ...by('吴值班'), reveal: '交给通信保障' })
  expect(clear.csv).toContain('13900000002')
  const rows = await owner.lawful<{ facts: Record<string, unknown> }>(
    "select facts from audit where action = 'export-contacts' order by id",
  )
  expect(rows.map(({ facts }) => [facts['contacts'], facts['revealed']])).toEqual([
    ...[
      [2, false],
      [2, true],
    ],
  ])
  expect(JSON.stringify(rows)).not.toMatch(/139\d/)
  const leader = exportContacts(bureau.test.hub, { ...by('钱局长'), reveal: '看看' })
  await expect(leader).rejects.toMatchObject({ refusal: { code: 'not-allowed' } })
  const reviewer = exportContacts(bureau.test.hub, by('陆保密'))
  await expect(reviewer).rejects.toMatchObject({ refusal: { code: 'not-allowed' } })
})

it('areas are kept by those who keep the lists', async () => {
  const change = changeAreas(bureau.test.hub, { ...by('沈文书'), add: ['乌镇镇'] })
  await expect(change).rejects.toMatchObject({ refusal: { code: 'not-allowed' } })
})
