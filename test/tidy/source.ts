/** Reads one source file into what the laws ask about: imports, exports, functions, test switches.
 *  A real parser does it, so that words inside strings and comments are never taken for code. */
import { parseAst } from 'vitest/node'

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

export interface Import {
  /** undefined when the address is computed */
  readonly address: string | undefined
  readonly line: number
}

export interface Func {
  readonly name: string
  readonly line: number
  /** its own lines: named functions inside it count for themselves */
  readonly lines: number
}

export interface Source {
  readonly imports: readonly Import[]
  readonly functions: readonly Func[]
  /** lines of default exports */
  readonly defaults: readonly number[]
  /** nothing but imports and re-exports */
  readonly barrel: boolean
  /** tests switched off or singled out without a condition */
  readonly switches: readonly { readonly word: string; readonly line: number }[]
  /** reads of a clock, of chance or of the environment */
  readonly reaches: readonly { readonly word: string; readonly line: number }[]
}

interface Visit {
  readonly node: Node
  readonly parents: readonly Node[]
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

function childrenOf(node: Node): readonly Node[] {
  return Object.values(node).flat().filter(isNode)
}

function* walk(node: Node, parents: readonly Node[] = []): Generator<Visit> {
  yield { node, parents }
  const below = [...parents, node]
  for (const child of childrenOf(node)) yield* walk(child, below)
}

/** @throws Error when the text is no TypeScript. */
export function readSource(text: string): Source {
  // Node strips a script's first line; the parser need not know about it.
  const program: unknown = parseAst(text.replace(/^#!.*/, ''), { lang: 'ts' })
  if (!isNode(program)) throw new Error('the parser gave no tree')
  const lineAt = lineFinder(text.replace(/^#!.*/, ''))
  const visits = [...walk(program)]
  const body = childrenOf(program)
  return {
    imports: visits.flatMap(({ node }) => importOf(node, lineAt)),
    functions: functionsOf(visits, lineAt),
    defaults: visits.filter(({ node }) => isDefault(node)).map(({ node }) => lineAt(node.start)),
    barrel: body.some(isReexport) && body.every((node) => isReexport(node) || isImport(node)),
    switches: visits.flatMap(({ node }) => switchOf(node, lineAt)),
    reaches: visits.flatMap(({ node }) => reachOf(node, lineAt)),
  }
}

type LineAt = (offset: number) => number

function lineFinder(text: string): LineAt {
  const starts = [0]
  for (const match of text.matchAll(/\n/g)) starts.push(match.index + 1)
  return (offset) => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return low + 1
  }
}

function literal(value: unknown): string | undefined {
  if (!isNode(value) || value.type !== 'Literal') return undefined
  return typeof value['value'] === 'string' ? value['value'] : undefined
}

function nameOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined
  if (value.type === 'Identifier') return String(value['name'])
  return literal(value)
}

const IMPORTS = [
  'ImportDeclaration',
  'ImportExpression',
  'TSImportType',
  'ExportAllDeclaration',
  'ExportNamedDeclaration',
]

function importOf(node: Node, lineAt: LineAt): readonly Import[] {
  if (!IMPORTS.includes(node.type) || !isNode(node['source'])) return []
  return [{ address: literal(node['source']), line: lineAt(node.start) }]
}

function isImport(node: Node): boolean {
  return node.type === 'ImportDeclaration'
}

function isReexport(node: Node): boolean {
  if (node.type === 'ExportAllDeclaration') return true
  return node.type === 'ExportNamedDeclaration' && !isNode(node['declaration'])
}

function isDefault(node: Node): boolean {
  if (node.type === 'ExportDefaultDeclaration') return true
  return node.type === 'ExportSpecifier' && nameOf(node['exported']) === 'default'
}

const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']
const TESTS = ['describe', 'it', 'test', 'bench', 'suite']

/** The first name of a chain such as `test.skipIf(slow).each(rows)`. */
function rootOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined
  if (value.type === 'MemberExpression') return rootOf(value['object'])
  if (value.type === 'CallExpression') return rootOf(value['callee'])
  if (value.type === 'TaggedTemplateExpression') return rootOf(value['tag'])
  return nameOf(value)
}

/** A function is named by its declaration, its constant, its property or the title of its test. */
function functionName(node: Node, parent: Node | undefined): string | undefined {
  if (isNode(node['id'])) return nameOf(node['id'])
  if (!parent) return undefined
  if (parent.type === 'VariableDeclarator') return nameOf(parent['id'])
  if (['Property', 'MethodDefinition', 'PropertyDefinition'].includes(parent.type))
    return nameOf(parent['key'])
  if (parent.type === 'CallExpression' && TESTS.includes(rootOf(parent['callee']) ?? ''))
    return literal(childrenOf(parent).find((child) => literal(child) !== undefined)) ?? 'a test'
  return undefined
}

function functionsOf(visits: readonly Visit[], lineAt: LineAt): readonly Func[] {
  const found = visits
    .filter(({ node }) => FUNCTIONS.includes(node.type) && isNode(node['body']))
    .map(({ node, parents }) => ({ node, parents, name: functionName(node, parents.at(-1)) }))
  const named = found.filter(({ name }) => name !== undefined)
  const span = (node: Node) => lineAt(node.end - 1) - lineAt(node.start) + 1
  return found.map(({ node, name }) => {
    const inside = named.filter((other) => other.parents.includes(node))
    const outermost = inside.filter((one) => !inside.some(({ node: n }) => one.parents.includes(n)))
    const lines = outermost.reduce((sum, one) => sum - span(one.node), span(node))
    return { name: name ?? 'a function without a name', line: lineAt(node.start), lines }
  })
}

function switchOf(node: Node, lineAt: LineAt): Source['switches'] {
  if (node.type !== 'MemberExpression' || !TESTS.includes(rootOf(node) ?? '')) return []
  const word = nameOf(node['property']) ?? ''
  return ['only', 'skip', 'todo'].includes(word) ? [{ word, line: lineAt(node.start) }] : []
}

function reachOf(node: Node, lineAt: LineAt): Source['reaches'] {
  const empty = Array.isArray(node['arguments']) && node['arguments'].length === 0
  if (node.type === 'NewExpression' && nameOf(node['callee']) === 'Date' && empty)
    return [{ word: 'new Date()', line: lineAt(node.start) }]
  if (node.type !== 'MemberExpression') return []
  const word = `${nameOf(node['object'])}.${nameOf(node['property'])}`
  const reaches = ['Date.now', 'Math.random', 'process.env']
  return reaches.includes(word) ? [{ word, line: lineAt(node.start) }] : []
}
