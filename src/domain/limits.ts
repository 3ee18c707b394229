/** The arithmetic of limits: what may leave now, when more may, and what an answer gives back. Pure: state
 *  in, state out; a token counts from before its call until one whole window after the answer, so that the
 *  platform, which sees the call somewhere between the two, never sees one too many. */
import { countsLooks, type Forbidden, limitKey, MINUTES_A_DAY, type RateLimit } from './rates.ts'
import { dayOf } from './year.ts'

/** Taken together between `from` and `last`; released together one window after `last`. */
type Slice = readonly [from: number, last: number, tokens: number]

export interface Taken {
  readonly id: string
  readonly calls: number
  readonly messages: number
  /** a question to the platform: it counts where calls are counted in a sliding window, and in no quota */
  readonly look?: true
  /** without an answer it counts as sent at this moment */
  readonly until: number
}

/** What is known of one account, or of one target, in milliseconds of the database's clock. */
export interface LimitState {
  /** the last moment it was looked at: a clock that is set back does not give tokens back */
  readonly latest: number
  readonly open: readonly Taken[]
  readonly logs: Readonly<Record<string, readonly Slice[]>>
  readonly ledgers: Readonly<Record<string, { readonly period: string; readonly used: number }>>
  /** shut out by the platform until then, for the `strikes`-th time in a row */
  readonly restUntil?: number
  readonly strikes?: number
  /** an urgent batch waits for the next tokens; nobody else takes them before that */
  readonly keptUntil?: number
}

export const NOTHING_TAKEN: LimitState = { latest: 0, open: [], logs: {}, ledgers: {} }

/** What one batch asks of a subject. */
export interface Ask {
  readonly recipients: number
  /** recipients one outside call serves */
  readonly perCall: 'one' | 'batch'
  readonly urgent: boolean
}

export interface Room {
  /** how many of the asked recipients may leave now */
  readonly recipients: number
  /** until more may; 0 when all of them may */
  readonly waitMs: number
}

/** A slice is so much of its window: what releasing it whole costs is below 1 %. */
const SLICES_A_WINDOW = 128
/** Below so much of a window no part of a batch is cut off: what stays unused is less than that. */
const PART_OF_WINDOW_MIN = 1 / 25
/** A call that is let go just before a forbidden minute would arrive inside it. */
const FORBIDDEN_LEAD_MS = 1_000
const STRIKES_MAX = 4
const PENALTY_MS_DEFAULT = 1_000
/** How long tokens are kept for an urgent batch after the moment it may come back. */
const KEPT_MS = 2_000
const DAY_MS = 86_400_000
const OFFSET_MS = 8 * 3_600_000

const periodOf = (window: 'day' | 'month', now: number): string =>
  dayOf(new Date(now)).slice(0, window === 'day' ? 10 : 7)

function nextPeriod(window: 'day' | 'month', now: number): number {
  const local = new Date(now + OFFSET_MS)
  const month = local.getUTCMonth() + (window === 'month' ? 1 : 0)
  const day = window === 'month' ? 1 : local.getUTCDate() + 1
  return Date.UTC(local.getUTCFullYear(), month, day) - OFFSET_MS
}

const costOf = (limit: RateLimit, one: Pick<Taken, 'calls' | 'messages' | 'look'>): number =>
  one.look && !countsLooks(limit) ? 0 : limit.unit === 'call' ? one.calls : one.messages

/** The state as it is now. What was never answered counts as sent when its time was up. */
export function aged(limits: readonly RateLimit[], state: LimitState, now: number): LimitState {
  // Time never runs backwards here: everything is moved along with a clock that was set back.
  const back = Math.max(0, state.latest - now)
  let next: LimitState = back === 0 ? state : movedBack(state, back)
  for (const one of next.open.filter(({ until }) => until <= now))
    next = recorded(limits, next, one, one.until)
  const open = next.open.filter(({ until }) => until > now)
  const logs: Record<string, readonly Slice[]> = {}
  const ledgers: Record<string, { period: string; used: number }> = {}
  for (const limit of limits) {
    const key = limitKey(limit)
    const { window } = limit
    if (typeof window === 'number')
      logs[key] = (next.logs[key] ?? []).filter(([, last]) => last + window >= now)
    else {
      const period = periodOf(window, now)
      const { period: known, used } = next.ledgers[key] ?? { period, used: 0 }
      ledgers[key] = { period, used: known >= period ? used : 0 }
    }
  }
  return { ...next, latest: now, open, logs, ledgers }
}

