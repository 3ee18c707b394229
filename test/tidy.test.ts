/** The architecture as a test. Each law is first shown to bite on a planted fault, then the real
 *  tree is held against all of them. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeViolation, violations } from './tidy/laws.ts'
import { readSource } from './tidy/source.ts'
import { readTree } from './tidy/tree.ts'

const ROOT = join(import.meta.dirname, '..')

/** Law and file of each violation; a text without an opening comment gets one. */
function broken(files: Readonly<Record<string, string>>): readonly string[] {
  const tree = new Map(
    Object.entries(files).map(([path, text]) => [path, `/** What it is. */\n${text}\n`]),
  )
  return violations(tree).map(({ law, path }) => `${law} ${path}`)
}

function importing(address: string): string {
  return `import { one } from '${address}'\nexport const two = one`
}

const REAL = readTree(ROOT)

describe('the real tree', () => {
  it('was read', () => {
    expect(REAL.has('src/domain/bulletin.ts')).toBe(true)
    expect(REAL.has('test/tidy.test.ts')).toBe(true)
    expect([...REAL.keys()].filter((path) => path.includes('node_modules'))).toEqual([])
  })

  it('breaks no law', () => {
    expect(violations(REAL).map(describeViolation)).toEqual([])
  })
})

describe('the import table refuses', () => {
  it.each([
    ['domain → hub', 'src/domain/bulletin.ts', '../hub/sign.ts'],
    ['domain → kit', 'src/domain/bulletin.ts', '../kit/hash.ts'],
    ['kit → domain', 'src/kit/hash.ts', '../domain/bulletin.ts'],
    ['contract → kit', 'channels/channel.ts', '../src/kit/hash.ts'],
    ['adapter → hub', 'channels/email.ts', '../src/hub/sign.ts'],
    ['adapter → another adapter', 'channels/email.ts', './press.ts'],
    ['adapter folder → another adapter', 'channels/sms/wire.ts', '../email.ts'],
    ['schedule → adapter', 'schedules/typhoon.ts', '../channels/email.ts'],
    ['hub → adapter', 'src/hub/attempt.ts', '../../channels/email.ts'],
    ['hub → store', 'src/hub/attempt.ts', '../store/claim.ts'],
    ['store → a door', 'src/store/claim.ts', '../hub/sign.ts'],
    ['portal → store', 'src/portal/item.ts', '../store/pages.ts'],
    ['http → channels', 'src/http/sign.ts', '../../channels/channel.ts'],
    ['simulator → hub', 'src/simulator/mail.ts', '../hub/sign.ts'],
    ['app → command line', 'src/app.ts', './cli/demo.ts'],
    ['app → the bridge to WeChat', 'src/app.ts', './wechaty/sender.ts'],
    ['adapter → the bridge to WeChat', 'channels/wechat-group.ts', '../src/wechaty/sender.ts'],
    ['migration → store', 'migrations/0009-more.ts', '../src/store/schema.ts'],
    ['migration → migration', 'migrations/0009-more.ts', './0001-people.ts'],
    ['product → test', 'src/hub/sign.ts', '../../test/tidy.test.ts'],
    ['a room nobody knows', 'src/misc/helper.ts', './other.ts'],
  ])('%s', (_, from, to) => {
    expect(broken({ [from]: importing(to) })).toEqual([`import-table ${from}`])
  })

  it.each([
    ['a type', `import type { Sign } from '../hub/sign.ts'\nexport type Two = Sign`],
    ['an inline type', `export type Two = import('../hub/sign.ts').Sign`],
    ['a lazy import', `export const two = () => import('../hub/sign.ts')`],
    ['a re-export', `export { sign } from '../hub/sign.ts'\nexport const two = 2`],
    ['a side effect', `import '../hub/sign.ts'\nexport const two = 2`],
  ])('%s as well', (_, text) => {
    expect(broken({ 'src/domain/two.ts': text })).toEqual(['import-table src/domain/two.ts'])
  })

  it('an address it cannot read', () => {
    const text = 'export const open = (name: string) => import(name)'
    expect(broken({ 'src/hub/open.ts': text })).toEqual(['readable-imports src/hub/open.ts'])
    expect(broken({ 'src/store/migrate.ts': text })).toEqual([])
  })
})

describe('the import table grants', () => {
  it.each([
    ['channels/email.ts', './channel.ts'],
    ['channels/sms.ts', './sms/wire.ts'],
    ['channels/sms/wire.ts', './frame.ts'],
    ['channels/node.ts', './email.ts'],
    ['channels/defaults.ts', '../src/domain/category.ts'],
    ['src/hub/attempt.ts', '../../channels/channel.ts'],
    ['src/store/claim.ts', '../hub/ports/queue.ts'],
    ['src/app.ts', './store/claim.ts'],
    ['src/cli/demo.ts', '../app.ts'],
    ['bin/duoling', '../src/cli/duoling.ts'],
    ['test/hub/sign.test.ts', '../../src/hub/sign.ts'],
  ])('%s → %s', (from, to) => {
    expect(broken({ [from]: importing(to) })).toEqual([])
  })

  it('nothing to words in comments and strings', () => {
    const text = `// import '../hub/sign.ts'\nexport const two = "import '../hub/sign.ts'"`
    expect(broken({ 'src/domain/two.ts': text })).toEqual([])
  })
})

