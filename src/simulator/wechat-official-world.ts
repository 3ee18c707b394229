/** What the simulated official account knows and answers: tokens, pictures, drafts, publications, sends.
 *  Written from the platform's pages (公众号文档: 草稿箱, 发布能力, 群发接口, 素材管理); it counts what it
 *  took, so that a double shows. */

export interface OfficialAccount {
  readonly appId: string
  readonly secret: string
}

export interface Article {
  readonly title: string
  readonly author: string
  readonly digest: string
  readonly content: string
  readonly link: string
  readonly cover: string
}

export interface PublishJob {
  readonly id: string
  readonly article: Article
  /** publish_status */
  status: number
  readonly articleId: string
}

export interface MassJob {
  readonly id: string
  readonly articles: readonly Article[]
  /** places that were taken down, from 1 */
  readonly deleted: Set<number>
  readonly clientId: string
  readonly filter: unknown
  status: 'SENDING' | 'SEND_SUCCESS' | 'SEND_FAIL' | 'DELETE'
}

export interface OfficialWorld {
  readonly account: OfficialAccount
  readonly origin: string
  /** API群发保护: a send waits for a tap */
  readonly protection: boolean
  /** publications stay open until they are finished from outside */
  readonly slowReview: boolean
  sendsLeft: number
  /** articles the platform takes in no draft */
  readonly refusedTitles: Set<string>
  token: string
  next: number
  readonly pictures: Map<string, Uint8Array>
  readonly materials: Map<string, Uint8Array>
  readonly drafts: Map<string, readonly Article[]>
  readonly publications: PublishJob[]
  readonly sends: MassJob[]
  readonly previews: { readonly to: string; readonly article: Article }[]
  /** one line a call that was taken: the same line twice is a double */
  readonly taken: string[]
}

export type Json = Readonly<Record<string, unknown>>

/** One call: its path below `/cgi-bin/`, and what was posted. */
export interface OfficialCall {
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Buffer
  readonly contentType: string
}

const PICTURE_BYTES_MAX = 1024 * 1024
const CONTENT_CHARACTERS_MAX = 20_000
const MASS_ID_FIRST = 9_007_199_254_740_993n
const PICTURE_HOST_PATH = '/mmbiz/'

export function refusal(errcode: number, errmsg: string): Json {
  return { errcode, errmsg }
}

export function answerCall(world: OfficialWorld, call: OfficialCall): Json | string {
  if (call.path === 'stable_token') return tokenAnswer(world, jsonOf(call))
  if (call.query.get('access_token') !== world.token)
    return refusal(40001, 'invalid credential, access_token is invalid or not latest')
  switch (call.path) {
    case 'media/uploadimg': {
      const bytes = pictureIn(call)
      if (!(bytes instanceof Uint8Array)) return bytes
      const url = `${world.origin}${PICTURE_HOST_PATH}${world.next++}/0`
      world.pictures.set(url, bytes)
      return { url, errcode: 0, errmsg: 'ok' }
    }
    case 'material/add_material': {
      const bytes = pictureIn(call)
      if (!(bytes instanceof Uint8Array)) return bytes
      if (call.query.get('type') !== 'image') return refusal(40004, 'invalid media type')
      const id = `material-${world.next++}`
      world.materials.set(id, bytes)
      return { media_id: id, url: `${world.origin}${PICTURE_HOST_PATH}${id}` }
    }
    default:
      return jsonAnswer(world, call.path, jsonOf(call), call.body.toString('utf8'))
  }
}

function tokenAnswer(world: OfficialWorld, body: Json): Json {
  if (body['grant_type'] !== 'client_credential') return refusal(40002, 'invalid grant_type')
  if (body['appid'] !== world.account.appId) return refusal(40013, 'invalid appid')
  if (body['secret'] !== world.account.secret) return refusal(40125, 'invalid appsecret')
  if (body['force_refresh'] === true) world.token = `token-${world.next++}`
  return { access_token: world.token, expires_in: 7_200 }
}

