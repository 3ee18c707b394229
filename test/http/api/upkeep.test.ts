/** What is looked after beside the walk: contacts and their areas, audiences, the agency's own words. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MORNING } from '../../support/bureau.ts'
import { type Answer, type Desk, draft, openDesk } from './desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
  await desk.enter('shen', ['drafter'])
  await desk.enter('lu', ['secrecy-reviewer'])
  await desk.enter('yun', ['operator'])
  await desk.enter('han', ['section-head'])
  await desk.enter('xi', ['system-admin'])
  await desk.enter('shenji', ['auditor'])
})
afterAll(() => desk.close())

const post = (as: string, path: string, body: unknown = {}): Promise<Answer> =>
  desk.call('POST', path, { as, body })
const get = (as: string, path: string) => desk.call('GET', path, { as })

const LIST = `单位名称,联系人,手机号,乡镇街道,受众
甲化工厂,张三,13900000001,梧桐街道,媒体
乙仓储,李四,13900000002,乌镇镇,媒体
`

async function upload(text: string): Promise<string> {
  const file = { content: Buffer.from(text), mediaType: 'text/csv', at: MORNING }
  return (await desk.settings.blobs(desk.bureau.agencyId).put(file)).sha256
}

it('areas are named, a list is checked and imported, and shown masked', async () => {
  const named = await post('xi', '/areas', { add: ['梧桐街道', '乌镇镇', '旧镇'] })
  expect(named.body.items).toEqual(['梧桐街道', '乌镇镇', '旧镇'])
  expect((await post('yun', '/areas', { retire: ['旧镇'] })).body.items).toHaveLength(2)
  const unknown = await post('yun', '/areas', { retire: ['别处'] })
  expect(unknown).toMatchObject({ status: 404, body: { field: 'area' } })
  expect((await get('shen', '/areas')).body.items).toEqual(['梧桐街道', '乌镇镇'])
  const file = { sha256: await upload(LIST), fileName: '名单.csv' }
  const checked = await post('yun', '/contacts/import', { ...file, checkOnly: true })
  expect(checked.body).toMatchObject({ rows: 2, new: 2, errors: [] })
  expect((await get('shen', '/contacts')).body.items).toEqual([])
  expect((await post('yun', '/contacts/import', file)).body.importId).toBeGreaterThan(0)
  const { body } = await get('shen', '/contacts?area=%E4%B9%8C%E9%95%87%E9%95%87')
  expect(body.items).toMatchObject([{ name: '乙仓储', addresses: [{ shown: '139****0002' }] }])
})

it('an audience by rule, how far it goes, and why somebody is left out', async () => {
  const rule = { meant: { area: '梧桐街道' } }
  const body = { name: '梧桐的企业', rule }
  const kept = await desk.call('PUT', '/audiences/wutong', { as: 'yun', body })
  expect(kept.body).toMatchObject({ id: 'wutong', definition: rule })
  const reach = await post('shen', '/audiences/reach', { channelId: 'wire', audiences: ['wutong'] })
  expect(reach.body).toMatchObject({ reach: 1, contacts: 1 })
  const { body: list } = await get('shen', '/contacts')
  const other = list.items.find((one: { name: string }) => one.name === '乙仓储')
  const why = await get('shen', `/contacts/${other.id}/why?channelId=wire&audiences=wutong`)
  expect(why.body.text).not.toBe('')
  const [address] = other.addresses
  const reveal = `/addresses/${address.id}/reveal`
  expect((await post('yun', reveal, { reason: ' ' })).body.code).toBe('reason-missing')
  expect((await post('yun', reveal, { reason: '回访' })).body.value).toBe('13900000002')
})

it('a list is carried away masked, in the clear only by role and with a reason, and audited', async () => {
  const masked = await post('han', '/contacts/export', { filter: { audience: 'media' } })
  expect(masked.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  expect(masked.headers.get('content-disposition')).toContain('attachment')
  expect(masked.body).toContain('甲化工厂')
  expect(masked.body).toContain('139****0001')
  expect(masked.body).not.toContain('13900000001')
  const refused = await post('han', '/contacts/export', { reveal: '核对' })
  expect(refused).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
  expect((await post('yun', '/contacts/export', { reveal: ' ' })).body.code).toBe('reason-missing')
  const clear = await post('yun', '/contacts/export', { reveal: '迁移平台' })
  expect(clear.body).toContain('13900000001')
  const { body } = await get('shenji', '/audit?action=export-contacts')
  expect(body.items).toMatchObject([
    { facts: { revealed: true, contacts: 2, reason: '迁移平台' } },
    { facts: { revealed: false } },
  ])
  expect(JSON.stringify(body)).not.toContain('139')
})

it('a word of the agency’s own is found in the next text, and retired', async () => {
  const word = {
    ...{ word: '桐安办', kind: 'organisation', severity: 'ask', instead: '桐乡市安委办' },
    why: '应写全称',
  }
  expect((await post('shen', '/dictionary-words', word)).status).toBe(403)
  const added = await post('lu', '/dictionary-words', word)
  expect(added.status).toBe(201)
  expect((await post('lu', '/dictionary-words', word)).body.code).toBe('already-confirmed')
  const { body } = await get('shen', '/dictionary-words')
  expect(body.items).toMatchObject([{ ...word, id: added.body.id }])
  const codes = async (title: string) =>
    (await post('shen', '/bulletins', draft(title))).body.findings.map(
      (one: { code: string }) => one.code,
    )
  expect(await codes('桐安办关于检查的通知')).toContain('former-organisation')
  expect((await post('lu', `/dictionary-words/${added.body.id}/retire`)).status).toBe(200)
  expect((await post('lu', `/dictionary-words/${added.body.id}/retire`)).status).toBe(404)
  expect(await codes('桐安办关于复查的通知')).not.toContain('former-organisation')
  const bad = await post('lu', '/dictionary-words', { word: '甲', kind: 'guess', severity: 'loud' })
  const fields = bad.body.errors.map((one: { field: string }) => one.field).sort()
  expect(fields).toEqual(['kind', 'severity', 'why'])
})