describe('packages stay in their rooms', () => {
  it.each([
    ['src/hub/sign.ts', 'kysely'],
    ['src/hub/sign.ts', 'kysely/migration'],
    ['src/domain/year.ts', 'node:crypto'],
    ['src/domain/year.ts', 'zod'],
    ['src/portal/item.ts', 'pg'],
    ['src/hub/wake.ts', 'pg-boss'],
    ['channels/sms.ts', 'nodemailer'],
    ['channels/by-hand.ts', 'nodemailer'],
    ['src/hub/sign.ts', 'hono/html'],
    ['src/store/connect.ts', '@hono/node-server'],
    ['src/hub/tick.ts', 'node-cron'],
    ['src/kit/hash.ts', 'pino'],
    ['src/cli/import.ts', 'csv-parse/sync'],
    ['src/kit/hash.ts', 'left-pad'],
  ])('%s may not import %s', (path, name) => {
    expect(broken({ [path]: importing(name) })).toEqual([`packages-per-room ${path}`])
  })

  it.each([
    ['src/store/claim.ts', 'kysely'],
    ['migrations/0001-people.ts', 'kysely'],
    ['src/portal/item.ts', 'hono/html'],
    ['src/kit/csv.ts', 'csv-parse/sync'],
    ['src/hub/sign.ts', 'node:crypto'],
    ['test/bench/floor.ts', 'nodemailer'],
  ])('%s may import %s', (path, name) => {
    expect(broken({ [path]: importing(name) })).toEqual([])
  })
})

describe('the shape of a file', () => {
  const body = (lines: number) => '  use()\n'.repeat(lines)

  it('no cycles, types counted', () => {
    const files = {
      'src/hub/a.ts': `import type { B } from './b.ts'\nexport type A = B`,
      'src/hub/b.ts': `import { c } from './c.ts'\nexport type B = typeof c`,
      'src/hub/c.ts': `import type { A } from './a.ts'\nexport const c: A | 1 = 1`,
    }
    expect(broken(files)).toEqual(['no-cycles src/hub/a.ts'])
    expect(broken({ ...files, 'src/hub/c.ts': 'export const c = 1' })).toEqual([])
  })

  it('no barrels, no types.ts, no default exports', () => {
    const barrel = `import { b } from './b.ts'\nexport * from './a.ts'\nexport { b }`
    expect(broken({ 'src/hub/all.ts': barrel })).toEqual(['no-barrels src/hub/all.ts'])
    const types = { 'src/hub/types.ts': 'export type A = 1' }
    expect(broken(types)).toEqual(['no-types-file src/hub/types.ts'])
    for (const text of ['export default 1', 'const a = 1\nexport { a as default }'])
      expect(broken({ 'src/hub/a.ts': text })).toEqual(['no-default-export src/hub/a.ts'])
    expect(broken({ 'vitest.config.ts': 'export default {}' })).toEqual([])
  })

  it('300 lines a file', () => {
    const lines = (count: number) => Array.from({ length: count }, (_, n) => `use(${n})`).join('\n')
    expect(broken({ 'src/hub/a.ts': lines(299) })).toEqual([])
    expect(broken({ 'src/hub/a.ts': lines(300) })).toEqual(['file-length src/hub/a.ts'])
  })

  it('70 lines a function', () => {
    const law = ['function-length src/hub/a.ts']
    expect(broken({ 'src/hub/a.ts': `function a() {\n${body(68)}}` })).toEqual([])
    expect(broken({ 'src/hub/a.ts': `function a() {\n${body(69)}}` })).toEqual(law)
    expect(broken({ 'src/hub/a.ts': `const a = () => {\n${body(69)}}` })).toEqual(law)
    expect(broken({ 'src/hub/a.ts': `class A {\n m() {\n${body(69)}}\n}` })).toEqual(law)
    expect(broken({ 'src/hub/a.ts': `use(() => {\n${body(69)}})` })).toEqual(law)
    expect(broken({ 'migrations/0001-a.ts': `function up() {\n${body(200)}}` })).toEqual([])
  })

  it('a named function inside another counts for itself, a nameless one does not', () => {
    const factory = (inner: string) => `function make() {\n${inner}\n${inner}\nreturn 1\n}`
    const named = factory(`const send = async () => {\n${body(60)}}`)
    expect(broken({ 'src/hub/a.ts': named })).toEqual([])
    const nameless = factory(`use(async () => {\n${body(60)}})`)
    expect(broken({ 'src/hub/a.ts': nameless })).toEqual(['function-length src/hub/a.ts'])
    const titled = `describe('a', () => {\n${`it('b', () => {\n${body(60)}})\n`.repeat(4)}})`
    expect(broken({ 'test/a.test.ts': titled })).toEqual([])
  })

  it('lines are counted right behind Chinese text and a first line for the shell', () => {
    const [read] = readSource(`#!/usr/bin/env node\n// 木铎𠮷\nfunction a() {\n}\n`).functions
    expect(read).toEqual({ name: 'a', line: 3, lines: 2 })
  })

  it('an opening sentence, and text the parser can read', () => {
    const bare = violations(new Map([['src/hub/a.ts', 'export const a = 1\n']]))
    expect(bare.map(({ law }) => law)).toEqual(['opening-sentence'])
    expect(broken({ 'src/hub/a.ts': 'const a: = 1' })).toEqual(['readable src/hub/a.ts'])
  })

  it('rooms that are given time and settings do not reach for them', () => {
    const reaches = ['Date.now()', 'new Date()', 'Math.random()', 'process.env.HOME']
    for (const reach of reaches) {
      const text = `export const a = () => ${reach}`
      expect(broken({ 'src/hub/a.ts': text })).toEqual(['hands-tied src/hub/a.ts'])
      expect(broken({ 'src/store/a.ts': text })).toEqual([])
    }
    expect(broken({ 'src/hub/a.ts': 'export const a = new Date(0)' })).toEqual([])
  })
})

