/** Long hostile texts: each check stays one pass, offsets stay inside, floods stay bounded. A check that
 *  needed quadratic time would not end within the limit of a test. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { alikeness, printOf } from '../../../src/domain/checks/prints.ts'
import { wordFinder } from '../../../src/domain/checks/words.ts'
import { findings } from '../../support/checking.ts'

const LENGTH = 200_000
const fill = (piece: string) => piece.repeat(Math.ceil(LENGTH / piece.length)).slice(0, LENGTH)

it.each([
  ...[
    '1',
    '1 ',
    '1 3 8 0 0 ',
    '机',
    '家住',
    '镇a村1',
    '乡社',
    '\u200b',
    '1\u200b',
    'http://',
    '1月1日至',
  ],
  ...[
    'a@',
    'a.',
    '(',
    '[2026',
    '账号123456789 ',
    '１',
    '𝟏',
    '一',
    '10岁',
    '共一',
    '省级',
    '上午1',
    '绝*',
  ],
])('200,000 characters of %j', (piece) => {
  const text = fill(piece)
  const found = findings(text, { categoryId: 'penalty', title: '通知' })
  expect(found.length).toBeLessThanOrEqual(1_001)
  for (const one of found.filter(({ field }) => field === 'blocks/0/text')) {
    expect(one.from).toBeGreaterThanOrEqual(0)
    expect(one.to).toBeLessThanOrEqual(text.length)
    expect(one.to).toBeGreaterThan(one.from)
  }
})

it('any mixture of fragments keeps offsets inside the text and never throws', () => {
  const fragment = fc.oneof(
    fc.constantFrom(
      '家住',
      '镇',
      '村',
      '1',
      '2026年',
      '13月',
      '（星期二）',
      '共',
      '家',
      '账号',
      '★',
      '绝密',
      '\ud835',
    ),
    fc.string({ unit: 'binary', maxLength: 6 }),
  )
  fc.assert(
    fc.property(
      fc.array(fragment, { maxLength: 60 }),
      fc.constantFrom('notice', 'penalty'),
      (parts, categoryId) => {
        const text = parts.join('')
        for (const { from, to, field } of findings(text, { categoryId })) {
          if (field !== 'blocks/0/text') continue
          expect(from).toBeLessThanOrEqual(to)
          expect(to).toBeLessThanOrEqual(text.length)
        }
      },
    ),
  )
})

it('a flood of asks is one more stop', () => {
  const found = findings(
    Array.from({ length: 1_500 }, (_, at) => `139${String(at).padStart(8, '0')}`).join('，'),
  )
  expect(found[0]).toMatchObject({ code: 'too-many-findings', severity: 'stop' })
  expect(found).toHaveLength(1_001)
})

it('finds exactly the words a search for each of them finds', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(
      fc.uniqueArray(letters, { maxLength: 12 }),
      fc.string({ unit: fc.constantFrom('a', 'b', 'c') }),
      (words, text) => {
        const expected = words.flatMap((word) =>
          Array.from({ length: text.length }, (_, from) => from)
            .filter((from) => text.startsWith(word, from))
            .map((from) => `${word}@${from}`),
        )
        const found = wordFinder(words, (word) => word).find(text)
        expect(found.map((hit) => `${hit.word}@${hit.from}`).sort()).toEqual(expected.sort())
      },
    ),
  )
})

it('a print tells a near copy from another text, and says nothing across seeds', () => {
  const text = Array.from(
    { length: 400 },
    (_, at) => `第${at}家企业检查发现隐患${at * 7}处。`,
  ).join('')
  const changed = text.replace('第100家企业', '第100户单位').replaceAll('。', '；')
  expect(alikeness(printOf(text, 7), printOf(text, 7))).toBe(1)
  expect(alikeness(printOf(text, 7), printOf(changed, 7))).toBeGreaterThan(0.95)
  expect(alikeness(printOf(text, 7), printOf(text, 8))).toBeLessThan(0.1)
  const other = Array.from({ length: 400 }, (_, at) => `${at}号通知要求落实值班${at * 3}人。`).join(
    '',
  )
  expect(alikeness(printOf(text, 7), printOf(other, 7))).toBeLessThan(0.3)
})
