/** Accounts and keys at the command line: a password is shown once and works, roles are kept apart, and
 *  whoever sits at the machine neither signs nor manages as somebody else. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { ended, type Home, newHome } from '../support/command.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { asOwner } from '../support/database-server.ts'

let home: Home
let database: TestDatabase
beforeAll(async () => {
  // A server that runs already: each command would otherwise start and stop one of its own.
  database = await createTestDatabase()
  home = await newHome({ DATABASE_URL: database.ownerUrl })
})
afterAll(async () => {
  const keys = join(home.environment['DUOLING_DATA'] ?? '', 'keys.json')
  const { hubLogin } = JSON.parse(await readFile(keys, 'utf8'))
  await database.drop()
  await asOwner(inject('server').url, `drop role if exists ${hubLogin.login}`)
  await home.remove()
})

async function json(...argv: readonly string[]) {
  const { code, stdout, stderr } = await home.run(...argv, '--json')
  expect({ code, stderr }).toMatchObject({ code: 0 })
  return JSON.parse(stdout)
}

it('everybody of the practice bureau has an account', async () => {
  const { accounts } = await json('user', 'ls')
  const logins = accounts.map((one: { login: string }) => one.login)
  expect(logins).toEqual(expect.arrayContaining(['shen', 'lu', 'qian', 'zhou', 'wu', 'zheng']))
  expect(accounts[0]).toMatchObject({ name: '沈文书', firstPassword: true, disabled: false })
  expect(JSON.stringify(accounts)).not.toContain('password"')
})

it('a reset password is shown once, works, and stands in no log', async () => {
  const { password } = await json('user', 'reset', 'shen')
  expect(password).toMatch(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/)
  const { accounts } = await json('user', 'ls')
  expect(accounts[0]).toMatchObject({ login: 'shen', firstPassword: false })
  const manages = await ended(home.startAs(password, 'user', 'ls', '--as', 'shen'))
  expect(manages).toMatchObject({ code: 4 })
  expect(manages.stderr).toContain('由系统管理员或安全管理员办理')
  const wrong = await ended(home.startAs(`${password}x`, 'user', 'ls', '--as', 'shen'))
  expect(wrong).toMatchObject({ code: 4 })
  expect(wrong.stderr).toContain('登录名或密码不对')
  const log = join(home.environment['DUOLING_DATA'] ?? '', 'duoling.log')
  expect(await readFile(log, 'utf8').catch(() => '')).not.toContain(password)
})

it('enters a person with an account, and keeps the three officers apart', async () => {
  const both = await home.run(
    'user',
    'add',
    'sun3',
    '--person',
    '孙系统乙',
    '--roles',
    '系统管理员,领导',
  )
  expect(both.code).toBe(2)
  expect(both.stderr).toContain('不认识职责“领导”')
  const roles = ['--roles', '系统管理员,leader']
  const apart = await home.run('user', 'add', 'sun4', '--person', '孙系统甲', ...roles)
  expect(apart).toMatchObject({ code: 4 })
  expect(apart.stderr).toContain('不能互相兼任')
  const made = await json('user', 'add', 'Sun2', '--person', '孙管理', '--roles', 'system-admin')
  expect(made).toMatchObject({ login: 'sun2' })
  const list = await ended(home.startAs(made.password, 'user', 'ls', '--as', 'sun2', '--json'))
  expect(list.code).toBe(0)
  const again = await home.run('user', 'add', 'sun2', '--person', '沈文书')
  expect(again.code).toBe(4)
})

it('says what is missing', async () => {
  const nobody = await home.run('user', 'ls', '--as', 'shen')
  expect(nobody).toMatchObject({ code: 2 })
  expect(nobody.stderr).toContain('DUOLING_PASSWORD')
  expect((await home.run('user', 'add', 'x1')).stderr).toContain('--person')
  expect((await home.run('user', 'reset', 'ghost')).code).toBe(4)
})

it('a key is told once, listed without it, and revoked', async () => {
  const wanted = [
    '--person',
    '沈文书',
    '--scopes',
    'read,补录',
    '--kind',
    'machine',
    '--days',
    '30',
  ]
  const { id, token } = await json('key', 'add', '统计对接', ...wanted)
  expect(token).toMatch(/^duoling_\d+\.\d+_[\w-]{43}$/)
  const { keys } = await json('key', 'ls')
  expect(keys).toMatchObject([
    { id, name: '统计对接', scopes: ['read', 'import'], revokedAt: null },
  ])
  expect(JSON.stringify(keys)).not.toContain(token.slice(-43))
  expect(await json('key', 'revoke', String(id))).toEqual({ id, revoked: true })
  expect((await home.run('key', 'revoke', String(id))).code).toBe(4)
  const signs = ['--person', '钱局长', '--scopes', 'sign', '--kind', 'machine']
  expect((await home.run('key', 'add', '越权', ...signs)).code).toBe(4)
})
