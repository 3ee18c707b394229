/** `duoling archive` as a person meets it: what it would do, why not yet, the deed, and the file afterwards. */
import { createHash } from 'node:crypto'
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Home } from '../support/command.ts'
import { type Forger, openForger } from '../support/forger.ts'
import { newHomeOnServer } from '../support/home.ts'
import { type Signed, signIn } from '../support/logins.ts'

let home: Home
let owner: Forger
let as: Signed
beforeAll(async () => {
  home = await newHomeOnServer()
  as = await signIn(home, 'shen', 'lu')
  const ownerUrl = home.environment['DATABASE_URL'] ?? ''
  owner = await openForger({ ownerUrl, hubUrl: ownerUrl, drop: async () => {} })
  await owner.lawful("select ensure_delivery_month('2025-03-01')")
  await owner.forge(`insert into dispatch (agency_id, bulletin_id, signature_id, manifest_line,
      channel_id, act, broadcast_id, revision, category_id, mode, lane, month, day, audience_rule,
      reach, tolerance, not_before, not_after, quiet_hold, state, created_at)
    values (1, 1, 1, 1, 'email', 'notify', 1, 1, 'notice', 'earnest', 'normal', '2025-03-01',
      '2025-03-12', '{}', 3, 10, '2025-03-12', '2025-03-13', false, 'fanned-out', '2025-03-12')`)
  await owner.forge(`insert into delivery (agency_id, dispatch_id, month, address_id, state, units)
    select 1, max(id), '2025-03-01', n, 'waiting', 1 from dispatch, generate_series(1, 3) n group by n`)
})
afterAll(async () => {
  await owner.close()
  await home.remove()
})

const march = (...more: readonly string[]) => home.run('archive', '--month', '2025-03', ...more)

it('says how it is written', async () => {
  for (const argv of [
    [],
    ['ls', '--month', '2025-03'],
    ['--month', '2025-13'],
    ['--month', '2025-03', '--keep', '12'],
  ]) {
    const { code, stderr } = await home.run('archive', ...argv)
    expect([code, stderr], argv.join(' ')).toEqual([2, expect.stringMatching(/用法|应为/)])
  }
  const missing = await home.run('archive', '--check', 'nowhere.gz')
  expect([missing.code, missing.stderr]).toEqual([3, expect.stringContaining('没有这个归档文件')])
})

it('leaves what is too young, empty or open', async () => {
  const empty = await home.run('archive', '--month', '2025-02')
  expect([empty.code, empty.stdout]).toEqual([0, expect.stringContaining('无需归档')])
  const open = await march()
  expect(open.code).toBe(1)
  expect(open.stdout).toContain('waiting 3')
  expect(open.stdout).toContain('没有办结的送达 3')
  const refused = await march('--confirm', '--json')
  expect([refused.code, refused.stdout]).toEqual([4, ''])
  await owner.forge("update delivery set state = 'delivered'")
  const young = await march('--keep', '600', '--confirm')
  expect([young.code, young.stderr]).toEqual([4, expect.stringContaining('现在最晚可以归档')])
  const free = await march('--json')
  expect([free.code, JSON.parse(free.stdout)]).toEqual([
    ...[0, { month: '2025-03', archived: false, deliveries: 3, states: { delivered: 3 } }],
  ])
})

it('is for the operator, or whoever sits at the machine', async () => {
  const { code } = await as('lu', 'archive', '--month', '2025-03', '--confirm')
  expect(code).toBe(4)
  const done = await as('shen', 'archive', '--month', '2025-03', '--confirm', '--json')
  expect(done.code).toBe(0)
  const { path, sha256, deliveries } = JSON.parse(done.stdout)
  expect(deliveries).toBe(3)
  const lines = gunzipSync(await readFile(path)).toString()
  const before = lines.slice(0, lines.trimEnd().lastIndexOf('\n') + 1)
  expect(createHash('sha256').update(before).digest('hex')).toBe(sha256)
  const [audited] = await owner.lawful<{ actor_id: number }>(
    `select a.actor_id::int from audit a join person p on p.agency_id = a.agency_id
       and p.id = a.actor_id where a.action = 'archive-month' and p.name = '沈文书'`,
  )
  expect(audited?.actor_id).toBeGreaterThan(0)
})

it('does it once, and knows its file again', async () => {
  const again = await march('--confirm')
  expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('无需再办')])
  const folder = join(home.environment['DUOLING_DATA'] ?? '', 'archive')
  const [name = '', ...more] = await readdir(folder)
  expect(more).toEqual([])
  const path = join(folder, name)
  const good = await home.run('archive', '--check', path)
  expect([good.code, good.stdout]).toEqual([0, expect.stringContaining('与库里登记的一致')])
  const listed = await home.run('archive', 'ls', '--json')
  expect(JSON.parse(listed.stdout).months).toMatchObject([{ month: '2025-03-01', file: name }])
  const copy = join(home.folder, 'copy.gz')
  await copyFile(path, copy)
  await writeFile(copy, (await readFile(copy)).subarray(0, -9))
  const cut = await home.run('archive', '--check', copy)
  expect([cut.code, cut.stderr]).toEqual([3, expect.stringContaining('已损坏')])
})
