/** Tencent Cloud's short message service on the loopback: SendSms with an answer for each number, the queues of
 *  states and replies that give each record once, and TC3-HMAC-SHA256 verified as the document says. It counts
 *  what it took, pushes states, and sends nothing. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { serveOnLoopback } from './loopback.ts'
import {
  answerOf,
  openTencentWorld,
  pushedOf,
  type TencentFault,
  type TencentMessage,
  type TencentSmsOptions,
} from './tencent-sms-world.ts'

export interface TencentSmsSimulator {
  readonly port: number
  setFault(fault: TencentFault): void
  setLeft(left: number | undefined): void
  messages(): readonly TencentMessage[]
  /** acceptances by `SessionContext number`; 2 is a double */
  counts(): ReadonlyMap<string, number>
  /** what became of all open messages: pushed where a callback is given, otherwise kept to be pulled once */
  finish(delivered: boolean, callback?: string): Promise<number>
  reply(number: string, text: string, callback?: string): Promise<number>
  stop(): Promise<void>
}

const CLOCK_MS_MAX = 5 * 60_000

export async function startTencentSms(
  options: TencentSmsOptions = {},
): Promise<TencentSmsSimulator> {
  const key = options.key ?? { id: 'duoling', secret: 'simulator' }
  const now = options.now ?? (() => new Date())
  const world = openTencentWorld(options, now)
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('date', now().toUTCString())
    if (request.method === 'HEAD') return void response.writeHead(200).end()
    const action = String(request.headers['x-tc-action'] ?? '')
    const met = action === 'SendSms' ? world.fault : 'none'
    if (met === 'drop-before-body') return void request.socket.destroy()
    const body = await bodyOf(request)
    const refusal = refusalOf(request, body, key, now())
    const answer = refusal ?? answerOf(world, action, body.toString('utf8'), met)
    if (met === 'drop-after-body') request.socket.destroy()
    else if (met === 'garbage') response.writeHead(200).end('\u0000 <what> was {that')
    else if (met === 'server-error') response.writeHead(502).end('bad gateway')
    else if (met !== 'stall')
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ Response: { ...answer, RequestId: 'a0aabda6-0000-0000-0000' } }))
  }
  const loopback = await serveOnLoopback((request, response) => void serve(request, response), {
    port: options.port,
  })
  const { port } = loopback
  return {
    port,
    setFault(fault) {
      world.fault = fault
    },
    setLeft(left) {
      world.left = left
    },
    messages: () => world.messages,
    counts: () => world.counts,
    finish(delivered, callback) {
      const open = world.messages.filter(({ state }) => state === 'open')
      for (const message of open) message.state = delivered ? 'SUCCESS' : 'FAIL'
      if (callback !== undefined) return push(callback, open.map(pushedOf))
      world.reports.push(...open)
      return Promise.resolve(0)
    },
    reply(number, text, callback) {
      const time = Math.floor(now().getTime() / 1_000)
      const said = { extend: '', mobile: number, nationcode: '86', sign: '桐乡应急', text, time }
      if (callback !== undefined) return push(callback, said)
      world.replies.push({ number, text, time })
      return Promise.resolve(0)
    },
    stop: () => loopback.stop(),
  }
}

/** 0 when nobody answered as the document asks. */
async function push(callback: string, said: unknown): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  try {
    const response = await fetch(callback, { method: 'POST', headers, body: JSON.stringify(said) })
    const answer = (await response.json()) as { result?: unknown }
    return answer.result === 0 ? response.status : 0
  } catch {
    return 0
  }
}

function refusalOf(
  { headers }: IncomingMessage,
  body: Buffer,
  key: { readonly id: string; readonly secret: string },
  now: Date,
) {
  const refuse = (Code: string) => ({ Error: { Code, Message: Code } })
  const [, id, date = '', service = '', names = '', signature = ''] =
    /^TC3-HMAC-SHA256 Credential=(\w+)\/(\d{4}-\d\d-\d\d)\/(\w+)\/tc3_request,\s*SignedHeaders=([\w;-]+),\s*Signature=([0-9a-f]{64})$/.exec(
      String(headers['authorization'] ?? ''),
    ) ?? []
  if (id === undefined) return refuse('AuthFailure.InvalidAuthorization')
  if (id !== key.id) return refuse('AuthFailure.SecretIdNotFound')
  const timestamp = String(headers['x-tc-timestamp'] ?? '')
  const at = Number(timestamp) * 1_000
  if (!(Math.abs(at - now.getTime()) <= CLOCK_MS_MAX)) return refuse('AuthFailure.SignatureExpire')
  if (new Date(at).toISOString().slice(0, 10) !== date)
    return refuse('AuthFailure.SignatureFailure')
  const hosts = [String(headers['host']), String(headers['host']).replace(/:\d+$/, '')]
  // The official SDK signs a host without its port; nobody on the real port can tell.
  const proved = hosts.some((host) => {
    const lines = names
      .split(';')
      .map((name) => `${name}:${name === 'host' ? host : String(headers[name] ?? '')}\n`)
    const canonical = ['POST', '/', '', lines.join(''), names, sha256(body)].join('\n')
    const scope = `${date}/${service}/tc3_request`
    const text = `TC3-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(Buffer.from(canonical))}`
    const signing = hmac(hmac(hmac(`TC3${key.secret}`, date), service), 'tc3_request')
    return timingSafeEqual(hmac(signing, text), Buffer.from(signature, 'hex'))
  })
  if (!proved || !names.split(';').includes('content-type'))
    return refuse('AuthFailure.SignatureFailure')
  if (headers['x-tc-version'] !== '2021-01-11') return refuse('NoSuchVersion')
  if (headers['x-tc-region'] === undefined) return refuse('MissingParameter')
  return undefined
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function hmac(key: string | Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array))
  } catch {
    // Whoever went away gets no answer.
  }
  return Buffer.concat(chunks)
}
