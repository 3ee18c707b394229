/** Collects what a file says within one limit of characters and parts. */
import type { FilePart, FileText, PartKind } from '../domain/checks/file-text.ts'
import type { Archive } from './archive.ts'
import { childOf, type Element, readXml, textBelow } from './xml.ts'

const CHARACTERS_MAX = 1_000_000
const PARTS_MAX = 100_000

export interface Collector {
  add(kind: PartKind, place: string, text: string): void
  /** true once a limit is reached: nothing more is taken */
  readonly full: boolean
  done(active: boolean): FileText
}

export function collector(charactersMax = CHARACTERS_MAX): Collector {
  const parts: FilePart[] = []
  let left = charactersMax
  let cut = false
  return {
    add(kind, place, text) {
      if (text.trim() === '') return
      if (cut || parts.length >= PARTS_MAX || text.length > left) {
        if (!cut && left > 0) parts.push({ kind, place, text: text.slice(0, left) })
        cut = true
        return
      }
      left -= text.length
      parts.push({ kind, place, text })
    },
    get full() {
      return cut
    },
    done: (active) => ({ kind: 'text', parts, cut, active }),
  }
}

const PROPERTIES: readonly (readonly [part: string, name: string, place: string])[] = [
  ['docProps/core.xml', 'creator', '作者'],
  ['docProps/core.xml', 'lastModifiedBy', '最后修改者'],
  ['docProps/app.xml', 'Manager', '管理者'],
]
/** Further properties are looked through, but are nobody's trace by themselves. */
const OTHER_PROPERTIES: readonly (readonly [part: string, name: string, place: string])[] = [
  ['docProps/core.xml', 'title', '属性“标题”'],
  ['docProps/core.xml', 'subject', '属性“主题”'],
  ['docProps/core.xml', 'description', '属性“备注”'],
  ['docProps/core.xml', 'keywords', '属性“标记”'],
  ['docProps/app.xml', 'Company', '属性“公司”'],
]

export function isProperty(name: string): boolean {
  return name === 'docProps/core.xml' || name === 'docProps/app.xml'
}

export function addProperties(archive: Archive, into: Collector): void {
  const roots = new Map<string, Element>()
  const add = (kind: PartKind, [part, name, place]: (typeof PROPERTIES)[number]) => {
    const text = archive.text(part)
    if (text === undefined) return
    const root = roots.get(part) ?? readXml(text)
    roots.set(part, root)
    const property = childOf(root, name)
    if (property) into.add(kind, place, textBelow(property))
  }
  for (const property of PROPERTIES) add('author', property)
  for (const property of OTHER_PROPERTIES) add('text', property)
}

export function isActive(archive: Archive): boolean {
  return [...archive.names].some((name) =>
    /(?:vbaProject|activeX|embeddings\/.*\.(?:bin|exe))/i.test(name),
  )
}
