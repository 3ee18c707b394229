/** Rows become messages whatever their order; copies, entries and categories of one item. */
import { describe, expect, it } from 'vitest'
import { DEFAULT_CATEGORIES } from '../../src/domain/category.ts'
import { type Posting, postingContext, readPosting } from '../../src/domain/posting.ts'
import { groupPostings } from '../../src/domain/posting-message.ts'

const context = postingContext(
  new Date('2019-01-10T09:00:00+08:00'),
  (
    [
      ['disclosure-portal', 'place'],
      ['service-network', 'place'],
      ['wechat-official', 'place'],
      ['sms', 'recipient'],
      ['qq-group', 'group'],
    ] as const
  ).map(([id, addressing]) => ({ id, name: id, line: id, addressing })),
  DEFAULT_CATEGORIES,
)

type Cells = readonly [
  day: string,
  channel: string,
  category: string,
  title: string,
  more?: Readonly<Record<string, string>>,
]

function postings(rows: readonly Cells[]): readonly Posting[] {
  return rows.map(([published_on, channel, category, title, more], at) => {
    const cells = { published_on, channel, category, title, url: 'http://a.cn/1', ...more }
    const reading = readPosting({ number: at + 2, cells }, context)
    if ('problems' in reading) throw new Error(reading.problems[0]?.text)
    return reading.posting
  })
}

function group(rows: readonly Cells[]) {
  return groupPostings(postings(rows))
}

function shape(rows: readonly Cells[]) {
  return group(rows).messages.map(({ category, publications }) => [
    category.id,
    ...publications.map(({ channelId, categoryId }) => `${channelId} ${categoryId}`),
  ])
}

const PORTAL = 'disclosure-portal'
const ACCOUNT = 'wechat-official'
const NETWORK = 'service-network'

describe('one message', () => {
  it('is the same title, category and day on several channels', () => {
    expect(
      shape([
        ['2018-03-01 09:00', PORTAL, 'work-news', '甲'],
        ['2018-03-01 17:00', ACCOUNT, 'work-news', '甲'],
        ['2018-03-02', ACCOUNT, 'work-news', '甲'],
        ['2018-03-01', PORTAL, 'notice', '甲'],
      ]),
    ).toEqual([
      ['work-news', `${PORTAL} work-news`, `${ACCOUNT} work-news`],
      ['work-news', `${ACCOUNT} work-news`],
      ['notice', `${PORTAL} notice`],
    ])
  })

  it('is the same item, whatever its titles and days', () => {
    const rows: Cells[] = [
      ['2018-03-05', ACCOUNT, 'exposure', '曝光：乙', { item: 'p-1' }],
      ['2018-03-01', NETWORK, 'penalty', '乙案', { item: 'p-1' }],
    ]
    const expected = [`${ACCOUNT} exposure`, `${NETWORK} penalty`]
    expect(shape(rows)).toEqual([['penalty', ...expected]])
    expect(shape([...rows].reverse())).toEqual([['penalty', ...expected.reverse()]])
    expect(group(rows).messages[0]).toMatchObject({ item: 'p-1', title: '乙案' })
    expect(group(rows).warnings).toEqual([])
  })

  it('takes the line of its own category: a report is a handling notice on the network', () => {
    expect(
      shape([
        ['2018-03-05', NETWORK, 'accident-handling', '处理', { item: 'a' }],
        ['2018-03-01', PORTAL, 'accident-report', '报告', { item: 'a' }],
      ]),
    ).toEqual([['accident-report', `${NETWORK} accident-handling`, `${PORTAL} accident-report`]])
  })

  it('keeps the first category when none explains the others, and says so', () => {
    const rows: Cells[] = [
      ['2018-03-01', PORTAL, 'notice', '甲', { item: 'a' }],
      ['2018-03-01', ACCOUNT, 'work-news', '甲', { item: 'a' }],
    ]
    expect(shape(rows)).toEqual([['notice', `${PORTAL} notice`, `${ACCOUNT} work-news`]])
    expect(group(rows).warnings.map(({ row, column }) => [row, column])).toEqual([[3, 'category']])
  })

  it('takes in a row without an item, before or after', () => {
    const rows: Cells[] = [
      ['2018-03-01', PORTAL, 'notice', '甲'],
      ['2018-03-01', ACCOUNT, 'notice', '甲', { item: 'a' }],
    ]
    expect(group(rows).messages).toHaveLength(1)
    expect(group([...rows].reverse()).messages).toHaveLength(1)
  })

  it('is never two items; a row that fits both is asked about', () => {
    const rows: Cells[] = [
      ['2018-03-01', PORTAL, 'notice', '每日提示', { item: 'a' }],
      ['2018-03-01', PORTAL, 'notice', '每日提示', { item: 'b', url: 'http://a.cn/2' }],
      ['2018-03-01', ACCOUNT, 'notice', '每日提示'],
    ]
    const { messages, problems } = group(rows)
    expect(messages.map(({ item }) => item)).toEqual(['a', 'b'])
    expect(problems.map(({ row, column }) => [row, column])).toEqual([[4, 'item']])
  })
})

