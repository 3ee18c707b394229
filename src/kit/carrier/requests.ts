/** Requests that were handed over and wait for their answers: one timer for all of them, because they all wait
 *  equally long, and one listener for each signal, because a batch asks under one. */

export type Answer =
  | { readonly kind: 'answer'; readonly frame: Buffer }
  /** certainly not handed to the connection */
  | { readonly kind: 'unsent'; readonly code: string }
  /** handed to it, and nothing came back */
  | { readonly kind: 'silent'; readonly code: string }

interface Request {
  readonly deadline: number
  /** the answer, or that none came */
  settle(answer: Answer): void
}

export class Requests {
  readonly #answerTimeoutMs: number
  readonly #late: () => void
  // In the order of their deadlines.
  readonly #open = new Map<number, Request>()
  readonly #signals = new WeakMap<AbortSignal, Set<() => void>>()
  #timer: NodeJS.Timeout | undefined

  /** `late` is told when a request got no answer in time, after the request was told so. */
  constructor(answerTimeoutMs: number, late: () => void) {
    this.#answerTimeoutMs = answerTimeoutMs
    this.#late = late
  }

  get size(): number {
    return this.#open.size
  }

  has(sequence: number): boolean {
    return this.#open.has(sequence)
  }

  add(sequence: number, settle: (answer: Answer) => void): void {
    const deadline = performance.now() + this.#answerTimeoutMs
    this.#open.set(sequence, { deadline, settle })
    this.#timer ??= setTimeout(() => this.#look(), this.#answerTimeoutMs)
  }

  /** False for an answer nobody waits for. */
  settle(sequence: number, answer: Answer): boolean {
    const request = this.#open.get(sequence)
    if (!request) return false
    this.#open.delete(sequence)
    request.settle(answer)
    return true
  }

  settleAll(answer: Answer): void {
    for (const sequence of [...this.#open.keys()]) this.settle(sequence, answer)
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Calls back once when the signal is aborted; answers how to call it off. */
  onAbort(signal: AbortSignal, aborted: () => void): () => void {
    let waiting = this.#signals.get(signal)
    if (!waiting) {
      const some = new Set<() => void>()
      waiting = some
      this.#signals.set(signal, some)
      const abort = () => {
        for (const one of some) one()
        some.clear()
      }
      signal.addEventListener('abort', abort, { once: true })
    }
    const some = waiting
    some.add(aborted)
    return () => some.delete(aborted)
  }

  #look(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const [sequence, { deadline }] of this.#open) {
      if (deadline > now + 1) {
        this.#timer = setTimeout(() => this.#look(), deadline - now)
        return
      }
      this.settle(sequence, { kind: 'silent', code: 'answer-timeout' })
      this.#late()
    }
  }
}
