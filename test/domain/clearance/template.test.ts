/** Templates: each hole is a blank of its own, and filling changes nothing but the holes. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { RevisionContent } from '../../../src/domain/bulletin.ts'
import {
  fillTemplate,
  type Template,
  whyNotFilled,
  whyNotTemplate,
} from '../../../src/domain/clearance/template.ts'

const content = (title: string, more: Partial<RevisionContent> = {}): RevisionContent => ({
  ...{ title, blocks: [], attachments: [], entries: [], metadata: {}, ...more },
})
const TEMPLATE: Template = {
  ...{ categoryId: 'notice', levels: ['routine'], modes: ['earnest'] },
  content: content('{{甲}}提醒', {
    blocks: [
      { kind: 'heading', level: 2, text: '致{{甲}}' },
      { kind: 'list', ordered: true, items: ['一', '{{乙}}'] },
      { kind: 'table', header: ['{{甲}}'], rows: [['{{乙}}', '定']] },
      { kind: 'picture', sha256: 'a'.repeat(64), alt: '图' },
    ],
  }),
  blanks: {
    甲: { type: 'text', charactersMax: 10 },
    乙: { type: 'choice', options: ['$&', '$1'] },
  },
  channels: [{ channelId: 'board', audiences: [], throughQuietHours: false }],
}

it('fills every hole of title and blocks with exactly the value', () => {
  expect(whyNotTemplate(TEMPLATE, [])).toBeUndefined()
  // What replace() would take for a pattern is a value like any other.
  expect(fillTemplate(TEMPLATE, { 甲: '$`', 乙: '$&' })).toEqual(
    content('$`提醒', {
      blocks: [
        { kind: 'heading', level: 2, text: '致$`' },
        { kind: 'list', ordered: true, items: ['一', '$&'] },
        { kind: 'table', header: ['$`'], rows: [['$&', '定']] },
        { kind: 'picture', sha256: 'a'.repeat(64), alt: '图' },
      ],
    }),
  )
})

it('is the same whatever order the fields of its text came in', () => {
  const { metadata, ...rest } = TEMPLATE.content
  expect(whyNotTemplate({ ...TEMPLATE, content: { ...rest, metadata } }, [])).toBeUndefined()
})

it('a filled value never opens another hole', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const filled = fillTemplate(TEMPLATE, { 甲: value, 乙: '$1' })
      expect(filled.title).toBe(`${value}提醒`)
    }),
  )
})

it.each<[string, Partial<Template>, string]>([
  ['a hole without a blank', { content: content('{{丙}}{{甲}}{{乙}}') }, 'value-not-allowed'],
  ['a blank without a hole', { content: content('{{甲}}') }, 'value-not-allowed'],
  ['half a hole', { content: content('{{甲}}{{乙}}{{') }, 'value-not-allowed'],
  [
    'a hole where none is filled',
    { content: content('{{甲}}{{乙}}', { metadata: { source: '{{甲}}' } }) },
    'value-not-allowed',
  ],
  [
    'a quote of its own',
    {
      content: content('{{甲}}{{乙}}', {
        blocks: [{ kind: 'quote', text: '原文', source: '台', issuedAt: '今' }],
      }),
    },
    'value-not-allowed',
  ],
  [
    'entries',
    { content: content('{{甲}}{{乙}}', { entries: [{ unit: '甲厂' }] }) },
    'value-not-allowed',
  ],
  ['no title', { content: content(' ') }, 'missing-field'],
  ['no level', { levels: [] }, 'missing-field'],
  ['no mode', { modes: [] }, 'missing-field'],
  ['no channel', { channels: [] }, 'missing-field'],
  [
    'a channel twice',
    { channels: [...TEMPLATE.channels, ...TEMPLATE.channels] },
    'value-not-allowed',
  ],
  ['no reminder to relay with', { reminders: [] }, 'missing-field'],
  ['an empty reminder', { reminders: [' '] }, 'value-not-allowed'],
  ['a blank only a relay fills', { content: content('{{甲}}{{乙}}{{来源}}') }, 'value-not-allowed'],
  [
    'a blank named like what a relay fills',
    { blanks: { ...TEMPLATE.blanks, 来源: { type: 'text', charactersMax: 1 } } },
    'value-not-allowed',
  ],
])('refuses %s', (_, change, code) => {
  expect(whyNotTemplate({ ...TEMPLATE, ...change }, [])?.code).toBe(code)
})

it('asks for the fields of its category, except the quote a relay brings', () => {
  const { reminders, ...plain } = { ...TEMPLATE, reminders: ['注意'] }
  expect(whyNotTemplate(plain, ['quote'])?.code).toBe('missing-field')
  expect(whyNotTemplate({ ...plain, reminders }, ['quote'])).toBeUndefined()
})

it('a title may not grow past its limit by what is filled in', () => {
  expect(whyNotFilled(content('长'.repeat(120)))).toBeUndefined()
  expect(whyNotFilled(content('长'.repeat(121)))).toMatchObject({ code: 'too-long', limit: 120 })
})
