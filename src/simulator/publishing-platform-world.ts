/** What all simulated platforms share: documents with their states, tokens, uploads and public pages.
 *  Counts creations, so that the same item created twice shows as the same line twice. */

export type CallKind =
  | 'login'
  | 'upload'
  | 'query'
  | 'create'
  | 'publish'
  | 'update'
  | 'withdraw'
  | 'read'
  | 'page'

export interface Call {
  readonly method: string
  readonly url: URL
  /** names in lower case */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

export interface PlatformAccount {
  /** user, application id or key */
  readonly user: string
  readonly secret: string
}

export interface PlatformDocument {
  readonly id: string
  readonly externalId: string
  title: string
  body: string
  state: 'draft' | 'published' | 'withdrawn'
  /** how often it was changed since it was made */
  version: number
  /** everything the platform was told, under its own names */
  fields: Readonly<Record<string, unknown>>
}

export interface PlatformUpload {
  readonly id: string
  readonly name: string
  readonly bytes: Buffer
}

export interface Ledger {
  readonly documents: Map<string, PlatformDocument>
  readonly uploads: Map<string, PlatformUpload>
  readonly created: string[]
  readonly tokens: Set<string>
  readonly nonces: Set<string>
  /** a number nobody had before */
  next(): number
}

export interface PlatformWorld {
  readonly origin: string
  readonly ledger: Ledger
  readonly account: PlatformAccount
  readonly columns: readonly string[] | undefined
  readonly refuseReplays: boolean
}

/** One way of speaking; `refuse` is its "no" to one item, `strange` its "no" to whoever asks. */
export interface Dialect {
  readonly base: string
  kindOf(call: Call): CallKind | undefined
  answer(call: Call, world: PlatformWorld): Answer
  refuse(call: Call): Answer
  strange(world: PlatformWorld): Answer
}

export function openLedger(): Ledger {
  let last = 0
  return {
    documents: new Map(),
    uploads: new Map(),
    created: [],
    tokens: new Set(),
    nonces: new Set(),
    next: () => ++last,
  }
}

export function createDocument(
  { ledger }: PlatformWorld,
  given: Pick<PlatformDocument, 'id' | 'externalId' | 'title' | 'body' | 'state' | 'fields'>,
): PlatformDocument {
  const document: PlatformDocument = { ...given, version: 1 }
  ledger.documents.set(document.id, document)
  ledger.created.push(`${document.externalId} ${document.title}`)
  return document
}

export function findExternal(
  { ledger }: PlatformWorld,
  externalId: string,
): PlatformDocument | undefined {
  return [...ledger.documents.values()].find((one) => one.externalId === externalId)
}

export function json(status: number, value: unknown): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
    body: JSON.stringify(value),
  }
}

/** The page a reader sees; gone once it is withdrawn. */
export function publicPage(document: PlatformDocument | undefined, site: string): Answer {
  const headers = { 'Content-Type': 'text/html; charset=utf-8' }
  if (!document || document.state === 'draft')
    return { status: 404, headers, body: '<h1>没有这一页</h1>' }
  if (document.state === 'withdrawn') return { status: 410, headers, body: '<h1>信息已撤下</h1>' }
  const title = document.title.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
  const body = `<!doctype html><html><head><title>${title} - ${site}</title></head><body><h1>${title}</h1>${document.body}</body></html>`
  return { status: 200, headers, body }
}

/** RFC 7617 */
export function knowsBasic({ headers }: Call, { account }: PlatformWorld): boolean {
  const [scheme, given = ''] = (headers['authorization'] ?? '').split(' ')
  return (
    scheme === 'Basic' &&
    Buffer.from(given, 'base64').toString('utf8') === `${account.user}:${account.secret}`
  )
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function textOf(record: Readonly<Record<string, unknown>>, name: string): string {
  const value = record[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
