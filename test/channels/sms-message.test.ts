/** What a short message says: signature once, marks, quotes whole, losses named, limits with how much to
 *  take off; as free text and as an approved template. */
import { describe, expect, it } from 'vitest'
import { SettingsFault } from '../../channels/channel.ts'
import { segmentsOf } from '../../src/kit/segments.ts'
import { filledFields, SAMPLE_INPUT } from './sample.ts'
import { closeAfterEach, jsonSettings, openSms, type Settings } from './sms-bench.ts'

closeAfterEach()

const QUOTE = '预计今天夜里到明天，我市有大到暴雨，请注意防范。\n雷雨时有8级阵风。'
const bare = { ...SAMPLE_INPUT, blocks: [], metadata: {} }
const open = (more: Settings = {}) => openSms(jsonSettings(9, 'json-vendor', more))
const text = (input: Partial<typeof SAMPLE_INPUT>, more: Settings = {}) =>
  open(more).render({ ...bare, ...input }).payload.fields['text']
const said = (input: Partial<typeof SAMPLE_INPUT>, more: Settings = {}) =>
  open(more).check(open(more).render({ ...bare, ...input }).payload)

describe('free text', () => {
  it('begins with the signature, once, also where the title brings it along', () => {
    expect(text({ title: '通知' })).toEqual(['【桐乡应急】通知'])
    expect(text({ title: '【桐乡应急】【桐乡应急】通知' })).toEqual(['【桐乡应急】通知'])
    const inside = [{ kind: 'paragraph', text: '联系【桐乡应急】' }] as const
    expect(said({ blocks: inside })[0]?.text).toContain('只能出现一次')
  })

  it('marks exercise, test, level, correction and withdrawal', () => {
    expect(text({ mode: 'exercise', title: '通知' })).toEqual(['【桐乡应急】【演练】通知'])
    expect(text({ mode: 'test', title: '通知' })).toEqual(['【桐乡应急】【测试】通知'])
    expect(text({ level: 'red', title: '台风' })).toEqual(['【桐乡应急】红色预警：台风'])
    expect(text({ level: 'red', title: '台风红色预警' })).toEqual(['【桐乡应急】台风红色预警'])
    expect(text({ act: 'amend', reason: '编号有误', title: '通知' })).toEqual([
      '【桐乡应急】更正：通知\n原因：编号有误',
    ])
    const blocks = [{ kind: 'paragraph', text: '旧内容' }] as const
    expect(text({ act: 'withdraw', reason: '编号有误', title: '通知', blocks })).toEqual([
      '【桐乡应急】撤下：通知，请停止使用和转发\n原因：编号有误',
    ])
  })

  it('says another body’s words whole, however little else is said', () => {
    const quote = { kind: 'quote', text: QUOTE, source: '市气象台', issuedAt: '7月1日8时' } as const
    const blocks = [{ kind: 'paragraph', text: '正文'.repeat(20) }, quote] as const
    for (const contents of ['whole', 'summary', 'title']) {
      const rendered = text({ blocks }, { message: { form: 'text', contents } })
      expect(rendered?.join('')).toContain(QUOTE)
    }
    const long = { ...quote, text: '雨'.repeat(600) }
    expect(text({ blocks: [long] })?.join('')).toContain(long.text)
    expect(said({ blocks: [long] })).toHaveLength(1)
  })

  it('names what it leaves out', () => {
    const { losses } = open().render({
      ...SAMPLE_INPUT,
      blocks: [
        { kind: 'picture', sha256: 'a', alt: '现场' },
        { kind: 'table', header: ['企业'], rows: [['甲']] },
        { kind: 'attachment', sha256: 'b', name: '名单.xlsx' },
      ],
      attachments: [{ sha256: 'b', name: '名单.xlsx', mediaType: 'x/y', bytes: 1 }],
    })
    expect(losses).toHaveLength(4)
    expect(losses.join()).toContain('附件不随短信发出：名单.xlsx')
    const short = open({ message: { form: 'text', contents: 'title' } }).render(SAMPLE_INPUT)
    expect(short.losses[0]).toContain('只发标题')
  })

  it('ends with the link and how to be taken off, where wanted', () => {
    const message = { form: 'text', link: true, unsubscribe: '拒收请回复R' }
    const channel = open({ message })
    const { payload } = channel.render({ ...bare, title: '通知' })
    expect(payload.fields['text']).toEqual([
      ...['【桐乡应急】通知', '\n详见 ', { hole: 'public-url' }, ' ', '拒收请回复R'],
    ])
    expect(filledFields(payload)['text']).toMatch(/详见 https:\/\/\S+ 拒收请回复R$/)
    expect(text({ title: '通知', act: 'withdraw' }, { message })?.join('')).not.toContain('详见')
  })

  it('says how many characters to take off, and it is enough', () => {
    const title = '汛'.repeat(200)
    const [problem] = said({ title }, { partsMax: 2 })
    const off = Number(/删去 (\d+) 个字/.exec(problem?.text ?? '')?.[1])
    expect(problem).toMatchObject({ field: 'text', limit: 2 })
    expect(off).toBe(6 + 200 - 134)
    expect(said({ title: title.slice(off) }, { partsMax: 2 })).toEqual([])
    expect(segmentsOf(text({ title: title.slice(off - 1) })?.join('') ?? '').parts).toBe(3)
  })

  it('refuses what the charset cannot write and links the vendor does not take', () => {
    const gateway = { charset: 'gbk', links: 'forbidden', charactersMax: 30 }
    const problems = said({ title: `警报🔔 https://a.test/ ${'长'.repeat(30)}` }, { gateway })
    expect(problems.map((one) => one.text).join()).toMatch(/🔔.*不接受链接|最多 30 个字.*🔔/)
    expect(problems).toHaveLength(3)
    expect(said({ title: '' })[0]?.text).toContain('没有内容')
  })

  it('keeps one kind of line break and nothing a phone cannot show', () => {
    expect(
      text({ title: '甲\u0000\u0007乙', blocks: [{ kind: 'paragraph', text: '一\r\n二\t三' }] }),
    ).toEqual(['【桐乡应急】甲乙\n一\n二 三'])
  })
})

