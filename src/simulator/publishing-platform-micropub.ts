/** A Micropub endpoint (W3C Recommendation, 23 May 2017): JSON creates, `action` updates and deletes by
 *  address, `q=source` shows one post. Two equal creations make two posts, as the standard allows. */
import {
  type Answer,
  type Call,
  type CallKind,
  createDocument,
  type Dialect,
  isRecord,
  json,
  type PlatformDocument,
  type PlatformWorld,
  publicPage,
  textOf,
} from './publishing-platform-world.ts'

const BASE = '/micropub'
const POSTS = '/notes/'

export const micropubDialect: Dialect = {
  base: BASE,
  kindOf,
  answer,
  refuse: ({ headers }) =>
    // A careless endpoint repeats what it was sent.
    failure(400, 'invalid_request', `name is not acceptable for ${headers['authorization'] ?? ''}`),
  strange: () => failure(403, 'forbidden', 'This user may not post here'),
}

function kindOf({ method, url, body }: Call): CallKind | undefined {
  if (url.pathname.startsWith(POSTS)) return 'page'
  if (url.pathname !== BASE) return undefined
  if (method === 'GET') return url.searchParams.get('q') === 'source' ? 'query' : 'read'
  if (method !== 'POST') return undefined
  const action = textOf(fieldsOf(body) ?? {}, 'action')
  if (action === '') return 'create'
  return ({ update: 'update', delete: 'withdraw' } as const)[action]
}

function answer(call: Call, world: PlatformWorld): Answer {
  const kind = kindOf(call)
  const { documents } = world.ledger
  const at = (address: string) => documents.get(address.split('/').at(-1) ?? '')
  if (kind === 'page') return publicPage(at(call.url.pathname), '示例站点')
  const { authorization = '' } = call.headers
  if (authorization === '') return failure(401, 'unauthorized', 'No access token')
  if (authorization !== `Bearer ${world.account.secret}`)
    return failure(401, 'insufficient_scope', 'This token may not do that')
  if (kind === 'read') {
    const asked = call.url.searchParams.get('q')
    return asked === 'config' ? json(200, {}) : failure(400, 'invalid_request', 'Unknown query')
  }
  const fields = fieldsOf(call.body)
  if (kind === 'create' && fields) return create(fields, world)
  const url = kind === 'query' ? call.url.searchParams.get('url') : textOf(fields ?? {}, 'url')
  const document = url?.startsWith(`${world.origin}${POSTS}`) ? at(url) : undefined
  // §3.8, example 25
  if (kind === undefined || !document || document.state === 'withdrawn')
    return failure(400, 'invalid_request', 'The post with the requested URL was not found')
  if (kind === 'query')
    return json(200, {
      properties: { name: [document.title], content: [{ html: document.body }] },
    })
  if (kind === 'withdraw') {
    document.state = 'withdrawn'
    return { status: 204, body: '' }
  }
  const { replace } = fields ?? {}
  const wrong = !isRecord(replace) || Object.values(replace).some((one) => !Array.isArray(one))
  if (wrong) return failure(400, 'invalid_request', 'The values of replace must be arrays')
  return update(document, replace)
}

function create({ type, properties }: Record<string, unknown>, world: PlatformWorld): Answer {
  const entry = Array.isArray(type) && type[0] === 'h-entry' && isRecord(properties)
  if (!entry || Object.values(properties).some((one) => !Array.isArray(one)))
    return failure(400, 'invalid_request', 'An h-entry with lists of values is expected')
  const [column] = valuesOf(properties, 'category')
  if (world.columns && !world.columns.includes(String(column)))
    return failure(400, 'invalid_request', 'There is no such category')
  const document = createDocument(world, {
    ...{
      id: String(world.ledger.next()),
      externalId: String(valuesOf(properties, 'uid')[0] ?? ''),
    },
    ...{ ...textsOf(properties), fields: properties, state: 'published' },
  })
  const headers = { Location: `${world.origin}${POSTS}${document.id}` }
  return { status: 201, headers, body: '' }
}

/** Properties that are not named stay as they are (§3.4.1). */
function update(document: PlatformDocument, replace: Record<string, unknown>): Answer {
  document.fields = { ...document.fields, ...replace }
  Object.assign(document, textsOf(document.fields))
  document.version += 1
  return { status: 204, body: '' }
}

function textsOf(properties: Readonly<Record<string, unknown>>): { title: string; body: string } {
  const [content] = valuesOf(properties, 'content')
  const body = isRecord(content) ? textOf(content, 'html') : String(content ?? '')
  return { title: String(valuesOf(properties, 'name')[0] ?? ''), body }
}

function valuesOf(properties: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const values = properties[name]
  return Array.isArray(values) ? values : []
}

function fieldsOf(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function failure(status: number, error: string, description: string): Answer {
  return json(status, { error, error_description: description })
}
