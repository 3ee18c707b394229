/** Chains are data: the best fitting rule of each channel, their union in one order, the stricter of two. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ChainRule,
  type ChainStep,
  chainFor,
  DEFAULT_CHAIN,
  mayDo,
  openStep,
  STEP_ROLES,
  STEPS,
  URGENCIES,
} from '../../src/domain/chain.ts'

const notice = { categoryId: 'notice', level: 'routine' } as const
const names = (chain: readonly ChainStep[]) => chain.map((one) => one.step)

describe('the chain of a bulletin', () => {
  it('is the secrecy review where no rule fits', () => {
    expect(chainFor([], notice, [])).toEqual(DEFAULT_CHAIN)
    const elsewhere: ChainRule = { categoryId: 'penalty', steps: [{ step: 'proof' }] }
    expect(names(chainFor([elsewhere], notice, ['board']))).toEqual(['secrecy-review'])
  })

  it('takes the most particular rule of each channel', () => {
    const rules: ChainRule[] = [
      { steps: [{ step: 'proof' }] },
      { urgency: 'urgent', steps: [{ step: 'section-check' }] },
      { channelId: 'board', steps: [{ step: 'first-review' }] },
      { categoryId: 'notice', steps: [{ step: 'second-review' }] },
      { categoryId: 'notice', channelId: 'board', steps: [{ step: 'third-review' }] },
    ]
    const at = (channel: string, level: 'routine' | 'red', categoryId = 'other') =>
      names(chainFor(rules, { categoryId, level }, [channel]))[0]
    expect(at('wire', 'routine')).toBe('proof')
    expect(at('wire', 'red')).toBe('section-check')
    expect(at('board', 'red')).toBe('first-review')
    expect(at('wire', 'red', 'notice')).toBe('second-review')
    expect(at('board', 'red', 'notice')).toBe('third-review')
  })

  it('walks the union of its channels, in one order, the secrecy review last', () => {
    const rules: ChainRule[] = [
      { channelId: 'press', steps: [{ step: 'third-proof' }, { step: 'first-review' }] },
      { channelId: 'board', steps: [{ step: 'proof' }, { step: 'first-review' }] },
    ]
    expect(names(chainFor(rules, notice, ['press', 'board', 'wire']))).toEqual([
      ...['proof', 'first-review', 'third-proof', 'secrecy-review'],
    ])
  })

  it('holds the stricter of two opinions on who may', () => {
    const rules: ChainRule[] = [
      {
        channelId: 'a',
        steps: [{ step: 'section-check', roles: ['section-head', 'leader'], byAuthor: true }],
      },
      { channelId: 'b', steps: [{ step: 'section-check', roles: ['leader'] }] },
    ]
    expect(chainFor(rules, notice, ['a', 'b'])[0]).toEqual({
      step: 'section-check',
      roles: ['leader'],
    })
    expect(chainFor(rules, notice, ['a'])[0]?.byAuthor).toBe(true)
  })

  it('never gives the secrecy review away', () => {
    const step: ChainStep = { step: 'secrecy-review', roles: ['drafter'] }
    const [found] = chainFor([{ steps: [step] }], notice, ['board'])
    const person = (role: 'drafter' | 'secrecy-reviewer') => ({ id: 1, name: '某', roles: [role] })
    expect(found && mayDo(person('drafter'), found)).toBe(false)
    expect(found && mayDo(person('secrecy-reviewer'), found)).toBe(true)
  })
})

describe('whatever the rules say', () => {
  const step = fc.record({ step: fc.constantFrom(...STEPS) })
  const rule: fc.Arbitrary<ChainRule> = fc.record(
    {
      categoryId: fc.constantFrom('notice', 'penalty'),
      channelId: fc.constantFrom('a', 'b'),
      urgency: fc.constantFrom(...URGENCIES),
      steps: fc.array(step, { maxLength: 5 }),
    },
    { requiredKeys: ['steps'] },
  )
  const channels = fc.subarray(['a', 'b', 'c'])

  it('the secrecy review is there once and last, no step twice, more channels never fewer steps', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 8 }), channels, channels, (rules, one, other) => {
        const few = names(chainFor(rules, notice, one))
        const many = names(chainFor(rules, notice, [...one, ...other]))
        expect(new Set(many).size).toBe(many.length)
        expect(many.at(-1)).toBe('secrecy-review')
        expect(many.filter((name) => STEPS.indexOf(name) < 0)).toEqual([])
        expect(few.every((name) => many.includes(name))).toBe(true)
      }),
    )
  })

  it('a step is open until it was approved on this very hash', () => {
    const chain = STEPS.map((name) => ({ step: name }))
    for (const [index, name] of STEPS.entries()) {
      const done = STEPS.slice(0, index).map((one) => ({ step: one, hash: 'h' }))
      expect(openStep(chain, done, 'h')).toBe(name)
      expect(openStep(chain, done, 'h', name)).toBeUndefined()
      expect(openStep(chain, done, 'other')).toBe('section-check')
    }
    expect(Object.keys(STEP_ROLES).sort()).toEqual([...STEPS].sort())
  })
})
