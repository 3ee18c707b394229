/** A list as a whole: its header, the same contact twice, and whom on file a row means. */
import { describe, expect, it } from 'vitest'
import { matchContact, readList } from '../../src/domain/contact-list.ts'

const LIMITS = { rowsMax: 5, columnsMax: 6, cellCharactersMax: 50 }
const CONTEXT = { areas: ['梧桐街道'], mayAddAreas: false, audiences: new Map() }
const list = (header: string, ...rows: readonly string[]) =>
  readList(
    { number: 1, cells: header.split(',') },
    rows.map((row, at) => ({ number: at + 2, cells: row.split(',') })),
    LIMITS,
    CONTEXT,
  )

describe('the header', () => {
  it('knows the names people use', () => {
    const { contacts, errors } = list(
      '*企业名称,联系电话,乡镇（街道）,行业类别',
      '甲,13900000001,梧桐街道,涉氨',
    )
    expect(errors).toEqual([])
    expect(contacts[0]).toMatchObject({ name: '甲', area: '梧桐街道', tags: ['涉氨'] })
  })

  it('a missing column is said beside those there are', () => {
    const [error] = list('序号,手机', '1,13900000001').errors
    expect(error?.text).toBe('需要一列叫“名称”（企业名称）。现在有的列：序号、手机')
  })

  it('a misspelt column is no other one: it is asked about', () => {
    const { errors, contacts } = list('名称,手机号吗', '甲,13900000001')
    expect(errors[0]).toMatchObject({ column: '手机号吗', row: 1 })
    expect(errors[0]?.fix).toContain('是否应为“手机”')
    expect(contacts).toEqual([])
  })

  it('a column nobody needs is left alone, with a word', () => {
    const { errors, warnings, contacts } = list('序号,名称,备注', '1,甲,x')
    expect([errors.length, contacts.length]).toEqual([0, 1])
    expect(warnings.map((one) => one.column)).toEqual(['序号', '备注'])
  })

  it('two columns of one meaning are refused', () => {
    expect(list('名称,手机,联系电话', '甲,,').errors[0]?.text).toContain('与另一列都是手机')
  })
})

describe('the rows', () => {
  it('too many rows, too many columns, too long a cell', () => {
    expect(list('名称', ...Array(6).fill('甲')).errors).toMatchObject([
      { row: 0, text: '有6行，上限5行' },
    ])
    expect(list('名称,b,c,d,e,f,g', '甲').errors[0]?.text).toBe('有7列，上限6列')
    expect(list('名称,手机', `甲,${'1'.repeat(51)}`).errors[0]?.text).toContain(
      '一格有51字，上限50字',
    )
  })

  it('the same contact twice is an error, the same phone a warning', () => {
    const { errors, warnings } = list(
      '名称,区域,手机',
      ...['甲,梧桐街道,13900000001', '甲,梧桐街道,', '甲,,', '乙,,13900000001'],
    )
    expect(errors.map((one) => one.text)).toEqual(['第3行 名称：与第2行名称和区域都相同'])
    expect(warnings.map((one) => one.text)).toEqual([
      '第2、5行 手机：同一号码（139****01）属于2个联系人，只会收到一次',
    ])
  })

  it('codes tell two of one name apart, and one without a code is asked about', () => {
    const code = '91330100799655058B'
    const other = '91110000100000000Y'
    const { errors } = list('名称,信用代码', `甲,${code}`, `甲,${code}`, `甲,`)
    expect(errors.map((one) => one.row)).toEqual([3, 4])
    expect(
      list('名称,信用代码', `甲,${code}`, `甲,${other}`).errors.filter(
        (one) => one.column === '名称',
      ),
    ).toEqual([])
  })
})

describe('whom a row means', () => {
  const on = (id: number, more: { creditCode?: string; area?: string } = {}) => ({
    id,
    name: '甲',
    ...more,
  })
  const CODE = '91330100799655058B'
  it.each([
    ['nobody', { name: '甲' }, [], { kind: 'new' }],
    [
      'by code, whatever it is called now',
      { name: '乙', creditCode: CODE },
      [on(1, { creditCode: CODE })],
      { kind: 'known', contactId: 1 },
    ],
    [
      'one of another code is somebody else',
      { name: '甲', creditCode: CODE },
      [on(1, { creditCode: '1' })],
      { kind: 'new' },
    ],
    [
      'a code comes to one that had none',
      { name: '甲', creditCode: CODE },
      [on(1)],
      { kind: 'known', contactId: 1 },
    ],
    [
      'the area decides',
      { name: '甲', area: 'A' },
      [on(1, { area: 'A' }), on(2, { area: 'B' })],
      { kind: 'known', contactId: 1 },
    ],
    [
      'another area is somebody else',
      { name: '甲', area: 'C' },
      [on(1, { area: 'A' })],
      { kind: 'new' },
    ],
    [
      'an area not given decides nothing',
      { name: '甲' },
      [on(1, { area: 'A' })],
      { kind: 'known', contactId: 1 },
    ],
    [
      'two of one name',
      { name: '甲' },
      [on(1, { area: 'A' }), on(2, { area: 'B' })],
      { kind: 'ambiguous', contacts: 2 },
    ],
    [
      'two alike in all',
      { name: '甲', area: 'A' },
      [on(1, { area: 'A' }), on(2, { area: 'A' })],
      { kind: 'ambiguous', contacts: 2 },
    ],
  ])('%s', (_, row, candidates, match) => {
    expect(matchContact(row, candidates)).toEqual(match)
  })
})
