/** One connection of a carrier line: requests inside a window, their answers by number, pings, and what the
 *  peer asks of us. Whether a request was handed to the connection is never guessed: `unsent` was not. */
import type { Socket } from 'node:net'
import { type Answer, Requests } from './requests.ts'
import { type FrameLimits, openSplitter } from './splitter.ts'

/** What a protocol of frames says about itself; the frames are whole, their bodies unread. */
export interface Protocol {
  readonly limits: FrameLimits
  head(frame: Buffer): { readonly sequence: number; readonly isAnswer: boolean }
  ping(sequence: number): Buffer
  /** the wish to part */
  bye(sequence: number): Buffer
  /** what a frame of the peer's gets at once: a ping its echo, nonsense its refusal, an end a farewell;
   *  undefined when it has to be heard first */
  reply(frame: Buffer): { readonly frame?: Buffer; readonly ends?: true } | undefined
}

/** Hears frames in their order and answers each; a frame without an answer comes again from the peer. */
export type Hear = (frames: readonly Buffer[]) => Promise<readonly (Buffer | undefined)[]>

export interface SessionOptions {
  readonly protocol: Protocol
  readonly windowMax: number
  readonly answerTimeoutMs: number
  /** pause after the last frame of the peer before it is asked whether it is there */
  readonly pingEveryMs: number
  hear: Hear
  ended(code: string): void
}

const HEARING_MAX = 256
const SEQUENCE_MAX = 0x7fff_ffff

export class Session {
  readonly #socket: Socket
  readonly #options: SessionOptions
  readonly #open: Requests
  /** whoever waits for a place in the window; called with nothing, or with why there will be none */
  readonly #waiting: ((code?: string) => void)[] = []
  readonly #idle: (() => void)[] = []
  /** frames of this breath, which leave together */
  #out: Buffer[] = []
  #taken = 0
  #sequence = 0
  #hearing = 0
  readonly #heard = new Set<Promise<void>>()
  #heardAt = performance.now()
  #pinging: Promise<boolean> | undefined
  #pinger: NodeJS.Timeout | undefined
  #ended: string | undefined
  #closing = false

