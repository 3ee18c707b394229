/** The law of the phone's pages: every route is in the table and guarded, looking changes no row, no page weighs
 *  more than 40 KB or holds a script, and a form of anybody else's is refused. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ROLES, type Role } from '../../../src/domain/role.ts'
import { SIGN_OFF_ROUTES } from '../../../src/http/sign/routes.ts'
import { readSignLink, signLinkToken } from '../../../src/http/sign/sign-link.ts'
import { addPhones, MORNING, NOTIFY, PUBLISH, text } from '../../support/bureau.ts'
import { formOf, openPhone, type Page, type Phone, PIN } from './phone.ts'

const PAGE_BYTES_MAX = 40 * 1024

let phone: Phone
const people = new Map<string, number>()
let bulletinId: number
beforeAll(async () => {
  phone = await openPhone({ practice: true })
  await addPhones(phone.desk.bureau, 3)
  for (const role of ROLES) people.set(role, await phone.enter(role, [role]))
  bulletinId = (await phone.handedIn({ title: '一条通知' })).bulletinId
}, 90_000)
afterAll(() => phone.close())

interface Route {
  readonly name: string
  readonly method: string
  readonly path: string
}

/** What really answers, whoever put it there. */
function routes(): readonly Route[] {
  const found = phone.routes.routes.filter(({ method }) => method !== 'ALL')
  const names = new Set(
    found.map(({ method, path }) => `${method} ${path.replaceAll('{[0-9]+}', '')}`),
  )
  return [...names].map((name) => {
    const [method = '', path = ''] = name.split(' ')
    return { name, method, path }
  })
}

const addressOf = ({ path }: Route) =>
  path
    .replace(':sha256', 'f'.repeat(64))
    .replace(':id', String(bulletinId))
    .replaceAll(/:\w+/g, 'board')
const call = (route: Route, as?: string): Promise<Page> =>
  route.method === 'GET' ? phone.get(addressOf(route), as) : phone.post(addressOf(route), as, [])
const guarded = () => routes().filter(({ name }) => SIGN_OFF_ROUTES[name] !== 'anyone')

it('every route is in the table, and the other way round', () => {
  const here = routes().map(({ name }) => name)
  expect([...here].sort()).toEqual(Object.keys(SIGN_OFF_ROUTES).sort())
  expect(guarded().length).toBeGreaterThan(15)
})

it('leads whoever is not signed in to the way in, and says nothing of what is there', async () => {
  for (const route of guarded()) {
    const { status, headers, text: said } = await call(route)
    expect(said, route.name).not.toContain('一条通知')
    if (route.method === 'POST') expect({ ...route, status }).toMatchObject({ status: 401 })
    else {
      expect({ ...route, status }).toMatchObject({ status: 303 })
      const address = headers.get('location') ?? ''
      expect(address).toBe(`/sign/sign-in?next=${encodeURIComponent(addressOf(route))}`)
    }
  }
  expect((await phone.get('/sign/no/such/page', 'leader')).status).toBe(404)
  expect((await phone.get('/sign/no/such/page')).status).toBe(404)
})

it('lets in exactly the roles of the table', async () => {
  const leads = ({ path }: Route) => path !== '/sign/sign-out'
  for (const route of guarded()
    .filter(({ method }) => method === 'GET')
    .filter(leads))
    for (const role of ROLES) {
      const { status, text: said } = await call(route, role)
      const who = SIGN_OFF_ROUTES[route.name] as readonly Role[]
      const shut = status === 403 && said.includes('当前人员没有这项职责（') === false
      if (!who.includes(role))
        expect({ route: route.name, role, status }).toMatchObject({ status: 403 })
      // What a role may look at, the door may still refuse for this text.
      else if (route.path === '/sign/' || route.path === '/sign/:id')
        expect({ route: route.name, role, status, shut }).toMatchObject({ status: 200 })
      expect(status, route.name).toBeLessThan(500)
    }
})

