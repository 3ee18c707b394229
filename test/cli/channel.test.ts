/** `duoling channel add`, `ls` and `test` as they are typed, and `doctor` beside them. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Home } from '../support/command.ts'
import { newHomeOnServer } from '../support/home.ts'
import { type Signed, signIn } from '../support/logins.ts'

let home: Home
let as: Signed
let good: string
beforeAll(async () => {
  home = await newHomeOnServer()
  as = await signIn(home, 'shen', 'lu')
  good = join(home.folder, 'good.json')
  const settings = { addressing: 'place', fields: [{ label: '标题', content: 'title' }] }
  await writeFile(good, JSON.stringify(settings))
}, 60_000)
afterAll(() => home.remove())

const written = (file: string) => [
  ...['add', 'screen', '--name', '街头大屏', '--line', 'onsite', '--addressing', 'place'],
  ...['--adapter', 'by-hand', '--settings', file],
]

it('a channel is added by who may, and listed with what it can and how it stands', async () => {
  const bare = await as('shen', 'channel', 'add', 'screen')
  expect([bare.code, bare.stdout]).toEqual([2, ''])
  expect(bare.stderr).toContain('--name、--line、--addressing、--adapter、--settings')
  expect((await home.run('channel', ...written(good))).code).toBe(4)
  expect((await as('lu', 'channel', ...written(good))).code).toBe(4)
  const added = await as('shen', 'channel', ...written(good), '--json')
  expect([added.code, JSON.parse(added.stdout)]).toEqual([
    ...[0, { channelId: 'screen', roadId: 'main', adapter: 'by-hand' }],
  ])
  const { stdout } = await home.run('channel', 'ls', '--json')
  const { channels } = JSON.parse(stdout)
  expect(channels.at(-1)).toMatchObject({
    ...{ id: 'screen', line: 'onsite', addressing: 'place', addressKind: 'screen' },
    roads: [{ adapter: 'by-hand', state: 'ready', capabilities: { addressing: 'place' } }],
  })
  expect(stdout).not.toContain('settings')
}, 60_000)

it('a file that is no settings ends in one sentence', async () => {
  const file = join(home.folder, 'bad.json')
  for (const [text, code] of [
    ['{"a": "', 2],
    ['[1]', 2],
    [`{"host": "${'x'.repeat(300_000)}"}`, 4],
    ['{"__proto__": {"fields": 1}, "secret": "tY7-typed-by-mistake"}', 4],
    [`${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`, 4],
  ] as const) {
    await writeFile(file, text)
    const ended = await as('shen', 'channel', 'set', 'sms', 'x', ...written(file).slice(8))
    expect([ended.code, ended.stdout]).toEqual([code, ''])
    expect(ended.stderr).toMatch(/[一-鿿]/)
    expect(ended.stderr).not.toMatch(/\n\s+at |tY7-typed/)
  }
}, 60_000)

it('a test goes nowhere without an own test address', async () => {
  const ended = await as('shen', 'channel', 'test', 'email', '--to', 'x@elsewhere.example')
  expect([ended.code, ended.stdout]).toEqual([4, ''])
  expect(ended.stderr).toContain('只发给办理人本人')
  const place = await as('shen', 'channel', 'test', 'screen')
  expect([place.code, place.stderr.includes('公开位置')]).toEqual([4, true])
}, 60_000)
