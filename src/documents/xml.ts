/** XML as a tree of elements, for office files. Refuses document types, so that nothing expands, and
 *  leaves namespaces' prefixes out. */
import { XMLParser } from 'fast-xml-parser'
import { Unreadable } from './archive.ts'

export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly (Element | string)[]
}

const NESTED_TAGS_MAX = 250

const parser = new XMLParser({
  ...{ preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: '' },
  ...{ removeNSPrefix: true, trimValues: false, parseTagValue: false, parseAttributeValue: false },
  ...{ processEntities: false, htmlEntities: false, maxNestedTags: NESTED_TAGS_MAX },
  ...{ ignoreDeclaration: true, ignorePiTags: true },
})

/** @throws Unreadable when the text is no XML or brings a document type. */
export function readXml(text: string): Element {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw new Unreadable('corrupt')
  try {
    const nodes: unknown = parser.parse(text)
    const [root] = Array.isArray(nodes) ? nodes.flatMap(toElement) : []
    if (root && typeof root !== 'string') return root
  } catch (error) {
    throw new Unreadable('corrupt', { cause: error })
  }
  throw new Unreadable('corrupt')
}

function toElement(node: unknown): readonly (Element | string)[] {
  if (typeof node !== 'object' || node === null) return []
  const { ':@': given, ...rest } = node as Readonly<Record<string, unknown>>
  const [member] = Object.entries(rest)
  if (!member) return []
  const [name, inner] = member
  if (name === '#text') return [decode(String(inner))]
  const children = Array.isArray(inner) ? inner.flatMap(toElement) : []
  return [{ name, attributes: attributesOf(given), children }]
}

function attributesOf(given: unknown): Readonly<Record<string, string>> {
  if (typeof given !== 'object' || given === null) return {}
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, decode(String(value))]),
  )
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const CODE_POINT_MAX = 0x10ffff

/** The five names of XML and numbers; whatever else stays as it is written. */
function decode(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi,
    (all, ...parts) => {
      const [decimal, hex, name] = parts as readonly (string | undefined)[]
      if (name !== undefined) return NAMED[name.toLowerCase()] ?? all
      const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
      return code <= CODE_POINT_MAX ? String.fromCodePoint(code) : all
    },
  )
}

/** All elements of a name below, in document order. */
export function* below(element: Element, name: string): Generator<Element> {
  for (const child of element.children) {
    if (typeof child === 'string') continue
    if (child.name === name) yield child
    yield* below(child, name)
  }
}

export function childOf(element: Element | undefined, name: string): Element | undefined {
  return childrenOf(element, name)[0]
}

export function childrenOf(element: Element | undefined, name: string): readonly Element[] {
  return (element?.children ?? []).filter(
    (child): child is Element => typeof child !== 'string' && child.name === name,
  )
}

export function textBelow(element: Element): string {
  return element.children
    .map((child) => (typeof child === 'string' ? child : textBelow(child)))
    .join('')
}
