/** The server as an operator has it: it says where it is, answers, lets a verb work beside it, and comes
 *  back after being killed. */
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ended, type Home, newHome, running } from '../support/command.ts'

let home: Home
beforeAll(async () => {
  home = await newHome()
})
afterAll(() => home.remove())

it('starts, answers, works beside a verb, survives kill -9, and stops calmly', async () => {
  const first = home.start('serve')
  const before = await running(home, first)
  expect((await fetch(before.url)).status).toBe(200)
  expect(await (await fetch(before.firstRunUrl)).text()).toContain('练习模式')
  expect((await fetch(`${before.url}/first-run/guess`)).status).toBe(404)
  const beside = await home.run('totals', '--year', '2018', '--json')
  expect(beside.code).toBe(0)
  const twice = await home.run('serve')
  expect([twice.code, twice.stderr.includes(String(before.pid))]).toEqual([3, true])
  first.kill('SIGKILL')
  await ended(first)
  const second = home.start('serve')
  const output = ended(second)
  const after = await running(home, second)
  expect((await fetch(after.url)).status).toBe(200)
  second.kill('SIGTERM')
  const { code, stdout } = await output
  expect(code).toBe(0)
  for (const line of [after.url, after.firstRunUrl, home.environment['DUOLING_DATA']])
    expect(stdout).toContain(line)
}, 120_000)

it('names a taken port', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? String(address.port) : ''
  const other = await newHome({ DUOLING_PORT: port })
  const { code, stderr } = await other.run('serve')
  expect([code, stderr.includes(`端口 ${port} 已被`)]).toEqual([3, true])
  server.close()
  await other.remove()
}, 60_000)

it('opens sign-off alone at a port of its own', async () => {
  const own = await newHome({ DUOLING_SIGN_PORT: '0' })
  const child = own.start('serve')
  const output = ended(child)
  const { url, signUrl } = await running(own, child)
  const status = async (path: string) => {
    const { status: found } = await fetch(`${signUrl}${path}`, { redirect: 'manual' })
    return found
  }
  expect(await status('/healthz')).toBe(200)
  expect(await status('/sign/')).toBe(303)
  expect(await status('/sign/sign-in')).toBe(200)
  for (const path of ['/', '/api/v1/me', '/metrics', '/readyz', '/first-run/x', '/unsubscribe/x'])
    expect(await status(path), path).toBe(404)
  expect((await fetch(`${url}/sign/sign-in`)).status).toBe(200)
  child.kill('SIGTERM')
  const { code, stdout } = await output
  expect([code, stdout.includes(`${signUrl}/sign/`)]).toEqual([0, true])
  await own.remove()
}, 120_000)
