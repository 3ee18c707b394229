/** The Atom feed (RFC 4287). Ids are made from the agency's credit code, never from an address, so
 *  that a reader knows an entry again after the portal moved. */
import type { PageLine } from '../hub/ports/pages.ts'
import { sha256 } from '../kit/hash.ts'
import type { Site } from './site.ts'

export const FEED_TYPE = 'application/atom+xml; charset=utf-8'
const ENTRIES_MAX = 50

/** Undefined where there is no such column. */
export async function feedOf(site: Site, categoryId?: string): Promise<string | undefined> {
  const { store, agencyId, practice } = site.settings
  if (categoryId !== undefined && !/^[a-z0-9-]{1,40}$/.test(categoryId)) return undefined
  const column = categoryId && (await store.columnName(agencyId, categoryId))
  if (categoryId !== undefined && !column) return undefined
  const owner = await site.owner()
  const only = categoryId === undefined ? {} : { categoryId }
  const lines = await store.list({ agencyId, ...only, offset: 0, limit: ENTRIES_MAX })
  const query = categoryId === undefined ? '' : `?category=${categoryId}`
  const title = `${practice ? '【练习模式】' : ''}${owner.name}信息公开${column ? ` ${column}` : ''}`
  const id = (path: string) => stableId(owner.creditCode, path)
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-CN">
<id>${id(`/feed.atom${query}`)}</id>
<title>${xml(title)}</title>
<updated>${latestOf(lines).toISOString()}</updated>
<author><name>${xml(owner.name)}</name></author>
<link rel="self" type="application/atom+xml" href="${xml(site.url(`/feed.atom${query}`))}"/>
<link rel="alternate" type="text/html" href="${xml(site.url(categoryId ? `/list/${categoryId}` : '/'))}"/>
${lines.map((line) => entryXml(line, id(line.path), site.url(line.path))).join('')}</feed>
`
}

function entryXml(line: PageLine, id: string, url: string): string {
  const mark = line.state === 'corrected' ? '［已更正］' : ''
  return `<entry>
<id>${id}</id>
<title type="text">${xml(mark + line.title)}</title>
<link rel="alternate" type="text/html" href="${xml(url)}"/>
<published>${line.publishedAt.toISOString()}</published>
<updated>${line.changedAt.toISOString()}</updated>
<category term="${xml(line.categoryId)}" label="${xml(line.categoryName)}"/>
</entry>
`
}

/** An empty feed must carry a time too, and one that stays. */
function latestOf(lines: readonly PageLine[]): Date {
  return new Date(Math.max(0, ...lines.map((line) => line.changedAt.getTime())))
}

/** A UUID of version 8: our own digest in the form every reader accepts. */
function stableId(creditCode: string, path: string): string {
  const bytes = sha256(`duoling feed ${creditCode} ${path}`).subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
  return `urn:uuid:${parts.join('-')}-${hex.slice(20)}`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

// One such character makes the whole feed unreadable.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

function xml(text: string): string {
  return text
    .toWellFormed()
    .replace(NOT_XML, '')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