it('a form needs the mark of its own session, and a page of ours', async () => {
  const strange = await phone.get(`/sign/${bulletinId}/review`, 'secrecy-reviewer')
  const { fields } = formOf((await phone.get('/sign/pin', 'leader')).text)
  const [, theirs = ''] = fields.find(([name]) => name === 'csrf') ?? []
  for (const route of guarded().filter(({ method }) => method === 'POST')) {
    const [role = 'leader'] = SIGN_OFF_ROUTES[route.name] as readonly Role[]
    const as = role === 'leader' ? 'secrecy-reviewer' : role
    const bare = await phone.post(addressOf(route), as, [['pin', PIN]])
    expect({ ...route, status: bare.status }).toMatchObject({ status: 403 })
    const foreign = await phone.post(addressOf(route), as, [
      ['csrf', theirs],
      ['pin', PIN],
    ])
    expect({ ...route, status: foreign.status }).toMatchObject({ status: 403 })
  }
  const own = formOf(strange.text).fields
  for (const headers of [
    { origin: 'https://elsewhere.test' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site', origin: 'http://hub.test' },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    const answer = await phone.post(
      `/sign/${bulletinId}/review`,
      'secrecy-reviewer',
      [...own, ['pin', PIN]],
      headers as Record<string, string>,
    )
    expect({ headers, status: answer.status }).toMatchObject({ status: 403 })
  }
  const { reviews } = (await lists().bulletin(phone.desk.bureau.agencyId, bulletinId)) ?? {}
  expect(reviews).toEqual([])
})

const lists = () => phone.desk.bureau.test.hub.store.lists

/** Every row of every table; the kept counts of a reach are a memory, no fact. */
async function rows(): Promise<ReadonlyMap<string, string>> {
  const { pool } = phone.desk.bureau.test.connection
  const { rows: tables } = await pool.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname in ('public', 'auth') and tablename not in ('reach_count')
       and has_table_privilege(format('%I.%I', schemaname, tablename), 'select')`,
  )
  const found = new Map<string, string>()
  for (const { name } of tables) {
    const { rows: sums } = await pool.query<{ sum: string }>(
      `select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as sum from ${name} t`,
    )
    found.set(name, sums[0]?.sum ?? '')
  }
  return found
}

it('looking changes nothing, whoever looks', async () => {
  const token = signLinkToken(phone.settings.key, {
    ...{ agencyId: phone.desk.bureau.agencyId, bulletinId, personId: people.get('leader') ?? 0 },
    until: new Date(MORNING.getTime() + 3_600_000),
  })
  const before = await rows()
  expect(before.size).toBeGreaterThan(40)
  for (const as of ['leader', 'secrecy-reviewer', 'duty-officer', undefined]) {
    for (const route of routes().filter(({ method }) => method === 'GET')) await call(route, as)
    await phone.get(`/sign/several?item=${bulletinId}`, as)
    await phone.get(`/sign/link/${token}`, as)
  }
  expect(await rows()).toEqual(before)
})

it('a link is for one person, for a day, and says nothing to anybody else', async () => {
  const page = await phone.get(`/sign/${bulletinId}/link`, 'drafter')
  expect(page.text).toContain('leader同志')
  const made = await phone.send(page, 'drafter', { person: String(people.get('leader')) })
  const [, token = ''] = /\/sign\/link\/([\w.-]+)/.exec(made.text) ?? []
  const link = readSignLink(phone.settings.key, token)
  expect(link).toMatchObject({ bulletinId, personId: people.get('leader') })
  for (let again = 0; again < 3; again++) {
    const opened = await phone.get(`/sign/link/${token}`, 'leader')
    expect(opened.headers.get('location')).toBe(`/sign/${bulletinId}`)
  }
  const other = await phone.get(`/sign/link/${token}`, 'secrecy-reviewer')
  expect(other.status).toBe(403)
  const nobody = await phone.get(`/sign/link/${token}`)
  expect(nobody.headers.get('location')).toBe(
    `/sign/sign-in?next=${encodeURIComponent(`/sign/link/${token}`)}`,
  )
  const { agencyId } = phone.desk.bureau
  const personId = people.get('leader') ?? 0
  const old = signLinkToken(phone.settings.key, { agencyId, bulletinId, personId, until: MORNING })
  expect((await phone.get(`/sign/link/${old}`, 'leader')).status).toBe(410)
  const forged = [
    token.replace(`.${personId}.`, `.${people.get('secrecy-reviewer')}.`),
    token.replace(`.${bulletinId}.`, `.${bulletinId + 1}.`),
    `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`,
    '1.1.1.1.x',
    '1..x',
  ]
  for (const one of forged) {
    const answer = await phone.get(`/sign/link/${encodeURIComponent(one)}`, 'secrecy-reviewer')
    expect({ one, status: answer.status }).toEqual({ one, status: 404 })
  }
  for (const { text: said } of [other, nobody]) expect(said).not.toContain('一条通知')
  const audit = await lists().audit(agencyId, { limit: 5, action: 'sign-link' })
  expect(audit).toMatchObject([{ actorId: people.get('drafter'), facts: { personId } }])
})

it('a page leads nowhere but into this room', async () => {
  for (const next of [
    'https://elsewhere.test',
    '//elsewhere.test',
    '/item/1',
    '/sign/../item/1',
    '/sign//x',
  ]) {
    const page = await phone.get(`/sign/sign-in?next=${encodeURIComponent(next)}`)
    expect(page.text).toContain('name="next" value="/sign/"')
  }
})

/** As much of everything as a bulletin may hold, in the letters that weigh most. */
function heavy() {
  const words = '<&"\'>很长的一句话。'.repeat(60)
  const attachments = Array.from({ length: 50 }, (_, index) => ({
    ...{ sha256: String(index).padStart(64, 'a'), name: `${'"<附件>"'.repeat(12)}${index}.pdf` },
    ...{ mediaType: 'application/pdf', bytes: 1_000 },
  }))
  return text(`“<>&"'标题${'<"'.repeat(50)}`, {
    blocks: Array.from({ length: 200 }, () => ({ kind: 'paragraph' as const, text: words })),
    entries: Array.from({ length: 300 }, (_, index) => ({ unit: `<b>第${index}厂</b>` })),
    attachments,
  })
}

