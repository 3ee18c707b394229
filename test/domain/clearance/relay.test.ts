/** Relays: a quote is whole or refused, and stands before our own words. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { relayContent, whyNotReceivable, whyQuoteCut } from '../../../src/domain/clearance/relay.ts'
import type { Template } from '../../../src/domain/clearance/template.ts'
import type { Payload } from '../../../src/domain/payload.ts'

const payload = (text: string, form: Payload['form'] = 'text'): Payload => ({
  form,
  fields: { title: ['转发'], text: [text, { hole: 'public-url' }] },
})
const escaped = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')

it('a quote that is there, as text or as HTML, is whole', () => {
  const quote = fc.string({ minLength: 1, unit: fc.constantFrom(...'暴雨<>&"\'a 1\n；') })
  fc.assert(
    fc.property(quote, fc.string({ maxLength: 5 }), (text, around) => {
      expect(whyQuoteCut(payload(`${around}${text}${around}`), text)).toBeUndefined()
      const html = `<blockquote>${escaped(text).replaceAll('\n', '<br/>')}</blockquote>`
      expect(whyQuoteCut(payload(html, 'html'), text)).toBeUndefined()
    }),
  )
})

it('a quote with any sign left out is cut', () => {
  const signs = fc.array(fc.constantFrom(...'暴雨预警0123'), { minLength: 2, maxLength: 40 })
  fc.assert(
    fc.property(signs, (letters) => {
      const quote = letters.join('')
      for (const kept of [quote.slice(0, -1), quote.slice(1)])
        expect(whyQuoteCut(payload(`：${kept}。`), quote)?.code).toBe('payload-problem')
    }),
  )
})

it('a quote that is split over two fields is not whole', () => {
  const split: Payload = { form: 'template', fields: { one: ['暴雨'], two: ['预警'] } }
  expect(whyQuoteCut(split, '暴雨预警')?.code).toBe('payload-problem')
})

it('puts the quote first, the reminder second, the rest after it, and says where it is from', () => {
  const template: Template = {
    ...{ categoryId: 'warning', levels: ['red'], modes: ['earnest'], blanks: {}, channels: [] },
    content: {
      ...{ title: '转发{{来源}}{{发布时间}}', attachments: [], entries: [], metadata: {} },
      blocks: [{ kind: 'paragraph', text: '值班电话' }],
    },
    reminders: ['一', '二'],
  }
  const message = {
    ...{ sourceName: '气象台', text: '原文{{来源}}' },
    issuedAt: new Date('2026-11-25T02:00:00Z'),
  }
  expect(relayContent(template, {}, 1, message)).toEqual({
    ...{ title: '转发气象台2026-11-25 10:00', attachments: [], entries: [] },
    metadata: { source: '气象台' },
    blocks: [
      { kind: 'quote', text: '原文{{来源}}', source: '气象台', issuedAt: '2026-11-25 10:00' },
      { kind: 'paragraph', text: '二' },
      { kind: 'paragraph', text: '值班电话' },
    ],
  })
})

it('receives a text only in the form it will be signed in', () => {
  const at = new Date('2026-11-25T02:00:00Z')
  expect(whyNotReceivable('暴雨\n预警\t℃', at, at)).toBeUndefined()
  expect(whyNotReceivable('e\u0301', at, at)?.code).toBe('value-not-allowed')
  expect(whyNotReceivable('暴雨', new Date(Number.NaN), at)?.code).toBe('missing-field')
  const ahead = (ms: number) => new Date(at.getTime() + ms)
  expect(whyNotReceivable('暴雨', ahead(600_000), at)).toBeUndefined()
  expect(whyNotReceivable('暴雨', ahead(600_001), at)?.code).toBe('value-not-allowed')
})
