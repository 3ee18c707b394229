/** OneBot 11 over a WebSocket to the client: one connection, kept while it stands and opened anew when it is
 *  needed; answers find their question by `echo`, and events of the groups are left alone. */
import { outcomeOfSilence } from '../../src/domain/platform-code.ts'
import { openGuardedSocket } from '../../src/kit/http.ts'
import { isRecord } from '../../src/kit/json-record.ts'
import type { Caller, OnebotRecord, Said } from './answer.ts'

const FRAME_CHARACTERS_MAX = 1_000_000

export interface SocketOptions {
  readonly url: string
  readonly token: string | undefined
  readonly answerTimeoutMs: number
  mayReach(host: string, port: number): boolean
}

export function openSocketCaller(options: SocketOptions): Caller {
  return new SocketCaller(options)
}

class SocketCaller implements Caller {
  readonly #options: SocketOptions
  readonly #waiting = new Map<string, (said: Said) => void>()
  #socket: WebSocket | undefined
  #opening: Promise<WebSocket | undefined> | undefined
  #asked = 0
  #closed = false

  constructor(options: SocketOptions) {
    this.#options = options
  }

  async call(action: string, parameters: OnebotRecord, signal?: AbortSignal): Promise<Said> {
    const socket = await this.#connected()
    // Nothing was written yet: whatever is wrong here, no message has left.
    if (!socket || signal?.aborted)
      return silent('unreachable', socket ? 'aborted' : 'no-connection')
    this.#asked += 1
    const echo = String(this.#asked)
    return new Promise<Said>((resolve) => {
      const settle = (said: Said) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', stop)
        this.#waiting.delete(echo)
        resolve(said)
      }
      const stop = () => settle(silent('lost', 'aborted'))
      const timer = setTimeout(() => {
        settle(silent('lost', 'timeout'))
        // A peer that went away without a word would be asked for ever: the next call opens anew.
        this.#leave(socket)
      }, this.#options.answerTimeoutMs)
      signal?.addEventListener('abort', stop, { once: true })
      this.#waiting.set(echo, settle)
      socket.send(JSON.stringify({ action, params: parameters, echo }))
    })
  }

  async #connected(): Promise<WebSocket | undefined> {
    if (this.#closed) return undefined
    if (this.#socket?.readyState === WebSocket.OPEN) return this.#socket
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  #open(): Promise<WebSocket | undefined> {
    const { url, token, answerTimeoutMs, mayReach } = this.#options
    const headers: Record<string, string> =
      token === undefined ? {} : { authorization: `Bearer ${token}` }
    let made: WebSocket | undefined
    try {
      made = openGuardedSocket(url, { headers, allows: mayReach })
    } catch {
      // A token no header can hold: the error would name it.
    }
    if (!made) return Promise.resolve(undefined)
    const socket = made
    return new Promise((resolve) => {
      const timer = setTimeout(() => socket.close(), answerTimeoutMs)
      const settle = (opened: WebSocket | undefined) => {
        clearTimeout(timer)
        resolve(opened)
      }
      socket.addEventListener('open', () => {
        if (this.#closed) socket.close()
        this.#socket = socket
        settle(this.#closed ? undefined : socket)
      })
      // A failed handshake closes too; the error itself may name the address and is not looked at.
      socket.addEventListener('error', () => settle(undefined))
      socket.addEventListener('close', () => {
        settle(undefined)
        this.#leave(socket)
      })
      socket.addEventListener('message', ({ data }) => this.#hear(data))
    })
  }

  #hear(data: unknown): void {
    const record = recordIn(data)
    const echo = record?.['echo']
    // Anything but the text that was asked with is no answer to a question of ours.
    const answer = typeof echo === 'string' ? this.#waiting.get(echo) : undefined
    if (record && answer) answer({ kind: 'said', record })
  }

  #leave(socket: WebSocket): void {
    socket.close()
    if (this.#socket !== socket) return
    this.#socket = undefined
    for (const answer of [...this.#waiting.values()]) answer(silent('lost', 'closed'))
  }

  close(): void {
    this.#closed = true
    if (this.#socket) this.#leave(this.#socket)
  }
}

function silent(kind: 'unreachable' | 'lost', code: string): Said {
  return { kind: 'silent', outcome: outcomeOfSilence({ kind, code }) }
}

/** A frame as an object; what is none, or too long, is left alone. */
export function recordIn(data: unknown): OnebotRecord | undefined {
  if (typeof data !== 'string' || data.length > FRAME_CHARACTERS_MAX) return undefined
  try {
    const read: unknown = JSON.parse(data)
    return isRecord(read) ? read : undefined
  } catch {
    return undefined
  }
}
