/** The small language of rules: what is in it, its limits, and rings. */
import { expect, it } from 'vitest'
import {
  type AudienceDefinition,
  RULE_TERMS_MAX,
  readDefinition,
  whyNotResolvable,
  whyNotStillMeant,
} from '../../src/domain/audience.ts'

it('reads a rule in one form', () => {
  const rule = {
    meant: { all: [{ any: [{ tag: ' 涉氨 ' }, { tag: '粉尘' }] }, { area: '梧桐街道' }] },
    minus: ['media', 'a', 'media'],
  }
  expect(readDefinition(rule)).toEqual({
    definition: {
      meant: { all: [{ any: [{ tag: '涉氨' }, { tag: '粉尘' }] }, { area: '梧桐街道' }] },
      minus: ['a', 'media'],
    },
  })
  expect(readDefinition({ meant: { tag: 'ａ' }, minus: [] })).toEqual({
    definition: { meant: { tag: 'a' } },
  })
})

const deep = (levels: number): unknown =>
  levels === 0 ? { tag: 'a' } : { all: [deep(levels - 1)] }

it.each([
  ['nothing', undefined, 'rule'],
  ['a list', [], 'rule'],
  ['no term', {}, 'meant'],
  ['an empty term', { meant: {} }, 'meant'],
  ['two in one term', { meant: { tag: 'a', area: 'b' } }, 'meant'],
  ['a word not in the language', { meant: { not: { tag: 'a' } } }, 'meant'],
  ['SQL beside it', { meant: { tag: 'a' }, where: '1=1' }, 'rule'],
  ['an empty all', { meant: { all: [] } }, 'meant.all'],
  ['a number for a tag', { meant: { tag: 1 } }, 'meant.tag'],
  ['an empty tag', { meant: { any: [{ tag: ' ' }] } }, 'meant.any[0].tag'],
  ['a tag too long', { meant: { tag: 'x'.repeat(41) } }, 'meant.tag'],
  ['a line break in a tag', { meant: { tag: 'a\nb' } }, 'meant.tag'],
  ['too deep', { meant: deep(4) }, 'meant.all[0].all[0].all[0].all[0]'],
  [
    'too many',
    { meant: { any: Array(RULE_TERMS_MAX).fill({ tag: 'a' }) } },
    `meant.any[${RULE_TERMS_MAX - 1}]`,
  ],
  ['an audience that is no id', { meant: { tag: 'a' }, minus: ['A b'] }, 'minus[0]'],
  ['a prototype', JSON.parse('{"meant":{"__proto__":{"tag":"a"}}}'), 'meant'],
])('refuses %s', (_, rule, field) => {
  expect(readDefinition(rule)).toMatchObject({ refusal: { field } })
})

it('a rule as deep as allowed is read', () => {
  expect(readDefinition({ meant: deep(3) })).toHaveProperty('definition')
})

const rules = (entries: Readonly<Record<string, readonly string[]>>) =>
  new Map(
    Object.entries(entries).map(([id, minus]): [string, AudienceDefinition] => [
      id,
      { meant: { tag: 'a' }, minus },
    ]),
  )

it('a ring and a long chain are refused, a diamond is not', () => {
  expect(whyNotResolvable(['a'], rules({ a: ['b'], b: ['a'] }))).toMatchObject({
    code: 'payload-problem',
  })
  expect(whyNotResolvable(['a'], rules({ a: ['a'] }))).toMatchObject({ code: 'payload-problem' })
  expect(
    whyNotResolvable(['a'], rules({ a: ['b'], b: ['c'], c: ['d'], d: ['e'], e: [] })),
  ).toMatchObject({ code: 'too-long' })
  expect(
    whyNotResolvable(['a'], rules({ a: ['b', 'c'], b: ['list'], c: ['list'] })),
  ).toBeUndefined()
})

it('a definition rewritten since counts by those only one of the two means', () => {
  expect(whyNotStillMeant(10, 10)).toBeUndefined()
  expect(whyNotStillMeant(10, 11)).toMatchObject({ code: 'audience-changed', limit: 10 })
})
