/** Every refusal has a status, what is wrong and what to do; nothing unforeseen leaves with its words. */
import { expect, it } from 'vitest'
import { REFUSAL_CODES, Refused } from '../../src/domain/refusal.ts'
import { halves, problemOf, problemResponse, RefusedFields, STATUS } from '../../src/http/errors.ts'

it('covers every code, with a status of the fitting kind and no other code', () => {
  expect(Object.keys(STATUS).sort()).toEqual([...REFUSAL_CODES].sort())
  for (const code of REFUSAL_CODES) {
    const status = STATUS[code]
    expect(status, code).toBeGreaterThanOrEqual(400)
    expect(status, code).toBeLessThan(code === 'unforeseen' ? 501 : 500)
  }
})

it('says what is wrong and what to do for every code', () => {
  for (const code of REFUSAL_CODES) {
    const { title, hint } = halves(code)
    expect(title.length, code).toBeGreaterThan(3)
    expect(hint.length, `${code} has no next step`).toBeGreaterThan(3)
  }
})

it('carries field, limit and trace id', () => {
  const refused = new Refused({ code: 'too-long', field: 'title', limit: 120 })
  expect(problemOf(refused, 'trace-1')).toMatchObject({
    ...{ status: 422, code: 'too-long', field: 'title', limit: 120, trace_id: 'trace-1' },
    errors: [{ field: 'title', limit: 120 }],
  })
  const faults = [
    { code: 'missing-field', field: 'a', text: '缺少' },
    { code: 'too-long', field: 'b', text: '太长', limit: 3 },
  ] as const
  expect(problemOf(new RefusedFields(faults), 't')).toMatchObject({
    ...{ code: 'invalid-value', detail: '缺少；太长', errors: faults },
  })
})

it('an unforeseen fault tells nothing but its trace id', async () => {
  const answer = problemResponse(new Error('relation "secret" does not exist'), 'trace-2')
  expect(answer.status).toBe(500)
  const text = await answer.text()
  expect(text).toContain('trace-2')
  expect(text).not.toContain('secret')
})