function jsonAnswer(world: OfficialWorld, path: string, body: Json, text: string): Json | string {
  switch (path) {
    case 'draft/add':
      return addDraft(world, body)
    case 'draft/get': {
      const draft = world.drafts.get(String(body['media_id']))
      return draft ? { news_item: draft } : refusal(40007, 'invalid media_id')
    }
    case 'draft/delete':
      world.drafts.delete(String(body['media_id']))
      return refusal(0, 'ok')
    case 'freepublish/submit':
      return publish(world, String(body['media_id']))
    case 'freepublish/get':
      return publicationOf(world, String(body['publish_id']))
    case 'freepublish/delete': {
      const job = world.publications.find((one) => one.articleId === body['article_id'])
      if (job?.status !== 0) return refusal(53600, 'Article ID invalid')
      job.status = 5
      return refusal(0, 'ok')
    }
    case 'message/mass/sendall':
      return send(world, body)
    case 'message/mass/get': {
      const job = world.sends.find((one) => one.id === String(body['msg_id']))
      if (!job) return refusal(40059, 'invalid msg id')
      return `{"msg_id":${job.id},"msg_status":"${job.status}"}`
    }
    case 'message/mass/delete': {
      const [, id] = /"msg_id":\s*"?(\d+)/.exec(text) ?? []
      return removeArticle(
        world.sends.find((one) => one.id === id),
        Number(body['article_idx'] ?? 0),
      )
    }
    case 'message/mass/preview': {
      const [article] = world.drafts.get(mediaIdOf(body)) ?? []
      if (!article) return refusal(40007, 'invalid media_id')
      world.previews.push({ to: String(body['touser']), article })
      return { errcode: 0, errmsg: 'preview success', msg_id: world.next++ }
    }
    default:
      return refusal(40066, 'invalid url')
  }
}

/** 该字段不填或填0会删除全部内容 */
function removeArticle(job: MassJob | undefined, place: number): Json {
  if (job?.status !== 'SEND_SUCCESS') return refusal(40059, 'invalid msg id')
  if (place > job.articles.length) return refusal(40060, 'invalid article idx')
  const places = place === 0 ? job.articles.map((_, index) => index + 1) : [place]
  for (const one of places) job.deleted.add(one)
  if (job.deleted.size === job.articles.length) job.status = 'DELETE'
  return refusal(0, 'ok')
}

function addDraft(world: OfficialWorld, body: Json): Json {
  const given = Array.isArray(body['articles']) ? (body['articles'] as Json[]) : []
  if (given.length === 0 || given.length > 8) return refusal(45008, 'article size out of limit')
  const articles: Article[] = []
  for (const one of given) {
    const article = readArticle(world, one)
    if ('errcode' in article) return article
    articles.push(article as Article)
  }
  const id = `draft-${world.next++}`
  world.drafts.set(id, articles)
  return { media_id: id, item: [] }
}

function readArticle(world: OfficialWorld, given: Json): Article | Json {
  const text = (name: string) => (typeof given[name] === 'string' ? (given[name] as string) : '')
  const long = (name: string, max: number) => [...text(name)].length > max
  if (text('title') === '' || long('title', 32)) return refusal(45003, 'title size out of limit')
  if (world.refusedTitles.has(text('title'))) return refusal(45166, 'invalid content')
  if (long('author', 16)) return refusal(45110, 'author size out of limit')
  if (long('digest', 128)) return refusal(45004, 'description size out of limit')
  if (text('content') === '') return refusal(44003, 'empty news data')
  if (long('content', CONTENT_CHARACTERS_MAX - 1))
    return refusal(45002, 'content size out of limit')
  const cover = text('thumb_media_id')
  if (!world.materials.has(cover)) return refusal(40007, 'invalid media_id')
  return {
    ...{ title: text('title'), author: text('author'), digest: text('digest'), cover },
    // 外部图片url将被过滤
    content: text('content').replace(/<img src="([^"]*)"[^>]*>/g, (whole, url: string) =>
      world.pictures.has(url) ? whole : '',
    ),
    link: text('content_source_url'),
  }
}

