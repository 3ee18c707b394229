/** A line to a carrier: one connection, opened when it is first needed, logged in, kept, and opened again after
 *  a pause that grows. Never throws: whoever asks on a line that is down is told so, and nothing was sent. */
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { lookupWithin } from '../links.ts'
import type { Answer } from './requests.ts'
import { type Hear, type Protocol, Session } from './session.ts'

/** Why a line is not there. `refused` came from the peer's own words, the rest from the way to it. */
export interface LineFault {
  readonly code: string
  readonly refused: boolean
  /** milliseconds until it is tried again; nobody asks the peer before */
  readonly restMs: number
}

export type Asked = Exclude<Answer, { kind: 'unsent' }> | ({ readonly kind: 'unsent' } & LineFault)

export interface LineOptions {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  readonly protocol: Protocol
  /** logs in at a wall-clock time some carriers want in their digest */
  hello(sequence: number, at: Date): Buffer
  /** undefined when the answer to the login lets us in; otherwise the peer's code */
  refusal(frame: Buffer): { readonly code: string; readonly again: boolean } | undefined
  readonly windowMax: number
  readonly connectTimeoutMs: number
  readonly answerTimeoutMs: number
  readonly pingEveryMs: number
  readonly reconnectMsMin: number
  readonly reconnectMsMax: number
  /** of an address after its name was resolved; everywhere when absent */
  allows?(address: string, port: number): boolean
  hear: Hear
}

const FAREWELL_MS_MAX = 1_000

export class Line {
  readonly #options: LineOptions
  #session: Session | undefined
  #opening: Promise<LineFault | undefined> | undefined
  #failures = 0
  #fault: Omit<LineFault, 'restMs'> = { code: 'closed', refused: false }
  #restUntil = 0
  #again: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: LineOptions) {
    this.#options = options
  }

  /** Opens the line unless it stands. Undefined when it does. */
  async ready(signal?: AbortSignal): Promise<LineFault | undefined> {
    if (this.#closed) return { code: 'closed', refused: false, restMs: 0 }
    if (this.#session) return undefined
    const restMs = this.#restUntil - performance.now()
    if (restMs > 0) return { ...this.#fault, restMs }
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = undefined
    })
    return signal ? until(this.#opening, signal) : this.#opening
  }

  async ask(frameOf: (sequence: number) => Buffer, signal: AbortSignal): Promise<Asked> {
    const fault = await this.ready(signal)
    if (fault) return { kind: 'unsent', ...fault }
    const answer = await this.#session?.ask(frameOf, signal)
    if (answer && answer.kind !== 'unsent') return answer
    const code = answer?.code ?? this.#fault.code
    return { kind: 'unsent', code, refused: false, restMs: 0 }
  }

  /** Undefined when the peer let us in and answered a ping just now. */
  async probe(): Promise<LineFault | undefined> {
    const fault = await this.ready()
    if (fault) return fault
    if (await this.#session?.ping()) return undefined
    return { code: 'ping-unanswered', refused: false, restMs: 0 }
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#again)
    await this.#opening
    await this.#session?.close(FAREWELL_MS_MAX)
  }

  async #connect(): Promise<LineFault | undefined> {
    const socket = this.#dial()
    const failed = await untilConnected(socket, this.#options)
    if (failed !== undefined) return this.#rest({ code: failed, refused: false }, true)
    const session = new Session(socket, {
      ...this.#options,
      hear: (frames) => this.#options.hear(frames),
      ended: (code) => this.#lost(session, code),
    })
    const answer = await session.askUrgently(
      (sequence) => this.#options.hello(sequence, new Date()),
      AbortSignal.timeout(this.#options.connectTimeoutMs),
    )
    if (answer.kind !== 'answer') {
      session.end('login-unanswered')
      return this.#rest({ code: 'login-unanswered', refused: false }, true)
    }
    const refusal = this.#options.refusal(answer.frame)
    if (refusal) {
      session.end('login-refused')
      // Repeated logins under a wrong password get an account locked: somebody has to ask for the next.
      return this.#rest({ code: refusal.code, refused: true }, refusal.again)
    }
    if (session.ended !== undefined)
      return this.#rest({ code: session.ended, refused: false }, true)
    this.#session = session
    this.#failures = 0
    session.keepAlive()
    return undefined
  }

  #dial(): Socket {
    const { host, port, secure } = this.#options
    const allows = (address: string) => this.#options.allows?.(address, port) ?? true
    const lookup = lookupWithin(allows)
    const socket = secure
      ? connectSecurely({ host, port, lookup, servername: isIP(host) ? '' : host })
      : connect({ host, port, lookup })
    // An address that is written as such is never looked up.
    if (isIP(host) !== 0 && !allows(host))
      socket.destroy(Object.assign(new Error('not allowed'), { code: 'EPRIVATE' }))
    return socket.setNoDelay(true).setKeepAlive(true)
  }

  #lost(session: Session, code: string): void {
    if (this.#session !== session) return
    this.#session = undefined
    this.#rest({ code, refused: false }, true)
  }

  /** Leaves the peer alone for a while, and dials again by itself: receipts wait on the other side. */
  #rest(fault: Omit<LineFault, 'restMs'>, again: boolean): LineFault {
    const { reconnectMsMin, reconnectMsMax } = this.#options
    const restMs = Math.min(reconnectMsMax, reconnectMsMin * 2 ** Math.min(20, this.#failures++))
    this.#fault = fault
    this.#restUntil = performance.now() + restMs
    clearTimeout(this.#again)
    if (again && !this.#closed)
      this.#again = setTimeout(() => void this.ready(), restMs + 1).unref()
    return { ...fault, restMs }
  }
}

/** Undefined once it stands; otherwise the code of what went wrong. */
function untilConnected(
  socket: Socket,
  { connectTimeoutMs, secure }: LineOptions,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const done = (code?: string) => {
      clearTimeout(late)
      socket.removeListener('error', failed)
      socket.removeListener('close', closed)
      if (code !== undefined) socket.on('error', () => {}).destroy()
      resolve(code)
    }
    const failed = (error: NodeJS.ErrnoException) => done(error.code ?? 'connect')
    const closed = () => done('closed-by-peer')
    const late = setTimeout(() => done('connect-timeout'), connectTimeoutMs)
    socket.once('error', failed)
    socket.once('close', closed)
    socket.once(secure ? 'secureConnect' : 'connect', () => done())
  })
}

/** The opening goes on for others when one of those who wait gives up. */
function until(
  opening: Promise<LineFault | undefined>,
  signal: AbortSignal,
): Promise<LineFault | undefined> {
  const aborted: LineFault = { code: 'abort', refused: false, restMs: 0 }
  if (signal.aborted) return Promise.resolve(aborted)
  return new Promise((resolve) => {
    const abort = () => resolve(aborted)
    signal.addEventListener('abort', abort)
    void opening.then((fault) => {
      signal.removeEventListener('abort', abort)
      resolve(fault)
    })
  })
}
