/** `duoling secret` as it is typed: who may, what is refused, and that no value comes back out anywhere. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sha256Hex } from '../../src/kit/hash.ts'
import { type Ended, ended, type Home } from '../support/command.ts'
import { newHomeOnServer } from '../support/home.ts'

const VALUE = 'tY7-Kq9-value'
const DIGEST_END = sha256Hex(VALUE).slice(-4)

let home: Home
let owner: Client
const passwords = new Map<string, string>()
const said: string[] = []
beforeAll(async () => {
  home = await newHomeOnServer()
  for (const login of ['sun', 'shen']) {
    const { stdout } = await home.run('user', 'reset', login, '--json')
    passwords.set(login, JSON.parse(stdout).password)
  }
  owner = new Client({ connectionString: home.environment['DATABASE_URL'] ?? '' })
  await owner.connect()
}, 300_000)
afterAll(async () => {
  await owner.end()
  await home.remove()
})

async function secret(login: string, argv: readonly string[], input = ''): Promise<Ended> {
  const password = passwords.get(login) ?? ''
  const child = home.startAs(password, 'secret', ...argv, '--as', login)
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  const end = await ended(child)
  said.push(end.stdout, end.stderr)
  return end
}

it('is set by an administrator from a pipe, never from the command line', async () => {
  const [stranger, typed, long] = await Promise.all([
    secret('shen', ['set', 'wx-token'], VALUE),
    secret('sun', ['set', 'wx-token', VALUE]),
    secret('sun', ['set', 'wx-token'], VALUE.repeat(1_000)),
  ])
  expect([stranger.code, typed.code, long.code]).toEqual([4, 2, 2])
  expect(long.stderr).toContain('8192 字节')
  const set = await secret('sun', ['set', 'wx-token', '--json'], `${VALUE}\n`)
  expect([set.code, JSON.parse(set.stdout)]).toEqual([0, { name: 'wx-token', version: 1 }])
  const listed = await secret('sun', ['ls', '--json'])
  expect(JSON.parse(listed.stdout)).toMatchObject({
    secrets: [{ name: 'wx-token', version: 1, setBy: '孙系统', usedBy: [], digestEnd: DIGEST_END }],
  })
}, 300_000)

it('stays while a road uses it', async () => {
  const file = join(home.folder, 'road.json')
  const settings = { robots: [{ group: '值班群', hook: 'wx-token' }] }
  await writeFile(file, JSON.stringify(settings))
  const child = home.startAs(
    passwords.get('shen') ?? '',
    ...['channel', 'set', 'office', 'robot', '--adapter', 'feishu-robot', '--settings', file],
    ...['--as', 'shen'],
  )
  const road = await ended(child)
  expect([road.code, road.stderr]).toEqual([0, ''])
  const kept = await secret('sun', ['remove', 'wx-token'])
  expect([kept.code, kept.stderr.includes('office/robot 还在用它')]).toEqual([4, true])
  const { stdout } = await secret('sun', ['ls'])
  expect(stdout).toMatch(/wx-token.*孙系统.*office\/robot/)
}, 300_000)

it('the key is turned, a lost one is named by doctor, and no value is anywhere', async () => {
  const turned = await secret('sun', ['rotate-key', '--json'])
  expect([turned.code, JSON.parse(turned.stdout)]).toMatchObject([0, { resealed: 1 }])
  const path = join(home.environment['DUOLING_DATA'] ?? '', 'keys.json')
  const good = await readFile(path, 'utf8')
  const file = JSON.parse(good)
  delete file.keys.secret
  await writeFile(path, JSON.stringify(file))
  const lost = await secret('sun', ['ls'])
  expect([lost.code, lost.stdout.includes('不在 keys.json 里')]).toEqual([1, true])
  const doctor = await home.run('doctor', '--json')
  said.push(doctor.stdout)
  const { checks } = JSON.parse(doctor.stdout)
  expect(checks).toContainEqual(
    expect.objectContaining({
      id: 'secrets',
      level: 'bad',
      fix: expect.stringContaining('keys.json'),
    }),
  )
  await writeFile(path, good)
  const fine = JSON.parse((await home.run('doctor', '--json')).stdout).checks
  expect(fine).toContainEqual(expect.objectContaining({ id: 'secrets', level: 'ok' }))
  const { rows } = await owner.query(
    "select action, subject, a::text as text from audit a where subject like 'secret%' order by id",
  )
  expect(rows.map((one) => `${one.action} ${one.subject}`)).toEqual([
    ...['set-secret secret/wx-token', 'rotate-secret-key secret-key'],
  ])
  const sealed = await owner.query("select encode(cipher, 'escape') as text from secret")
  const log = await readFile(join(home.environment['DUOLING_DATA'] ?? '', 'duoling.log'), 'utf8')
  for (const text of [
    ...said,
    log,
    ...rows.map((one) => one.text),
    ...sealed.rows.map((one) => one.text),
  ])
    expect(text ?? '').not.toContain('tY7-Kq9')
}, 300_000)
