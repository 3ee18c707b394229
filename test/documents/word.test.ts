/** docx: everything a reader of the published file could find, with its place; and the same as blocks. */
import { expect, it } from 'vitest'
import { readFile } from '../../src/documents/file.ts'
import { readWord } from '../../src/documents/word.ts'
import { cellOfTable, docx, paragraph, run } from '../support/office.ts'

const BODY = [
  paragraph(run('关于检查情况的通报'), '<w:pStyle w:val="1"/>'),
  paragraph(`${run('电话 138')}${run('00001234 &amp; ')}<w:r><w:tab/></w:r>`),
  paragraph(
    `<w:del w:author="张"><w:r><w:delText>删去的话</w:delText></w:r></w:del><w:ins w:author="李">${run('加上的话')}</w:ins>`,
  ),
  paragraph(run('看不见', '<w:rPr><w:vanish/></w:rPr>')),
  paragraph(run('看得见', '<w:rPr><w:vanish w:val="0"/></w:rPr>')),
  paragraph(run('一、情况'), '<w:pStyle w:val="2"/>'),
  paragraph(run('甲'), '<w:numPr><w:numId w:val="1"/></w:numPr>'),
  paragraph(run('乙'), '<w:numPr><w:numId w:val="1"/></w:numPr>'),
  paragraph(run('第一'), '<w:numPr><w:numId w:val="2"/></w:numPr>'),
  `<w:tbl><w:tr>${cellOfTable('单位')}${cellOfTable('数')}</w:tr><w:tr>${cellOfTable('甲厂')}${cellOfTable('3')}</w:tr></w:tbl>`,
  paragraph(
    `<w:r><w:pict><w:txbxContent>${paragraph(run('框里的话'))}</w:txbxContent></w:pict></w:r>`,
  ),
].join('')

it('reads text, remarks, changes, hidden words, author and text boxes', async () => {
  const comment = `<w:comment w:author="王科长">${paragraph(run('这里不能公开'))}</w:comment>`
  const header = `<w:hdr xmlns:w="w">${paragraph(run('内部资料'))}</w:hdr>`
  const file = docx(BODY, {
    ...{
      comments: comment,
      author: '沈某',
      parts: { 'word/header1.xml': header, 'word/vbaProject.bin': 'x' },
    },
  })
  const read = await readFile(file, '')
  if (read.kind !== 'text') throw new Error(read.kind)
  const said = read.parts.map(({ kind, place, text }) => `${kind}|${place}|${text.trim()}`)
  expect(said).toEqual(
    expect.arrayContaining([
      ...['text|正文第2段|电话 13800001234 &amp;', 'change|正文第3段的修订（删除）|删去的话'],
      ...['change|正文第3段的修订（插入）|加上的话', 'text|正文第3段|加上的话'],
      ...[
        'hidden|正文第4段的隐藏文字|看不见',
        'text|正文第5段|看得见',
        'comment|批注1|王科长：这里不能公开',
      ],
      ...['text|页眉1第1段|内部资料', 'author|作者|沈某'],
    ]),
  )
  expect(said.filter((one) => one.endsWith('|框里的话'))).toHaveLength(1)
  expect(read).toMatchObject({ active: true, cut: false })
})

it('becomes blocks: title, headings, lists, tables; what is left out is said', async () => {
  expect(await readWord(docx(BODY))).toEqual({
    title: '关于检查情况的通报',
    blocks: [
      { kind: 'paragraph', text: '电话 13800001234 &amp;' },
      { kind: 'paragraph', text: '加上的话' },
      { kind: 'paragraph', text: '看得见' },
      { kind: 'heading', level: 2, text: '一、情况' },
      { kind: 'list', ordered: false, items: ['甲', '乙'] },
      { kind: 'list', ordered: true, items: ['第一'] },
      { kind: 'table', header: ['单位', '数'], rows: [['甲厂', '3']] },
    ],
    problems: ['有 1 幅图片没有导入，请另行上传'],
  })
  const { blocks, problems } = await readWord(new Uint8Array([1, 2, 3]))
  expect([blocks.length, problems.length]).toEqual([0, 1])
})
