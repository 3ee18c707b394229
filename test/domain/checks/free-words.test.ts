/** Free words bring no link and no markup, alone or together with their neighbours; plain words pass. */
import { expect, it } from 'vitest'
import type { RevisionContent } from '../../../src/domain/bulletin.ts'
import { findInFreeWords } from '../../../src/domain/checks/free-words.ts'
import { withoutFreeWords } from '../../../src/domain/clearance/blanks.ts'
import { fillTemplate, type Template } from '../../../src/domain/clearance/template.ts'

const template = (text: string): Template => ({
  ...{ categoryId: 'warning', levels: ['red'], modes: ['earnest'], channels: [] },
  content: {
    ...{ title: '预警', attachments: [], metadata: {}, entries: [] },
    blocks: [{ kind: 'paragraph', text }],
  } satisfies RevisionContent,
  blanks: {
    甲: { type: 'text', charactersMax: 60 },
    乙: { type: 'text', charactersMax: 60 },
    路: { type: 'choice', options: ['notice', 'map'] },
  },
})
const codes = (values: Readonly<Record<string, string>>, text = '请注意：{{甲}}') => {
  const { blanks } = template(text)
  const bare = fillTemplate(template(text), withoutFreeWords(blanks, values))
  const found = findInFreeWords(bare, fillTemplate(template(text), values))
  expect(found.every((one) => one.severity === 'stop' && one.field === 'blocks/0/text')).toBe(true)
  return [...new Set(found.map((one) => one.code))]
}

it.each([
  'http://evil.example/x',
  'HTTPS://EVIL.EXAMPLE',
  'ｈｔｔｐ：／／ｅｖｉｌ．ｃｎ',
  'weixin://dl/business',
  'javascript:alert(1)',
  'mailto:a@b.cn',
  'www.evil.cn',
  '详见evil.cn',
  't.cn/A6abc',
  '58.com',
  '12306.cn',
  'evil。com',
  'а́pple.com',
  '平安.中国',
  'a@b.cn',
  '10.0.0.1/login',
  '点ftp://x',
])('a link: %s', (word) => {
  expect(codes({ 甲: word })).toContain('free-word-link')
})

it.each([
  '<script>alert(1)</script>',
  '< img src=x>',
  '＜script＞',
  '"onmouseover=alert',
  '&lt;b&gt;',
  '&#60;',
  '&#x3c;',
  '[点此](x)',
  '[url=x]',
  '**加粗**',
  '`rm`',
  '\u0024{x}',
  '<!--',
  ']]>',
  '<?php',
])('markup: %s', (word) => {
  expect(codes({ 甲: word })).toContain('free-word-markup')
})

it.each([
  '注意补水。',
  '最高37.5℃，风速<5米/秒，降雨>50毫米',
  '1.检查排水；2.公司值班',
  '1.LNG槽车停运',
  '联系电话0573-88000000',
  'A&B两厂',
  '3—5小时内，10.5kV线路',
  '请撤离。SOS信号',
  'V2.0版预案',
  '（见附表[2]）',
])('plain words: %s', (word) => {
  expect(codes({ 甲: word })).toEqual([])
})

it('finds what two blanks, or a blank and the text, make together', () => {
  expect(codes({ 甲: 'evil', 乙: '.com/x' }, '{{甲}}{{乙}}')).toContain('free-word-link')
  expect(codes({ 甲: '<scr', 乙: 'ipt>' }, '{{甲}}{{乙}}')).toContain('free-word-markup')
  expect(codes({ 甲: '/evil.cn' }, '网址 https:/{{甲}}')).toContain('free-word-link')
  expect(codes({ 甲: 'evil' }, 'https://gov.example/{{甲}}')).toContain('free-word-link')
})

it('leaves what the reviewer saw alone', () => {
  const text = '详见 https://gov.example/{{路}} ，**提示**：{{甲}}'
  expect(codes({ 路: 'map', 甲: '注意补水。' }, text)).toEqual([])
})
