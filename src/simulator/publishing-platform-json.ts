/** A signed JSON platform as provincial intensive platforms describe theirs: token, HMAC-SM3 over method,
 *  path, query, body hash, time and nonce, drafts that are then published. A wrong signature is refused
 *  with the text that was expected under it. */
import { createHash, createHmac } from 'node:crypto'
import {
  type Answer,
  type Call,
  type CallKind,
  createDocument,
  type Dialect,
  findExternal,
  isRecord,
  json,
  type PlatformDocument,
  type PlatformWorld,
  publicPage,
  textOf,
} from './publishing-platform-world.ts'

const BASE = '/openapi'
/** Numbers as long as the ones real platforms give, which a double cannot hold. */
const FIRST_ID = 1_830_000_000_000_000_001n

export const jsonDialect: Dialect = {
  base: BASE,
  kindOf,
  answer,
  // A careless platform repeats what it was sent.
  refuse: ({ headers }) =>
    failure(
      '40001',
      `标题不符合要求，收到 ${headers['authorization'] ?? ''} ${headers['x-signature'] ?? ''}`,
    ),
  strange: () => failure('40301', '应用已停用'),
}

function kindOf({ method, url }: Call): CallKind | undefined {
  const path = url.pathname.slice(BASE.length)
  if (url.pathname.startsWith('/art/')) return 'page'
  if (path === '/token') return 'login'
  if (path === '/attachments') return 'upload'
  if (path === '/columns') return 'read'
  if (path === '/articles') return method === 'POST' ? 'create' : 'query'
  if (path.endsWith('/publish')) return 'publish'
  if (path.endsWith('/withdraw')) return 'withdraw'
  return method === 'PUT' ? 'update' : undefined
}

function answer(call: Call, world: PlatformWorld): Answer {
  const kind = kindOf(call)
  const id = /\/(?:articles|art)\/(\d+)/.exec(call.url.pathname)?.[1] ?? ''
  const document = world.ledger.documents.get(id)
  if (kind === 'page') return publicPage(document, '示例政务服务网')
  if (kind === undefined) return failure('40401', '没有这个接口', 404)
  const stranger = whyNotKnown(call, world, kind)
  if (stranger) return stranger
  switch (kind) {
    case 'login':
      return login(world)
    case 'upload':
      return upload(call, world)
    case 'read':
      return done({ items: world.columns ?? [] })
    case 'query':
      return query(call, world)
    case 'create':
      return create(call, world)
    default:
      return document ? change(kind, call, world, document) : failure('40402', '没有这一稿', 404)
  }
}

function whyNotKnown(
  call: Call,
  { account, ledger, refuseReplays }: PlatformWorld,
  kind: CallKind,
): Answer | undefined {
  const { headers, method, url, body } = call
  if (headers['x-app-key'] !== account.user) return failure('40301', '没有这个应用')
  const bodyHash = createHash('sm3').update(body).digest('hex')
  const nonce = headers['x-nonce'] ?? ''
  const expected = [
    method,
    url.pathname,
    url.search.slice(1),
    bodyHash,
    headers['x-timestamp'] ?? '',
    nonce,
  ].join('\n')
  const signature = createHmac('sm3', account.secret).update(expected).digest('hex')
  if (headers['x-signature'] !== signature)
    return json(401, { code: 40103, message: '签名不正确', data: { expected } })
  if (refuseReplays && ledger.nonces.has(nonce)) return failure('40104', '重复的 nonce')
  ledger.nonces.add(nonce)
  const token = (headers['authorization'] ?? '').replace(/^Bearer /, '')
  if (kind !== 'login' && !ledger.tokens.has(token)) return failure('40101', '令牌已过期', 401)
  return undefined
}

function login({ ledger }: PlatformWorld): Answer {
  const token = createHash('sha256').update(`token ${ledger.next()}`).digest('hex')
  ledger.tokens.add(token)
  return done({ token, expiresIn: 7200 })
}

function upload({ headers, body }: Call, { ledger, origin }: PlatformWorld): Answer {
  const parts = multipartParts(body, headers['content-type'] ?? '')
  const file = parts.find((part) => part.fileName !== undefined)
  const said = parts.find((part) => part.name === 'sha256')?.content.toString('utf8')
  if (!file) return failure('40003', '没有文件')
  if (createHash('sha256').update(file.content).digest('hex') !== said)
    return failure('40004', '文件与摘要不符')
  const id = `F${ledger.next()}`
  ledger.uploads.set(id, { id, name: file.fileName ?? '', bytes: file.content })
  return done({ id, url: `${origin}/files/${id}` })
}

interface Part {
  readonly name: string
  readonly fileName: string | undefined
  readonly content: Buffer
}

/** RFC 7578 */
function multipartParts(body: Buffer, mediaType: string): readonly Part[] {
  const boundary = /boundary=([\w-]+)/.exec(mediaType)?.[1]
  if (boundary === undefined) return []
  const text = body.toString('latin1')
  return text
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => {
      const end = part.indexOf('\r\n\r\n')
      const head = Buffer.from(part.slice(0, end), 'latin1').toString('utf8')
      return {
        name: /; name="([^"]*)"/.exec(head)?.[1] ?? '',
        fileName: /filename="([^"]*)"/.exec(head)?.[1],
        content: Buffer.from(part.slice(end + 4, -2), 'latin1'),
      }
    })
}

function query({ url }: Call, world: PlatformWorld): Answer {
  const found = findExternal(world, url.searchParams.get('externalId') ?? '')
  return done({ items: found ? [facts(found, world)] : [] })
}

function read(call: Call): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(call.body.toString('utf8'))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function create(call: Call, world: PlatformWorld): Answer {
  const fields = read(call)
  if (!fields) return failure('40005', '正文不是 JSON')
  const externalId = textOf(fields, 'externalId')
  const known = findExternal(world, externalId)
  if (known) return json(200, { code: 40901, message: '外部编号已存在', data: facts(known, world) })
  if (world.columns && !world.columns.includes(textOf(fields, 'columnId')))
    return failure('40002', '没有这个栏目')
  const id = String(FIRST_ID + BigInt(world.ledger.next()))
  const title = textOf(fields, 'title')
  const document = createDocument(world, {
    id,
    externalId,
    title,
    body: textOf(fields, 'content'),
    state: 'draft',
    fields,
  })
  return done(facts(document, world))
}

function change(
  kind: CallKind,
  call: Call,
  world: PlatformWorld,
  document: PlatformDocument,
): Answer {
  if (kind === 'publish') document.state = 'published'
  if (kind === 'withdraw') document.state = 'withdrawn'
  const fields = kind === 'update' ? read(call) : undefined
  if (kind === 'update' && !fields) return failure('40005', '正文不是 JSON')
  if (fields) {
    document.title = textOf(fields, 'title')
    document.body = textOf(fields, 'content')
    document.fields = fields
    document.version += 1
  }
  return done(facts(document, world))
}

function facts({ id, externalId, state }: PlatformDocument, { origin }: PlatformWorld) {
  return { docId: id, externalId, state, url: `${origin}/art/${id}.html` }
}

/** A number of 19 digits, written as a number. */
function bare(text: string): string {
  return text.replace(/"docId":"(\d+)"/g, '"docId":$1')
}

function done(data: unknown): Answer {
  const answer = json(200, { code: 0, message: 'ok', data })
  return { ...answer, body: bare(String(answer.body)) }
}

function failure(code: string, message: string, status = 200): Answer {
  return json(status, { code: Number(code), message, data: null })
}
