/** When a road is left alone, and how it comes back. */
import { describe, expect, it } from 'vitest'
import {
  afterCall,
  type Breaker,
  FAILURES_MAX,
  judge,
  OPEN_MS_MAX,
  OPENINGS_GIVEN_UP,
} from '../../src/domain/breaker.ts'
import type { Outcome } from '../../src/domain/outcome.ts'

const AT = new Date('2026-11-25T02:00:00Z')
const later = (milliseconds: number) => new Date(AT.getTime() + milliseconds)
const FAILED = { result: 'failed', code: 'timeout' } as const
const ANSWERED = { result: 'answered' } as const

/** One call a step, each as soon as the road is tried again. */
function play(results: readonly (typeof FAILED | typeof ANSWERED)[], concurrencyMax = 8) {
  let breaker: Breaker | undefined
  let at = AT
  const changes: string[] = []
  for (const call of results) {
    if (breaker?.openUntil && breaker.openUntil > at) at = breaker.openUntil
    const judged = afterCall(breaker, call, { at, concurrencyMax })
    breaker = judged.breaker
    const { change } = judged
    if (change) changes.push(`${change.state} ${change.callsMax ?? ''} ${change.reason}`)
  }
  return { breaker, changes, at }
}
const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one)

it('opens after so many failures in a row, and not before', () => {
  expect(play(times(FAILURES_MAX - 1, FAILED)).changes).toEqual([])
  expect(play(times(FAILURES_MAX, FAILED)).changes).toEqual(['open 0 timeout'])
})

it('an answer ends the row, and nothing is remembered', () => {
  expect(play([...times(4, FAILED), ANSWERED])).toMatchObject({ breaker: undefined, changes: [] })
  expect(play([...times(4, FAILED), ANSWERED, ...times(4, FAILED)]).changes).toEqual([])
})

it('comes back with one call, two, four, and then as before', () => {
  expect(play([...times(FAILURES_MAX, FAILED), ...times(3, ANSWERED)]).changes).toEqual([
    ...['open 0 timeout', 'half-open 2 answered', 'half-open 4 answered', 'closed  answered'],
  ])
  expect(play([...times(FAILURES_MAX, FAILED), ANSWERED], 1).changes).toEqual([
    ...['open 0 timeout', 'closed  answered'],
  ])
})

it('opens at once when it fails on the way back, each time for longer, up to a limit', () => {
  const { changes, breaker, at } = play(times(FAILURES_MAX + 20, FAILED))
  expect(changes).toHaveLength(21)
  expect(breaker?.openUntil).toEqual(new Date(at.getTime() + OPEN_MS_MAX))
  const first = play(times(FAILURES_MAX, FAILED))
  const second = play(times(FAILURES_MAX + 1, FAILED))
  const openMs = ({ breaker: one, at: from }: typeof first) =>
    (one?.openUntil?.getTime() ?? 0) - from.getTime()
  expect(openMs(second)).toBe(2 * openMs(first))
})

it('counts its openings until it has come back, so that it can be given up after three minutes of silence', () => {
  const dark = play(times(FAILURES_MAX + OPENINGS_GIVEN_UP - 1, FAILED))
  expect(dark.breaker).toMatchObject({ openings: OPENINGS_GIVEN_UP, callsMax: 1 })
  const silentMs = (dark.breaker?.openUntil?.getTime() ?? 0) - AT.getTime()
  expect(silentMs).toBeGreaterThan(2 * 60_000)
  expect(silentMs).toBeLessThan(4 * 60_000)
  const calls = times(FAILURES_MAX + OPENINGS_GIVEN_UP - 1, FAILED)
  // One answer is enough not to be given up any more; failing again on the way back is.
  expect(play([...calls, ANSWERED]).breaker).toMatchObject({ callsMax: 2 })
  expect(play([...calls, ANSWERED, FAILED]).breaker).toMatchObject({ callsMax: 1 })
  expect(play([...calls, ANSWERED, ANSWERED, ANSWERED]).breaker).toBeUndefined()
})

it('a call from before it opened changes nothing, whatever it says', () => {
  const { breaker } = play(times(FAILURES_MAX, FAILED))
  for (const call of [FAILED, ANSWERED])
    expect(afterCall(breaker, call, { at: later(1), concurrencyMax: 8 })).toEqual({ breaker })
})

it('a clock that was set back closes nobody’s road for longer than an opening', () => {
  const { breaker } = play(times(FAILURES_MAX, FAILED))
  const judged = afterCall(breaker, ANSWERED, { at: later(-3_600_000), concurrencyMax: 8 })
  expect(judged.change?.state).toBe('half-open')
})

describe('a call', () => {
  const unsure: Outcome = { kind: 'unsure', code: 'timeout', detail: '' }
  const retry: Outcome = { kind: 'retry', code: 'refused', detail: '' }
  const refused = (scope: 'recipient' | 'account'): Outcome => ({
    ...{ kind: 'refused', scope, code: 'no', detail: '' },
  })
  it.each<[string, readonly Outcome[], unknown]>([
    ['that nobody answered', [unsure, unsure], { result: 'failed', code: 'timeout' }],
    ['that did not get through', [retry], { result: 'failed', code: 'refused' }],
    ['that got through to one', [unsure, { kind: 'accepted' }], { result: 'answered' }],
    ['that was refused for its recipient', [refused('recipient')], { result: 'answered' }],
    ['that was told to slow down', [{ ...retry, limited: true }], undefined],
    ['refused with the account', [refused('account')], undefined],
    ['without recipients', [], undefined],
  ])('%s', (_, outcomes, judged) => expect(judge(outcomes)).toEqual(judged))
})
