/** The bridge as the hub sees it: a small interface in JSON on the loopback, behind one secret. It answers what
 *  it knows and writes down neither texts nor rooms. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sameDigest, sha256 } from '../kit/hash.ts'
import { isRecord, jsonRecord } from '../kit/json-record.ts'
import type { Puppet } from './puppet.ts'
import type { RoomKey, Sender, SendRequest } from './sender.ts'
import { within } from './within.ts'

export interface BridgeOptions {
  readonly host: string
  /** 0 takes any free port */
  readonly port: number
  readonly secret: string
  readonly puppet: Puppet
  readonly sender: Sender
  readonly lookupTimeoutMs: number
}

export interface Bridge {
  readonly url: string
  /** what was asked before is answered first */
  stop(): Promise<void>
}

interface Asked {
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  /** ends when whoever asked is gone */
  readonly signal: AbortSignal
}
interface Answer {
  readonly status: number
  readonly body: unknown
}
type Route = (options: BridgeOptions, asked: Asked) => Answer | Promise<Answer>

const BODY_BYTES_MAX = 256 * 1_024
const HEAD_BYTES_MAX = 8 * 1_024
const CONNECTIONS_MAX = 128
const HEAD_MS_MAX = 10_000
const REQUEST_MS_MAX = 30_000
const HEALTH_MS_MAX = 10_000
const ROOMS_SHOWN_MAX = 1_000
const KEY_CHARACTERS_MAX = 200
const TEXT_CHARACTERS_MAX = 20_000

const ROUTES: Readonly<Record<string, Route>> = {
  'GET /v1/health': health,
  'GET /v1/rooms': rooms,
  'GET /v1/sent': sent,
  'POST /v1/send': send,
  'POST /v1/recall': recall,
}

/** @throws the error of the listener when the address cannot be had */
export async function serveBridge(options: BridgeOptions): Promise<Bridge> {
  const secret = sha256(options.secret)
  const server = createServer(
    {
      ...{ maxHeaderSize: HEAD_BYTES_MAX, headersTimeout: HEAD_MS_MAX },
      requestTimeout: REQUEST_MS_MAX,
    },
    (request, response) => void serve(options, secret, request, response),
  )
  server.maxConnections = CONNECTIONS_MAX
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return { url: `http://${host}:${port}`, stop: () => close(server) }
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  await closed
}

async function serve(
  options: BridgeOptions,
  secret: Uint8Array,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  request.once('error', () => gone.abort())
  let answer: Answer
  try {
    answer = await answerTo(options, secret, request, gone.signal)
  } catch {
    // Nobody foresaw it, so nobody knows whether something was sent: the status says just that.
    answer = failed(500, 'unforeseen')
  }
  if (gone.signal.aborted) return
  response.writeHead(answer.status, {
    ...{ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    // The rest of a body that was not read would be taken for the next request.
    ...(request.complete ? {} : { connection: 'close' }),
  })
  response.end(JSON.stringify(answer.body))
}

async function answerTo(
  options: BridgeOptions,
  secret: Uint8Array,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<Answer> {
  const [, given = ''] = /^Bearer (.{1,500})$/.exec(request.headers.authorization ?? '') ?? []
  if (!sameDigest(sha256(given), secret)) return failed(401, 'secret')
  const url = URL.parse(request.url ?? '/', 'http://bridge')
  const name = `${request.method} ${url?.pathname}`
  const route = Object.hasOwn(ROUTES, name) ? ROUTES[name] : undefined
  if (!url || !route) return failed(404, 'no-such-route')
  const bytes = await bodyOf(request)
  if (bytes === undefined) return failed(413, 'too-long')
  const body = bytes.length === 0 ? {} : jsonRecord(bytes)
  if (body === undefined) return failed(400, 'unreadable')
  return route(options, { query: url.searchParams, body, signal })
}

function failed(status: number, code: string): Answer {
  return { status, body: { error: code } }
}

function good(body: unknown): Answer {
  return { status: 200, body }
}

/** Undefined when it is longer than anybody honest would send. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    const piece = Buffer.from(chunk as Uint8Array)
    bytes += piece.length
    if (bytes > BODY_BYTES_MAX) return undefined
    chunks.push(piece)
  }
  return Buffer.concat(chunks)
}

/** Logged in is what counts: that the process runs says nothing, and so the rooms are asked for. */
async function health({ puppet, lookupTimeoutMs }: BridgeOptions): Promise<Answer> {
  const standing = puppet.standing()
  const said = { puppet: puppet.name, state: standing.state }
  if (standing.state !== 'logged-in') return good(said)
  const { name, since } = standing
  try {
    const found = await within(puppet.rooms(), Math.min(lookupTimeoutMs, HEALTH_MS_MAX))
    return good({ ...said, name, since: since.toISOString(), rooms: found.length })
  } catch {
    return good({ ...said, state: 'unreachable' })
  }
}

async function rooms({ puppet, lookupTimeoutMs }: BridgeOptions, { query }: Asked) {
  if (puppet.standing().state !== 'logged-in') return failed(409, 'logged-out')
  const topic = query.get('topic') ?? ''
  try {
    const found = await within(puppet.rooms(), lookupTimeoutMs)
    const wanted = found.filter((one) => one.topic.includes(topic))
    return good({ total: wanted.length, rooms: wanted.slice(0, ROOMS_SHOWN_MAX) })
  } catch {
    return failed(503, 'unreachable')
  }
}

function sent({ sender }: BridgeOptions, { query }: Asked): Answer {
  return good(sender.outcomeOf(query.get('key') ?? '') ?? { outcome: 'unknown' })
}

async function send({ sender }: BridgeOptions, { body, signal }: Asked): Promise<Answer> {
  const request = readRequest(body)
  return request ? good(await sender.send(request, signal)) : failed(400, 'unreadable')
}

async function recall(
  { puppet, lookupTimeoutMs }: BridgeOptions,
  { body }: Asked,
): Promise<Answer> {
  const id = textIn(body, 'id', KEY_CHARACTERS_MAX)
  if (id === undefined) return failed(400, 'unreadable')
  if (puppet.standing().state !== 'logged-in') return failed(409, 'logged-out')
  const recalling = (async () => puppet.recall(id))()
  return good({ recalled: await within(recalling, lookupTimeoutMs).catch(() => false) })
}

function readRequest(body: Asked['body']): SendRequest | undefined {
  const key = textIn(body, 'key', KEY_CHARACTERS_MAX)
  const text = textIn(body, 'text', TEXT_CHARACTERS_MAX)
  const room = readRoom(body['room'])
  return key && text && room ? { key, text, room } : undefined
}

/** A name that is not known, or cannot be read, must not widen the search to what is left. */
function readRoom(given: unknown): RoomKey | undefined {
  if (!isRecord(given)) return undefined
  const { id, topic, ...strange } = given
  const read = {
    ...(id === undefined ? {} : { id: textIn(given, 'id', KEY_CHARACTERS_MAX) }),
    ...(topic === undefined ? {} : { topic: textIn(given, 'topic', KEY_CHARACTERS_MAX) }),
  }
  const values = Object.values(read)
  const wrong = values.length === 0 || values.includes(undefined) || Object.keys(strange).length > 0
  return wrong ? undefined : read
}

function textIn(
  body: Readonly<Record<string, unknown>>,
  name: string,
  charactersMax: number,
): string | undefined {
  const found = body[name]
  if (typeof found !== 'string' || found === '') return undefined
  return [...found].length > charactersMax ? undefined : found
}
