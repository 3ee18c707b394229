/** The demo year against the golden figures, by a counter that shares nothing with the product. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readYear2018, TRAPS, type Trap, type Year2018Row } from '../../src/simulator/year-2018.ts'

const ROWS = readYear2018()
const CSV = new URL('../../src/simulator/year-2018.csv', import.meta.url)

const NEVER: readonly (Trap | undefined)[] = ['failure', 'duplicate', 'exercise', 'test']

const ELSEWHERE: Readonly<Record<string, string>> = {
  'wechat-official penalty': 'exposure',
  'service-network accident-report': 'accident-handling',
}

const YEARS = new Map<number, string>()

/** The wall clock's year; remembered, because the totals are taken hundreds of times. */
function yearInShanghai(at: Date): string {
  const known = YEARS.get(at.getTime())
  if (known) return known
  const year = at.toLocaleDateString('sv', { timeZone: 'Asia/Shanghai' }).slice(0, 4)
  YEARS.set(at.getTime(), year)
  return year
}

/** Every figure of a year, by reading the clock on the wall in Shanghai. */
function tally(rows: readonly Year2018Row[], year: number): Readonly<Record<string, number>> {
  const totals: Record<string, number> = {}
  const add = (...names: string[]) => {
    for (const name of names) totals[name] = (totals[name] ?? 0) + 1
  }
  const inYear = (at: Date) => yearInShanghai(at) === String(year)
  for (const row of rows) {
    if (NEVER.includes(row.trap)) {
      add(`never ${row.trap}`)
      continue
    }
    const shown = row.places.filter(({ occurredAt }) => inYear(occurredAt))
    if (shown.length > 0) add('messages')
    for (const { channel } of shown) {
      const category = ELSEWHERE[`${channel} ${row.category}`] ?? row.category
      add('publications', channel, `${channel} ${category}`)
      if (row.origin === 'manual') add(`manual ${channel}`)
      if (row.act?.act === 'withdraw' && inYear(row.act.at)) add(`withdrawn ${channel}`)
      for (const entry of row.entries) add(`entries ${entry.level}`)
    }
    if (row.people.length > 0 && inYear(row.at)) add('broadcasts')
  }
  return totals
}

const GOLDEN = {
  publications: 347,
  messages: 246,
  broadcasts: 112,
  'disclosure-portal': 151,
  'disclosure-portal work-news': 78,
  'disclosure-portal notice': 24,
  'disclosure-portal licence': 20,
  'disclosure-portal plan-summary': 9,
  'disclosure-portal law-publicity': 8,
  'disclosure-portal finance': 2,
  'disclosure-portal annual-report': 1,
  'disclosure-portal system-document': 1,
  'disclosure-portal accident-report': 4,
  'disclosure-portal accident-flash': 1,
  'disclosure-portal hazard-list': 3,
  'entries province': 1,
  'entries prefecture': 1,
  'entries county': 10,
  'service-network': 62,
  'service-network penalty': 59,
  'service-network accident-handling': 3,
  'wechat-official': 134,
  'wechat-official exposure': 50,
  'wechat-official work-news': 40,
  'wechat-official law-publicity': 8,
  'wechat-official safety-knowledge': 24,
  'wechat-official warning': 12,
  'manual disclosure-portal': 1,
  'withdrawn disclosure-portal': 1,
  'never failure': 1,
  'never duplicate': 1,
  'never exercise': 1,
  'never test': 1,
}

function trapped(trap: Trap): Year2018Row {
  const [row, ...more] = ROWS.filter((candidate) => candidate.trap === trap)
  if (!row || more.length > 0) throw new Error(`not one row is the trap ${trap}`)
  return row
}

