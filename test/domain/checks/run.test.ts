/** Each check finds its fault, says it without the number, and leaves right texts alone. */
import { expect, it } from 'vitest'
import { contentPassages, withText } from '../../../src/domain/checks/passage.ts'
import { dictionaryFinder } from '../../../src/domain/checks/secrecy.ts'
import { codes, findings, identityOf } from '../../support/checking.ts'

const CHILD = identityOf('330483', '20150601', '001')

const FAULTS: readonly (readonly [
  text: string,
  code: string,
  severity: string,
  category?: string,
])[] = [
  ['机　密★20年', 'secrecy-mark', 'stop'],
  ['密级：秘密', 'secrecy-mark', 'stop'],
  ['本件为内部资料，请妥善保管', 'secrecy-mark', 'stop'],
  ['不 得 公 开', 'secrecy-mark', 'stop'],
  ['本文件属绝\u200b密', 'secrecy-mark', 'stop'],
  ['泄露绝密文件的法律责任', 'secrecy-word', 'ask', 'law-publicity'],
  [`身份证${identityOf('330483', '19900101', '001')}`, 'identity-number', 'stop'],
  ['联系人13800001234', 'mobile-number', 'ask'],
  ['当事人手机13800001234', 'mobile-number', 'stop', 'penalty'],
  ['护照号E12345678', 'travel-document', 'stop'],
  ['缴款账号：330483010400012345', 'bank-account', 'ask'],
  ['邮箱 someone@qq.com', 'private-mailbox', 'hint'],
  ['李某，住址：桐乡市梧桐街道百花社区5幢201室', 'home-address', 'stop', 'penalty'],
  ['李某，桐乡市崇福镇东安村12组', 'home-address', 'ask', 'penalty'],
  ['雇用王某（15岁）', 'minor', 'stop', 'penalty'],
  ['王某，2012年3月4日出生', 'minor', 'stop', 'exposure'],
  [`王某 ${CHILD}`, 'minor', 'stop'],
  ['张某患肺结核', 'health', 'ask', 'accident-report'],
  ['台湾总统', 'sensitive-word', 'stop'],
  ['确保零风险', 'sensitive-word', 'ask'],
  ['认真布署安全检查', 'wrong-word', 'hint'],
  ['三管三必需', 'wrong-word', 'ask'],
  ['报市安监局备案', 'former-organisation', 'hint'],
  ['正常\u202e文字', 'hidden-character', 'ask'],
  ['2026年11月25日（星期二）召开', 'weekday-wrong', 'ask'],
  ['二〇二六年十一月二十五日（星期二）', 'weekday-wrong', 'ask'],
  ['11月25日（周二）', 'weekday-wrong', 'ask'],
  ['2026年2月29日', 'impossible-date', 'ask'],
  ['有效期至2026-11-31', 'impossible-date', 'ask'],
  ['上午15时集合', 'impossible-time', 'ask'],
  ['11月25日25:30', 'impossible-time', 'ask'],
  ['下午15:30开会', 'mixed-clock', 'hint'],
  ['11月30日至11月20日', 'reversed-period', 'ask'],
  ['桐应急罚[2026]第05号', 'document-number', 'hint'],
  ['桐应急〔2027〕5号', 'document-number', 'ask'],
]

const faults = FAULTS.map(([text, code, severity, categoryId = 'notice']) => {
  return { text, code, severity, categoryId }
})

it.each(faults)('$text → $code', ({ text, code, severity, categoryId }) => {
  const found = findings(text, { categoryId }).filter((one) => one.code === code)
  expect(found.map((one) => one.severity)).toEqual([severity])
  const [one] = found
  expect(one?.field).toBe('blocks/0/text')
  expect(text.slice(one?.from, one?.to)).not.toBe('')
  expect(one?.text).not.toMatch(/\d{9}/)
  expect(one?.fix).not.toMatch(/\d{9}/)
})

it.each([
  ...[
    '2026年11月25日（星期三）9:00至18:00',
    '12月20日至1月5日',
    '11月5日至11月20日',
    '2028年2月29日',
  ],
  ...[
    '保守国家秘密',
    '商业机密',
    '桐应急〔2026〕5号',
    '24小时值守',
    '比例为3:60',
    '职业病防治：尘肺知识',
  ],
  ...['（2026）浙0483民初123号', '年满18岁', '各农业部门', '联系电话0573-88102938', '全年365天'],
])('leaves alone: %s', (text) => {
  expect(codes(text)).toEqual([])
})

it('repeats no number that stands in the name of a file', () => {
  const name = `${identityOf('330483', '19900101', '001')}.doc`
  const file = { kind: 'unreadable', reason: 'old-format' } as const
  const attachments = [{ sha256: 'a', name, mediaType: '', bytes: 1 }]
  const found = findings('甲', { attachments, files: [{ name, sha256: 'a', file }] })
  expect(found.map((one) => one.code)).toEqual(['identity-number', 'file-unreadable'])
  expect(JSON.stringify(found.map(({ field, text, fix }) => [field, text, fix]))).not.toContain(
    name,
  )
})

