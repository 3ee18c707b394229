/** The way in on a phone: the cookie, the PIN that is set under the password, a lock that the password ends, and
 *  forms that belong to one session. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ORIGIN, PASSWORD } from '../api/desk.ts'
import { formOf, openPhone, type Page, type Phone, PIN } from './phone.ts'

let phone: Phone
let bulletinId: number
let personId: number
beforeAll(async () => {
  phone = await openPhone()
  personId = await phone.desk.enterByPassword('chen', ['secrecy-reviewer'])
  bulletinId = (await phone.handedIn({ title: '一条通知' }, [])).bulletinId
}, 60_000)
afterAll(() => phone.close())

const signIn = (password: string, next = '/sign/') =>
  phone.post('/sign/sign-in', undefined, [
    ...([
      ['login', 'chen'],
      ['password', password],
      ['next', next],
    ] as const),
  ])
const pairOf = ({ headers }: Page) => headers.getSetCookie()[0]?.split(';')[0] ?? ''
const state = () => phone.settings.pins.state(phone.desk.bureau.agencyId, personId)

/** Sends a page's form in this session. */
function send(page: Page, cookie: string, fields: Readonly<Record<string, string>>) {
  const form = formOf(page.text)
  const all = [...form.fields.filter(([name]) => !(name in fields)), ...Object.entries(fields)]
  return phone.post(form.action ?? page.path, undefined, all, { cookie, origin: ORIGIN })
}

it('a wrong password says so, keeps the login and gives no cookie', async () => {
  const page = await signIn('nothing-of-the-kind')
  expect(page.status).toBe(401)
  expect(page.text).toContain('登录名或密码不对')
  expect(page.text).toContain('value="chen"')
  expect(page.text).not.toContain('nothing-of-the-kind')
  expect(page.headers.getSetCookie()).toEqual([])
})

it('the right one gives a cookie no script reads, and leads where somebody wanted to go', async () => {
  const page = await signIn(PASSWORD, `/sign/${bulletinId}`)
  expect(page).toMatchObject({ status: 303 })
  expect(page.headers.get('location')).toBe(`/sign/${bulletinId}`)
  expect(page.headers.getSetCookie()[0]).toMatch(
    /^duoling\.session_token=.*HttpOnly.*SameSite=Lax/i,
  )
  const cookie = pairOf(page)
  expect((await phone.get(`/sign/${bulletinId}`, undefined, { cookie })).text).toContain('一条通知')
  const foreign = await phone.post('/sign/sign-in', undefined, [['login', 'chen']], {
    origin: 'https://elsewhere.test',
  })
  expect(foreign.status).toBe(403)
})

it('sets a PIN under the password, and only a good one typed twice', async () => {
  const cookie = pairOf(await signIn(PASSWORD))
  const here = `/sign/${bulletinId}/review`
  const before = await phone.get(here, undefined, { cookie })
  expect(before.text).toContain('您还没有签发 PIN')
  expect(before.text).not.toContain('提交保密审查意见')
  const page = await phone.get(`/sign/pin?next=${here}`, undefined, { cookie })
  const given = { password: PASSWORD, pin: PIN, again: PIN }
  expect((await send(page, cookie, { ...given, password: 'nothing' })).status).toBe(401)
  expect((await send(page, cookie, { ...given, again: '850274' })).status).toBe(422)
  const easy = await send(page, cookie, { ...given, pin: '123456', again: '123456' })
  expect(easy.status).toBe(422)
  expect(easy.text).not.toContain('value="123456"')
  expect(await state()).toBe('none')
  const set = await send(page, cookie, given)
  expect(set.headers.get('location')).toBe(here)
  expect(await state()).toBe('ready')
})

it('a lock ends with the password, and a form ends with its session', async () => {
  const first = pairOf(await signIn(PASSWORD))
  const asked = await phone.get(`/sign/${bulletinId}/review`, undefined, { cookie: first })
  for (let wrong = 0; wrong < 5; wrong++) await send(asked, first, { pin: '850274' })
  expect(await state()).toBe('locked')
  const second = pairOf(await signIn(PASSWORD))
  expect(await state()).toBe('ready')
  expect((await send(asked, second, { pin: PIN })).status).toBe(403)
  const out = await send({ ...asked, text: `<main>${asked.text.replace('<main>', '')}` }, first, {})
  expect(out.headers.get('location')).toBe('/sign/sign-in')
  expect((await send(asked, first, { pin: PIN })).status).toBe(401)
  const list = await phone.get('/sign/', undefined, { cookie: first })
  expect(list.headers.get('location')).toContain('/sign/sign-in')
  const { reviews } =
    (await phone.settings.hub.store.lists.bulletin(phone.desk.bureau.agencyId, bulletinId)) ?? {}
  expect(reviews).toEqual([])
})
