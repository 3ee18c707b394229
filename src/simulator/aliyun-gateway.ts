/** The gateway before Alibaba Cloud's products, on the loopback: it verifies ACS3-HMAC-SHA256 as the document "V3
 *  版本请求体和签名机制" says, refuses replays and old clocks, and has faults to set. A product answers behind it. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { serveOnLoopback } from './loopback.ts'

/** `drop-before-body` closes at the head of a request; behind the product (`drop-after-body`, `stall`,
 *  `garbage`, `server-error`) the call has been carried out. The others are the product's or the gateway's. */
export const ALIYUN_FAULTS = [
  'none',
  'refuse-recipient',
  'refuse-message',
  'unknown-code',
  'account',
  'balance',
  'throttled',
  'system-error',
  'minute-limit',
  'day-limit',
  'drop-before-body',
  'drop-after-body',
  'stall',
  'garbage',
  'server-error',
] as const
export type AliyunFault = (typeof ALIYUN_FAULTS)[number]

export interface AliyunAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

export interface AliyunGatewayOptions {
  /** 0 takes any free port */
  readonly port?: number
  readonly key?: { readonly id: string; readonly secret: string }
  /** what the gateway takes for the time, also in its answers */
  readonly now?: () => Date
}

export interface AliyunGateway {
  readonly port: number
  /** `only` limits a fault to calls whose parameters it is true of */
  setFault(fault: AliyunFault, only?: (parameters: URLSearchParams) => boolean): void
  stop(): Promise<void>
}

const CLOCK_MS_MAX = 15 * 60_000
/** A thousand numbers travel in the query. */
const HEAD_BYTES_MAX = 64 * 1024

/** @param sends the actions that faults are about; others are always answered */
export async function startAliyunGateway(
  options: AliyunGatewayOptions,
  sends: readonly string[],
  product: (action: string, parameters: URLSearchParams, fault: AliyunFault) => AliyunAnswer,
): Promise<AliyunGateway> {
  const key = options.key ?? { id: 'duoling', secret: 'simulator' }
  const now = options.now ?? (() => new Date())
  const nonces = new Set<string>()
  let fault: AliyunFault = 'none'
  let only = (_: URLSearchParams) => true
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('date', now().toUTCString())
    if (request.method === 'HEAD') return void response.writeHead(200).end()
    const action = String(request.headers['x-acs-action'] ?? '')
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const met = sends.includes(action) && only(url.searchParams) ? fault : 'none'
    if (met === 'drop-before-body') return void request.socket.destroy()
    const body = await bodyOf(request)
    const refusal = refusalOf(request, url, body, { key, now: now(), nonces })
    const parameters = new URLSearchParams(url.search)
    for (const [name, value] of new URLSearchParams(body.toString())) parameters.set(name, value)
    const answer = refusal ?? commonFault(met) ?? product(action, parameters, met)
    if (met === 'drop-after-body') request.socket.destroy()
    else if (met === 'garbage') response.writeHead(200).end('\u0000 <what> was {that')
    else if (met === 'server-error') response.writeHead(502).end('bad gateway')
    else if (met !== 'stall')
      response
        .writeHead(answer.status, { 'content-type': 'application/json;charset=utf-8' })
        .end(JSON.stringify({ RequestId: '9D4F6B9E-0000-0000-0000-000000000000', ...answer.body }))
  }
  const loopback = await serveOnLoopback((request, response) => void serve(request, response), {
    port: options.port,
    headBytesMax: HEAD_BYTES_MAX,
  })
  const { port } = loopback
  return {
    port,
    setFault(next, when = () => true) {
      fault = next
      only = when
    },
    stop: () => loopback.stop(),
  }
}

/** What the gateway says before the product is asked. */
function commonFault(fault: AliyunFault): AliyunAnswer | undefined {
  const told: Partial<Record<AliyunFault, readonly [number, string, string]>> = {
    throttled: [400, 'Throttling.User', 'Request was denied due to user flow control.'],
    account: [403, 'Forbidden.RAM', 'User not authorized to operate on the specified resource.'],
  }
  const one = told[fault]
  return one && { status: one[0], body: { Code: one[1], Message: one[2] } }
}

interface Judge {
  readonly key: { readonly id: string; readonly secret: string }
  readonly now: Date
  readonly nonces: Set<string>
}

function refusalOf(
  { headers, method }: IncomingMessage,
  url: URL,
  body: Buffer,
  { key, now, nonces }: Judge,
): AliyunAnswer | undefined {
  const refuse = (status: number, Code: string) => ({ status, body: { Code, Message: Code } })
  const authorization = String(headers['authorization'] ?? '')
  const [, id, names = '', signature = ''] =
    /^ACS3-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? []
  if (id === undefined) return refuse(400, 'IncompleteSignature')
  if (id !== key.id) return refuse(404, 'InvalidAccessKeyId.NotFound')
  const signed = names.split(';')
  const needed = Object.keys(headers).filter(
    (name) => name === 'host' || name === 'content-type' || name.startsWith('x-acs-'),
  )
  if (!needed.every((name) => signed.includes(name))) return refuse(400, 'IncompleteSignature')
  const hashed = sha256(body)
  if (headers['x-acs-content-sha256'] !== hashed) return refuse(400, 'SignatureDoesNotMatch')
  const lines = signed.map((name) => `${name}:${String(headers[name] ?? '').trim()}\n`).join('')
  const canonical = [
    ...[method ?? 'GET', url.pathname, canonicalQuery(url)],
    ...[lines, names, hashed],
  ].join('\n')
  const expected = createHmac('sha256', key.secret)
    .update(`ACS3-HMAC-SHA256\n${sha256(Buffer.from(canonical))}`)
    .digest()
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex')))
    return refuse(400, 'SignatureDoesNotMatch')
  const at = Date.parse(String(headers['x-acs-date'] ?? ''))
  if (!(Math.abs(at - now.getTime()) <= CLOCK_MS_MAX))
    return refuse(400, 'InvalidTimeStamp.Expired')
  const nonce = String(headers['x-acs-signature-nonce'] ?? '')
  if (nonce === '' || nonces.has(nonce)) return refuse(400, 'SignatureNonceUsed')
  nonces.add(nonce)
  return undefined
}

/** Decoded and encoded again: the sender's own spelling of the query proves nothing. */
function canonicalQuery({ searchParams }: URL): string {
  const encode = (text: string) =>
    [...Buffer.from(text)]
      .map((byte) => {
        const character = String.fromCharCode(byte)
        if (/[A-Za-z0-9._~-]/.test(character)) return character
        return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
      })
      .join('')
  return [...searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&')
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
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