describe('the year 2018', () => {
  it('has the golden figures', () => {
    expect(tally(ROWS, 2018)).toEqual(GOLDEN)
  })

  it('leaves one portal post and one post of the account to 2019', () => {
    expect(tally(ROWS, 2019)).toMatchObject({ publications: 2, messages: 2 })
  })

  it('changes a figure when any one row is removed', () => {
    const figures = (rows: readonly Year2018Row[]) =>
      JSON.stringify([tally(rows, 2018), tally(rows, 2019)])
    const whole = figures(ROWS)
    const idle = ROWS.filter((row) => figures(ROWS.filter((other) => other !== row)) === whole)
    expect(idle.map(({ item }) => item)).toEqual([])
  })

  it('changes a total of 2018 when any one row that counts is removed', () => {
    const counted = ROWS.filter(({ trap }) => !NEVER.includes(trap) && trap !== 'next-year')
    expect(counted).toHaveLength(346)
    const sum = (rows: readonly Year2018Row[]) => {
      const { messages = 0, broadcasts = 0 } = tally(rows, 2018)
      return messages + broadcasts
    }
    const whole = sum(ROWS)
    for (const row of counted)
      expect(sum(ROWS.filter((other) => other !== row)), row.item).toBeLessThan(whole)
  })

  it('warns three audiences over four channels', () => {
    const warnings = ROWS.filter(
      ({ category, mode }) => category === 'warning' && mode === 'earnest',
    )
    for (const { item, audiences, people } of warnings) {
      expect(people, item).toEqual(['sms', 'wechat-group', 'qq-group', 'office'])
      expect(audiences, item).toEqual(['hazardous-chemicals', 'major-hazard', 'fireworks-retail'])
    }
  })

  it('sends no warning below orange in quiet hours, so that none waits for the morning', () => {
    const quiet = ROWS.filter(({ at, people }) => {
      const hour = (at.getUTCHours() + 8) % 24
      return people.length > 0 && (hour >= 22 || hour < 7)
    })
    expect(quiet.length).toBeGreaterThan(0)
    for (const { item, level } of quiet) expect(['red', 'orange'], item).toContain(level)
  })

  it('reads like a year: titles differ, times differ, rows are in order', () => {
    const earnest = ROWS.filter(({ trap }) => trap !== 'duplicate')
    expect(new Set(earnest.map(({ title }) => title)).size).toBe(earnest.length)
    expect(new Set(ROWS.map(({ at }) => at.getTime())).size).toBe(ROWS.length)
    expect(ROWS.every(({ at }, row) => at >= (ROWS[row - 1]?.at ?? at))).toBe(true)
    const seconds = new Set(ROWS.map(({ at }) => at.getUTCSeconds()))
    expect(seconds.size).toBeGreaterThan(40)
    const units = ROWS.flatMap(({ entries }) => entries.map(({ unit }) => unit))
    expect(new Set(units).size).toBe(12)
  })
})

describe('its traps', () => {
  it('are one row each', () => {
    expect(TRAPS.map((trap) => trapped(trap).trap)).toEqual(TRAPS)
  })

  it.each([
    ['first-morning', '2018-01-01T07:31:20+08:00'],
    ['last-minute', '2018-12-31T23:59:30+08:00'],
    ['next-year', '2019-01-01T00:00:10+08:00'],
  ] as const)('%s is at its second', (trap, at) => {
    const { places } = trapped(trap)
    expect(places).toEqual([{ channel: 'disclosure-portal', occurredAt: new Date(at) }])
  })

  it('a post that reaches the account in another year', () => {
    const { places } = trapped('next-year-elsewhere')
    expect(places.map(({ occurredAt }) => occurredAt.getUTCFullYear())).toEqual([2018, 2019])
  })

  it('a withdrawal, and the repost linked to it', () => {
    const { item, act, places } = trapped('withdrawn')
    expect(act?.act).toBe('withdraw')
    expect(act?.reason).not.toBe('')
    expect(act && places[0] && act.at > places[0].occurredAt).toBe(true)
    expect(trapped('reposted').link).toEqual({ kind: 'reposts', item })
    expect(trapped('reposted').at.getTime()).toBeGreaterThan(act?.at.getTime() ?? Infinity)
  })

  it('a correction in place, and one published as a notice', () => {
    expect(trapped('amended').act?.act).toBe('amend')
    expect(trapped('correction-notice').link?.kind).toBe('corrects')
  })

  it('a hand posting, and a second copy of a post on the same platform', () => {
    expect(trapped('hand-posting')).toMatchObject({ origin: 'manual' })
    expect(trapped('hand-posting').url).toMatch(/^https:/)
    const { link, title, places, origin } = trapped('duplicate')
    const first = ROWS.find(({ item }) => item === link?.item)
    expect([origin, link?.kind, first?.title]).toEqual(['manual', 'duplicates', title])
    expect(first?.places.map(({ channel }) => channel)).toContain(places[0]?.channel)
  })

  it('an exercise, a test, a failure and a retry', () => {
    expect(trapped('exercise').mode).toBe('exercise')
    expect(trapped('test').mode).toBe('test')
    expect(trapped('failure').places).toHaveLength(1)
    expect(trapped('retry').places).toHaveLength(1)
  })
})

describe('a file that does not hold together is refused', () => {
  const text = readFileSync(CSV, 'utf8')

  it.each([
    ['a channel', 'service-network+77', 'service-net+77', 'row 5 of the demo year|channels'],
    ['a link to nothing', 'reposts notice-019', 'reposts notice-999', 'notice-020 reposts'],
    ['an item twice', 'work-news-002,', 'work-news-001,', 'share an item'],
    ['a column', 'item,at,', 'item,when,', '缺少列 at'],
  ])('%s', (_, from, to, message) => {
    expect(text).toContain(from)
    const broken = Buffer.from(text.replace(from, to))
    expect(() => readYear2018(broken)).toThrow(new RegExp(message))
  })
})
