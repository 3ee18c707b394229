/** Markdown becomes blocks; what has no place in a body is said; hostile nesting is refused. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readMarkdown } from '../../src/documents/markdown.ts'

const NOTICE = `---
文号: 桐应急〔2026〕5号
成文日期: 2026-11-25
公开方式: 主动公开
关键词: [危化, 检查]
来源: 桐乡市气象台
发布时间: 2026-11-25 08:00
作者: 张三
---
# 关于检查的通知

各单位：请看[通知全文](http://gov.example/a)，**立即** 落实 \`A & B\`。

## 一、要求
#### 细则

- 甲
- 乙
  1. 乙一

| 单位 | 数 |
|---|---|
| 甲厂 | 3 |

> 大风蓝色预警

![图](x.png)

<script>alert(1)</script>
`

it('takes over what a body has and names the rest', () => {
  expect(readMarkdown(NOTICE)).toEqual({
    title: '关于检查的通知',
    metadata: {
      ...{
        documentNumber: '桐应急〔2026〕5号',
        formedOn: '2026-11-25',
        disclosureMode: 'proactive',
      },
      ...{ keywords: ['危化', '检查'], source: '桐乡市气象台' },
    },
    blocks: [
      {
        kind: 'paragraph',
        text: '各单位：请看通知全文（http://gov.example/a），立即 落实 A & B。',
      },
      { kind: 'heading', level: 2, text: '一、要求' },
      { kind: 'heading', level: 3, text: '细则' },
      { kind: 'list', ordered: false, items: ['甲', '乙\n乙一'] },
      { kind: 'table', header: ['单位', '数'], rows: [['甲厂', '3']] },
      { kind: 'quote', text: '大风蓝色预警', source: '桐乡市气象台', issuedAt: '2026-11-25 08:00' },
      { kind: 'paragraph', text: '图' },
    ],
    problems: ['文件头里的“作者”没有对应的栏目', '图片没有导入，请另行上传', 'HTML 代码没有导入'],
  })
})

it('a quote without its source is a paragraph, a bad head is said', () => {
  expect(readMarkdown('> 引文').blocks).toEqual([{ kind: 'paragraph', text: '引文' }])
  expect(readMarkdown('---\na: [\n---\n正文').problems).toEqual([
    '文件头的元数据不合 YAML 格式，没有导入',
  ])
  expect(readMarkdown('---\na: &x 1\nb: *x\n---\n正文').problems).toHaveLength(1)
  expect(readMarkdown('---\n公开方式: 随便\n---\n正文').problems).toHaveLength(1)
})

it.each([
  ...['> '.repeat(60_000), '- '.repeat(60_000), `${'['.repeat(60_000)}a${'](x)'.repeat(20_000)}`],
  ...[`${' '.repeat(4_000)}- a`, '*'.repeat(100_000), '`'.repeat(100_000), '|'.repeat(100_000)],
  ...['<'.repeat(100_000), '_a '.repeat(40_000), `a${'\n'.repeat(100_000)}b`, '长'.repeat(250_001)],
])('ends with an answer: %#', (text) => {
  const read = readMarkdown(text)
  expect(read.blocks.length).toBeLessThanOrEqual(2_000)
})

it('never throws', () => {
  const piece = fc.constantFrom(
    '# ',
    '> ',
    '- ',
    '1. ',
    '|',
    '\n',
    '---\n',
    '[a](b)',
    '![',
    '**',
    '`',
    '<b>',
    '甲',
    ':',
    '&amp;',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const { blocks } = readMarkdown(pieces.join(''))
      for (const block of blocks) expect(JSON.stringify(block)).not.toContain('undefined')
    }),
  )
})
