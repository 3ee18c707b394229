/** Dates that do not exist, weekdays that are not theirs, hours no clock shows, periods that end before
 *  they begin. */
import { type CheckContext, countOf, foundInDense, matches, type Reading } from './context.ts'
import type { FindingCode, Found } from './finding.ts'

const DATE =
  /(?<![\d.])(?:(\d{4})年)?(\d{1,2})月(\d{1,2})[日号](?:\(?(?:星期|周|礼拜)([一二三四五六日天])\)?)?/g
const WRITTEN =
  /([〇零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日(?:\(?(?:星期|周|礼拜)([一二三四五六日天])\)?)?/g
const ISO = /(?<![\d-])((?:19|20)\d\d)-(\d{1,2})-(\d{1,2})(?![\d-])/g

const WEEKDAYS = '日一二三四五六'

interface Dated {
  readonly from: number
  readonly to: number
  readonly text: string
  readonly year: number | undefined
  readonly month: number
  readonly day: number
  readonly weekday: string | undefined
}

export function findDates(reading: Reading, context: CheckContext): readonly Found[] {
  const dated = [
    ...[...matches(reading, DATE), ...matches(reading, ISO)].map((match) => readDate(match)),
    ...[...matches(reading, WRITTEN)].map((match) => readDate(match)),
  ].sort((a, b) => a.from - b.from)
  return [
    ...dated.flatMap((one) => whyWrong(reading, one, context)),
    ...reversedPeriods(reading, dated),
  ]
}

function readDate(match: RegExpExecArray): Dated {
  const [text, year, month = '', day = '', weekday] = match
  return {
    ...{ from: match.index, to: match.index + text.length, text },
    year: year === undefined ? undefined : countOf(year),
    ...{ month: countOf(month), day: countOf(day) },
    weekday: weekday === '天' ? '日' : weekday,
  }
}

/** Days of a month; February has 29 where the year is not said. */
function daysOf(year: number | undefined, month: number): number {
  return new Date(Date.UTC(year ?? 2_024, month, 0)).getUTCDate()
}

function whyWrong(reading: Reading, one: Dated, context: CheckContext): readonly Found[] {
  const say = (code: FindingCode, text: string, fix: string): readonly Found[] => [
    foundInDense(reading, one.from, one.to, { code, severity: 'ask', say: text, fix }),
  ]
  const { year, month, day, weekday } = one
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month))
    return say('impossible-date', `的日期“${one.text}”不存在`, '请核对年月日')
  if (weekday === undefined) return []
  const meant = year ?? nearestYear(month, day, context.day)
  const right = WEEKDAYS[new Date(Date.UTC(meant, month - 1, day)).getUTCDay()] ?? ''
  if (right === weekday) return []
  const fix = `${meant}年${month}月${day}日是星期${right}，请核对日期和星期`
  return say('weekday-wrong', `的“${one.text}”星期不对`, fix)
}

/** The year that brings a month and day closest to today: a notice in December speaks of January. */
function nearestYear(month: number, day: number, today: string): number {
  const now = Date.parse(`${today}T00:00:00Z`)
  const year = Number(today.slice(0, 4))
  const distance = (candidate: number) => Math.abs(Date.UTC(candidate, month - 1, day) - now)
  return [year - 1, year, year + 1].reduce((a, b) => (distance(b) < distance(a) ? b : a))
}

const UNTIL = /^(?:\d{1,2}(?:时|点|:\d\d))?(?:至|到|-|~)$/

function reversedPeriods(reading: Reading, dated: readonly Dated[]): readonly Found[] {
  return dated.flatMap((start, at) => {
    const end = dated[at + 1]
    if (!end || !UNTIL.test(reading.dense.text.slice(start.to, end.from))) return []
    const year = end.year ?? start.year ?? 0
    // 12月20日至次年1月5日 is said without the year.
    const turns = end.year === undefined && start.month >= 10 && end.month <= 3
    const order = (one: Dated, of: number) => of * 10_000 + one.month * 100 + one.day
    if (turns || order(end, year) >= order(start, start.year ?? year)) return []
    return [
      foundInDense(reading, start.from, end.to, {
        ...{ code: 'reversed-period', severity: 'ask', say: '的起止日期颠倒' },
        fix: '请核对开始和结束的日期',
      }),
    ]
  })
}

const TIME =
  /(凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜间|[日号至到(-])?(?<!\d)(\d{1,2})(时|点|:)(?!间|候|段|期|:)(?:(\d{2})(分)?)?(?![\d:])/g

export function findTimes(reading: Reading): readonly Found[] {
  const found: Found[] = []
  for (const match of matches(reading, TIME)) {
    const [text, before = '', hourText = '', unit = '', minuteText = ''] = match
    const hour = Number(hourText)
    const minute = minuteText === '' ? 0 : Number(minuteText)
    // 比分 and 比例 are written with a colon as well.
    if (unit === ':' && (before === '' || minuteText === '')) continue
    const add = (code: FindingCode, severity: 'ask' | 'hint', say: string, fix: string) =>
      found.push(
        foundInDense(reading, match.index, match.index + text.length, { code, severity, say, fix }),
      )
    const morning = /凌晨|清晨|早上|早晨|上午/.test(before)
    if (hour > 24 || minute > 59 || (hour === 24 && minute > 0))
      add('impossible-time', 'ask', `的时间“${text}”不存在`, '请核对时和分')
    else if (morning && hour > 12)
      add('impossible-time', 'ask', `的时间“${text}”自相矛盾`, '请核对是上午还是下午')
    else if (/下午|傍晚|晚上|夜间/.test(before) && hour > 12)
      add('mixed-clock', 'hint', `的时间“${text}”混用12和24小时制`, '请只用24小时制，删去前面的词')
  }
  return found
}
