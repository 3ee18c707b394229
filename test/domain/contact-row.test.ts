/** One row of a list: what is taken, and how each fault is said without giving a number away. */
import { expect, it } from 'vitest'
import type { ContactField } from '../../src/domain/contact-columns.ts'
import { readCreditCode, readPhone } from '../../src/domain/contact-number.ts'
import { type ContactRow, readContact } from '../../src/domain/contact-row.ts'

const FIELDS: readonly ContactField[] = [
  ...(['name', 'creditCode', 'phone', 'landline', 'mailbox', 'area', 'tags'] as const),
  ...(['audiences', 'forExercise', 'wechatGroup', 'liaison'] as const),
]
const context = {
  columns: new Map(FIELDS.map((field, at) => [field, at])),
  areas: ['梧桐街道', '乌镇镇'],
  mayAddAreas: false,
  audiences: new Map([
    ['媒体', { id: 'media', byRule: false }],
    ['media', { id: 'media', byRule: false }],
    ['危化', { id: 'chemicals', byRule: true }],
  ]),
}
const read = (cells: Partial<Record<ContactField, string>>) =>
  readContact(
    3,
    FIELDS.map((field) => cells[field] ?? ''),
    context,
  )
const kept = (cells: Partial<Record<ContactField, string>>): ContactRow => {
  const reading = read({ name: '甲厂', ...cells })
  if ('contact' in reading) return reading.contact
  throw new Error(JSON.stringify(reading.errors))
}
const faults = (cells: Partial<Record<ContactField, string>>) => {
  const reading = read({ name: '甲厂', ...cells })
  return 'errors' in reading ? reading.errors.map(({ text, fix }) => `${text}；${fix}`) : []
}

it('reads a whole row', () => {
  const row = kept({
    ...{ creditCode: '91330100 799655058b', phone: '139 0000 0001；+86-13900000002/13900000001' },
    ...{ landline: '0573-88100000', mailbox: 'Office@Example.COM', area: ' 梧桐街道 ' },
    ...{ tags: '涉氨、危化;涉氨', audiences: '媒体,media', forExercise: '是' },
    ...{ wechatGroup: '危化微信群', liaison: '张三' },
  })
  expect(row).toEqual({
    ...{ row: 3, name: '甲厂', creditCode: '91330100799655058B', area: '梧桐街道' },
    ...{ tags: ['危化', '涉氨'], audiences: ['media'], forExercise: true, liaison: '张三' },
    addresses: [
      { kind: 'phone', value: '13900000001' },
      { kind: 'phone', value: '13900000002' },
      { kind: 'phone', value: '057388100000' },
      { kind: 'mailbox', value: 'Office@example.com' },
      { kind: 'wechat-group', value: '危化微信群' },
    ],
    ...{ kinds: ['phone', 'mailbox', 'wechat-group'], empty: [] },
  })
})

it('a landline alone says nothing of the mobile numbers', () => {
  expect(kept({ landline: '0573-88100000' }).kinds).toEqual([])
})

it.each([
  ['1385736421', '只有10位，应为11位手机号（138****21）'],
  ['138573642100', '有12位，应为11位手机号（138****00）'],
  ['1.38574E+10', '科学计数法'],
  ['1385736421O', '含有数字以外的字符“O”'],
  ['12857364210', '128****10不是手机号段'],
  ['0573-8810', '座机057****10不对'],
])('phone %s: %s', (written, text) => {
  const [fault = ''] = faults({ phone: written })
  expect(fault).toContain('第3行 手机：')
  expect(fault).toContain(text)
  expect(fault).not.toMatch(/\d{7,}/)
})

it('one fault never hides another', () => {
  const all = faults({
    ...{ name: '', phone: '138', mailbox: 'nobody', area: '梧桐', tags: 'x'.repeat(41) },
    ...{ audiences: '媒休、危化', forExercise: '也许', creditCode: '123' },
  })
  expect(all).toHaveLength(9)
  expect(all.join('\n')).toMatch(
    /没有名称[\s\S]*只有3位[\s\S]*没有 @[\s\S]*有3位，应为18位[\s\S]*是否应为“梧桐街道”[\s\S]*有41字，上限40字；请删去1字[\s\S]*没有受众“媒休”；是否应为“媒体”[\s\S]*“危化”按规则确定[\s\S]*请填 是 或 否/,
  )
})

it('what looks like a formula stays the text it is, with a warning', () => {
  const reading = read({ name: '=cmd|calc', tags: '@x' })
  expect('contact' in reading && reading.contact).toMatchObject({ name: '=cmd|calc', tags: ['@x'] })
  expect('contact' in reading && reading.warnings.map((one) => one.text)).toEqual([
    '第3行 名称：以“=”开头，按文字保存，不作公式',
    '第3行 标签：以“@”开头，按文字保存，不作公式',
  ])
})

it.each(['甲\u0000厂', '甲\n厂', '甲\u2028厂'])('a name in two lines is refused: %j', (name) => {
  expect(faults({ name })[0]).toContain('含换行或控制字符')
})

it('a credit code with one wrong character is noticed', () => {
  const code = '91330100799655058B'
  expect(readCreditCode(code)).toEqual({ value: code })
  for (let at = 0; at < code.length; at += 1) {
    const wrong = code.slice(0, at) + (code[at] === '2' ? '3' : '2') + code.slice(at + 1)
    expect(readCreditCode(wrong), wrong).toHaveProperty('fault')
  }
  expect(readCreditCode('9133010079965505OB')).toMatchObject({
    fault: { text: '含有代码中没有的字符“O”' },
  })
})

it('a message about a number never holds the number', () => {
  for (const written of ['13857364210999', '238573642101', '0573881000001234', '1385736421x'])
    expect(JSON.stringify(readPhone(written))).not.toMatch(/\d{7,}/)
})
