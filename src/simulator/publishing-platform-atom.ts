/** An AtomPub collection (RFC 5023): POST makes a member and names its address in Location, PUT wants the
 *  ETag it was read with, DELETE removes it. Two equal posts make two members, as the protocol says. */
import { createHash } from 'node:crypto'
import {
  type Answer,
  type Call,
  type CallKind,
  createDocument,
  type Dialect,
  knowsBasic,
  type PlatformDocument,
  type PlatformWorld,
  publicPage,
} from './publishing-platform-world.ts'

const BASE = '/atom/entries'

export const atomDialect: Dialect = {
  base: BASE,
  kindOf,
  answer,
  refuse: () => ({ status: 400, body: 'no such category' }),
  strange: () => ({ status: 403, body: 'not welcome' }),
}

function kindOf({ method, url }: Call): CallKind | undefined {
  if (url.pathname.startsWith('/read/')) return 'page'
  if (url.pathname === BASE) return method === 'POST' ? 'create' : 'query'
  if (!url.pathname.startsWith(`${BASE}/`)) return undefined
  return ({ PUT: 'update', DELETE: 'withdraw', GET: 'read' } as const)[method]
}

function answer(call: Call, world: PlatformWorld): Answer {
  const kind = kindOf(call)
  const { documents } = world.ledger
  const id = call.url.pathname.split('/').at(-1) ?? ''
  const document = documents.get(id)
  if (kind === 'page') return publicPage(document, '示例门户')
  if (kind === undefined) return { status: 404, body: 'nothing here' }
  if (!knowsBasic(call, world))
    return {
      status: 401,
      headers: { 'WWW-Authenticate': 'Basic realm="atom"' },
      body: 'who is there?',
    }
  if (kind === 'query')
    return { status: 200, headers: FEED, body: '<feed xmlns="http://www.w3.org/2005/Atom"/>' }
  if (kind === 'create') return create(call, world)
  if (!document || document.state === 'withdrawn') return { status: 404, body: 'no such member' }
  if (kind === 'read') return entry(200, document, world)
  if (kind === 'withdraw') {
    document.state = 'withdrawn'
    return { status: 204, body: '' }
  }
  const match = call.headers['if-match']
  if (match !== undefined && match !== etagOf(document))
    return { status: 412, body: 'changed meanwhile' }
  const fields = entryFields(call)
  if (!fields) return { status: 415, body: 'an Atom entry is expected' }
  document.title = fields['title'] ?? ''
  document.body = fields['content'] ?? ''
  document.fields = fields
  document.version += 1
  return { status: 200, body: '' }
}

const FEED = { 'Content-Type': 'application/atom+xml;type=feed' }
const ENTRY = { 'Content-Type': 'application/atom+xml;type=entry' }

function create(call: Call, world: PlatformWorld): Answer {
  const fields = entryFields(call)
  if (!fields) return { status: 415, body: 'an Atom entry is expected' }
  const document = createDocument(world, {
    ...{
      id: String(world.ledger.next()),
      externalId: fields['id'] ?? '',
      fields,
      state: 'published',
    },
    ...{ title: fields['title'] ?? '', body: fields['content'] ?? '' },
  })
  const answer = entry(201, document, world)
  return {
    ...answer,
    headers: { ...answer.headers, Location: `${world.origin}${BASE}/${document.id}` },
  }
}

function entryFields({ headers, body }: Call): Record<string, string> | undefined {
  if (!(headers['content-type'] ?? '').startsWith('application/atom+xml')) return undefined
  const text = body.toString('utf8')
  const fields: Record<string, string> = {}
  for (const name of ['id', 'title', 'updated', 'summary', 'content']) {
    const found = new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`).exec(text)?.[1]
    if (found === undefined) return undefined
    fields[name] = decoded(found)
  }
  return { ...fields, slug: decodeURIComponent(headers['slug'] ?? '') }
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

function decoded(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));/g, (_, code, name) =>
    code === undefined ? (ENTITIES[String(name)] ?? '') : String.fromCodePoint(Number(code)),
  )
}

function etagOf({ id, version }: PlatformDocument): string {
  return `"${createHash('sha256').update(`${id}.${version}`).digest('hex').slice(0, 16)}"`
}

function entry(status: number, document: PlatformDocument, { origin }: PlatformWorld): Answer {
  const { id, externalId } = document
  const body = `<?xml version="1.0"?><entry xmlns="http://www.w3.org/2005/Atom"><id>${encoded(externalId)}</id><link rel="edit" href="${origin}${BASE}/${id}"/><link rel="alternate" href="${origin}/read/${id}"/></entry>`
  return { status, headers: { ...ENTRY, ETag: etagOf(document) }, body }
}

function encoded(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
