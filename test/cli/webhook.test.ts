/** `duoling webhook`: entered at the machine, its secret shown once, and listed without it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { type Home, newHome } from '../support/command.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { asOwner } from '../support/database-server.ts'

let home: Home
let database: TestDatabase
beforeAll(async () => {
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
  const { code, stdout, stderr } = await home.run('webhook', ...argv, '--json')
  expect({ code, stderr }).toMatchObject({ code: 0 })
  return JSON.parse(stdout)
}

it('adds, lists, rotates, tests and removes', async () => {
  const url = 'https://hook.example.cn/path-of-theirs'
  const { id, secret } = await json(
    'add',
    '统计平台',
    '--url',
    url,
    '--kinds',
    '已签发,bulletin.stopped',
  )
  expect(secret).toMatch(/^duoling_webhook_[\w-]{43}$/)
  const { secret: fresh } = await json('rotate', String(id))
  const { webhooks } = await json('ls')
  expect(webhooks).toMatchObject([
    { id, kinds: ['bulletin.signed', 'bulletin.stopped'], liveKeys: 2 },
  ])
  await json('drop-old', String(id))
  const { eventId } = await json('test', String(id))
  const { stdout } = await home.run('webhook', 'show', String(id))
  expect(stdout).toContain(eventId)
  const listed = await home.run('webhook', 'ls')
  expect(listed.stdout).toContain('hook.example.cn')
  expect(listed.stdout).not.toContain('path-of-theirs')
  const log = join(home.environment['DUOLING_DATA'] ?? '', 'duoling.log')
  const logged = await readFile(log, 'utf8').catch(() => '')
  for (const one of [secret, fresh])
    expect(JSON.stringify(webhooks) + listed.stdout + logged).not.toContain(one)
  await json('rm', String(id))
  expect((await json('ls')).webhooks).toEqual([])
})

it('says what is wrong', async () => {
  expect((await home.run('webhook', 'add', '甲')).stderr).toContain('--url')
  const url = ['--url', 'https://a.cn/']
  expect((await home.run('webhook', 'add', '甲', ...url, '--kinds', 'x')).code).toBe(2)
  expect((await home.run('webhook', 'add', '甲', '--url', 'http://a.cn/')).code).toBe(4)
  expect((await home.run('webhook', 'replay', '1', '--since', '昨天')).code).toBe(2)
  expect((await home.run('webhook', 'pause', '99')).code).toBe(4)
})