const TEMPLATE = {
  form: 'template',
  publish: {
    code: 'SMS_100',
    wording: '关于{{name}}的通知：{{content}}，请查看政务网站。',
    variables: [
      { name: 'name', from: 'title', charactersMax: 30 },
      { name: 'content', from: 'summary', charactersMax: 20 },
    ],
  },
} as const
const openTemplate = (message: unknown = TEMPLATE) =>
  openSms(jsonSettings(9, 'json-template', { message }))

describe('an approved template', () => {
  const input = { ...bare, title: '检查', metadata: { summary: '自7月1日起' } }

  it('sends code and variables, and shows the words as they will be read', () => {
    const channel = openTemplate()
    const { payload } = channel.render({ ...input, mode: 'exercise' })
    expect(payload.form).toBe('template')
    expect(filledFields(payload)).toEqual({
      template: 'SMS_100',
      'variable.name': '【演练】检查',
      'variable.content': '自7月1日起',
      text: '【桐乡应急】关于【演练】检查的通知：自7月1日起，请查看政务网站。',
    })
    expect(channel.check(payload)).toEqual([])
  })

  it('cuts nothing: a long, empty or linked variable is a problem', () => {
    const channel = openTemplate()
    const problems = (summary: string) =>
      channel.check(channel.render({ ...input, metadata: { summary } }).payload)
    expect(problems('长'.repeat(25))).toMatchObject([{ field: 'variable.content', limit: 20 }])
    expect(problems('长'.repeat(25))[0]?.text).toContain('删去 5 个字')
    expect(problems('')).toMatchObject([{ field: 'variable.content' }])
    expect(problems('http://a.test/').some((one) => one.text.includes('链接'))).toBe(true)
  })

  it('has no words for a withdrawal or a quote it was not approved for', () => {
    const channel = openTemplate()
    const quote = { kind: 'quote', text: QUOTE, source: '市气象台', issuedAt: '8时' } as const
    for (const more of [{ act: 'withdraw', reason: '误发' }, { blocks: [quote] }] as const)
      expect(channel.check(channel.render({ ...input, ...more }).payload)).toMatchObject([
        { field: 'template' },
      ])
  })

  it('refuses settings that would put a link into a variable or say nothing of the bulletin', () => {
    const fields = (message: unknown) => {
      try {
        openTemplate(message)
        return []
      } catch (error) {
        return error instanceof SettingsFault ? error.problems.map(({ field }) => field) : []
      }
    }
    const variables = [{ name: 'link', from: 'url' }]
    const wrong = { ...TEMPLATE, publish: { code: 'x', wording: '见{{address}}', variables } }
    expect(fields(wrong)).toEqual([
      'message.publish.variables',
      'message.publish.variables.0.from',
      'message.publish.wording',
      'message.publish.wording',
    ])
  })
})