function movedBack(state: LimitState, back: number): LimitState {
  const { restUntil, keptUntil } = state
  return {
    ...state,
    open: state.open.map((one) => ({ ...one, until: one.until - back })),
    logs: Object.fromEntries(
      Object.entries(state.logs).map(([key, log]) => [
        key,
        log.map(([from, last, tokens]): Slice => [from - back, last - back, tokens]),
      ]),
    ),
    ...(restUntil === undefined ? {} : { restUntil: restUntil - back }),
    ...(keptUntil === undefined ? {} : { keptUntil: keptUntil - back }),
  }
}

/** Writes tokens down as sent at a moment; `kept` of the messages count, all when absent. */
function recorded(
  limits: readonly RateLimit[],
  state: LimitState,
  one: Pick<Taken, 'calls' | 'messages' | 'look'> & { readonly unsent?: number },
  at: number,
): LimitState {
  const logs = { ...state.logs }
  const ledgers = { ...state.ledgers }
  for (const limit of limits) {
    const key = limitKey(limit)
    const tokens = costOf(limit, one)
    if (tokens === 0) continue
    const { window } = limit
    if (typeof window === 'number') {
      const log = logs[key] ?? []
      const newest = log.at(-1)
      const joins = newest !== undefined && at - newest[0] < window / SLICES_A_WINDOW
      const slice: Slice = joins
        ? [newest[0], Math.max(at, newest[1]), newest[2] + tokens]
        : [at, at, tokens]
      logs[key] = [...(joins ? log.slice(0, -1) : log), slice]
    } else {
      const period = periodOf(window, at)
      const known = ledgers[key]
      // A message that certainly was not sent is none of the day's; the request for it still was one.
      const counted = tokens - (limit.unit === 'message' ? (one.unsent ?? 0) : 0)
      const used = known && known.period >= period ? known.used : 0
      const later = known && known.period > period ? known.period : period
      ledgers[key] = { period: later, used: used + counted }
    }
  }
  return { ...state, logs, ledgers }
}

export function freeTokens(limit: RateLimit, state: LimitState): number {
  const key = limitKey(limit)
  const open = state.open.reduce((sum, one) => sum + costOf(limit, one), 0)
  const used =
    typeof limit.window === 'number'
      ? (state.logs[key] ?? []).reduce((sum, [, , tokens]) => sum + tokens, 0)
      : (state.ledgers[key]?.used ?? 0)
  return limit.max - open - used
}

/** When so many tokens may be free; calls under way are taken to be answered now. */
function freeAt(limit: RateLimit, state: LimitState, need: number, now: number): number {
  const { window } = limit
  let free = freeTokens(limit, state)
  if (free >= need) return now
  if (typeof window !== 'number') return nextPeriod(window, now)
  const log = state.logs[limitKey(limit)] ?? []
  for (const [, last, tokens] of log.toSorted((a, b) => a[1] - b[1])) {
    free += tokens
    if (free >= need) return last + window + 1
  }
  return now + window
}

/** How much of an ask fits into a state that was aged to `now`. */
export function room(
  limits: readonly RateLimit[],
  state: LimitState,
  ask: Ask,
  now: number,
  forbidden: readonly Forbidden[] = [],
): Room {
  const closed = Math.max(openAgain(forbidden, now), state.restUntil ?? now)
  if (closed > now) return { recipients: 0, waitMs: Math.ceil(closed - now) }
  if (!ask.urgent && (state.keptUntil ?? now) > now)
    return { recipients: 0, waitMs: Math.ceil((state.keptUntil ?? now) - now) }
  let recipients = ask.recipients
  let at = now
  for (const limit of limits) {
    const whole = limit.unit === 'call' && ask.perCall === 'batch'
    const least = Math.ceil(limit.max * PART_OF_WINDOW_MIN)
    const need = whole ? 1 : Math.min(ask.recipients, least)
    const free = freeTokens(limit, state)
    if (free < need) {
      recipients = 0
      at = Math.max(at, freeAt(limit, state, need, now))
    } else if (!whole) recipients = Math.min(recipients, free)
  }
  if (recipients >= ask.recipients) return { recipients, waitMs: 0 }
  if (recipients === 0) {
    const opens = openAgain(forbidden, at)
    return { recipients: 0, waitMs: Math.max(1, Math.ceil(opens - now)) }
  }
  const left = { ...ask, recipients: ask.recipients - recipients, urgent: true }
  const after = taken(state, takenOf('', ask, recipients, now + DAY_MS))
  const { waitMs } = room(limits, after, left, now, forbidden)
  return { recipients, waitMs: Math.max(1, waitMs) }
}

