/** What happens to an occurrence next: under any clock each ends once, and nothing uncertain leaves. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  AFTER,
  nextLook,
  nextStep,
  type OccurrenceFacts,
  type Step,
  whyNotChangeable,
} from '../../../src/domain/schedule/occurrence.ts'
import type { Missed } from '../../../src/domain/schedule/standing.ts'

const DUE = Date.UTC(2027, 1, 15, 1)
const HOUR = 3_600_000
const at = (hours: number) => new Date(DUE + hours * HOUR)

const missed: fc.Arbitrary<Missed> = fc.oneof(
  fc.record({ policy: fc.constant('late'), graceHours: fc.integer({ min: 1, max: 72 }) }),
  fc.constant({ policy: 'skip' }),
  fc.constant({ policy: 'ask' }),
)
const facts: fc.Arbitrary<OccurrenceFacts> = fc.record({
  state: fc.constant('planned'),
  dueAt: fc.constant(at(0)),
  draftAt: fc.integer({ min: -200, max: -1 }).map(at),
  provisional: fc.boolean(),
  hasOrder: fc.boolean(),
  signed: fc.constant(false),
  asked: fc.constant(false),
  handedIn: fc.boolean(),
  missed,
})
const clock = fc.array(fc.integer({ min: -300, max: 300 }).map(at), { maxLength: 30 })

/** What a step leaves, without a database. */
function taken(one: OccurrenceFacts, step: Step): OccurrenceFacts {
  if (step === 'ask-confirmation') return { ...one, asked: true }
  if (step === 'hand-in') return { ...one, handedIn: true }
  return { ...one, state: AFTER[step] }
}

function run(
  start: OccurrenceFacts,
  times: readonly Date[],
  signedFrom = Number.POSITIVE_INFINITY,
) {
  let one = start
  const steps: Step[] = []
  for (const [index, time] of times.entries())
    for (;;) {
      one = { ...one, signed: index >= signedFrom }
      const step = nextStep(one, time)
      if (!step) break
      steps.push(step)
      one = taken(one, step)
      if (steps.length > 50) throw new Error(`never ends: ${steps.slice(0, 9).join(' ')}`)
    }
  return { one, steps }
}

describe('under a clock that jumps anywhere', () => {
  it('takes each step at most once', () => {
    fc.assert(
      fc.property(facts, clock, (start, times) => {
        const { steps } = run(start, times)
        expect(new Set(steps).size).toBe(steps.length)
      }),
    )
  })

  it('fires without a signature only with an order and a settled day', () => {
    fc.assert(
      fc.property(facts, clock, (start, times) => {
        const { steps } = run(start, times)
        if (steps.includes('fire'))
          expect([start.hasOrder, start.provisional]).toEqual([true, false])
        expect(steps).not.toContain('settle')
      }),
    )
  })

  it('never drafts before its lead nor fires before its time', () => {
    fc.assert(
      fc.property(facts, clock, (start, times) => {
        const early = times.filter((time) => time < start.draftAt)
        expect(run(start, early).steps).toEqual([])
        const before = times.filter((time) => time < start.dueAt)
        expect(run(start, before).steps).not.toContain('fire')
      }),
    )
  })

  it('is over or on somebody’s list once its time has passed', () => {
    fc.assert(
      fc.property(facts, clock, (start, times) => {
        const { one } = run(start, [...times, at(400)])
        expect(['fired', 'skipped', 'alarmed', 'missed']).toContain(one.state)
      }),
    )
  })

  it('is settled by a signature whatever happened before', () => {
    fc.assert(
      fc.property(facts, clock, fc.nat(30), (start, times, from) => {
        const { one, steps } = run({ ...start, hasOrder: false }, [...times, at(400)], from)
        const drafted = steps.some((step) => step === 'draft' || step === 'draft-late')
        if (drafted && from <= times.length) expect(one.state).toBe('fired')
      }),
    )
  })

  it('is looked at no later than its next step', () => {
    fc.assert(
      fc.property(
        facts,
        clock,
        fc.integer({ min: -300, max: 300 }).map(at),
        (start, times, time) => {
          const { one } = run(start, times)
          const look = nextLook(one)
          if (nextStep(one, time)) expect(look && look <= time).toBe(true)
        },
      ),
    )
  })
})

describe('at its time', () => {
  const order: OccurrenceFacts = {
    ...{ state: 'planned', dueAt: at(0), draftAt: at(-72), provisional: false, hasOrder: true },
    ...{ signed: false, asked: false, handedIn: false, missed: { policy: 'late', graceHours: 6 } },
  }
  it.each([
    [0, 'late', 'fire'],
    [0.25, 'ask', 'fire'],
    [0.26, 'ask', 'miss'],
    [0.26, 'skip', 'skip'],
    [6, 'late', 'fire'],
    [6.01, 'late', 'miss'],
  ] as const)('%d hours late with %s it is %s', (hours, policy, step) => {
    const rule: Missed = policy === 'late' ? { policy, graceHours: 6 } : { policy }
    expect(nextStep({ ...order, missed: rule }, at(hours))).toBe(step)
  })

  it.each([
    [{ provisional: true }, 'draft-late'],
    [{ hasOrder: false }, 'draft-late'],
    [{ state: 'drafted' }, 'alarm'],
    [{ state: 'escalated' }, 'alarm'],
    [{ state: 'escalated', signed: true }, 'settle'],
    [{ state: 'cancelled' }, undefined],
    [{ state: 'obsolete' }, undefined],
  ] as const)('with %o it is %s', (more, step) => {
    expect(nextStep({ ...order, ...more }, at(0))).toBe(step)
  })
})

describe('a change by a person', () => {
  const change = { state: 'planned', reason: '会议', at: at(0), to: at(24) } as const
  it.each([
    [{}, undefined],
    [{ state: 'fired' }, 'occurrence-settled'],
    [{ reason: ' ' }, 'reason-missing'],
    [{ reason: '长'.repeat(201) }, 'too-long'],
    [{ to: at(0) }, 'window-invalid'],
    [{ to: new Date(Number.NaN) }, 'window-invalid'],
    [{ to: at(24 * 401) }, 'window-invalid'],
    [{ state: 'missed' }, undefined],
  ] as const)('%o is %s', (more, code) => {
    expect(whyNotChangeable({ ...change, ...more })?.code).toBe(code)
  })
})
