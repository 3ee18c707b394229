/** The configuration: its defaults, and every fault at once without a secret in it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { CONFIG_FILE, ConfigFault, readConfig } from '../src/config.ts'

let cwd = ''
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'duoling-config-'))
})
afterEach(() => rm(cwd, { recursive: true }))

const file = (content: unknown) =>
  writeFile(join(cwd, CONFIG_FILE), typeof content === 'string' ? content : JSON.stringify(content))

function problems(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment, { cwd })
  } catch (error) {
    if (error instanceof ConfigFault) return error.problems
    throw error
  }
  return []
}

it('needs nothing: then it is practice mode on the loopback with a server of its own', () => {
  expect(readConfig({ DUOLING_PORT: '' }, { cwd })).toMatchObject({
    dataFolder: join(cwd, 'data'),
    ...{ port: 8020, host: '127.0.0.1', mode: 'practice' },
    ...{ databaseUrl: undefined, publicUrl: undefined, smtp: undefined },
  })
})

it('is never live by accident: a database alone does not make it so', () => {
  const DATABASE_URL = 'postgres://me:secret@db.example/duoling'
  expect(readConfig({ DATABASE_URL }, { cwd }).mode).toBe('practice')
})

it('reads the file and secrets by name', async () => {
  const smtp = { host: 'mail.example', port: 465, secure: true, from: '局 <a@example.gov.cn>' }
  const login = { user: 'hub', passwordSecret: 'smtp-password' }
  await file(
    `\uFEFF${JSON.stringify({
      ...{ mode: 'live', publicUrl: 'https://xx.example.gov.cn/col/' },
      smtp: { ...smtp, ...login },
    })}`,
  )
  const config = readConfig({ DUOLING_SECRET_SMTP_PASSWORD: '密' }, { cwd })
  expect(config).toMatchObject({ mode: 'live', publicUrl: 'https://xx.example.gov.cn/col' })
  expect(config.smtp).toEqual({ ...smtp, ...login })
  expect(config.secret('smtp-password')).toBe('密')
  expect(config.secret('other')).toBeUndefined()
  expect(JSON.stringify(config)).not.toContain('密')
})

it('lists every fault at once and repeats no password', async () => {
  await file({
    mode: 'production',
    publicUlr: 'https://x.example',
    smtp: { host: 'a b', port: 0, secure: 'yes', from: 'x', passwordSecret: 'Hunter2!' },
  })
  const found = problems({
    ...{ DUOLING_PORT: '80200', DUOLING_HOST: 'http://x', DUOLING_PROT: '1' },
    DATABASE_URL: 'mysql://root:hunter3@x/y',
  })
  const text = found.join('\n')
  for (const word of ['DUOLING_PORT', 'DUOLING_HOST', 'DATABASE_URL', 'mode', 'smtp.host'])
    expect(text).toContain(word)
  for (const word of ['smtp.port', 'smtp.secure', 'smtp.from', 'smtp.passwordSecret'])
    expect(text).toContain(word)
  expect(text).toContain('是不是 publicUrl')
  expect(text).toMatch(/DUOLING_PROT.*是不是 DUOLING_PORT/)
  expect(text).not.toMatch(/hunter/i)
})

it('says that a login is whole or not there', async () => {
  const smtp = { host: 'mail.example', port: 25, secure: false, from: 'a@example.gov.cn' }
  await file({ mode: 'live', smtp: { ...smtp, passwordSecret: 'mail-one' } })
  expect(problems({}).join('\n')).toContain('user')
})

it('quotes nothing of a file that is not JSON', async () => {
  await file('{"mode": "live", "password": hunter2}')
  const text = problems({}).join('\n')
  expect(text).toContain('JSON')
  expect(text).not.toContain('hunter2')
  await file('[]')
  expect(problems({})).toHaveLength(1)
})

it('opens sign-off at an address of its own only where a port is named', async () => {
  expect(readConfig({}, { cwd }).sign).toBeUndefined()
  expect(readConfig({ DUOLING_SIGN_PORT: '8021' }, { cwd }).sign).toEqual({
    ...{ port: 8021, host: '127.0.0.1' },
  })
  const both = { DUOLING_SIGN_PORT: '8021', DUOLING_SIGN_HOST: '0.0.0.0' }
  expect(readConfig(both, { cwd }).sign).toEqual({ port: 8021, host: '0.0.0.0' })
  expect(problems({ DUOLING_SIGN_HOST: '0.0.0.0' }).join()).toContain('DUOLING_SIGN_PORT')
  expect(problems({ DUOLING_SIGN_PORT: 'x' }).join()).toContain('DUOLING_SIGN_PORT')
  await file({ mode: 'practice', signUrl: 'https://qf.example.gov.cn/' })
  expect(readConfig({}, { cwd }).signUrl).toBe('https://qf.example.gov.cn')
  await file({ mode: 'practice', signUrl: 'https://qf.example.gov.cn/aj' })
  expect(problems({}).join()).toContain('signUrl')
})
