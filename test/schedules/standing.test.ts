/** The standing broadcasts as data: complete, in bounds, on channels and audiences a new agency has; and
 *  the firing table of 2027, which a change of data or calendar shows line by line. */
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { defaultChannels } from '../../channels/defaults.ts'
import { STANDING_BROADCASTS } from '../../schedules/all.ts'
import { plainText, whyNotComposable } from '../../src/domain/bulletin.ts'
import type { Calendar } from '../../src/domain/calendar/calendar.ts'
import { DEFAULT_CATEGORIES } from '../../src/domain/category.ts'
import { expand } from '../../src/domain/schedule/expand.ts'
import { JITTER_MINUTES_MAX } from '../../src/domain/schedule/jitter.ts'
import { EVERY_HOURS_MAX, EVERY_HOURS_MIN } from '../../src/domain/schedule/rule.ts'
import {
  contentOf,
  SHORT_CHARACTERS_MAX,
  unknownBlanks,
} from '../../src/domain/schedule/standing.ts'
import { expandTimed } from '../../src/domain/schedule/timing.ts'
import { minuteOf, yearBounds } from '../../src/domain/year.ts'
import { chineseCalendar } from '../../src/kit/calendar.ts'
import { PRACTICE_AUDIENCES } from '../../src/simulator/practice.ts'

const calendar: Calendar = chineseCalendar()
const CHANNELS = new Map(defaultChannels().map((channel) => [channel.id, channel]))
const AUDIENCES: readonly string[] = PRACTICE_AUDIENCES.map((one) => one.id)
const OCCASION = { day: '2027-02-15', agency: '桐乡市安全生产监督管理局' }

it('has a file for each, named by its id', async () => {
  const files = await readdir(join(import.meta.dirname, '../../schedules'))
  const ids = files.map((name) => name.replace(/\.ts$/, '')).sort()
  const known = STANDING_BROADCASTS.map((one) => one.id)
  expect(ids).toEqual([...known, 'all', 'schedule'].sort())
  expect(known.length).toBeGreaterThanOrEqual(15)
  expect(new Set(STANDING_BROADCASTS.map((one) => one.name)).size).toBe(known.length)
})

describe.each(STANDING_BROADCASTS.map((one) => [one.id, one] as const))('%s', (_, one) => {
  it('can be composed in its category', () => {
    const category = DEFAULT_CATEGORIES.find(({ id }) => id === one.categoryId)
    const content = contentOf(one, OCCASION)
    expect(whyNotComposable(content, category?.requiredFields ?? ['nothing'])).toBeUndefined()
    expect(`${content.title}${plainText(content.blocks)}`).not.toMatch(/[{}]/)
    expect(plainText(content.blocks).length).toBeGreaterThan(40)
    expect(one.basis.length).toBeGreaterThan(5)
  })

  it('has a short text for one message and only known blanks', () => {
    const { title, short = '', blocks } = one.text
    expect([...short].length).toBeLessThanOrEqual(SHORT_CHARACTERS_MAX)
    expect(unknownBlanks(`${title}${short}${plainText(blocks)}`)).toEqual([])
    if (one.channels.includes('sms')) expect(short).not.toBe('')
  })

  it('names channels and audiences there are', () => {
    for (const id of one.channels) {
      const channel = CHANNELS.get(id)
      expect(channel, id).toBeDefined()
      if (channel?.addressing !== 'place') expect(one.audiences.length, id).toBeGreaterThan(0)
    }
    expect(one.audiences.filter((id) => !AUDIENCES.includes(id))).toEqual([])
    expect(one.channels.length).toBeGreaterThan(0)
  })

  it('is due in each of ten years, in office hours, off the full and the half hour', () => {
    expect(one.jitterMinutes).toBeLessThanOrEqual(JITTER_MINUTES_MAX)
    for (const rule of one.rules)
      if (rule.kind === 'in-force') {
        expect(rule.everyHours).toBeGreaterThanOrEqual(EVERY_HOURS_MIN)
        expect(rule.everyHours).toBeLessThanOrEqual(EVERY_HOURS_MAX)
      }
    for (let year = 2018; year < 2028; year++) {
      const due = expandTimed(one, calendar, yearBounds(year), [])
      expect(due.length, `${year}`).toBeGreaterThan(0)
      for (const { dueAt, draftAt } of due) {
        expect([0, 30]).not.toContain(dueAt.getUTCMinutes())
        expect(minuteOf(dueAt).slice(11) > '07:00' && minuteOf(dueAt).slice(11) < '18:00').toBe(
          true,
        )
        expect(draftAt < dueAt).toBe(true)
      }
    }
  })
})

/** 日期 时间 暂定 名称 实例, in the order of the year. */
function firingTable(year: number): string {
  const rows = STANDING_BROADCASTS.flatMap((one) =>
    expand(one, calendar, yearBounds(year)).map(({ instance, dueAt, provisional }) => ({
      line: `${minuteOf(dueAt)} ${provisional ? '暂定' : '确定'} ${one.name} ${instance}`,
      dueAt,
    })),
  )
  rows.sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime() || (a.line < b.line ? -1 : 1))
  return `${rows.map((row) => row.line).join('\n')}\n`
}

it('gives the firing table of 2027 that is on file', () => {
  const path = join(import.meta.dirname, '../golden/schedules-2027.txt')
  expect(firingTable(2027)).toBe(readFileSync(path, 'utf8'))
})

it('marks in it exactly what counts working days while there is no notice', () => {
  const provisional = firingTable(2027)
    .split('\n')
    .filter((line) => line.includes('暂定'))
  const counted = firingTable(2027)
    .split('\n')
    .filter((line) => /wd$/.test(line))
  expect(calendar.covers(2027) ? [] : counted).toEqual(provisional)
  expect(
    firingTable(2026)
      .split('\n')
      .filter((line) => line.includes('暂定')),
  ).toEqual(
    // The last days of a year wait for the next year's notice.
    firingTable(2026)
      .split('\n')
      .filter((line) => /year-end-(?:10|20)wd$/.test(line)),
  )
})
