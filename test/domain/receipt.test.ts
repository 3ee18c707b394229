/** 回执: whose clock is believed, how long is asked, and what a line may hold. */
import { expect, it } from 'vitest'
import {
  askAgainMs,
  boundLine,
  lookAgainMs,
  PLATFORM_CLOCK_AHEAD_MS_MAX,
  platformTime,
} from '../../src/domain/receipt.ts'

const AT = new Date('2026-12-31T15:59:30Z')
const after = (ms: number) => new Date(AT.getTime() + ms)

it.each([
  ['none', undefined, AT],
  ['no time at all', new Date('never'), AT],
  ['a little ahead', after(PLATFORM_CLOCK_AHEAD_MS_MAX), after(PLATFORM_CLOCK_AHEAD_MS_MAX)],
  ['too far ahead', after(PLATFORM_CLOCK_AHEAD_MS_MAX + 1), AT],
  ['before it could leave', after(-3_600_001), after(-3_600_000)],
  ['in between', after(-1), after(-1)],
])('a platform’s time: %s', (_, theirs, believed) => {
  expect(platformTime(theirs, AT, after(-3_600_000))).toEqual(believed)
})

it('asks from ten seconds to half an hour, and compares from a second to an hour, about three days', () => {
  const asks = Array.from({ length: 40 }, (_, asked) => askAgainMs(asked))
  expect(asks.slice(0, 3)).toEqual([10_000, 20_000, 40_000])
  expect(asks.every((ms, index) => index === 0 || ms >= (asks[index - 1] ?? 0))).toBe(true)
  expect(asks.at(-1)).toBe(30 * 60_000)
  let [looks, total] = [0, 0]
  for (let rest = lookAgainMs(0); rest !== undefined; rest = lookAgainMs(++looks)) total += rest
  expect(total / 3_600_000).toBeGreaterThan(72)
  expect(total / 3_600_000).toBeLessThan(96)
})

it('keeps a line within its limit, whole characters only, and nothing that is no character', () => {
  expect(boundLine('a\u0000b\nc\u007fd', 10)).toBe('abcd')
  expect(boundLine('𠮷𠮷𠮷', 2)).toBe('𠮷𠮷')
  expect(boundLine(undefined as unknown as string, 4)).toBe('unde')
})