describe('one publication', () => {
  it('has rows with units as entries, with or without a row of its own', () => {
    const unit = (name: string, level: string): Cells => [
      '2018-03-01',
      PORTAL,
      'hazard-list',
      '挂牌名单',
      { unit: name, level },
    ]
    const rows = [unit('甲厂', '县级'), unit('乙厂', '县级'), unit('丙厂', '市级')]
    const bare: Cells = ['2018-03-01', PORTAL, 'hazard-list', '挂牌名单']
    for (const all of [rows, [bare, ...rows], [...rows, bare]]) {
      const { messages, problems, warnings } = group(all)
      expect([problems, warnings]).toEqual([[], []])
      expect(messages[0]?.publications).toHaveLength(1)
      expect(messages[0]?.publications[0]?.entries).toEqual([
        { unit: '甲厂', level: 'county' },
        { unit: '乙厂', level: 'county' },
        { unit: '丙厂', level: 'prefecture' },
      ])
    }
    expect(group([...rows, unit('甲厂', '县级')]).warnings[0]?.text).toContain('与第 2 行重复')
    const conflict = group([...rows, unit('甲厂', '省级')])
    expect(conflict.messages).toEqual([])
    expect(conflict.problems[0]?.text).toMatch(/^第 5 行 level：单位与第 2 行相同而级别不同/)
  })

  it('counts once when the platform shows two copies, by its first time', () => {
    const { messages, warnings } = group([
      ['2018-03-01 10:00', ACCOUNT, 'notice', '甲', { url: 'http://a.cn/2' }],
      ['2018-03-01 09:00', ACCOUNT, 'notice', '甲'],
    ])
    const [publication] = messages[0]?.publications ?? []
    expect(publication?.url).toBe('http://a.cn/1')
    expect(publication?.occurredAt.toISOString()).toBe('2018-03-01T01:00:00.000Z')
    expect(publication?.duplicates.map(({ row }) => row)).toEqual([2])
    expect(warnings[0]?.text).toContain('只计第 3 行')
  })
})

it('a message to people is one broadcast, whatever its channels', () => {
  const { messages } = group([
    ['2018-07-10 16:20', 'sms', 'warning', '台风预警'],
    ['2018-07-10 16:05', 'qq-group', 'warning', '台风预警'],
    ['2018-07-10 17:00', ACCOUNT, 'warning', '台风预警'],
  ])
  expect(messages).toHaveLength(1)
  expect(messages[0]?.publications).toHaveLength(1)
  expect(messages[0]?.broadcast?.postings).toHaveLength(2)
  expect(messages[0]?.broadcast?.occurredAt.toISOString()).toBe('2018-07-10T08:05:00.000Z')
})

it('100,000 rows cost no more than four times what 50,000 cost', () => {
  const rows = Array.from(
    { length: 100_000 },
    (_, at): Cells => ['2018-03-01', at % 2 ? PORTAL : ACCOUNT, 'notice', `第${at >> 1}号`],
  )
  const read = postings(rows)
  const time = (few: readonly Posting[]) => {
    const began = performance.now()
    groupPostings(few)
    return performance.now() - began
  }
  time(read.slice(0, 10_000))
  const half = time(read.slice(0, 50_000))
  expect(time(read)).toBeLessThan(4 * half + 200)
  expect(groupPostings(read).messages).toHaveLength(50_000)
})

it('100,000 rows of one item, and of one publication, stay linear too', () => {
  const rows = Array.from(
    { length: 100_000 },
    (_, at): Cells => [
      '2018-03-01',
      PORTAL,
      'notice',
      '甲',
      { item: 'a', unit: `${at % 4_000}厂` },
    ],
  )
  const began = performance.now()
  const { messages, warnings } = groupPostings(postings(rows))
  expect(performance.now() - began).toBeLessThan(10_000)
  expect(messages[0]?.publications[0]?.entries).toHaveLength(4_000)
  expect(warnings).toHaveLength(96_000)
})