function publish(world: OfficialWorld, mediaId: string): Json {
  const [article] = world.drafts.get(mediaId) ?? []
  if (!article) return refusal(40007, 'invalid media_id')
  world.drafts.delete(mediaId)
  const id = String(100_000_000 + world.next++)
  const status = world.slowReview ? 1 : 0
  world.publications.push({ id, article, status, articleId: `article_${id}` })
  world.taken.push(article.title)
  return { errcode: 0, errmsg: 'ok', publish_id: id, msg_data_id: String(world.next++) }
}

export function articleUrl(world: OfficialWorld, { articleId }: PublishJob): string {
  return `${world.origin}/s/${articleId}`
}

function publicationOf(world: OfficialWorld, id: string): Json {
  const job = world.publications.find((one) => one.id === id)
  if (!job) return refusal(53600, 'publish_id invalid')
  const { status } = job
  const article_detail = { count: 1, item: [{ idx: 1, article_url: articleUrl(world, job) }] }
  return {
    ...{ publish_id: id, publish_status: status },
    ...(status === 0 ? { article_id: job.articleId, article_detail } : {}),
    fail_idx: status === 2 || status === 4 ? [1] : [],
  }
}

function send(world: OfficialWorld, body: Json): Json | string {
  const clientId = typeof body['clientmsgid'] === 'string' ? body['clientmsgid'] : ''
  if (clientId.length > 32) return refusal(45067, 'clientmsgid size out of limit')
  const known = world.sends.find((one) => clientId !== '' && one.clientId === clientId)
  if (known) return `{"errcode":45065,"errmsg":"clientmsgid exist","msg_id":${known.id}}`
  if (body['msgtype'] !== 'mpnews') return refusal(40008, 'invalid message type')
  const mediaId = mediaIdOf(body)
  const articles = world.drafts.get(mediaId)
  if (!articles) return refusal(40007, 'invalid media_id')
  if (world.sendsLeft <= 0) return refusal(45028, 'has no masssend quota')
  world.sendsLeft--
  world.drafts.delete(mediaId)
  const id = String(MASS_ID_FIRST + BigInt(world.next++))
  const status = world.protection ? 'SENDING' : 'SEND_SUCCESS'
  world.sends.push({
    ...{ id, articles, clientId, status, filter: body['filter'], deleted: new Set<number>() },
  })
  world.taken.push(...articles.map(({ title }) => title))
  return `{"errcode":0,"errmsg":"send job submission success","msg_id":${id},"msg_data_id":${world.next++}}`
}

function mediaIdOf(body: Json): string {
  const news = body['mpnews']
  return typeof news === 'object' && news !== null && 'media_id' in news
    ? String(news.media_id)
    : ''
}

function jsonOf({ body }: OfficialCall): Json {
  try {
    const tree: unknown = JSON.parse(body.toString('utf8'))
    return typeof tree === 'object' && tree !== null ? (tree as Json) : {}
  } catch {
    return {}
  }
}

/** RFC 7578: the one part called media. */
function pictureIn({ body, contentType }: OfficialCall): Uint8Array | Json {
  const [, boundary] = /boundary=([\w-]+)/.exec(contentType) ?? []
  const raw = body.toString('latin1')
  const start = raw.indexOf('\r\n\r\n')
  const end = raw.lastIndexOf(`\r\n--${boundary}--`)
  if (boundary === undefined || start < 0 || end < start || !raw.includes('name="media"'))
    return refusal(41005, 'media data missing')
  const bytes = body.subarray(start + 4, end)
  if (bytes.length >= PICTURE_BYTES_MAX) return refusal(40009, 'invalid image size')
  const jpeg = bytes[0] === 0xff && bytes[1] === 0xd8
  const png = bytes.subarray(1, 4).toString('latin1') === 'PNG'
  return jpeg || png ? bytes : refusal(40005, 'invalid file type')
}