it('no page weighs more than 40 KB, holds a script, or is kept', async () => {
  const big = await phone.handedIn({ content: heavy() }, [PUBLISH, NOTIFY])
  for (let more = 0; more < 26; more++)
    await phone.handedIn({ title: `${'<"&'.repeat(38)}${more}` })
  const here = `/sign/${big.bulletinId}`
  const paths: readonly (readonly [string, string])[] = [
    ...([
      ['/sign/', 'secrecy-reviewer'],
      [here, 'secrecy-reviewer'],
      [here, 'leader'],
    ] as const),
    ...([
      [`${here}/text`, 'leader'],
      [`${here}/text?part=3`, 'leader'],
    ] as const),
    ...([
      [`${here}/text?part=files`, 'leader'],
      [`${here}/channel/board`, 'leader'],
    ] as const),
    ...([
      [`${here}/review`, 'secrecy-reviewer'],
      [`${here}/return`, 'leader'],
    ] as const),
    ...([
      [`${here}/stop`, 'leader'],
      [`${here}/link`, 'leader'],
      ['/sign/pin', 'leader'],
    ] as const),
  ]
  for (const [path, as] of paths) {
    const { status, text: page, headers } = await phone.get(path, as)
    expect({ path, status }).toEqual({ path, status: 200 })
    expect(Buffer.byteLength(page), path).toBeLessThanOrEqual(PAGE_BYTES_MAX)
    expect(page, path).not.toMatch(/<script|<[^>]* (?:on\w+|style)=|javascript:/i)
    expect(page, path).toContain('【练习模式】')
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'; style-src 'self'")
    expect(policy).not.toContain('unsafe-inline')
    expect(headers.get('cache-control')).toBe('private, no-store')
    expect(headers.get('referrer-policy')).toBe('same-origin')
  }
})
