/** Differences word by word: nothing of either text is lost, and what did not change is not marked. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { changesOf, type Piece, wordDiff } from '../../src/domain/word-diff.ts'

const without = (pieces: readonly Piece[], kind: Piece['kind']) =>
  pieces
    .filter((one) => one.kind !== kind)
    .map((one) => one.text)
    .join('')
const marked = (pieces: readonly Piece[]) =>
  pieces.map(({ kind, text }) => {
    if (kind === 'same') return text
    return kind === 'added' ? `[+${text}]` : `[-${text}]`
  })

it.each([
  ['请于11月30日前报送。', '请于12月30日前报送。', '请于[-11][+12]月30日前报送。'],
  ['第一段\n第二段\n第三段', '第一段\n第三段', '第一段\n[-第二段\n]第三段'],
  ['甲厂停产', '甲厂停产整顿', '甲厂停产[+整顿]'],
  ['同一句话', '同一句话', '同一句话'],
  ['', '新的', '[+新的]'],
])('%s → %s', (before, after, expected) => {
  expect(marked(wordDiff(before, after)).join('')).toBe(expected)
})

const text = fc
  .array(fc.constantFrom('安全', '生产', '检查', '甲厂', '11', '月', '，', '。', '\n', 'a b'), {
    maxLength: 60,
  })
  .map((words) => words.join(''))

it('gives back both texts, whatever they are', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const pieces = wordDiff(before, after)
      expect(without(pieces, 'added')).toBe(before)
      expect(without(pieces, 'removed')).toBe(after)
    }),
  )
})

it('marks nothing but the word that was put in', () => {
  fc.assert(
    fc.property(text, fc.nat(), (before, place) => {
      const lines = before.split('\n')
      const at = place % (lines.length + 1)
      const after = [...lines.slice(0, at), '新加的一行', ...lines.slice(at)].join('\n')
      const changed = wordDiff(before, after).filter((one) => one.kind !== 'same')
      expect(changed.map((one) => one.kind)).toEqual(['added'])
    }),
  )
})

it('stays quick where nothing is alike', () => {
  const before = Array.from({ length: 20_000 }, (_, index) => `旧${index}\n`).join('')
  const after = Array.from({ length: 20_000 }, (_, index) => `新${index}\n`).join('')
  expect(wordDiff(before, after)).toEqual([
    { kind: 'removed', text: before },
    { kind: 'added', text: after },
  ])
})

it('leaves out what is far from a change', () => {
  const far = '很'.repeat(100)
  const shown = changesOf(wordDiff(`${far}\n旧\n${far}`, `${far}\n新\n${far}`), 5)
  expect(shown).toEqual([
    { kind: 'same', text: '很很很很\n', skipped: true },
    { kind: 'removed', text: '旧', skipped: false },
    { kind: 'added', text: '新', skipped: false },
    { kind: 'same', text: '\n很很很很', skipped: false },
    { kind: 'same', text: '', skipped: true },
  ])
})
