/** WordPress as its REST handbook describes posts and media: Basic with an application password, 201 on
 *  creation, a list filtered by slug and status, the trash. It takes the same post twice, as the real one. */
import {
  type Answer,
  type Call,
  type CallKind,
  createDocument,
  type Dialect,
  findExternal,
  isRecord,
  json,
  knowsBasic,
  type PlatformDocument,
  type PlatformWorld,
  publicPage,
  textOf,
} from './publishing-platform-world.ts'

const BASE = '/wp-json'
const POSTS = '/wp-json/wp/v2/posts'

export const wordpressDialect: Dialect = {
  base: BASE,
  kindOf,
  answer,
  refuse: () => failure(400, 'rest_invalid_param', 'Invalid parameter(s): categories'),
  strange: () =>
    failure(401, 'incorrect_password', 'The provided password is an invalid application password.'),
}

function kindOf({ method, url }: Call): CallKind | undefined {
  const { pathname } = url
  if (pathname === '/' && url.searchParams.has('p')) return 'page'
  if (pathname === '/wp-json/wp/v2/media') return 'upload'
  if (pathname === '/wp-json/wp/v2/users/me') return 'read'
  if (pathname === POSTS) return method === 'POST' ? 'create' : 'query'
  if (!pathname.startsWith(`${POSTS}/`)) return undefined
  return method === 'DELETE' ? 'withdraw' : 'update'
}

function answer(call: Call, world: PlatformWorld): Answer {
  const kind = kindOf(call)
  const { url } = call
  const { documents } = world.ledger
  if (kind === 'page') return publicPage(documents.get(url.searchParams.get('p') ?? ''), '示例网站')
  if (kind === undefined)
    return url.pathname === BASE
      ? json(200, { name: '示例网站' })
      : failure(404, 'rest_no_route', 'No route was found.')
  if (!knowsBasic(call, world)) return wordpressDialect.strange(world)
  if (kind === 'read') return json(200, { id: 1, name: world.account.user })
  if (kind === 'upload') return upload(call, world)
  if (kind === 'query') return query(call, world)
  const fields = kind === 'withdraw' ? {} : read(call)
  if (!fields) return failure(400, 'rest_invalid_json', 'Invalid JSON body passed.')
  if (kind === 'create') return create(fields, world)
  const document = documents.get(url.pathname.slice(POSTS.length + 1))
  if (!document) return failure(404, 'rest_post_invalid_id', 'Invalid post ID.')
  if (kind === 'withdraw') {
    if (document.state === 'withdrawn')
      return failure(410, 'rest_already_trashed', 'The post has already been deleted.')
    document.state = 'withdrawn'
    return json(200, facts(document, world))
  }
  document.title = textOf(fields, 'title')
  document.body = textOf(fields, 'content')
  document.fields = fields
  document.version += 1
  return json(200, facts(document, world))
}

function read({ body }: Call): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function upload({ headers, body }: Call, { ledger, origin }: PlatformWorld): Answer {
  const name = /filename="([^"]+)"/.exec(headers['content-disposition'] ?? '')?.[1]
  if (name === undefined)
    return failure(400, 'rest_upload_no_content_disposition', 'No Content-Disposition supplied.')
  const id = String(ledger.next())
  ledger.uploads.set(id, { id, name, bytes: body })
  return json(201, { id: Number(id), source_url: `${origin}/wp-content/uploads/${name}` })
}

/** Only the statuses asked for; the trash is no status of the list. */
function query({ url }: Call, world: PlatformWorld): Answer {
  const statuses = (url.searchParams.get('status') ?? 'publish').split(',')
  const found = findExternal(world, url.searchParams.get('slug') ?? '')
  const shown = found?.state === 'published' && statuses.includes('publish')
  return json(200, found && shown ? [facts(found, world)] : [])
}

function create(fields: Record<string, unknown>, world: PlatformWorld): Answer {
  const { categories } = fields
  const wrong = !Array.isArray(categories) || categories.some((one) => !Number.isInteger(one))
  if (wrong) return failure(400, 'rest_invalid_param', 'Invalid parameter(s): categories')
  const document = createDocument(world, {
    ...{ id: String(world.ledger.next()), externalId: textOf(fields, 'slug'), fields },
    ...{ title: textOf(fields, 'title'), body: textOf(fields, 'content') },
    state: fields['status'] === 'publish' ? 'published' : 'draft',
  })
  const answer = json(201, facts(document, world))
  return {
    ...answer,
    headers: { ...answer.headers, Location: `${world.origin}${POSTS}/${document.id}` },
  }
}

function facts({ id, title, externalId, state }: PlatformDocument, { origin }: PlatformWorld) {
  const status = state === 'withdrawn' ? 'trash' : state === 'draft' ? 'draft' : 'publish'
  return {
    id: Number(id),
    slug: externalId,
    status,
    link: `${origin}/?p=${id}`,
    title: { rendered: title },
  }
}

function failure(status: number, code: string, message: string): Answer {
  return json(status, { code, message, data: { status } })
}
