/** What a message to a group says: marks, quotes, losses, limits; nothing is ever cut. */
import { describe, expect, it } from 'vitest'
import {
  type MessageChoice,
  type MessageSource,
  messageProblems,
  renderMessageText,
} from '../../src/domain/message-text.ts'
import type { Payload } from '../../src/domain/payload.ts'

const SOURCE: MessageSource = {
  agency: { name: '某市应急管理局' },
  mode: 'earnest',
  level: 'routine',
  title: '关于检查的通知',
  blocks: [
    { kind: 'paragraph', text: '自\u00017月1日起。\r\n为期一月。' },
    { kind: 'list', ordered: true, items: ['甲', '乙'] },
    { kind: 'quote', text: '请防范。', source: '市气象台', issuedAt: '08:00' },
  ],
  attachments: [],
  metadata: { documentNumber: '1号', contact: '88888888' },
  entries: [{ unit: '示例企业', detail: '重大隐患' }],
  act: 'notify',
}
const PLAIN: MessageChoice = { contents: 'whole', link: false, markdown: false }
const said = (payload: Payload, field = 'text') =>
  (payload.fields[field] ?? []).map((one) => (typeof one === 'string' ? one : '…')).join('')
const textOf = (more: Partial<MessageSource>, choice: Partial<MessageChoice> = {}) =>
  said(renderMessageText({ ...SOURCE, ...more }, { ...PLAIN, ...choice }).payload)

describe('a message', () => {
  it('says everything in order, without characters a chat cannot show', () => {
    expect(textOf({}).split('\n')).toEqual([
      ...[
        '关于检查的通知',
        '自7月1日起。',
        '为期一月。',
        '1.甲',
        '2.乙',
        '市气象台 08:00：请防范。',
      ],
      ...['示例企业：重大隐患', '文号：1号', '咨询电话：88888888', '某市应急管理局'],
    ])
  })

  it('names its level once, its mode, and what it is about', () => {
    const first = (more: Partial<MessageSource>) => textOf(more).split('\n')[0]
    expect(first({ level: 'red' })).toBe('红色预警：关于检查的通知')
    expect(first({ level: 'red', title: '台风红色预警' })).toBe('台风红色预警')
    expect(first({ mode: 'exercise' })).toBe('【演练】关于检查的通知')
    expect(first({ act: 'amend' })).toBe('更正：关于检查的通知')
    expect(first({ act: 'resend' })).toBe('再次发送：关于检查的通知')
    expect(first({ act: 'withdraw' })).toBe('撤下：关于检查的通知，请停止使用和转发')
  })

  it('a withdrawal says why and repeats nothing of the text', () => {
    const text = textOf({ act: 'withdraw', reason: '编号有误' })
    expect(text).toContain('原因：编号有误')
    expect(text).not.toContain('7月1日')
  })

  it('shortened by choice it keeps the quote whole, and says what is lost', () => {
    const short = { ...PLAIN, contents: 'summary' as const, link: true }
    const metadata = { summary: '下月检查。' }
    const { payload, losses } = renderMessageText({ ...SOURCE, metadata }, short)
    expect(said(payload)).toContain('下月检查。\n市气象台 08:00：请防范。')
    expect(said(payload)).not.toContain('7月1日')
    expect(said(payload).endsWith('\n详见 … ')).toBe(true)
    expect(losses).toEqual(['正文不随消息发出，只发标题、摘要和转发的原文'])
    // Without a summary there is nothing shorter to say.
    expect(textOf({ metadata: {} }, { contents: 'summary' })).toContain('7月1日')
  })

  it('Markdown stands in a field of its own, with the words made harmless', () => {
    const { payload } = renderMessageText(
      { ...SOURCE, title: '[a](b)', blocks: [{ kind: 'paragraph', text: '- x\n`y` _z_' }] },
      { ...PLAIN, markdown: true },
    )
    expect(Object.keys(payload.fields)).toEqual(['title', 'markdown'])
    expect(said(payload, 'title')).toBe('[a](b)')
    expect(said(payload, 'markdown')).toContain('### \\[a\\](b)\n\n\\- x\n\\`y\\` \\_z\\_')
  })
})

describe('a limit', () => {
  const problems = (text: string, limits: object) =>
    messageProblems({ form: 'text', fields: { text: [text, { hole: 'public-url' }] } }, () => ({
      ...{ linkCharacters: 10, ...limits },
    }))

  it('in bytes counts three a Chinese character, and the link before it is known', () => {
    expect(problems('字'.repeat(10), { bytesMax: 40 })).toEqual([])
    expect(problems('字'.repeat(11), { bytesMax: 40 })).toMatchObject([
      { field: 'text', limit: 40, text: expect.stringContaining('43 字节') },
    ])
  })

  it('in characters counts an emoji once', () => {
    expect(problems('😀'.repeat(10), { charactersMax: 20 })).toEqual([])
    expect(problems('😀'.repeat(11), { charactersMax: 20 })).toMatchObject([{ limit: 20 }])
  })
})
