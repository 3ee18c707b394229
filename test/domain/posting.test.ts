/** Rows entered by hand: what is read, every fault of a row at once, which key a row has. */
import { describe, expect, it } from 'vitest'
import { canonical } from '../../src/domain/canonical.ts'
import { DEFAULT_CATEGORIES } from '../../src/domain/category.ts'
import {
  naturalKeySubject,
  type Posting,
  postingContext,
  readPosting,
} from '../../src/domain/posting.ts'

const CHANNELS = [
  ['disclosure-portal', '政府信息公开平台', 'place'],
  ['service-network', '浙江政务服务网', 'place'],
  ['wechat-official', '微信公众号', 'place'],
  ['sms', '短信平台', 'recipient'],
] as const

const NOW = new Date('2019-01-10T09:00:00+08:00')

const context = postingContext(
  NOW,
  CHANNELS.map(([id, name, addressing]) => ({ id, name, line: id, addressing })),
  DEFAULT_CATEGORIES,
)

const GOOD = {
  published_on: '2018-03-01 09:30',
  channel: 'disclosure-portal',
  category: 'notice',
  title: '关于开展春季安全检查的通知',
  url: 'http://xxgk.example.cn/1',
  level: '',
  unit: '',
  evidence: 'shots/1.png',
}

function read(cells: Record<string, string> = {}) {
  return readPosting({ number: 7, cells: { ...GOOD, ...cells } }, context)
}

function good(cells: Record<string, string> = {}): Posting {
  const reading = read(cells)
  if ('problems' in reading) throw new Error(reading.problems.map(({ text }) => text).join('\n'))
  return reading.posting
}

function faults(cells: Record<string, string>): readonly string[] {
  const reading = read(cells)
  return 'problems' in reading ? reading.problems.map(({ text }) => text) : []
}

function warnings(cells: Record<string, string>): readonly string[] {
  const reading = read(cells)
  return 'problems' in reading ? ['refused'] : reading.warnings.map(({ column }) => column)
}

describe('a good row', () => {
  it('by id', () => {
    const posting = good()
    expect(posting.occurredAt.toISOString()).toBe('2018-03-01T01:30:00.000Z')
    expect(posting.channel.id).toBe('disclosure-portal')
    expect(posting).not.toHaveProperty('unit')
    expect(posting.row).toBe(7)
  })

  it('by Chinese name, with blanks around', () => {
    const posting = good({ channel: ' 微信公众号 ', category: '行政处罚案件' })
    expect([posting.channel.id, posting.category.id]).toEqual(['wechat-official', 'penalty'])
    expect(posting.publicationCategoryId).toBe('exposure')
  })

  it.each([
    ['2018-12-31', '2018-12-30T16:00:00.000Z'],
    ['2018-12-31 23:59:30', '2018-12-31T15:59:30.000Z'],
    ['2019-01-01 00:00:10', '2018-12-31T16:00:10.000Z'],
    ['2016-02-29T08:00', '2016-02-29T00:00:00.000Z'],
  ])('of %s, in Shanghai', (published_on, instant) => {
    expect(good({ published_on }).occurredAt.toISOString()).toBe(instant)
  })

  it('of today without a time is not in the future', () => {
    expect(faults({ published_on: '2019-01-10' })).toEqual([])
  })

  it.each([
    ['省级', 'province'],
    ['prefecture', 'prefecture'],
    ['县级', 'county'],
  ])('as an entry of level %s', (level, expected) => {
    const posting = good({ category: 'hazard-list', unit: '汀桥镇砚禾仓储有限公司', level })
    expect([posting.level, posting.unit]).toEqual([expected, '汀桥镇砚禾仓储有限公司'])
  })

  it('with the columns a file may leave out', () => {
    const more = { item: 'a-1', review_ref: '密审12号', signed_by: '局长', signed_on: '2018-03-01' }
    expect(good(more)).toMatchObject({
      item: 'a-1',
      reviewReference: '密审12号',
      signedBy: '局长',
      signedOn: '2018-03-01',
    })
  })
})

