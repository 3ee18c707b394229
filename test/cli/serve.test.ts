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