  constructor(socket: Socket, options: SessionOptions) {
    this.#socket = socket
    this.#options = options
    this.#open = new Requests(options.answerTimeoutMs, () => {
      // One answer may be lost; a peer that says nothing at all is gone.
      if (performance.now() - this.#heardAt >= options.answerTimeoutMs) void this.ping()
    })
    const splitter = openSplitter(options.protocol.limits)
    socket.on('data', (chunk: Buffer) => {
      this.#heardAt = performance.now()
      const { frames, broken } = splitter.push(chunk)
      this.#take(frames)
      if (broken !== undefined) this.end('frame-broken')
    })
    socket.on('error', (error: NodeJS.ErrnoException) => this.end(error.code ?? 'socket'))
    socket.once('close', () => this.end('closed-by-peer'))
  }

  get ended(): string | undefined {
    return this.#ended
  }

  /** Pings from now on; before the login a carrier takes none. */
  keepAlive(): void {
    const look = () => {
      this.#pinger = undefined
      if (this.#ended !== undefined) return
      const rest = this.#options.pingEveryMs - (performance.now() - this.#heardAt)
      if (rest > 1) this.#pinger = setTimeout(look, rest).unref()
      else
        void this.ping().then(() => {
          if (this.#pinger || this.#ended !== undefined) return
          this.#pinger = setTimeout(look, this.#options.pingEveryMs).unref()
        })
    }
    look()
  }

  /** False when nothing came back; the connection has ended then. Questions at once share one ping. */
  ping(): Promise<boolean> {
    if (this.#ended !== undefined) return Promise.resolve(false)
    this.#pinging ??= this.askUrgently((sequence) => this.#options.protocol.ping(sequence))
      .then(({ kind }) => {
        if (kind !== 'answer') this.end('ping-unanswered')
        return kind === 'answer'
      })
      .finally(() => {
        this.#pinging = undefined
      })
    return this.#pinging
  }

  /** Outside the window: logins, pings and farewells wait for nobody. */
  askUrgently(frameOf: (sequence: number) => Buffer, signal?: AbortSignal): Promise<Answer> {
    if (this.#ended !== undefined) return Promise.resolve({ kind: 'unsent', code: this.#ended })
    return this.#write(frameOf, signal, () => {})
  }

  async ask(frameOf: (sequence: number) => Buffer, signal: AbortSignal): Promise<Answer> {
    const code = await this.#place(signal)
    if (code !== undefined) return { kind: 'unsent', code }
    return this.#write(frameOf, signal, () => this.#leave())
  }

  /** Ends calmly: nothing new, what is under way to its end or time-out, and a farewell. */
  async close(farewellMs: number): Promise<void> {
    this.#closing = true
    for (const wake of this.#waiting.splice(0)) wake('closed')
    if (this.#open.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
    await Promise.all(this.#heard)
    const bye = (sequence: number) => this.#options.protocol.bye(sequence)
    await this.askUrgently(bye, AbortSignal.timeout(farewellMs))
    this.end('closed')
  }

  end(code: string): void {
    if (this.#ended !== undefined) return
    this.#ended = code
    clearTimeout(this.#pinger)
    this.#flush()
    this.#socket.destroy()
    this.#open.settleAll({ kind: 'silent', code })
    for (const wake of this.#waiting.splice(0)) wake(code)
    this.#options.ended(code)
  }

  /** Undefined with a place taken in the window; otherwise why there is none. */
  #place(signal: AbortSignal): Promise<string | undefined> {
    if (this.#ended !== undefined) return Promise.resolve(this.#ended)
    if (this.#closing) return Promise.resolve('closed')
    if (signal.aborted) return Promise.resolve('abort')
    if (this.#taken < this.#options.windowMax) {
      this.#taken++
      return Promise.resolve(undefined)
    }
    return new Promise((resolve) => {
      const wake = (code?: string) => {
        calledOff()
        resolve(code)
      }
      const calledOff = this.#open.onAbort(signal, () => {
        const index = this.#waiting.indexOf(wake)
        if (index === -1) return
        this.#waiting.splice(index, 1)
        wake('abort')
      })
      this.#waiting.push(wake)
    })
  }

  /** The place is handed on, so that nobody who comes now gets in between. */
  #leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#taken--
  }

  #write(
    frameOf: (sequence: number) => Buffer,
    signal: AbortSignal | undefined,
    done: () => void,
  ): Promise<Answer> {
    return new Promise((resolve) => {
      // Woken in the same breath in which the connection went: nothing was handed over.
      if (this.#ended !== undefined || signal?.aborted) {
        done()
        resolve({ kind: 'unsent', code: this.#ended ?? 'abort' })
        return
      }
      const sequence = this.#next()
      // Whoever waits no longer leaves the place to the answer that may still come.
      const calledOff = signal
        ? this.#open.onAbort(signal, () => resolve({ kind: 'silent', code: 'abort' }))
        : undefined
      this.#open.add(sequence, (answer) => {
        calledOff?.()
        done()
        resolve(answer)
        if (this.#open.size === 0) for (const wake of this.#idle.splice(0)) wake()
      })
      this.#send(frameOf(sequence))
    })
  }

  /** A call to the system costs more than all the rest: frames of one breath share it. */
  #send(frame: Buffer): void {
    if (this.#out.push(frame) === 1) process.nextTick(() => this.#flush())
  }

  #flush(): void {
    const frames = this.#out
    this.#out = []
    const [only] = frames
    if (only === undefined || this.#socket.destroyed) return
    this.#socket.write(frames.length === 1 ? only : Buffer.concat(frames))
  }

  #next(): number {
    do this.#sequence = this.#sequence >= SEQUENCE_MAX ? 1 : this.#sequence + 1
    while (this.#open.has(this.#sequence))
    return this.#sequence
  }

  #take(frames: readonly Buffer[]): void {
    const { protocol } = this.#options
    const heard: Buffer[] = []
    for (const frame of frames) {
      if (this.#ended !== undefined) return
      const { sequence, isAnswer } = protocol.head(frame)
      if (isAnswer) {
        // An answer nobody waits for came too late.
        this.#open.settle(sequence, { kind: 'answer', frame })
        continue
      }
      const reply = protocol.reply(frame)
      if (!reply) heard.push(frame)
      else {
        if (reply.frame) this.#send(reply.frame)
        if (reply.ends) {
          this.end('closed-by-peer')
          return
        }
      }
    }
    if (heard.length === 0) return
    const hearing = this.#hear(heard).finally(() => this.#heard.delete(hearing))
    this.#heard.add(hearing)
  }

  /** While much is being heard the peer has to wait, so that it cannot fill our memory. */
  async #hear(frames: readonly Buffer[]): Promise<void> {
    this.#hearing += frames.length
    if (this.#hearing >= HEARING_MAX) this.#socket.pause()
    try {
      const answers = await this.#options.hear(frames)
      if (this.#ended !== undefined) return
      for (const answer of answers) if (answer) this.#send(answer)
    } catch {
      // Not kept, and so not acknowledged: the carrier says it again.
    } finally {
      this.#hearing -= frames.length
      if (this.#hearing < HEARING_MAX) this.#socket.resume()
    }
  }
}
