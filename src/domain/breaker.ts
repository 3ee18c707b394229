/** 熔断: when a road that fails call after call is left alone, and how it comes back. One pure function;
 *  a refused account is not its matter: that road is held until a person releases it. */
import type { Outcome } from './outcome.ts'

/** Failed calls in a row after which a road is left alone. */
export const FAILURES_MAX = 5
const OPEN_MS_MIN = 5_000
/** No longer than an urgent batch waits between its attempts. */
export const OPEN_MS_MAX = 30_000
/** A road that opened so often in a row is given up: after some three minutes of silence another signed road
 *  takes over what certainly was not sent. */
export const OPENINGS_GIVEN_UP = 8
/** What is decided here needs no more than this many doublings. */
const OPENINGS_MAX = 10

export interface Breaker {
  /** failed calls in a row */
  readonly failures: number
  /** times in a row it opened */
  readonly openings: number
  /** business time until which nothing is called; absent while it only counts */
  readonly openUntil?: Date
  /** calls at once after that, by all processes together */
  readonly callsMax?: number
}

export interface BreakerChange {
  readonly state: 'open' | 'half-open' | 'closed'
  readonly callsMax?: number
  /** a code: what the last failed call said, or what ended the row */
  readonly reason: string
}

/** What a call says of its road: `failed` when nobody knows of a single recipient that the platform dealt
 *  with it. A platform that refuses a message, or asks to slow down, is there. */
export function judge(
  outcomes: readonly Outcome[],
):
  | { readonly result: 'answered' }
  | { readonly result: 'failed'; readonly code: string }
  | undefined {
  let code: string | undefined
  for (const outcome of outcomes) {
    const dark = outcome.kind === 'unsure' || outcome.kind === 'retry'
    if (!dark) {
      if (outcome.kind === 'refused' && outcome.scope === 'account') return undefined
      return { result: 'answered' }
    }
    if (outcome.kind === 'retry' && outcome.limited === true) return undefined
    code ??= outcome.code
  }
  return code === undefined ? undefined : { result: 'failed', code }
}

export interface Judged {
  /** undefined: the road works, and there is nothing to remember */
  readonly breaker: Breaker | undefined
  readonly change?: BreakerChange
}

/** `concurrencyMax`: calls at once at which it has come back. */
export function afterCall(
  before: Breaker | undefined,
  call: { readonly result: 'answered' } | { readonly result: 'failed'; readonly code: string },
  situation: { readonly at: Date; readonly concurrencyMax: number },
): Judged {
  const { at, concurrencyMax } = situation
  // A call from before it opened says nothing new.
  if (before?.openUntil && isOpen(before.openUntil, at)) return { breaker: before }
  if (call.result === 'failed') {
    const failures = Math.min(FAILURES_MAX, (before?.failures ?? 0) + 1)
    if (before?.openUntil === undefined && failures < FAILURES_MAX)
      return { breaker: { failures, openings: before?.openings ?? 0 } }
    const openings = Math.min(OPENINGS_MAX, (before?.openings ?? 0) + 1)
    const openUntil = new Date(at.getTime() + openMs(openings))
    const breaker = { failures, openings, openUntil, callsMax: 1 }
    return { breaker, change: { state: 'open', callsMax: 0, reason: call.code } }
  }
  if (before?.openUntil === undefined) return { breaker: undefined }
  const callsMax = (before.callsMax ?? 1) * 2
  if (callsMax >= concurrencyMax)
    return { breaker: undefined, change: { state: 'closed', reason: 'answered' } }
  return {
    breaker: { ...before, failures: 0, callsMax },
    change: { state: 'half-open', callsMax, reason: 'answered' },
  }
}

/** A moment further ahead than any opening lasts was written by a clock that went wrong. */
function isOpen(openUntil: Date, at: Date): boolean {
  const leftMs = openUntil.getTime() - at.getTime()
  return leftMs > 0 && leftMs <= OPEN_MS_MAX
}

function openMs(openings: number): number {
  return Math.min(OPEN_MS_MAX, OPEN_MS_MIN * 2 ** (openings - 1))
}
