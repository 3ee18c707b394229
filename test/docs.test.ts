/** The pages are held to the code: links lead somewhere, commands and environment variables exist, and
 *  the usage of each verb is the one it prints. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { PERMISSIONS } from '../src/http/permissions.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

interface Page {
  /** from the root */
  readonly path: string
  readonly text: string
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

function pages(): readonly Page[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  return [...readdirSync(ROOT), ...docs.map((one) => `docs/${one}`)]
    .filter((path) => path.endsWith('.md'))
    .map((path) => ({ path, text: read(path) }))
}

function deadLinks({ path, text }: Page): readonly string[] {
  const prose = text.replace(/^```.*?^```/gms, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, address = '']) => address)
    .filter((address) => !/^(?:[a-z]+:|#)/.test(address))
    .map((address) => address.replace(/#.*$/, ''))
    .filter((address) => !existsSync(join(ROOT, dirname(path), address)))
    .map((address) => `${path}: ${address}`)
}

/** `duoling VERB` in a span or block of code; placeholders are no verbs. */
function verbsNamed({ text }: Page): readonly string[] {
  const code = [...text.matchAll(/^```.*?^```|`[^`\n]+`/gms)].map(([one]) => one).join('\n')
  return [...code.matchAll(/(?<![\w./:@-])duoling ([a-z]+)\b(?![_.:/=-])/g)].map(
    ([, verb = '']) => verb,
  )
}

/** `import { compose } from './compose.ts'` in the command's own file. */
function verbFiles(): readonly (readonly [string, string])[] {
  const list = /const GROUPS[^=]*= (\[.*?\n\])/s.exec(read('src/cli/duoling.ts'))?.[1] ?? ''
  const named = new Set(
    [...list.matchAll(/verbs: \[([^\]]+)\]/g)].flatMap(([, verbs = '']) => verbs.split(/,\s*/)),
  )
  return [...read('src/cli/duoling.ts').matchAll(/^import \{ (\w+) \} from '(.+\.ts)'$/gm)].flatMap(
    ([, name = '', file = '']) => (named.has(name) ? [[name, file] as const] : []),
  )
}

interface VerbFacts {
  readonly name: string
  readonly usage: string
}

async function verbs(): Promise<readonly VerbFacts[]> {
  return Promise.all(
    verbFiles().map(async ([name, file]) => (await import(join(ROOT, 'src/cli', file)))[name]),
  )
}

test('every relative link leads to a file', () => {
  expect(pages().length).toBeGreaterThan(15)
  expect(pages().flatMap(deadLinks)).toEqual([])
  expect(deadLinks({ path: 'docs/a.md', text: '[b](no-such-page.md)' })).toEqual([
    'docs/a.md: no-such-page.md',
  ])
})

test('every command a page names is a command', async () => {
  const known = (await verbs()).map((verb) => verb.name)
  expect(known.length).toBeGreaterThan(20)
  const strange = pages().flatMap((page) =>
    verbsNamed(page)
      .filter((verb) => !known.includes(verb))
      .map((verb) => `${page.path}: duoling ${verb}`),
  )
  expect(strange).toEqual([])
  expect(verbsNamed({ path: 'a.md', text: 'so `duoling fly` does' })).toEqual(['fly'])
})

test('the page of the command line has each verb as it prints itself', async () => {
  const page = read('docs/cli.md')
  const wanted = (await verbs()).map(({ name, usage }) => `\nduoling ${name} ${usage}\n`)
  expect(wanted.filter((text) => !page.includes(text))).toEqual([])
})

/** Read as a name, or as the beginning of a family of names. */
const FAMILIES = ['DUOLING_SECRET_', 'DUOLING_TEST_']

test('every environment variable a page names is one that is read', () => {
  const code = read('src/config.ts') + read('src/cli/actor.ts')
  const strange = pages().flatMap(({ path, text }) =>
    [...text.matchAll(/\b(?:DUOLING_[A-Z_]+|DATABASE_URL)\b/g)]
      .map(([name]) => name)
      .filter((name) => !FAMILIES.some((family) => name.startsWith(family)))
      .filter((name) => !code.includes(`'${name}'`))
      .map((name) => `${path}: ${name}`),
  )
  expect(strange).toEqual([])
  for (const name of ['DUOLING_DATA', 'DUOLING_PORT', 'DUOLING_HOST', 'DATABASE_URL'])
    expect(read('docs/configuration.md')).toContain(`\`${name}\``)
})

test('the page of settings names every key of the configuration file', () => {
  const schemas = /const smtpSchema.*?type FileSettings/s.exec(read('src/config.ts'))?.[0] ?? ''
  const keys = [...schemas.matchAll(/^ {2}(\w+): (?:z\b|smtpSchema|z$)/gm)].map(([, key]) => key)
  expect(keys).toContain('publicUrl')
  const page = read('docs/configuration.md')
  expect(keys.filter((key) => !page.includes(`\`${key}\``))).toEqual([])
})

test('every route a page names is a route', () => {
  const known = Object.keys(PERMISSIONS).map((route) => route.replace(/:(\w+)/g, '{$1}'))
  const strange = pages().flatMap(({ path, text }) =>
    [...text.matchAll(/\b(GET|POST|PUT) +(?:\/api\/v1)?(\/[a-z][\w/{}-]*)/g)]
      .map(([, method, route = '']) => `${method} ${route.replace(/\/\d+/g, '/{id}')}`)
      .filter((route) => !known.includes(route))
      .map((route) => `${path}: ${route}`),
  )
  expect(strange).toEqual([])
})
