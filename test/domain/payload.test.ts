/** Nothing leaves with a hole in it, and no text can be mistaken for one. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fill, HOLES, type HoleName, isUniform, type Payload } from '../../src/domain/payload.ts'

const payload = (...segments: Payload['fields'][string]): Payload => ({
  form: 'text',
  fields: { text: segments },
})

it('fills every hole with its value and nothing else', () => {
  const filled = fill(payload('查看 ', { hole: 'public-url' }, '。'), {
    'public-url': 'http://hub.test/1',
  })
  expect(filled).toEqual({ fields: { text: '查看 http://hub.test/1。' } })
})

it('refuses a missing value, naming the hole', () => {
  expect(fill(payload({ hole: 'index-number' }), {})).toEqual({
    refusal: { code: 'missing-field', field: 'index-number' },
  })
})

it.each(Object.keys(HOLES) as HoleName[])(
  'holds %s to its limit, counted in characters',
  (hole) => {
    const { charactersMax } = HOLES[hole]
    expect(fill(payload({ hole }), { [hole]: '𠮷'.repeat(charactersMax) })).toHaveProperty('fields')
    expect(fill(payload({ hole }), { [hole]: '字'.repeat(charactersMax + 1) })).toEqual({
      refusal: { code: 'too-long', field: hole, limit: charactersMax },
    })
  },
)

it('refuses a hole outside the closed list', () => {
  const unknown = payload({ hole: 'password' as HoleName })
  const values = { password: 'x' } as Record<string, string>
  expect(fill(unknown, values)).toMatchObject({ refusal: { code: 'missing-field' } })
})

it.each(['{public-url}', '%{hole}', '{{hole}}', '{"hole":"public-url"}', '$&', '$1'])(
  'passes %s through as the text it is',
  (text) => {
    const filled = fill(payload(text, { hole: 'recipient-name' }), {
      'recipient-name': text,
      'public-url': 'http://evil.test',
    })
    expect(filled).toEqual({ fields: { text: text + text } })
  },
)

it('never changes a text without holes', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
      expect(fill(payload(...texts), {})).toEqual({ fields: { text: texts.join('') } })
    }),
  )
})

it('knows whether all recipients read the same', () => {
  expect(isUniform(payload('同', { hole: 'public-url' }))).toBe(true)
  expect(isUniform(payload('各', { hole: 'recipient-name' }))).toBe(false)
})
