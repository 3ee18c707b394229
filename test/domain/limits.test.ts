/** The arithmetic of limits, on a simulated clock: whatever is asked and however long calls take, the
 *  platform never sees one too many, and hardly anything it allows stays unused. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  aged,
  answered,
  kept,
  type LimitState,
  NOTHING_TAKEN,
  openAgain,
  room,
  taken,
  takenOf,
} from '../../src/domain/limits.ts'
import { type RateLimit, readRates } from '../../src/domain/rates.ts'

const START = Date.parse('2026-11-25T10:00:00+08:00')
const HOLD_MS = 90_000

interface Arrival {
  readonly at: number
  readonly recipients: number
}

interface Step {
  readonly afterMs: number
  readonly recipients: number
  /** from the grant to the arrival at the platform, from there to its answer, and on to our settling */
  readonly outMs: number
  readonly backMs: number
  readonly settleMs: number
  readonly unsent: boolean
  readonly dies: boolean
}

/** Asks as the steps say; answers what the platform saw, and when. */
function play(limits: readonly RateLimit[], steps: readonly Step[], perCall: 'one' | 'batch') {
  let now = START
  let state: LimitState = NOTHING_TAKEN
  const arrivals: Arrival[] = []
  let answers: { at: number; id: string; unsent: number; sinceMs: number }[] = []
  const settleUntil = (until: number) => {
    for (const one of answers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at))
      state = answered(limits, aged(limits, state, one.at), one, one.at)
    answers = answers.filter(({ at }) => at > until)
  }
  for (const [index, step] of steps.entries()) {
    now += step.afterMs
    settleUntil(now)
    state = aged(limits, state, now)
    const ask = { recipients: step.recipients, perCall, urgent: false }
    const { recipients, waitMs } = room(limits, state, ask, now)
    expect(waitMs > 0).toBe(recipients < step.recipients)
    if (recipients === 0) continue
    const id = String(index)
    state = taken(state, takenOf(id, ask, recipients, now + HOLD_MS))
    if (!step.unsent) arrivals.push({ at: now + step.outMs, recipients })
    const unsent = step.unsent ? recipients : 0
    const over = now + step.outMs + step.backMs
    if (!step.dies) answers.push({ at: over + step.settleMs, id, unsent, sinceMs: step.settleMs })
  }
  return { arrivals: arrivals.sort((a, b) => a.at - b.at), now }
}

const size = ({ unit }: RateLimit, perCall: 'one' | 'batch', { recipients }: Arrival) =>
  unit === 'message' || perCall === 'one' ? recipients : 1

/** The most the platform counts in any window, both ends included; by the day for a calendar window. */
function most(limit: RateLimit, arrivals: readonly Arrival[], perCall: 'one' | 'batch'): number {
  const { window } = limit
  const sum = (some: readonly Arrival[]) =>
    some.reduce((total, one) => total + size(limit, perCall, one), 0)
  if (typeof window === 'number')
    return Math.max(
      0,
      ...arrivals.map(({ at }) =>
        sum(arrivals.filter((one) => one.at >= at && one.at <= at + window)),
      ),
    )
  const day = ({ at }: Arrival) =>
    new Date(at + 8 * 3_600_000).toISOString().slice(0, window === 'day' ? 10 : 7)
  return Math.max(0, ...Object.values(Object.groupBy(arrivals, day)).map((some) => sum(some ?? [])))
}

const limitOf = fc.record({
  scope: fc.constant('account' as const),
  window: fc.constantFrom<RateLimit['window']>(500, 1_000, 10_000, 60_000, 'day', 'month'),
  max: fc.integer({ min: 1, max: 150 }),
  unit: fc.constantFrom('call' as const, 'message' as const),
})
const limitsOf = fc.uniqueArray(limitOf, {
  ...{ minLength: 1, maxLength: 4 },
  selector: ({ window, unit }) => `${window}.${unit}`,
})
const stepOf: fc.Arbitrary<Step> = fc.record({
  afterMs: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 50 }),
    fc.integer({ min: 0, max: 20_000 }),
    fc.integer({ min: 0, max: 30 * 3_600_000 }),
  ),
  recipients: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 400 })),
  outMs: fc.integer({ min: 0, max: 5_000 }),
  backMs: fc.integer({ min: 0, max: 5_000 }),
  settleMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 80_000 })),
  unsent: fc.boolean(),
  dies: fc.constantFrom(false, false, false, true),
})

it('the platform never sees one too many in any window, whatever calls take and whoever dies', () => {
  fc.assert(
    fc.property(
      limitsOf,
      fc.array(stepOf, { minLength: 1, maxLength: 120 }),
      fc.constantFrom('one' as const, 'batch' as const),
      (limits, steps, perCall) => {
        const { arrivals } = play(limits, steps, perCall)
        for (const limit of limits)
          expect(most(limit, arrivals, perCall)).toBeLessThanOrEqual(limit.max)
      },
    ),
    { numRuns: 300 },
  )
})