export function takenOf(id: string, ask: Ask, recipients: number, until: number): Taken {
  return { id, calls: ask.perCall === 'one' ? recipients : 1, messages: recipients, until }
}

export function taken(state: LimitState, one: Taken): LimitState {
  return { ...state, open: [...state.open, one] }
}

/** After an urgent ask: what it did not get is kept for it, and what it got needs no keeping. */
export function kept(state: LimitState, ask: Ask, { waitMs }: Room, now: number): LimitState {
  if (!ask.urgent) return state
  const { keptUntil: _, ...rest } = state
  return waitMs === 0 ? rest : { ...rest, keptUntil: now + waitMs + KEPT_MS }
}

export interface Answered {
  readonly id: string
  /** messages that certainly were not sent */
  readonly unsent: number
  /** how long ago the call was over; 0 when absent */
  readonly sinceMs?: number
  /** the platform says that a limit of its own is reached, and how long to wait if it says so */
  readonly limited?: { readonly waitMs: number }
}

/** The call came back; the state was aged to `now`. Tokens whose time was up already stay spent. */
export function answered(
  limits: readonly RateLimit[],
  state: LimitState,
  answer: Answered,
  now: number,
): LimitState {
  const one = state.open.find(({ id }) => id === answer.id)
  let next: LimitState = state
  if (one) {
    const unsent = Math.min(answer.unsent, one.messages)
    const sinceMs = Math.max(0, answer.sinceMs ?? 0)
    next = recorded(limits, state, { ...one, unsent }, now - sinceMs)
    next = { ...next, open: next.open.filter((other) => other !== one) }
  }
  if (answer.limited === undefined) {
    if (one && answer.unsent >= one.messages) return next
    const { strikes: _, ...rest } = next
    return rest
  }
  // Calls that were under way together are told together: that is one excess, not several.
  const again = (next.restUntil ?? 0) > now ? 0 : 1
  const strikes = Math.min(STRIKES_MAX, (next.strikes ?? 0) + again)
  const waitMs = Math.max(
    penaltyMs(limits) * 2 ** (Math.max(1, strikes) - 1),
    answer.limited.waitMs,
  )
  return { ...next, strikes, restUntil: Math.max(next.restUntil ?? 0, now + waitMs) }
}

/** The longest declared penalty; where none is, the shortest window. */
function penaltyMs(limits: readonly RateLimit[]): number {
  const declared = limits.flatMap((one) => one.penaltyMs ?? [])
  if (declared.length > 0) return Math.max(...declared)
  const windows = limits.flatMap(({ window }) => (typeof window === 'number' ? window : []))
  return windows.length > 0 ? Math.min(...windows) : PENALTY_MS_DEFAULT
}

/** From when on nothing is known any more that a fresh state would not say. */
export function idleAt(limits: readonly RateLimit[], state: LimitState): number {
  const ends = [state.restUntil ?? 0, state.keptUntil ?? 0]
  const spans = limits.map(({ window }) =>
    window === 'month' ? 32 * DAY_MS : window === 'day' ? 2 * DAY_MS : window,
  )
  const newest = Math.max(state.latest, ...state.open.map(({ until }) => until))
  return Math.max(...ends, newest + Math.max(0, ...spans) + DAY_MS)
}

const inside = (one: Forbidden, minute: number): boolean => {
  if ('minuteOfHour' in one) return minute % 60 === one.minuteOfHour
  return one.from < one.to
    ? minute >= one.from && minute < one.to
    : minute >= one.from || minute < one.to
}

/** The first moment from `now` on at which a call cannot arrive in a forbidden minute. */
export function openAgain(forbidden: readonly Forbidden[], now: number): number {
  const minuteAt = (at: number) => Math.floor((at + OFFSET_MS) / 60_000)
  const closed = (minute: number) => forbidden.some((one) => inside(one, minute % MINUTES_A_DAY))
  const ahead = minuteAt(now + FORBIDDEN_LEAD_MS)
  if (!closed(minuteAt(now)) && !closed(ahead)) return now
  let minute = ahead
  for (let round = 0; round < MINUTES_A_DAY && closed(minute); round++) minute++
  return Math.max(now, minute * 60_000 - OFFSET_MS)
}
