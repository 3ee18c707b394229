/** The register of clippings by the command line: refused without a proven person, entered with a scan, listed
 *  with its totals. The road by hand of the practice bureau takes a clipping as its confirmation too. */
import type { ChildProcess } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { ended, type Home, running } from '../support/command.ts'
import { newHomeOnServer } from '../support/home.ts'
import { type Signed, signIn } from '../support/logins.ts'

// A dozen commands, each a process of its own.
vi.setConfig({ testTimeout: 300_000 })

let home: Home
let server: ChildProcess
let as: Signed
beforeAll(async () => {
  home = await newHomeOnServer()
  server = home.start('serve')
  await running(home, server)
  as = await signIn(home, 'shen', 'lu', 'qian')
}, 120_000)
afterAll(async () => {
  server.kill('SIGTERM')
  await ended(server)
  await home.remove()
})

async function json(run: ReturnType<Signed>) {
  const { code, stdout, stderr } = await run
  if (code !== 0) throw new Error(`${code}: ${stderr}`)
  return JSON.parse(stdout)
}

async function fileOf(name: string, content: string): Promise<string> {
  const path = join(home.folder, name)
  await writeFile(path, content)
  return path
}

it('enters a clipping with its scan, lists the year, and counts the release once', async () => {
  const file = await fileOf('notice.md', '# 冬季安全生产通知\n\n各企业要落实防火、防冻措施。\n')
  const channels = ['--channels', 'press-newspaper']
  const made = await json(
    as('shen', 'compose', file, '--category', 'notice', ...channels, '--json'),
  )
  const bulletin = String(made.bulletin)
  await json(as('shen', 'submit', bulletin, '--answer', '已核对', '--json'))
  const hash = ['--hash', made.hash.slice(0, 16)]
  await json(as('lu', 'review', bulletin, '--opinion', 'publish', ...hash, '--json'))
  await json(as('qian', 'sign', bulletin, '--json'))
  // The server makes the task by itself.
  for (let open: unknown[] = []; open.length === 0; )
    open = (await json(home.run('tasks', '--json'))).open
  const year = ['--year', new Date().toISOString().slice(0, 4), '--json']
  const counted = async () => (await json(home.run('totals', ...year))).publications
  const before = await counted()

  const scan = await fileOf('cutting.png', 'a scanned cutting')
  const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10)
  const clipping = [
    ...['clippings', 'add', bulletin, 'press-newspaper', '--outlet', '示例日报'],
    ...['--kind', '报纸', '--on', today, '--picture', scan],
  ]
  const nobody = await home.run(...clipping, '--place', '第3版')
  expect(nobody.code).toBe(4)
  expect((await as('shen', ...clipping)).code).toBe(2)
  const first = await json(as('shen', ...clipping, '--place', '第3版', '--json'))
  expect(first).toMatchObject({ first: true })
  const again = await json(as('shen', ...clipping, '--place', '第4版', '--json'))
  expect(again).toMatchObject({ first: false })
  expect(await counted()).toBe(before + 1)

  const { rows, kinds } = await json(home.run('clippings', 'list', ...year))
  expect(rows).toHaveLength(2)
  expect(rows[0]).toMatchObject({
    outlet: '示例日报',
    place: '第3版',
    channelId: 'press-newspaper',
  })
  expect(kinds).toContainEqual({ kind: 'newspaper', clippings: 2, outlets: 1, bulletins: 1 })
  const shown = (await home.run('clippings')).stdout
  expect(shown).toContain('刊播凭证台账')
  expect(shown).toContain('示例日报')
})

it.each([
  [['clippings', 'list', '--outlet', '甲'], '--outlet'],
  [['clippings', 'add', '1', 'press-tv', '--kind', '电视'], '--outlet'],
  [['clippings', 'add', 'x', 'press-tv'], '信息编号'],
  [['clippings', 'remove', '1'], '用法'],
])('%j is said how to write', async (words, hint) => {
  const { code, stderr } = await home.run(...words)
  expect(code).toBe(2)
  expect(stderr).toContain(hint)
})
