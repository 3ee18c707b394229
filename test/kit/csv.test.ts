/** CSV as offices really save it: three encodings, quotes, padding, and each fault named by its row. */
import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import { readCsv } from '../../src/kit/csv.ts'

const LIMITS = { bytesMax: 20_000_000, rowsMax: 200_000, columnsMax: 8 }
const COLUMNS = { required: ['day', 'title'], optional: ['item'] }

function read(text: string | Uint8Array, limits = LIMITS) {
  return readCsv(typeof text === 'string' ? Buffer.from(text) : text, limits, COLUMNS)
}

function texts(text: string | Uint8Array, limits = LIMITS): string {
  return read(text, limits)
    .problems.map((problem) => problem.text)
    .join('\n')
}

describe('what it reads', () => {
  const text = 'day,title\r\n2018-03-01,安全生产月\r\n2018-03-02,𠮷祥村\r\n'
  const titles = ['安全生产月', '𠮷祥村']

  it.each([
    ['UTF-8', 'utf-8', Buffer.from(text)],
    ['UTF-8 with a mark', 'utf-8', Buffer.from(`\uFEFF${text}`)],
    ['GB18030', 'gb18030', iconv.encode(text, 'gb18030')],
    ['GB18030 with a mark', 'gb18030', iconv.encode(`\uFEFF${text}`, 'gb18030')],
  ])('%s, and says so', (_, encoding, bytes) => {
    const csv = read(bytes)
    expect(csv.problems).toEqual([])
    expect(csv.encoding).toBe(encoding)
    expect(csv.header).toEqual(['day', 'title'])
    expect(csv.rows.map((row) => row.cells['title'])).toEqual(titles)
  })

  it('numbers rows as a spreadsheet does: empty rows count, two lines in a cell do not', () => {
    const csv = read('day,title\n1,"一\n二"\n\n , \n2,"他说""好"""\n3,关于"月"的通知,\n')
    expect(csv.problems).toEqual([])
    expect(csv.rows).toEqual([
      { number: 2, cells: { day: '1', title: '一\n二' } },
      { number: 5, cells: { day: '2', title: '他说"好"' } },
      { number: 6, cells: { day: '3', title: '关于"月"的通知' } },
    ])
  })

  it('lines that end in different ways', () => {
    const csv = read('day,title\r\n1,a\n2,b\r3,c')
    expect(csv.rows.map((row) => [row.number, row.cells['title']])).toEqual([
      [2, 'a'],
      [3, 'b'],
      [4, 'c'],
    ])
  })

  it('columns in any order, padded on the right', () => {
    const csv = read('title,day,,\n一,1,,\n')
    expect(csv.rows).toEqual([{ number: 2, cells: { title: '一', day: '1' } }])
  })

  it('100,000 rows in well under ten seconds', () => {
    const line = '2018-03-01,关于开展安全生产大检查的通知\n'
    const began = performance.now()
    expect(read(`day,title\n${line.repeat(100_000)}`).rows).toHaveLength(100_000)
    expect(performance.now() - began).toBeLessThan(10_000)
  })
})

describe('what it refuses, with row and next step', () => {
  it.each([
    ['an empty file', '', '文件是空的'],
    ['a file of empty rows', '\n\n,,\n', '文件是空的'],
    ['a missing column', 'day,item\n', '缺少列 title，请在第 1 行补上'],
    ['an unknown column', 'day,title,itme\n', '不认识列“itme”，是否应为 item？'],
    ['a column in capitals', 'Day,title\n', '是否应为 day？'],
    ['a column like no other', 'day,title,备注\n', '可用的列：day,title,item'],
    ['a column twice', 'day,title,day\n', '列 day 出现不止一次'],
    ['a column without a name', 'day,,title\n', '第 2 列没有列名'],
    ['a column of the language', 'day,title,__proto__\n', '不认识列“__proto__”'],
    ['too many columns', `${'x,'.repeat(9)}y\n`, '列名有 10 个，上限 8 个'],
    ['semicolons', 'day;title\n1;一\n', '列之间用的是“；”'.replace('；', ';')],
    ['tabs', 'day\ttitle\n1\t一\n', '列之间用的是制表符'],
    ['a quotation mark never closed', 'day,title\n\n1,一\n2,"二\n3,三\n', '第 4 行的引号没有结束'],
    ['too few cells', 'day,title\n1\n', '第 2 行有 1 格，列名有 2 个'],
    ['too many cells', 'day,title\n1,一,二\n', '第 2 行有 3 格，列名有 2 个'],
    ['lost characters', 'day,title\n1,安\uFFFD全\n', '第 2 行 title 含无法还原的乱码'],
    ['a zero byte', 'day,title\n1,\0\n', '文件第 2 行含空字符'],
  ])('%s', (_, text, expected) => {
    expect(texts(text)).toContain(expected)
  })

  it('UTF-16, with the way out', () => {
    expect(texts(Buffer.from('\uFEFFday,title\n', 'utf16le'))).toContain('另存为“CSV UTF-8')
  })

  it('bytes of no encoding, in the row that holds them', () => {
    const bytes = Buffer.concat([Buffer.from('day,title\n1,a\n2,'), Buffer.from([0xff, 0x0a])])
    const csv = read(bytes)
    expect(csv.problems.map(({ row, column }) => [row, column])).toEqual([[3, 'title']])
    expect(csv.rows.map((row) => row.number)).toEqual([2])
  })

  it('more than the limits, and says how much more', () => {
    expect(texts('day,title\n1,a\n2,b\n3,c\n', { ...LIMITS, rowsMax: 2 })).toBe(
      '文件有 3 行内容，上限 2 行，请拆成几个文件分别导入',
    )
    expect(read('day,title\n1,a\n\n2,b\n', { ...LIMITS, rowsMax: 2 }).rows).toHaveLength(2)
    expect(texts('day,title\n1,a\n', { ...LIMITS, bytesMax: 5 })).toContain('上限 5 字节')
  })

  it('a broken row without the good ones beside it', () => {
    const csv = read('day,title\n1,a\n2\n3,c\n')
    expect(csv.rows.map((row) => row.number)).toEqual([2, 4])
    expect(csv.problems).toHaveLength(1)
  })

  it('every fault of a header at once', () => {
    expect(read('titel,day,day\n').problems.map((problem) => problem.column)).toEqual([
      'title',
      'titel',
      'day',
    ])
  })
})
