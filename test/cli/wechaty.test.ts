/** `duoling wechaty` as a person starts it: wrong settings named at once, practice refused, packages that are not
 *  there named with their command, and a bridge that is asked, watched and stopped. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isInstalled } from '../../src/wechaty/connect.ts'
import { ended, type Home, newHome } from '../support/command.ts'
import { freePort } from '../support/free-port.ts'

const SECRET = 'bridge-secret-not-said'
const TOKEN = 'insecure_token-not-said'
const installed = ['wechaty', 'wechaty-puppet-service'].every(isInstalled)
let home: Home

beforeEach(async () => {
  home = await newHome({
    DUOLING_SECRET_WECHAT_BRIDGE: SECRET,
    DUOLING_SECRET_WECHATY_TOKEN: TOKEN,
    DUOLING_SECRET_SHORT: 'short',
  })
  await writeFile(join(home.folder, 'duoling.config.json'), '{"mode":"live"}')
})
afterEach(() => home.remove())

async function settings(given: unknown): Promise<string> {
  await writeFile(join(home.folder, 'bridge.json'), JSON.stringify(given))
  return 'bridge.json'
}

it('names every wrong setting at once, and no secret', async () => {
  const wrong = await settings({
    ...{ secret: 'Wechat Bridge', host: 'wechat', port: 70_000, puppet: 'left-pad', gapMs: 1 },
    ...{ puppetOptions: { token: TOKEN }, colour: 'red' },
  })
  const first = await home.run('wechaty', '--settings', wrong)
  expect(first.code).toBe(2)
  for (const field of ['secret', 'host', 'port', 'puppet', 'puppetOptions', 'gapMs', 'colour'])
    expect(first.stderr).toContain(`  ${field}：`)
  const missing = await settings({ secret: 'short', token: 'nowhere' })
  const second = await home.run('wechaty', '--settings', missing)
  expect(second.stderr).toContain('  token：')
  const short = await home.run('wechaty', '--settings', await settings({ secret: 'short' }))
  expect(short.stderr).toContain('至少 16 个字符')
  expect((await home.run('wechaty')).stderr).toContain('--settings')
  expect((await home.run('wechaty', 'fly', '--settings', missing)).code).toBe(2)
  for (const { stderr } of [first, second, short]) expect(stderr).not.toContain('not-said')
})

it('refuses in practice mode', async () => {
  await writeFile(join(home.folder, 'duoling.config.json'), '{"mode":"practice"}')
  const { code, stderr } = await home.run(
    ...(['wechaty', '--settings', await settings({ secret: 'wechat-bridge' })] as const),
  )
  expect([code, stderr.includes('练习模式')]).toEqual([4, true])
})

it('what is not installed is named with the command that installs it', async () => {
  const puppet = 'wechaty-puppet-nobody-has'
  const file = await settings({ secret: 'wechat-bridge', puppet })
  const { code, stderr } = await home.run('wechaty', '--settings', file)
  expect(code).toBe(3)
  expect(stderr).toMatch(/没有安装 wechaty[\s\S]*npm (?:ci|install) --prefix src\/wechaty/)
})

it('the rooms of a bridge that is not there', async () => {
  const file = await settings({ secret: 'wechat-bridge', port: await freePort() })
  const { code, stderr } = await home.run('wechaty', 'rooms', '--settings', file)
  expect(code).toBe(3)
  expect(stderr).toContain('连不上微信桥')
})

it.skipIf(!installed)('is started, asked and stopped, and says no token', async () => {
  const port = await freePort()
  const file = await settings({
    ...{ secret: 'wechat-bridge', port, token: 'wechaty-token' },
    // Nobody serves there: the bridge stands all the same, and says that nobody is logged in.
    puppetOptions: { endpoint: `127.0.0.1:${await freePort()}` },
  })
  const child = home.start('wechaty', '--settings', file, '--json')
  const end = ended(child)
  if (!child.stdout) throw new Error('no output')
  const [line = ''] = await new Promise<string[]>((resolve) => {
    const lines: string[] = []
    const reader = createInterface({ input: child.stdout ?? process.stdin })
    reader.on('line', (one) => resolve([...lines, one]))
    reader.on('close', () => resolve(lines))
  })
  const url = `http://127.0.0.1:${port}`
  expect(JSON.parse(line)).toEqual({ pid: child.pid, url, puppet: 'wechaty-puppet-service' })
  const health = await fetch(`${url}/v1/health`, { headers: { authorization: `Bearer ${SECRET}` } })
  expect(await health.json()).toMatchObject({ state: 'logged-out' })
  const rooms = await home.run('wechaty', 'rooms', '--settings', file)
  expect([rooms.code, rooms.stderr.includes('没有登录')]).toEqual([3, true])
  const second = await home.run('wechaty', '--settings', file)
  expect([second.code, second.stderr.includes('已被别的程序占用')]).toEqual([3, true])
  child.kill('SIGTERM')
  const { code, stdout, stderr } = await end
  expect(code).toBe(0)
  const log = await readFile(join(home.environment['DUOLING_DATA'] ?? '', 'wechaty.log'), 'utf8')
  for (const text of [stdout, stderr, log]) expect(text).not.toContain('not-said')
  expect(log).toContain('"started"')
})
