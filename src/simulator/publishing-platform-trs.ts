/** A TRS WCM data exchange as public programs call it: one address, a frame of XML that names service and
 *  method, callers known by their address. Documents are saved first and published after; the answers'
 *  form is 待核. */
import {
  type Answer,
  type Call,
  type CallKind,
  createDocument,
  type Dialect,
  findExternal,
  type PlatformDocument,
  type PlatformWorld,
  publicPage,
} from './publishing-platform-world.ts'

const BASE = '/wcm'
const PAGES = '/zwgk/'
const DOCUMENT = '605'

export const trsDialect: Dialect = {
  base: BASE,
  kindOf,
  answer,
  refuse: () => fault('1100', '文档标题不符合栏目要求'),
  strange: () => ({ status: 200, headers: { TRSNotLogin: 'true' }, body: '' }),
}

interface Frame {
  readonly service: string
  readonly method: string
  /** by their names in lower case: the platform does not tell cases apart */
  readonly parameters: ReadonlyMap<string, string>
}

function frameOf({ body }: Call): Frame | undefined {
  const text = body.toString('utf8')
  const found =
    /^<post-data><method type="(\w+)">(\w+)<\/method><parameters>([\s\S]*)<\/parameters><\/post-data>$/.exec(
      text,
    )
  if (!found) return undefined
  const [, method = '', service = '', inner = ''] = found
  const parameters = new Map<string, string>()
  for (const [, name = '', value = ''] of inner.matchAll(/<(\w+)>([\s\S]*?)<\/\1>/g))
    parameters.set(name.toLowerCase(), decoded(value))
  return { service, method, parameters }
}

function kindOf(call: Call): CallKind | undefined {
  if (call.url.pathname.startsWith(PAGES)) return 'page'
  if (call.method !== 'POST' || call.url.pathname !== `${BASE}/govcenter.do`) return undefined
  const { service, method, parameters } = frameOf(call) ?? {}
  switch (`${service}.${method}`) {
    case 'wcm6_document.save':
      return parameters?.get('objectid') === '0' ? 'create' : 'update'
    case 'wcm6_document.findById':
      return 'read'
    case 'wcm6_viewdocument.query':
      return 'query'
    case 'wcm6_publish.directPublish':
      return 'publish'
    case 'wcm6_publish.recallPublish':
    case 'wcm6_document.delete':
      return 'withdraw'
    default:
      return undefined
  }
}

function answer(call: Call, world: PlatformWorld): Answer {
  const { documents } = world.ledger
  if (call.url.pathname.startsWith(PAGES))
    return publicPage(documents.get(/_(\d+)\.html$/.exec(call.url.pathname)?.[1] ?? ''), '示例政府')
  const kind = kindOf(call)
  const frame = frameOf(call)
  if (!kind || !frame) return { status: 404, body: 'no such service' }
  if (call.url.searchParams.get('CRUSER') !== world.account.user) return trsDialect.strange(world)
  const { parameters } = frame
  const given = (name: string) => parameters.get(name) ?? ''
  if (kind === 'query') return query(given('duolingid'), world)
  if (kind === 'create') {
    if (!hasColumn(given('channelid'), world)) return fault('1001', '没有这个栏目')
    return result(String(save(parameters, world).id))
  }
  const id = given(kind === 'publish' || kind === 'withdraw' ? 'objectids' : 'objectid')
  const document = documents.get(id)
  if (!document) return fault('1002', `没有找到文档[${id}]`)
  if (kind === 'read') return xml(`<document>${facts(document, world)}</document>`)
  if (kind === 'update') {
    Object.assign(document, textsOf(parameters), { fields: Object.fromEntries(parameters) })
    document.version += 1
    return result(id)
  }
  if (frame.service === 'wcm6_publish' && given('objecttype') !== DOCUMENT)
    return fault('1003', '对象类型不正确')
  document.state = kind === 'publish' ? 'published' : 'withdrawn'
  return xml('<reports><is_success>true</is_success><title>操作完成</title></reports>')
}

function hasColumn(column: string, { columns }: PlatformWorld): boolean {
  return /^\d+$/.test(column) && (columns?.includes(column) ?? true)
}

function textsOf(parameters: ReadonlyMap<string, string>): { title: string; body: string } {
  return { title: parameters.get('doctitle') ?? '', body: parameters.get('dochtmlcon') ?? '' }
}

function save(parameters: ReadonlyMap<string, string>, world: PlatformWorld): PlatformDocument {
  return createDocument(world, {
    ...{ id: String(world.ledger.next()), state: 'draft', ...textsOf(parameters) },
    ...{ externalId: parameters.get('duolingid') ?? '', fields: Object.fromEntries(parameters) },
  })
}

/** What lies in the recycle bin is in no list. */
function query(externalId: string, world: PlatformWorld): Answer {
  const found = findExternal(world, externalId)
  const shown = found && found.state !== 'withdrawn'
  const inner = shown ? `<viewdocument>${facts(found, world)}</viewdocument>` : ''
  return xml(`<viewdocuments><num>${shown ? 1 : 0}</num>${inner}</viewdocuments>`)
}

/** The page has an address once it was published. */
function facts({ id, externalId, state }: PlatformDocument, { origin }: PlatformWorld): string {
  const url = state === 'published' ? `${origin}${PAGES}t20260701_${id}.html` : ''
  return `<docid>${id}</docid><duolingid>${encoded(externalId)}</duolingid><docpuburl>${url}</docpuburl>`
}

function result(text: string): Answer {
  return xml(`<result>${text}</result>`)
}

function fault(code: string, message: string): Answer {
  const body = `<fault><code>${code}</code><message>${encoded(message)}</message></fault>`
  return { ...xml(body), headers: { ...XML, TRSException: 'true' } }
}

const XML = { 'Content-Type': 'text/xml; charset=utf-8' }

function xml(body: string): Answer {
  return { status: 200, headers: XML, body: `<?xml version="1.0" encoding="UTF-8"?>${body}` }
}

function encoded(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
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
