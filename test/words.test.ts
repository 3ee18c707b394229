/** The table of words is held to the code: each noun stands somewhere in it, and no word of either
 *  language stands twice. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ROOMS = ['src', 'channels', 'schedules', 'migrations']

interface Word {
  readonly chinese: string
  readonly noun: string
}

function wordsOf(page: string): readonly Word[] {
  const [, rest = ''] = page.split('## The words')
  const [table = ''] = rest.split('\n## ')
  return table.split('\n').flatMap((line) => {
    const [, chinese = '', noun = ''] = /^\| ([^|]+) \| `([a-z-]+)` \|/.exec(line) ?? []
    return chinese === '' ? [] : [{ chinese, noun }]
  })
}

/** Every name the code gives: folders and files, exports, tables, and the closed lists of the domain. */
function namesOfCode(): ReadonlySet<string> {
  const names = new Set<string>()
  for (const path of ROOMS.flatMap((room) =>
    readdirSync(`${ROOT}/${room}`, { recursive: true, encoding: 'utf8' }).map(
      (one) => `${room}/${one}`,
    ),
  )) {
    for (const part of path.replace(/\.ts$/, '').split('/')) names.add(kebab(part))
    if (!path.endsWith('.ts')) continue
    const text = readFileSync(`${ROOT}/${path}`, 'utf8')
    for (const name of found(text, EXPORT)) names.add(kebab(name))
    if (path.startsWith('migrations/'))
      for (const name of found(text, TABLE)) names.add(kebab(name))
    if (path.startsWith('src/domain/'))
      for (const list of found(text, LIST)) for (const name of found(list, MEMBER)) names.add(name)
  }
  return names
}

const EXPORT = /^export (?:async )?(?:const|function|interface|type|class) (\w+)/gm
const TABLE = /create table (\w+)/g
/** A closed list of the domain, and its words. */
const LIST = /^export const [A-Z_]+ = \[([^\]]+)\] as const/gm
const MEMBER = /'([a-z-]+)'/g

function found(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].flatMap(([, name]) => (name === undefined ? [] : [name]))
}

/** `AuditHead`, `audit_head`, `AUDIT_HEADS` and `audit-head` are one word. */
function kebab(name: string): string {
  const words = /^[A-Z0-9_]+$/.test(name) ? name : name.replace(/([a-z0-9])([A-Z])/g, '$1-$2')
  return words.replaceAll('_', '-').toLowerCase()
}

function twice(list: readonly string[]): readonly string[] {
  return list.filter((one, index) => list.indexOf(one) !== index)
}

function missing(words: readonly Word[], names: ReadonlySet<string>): readonly string[] {
  return words
    .map(({ noun }) => noun)
    .filter((noun) => !names.has(noun) && !names.has(`${noun}s`) && !names.has(`${noun}es`))
}

const words = wordsOf(readFileSync(`${ROOT}/ARCHITECTURE.md`, 'utf8'))

test('each noun of the table stands in the code', () => {
  expect(words.length).toBeGreaterThan(50)
  const names = namesOfCode()
  expect(missing(words, names)).toEqual([])
  // A word nobody uses is found.
  expect(missing([{ chinese: '无', noun: 'carrier-pigeon' }], names)).toEqual(['carrier-pigeon'])
})

test('no word stands twice', () => {
  const singles = words.flatMap(({ chinese }) => chinese.split(/[、,]\s*/))
  expect(twice(singles)).toEqual([])
  expect(twice(words.map(({ noun }) => noun))).toEqual([])
  expect(twice(['a', 'b', 'a'])).toEqual(['a'])
})
