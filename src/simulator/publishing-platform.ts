/** Publishing platforms on the loopback, with faults to set: a signed JSON platform, an older GBK form
 *  platform, TRS, WordPress, AtomPub and Micropub. They count what they took, so that a double shows; they tell nobody. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { serveOnLoopback } from './loopback.ts'
import { atomDialect } from './publishing-platform-atom.ts'
import { formDialect } from './publishing-platform-form.ts'
import { jsonDialect } from './publishing-platform-json.ts'
import { micropubDialect } from './publishing-platform-micropub.ts'
import { trsDialect } from './publishing-platform-trs.ts'
import { wordpressDialect } from './publishing-platform-wordpress.ts'
import {
  type Answer,
  type Call,
  type CallKind,
  type Dialect,
  openLedger,
  type PlatformAccount,
  type PlatformDocument,
  type PlatformWorld,
} from './publishing-platform-world.ts'

/** `drop-before`, `server-error` and the refusals take nothing; `drop-after`, `stall` and
 *  `server-error-taken` have taken the call when they happen. */
export const PUBLISHING_FAULTS = [
  'none',
  'refuse',
  'rate-limited',
  'busy',
  'server-error',
  'server-error-taken',
  'token-expired',
  'login-refused',
  'drop-before',
  'drop-after',
  'stall',
  'garbage',
  'redirect',
  'huge',
  'login-page',
  'missing',
] as const
export type PublishingFault = (typeof PUBLISHING_FAULTS)[number]

export const PLATFORM_KINDS = ['json', 'form', 'trs', 'wordpress', 'atom', 'micropub'] as const
export type PlatformKind = (typeof PLATFORM_KINDS)[number]

const DIALECTS: Readonly<Record<PlatformKind, Dialect>> = {
  json: jsonDialect,
  form: formDialect,
  trs: trsDialect,
  wordpress: wordpressDialect,
  atom: atomDialect,
  micropub: micropubDialect,
}

export interface PublishingPlatformOptions {
  readonly kind: PlatformKind
  readonly account: PlatformAccount
  /** 0 takes any free port */
  readonly port?: number
  readonly fault?: PublishingFault
  /** columns that exist; without it every column does */
  readonly columns?: readonly string[]
  /** a nonce seen before is refused */
  readonly refuseReplays?: boolean
}

export interface PublishingPlatform {
  readonly port: number
  /** where the interface begins */
  readonly base: string
  /** `only` says which calls meet the fault; the creation of a document when it is left out */
  setFault(fault: PublishingFault, only?: (kind: CallKind) => boolean): void
  /** one line a created document, `externalId title`: the same line twice is a double */
  created(): readonly string[]
  documents(): readonly PlatformDocument[]
  /** every call as it came, newest last */
  calls(): readonly Call[]
  stop(): Promise<void>
}

const BODY_BYTES_MAX = 64 * 1024 * 1024
const CALLS_MAX = 500
const HUGE_BYTES = 32 * 1024 * 1024
const LOGIN_PAGE =
  '<!doctype html><title>Welcome</title><form><input name="u"><input type="password" name="p"></form>'

export async function startPublishingPlatform(
  options: PublishingPlatformOptions,
): Promise<PublishingPlatform> {
  const dialect = DIALECTS[options.kind]
  const faults = {
    fault: options.fault ?? ('none' as PublishingFault),
    only: (kind: CallKind): boolean => kind === 'create',
  }
  const ledger = openLedger()
  const calls: Call[] = []
  const loopback = await serveOnLoopback((request, response) => void hear(request, response), {
    port: options.port,
  })
  const { port } = loopback
  const origin = `http://127.0.0.1:${port}`
  const world: PlatformWorld = {
    ...{ origin, ledger, account: options.account },
    columns: options.columns,
    refuseReplays: options.refuseReplays ?? false,
  }

  async function hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    if (!body) return void request.socket.destroy()
    const call = callOf(request, body, origin)
    const kind = dialect.kindOf(call)
    calls.push(call)
    if (calls.length > CALLS_MAX) calls.shift()
    const fault = kind !== undefined && faults.only(kind) ? faults.fault : 'none'
    const early = before(fault, dialect, call, world)
    if (early === 'drop') return void request.socket.destroy()
    const answer = early ?? dialect.answer(call, world)
    if (fault === 'drop-after') return void request.socket.destroy()
    if (fault === 'stall') return
    say(
      response,
      fault === 'server-error-taken' ? { status: 500, body: 'taken, then broken' } : answer,
    )
  }

  return {
    port,
    base: `${origin}${dialect.base}`,
    setFault(fault, only = (kind) => kind === 'create') {
      faults.fault = fault
      faults.only = only
      if (fault === 'token-expired') ledger.tokens.clear()
    },
    created: () => ledger.created,
    documents: () => [...ledger.documents.values()],
    calls: () => calls,
    stop: () => loopback.stop(),
  }
}

/** What a fault does before the call is taken. */
function before(
  fault: PublishingFault,
  dialect: Dialect,
  call: Call,
  world: PlatformWorld,
): Answer | 'drop' | undefined {
  switch (fault) {
    case 'refuse':
      return dialect.refuse(call)
    case 'rate-limited':
      return { status: 429, headers: { 'Retry-After': '7' }, body: 'slow down' }
    case 'busy':
      return { status: 503, headers: { 'Retry-After': '30' }, body: 'closed for a moment' }
    case 'server-error':
      return { status: 500, body: 'broken' }
    case 'login-refused':
      return dialect.strange(world)
    case 'drop-before':
      return 'drop'
    case 'garbage':
      return { status: 200, body: '\u0000<<<{"what": is this' }
    case 'redirect':
      return { status: 302, headers: { Location: 'http://127.0.0.2:9/elsewhere' }, body: '' }
    case 'login-page':
      return { status: 200, headers: { 'Content-Type': 'text/html' }, body: LOGIN_PAGE }
    case 'missing':
      return { status: 404, body: 'not here yet' }
    case 'huge':
      return { status: 200, body: Buffer.alloc(HUGE_BYTES, 'x') }
    default:
      return undefined
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request) {
      const part = Buffer.from(chunk)
      bytes += part.length
      if (bytes > BODY_BYTES_MAX) return undefined
      chunks.push(part)
    }
  } catch {
    return undefined
  }
  return Buffer.concat(chunks)
}

function callOf(request: IncomingMessage, body: Buffer, origin: string): Call {
  const url = new URL(request.url ?? '/', origin)
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '')
  return { method: request.method ?? '', url, headers, body }
}

function say(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers })
  response.end(body)
}
