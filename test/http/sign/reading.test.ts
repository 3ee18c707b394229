/** What is read before a signature: a channel's page as its adapter makes it, attachments of this text alone, and
 *  nothing of another bureau. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { disclosurePortal } from '../../../channels/disclosure-portal.ts'
import { NOTIFY, text } from '../../support/bureau.ts'
import { openPhone, type Phone, PIN } from './phone.ts'

const PORTAL = {
  ...{ id: 'portal', name: '政府信息公开平台', line: 'portal', addressing: 'place' as const },
  ...{ addressKind: 'place:portal', position: 9 },
  roads: [{ id: 'main', adapter: 'disclosure-portal', settings: {} }],
}
const FILE = Buffer.from('附件的内容')
const SHA256 = createHash('sha256').update(FILE).digest('hex')

let phone: Phone
let here: string
let bulletinId: number
beforeAll(async () => {
  phone = await openPhone({ adapters: [disclosurePortal], channels: [PORTAL] })
  await phone.enter('lu', ['secrecy-reviewer'])
  await phone.enter('qian', ['leader'])
  const { agencyId } = phone.desk.bureau
  const at = phone.settings.now()
  const blobs = phone.desk.settings.blobs(agencyId)
  await blobs.put({ content: FILE, mediaType: 'text/plain', at })
  await blobs.put({ content: Buffer.from('别的'), mediaType: 'text/plain', at })
  const attachments = [
    { sha256: SHA256, name: '名单 (一).txt', mediaType: 'text/plain', bytes: FILE.length },
  ]
  const made = await phone.handedIn(
    { content: text('关于<b>夏季</b>检查的通知', { attachments }) },
    [
      { channelId: 'portal', act: 'publish' },
      { channelId: 'board', act: 'publish' },
    ],
  )
  bulletinId = made.bulletinId
  here = `/sign/${bulletinId}`
}, 60_000)
afterAll(() => phone.close())

it('shows the words of the page that will stand, with names for what is not known yet', async () => {
  const page = await phone.get(here, 'qian')
  expect(page.text).toContain('政府信息公开平台')
  const one = await phone.get(`${here}/channel/portal`, 'qian')
  expect(one.text).toContain('关于&lt;b&gt;夏季&lt;/b&gt;检查的通知的正文')
  expect(one.text).toContain('〔索引号〕')
  expect(one.text).toContain('〔发布时间〕')
  expect(one.text).not.toContain('&lt;dl')
  expect((await phone.get(`${here}/channel/wire`, 'qian')).status).toBe(404)
})

it('the page itself is shown where nothing can run', async () => {
  const { status, text: page, headers } = await phone.get(`${here}/channel/portal/page`, 'qian')
  expect(status).toBe(200)
  expect(page).toContain('<article class="item">')
  expect(page).not.toContain('<b>夏季</b>')
  expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/)
  expect(headers.get('cache-control')).toBe('private, no-store')
  expect((await phone.get(`${here}/channel/board/page`, 'qian')).status).toBe(404)
})

it('hands out the attachments of this text and of no other', async () => {
  expect((await phone.get(here, 'qian')).text).toContain(`href="${here}/file/${SHA256}"`)
  const file = await phone.get(`${here}/file/${SHA256}`, 'qian')
  expect(file.text).toBe('附件的内容')
  expect(file.headers.get('content-disposition')).toBe(
    `attachment; filename*=UTF-8''${encodeURIComponent('名单 ')}%28${encodeURIComponent('一')}%29.txt`,
  )
  expect(file.headers.get('content-security-policy')).toContain('sandbox')
  const other = createHash('sha256').update('别的').digest('hex')
  expect((await phone.get(`${here}/file/${other}`, 'qian')).status).toBe(404)
  expect((await phone.get(`${here}/file/..%2f..%2fkeys.json`, 'qian')).status).toBe(404)
})

it('knows nothing of another bureau', async () => {
  const { db } = phone.desk.bureau.test.connection
  const { id: agencyId } = await db
    .insertInto('agency')
    .values({ credit_code: '11330482MB0000002Y' })
    .returning('id')
    .executeTakeFirstOrThrow()
  await phone.desk.enter('stranger', ['leader', 'secrecy-reviewer'], agencyId)
  const list = await phone.get('/sign/', 'stranger')
  expect(list.text).toContain('现在没有等您审查或签发的信息')
  for (const path of [
    '',
    '/text',
    '/channel/portal',
    `/file/${SHA256}`,
    '/sign',
    '/review',
    '/stop',
    '/link',
  ])
    expect((await phone.get(`${here}${path}`, 'stranger')).status, path).toBe(404)
  const mine = await phone.get(`${here}/review`, 'lu')
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(list.text) ?? []
  for (const path of ['/sign', '/review', '/return', '/stop', '/link']) {
    const fields = { csrf, pin: PIN, password: 'x', phrase: '内容有误', shown: '0'.repeat(64) }
    const answer = await phone.send({ ...mine, path: `${here}${path}` }, 'stranger', fields)
    expect(answer.status, path).toBeGreaterThanOrEqual(400)
  }
  const papers = await phone.settings.hub.store.lists.bulletin(
    phone.desk.bureau.agencyId,
    bulletinId,
  )
  expect(papers).toMatchObject({ reviews: [], returns: [], signatures: [], stoppedAt: null })
})

it('what cannot leave says why, and offers no signature', async () => {
  const { here: shut } = await nobodyReached()
  const page = await phone.get(shut, 'qian')
  expect(page.text).toContain('现在还不能发出：受众中没有可以送达的对象')
  expect(page.text).not.toContain('同意签发')
  expect((await phone.get(`${shut}/sign`, 'qian')).status).toBe(409)
})

async function nobodyReached() {
  const made = await phone.handedIn({ title: '没有人收得到的通知' }, [NOTIFY])
  const there = `/sign/${made.bulletinId}`
  await phone.send(await phone.get(`${there}/review`, 'lu'), 'lu', { pin: PIN })
  return { here: there }
}
