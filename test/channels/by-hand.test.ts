/** The road by hand: the conformance suite, the order of the form, limits and time limits. */
import { describe, expect, it } from 'vitest'
import { byHand } from '../../channels/by-hand.ts'
import type { Toolbox } from '../../channels/channel.ts'
import { canonical } from '../../src/domain/canonical.ts'
import { payloadSubject } from '../../src/domain/payload.ts'
import type { Fault } from './conformance-kit.ts'
import { keepsContract } from './keeps-contract.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch } from './sample.ts'

const SETTINGS = {
  addressing: 'group',
  fields: [
    { label: '标题', content: 'title', charactersMax: 32 },
    { label: '正文', content: 'text', charactersMax: 600 },
    { label: '来源', content: 'source' },
  ],
  links: false,
}

keepsContract({
  adapter: byHand,
  addresses: ['危化品企业群（1）', '危化品企业群（2）', '危化品企业群（3）'],
  counterpart: (fault: Fault) =>
    fault === 'none'
      ? Promise.resolve({ settings: SETTINGS, stop: () => Promise.resolve() })
      : { impossible: 'nothing is called: a person posts, and a task that stays open is overdue' },
  secrets: {},
  wrongSettings: [
    { settings: undefined, fields: ['settings'] },
    { settings: { addressing: 'nobody', fields: [] }, fields: ['addressing', 'fields'] },
    {
      settings: { ...SETTINGS, fields: [{ label: '', content: 'soul' }], minutes: { red: 0 } },
      fields: ['fields.0.label', 'fields.0.content', 'minutes.red'],
    },
    { settings: { ...SETTINGS, url: 'https://example.test' }, fields: ['url'] },
  ],
  overLimit: (payload) => ({
    ...payload,
    fields: { ...payload.fields, '1 标题': ['长'.repeat(33)] },
  }),
})

const nothing = () => Promise.reject(new Error('not for this road'))
const TOOLS: Toolbox = {
  secret: () => '',
  pages: { put: nothing, tombstone: nothing, look: nothing },
  blobs: { read: nothing },
  http: () => Promise.reject(new Error('no web here')),
  log: () => undefined,
}
const signal = new AbortController().signal

describe('a task for a person', () => {
  const channel = byHand.create({ ...SETTINGS, minutes: { red: 15 } }, TOOLS)

  it('keeps the order of the form, also in the signed text', () => {
    const { payload } = channel.render(SAMPLE_INPUT)
    const names = ['1 标题', '2 正文', '3 来源', '9 时限']
    expect(Object.keys(payload.fields)).toEqual(names)
    const signed: unknown = JSON.parse(canonical(payloadSubject(payload)))
    expect(Object.keys((signed as { fields: object }).fields)).toEqual(names)
  })

  it('has the time of its level, and keeps it when the batch is sent', async () => {
    const within = async (level: 'red' | 'orange' | 'routine') => {
      const fields = filledFields(channel.render({ ...SAMPLE_INPUT, level }).payload)
      const [outcome] = await channel.send(sampleBatch(fields, ['一']), signal)
      return outcome
    }
    const minute = 60_000
    expect(await within('red')).toEqual({ kind: 'awaiting', on: 'hand', withinMs: 15 * minute })
    expect(await within('orange')).toMatchObject({ withinMs: 60 * minute })
    expect(await within('routine')).toMatchObject({ withinMs: 24 * 60 * minute })
  })

  it('never cuts: what is too long is said before anybody signs', () => {
    const title = '关'.repeat(40)
    const { payload } = channel.render({ ...SAMPLE_INPUT, title })
    expect(payload.fields['1 标题']).toEqual([title])
    expect(channel.check(payload)).toMatchObject([{ field: '标题', limit: 32 }])
  })

  it('marks each text of an exercise and says what to withdraw', () => {
    const { payload } = channel.render({ ...SAMPLE_INPUT, mode: 'exercise' })
    for (const name of ['1 标题', '2 正文']) expect(payload.fields[name]?.[0]).toMatch(/^【演练】/)
    const withdrawal = channel.render({ ...SAMPLE_INPUT, act: 'withdraw', reason: '编号有误' })
    expect(Object.keys(withdrawal.payload.fields)).toEqual(['0 办理', '9 时限'])
  })

  it('lists what the platform cannot show', () => {
    const { losses } = channel.render({
      ...SAMPLE_INPUT,
      blocks: [
        { kind: 'paragraph', text: '见 https://example.test/a' },
        { kind: 'picture', sha256: '0'.repeat(64), alt: '' },
      ],
      attachments: [
        { sha256: '1'.repeat(64), name: 'a.pdf', mediaType: 'application/pdf', bytes: 1 },
      ],
    })
    expect(losses).toHaveLength(3)
  })
})
