/** Reads what a gateway said into a tree of named texts, and finds members of it by path. Whatever cannot
 *  be read is `undefined`: nobody guesses. */
import { XMLParser } from 'fast-xml-parser'
import { type Charset, decodeText, formDecoded } from '../../src/kit/charset.ts'

/** Patterns of settings run over so much text at most. */
const PATTERN_CHARACTERS_MAX = 1_000

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  // Ids of 64 bits would lose digits as numbers.
  parseTagValue: false,
  parseAttributeValue: false,
})

export interface Reading {
  readonly format: 'json' | 'xml' | 'form' | 'query' | 'text'
  readonly pattern?: string | undefined
}

export function treeFrom(
  bytes: Uint8Array,
  charset: Charset,
  { format, pattern }: Reading,
): unknown {
  const text = decodeText(bytes, charset).trim()
  try {
    switch (format) {
      case 'json':
        return JSON.parse(bigNumbersQuoted(text))
      case 'xml':
        return text.startsWith('<') ? parser.parse(text, true) : undefined
      case 'form':
      case 'query':
        return formDecoded(text, charset)
      case 'text':
        return new RegExp(pattern ?? '$^', 'u').exec(text.slice(0, PATTERN_CHARACTERS_MAX))?.groups
    }
  } catch {
    return undefined
  }
}

/** A message id of 18 digits written as a number keeps all of them. */
function bigNumbersQuoted(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g, (piece) =>
    piece.startsWith('"') ? piece : `"${piece}"`,
  )
}

function memberOf(tree: unknown, path: string): unknown {
  let found = tree
  for (const step of path === '' ? [] : path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined
    found = (found as Record<string, unknown>)[step]
  }
  return found
}

/** A text, a number or a truth as text; anything else is not there. */
export function textAt(tree: unknown, path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  const found = memberOf(tree, path)
  if (typeof found === 'string') return found.trim()
  return typeof found === 'number' || typeof found === 'boolean' ? String(found) : undefined
}

/** XML gives one record as an object and several as a list. */
export function recordsAt(tree: unknown, path: string): readonly unknown[] {
  const found = memberOf(tree, path)
  if (Array.isArray(found)) return found
  return typeof found === 'object' && found !== null ? [found] : []
}

export function holds(
  tree: unknown,
  rule: { readonly path: string; readonly in: readonly string[] } | undefined,
): boolean {
  if (!rule) return true
  const found = textAt(tree, rule.path)
  return found !== undefined && rule.in.includes(found)
}
