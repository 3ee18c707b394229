/** xlsx: cells at their places, what is hidden, remarks; and rows for an import. */
import { expect, it } from 'vitest'
import { readFile } from '../../src/documents/file.ts'
import { readSheets, SHEET_LIMITS } from '../../src/documents/sheets.ts'
import { inline, xlsx } from '../support/office.ts'

const BOOK = xlsx(
  [
    {
      name: '名单',
      columns: '<col min="3" max="3" hidden="1"/>',
      rows: `<row r="1">${inline('A1', '姓名')}${inline('C1', '手机')}</row><row r="3" hidden="1"><c r="A3" t="s"><v>1</v></c><c r="B3"><v>3.30483199001010E+17</v></c><c r="C3"><v>13800001234</v></c></row>`,
    },
    { name: '底稿', state: 'veryHidden', rows: `<row>${'<c t="str"><v>藏着</v></c>'}</row>` },
  ],
  {
    'xl/sharedStrings.xml':
      '<sst><si><t>甲</t></si><si><r><t>张</t></r><r><t>三</t></r><rPh><t>zhang</t></rPh></si></sst>',
    'xl/comments1.xml':
      '<comments><commentList><comment ref="A1"><text><r><t>问一下</t></r></text></comment></commentList></comments>',
  },
)

it('gives rows with gaps kept, long numbers whole and hidden marks', async () => {
  expect(await readSheets(BOOK)).toEqual({
    cut: false,
    sheets: [
      {
        ...{ name: '名单', hidden: false, hiddenRows: [2] },
        rows: [['姓名', '', '手机'], [], ['张三', '330483199001010000', '13800001234']],
      },
      { name: '底稿', hidden: true, hiddenRows: [], rows: [['藏着']] },
    ],
  })
})

it('tells what is hidden and what was remarked', async () => {
  const read = await readFile(BOOK, '')
  if (read.kind !== 'text') throw new Error(read.kind)
  const said = read.parts.map(({ kind, place, text }) => `${kind}|${place}|${text}`)
  expect(said).toEqual([
    ...[
      'text|工作表“名单”的名称|名单',
      'text|名单!A1|姓名',
      'hidden|名单!C1|手机',
      'hidden|名单!A3|张三',
    ],
    ...['hidden|名单!B3|330483199001010000', 'hidden|名单!C3|13800001234'],
    ...['hidden|工作表“底稿”的名称|底稿', 'hidden|底稿!A1|藏着', 'comment|批注（A1）|问一下'],
  ])
})

it('stops at its limits instead of filling the memory', async () => {
  const far = xlsx([{ name: 'a', rows: '<row r="150000"><c r="SA150000"><v>1</v></c></row>' }])
  expect(await readSheets(far, { ...SHEET_LIMITS, cellsMax: 1_000 })).toMatchObject({ cut: true })
  const long = xlsx([{ name: 'a', rows: '<row><c><v>1</v></c></row>'.repeat(50) }])
  const read = await readSheets(long, { ...SHEET_LIMITS, rowsMax: 20 })
  expect(read).toMatchObject({ cut: true })
  expect('sheets' in read && read.sheets[0]?.rows).toHaveLength(20)
  expect(await readSheets(new Uint8Array([0x50, 0x4b, 3, 4, 0, 0, 0]))).toEqual({
    unreadable: 'corrupt',
  })
})
