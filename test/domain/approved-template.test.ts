/** 报备模板: nothing is cut, nothing is said twice, another body's words are said whole or not at all, and a
 *  template that cannot say anything is named field by field. */
import { expect, it } from 'vitest'
import {
  checkApproved,
  orderedVariables,
  renderApproved,
  type Sayable,
  variablesIn,
} from '../../src/domain/approved-template.ts'
import { fill } from '../../src/domain/payload.ts'
import { type ApprovedTemplates, templatesIssues } from '../../src/domain/template-rules.ts'

const INPUT: Sayable = {
  agency: { shortName: '桐乡应急' },
  ...{ mode: 'earnest', level: 'orange', act: 'publish', title: '【桐乡应急】停电通知' },
  blocks: [
    { kind: 'paragraph', text: '7月1日\n停电。' },
    { kind: 'table', header: ['单位'], rows: [['甲', '乙']] },
    { kind: 'picture', sha256: 'a'.repeat(64), alt: '' },
  ],
  attachments: [{ sha256: 'b'.repeat(64), name: '名单.xlsx', mediaType: 'x', bytes: 1 }],
  metadata: { contact: '0573-88880000', documentNumber: '桐应急〔2026〕1号' },
  entries: [{ unit: '示例企业', detail: '消防' }],
}
const title = { name: 'title', from: 'title', charactersMax: 30 } as const
const text = { name: 'text', from: 'text', charactersMax: 100 } as const
const TEMPLATES: ApprovedTemplates = {
  publish: {
    ...{ code: 'T1', wording: '{{level}}：{{ title }}。{{text}}{{name}}' },
    variables: [
      text,
      { name: 'level', from: 'level', charactersMax: 10 },
      title,
      { name: 'name', from: 'recipient-name', charactersMax: 20 },
    ],
  },
  withdraw: {
    ...{ code: 'T2', wording: '撤下{{title}}：{{reason}}' },
    variables: [title, { name: 'reason', from: 'reason', charactersMax: 30 }],
  },
}

function filled(input: Sayable, templates = TEMPLATES) {
  const result = fill(renderApproved(input, templates, '桐乡应急').payload, {
    'recipient-name': '沈文书',
  })
  if ('refusal' in result) throw new Error(result.refusal.code)
  return result.fields
}

it('fills the variables, keeps their order, and says the words as they will be read', () => {
  const fields = filled(INPUT)
  const whole = '7月1日 停电。 甲 乙 示例企业：消防 咨询电话：0573-88880000'
  expect(variablesIn(fields)).toEqual({
    ...{ title: '停电通知', level: '橙色', name: '沈文书', text: whole },
  })
  expect(orderedVariables(fields)).toEqual([whole, '橙色', '停电通知', '沈文书'])
  expect(fields).toMatchObject({ template: 'T1', signature: '桐乡应急' })
  expect(fields['text']).toBe(`【桐乡应急】橙色：停电通知。${whole}沈文书`)
})

it('names what it cannot say', () => {
  const { losses } = renderApproved(INPUT, TEMPLATES, '桐乡应急')
  expect(losses).toEqual([
    '1 张图片不发出',
    '1 个表格改为一行文字，表头不发',
    '附件不发出：名单.xlsx',
    '文号不发出：桐应急〔2026〕1号',
  ])
})

it('marks an exercise once, in the first words', () => {
  const fields = filled({ ...INPUT, mode: 'exercise' })
  expect(variablesIn(fields)['text']?.startsWith('【演练】')).toBe(true)
  expect(fields['text']?.match(/【演练】/g)).toHaveLength(1)
})

it('has no template for what none was approved for, nor for a quote that would be cut', () => {
  const amended = renderApproved({ ...INPUT, act: 'amend', reason: '有误' }, TEMPLATES, '桐乡应急')
  expect(checkApproved(amended.payload, TEMPLATES, '桐乡应急').map(({ field }) => field)).toEqual([
    'template',
  ])
  const quote = { kind: 'quote', text: '请防范。', source: '市气象台', issuedAt: '8时' } as const
  const short = { publish: { ...TEMPLATES.publish, wording: '{{title}}', variables: [title] } }
  const quoted = renderApproved({ ...INPUT, blocks: [quote] }, short, '桐乡应急')
  expect(checkApproved(quoted.payload, short, '桐乡应急')).toHaveLength(1)
  expect(variablesIn(filled({ ...INPUT, blocks: [quote] }))['text']).toContain(
    '市气象台 8时：请防范。',
  )
})

it('says how much is too long, empty, or a link, and cuts nothing', () => {
  const input = { ...INPUT, title: '长'.repeat(33), blocks: [], level: 'routine' as const }
  const link = { ...input, metadata: { contact: '见 https://example.test' } }
  const { payload } = renderApproved(link, TEMPLATES, '桐乡应急')
  expect(payload.fields['variable.title']).toEqual(['长'.repeat(33)])
  const problems = checkApproved(payload, TEMPLATES, '桐乡应急')
  expect(problems.map(({ field }) => field)).toEqual([
    ...['variable.text', 'variable.level', 'variable.title'],
  ])
  expect(problems[2]).toMatchObject({ limit: 30, text: expect.stringContaining('删去 3 个字') })
})

it('leaves the title alone where a voice speaks', () => {
  const { payload } = renderApproved(INPUT, TEMPLATES, '')
  expect(payload.fields['variable.title']).toEqual(['【桐乡应急】停电通知'])
  expect(payload.fields['signature']).toBeUndefined()
})

it('takes the templates above, and names each fault of others by its path', () => {
  expect(templatesIssues(TEMPLATES)).toEqual([])
  const paths = (given: unknown) => templatesIssues(given).map(({ path }) => path.join('.'))
  expect(paths(undefined)).toEqual([''])
  expect(paths([])).toEqual([''])
  expect(paths({})).toEqual(['publish'])
  expect(paths({ publish: TEMPLATES.publish, lift: 1, amend: null })).toEqual(['lift', 'amend'])
  const twice = { code: 'T', wording: '{{title}}{{nobody}}', variables: [title, title] }
  expect(paths({ publish: twice })).toEqual(['publish.variables', 'publish.wording'])
  const wrong = { code: ' ', wording: 7, variables: [1, { name: 'é', from: 'x', more: 1 }] }
  expect(paths({ publish: wrong })).toEqual([
    ...['publish.code', 'publish.wording', 'publish.variables.0', 'publish.variables.1.more'],
    ...['publish.variables.1.name', 'publish.variables.1.from'],
    ...['publish.variables.1.charactersMax', 'publish.variables'],
  ])
  const silent = { ...TEMPLATES.withdraw, wording: '{{title}}', variables: [title] }
  expect(paths({ publish: TEMPLATES.publish, withdraw: silent })).toEqual(['withdraw.variables'])
})
