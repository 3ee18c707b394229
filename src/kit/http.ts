/** The one way out over HTTP: connections pooled by host, no redirection followed, an answer's size and
 *  time limited. It never throws, and says whether a request certainly did not leave. */
import { isIP } from 'node:net'
import { Agent, type Dispatcher, Pool, request, WebSocket } from 'undici'
import { errorCode } from './environment-fault.ts'
import { lookupWithin } from './links.ts'

/** The shapes of the channel contract, which this room may not see; the composer joins the two. */
export interface WebRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'HEAD'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly timeoutMs: number
  readonly bytesMax: number
  readonly signal?: AbortSignal
}

export type WebAnswer =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: Uint8Array
    }
  | { readonly kind: 'unreachable'; readonly code: string }
  | { readonly kind: 'lost'; readonly code: string }

export interface WebClient {
  call(request: WebRequest): Promise<WebAnswer>
  close(): Promise<void>
}

const CONNECTIONS_A_HOST_MAX = 64
const CONNECT_MS_MAX = 10_000

/** One request on its way. `begun` is set just before its first byte may be written, so that whatever
 *  fails earlier (name, connection, certificate, waiting for a free connection) certainly did not leave. */
interface Journey {
  begun: boolean
  readonly signal: AbortSignal | undefined
}

/** `allows` judges each address where it is used, whatever name stands before it; without it every address
 *  may be reached. */
export function openWebClient({ allows }: { readonly allows?: Allows } = {}): WebClient {
  const agent = openAgent(allows)
  const watched = agent.compose(watchBegin)
  return {
    call: async (given) =>
      allows && !mayReach(given.url, allows)
        ? { kind: 'unreachable', code: 'EPRIVATE' }
        : call(watched, given),
    close: () => agent.close(),
  }
}

/** Of an address after its name was resolved, and the port the connection leads to. */
export type Allows = (address: string, port: number) => boolean

function openAgent(allows: Allows | undefined): Agent {
  return new Agent({
    connections: CONNECTIONS_A_HOST_MAX,
    connect: { timeout: CONNECT_MS_MAX },
    // One request at a time on a connection: a lost one leaves no other in doubt.
    pipelining: 1,
    ...(allows
      ? {
          factory: (origin: URL | string, options: object) => {
            const port = portOf(new URL(origin))
            const lookup = lookupWithin((address) => allows(address, port))
            return new Pool(origin, { ...options, connect: { timeout: CONNECT_MS_MAX, lookup } })
          },
        }
      : {}),
  })
}

/** A web socket to an address that `allows` lets through, under the same guard as a request. */
export function openGuardedSocket(
  url: string,
  options: { readonly headers: Readonly<Record<string, string>>; readonly allows: Allows },
): WebSocket | undefined {
  if (!mayReach(url, options.allows)) return undefined
  const agent = openAgent(options.allows)
  const socket = new WebSocket(url, { headers: { ...options.headers }, dispatcher: agent })
  socket.addEventListener('close', () => void agent.close().catch(() => {}))
  return socket
}

/** An address that is written as such is never looked up. */
function mayReach(address: string, allows: Allows): boolean {
  const url = URL.parse(address)
  if (!url) return false
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return isIP(host) === 0 || allows(host, portOf(url))
}

function portOf({ protocol, port }: URL): number {
  return Number(port) || (/^(?:https|wss):$/.test(protocol) ? 443 : 80)
}

/** The client tells a request's handler that it starts before it writes, and tells nobody else. */
function watchBegin(dispatch: Dispatcher.Dispatch): Dispatcher.Dispatch {
  return (options, handler) => {
    const { opaque } = options as { opaque?: Journey }
    return dispatch(options, {
      onRequestStart(controller, context) {
        // Whatever it waited for, a name, a connection or this process itself, may have come too late.
        if (opaque?.signal?.aborted) return controller.abort(new DOMException('', 'TimeoutError'))
        if (opaque) opaque.begun = true
        handler.onRequestStart?.(controller, context)
      },
      onRequestUpgrade: (...given) => handler.onRequestUpgrade?.(...given),
      onResponseStart: (...given) => handler.onResponseStart?.(...given),
      onResponseData: (...given) => handler.onResponseData?.(...given),
      onResponseEnd: (...given) => handler.onResponseEnd?.(...given),
      onResponseError: (...given) => handler.onResponseError?.(...given),
    })
  }
}

async function call(agent: Dispatcher, given: WebRequest): Promise<WebAnswer> {
  const timeout = AbortSignal.timeout(given.timeoutMs)
  const signal = given.signal ? AbortSignal.any([given.signal, timeout]) : timeout
  if (signal.aborted) return { kind: 'unreachable', code: 'aborted' }
  const journey: Journey = { begun: false, signal: given.signal }
  try {
    const response = await request(given.url, {
      ...{ dispatcher: agent, method: given.method, signal, opaque: journey },
      headers: { ...given.headers },
      body: given.body ?? null,
      headersTimeout: given.timeoutMs,
      bodyTimeout: given.timeoutMs,
    })
    const body = await readAll(response.body, given.bytesMax)
    if (body === undefined) return { kind: 'lost', code: 'answer-too-long' }
    const { statusCode: status, headers } = response
    return { kind: 'answer', status, headers: flat(headers), body }
  } catch (error) {
    const code = errorCode(error) ?? (error instanceof Error ? error.name : 'thrown')
    return { kind: journey.begun ? 'lost' : 'unreachable', code }
  }
}

async function readAll(
  stream: Dispatcher.ResponseData['body'],
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    // Leaving the loop destroys the stream: the rest is never read.
    if (size > bytesMax) return undefined
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

function flat(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined)
      found[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  return found
}
