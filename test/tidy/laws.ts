/** The laws of the house as one pure function from a tree of files to what breaks them. */
import { posix } from 'node:path'
import { importCycles } from './cycles.ts'
import {
  ANY_PACKAGE,
  COMPUTED_IMPORTS,
  coveredBy,
  DEFAULT_EXPORTS,
  FILE_LINES_MAX,
  FUNCTION_LINES_MAX,
  HANDS_TIED,
  LONG_FUNCTIONS,
  NO_PACKAGES,
  PACKAGES,
  whyNotImportable,
} from './rooms.ts'
import { readSource, type Source } from './source.ts'
import { textViolations } from './words.ts'

export interface Violation {
  readonly path: string
  readonly line: number
  readonly law: string
  readonly detail: string
}

export type Tree = ReadonlyMap<string, string>

export function violations(files: Tree): readonly Violation[] {
  const found: Violation[] = []
  const graph = new Map<string, readonly string[]>()
  for (const [path, text] of files) {
    found.push(...textViolations(path, text))
    if (!isSource(path, text)) continue
    const source = read(path, text, found)
    if (!source) continue
    found.push(...importViolations(path, source), ...shapeViolations(path, text, source))
    graph.set(path, localImports(path, source))
  }
  for (const cycle of importCycles(graph))
    found.push({ path: cycle[0] ?? '', line: 1, law: 'no-cycles', detail: cycle.join(' → ') })
  return found
}

export function describeViolation({ path, line, law, detail }: Violation): string {
  return `${path}:${line} ${law}: ${detail}`
}

function isSource(path: string, text: string): boolean {
  return /\.(ts|tsx|mts|mjs|js)$/.test(path) || /^#!.*\bnode\b/.test(text)
}

function read(path: string, text: string, found: Violation[]): Source | undefined {
  try {
    return readSource(text)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    found.push({ path, line: 1, law: 'readable', detail })
    return undefined
  }
}

function localImports(path: string, source: Source): readonly string[] {
  return source.imports.flatMap(({ address }) =>
    address?.startsWith('.') ? [posix.join(posix.dirname(path), address)] : [],
  )
}

function packageOf(address: string): string {
  const parts = address.split('/')
  return address.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? address)
}

function importViolations(path: string, source: Source): readonly Violation[] {
  return source.imports.flatMap(({ address, line }) => {
    if (address === undefined) {
      if (coveredBy(COMPUTED_IMPORTS, path)) return []
      return [{ path, line, law: 'readable-imports', detail: 'imports a computed address' }]
    }
    if (address.startsWith('.')) {
      const detail = whyNotImportable(path, posix.join(posix.dirname(path), address))
      return detail ? [{ path, line, law: 'import-table', detail }] : []
    }
    const detail = whyNotPackage(path, address)
    return detail ? [{ path, line, law: 'packages-per-room', detail }] : []
  })
}

function whyNotPackage(path: string, address: string): string | undefined {
  if (coveredBy(NO_PACKAGES, path)) return `this room imports no package, not ${address}`
  if (address.startsWith('node:') || coveredBy(ANY_PACKAGE, path)) return undefined
  const name = packageOf(address)
  const rooms = PACKAGES[name]
  if (!rooms) return `${name} has no row in the package table`
  return coveredBy(rooms, path) ? undefined : `${name} belongs to ${rooms.join(', ')}`
}

function shapeViolations(path: string, text: string, source: Source): readonly Violation[] {
  const at = (line: number, law: string, detail: string) => ({ path, line, law, detail })
  const found: Violation[] = []
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
  if (lines > FILE_LINES_MAX) found.push(at(lines, 'file-length', `${lines} > ${FILE_LINES_MAX}`))
  for (const { name, line, lines: own } of source.functions)
    if (own > FUNCTION_LINES_MAX && !coveredBy(LONG_FUNCTIONS, path))
      found.push(at(line, 'function-length', `${name}: ${own} > ${FUNCTION_LINES_MAX}`))
  if (posix.basename(path) === 'types.ts')
    found.push(at(1, 'no-types-file', 'a type lives with the noun it describes'))
  if (source.barrel) found.push(at(1, 'no-barrels', 'only passes on what others export'))
  if (!coveredBy(DEFAULT_EXPORTS, path))
    for (const line of source.defaults)
      found.push(at(line, 'no-default-export', 'a name given at the import drifts'))
  for (const { word, line } of source.switches)
    found.push(at(line, 'no-test-switch', `.${word}: say when, with skipIf or runIf`))
  if (coveredBy(HANDS_TIED, path))
    for (const { word, line } of source.reaches)
      found.push(at(line, 'hands-tied', `${word}: this room is given its time and settings`))
  if (!/^\s*\/[/*]/.test(text.replace(/^#!.*\n/, '')))
    found.push(at(1, 'opening-sentence', 'the first line says what this file is'))
  return found
}
