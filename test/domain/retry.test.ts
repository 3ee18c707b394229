/** The retry policy and the transition table: what may follow what, and when it is enough. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LANES } from '../../src/domain/bulletin.ts'
import {
  DELIVERY_STATES,
  FINAL_STATES,
  FOLLOWS,
  mayFollow,
  mayPrecede,
} from '../../src/domain/delivery.ts'
import { boundOutcome, type Outcome } from '../../src/domain/outcome.ts'
import {
  ATTEMPTS_MAX,
  afterOutcome,
  BACKOFF_MS_MAX,
  BACKOFF_MS_MIN,
  backoffMs,
} from '../../src/domain/retry.ts'

const retry: Outcome = { kind: 'retry', code: 'busy', detail: '' }
const once = { attempts: 1, lane: 'normal', countsWhen: 'accepted' } as const

describe('back-off', () => {
  it('doubles, never shrinks and never passes its ceiling', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.constantFrom(...LANES), (attempts, lane) => {
        const wait = backoffMs(attempts, lane)
        expect(wait).toBeGreaterThanOrEqual(BACKOFF_MS_MIN)
        expect(wait).toBeLessThanOrEqual(lane === 'urgent' ? 30_000 : BACKOFF_MS_MAX)
        expect(backoffMs(attempts + 1, lane)).toBeGreaterThanOrEqual(wait)
      }),
    )
  })

  it('gives up after the last attempt', () => {
    expect(afterOutcome(retry, { ...once, attempts: ATTEMPTS_MAX - 1 }).state).toBe('waiting')
    expect(afterOutcome(retry, { ...once, attempts: ATTEMPTS_MAX })).toEqual({ state: 'failed' })
  })

  it('waits as long as the platform asks, and not shorter', () => {
    expect(afterOutcome({ ...retry, notBeforeMs: 600_000 }, once).dueInMs).toBe(600_000)
    expect(afterOutcome({ ...retry, notBeforeMs: 1 }, once).dueInMs).toBe(BACKOFF_MS_MIN)
  })
})

describe('outcomes', () => {
  it.each([
    [{ kind: 'accepted' }, 'accepted'],
    [{ kind: 'accepted', delivered: true }, 'delivered'],
    [{ kind: 'refused', scope: 'recipient', code: '', detail: '' }, 'failed'],
    [{ kind: 'refused', scope: 'message', code: '', detail: '' }, 'failed'],
    [{ kind: 'refused', scope: 'account', code: '', detail: '' }, 'held'],
    [{ kind: 'unsure', code: '', detail: '' }, 'unsure'],
    [{ kind: 'awaiting', on: 'hand', withinMs: 1 }, 'awaiting'],
  ] as const)('%o becomes %s', (outcome, state) => {
    expect(afterOutcome(outcome, once).state).toBe(state)
  })

  it('never repeats what may have been sent', () => {
    const unsure: Outcome = { kind: 'unsure', code: 'timeout', detail: '' }
    for (let attempts = 1; attempts <= ATTEMPTS_MAX; attempts++)
      expect(afterOutcome(unsure, { ...once, attempts }).state).toBe('unsure')
  })

  it('takes nothing unlimited from a platform', () => {
    const bounded = boundOutcome({
      ...{ kind: 'accepted', reference: `a\u0000${'9'.repeat(9_000)}`, units: Number.NaN },
      ...{ at: 'yesterday', url: `http://place.test/${'x'.repeat(9_000)}` },
    })
    expect(bounded).toEqual({ kind: 'accepted', reference: `a${'9'.repeat(499)}`, units: 0 })
    const waits = [Number.NaN, -1, Number.POSITIVE_INFINITY, 1e300]
    for (const notBeforeMs of waits) {
      const { dueInMs = -1 } = afterOutcome(boundOutcome({ ...retry, notBeforeMs }), once)
      expect(dueInMs).toBeGreaterThanOrEqual(BACKOFF_MS_MIN)
      expect(dueInMs).toBeLessThanOrEqual(31 * 86_400_000)
    }
  })

  it('is unsure where nobody answered or nobody understands the answer', () => {
    expect(boundOutcome(undefined)).toMatchObject({ kind: 'unsure', code: 'no-answer' })
    const strange = { kind: 'sent?' } as unknown as Outcome
    expect(boundOutcome(strange)).toMatchObject({ kind: 'unsure', code: 'unreadable-answer' })
  })
})

describe('transitions', () => {
  it('reopens no final state; only a receipt may still say delivered', () => {
    for (const state of FINAL_STATES)
      expect(FOLLOWS[state].every((next) => next === 'delivered')).toBe(true)
  })

  it('lets nothing return from accepted or delivered to what is sent again', () => {
    for (const from of ['accepted', 'delivered', 'cancelled', 'expired', 'failed'] as const)
      for (const to of ['waiting', 'sending', 'held', 'awaiting', 'unsure'] as const)
        expect(mayFollow(from, to)).toBe(false)
  })

  it('reads the same in both directions', () => {
    for (const to of DELIVERY_STATES)
      for (const from of DELIVERY_STATES)
        expect(mayPrecede(to).includes(from)).toBe(mayFollow(from, to))
  })
})