it.each([
  [{ scope: 'account', window: 60_000, max: 100, unit: 'message' }, 64],
  [{ scope: 'account', window: 60_000, max: 100, unit: 'message' }, 1_000],
  [{ scope: 'account', window: 60_000, max: 1_000, unit: 'message' }, 7],
  [{ scope: 'account', window: 60_000, max: 100, unit: 'call' }, 1],
  [{ scope: 'account', window: 600_000, max: 5_000, unit: 'message' }, 33],
] as const)('of %o at most a twentieth stays unused by batches of %i', (limit, recipients) => {
  const step = { outMs: 40, backMs: 40, settleMs: 1_000, recipients, unsent: false, dies: false }
  const rounds = 20
  const length = (limit.window / 100) * rounds
  const steps = Array.from({ length }, () => ({ ...step, afterMs: 100 }))
  const { arrivals } = play([limit], steps, 'batch')
  const sent = arrivals.reduce((sum, one) => sum + size(limit, 'batch', one), 0)
  expect(sent).toBeGreaterThanOrEqual(limit.max * rounds * 0.95)
  expect(most(limit, arrivals, 'batch')).toBeLessThanOrEqual(limit.max)
})

const MINUTE: RateLimit = { scope: 'account', window: 60_000, max: 20, unit: 'call' }
const ask = (recipients: number, urgent = false) =>
  ({ recipients, perCall: 'one', urgent }) as const

function spend(limits: readonly RateLimit[], recipients: number, now: number, id = 'a') {
  const state = aged(limits, NOTHING_TAKEN, now)
  return taken(state, takenOf(id, ask(recipients), recipients, now + HOLD_MS))
}

describe('what an answer gives back', () => {
  const DAY: RateLimit = { scope: 'account', window: 'day', max: 10, unit: 'message' }
  const CALLS: RateLimit = { scope: 'account', window: 'day', max: 10, unit: 'call' }
  const left = (limits: readonly RateLimit[], unsent: number) => {
    const state = answered(limits, spend(limits, 10, START), { id: 'a', unsent }, START)
    return room(limits, aged(limits, state, START), ask(10), START).recipients
  }
  it('messages that were not sent are none of the day’s', () => {
    expect(left([DAY], 4)).toBe(4)
    expect(left([DAY], 0)).toBe(0)
  })
  it('a call that was made stays one', () => expect(left([CALLS], 10)).toBe(0))
  it('a sliding window gives nothing back: the platform may count what it turned away', () =>
    expect(left([{ ...MINUTE, max: 10, unit: 'message' }], 10)).toBe(0))
  it('no answer keeps the tokens, for good', () => {
    const state = aged([DAY], spend([DAY], 10, START), START + HOLD_MS + 1)
    expect(state.open).toEqual([])
    expect(room([DAY], state, ask(1), START + HOLD_MS + 1).recipients).toBe(0)
    const late = answered([DAY], state, { id: 'a', unsent: 10 }, START + HOLD_MS + 2)
    expect(room([DAY], late, ask(1), START + HOLD_MS + 2).recipients).toBe(0)
  })
})

it('a day begins at midnight in Shanghai, a month on its first', () => {
  const late = Date.parse('2026-11-30T23:59:00+08:00')
  for (const window of ['day', 'month'] as const) {
    const limits: readonly RateLimit[] = [{ ...MINUTE, window, max: 5 }]
    const state = answered(limits, spend(limits, 5, late), { id: 'a', unsent: 0 }, late)
    expect(room(limits, aged(limits, state, late), ask(1), late)).toEqual({
      ...{ recipients: 0, waitMs: 60_000 },
    })
    const next = late + 60_000
    expect(room(limits, aged(limits, state, next), ask(5), next).recipients).toBe(5)
  }
})

it('a call over midnight counts on both days', () => {
  const limits: readonly RateLimit[] = [{ ...MINUTE, window: 'day', max: 5 }]
  const late = Date.parse('2026-11-25T23:59:59.900+08:00')
  const state = aged(limits, spend(limits, 5, late), late + 200)
  expect(room(limits, state, ask(1), late + 200).recipients).toBe(0)
  const after = answered(limits, state, { id: 'a', unsent: 0 }, late + 300)
  expect(room(limits, after, ask(1), late + 300).recipients).toBe(0)
})

it('a clock that is set back gives nothing back, and stops nobody for longer than a window', () => {
  const state = answered([MINUTE], spend([MINUTE], 20, START), { id: 'a', unsent: 0 }, START)
  const back = START - 3_600_000
  const moved = aged([MINUTE], state, back)
  const { recipients, waitMs } = room([MINUTE], moved, ask(1), back)
  expect([recipients, waitMs <= 60_001]).toEqual([0, true])
  const later = back + waitMs
  expect(room([MINUTE], aged([MINUTE], moved, later), ask(20), later).recipients).toBe(20)
})

