/** An older site group's interface: forms in GBK, one MD5 over the sorted fields and the key, and an answer
 *  of one flat object. What the form's bytes say in GBK is what is kept. */
import { createHash } from 'node:crypto'
import {
  type Answer,
  type Call,
  type CallKind,
  createDocument,
  type Dialect,
  findExternal,
  json,
  type PlatformDocument,
  type PlatformWorld,
  publicPage,
} from './publishing-platform-world.ts'

const BASE = '/jcms/interface'
const KINDS: Readonly<Record<string, CallKind>> = {
  '/article/find.do': 'query',
  '/article/add.do': 'create',
  '/article/edit.do': 'update',
  '/article/revoke.do': 'withdraw',
}

export const formDialect: Dialect = {
  base: BASE,
  kindOf,
  answer,
  refuse: () => failure('2001', '内容不符合栏目要求'),
  strange: () => failure('1001', '应用未授权'),
}

function kindOf({ url }: Call): CallKind | undefined {
  return url.pathname.startsWith('/jcms/art/') ? 'page' : KINDS[url.pathname.slice(BASE.length)]
}

function answer(call: Call, world: PlatformWorld): Answer {
  const kind = kindOf(call)
  if (kind === 'page') {
    const id = /\/art\/(\w+)/.exec(call.url.pathname)?.[1] ?? ''
    return publicPage(world.ledger.documents.get(id), '示例网站群')
  }
  if (kind === undefined) return { status: 404, body: 'no such interface' }
  const form = formOf(call.body)
  if (form.get('appid') !== world.account.user) return failure('1001', '应用未授权')
  const { signature, shown } = signed(form, world.account.secret)
  if (form.get('sign') !== signature)
    return json(200, { result: 'fail', errcode: '1002', errmsg: '签名错误', expected: shown })
  const fields = Object.fromEntries(form)
  if (kind === 'query') {
    const found = findExternal(world, form.get('syncid') ?? '')
    return json(200, found ? { result: 'success', ...facts(found, world) } : { result: 'success' })
  }
  if (kind === 'create') {
    const document = createDocument(world, {
      ...{ id: `A${world.ledger.next()}`, externalId: form.get('syncid') ?? '', fields },
      ...{ title: form.get('title') ?? '', body: form.get('content') ?? '', state: 'published' },
    })
    return json(200, { result: 'success', ...facts(document, world) })
  }
  const document = world.ledger.documents.get(form.get('articleid') ?? '')
  if (!document) return failure('2004', '没有这篇文章')
  if (kind === 'withdraw') document.state = 'withdrawn'
  else {
    document.title = form.get('title') ?? ''
    document.body = form.get('content') ?? ''
    document.fields = fields
    document.version += 1
  }
  return json(200, { result: 'success', ...facts(document, world) })
}

/** `%XX` and `+` of GBK bytes; what is no pair is left out. */
function formOf(body: Buffer): Map<string, string> {
  const text = (part: string) => {
    const bytes: number[] = []
    for (const match of part.replaceAll('+', ' ').matchAll(/%([0-9a-f]{2})|([\s\S])/gi))
      bytes.push(
        match[1] === undefined ? (match[2] ?? '').charCodeAt(0) : Number.parseInt(match[1], 16),
      )
    return new TextDecoder('gbk').decode(Uint8Array.from(bytes))
  }
  const pairs = body
    .toString('latin1')
    .split('&')
    .map((pair) => pair.split('='))
  return new Map(pairs.map(([name = '', value = '']) => [text(name), text(value)]))
}

/** MD5 in capitals over the bytes in GBK, which this machine writes only for what it read as GBK. */
function signed(form: ReadonlyMap<string, string>, key: string) {
  const parameters = [...form]
    .filter(([name, value]) => name !== 'sign' && value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  const bytes = gbkBytes(`${parameters}&key=${key}`)
  const signature = createHash('md5').update(bytes).digest('hex').toUpperCase()
  return { signature, shown: `${parameters}&key=＊＊＊` }
}

let codes: ReadonlyMap<string, number> | undefined

function readCodes(): ReadonlyMap<string, number> {
  const pairs: number[] = []
  for (let lead = 0x81; lead <= 0xfe; lead++)
    for (let trail = 0x40; trail <= 0xfe; trail++) pairs.push(lead, trail, 0x0a)
  const lines = new TextDecoder('gbk').decode(Uint8Array.from(pairs)).split('\n')
  const codes = lines.map((line, index) => {
    const at = index * 3
    return [line, ((pairs[at] ?? 0) << 8) | (pairs[at + 1] ?? 0)] as const
  })
  return new Map(codes.toReversed())
}

/** The inverse of the machine's own GBK decoder. */
function gbkBytes(text: string): Uint8Array {
  codes ??= readCodes()
  const bytes: number[] = []
  for (const character of text) {
    const code = character <= '\u007f' ? character.charCodeAt(0) : (codes.get(character) ?? 0x3f)
    if (code > 0xff) bytes.push(code >> 8)
    bytes.push(code & 0xff)
  }
  return Uint8Array.from(bytes)
}

function facts({ id }: PlatformDocument, { origin }: PlatformWorld) {
  return { articleid: id, url: `${origin}/jcms/art/${id}.html` }
}

function failure(errcode: string, errmsg: string): Answer {
  return json(200, { result: 'fail', errcode, errmsg })
}