it('an old name is right in its time, and a company’s place is no home', () => {
  expect(codes('报市安监局备案', { day: '2018-06-01' })).toEqual([])
  expect(codes('某公司，地址：桐乡市梧桐街道振兴路1号', { categoryId: 'penalty' })).toEqual([])
  expect(codes('雇用王某（15岁）', { categoryId: 'safety-knowledge' })).toEqual([])
})

it('says the longer of two names of one kind', () => {
  expect(codes('国家安监总局')).toEqual(['former-organisation'])
})

it('compares a total with the list, the table and the entries', () => {
  const list = (count: number) =>
    ({
      kind: 'list',
      ordered: false,
      items: Array.from({ length: count }, (_, at) => `企业${at}甲`),
    }) as const
  const said = { kind: 'paragraph', text: '共12家企业列入：' } as const
  expect(codes([said, list(11)])).toEqual(['total-wrong'])
  expect(codes([said, list(12)])).toEqual([])
  expect(codes([{ kind: 'paragraph', text: '合计十二家' }, list(11)])).toEqual(['total-wrong'])
  const rows = [...Array.from({ length: 12 }, () => ['厂', '1']), ['合计', '12']]
  expect(codes([said, { kind: 'table', header: ['单位', '数'], rows }])).toEqual([])
  const entries = Array.from({ length: 11 }, () => ({ unit: '厂', level: 'county' as const }))
  expect(codes([said], { entries })).toEqual(['total-wrong'])
  expect(codes([], { title: '公布12家单位名单', entries })).toEqual(['total-wrong'])
  expect(codes([said])).toEqual([])
})

it('compares the level of a hazard list with its entries', () => {
  const given = { categoryId: 'hazard-list', title: '省级挂牌重大隐患名单' }
  const entries = [
    { unit: '甲厂', level: 'province' as const },
    { unit: '乙厂', level: 'county' as const },
  ]
  expect(codes([], { ...given, entries })).toEqual(['level-wrong'])
  expect(codes([], { ...given, entries: entries.slice(0, 1) })).toEqual([])
})

it('asks for what a category needs, and sees pictures without words', () => {
  const missing = (categoryId: string) =>
    codes([{ kind: 'picture', sha256: 'a', alt: ' ' }], { categoryId })
  expect(missing('notice')).toEqual(['alt-missing'])
  const penalty = findings('x', { categoryId: 'penalty', metadata: { documentNumber: '5号' } })
  expect(penalty.map((one) => one.code)).toContain('document-number')
  const later = findings('x', { metadata: { formedOn: '2027-01-01' } })
  expect(later.map((one) => [one.code, one.severity])).toContainEqual(['impossible-date', 'ask'])
})

it('reports what links told', () => {
  const links = new Map([
    ['http://a.example/x', { kind: 'dead', why: '网站答复 404' }],
    ['http://b.example/', { kind: 'unknown', why: '连接不上' }],
  ] as const)
  const text = '见 http://a.example/x，或http://b.example/。'
  expect(codes(text, { links })).toEqual(['dead-link', 'unchecked-link'])
})

it('an agency’s own words are found beside ours, and a quote offers nothing to click', () => {
  const words = dictionaryFinder([
    { word: '旧桥镇', kind: 'wrong', severity: 'ask', instead: '新桥镇', why: '已更名' },
  ])
  expect(findings('在旧桥镇', { words })[0]?.replacement).toBe('新桥镇')
  const quote = {
    kind: 'quote',
    text: '在旧桥镇',
    source: '气象台',
    issuedAt: '2026-11-25',
  } as const
  const [quoted] = findings([quote], { words })
  expect(quoted).toMatchObject({ code: 'wrong-word', field: 'blocks/0/text' })
  expect(quoted).not.toHaveProperty('replacement')
})

it('every passage’s path leads back to its text', () => {
  const content = {
    ...{ title: '甲', attachments: [], metadata: { summary: '乙', keywords: ['丙', '丁'] } },
    entries: [{ unit: '戊', detail: '己' }],
    blocks: [
      { kind: 'list', ordered: true, items: ['庚'] },
      { kind: 'table', header: ['辛'], rows: [['壬']] },
    ] as const,
  }
  for (const { field, text } of contentPassages(content)) {
    const changed = withText(content, field, (old) => `${old}！`)
    expect(JSON.stringify(changed)).toContain(`${text}！`)
  }
  for (const path of ['blocks/9/text', 'attachments/0/name', '__proto__/x', 'blocks/__proto__/x'])
    expect(withText(content, path, () => 'x')).toBeUndefined()
})
