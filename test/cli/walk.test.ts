/** A bulletin walks from a Markdown file to a withdrawn page by the command line alone, by people who prove
 *  who they are; whoever sits at the machine without a password reads, and signs nothing. */
import type { ChildProcess } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ended, type Home, running } from '../support/command.ts'
import { newHomeOnServer } from '../support/home.ts'
import { type Signed, signIn } from '../support/logins.ts'

// A dozen commands a test, each a process of its own.
vi.setConfig({ testTimeout: 300_000 })

let home: Home
let server: ChildProcess
let as: Signed
beforeAll(async () => {
  home = await newHomeOnServer()
  server = home.start('serve')
  await running(home, server)
  as = await signIn(home, 'shen', 'lu', 'qian', 'wu')
}, 120_000)
afterAll(async () => {
  server.kill('SIGTERM')
  await ended(server)
  await home.remove()
})

async function fileOf(name: string, text: string): Promise<string> {
  const path = join(home.folder, name)
  await writeFile(path, text)
  return path
}

async function json(run: ReturnType<Signed>) {
  const { code, stdout, stderr } = await run
  if (code !== 0) throw new Error(`${code}: ${stderr}`)
  return JSON.parse(stdout)
}

const status = (bulletin: number) => json(home.run('status', String(bulletin), '--json'))

/** Until the portal has it, for the server sends by itself. */
async function settled(bulletin: number, state: string): Promise<Record<string, unknown>> {
  for (;;) {
    const { publications } = await status(bulletin)
    const portal = publications.find(
      (one: { channel: string }) => one.channel === 'disclosure-portal',
    )
    if (portal?.state === state) return portal
  }
}

const TEXT = '# 关于加强冬季安全生产的通知\n\n各企业要落实防火、防冻、防滑措施。\n'

describe('one bulletin', () => {
  let bulletin: number
  let hash: string

  it('is composed, handed in, reviewed, signed and published', async () => {
    const file = await fileOf('notice.md', TEXT)
    const channels = ['--channels', 'disclosure-portal']
    const made = await json(
      as('shen', 'compose', file, '--category', 'notice', ...channels, '--json'),
    )
    bulletin = made.bulletin
    hash = made.hash
    expect(made).toMatchObject({ revision: 1, findings: expect.any(Array) })
    const word = String(bulletin)
    expect(await status(bulletin)).toMatchObject({ bulletin, state: 'draft', revision: 1 })
    await json(as('shen', 'submit', word, '--answer', '已核对', '--json'))
    expect(await status(bulletin)).toMatchObject({ state: 'submitted', next: '保密审查' })
    await json(
      as('lu', 'review', word, '--opinion', 'publish', '--hash', hash.slice(0, 16), '--json'),
    )
    expect(await status(bulletin)).toMatchObject({ state: 'reviewed' })
    const signed = await json(as('qian', 'sign', word, '--json'))
    expect(signed.dispatchIds).toHaveLength(1)
    const portal = await settled(bulletin, 'published')
    const page = await fetch(String(portal['url']))
    expect(await page.text()).toContain('防火、防冻、防滑')
  })

  it('is amended on the same page, then withdrawn', async () => {
    const word = String(bulletin)
    const file = await fileOf('again.md', TEXT.replace('防滑', '防滑、防中毒'))
    const edited = await json(
      as('shen', 'amend', word, file, '--reason', '补充一项', '--hash', hash.slice(0, 8), '--json'),
    )
    expect(edited).toMatchObject({ revision: 2, channels: ['disclosure-portal'] })
    await json(as('shen', 'submit', word, '--answer', '已核对', '--json'))
    await json(as('lu', 'review', word, '--opinion', 'publish', '--json'))
    await json(as('qian', 'sign', word, '--json'))
    const portal = await settled(bulletin, 'corrected')
    expect(await (await fetch(String(portal['url']))).text()).toContain('防中毒')
    await json(as('qian', 'withdraw', word, '--reason', '内容重复', '--json'))
    await settled(bulletin, 'withdrawn')
  })

  it('is returned with a reason, and stopped by one person', async () => {
    const file = await fileOf('other.md', '# 夏季用电提示\n\n请检查线路。\n')
    const { bulletin: other } = await json(
      as('shen', 'compose', file, '--category', 'notice', '--json'),
    )
    const word = String(other)
    await json(as('shen', 'submit', word, '--answer', '已核对', '--json'))
    await json(as('lu', 'return', word, '--reason', '请写明电话', '--json'))
    expect(await status(other)).toMatchObject({ state: 'returned' })
    const again = await as('shen', 'submit', word)
    expect([again.code, again.stderr.includes('退回')]).toEqual([4, true])
    await json(as('wu', 'stop', word, '--reason', '不再发布', '--json'))
    expect(await status(other)).toMatchObject({ state: 'stopped' })
  })

  it('says where a text is bad, and is not handed in before that is mended', async () => {
    const file = await fileOf(
      'bad.md',
      '# 处罚决定\n\n身份证号 11010519491231002X，绝密★启用前。\n',
    )
    const made = await json(as('shen', 'compose', file, '--category', 'penalty', '--json'))
    const word = String(made.bulletin)
    expect(JSON.stringify(made.findings)).not.toContain('11010519491231002X')
    const checked = await home.run('check', word)
    expect([checked.code, checked.stdout.includes('必须改')]).toEqual([1, true])
    const refused = await as('shen', 'submit', word, '--answer', '无妨')
    expect([refused.code, refused.stderr.includes('必须改掉')]).toEqual([4, true])
  })

  it('lifts a warning for the same channels', async () => {
    const file = await fileOf('warning.md', '# 高温橙色预警\n\n请落实防暑措施。\n')
    const options = [
      '--category',
      'warning',
      '--level',
      'orange',
      '--channels',
      'disclosure-portal',
    ]
    const warned = await json(as('shen', 'compose', file, ...options, '--json'))
    const end = await fileOf('lift.md', '# 解除高温橙色预警\n\n高温橙色预警已解除。\n')
    const lifted = await json(as('shen', 'lift', String(warned.bulletin), end, '--json'))
    expect(lifted).toMatchObject({ lifts: warned.bulletin, revision: 1 })
  })
})

describe('without a password', () => {
  it.each([
    ['review', '1', '--opinion', 'publish'],
    ['return', '1', '--reason', '试'],
    ['sign', '1'],
    ['withdraw', '1', '--reason', '试'],
    ['submit', '1'],
    ['stop', '1', '--reason', '试'],
  ])('%s is refused, and says how to prove who one is', async (...argv) => {
    const { code, stderr } = await home.run(...argv)
    expect([code, stderr.includes('--as')]).toEqual([4, true])
  })

  it('a wrong password opens nothing and is not repeated', async () => {
    const child = home.startAs('not-the-password-1', 'sign', '1', '--as', 'qian')
    const { code, stderr } = await ended(child)
    expect(code).toBe(4)
    expect(stderr).not.toContain('not-the-password-1')
  })
})

it('the audit of all this is one whole chain, and a rehearsed backup holds it', async () => {
  await json(home.run('audit', 'head', '--json'))
  expect(await json(home.run('audit', 'verify', '--json'))).toMatchObject({ ok: true })
  const folder = join(home.folder, 'backup')
  const made = await json(home.run('backup', folder, '--json'))
  expect(made.rows).toBeGreaterThan(50)
  expect(await json(home.run('restore', folder, '--verify', '--json'))).toMatchObject({ ok: true })
})