describe('a row that is refused', () => {
  it.each([
    ['no date', { published_on: '' }, 'published_on：没有发布日期'],
    ['another format', { published_on: '2018/3/1' }, 'published_on：不是日期，请按 2018-03-01'],
    ['a day that never was', { published_on: '2018-02-30' }, '没有 2018-02-30 这一天'],
    ['a leap day of no leap year', { published_on: '2018-02-29 08:00' }, '没有 2018-02-29'],
    ['month 13', { published_on: '2018-13-01' }, '没有 2018-13-01 这一天'],
    ['year 0000', { published_on: '0000-01-01' }, '没有 0000-01-01 这一天'],
    ['hour 24', { published_on: '2018-03-01 24:00' }, '没有 24:00:00 这个时刻'],
    ['tomorrow', { published_on: '2019-01-11' }, '晚于现在'],
    ['a minute ahead', { published_on: '2019-01-10 09:01' }, '晚于现在'],
    ['an unknown channel', { channel: '朋友圈' }, '不认识渠道“朋友圈”，可填编号或名称：政府信息'],
    ['no category', { category: '' }, '没有事项，请填写编号或名称：工作动态（work-news）'],
    ['a name of the language', { category: 'constructor' }, '不认识事项“constructor”'],
    ['no title', { title: '　 ' }, '没有标题'],
    ['a long title', { title: '安'.repeat(121) }, '有 121 字，上限 120 字'],
    ['a title of two lines', { title: '一\n二' }, '含换行或控制字符'],
    ['a script for a link', { url: 'javascript:alert(1)' }, '不是网页地址'],
    ['a link with blanks', { url: 'http://a.cn/ b' }, '不是网页地址'],
    ['a link without a host', { url: 'http://' }, '不是网页地址'],
    ['a long link', { url: `http://a.cn/${'x'.repeat(2_000)}` }, '上限 2000 字'],
    ['a level nobody knows', { level: '国家级', unit: '甲' }, '不认识级别“国家级”，请填 省级'],
    ['a level without a unit', { level: '省级' }, '填了级别却没有单位'],
    ['an entry of a text message', { channel: 'sms', unit: '甲' }, '没有可计的条目'],
    ['a signature of no day', { signed_on: '2018-04-31' }, 'signed_on：“2018-04-31”不是日期'],
  ])('%s', (_, cells, expected) => {
    expect(faults(cells).join('\n')).toContain(expected)
    expect(faults(cells)[0]).toMatch(/^第 7 行 [a-z_]+：/)
  })

  it('names all its faults at once', () => {
    const cells = { published_on: '2018-02-30', channel: 'x', category: 'y', title: '', url: 'z' }
    expect(faults({ ...cells, level: '高' })).toHaveLength(7)
  })

  it('shows neither a password nor a whole number', () => {
    expect(faults({ url: 'http://clerk:secret@a.cn/' }).join()).not.toContain('secret')
    expect(faults({ channel: '13812345678' }).join()).not.toContain('12345')
    expect(faults({ channel: 'clerk.name@a.cn' }).join()).not.toContain('clerk.name')
  })
})

describe('a row to look at', () => {
  it('is kept', () => {
    expect(warnings({})).toEqual([])
    expect(warnings({ url: '', evidence: '' })).toEqual(['evidence'])
    expect(warnings({ category: 'hazard-list', unit: '甲' })).toEqual(['level'])
    expect(warnings({ signed_on: '2018-03-02' })).toEqual(['signed_on'])
  })
})

describe('the natural key', () => {
  const key = (cells: Record<string, string> = {}) => canonical(naturalKeySubject(good(cells)))

  it('is the same however channel, category and time are written', () => {
    const other = { channel: '政府信息公开平台', category: '通知公告' }
    expect(key({ ...other, published_on: '2018-03-01 09:30:00', evidence: 'b.png' })).toBe(key())
  })

  it.each([
    ['day', { published_on: '2018-03-02 09:30' }],
    ['channel', { channel: 'wechat-official' }],
    ['category', { category: 'licence' }],
    ['title', { title: '另一条' }],
    ['link', { url: '' }],
    ['unit', { unit: '甲' }],
  ])('tells another %s', (_, cells) => {
    expect(key(cells)).not.toBe(key())
  })
})
