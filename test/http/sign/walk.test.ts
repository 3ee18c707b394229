/** Three people walk by the phone's pages alone; and everything that must not happen between a page and its
 *  form: a text that changed, a wrong PIN, a second press, another person's session. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { revise } from '../../../src/hub/compose.ts'
import { plan } from '../../../src/hub/submit.ts'
import { addPhones, MORNING, NOTIFY, PUBLISH, submitBy, text } from '../../support/bureau.ts'
import { formOf, openPhone, type Page, type Phone, PIN } from './phone.ts'

let phone: Phone
let leaderId: number
beforeAll(async () => {
  phone = await openPhone()
  await addPhones(phone.desk.bureau, 30)
  await addPhones(phone.desk.bureau, 5, { audience: 'major-hazard', from: 100 })
  await phone.enter('lu', ['secrecy-reviewer'])
  leaderId = await phone.enter('qian', ['leader'])
  await phone.enter('zhou', ['leader'])
  await phone.enter('wu', ['duty-officer'])
}, 60_000)
afterAll(() => phone.close())

let number = 0
let title: string
beforeEach(() => {
  number += 1
  title = `关于第${number}次安全检查的通知`
})

const codeless = (page: Page) => page.text.replaceAll(/\s+/g, ' ')
const agencyId = () => phone.desk.bureau.agencyId
const papers = async (id: number) => {
  const found = await phone.desk.bureau.test.hub.store.lists.bulletin(agencyId(), id)
  if (!found) throw new Error('no such bulletin')
  return found
}

async function reviewed(more: Parameters<Phone['handedIn']>[0] = {}) {
  const made = await phone.handedIn({ title, ...more })
  const page = await phone.get(`/sign/${made.bulletinId}/review`, 'lu')
  const answer = await phone.send(page, 'lu', { pin: PIN })
  expect(answer.status).toBe(303)
  return { ...made, here: `/sign/${made.bulletinId}` }
}

it('review and signature by the phone alone, from list to banner', async () => {
  const { bulletinId } = await phone.handedIn({ title })
  const here = `/sign/${bulletinId}`
  expect((await phone.get('/sign/', 'qian')).text).not.toContain(title)
  const list = await phone.get('/sign/', 'lu')
  expect(codeless(list)).toContain(`href="${here}"`)
  expect(list.text).toContain('发布到 1 处，通知 30 个对象')
  const seen = await phone.get(here, 'lu')
  expect(seen.text).toContain(`${title}的正文。`)
  const opinion = await phone.get(`${here}/review`, 'lu')
  const given = await phone.send(opinion, 'lu', { pin: PIN, opinion: 'public', reason: '不涉密' })
  expect(given.headers.get('location')).toBe(here)
  expect((await phone.get('/sign/', 'lu')).text).not.toContain(title)

  expect((await phone.get('/sign/', 'qian')).text).toContain(title)
  const before = await phone.get(here, 'qian')
  expect(before.text).toContain('保密审查：同意公开')
  expect(before.text).toContain('不涉密')
  const asked = await phone.get(`${here}/sign`, 'qian')
  expect((await papers(bulletinId)).signatures).toEqual([])
  const signed = await phone.send(asked, 'qian', { pin: PIN })
  expect(signed).toMatchObject({ status: 303 })
  const { signatures } = await papers(bulletinId)
  expect(signatures.map((one) => one.signerId)).toEqual([leaderId])
  expect((await phone.get(here, 'qian')).text).toContain('您已于 2026-11-25 10:00 签发')
  expect((await phone.get('/sign/', 'zhou')).text).not.toContain(
    `href="${here}">\n<span class="tags"`,
  )
})

it('shows exactly what the signature takes: the mark covers text, channels and hours', async () => {
  const { here, bulletinId } = await reviewed()
  const asked = await phone.get(`${here}/sign`, 'qian')
  await plan(phone.desk.bureau.test.hub, {
    ...{ agencyId: agencyId(), bulletinId, by: phone.desk.bureau.id('沈文书'), at: MORNING },
    orders: [
      PUBLISH,
      { ...NOTIFY, audiences: ['major-hazard'] },
      { channelId: 'network', act: 'publish' },
    ],
  })
  const refused = await phone.send(asked, 'qian', { pin: PIN })
  expect(refused.status).toBe(409)
  expect(refused.text).toContain('打开页面之后内容或发送安排有改动')
  expect(refused.text).toContain('这一次没有办理任何事项')
  expect((await papers(bulletinId)).signatures).toEqual([])
})

it('an edit between page and PIN signs nothing, and the next page says what changed', async () => {
  const made = await reviewed()
  const { here, bulletinId, hash: seenHash } = made
  const opinion = await phone.get(`${here}/review`, 'lu')
  const asked = await phone.get(`${here}/sign`, 'qian')
  const { bureau } = phone.desk
  const edited = await revise(bureau.test.hub, {
    ...{ agencyId: agencyId(), bulletinId, at: MORNING, authorId: bureau.id('沈文书'), seenHash },
    content: text(title, { blocks: [{ kind: 'paragraph', text: `${title}的新正文。` }] }),
  })
  for (const [page, as] of [
    [asked, 'qian'],
    [opinion, 'lu'],
  ] as const) {
    const refused = await phone.send(page, as, { pin: PIN })
    expect(refused.status).toBe(409)
    expect(refused.text).toContain('这一次没有办理任何事项')
  }
  expect((await papers(bulletinId)).signatures).toEqual([])
  expect((await papers(bulletinId)).reviews).toHaveLength(1)
  await submitBy(bureau, '沈文书', edited, [PUBLISH, NOTIFY])
  const again = await phone.get(here, 'lu')
  expect(again.text).toContain('与您看过的第 1 稿相比')
  expect(again.text).toContain('<ins>新</ins>')
  expect((await phone.get(here, 'qian')).text).not.toContain('与您看过的第')
})

it('five wrong PINs lock, and nothing is signed by any of them', async () => {
  const { here, bulletinId } = await reviewed()
  const personId = await phone.enter('sun', ['leader'])
  const asked = await phone.get(`${here}/sign`, 'sun')
  const statuses: number[] = []
  for (let round = 0; round < 6; round++)
    statuses.push((await phone.send(asked, 'sun', { pin: '850274' })).status)
  expect(statuses).toEqual([403, 403, 403, 403, 429, 429])
  expect((await phone.send(asked, 'sun', { pin: PIN })).status).toBe(429)
  expect((await phone.get(`${here}/sign`, 'sun')).text).toContain('签发 PIN 连续输错已锁定')
  expect((await papers(bulletinId)).signatures).toEqual([])
  const rows = await phone.desk.bureau.test.hub.store.lists.audit(agencyId(), { limit: 60 })
  const mine = rows.filter((row) => row.actorId === personId).map((row) => row.action)
  expect(mine.filter((one) => one === 'pin-wrong')).toHaveLength(5)
  expect(phone.desk.logged.join()).not.toContain('850274')
})

it('a double tap signs once and shows that it is signed', async () => {
  const { here, bulletinId } = await reviewed()
  const asked = await phone.get(`${here}/sign`, 'qian')
  const tap = () => phone.send(asked, 'qian', { pin: PIN })
  const answers = await Promise.all([tap(), tap(), tap()])
  expect(answers.map(({ status }) => status)).toEqual([303, 303, 303])
  expect((await tap()).status).toBe(303)
  expect((await papers(bulletinId)).signatures).toHaveLength(1)
})

it('two leaders at once: one signs, the other sees who did', async () => {
  const { here, bulletinId } = await reviewed()
  const pages = await Promise.all(['qian', 'zhou'].map((as) => phone.get(`${here}/sign`, as)))
  const [one, other] = await Promise.all([
    phone.send(pages[0] as Page, 'qian', { pin: PIN }),
    phone.send(pages[1] as Page, 'zhou', { pin: PIN }),
  ])
  expect([one?.status, other?.status]).toEqual([303, 303])
  const [signature, ...more] = (await papers(bulletinId)).signatures
  expect(more).toEqual([])
  const late = signature?.signerId === leaderId ? 'zhou' : 'qian'
  expect((await phone.get(here, late)).text).toContain(`${signature?.signer}已于`)
})

it('returns with a phrase and one’s own words, and says so to the next reader', async () => {
  const { here, bulletinId } = await reviewed()
  const asked = await phone.get(`${here}/return`, 'qian')
  expect((await phone.send(asked, 'qian', { pin: PIN })).status).toBe(422)
  expect((await papers(bulletinId)).returns).toEqual([])
  const fields = { pin: PIN, phrase: '文字需要修改', reason: '日期写错了' }
  expect((await phone.send(asked, 'qian', fields)).status).toBe(303)
  expect((await papers(bulletinId)).returns).toMatchObject([
    { returnedBy: leaderId, reason: '文字需要修改；日期写错了' },
  ])
  expect((await phone.get(here, 'qian')).text).toContain('您已于 2026-11-25 10:00 退回拟稿人')
  expect((await phone.get('/sign/', 'qian')).text).not.toContain(title)
})

it('not public needs a reason, and then nothing can be signed', async () => {
  const { bulletinId } = await phone.handedIn({ title })
  const asked = await phone.get(`/sign/${bulletinId}/review`, 'lu')
  const bare = await phone.send(asked, 'lu', { pin: PIN, opinion: 'withheld' })
  expect(bare.status).toBe(422)
  const given = { pin: PIN, opinion: 'withheld', phrase: '涉及商业秘密' }
  expect((await phone.send(asked, 'lu', given)).status).toBe(303)
  expect((await phone.get(`/sign/${bulletinId}`, 'qian')).text).toContain('现在还不能签发')
  expect((await phone.get(`/sign/${bulletinId}/sign`, 'qian')).status).toBe(409)
})

it('one alone stops at once; without a PIN the password will do', async () => {
  const { here, bulletinId } = await reviewed()
  await phone.send(await phone.get(`${here}/sign`, 'qian'), 'qian', { pin: PIN })
  expect((await phone.get('/sign/', 'wu')).text).toContain(`href="${here}"`)
  const asked = await phone.get(`${here}/stop`, 'wu')
  expect((await papers(bulletinId)).stoppedAt).toBeNull()
  expect((await phone.send(asked, 'wu', { pin: PIN })).status).toBe(422)
  expect((await phone.send(asked, 'wu', { pin: PIN, phrase: '内容有误' })).status).toBe(303)
  expect((await papers(bulletinId)).stopReason).toBe('内容有误')
  expect((await phone.get(here, 'wu')).text).toContain('已紧急停发：内容有误')
  await phone.desk.enter('xu', ['duty-officer'])
  const { here: next } = await reviewed()
  const open = await phone.get(`${next}/stop`, 'xu')
  expect(open.text).toContain('登录密码')
  const refused = await phone.send(open, 'xu', { password: 'nothing', phrase: '内容有误' })
  expect(refused.status).toBe(401)
})

it('several with one PIN: each by itself, and one that cannot be signed stops no other', async () => {
  const first = await reviewed()
  title = `${title}（二）`
  const second = await reviewed()
  const ids = [first.bulletinId, second.bulletinId]
  const list = await phone.get('/sign/', 'qian')
  expect(list.text).toContain(`name="item" value="${ids[0]}"`)
  const asked = await phone.get(`/sign/several?item=${ids[0]}&item=${ids[1]}`, 'qian')
  expect(asked.text).toContain('确认签发这 2 条')
  const { fields } = formOf(asked.text)
  expect(fields.filter(([name]) => name === 'item')).toHaveLength(2)
  // Meanwhile the other leader signs one of them.
  const other = await phone.get(`${second.here}/sign`, 'zhou')
  expect((await phone.send(other, 'zhou', { pin: PIN })).status).toBe(303)
  const wrong = await phone.post('/sign/several', 'qian', [...fields, ['pin', '850274']])
  expect(wrong.status).toBe(403)
  expect((await papers(first.bulletinId)).signatures).toEqual([])
  const result = await phone.post('/sign/several', 'qian', [...fields, ['pin', PIN]])
  expect(result.status).toBe(200)
  expect(result.text).toContain('1 条已签发，1 条没有签发')
  expect(result.text).toContain('没有签发：这一稿已经签发')
  const again = await phone.post('/sign/several', 'qian', [...fields, ['pin', PIN]])
  expect(again.text).toContain('1 条已签发，1 条没有签发')
  for (const id of ids) expect((await papers(id)).signatures).toHaveLength(1)
})

it('a red warning asks once more for whom it reaches', async () => {
  const { here, bulletinId } = await reviewed({ level: 'red', categoryId: 'notice' })
  const asked = await phone.get(`${here}/sign`, 'qian')
  expect(asked.text).toContain('我知道这将通知 30 个对象')
  expect((await phone.send(asked, 'qian', { pin: PIN })).status).toBe(422)
  expect((await papers(bulletinId)).signatures).toEqual([])
  expect((await phone.send(asked, 'qian', { pin: PIN, known: 'yes' })).status).toBe(303)
})
