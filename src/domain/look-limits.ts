/** What a question to a platform may take of its limits, so that it never stands in the way of what is sent. */
import { freeTokens, type LimitState, openAgain, taken } from './limits.ts'
import { countsLooks, type Forbidden, type RateLimit } from './rates.ts'

/** A question leaves so much of each window to what is sent. */
const LOOK_LEAVES = 1 / 2

/** The state with a question under way; undefined when none may be asked now. It never takes what an urgent
 *  batch waits for, nor the second half of a window. */
export function lookTaken(
  limits: readonly RateLimit[],
  state: LimitState,
  look: { readonly id: string; readonly now: number; readonly until: number },
  forbidden: readonly Forbidden[] = [],
): LimitState | undefined {
  const { id, now, until } = look
  const closed = Math.max(openAgain(forbidden, now), state.restUntil ?? now, state.keptUntil ?? now)
  if (closed > now) return undefined
  const scarce = limits
    .filter(countsLooks)
    .some((limit) => freeTokens(limit, state) <= Math.floor(limit.max * LOOK_LEAVES))
  return scarce ? undefined : taken(state, { id, calls: 1, messages: 0, look: true, until })
}

/** The question was not asked after all. */
export function lookReturned(state: LimitState, id: string): LimitState {
  return { ...state, open: state.open.filter((one) => one.id !== id) }
}
