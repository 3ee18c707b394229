/** The loopback server under the simulators of office platforms: JSON in, JSON out, and the faults a wire can
 *  have. What is answered is the platform's own business. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { serveOnLoopback } from './loopback.ts'

/** `drop-before-body` closes at the head of a request; after the body (`drop-after-body`, `stall`, `garbage`,
 *  `server-error`) the message has been taken. */
export const WIRE_FAULTS = [
  'none',
  'drop-before-body',
  'drop-after-body',
  'stall',
  'garbage',
  'server-error',
] as const
export type WireFault = (typeof WIRE_FAULTS)[number]

export interface PlatformRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  /** an empty object when there is no body, or none that can be read */
  readonly body: Readonly<Record<string, unknown>>
  /** the body as it came, for what is no JSON */
  readonly text: string
}

export interface PlatformAnswer {
  readonly status?: number
  readonly body: unknown
}

export interface JsonPlatform {
  readonly port: number
  /** for what speaks another protocol over the same port */
  readonly server: Server
  stop(): Promise<void>
}

const BODY_BYTES_MAX = 8 * 1024 * 1024

export async function startJsonPlatform(options: {
  /** 0 takes any free port */
  readonly port?: number
  /** the fault of this request, known from its path */
  met(path: string): WireFault
  answer(request: PlatformRequest): PlatformAnswer
}): Promise<JsonPlatform> {
  const { port } = options
  return serveOnLoopback((request, response) => void serve(options, request, response), { port })
}

async function serve(
  { met, answer }: Parameters<typeof startJsonPlatform>[0],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  const fault = met(url.pathname)
  if (fault === 'drop-before-body') {
    request.socket.destroy()
    return
  }
  const text = await textOf(request)
  if (text === undefined) {
    request.socket.destroy()
    return
  }
  const given = answer({
    ...{ method: request.method ?? 'GET', path: url.pathname, query: url.searchParams },
    ...{ headers: request.headers, body: recordOf(text), text },
  })
  if (fault === 'drop-after-body') request.socket.destroy()
  else if (fault === 'garbage') response.writeHead(200).end('\u0000 <what> was {that')
  else if (fault === 'server-error') response.writeHead(502).end('<html>bad gateway</html>')
  else if (fault !== 'stall')
    response
      .writeHead(given.status ?? 200, { 'content-type': 'application/json; charset=UTF-8' })
      .end(JSON.stringify(given.body))
}

function recordOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(text)
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return { ...read }
  } catch {
    // A body nobody can read is an empty one.
  }
  return {}
}

async function textOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request) {
      const piece = Buffer.from(chunk as Uint8Array)
      bytes += piece.length
      if (bytes > BODY_BYTES_MAX) return undefined
      chunks.push(piece)
    }
  } catch {
    return undefined
  }
  return Buffer.concat(chunks).toString('utf8')
}