describe('words', () => {
  const planted = (...parts: readonly string[]) => broken({ 'docs/a.md': parts.join('') })

  it('no message that says nothing', () => {
    expect(planted('操作', '失败')).toEqual(['no-empty-message docs/a.md'])
    expect(planted('系统', '异常')).toEqual(['no-empty-message docs/a.md'])
  })

  it('nothing left over', () => {
    expect(planted('TO', 'DO: later')).toEqual(['nothing-left-over docs/a.md'])
    expect(planted('FIX', 'ME')).toEqual(['nothing-left-over docs/a.md'])
  })

  it('no path of one machine', () => {
    for (const path of ['/ho#me/li/a', '/Us#ers/li/a', 'C:\\Us#ers\\li', '/ro#ot/a'])
      expect(planted(path.replace('#', ''))).toEqual(['no-machine-path docs/a.md'])
    expect(planted('https://example.cn/ho', 'me/a')).toEqual([])
  })

  it('no test is switched off or singled out without a condition', () => {
    for (const text of ['it.only("a")', 'describe.skip("a")', 'test.each([1]).todo("a")'])
      expect(broken({ 'test/a.test.ts': text })).toEqual(['no-test-switch test/a.test.ts'])
    for (const text of ['it.skipIf(slow)("a")', 'describe.runIf(sink)("a")', 'list.skip(1)'])
      expect(broken({ 'test/a.test.ts': text })).toEqual([])
  })
})

describe('the tools bite too', () => {
  /** Runs one tool of `node_modules/.bin` on a small project; true when it found nothing. */
  function passes(tool: string, args: readonly string[], files: Record<string, string>): boolean {
    const folder = mkdtempSync(join(tmpdir(), 'duoling-tidy-'))
    try {
      mkdirSync(join(folder, 'src'))
      for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text)
      const bin = join(ROOT, 'node_modules', '.bin', tool)
      return spawnSync(bin, args, { cwd: folder, encoding: 'utf8' }).status === 0
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  it('biome finds a promise nobody waits for, across files', () => {
    const config = { root: true, extends: [join(ROOT, 'biome.json')], vcs: { enabled: false } }
    const lint = (call: string) =>
      passes('biome', ['lint', '--error-on-warnings', '.'], {
        'biome.json': JSON.stringify(config),
        'src/save.ts': 'export async function save(): Promise<void> {}\n',
        'src/run.ts': `import { save } from './save.ts'\n
export async function run(): Promise<void> {\n  ${call}\n}\n`,
      })
    expect(lint('await save()')).toBe(true)
    expect(lint('save()')).toBe(false)
  })

  it('knip finds an export nobody imports', () => {
    const dead = (text: string) =>
      passes('knip', ['--no-config-hints'], {
        'package.json': '{ "name": "planted", "type": "module" }',
        'knip.json': '{ "entry": ["src/run.ts"], "project": ["src/**/*.ts"] }',
        'src/save.ts': text,
        'src/run.ts': `import { save } from './save.ts'\n\nsave()\n`,
      })
    expect(dead('export const save = () => {}\n')).toBe(true)
    expect(dead('export const save = () => {}\nexport const dead = 1\n')).toBe(false)
  })
})
