/** Words somebody typed stand in a message cut, calm and without anybody's number. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { describe as describeRefusal, quotable, Refused } from '../../src/domain/refusal.ts'

const refused = (typed: string) => new Refused({ code: 'not-found', field: typed, detail: typed })

it('cuts, calms and masks field and detail, in the sentence and in the facts', () => {
  const typed = `\u001b[31m13812345678\u202e\u0000${'x'.repeat(2_000_000)}`
  const error = refused(typed)
  const { field = '', detail = '' } = error.refusal
  for (const text of [
    error.message,
    field,
    detail,
    describeRefusal({ code: 'stopped', detail: typed }),
  ]) {
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
    expect(text).not.toContain('13812345678')
    expect([...text].length).toBeLessThan(700)
  }
  expect([...field].length).toBe(81)
  expect(detail).toContain('138****5678')
})

it('leaves what the house itself says alone', () => {
  const refusal = {
    code: 'not-found',
    field: 'channel board',
    detail: '可用：a、b（12 项）',
  } as const
  expect(new Refused(refusal).refusal).toEqual(refusal)
})

it('is bounded for whatever is typed, and says it the same way twice', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.integer({ min: 1, max: 90 }),
      (typed, max) => {
        const once = quotable(typed, max)
        expect([...once].length).toBeLessThanOrEqual(max + 1)
        expect(once).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u)
        expect(refused(refused(typed).refusal.field ?? '').refusal.field?.length).toBeLessThan(170)
      },
    ),
  )
})