describe('penalties', () => {
  const limits: readonly RateLimit[] = [{ ...MINUTE, penaltyMs: 600_000 }]
  const told = (state: LimitState, now: number, id: string) =>
    answered(limits, aged(limits, state, now), { id, unsent: 1, limited: { waitMs: 0 } }, now)
  const waits = (state: LimitState, now: number) =>
    room(limits, aged(limits, state, now), ask(1), now).waitMs

  it('shuts the account for as long as the platform does, twice as long the next time', () => {
    const first = told(spend(limits, 1, START), START, 'a')
    expect(waits(first, START)).toBe(600_000)
    const again = START + 600_000
    const state = taken(aged(limits, first, again), takenOf('b', ask(1), 1, again + HOLD_MS))
    const second = told(state, again, 'b')
    expect(waits(second, again)).toBe(1_200_000)
  })
  it('calls that were under way together are one excess', () => {
    const two = taken(spend(limits, 1, START), takenOf('b', ask(1), 1, START + HOLD_MS))
    expect(waits(told(told(two, START, 'a'), START, 'b'), START)).toBe(600_000)
  })
  it('a call that goes through ends the row', () => {
    const again = START + 600_000
    const first = told(spend(limits, 1, START), START, 'a')
    const through = answered(
      limits,
      taken(aged(limits, first, again), takenOf('b', ask(1), 1, again + HOLD_MS)),
      { id: 'b', unsent: 0 },
      again,
    )
    const state = taken(through, takenOf('c', ask(1), 1, again + HOLD_MS))
    expect(waits(told(state, again, 'c'), again)).toBe(600_000)
  })
})

it('what an urgent batch did not get is kept for it', () => {
  const full = answered([MINUTE], spend([MINUTE], 20, START), { id: 'a', unsent: 0 }, START)
  const refused = room([MINUTE], full, ask(3, true), START)
  const state = kept(full, ask(3, true), refused, START)
  const free = START + refused.waitMs
  const later = aged([MINUTE], state, free)
  expect(room([MINUTE], later, ask(20), free).recipients).toBe(0)
  const urgent = room([MINUTE], later, ask(3, true), free)
  expect(urgent.recipients).toBe(3)
  const after = taken(
    kept(later, ask(3, true), urgent, free),
    takenOf('b', ask(3, true), 3, free + HOLD_MS),
  )
  expect(room([MINUTE], after, ask(17), free).recipients).toBe(17)
})

describe('forbidden minutes', () => {
  const at = (time: string) => Date.parse(`2026-11-25T${time}+08:00`)
  it.each([
    ['10:29:58.9', '10:29:58.9'],
    ['10:29:59.5', '10:31:00'],
    ['10:30:20', '10:31:00'],
    ['10:31:00', '10:31:00'],
  ])('a call at %s goes at %s where the half hour is forbidden', (now, goes) => {
    expect(openAgain([{ minuteOfHour: 0 }, { minuteOfHour: 30 }], at(now))).toBe(at(goes))
  })
  it('a range may go over midnight', () => {
    const night = [{ from: 22 * 60, to: 7 * 60 }]
    expect(openAgain(night, at('23:10:00'))).toBe(at('07:00:00') + 86_400_000)
    expect(openAgain(night, at('03:00:00'))).toBe(at('07:00:00'))
    expect(openAgain(night, at('12:00:00'))).toBe(at('12:00:00'))
  })
})

describe('a road’s own rates', () => {
  it('are read as they are', () => {
    const rates = { limits: [{ ...MINUTE, penaltyMs: 600_000 }], account: 'robot-1' }
    expect(readRates({ ...rates, forbidden: [{ minuteOfHour: 0 }, { from: 0, to: 60 }] })).toEqual({
      ...{ ...rates, forbidden: [{ minuteOfHour: 0 }, { from: 0, to: 60 }] },
    })
  })
  it.each<[unknown, readonly string[]]>([
    [3, ['rates']],
    [{}, ['rates.limits']],
    [{ limits: [{}] }, ['scope', 'window', 'max', 'unit'].map((name) => `rates.limits.0.${name}`)],
    [
      { limits: [{ ...MINUTE, max: 0, penaltyMs: -1 }] },
      ['rates.limits.0.max', 'rates.limits.0.penaltyMs'],
    ],
    [{ limits: [{ ...MINUTE, window: 'week' }] }, ['rates.limits.0.window']],
    [{ limits: [MINUTE, MINUTE] }, ['rates.limits']],
    [{ limits: [], forbidden: [{ minuteOfHour: 60 }] }, ['rates.forbidden.0.minuteOfHour']],
    [{ limits: [], forbidden: [{ from: 5, to: 5 }] }, ['rates.forbidden.0.to']],
    [{ limits: [], account: '很长' }, ['rates.account']],
    [{ limits: [], speed: 1 }, ['rates.speed']],
  ])('%j is refused by the names of its fields', (given, fields) => {
    const problems = readRates(given)
    expect(Array.isArray(problems) ? problems.map(({ field }) => field) : problems).toEqual(fields)
  })
})
