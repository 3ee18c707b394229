/** `duoling schedule`: which standing broadcasts are on, what is due in the next days, and the firing of one
 *  that is due. It refuses to fire before its time, and a missed one without the person who decides. */
import { STANDING_BROADCASTS } from '../../schedules/all.ts'
import { Refused } from '../domain/refusal.ts'
import {
  ALARM_TEXTS,
  OCCURRENCE_STATE_NAMES,
  SETTLED_STATES,
} from '../domain/schedule/occurrence.ts'
import { minuteOf } from '../domain/year.ts'
import type { OccurrenceRow, ScheduleRow } from '../hub/ports/schedules.ts'
import type { StepTaken } from '../hub/schedule/fire-due.ts'
import { runOccurrence } from '../hub/schedule/occurrences.ts'
import { planOccurrences } from '../hub/schedule/schedules.ts'
import { AS_OPTION } from './actor.ts'
import { EXIT, print, printJson, UsageFault, type Verb, type VerbRequest } from './command.ts'
import { type Installation, personNamed, withInstallation } from './installation.ts'
import { cancelOne, switchSchedules } from './schedule-switch.ts'
import { table } from './table.ts'

const DAYS_DEFAULT = 30
const DAYS_MAX = 400
const LIST_MAX = 2_000
const RUNS_MAX = 50
const DAY_MS = 86_400_000

const STEP_NAMES: Readonly<Record<StepTaken, string>> = {
  draft: '已拟稿，请按时审签',
  'draft-late': '时间已过，已拟稿并报警，请尽快审签',
  'ask-confirmation': '日期为暂定，已请值班人员确认',
  'hand-in': '已检查并送审，请按时审签',
  fire: '已按长期授权发出',
  escalate: '已催办',
  alarm: '到时间未签发，没有发出，已报警',
  settle: '已签发，由系统按时发出',
  skip: '已按规定略过',
  refused: '没有发出，也未能拟稿，已报警',
  miss: '已错过，请决定补发、改期或取消',
}

export const schedule: Verb = {
  name: 'schedule',
  summary: '定时播发：清单、近期日程（含暂定）、到点的立即办理',
  usage: [
    'ls | next [--days 天数] | run 定时编号或某一次的名称 [--at 时间] [--by 姓名]',
    '| on 定时编号或all [--author 拟稿人姓名] --as 登录名 | off 定时编号或all --as 登录名',
    '| cancel 某一次的名称 --reason 原因 --as 登录名 [--agency 编号] [--json]',
  ].join(' '),
  words: 2,
  options: {
    ...{ days: 'value', at: 'value', by: 'value', author: 'value', reason: 'value' },
    ...{ agency: 'value', ...AS_OPTION },
  },
  run: (request) =>
    withInstallation(request, async (installation) => {
      const [action = 'ls', word] = request.words
      if (action === 'ls') return list(installation, request)
      if (action === 'next') return next(installation, request)
      if (action === 'run') return run(installation, request, word)
      if (action === 'on' || action === 'off')
        return switchSchedules(installation, request, word, action === 'on')
      if (action === 'cancel') return cancelOne(installation, request, word)
      throw new UsageFault(`没有“${action}”这个动作：可用 ls、next、run、on、off、cancel`)
    }),
}

/** What is shown is what the rules say now, also where no server has expanded them today. */
async function expanded({ app, agencyId, now }: Installation): Promise<void> {
  await planOccurrences(app.hub, STANDING_BROADCASTS, { agencyId, at: now() })
}

function nameOf(scheduleId: string): string {
  return STANDING_BROADCASTS.find((one) => one.id === scheduleId)?.name ?? scheduleId
}

function mark(row: Pick<OccurrenceRow, 'provisional' | 'moved'>): string {
  if (row.provisional) return '暂定'
  return row.moved ? '改期' : ''
}

async function list(installation: Installation, request: VerbRequest) {
  await expanded(installation)
  const { app, agencyId, now } = installation
  const { rows, coming, alarms } = await app.hub.store.transact(agencyId, async (tx) => ({
    rows: await tx.schedules(),
    coming: await tx.occurrences({ from: now(), limit: LIST_MAX, states: ['planned', 'drafted'] }),
    alarms: await tx.alarms(LIST_MAX),
  }))
  const first = (row: ScheduleRow) => coming.find((one) => one.scheduleId === row.id)
  if (request.json) {
    printJson({
      schedules: rows.map((row) => ({ ...row, name: nameOf(row.id), next: first(row) ?? null })),
      alarms,
    })
    return EXIT.ok
  }
  if (rows.length === 0) {
    print('还没有打开任何定时播发。打开：duoling schedule on all --author 拟稿人姓名 --as 登录名')
    return EXIT.ok
  }
  const header = ['编号', '名称', '状态', '方式', '下一次', '']
  print(
    table(
      header,
      rows.map((row) => scheduleCells(row, first(row))),
    ),
  )
  for (const alarm of alarms)
    print(
      `【值班提醒】${nameOf(alarm.scheduleId)}（${alarm.instance}）：${ALARM_TEXTS[alarm.kind]}`,
    )
  print('近期日程：duoling schedule next --days 30')
  return alarms.length > 0 ? EXIT.findings : EXIT.ok
}

function scheduleCells(row: ScheduleRow, next: OccurrenceRow | undefined): readonly string[] {
  return [
    row.id,
    nameOf(row.id),
    row.enabled ? '开' : '关',
    row.standingOrderId === undefined ? '拟稿送审' : `长期授权 ${row.standingOrderId}`,
    next ? minuteOf(next.dueAt) : '—',
    next ? mark(next) : '',
  ]
}

async function next(installation: Installation, request: VerbRequest) {
  const days = readDays(request)
  await expanded(installation)
  const { app, agencyId, now } = installation
  const from = now()
  const to = new Date(from.getTime() + days * DAY_MS)
  const found = await app.hub.store.transact(agencyId, (tx) =>
    tx.occurrences({ from, to, limit: LIST_MAX }),
  )
  const open = found.filter((one) => !['obsolete', ...SETTLED_STATES].includes(one.state))
  if (request.json) {
    printJson({ days, occurrences: open.map((one) => ({ ...one, name: nameOf(one.scheduleId) })) })
    return EXIT.ok
  }
  if (open.length === 0) print(`今后 ${days} 天没有定时播发。`)
  else {
    print(table(['时间', '名称', '', '状态', '某一次的名称'], open.map(occurrenceCells)))
    if (open.some((one) => one.provisional))
      print('“暂定”：所依据的放假安排尚未公布，公布并确认前不会自行发出。')
  }
  return EXIT.ok
}

function occurrenceCells(row: OccurrenceRow): readonly string[] {
  const { dueAt, scheduleId, state, instance, signed } = row
  const status = signed ? '已签发' : OCCURRENCE_STATE_NAMES[state]
  return [minuteOf(dueAt), nameOf(scheduleId), mark(row), status, instance]
}

function readDays({ values }: VerbRequest): number {
  const text = values['days'] ?? String(DAYS_DEFAULT)
  const days = Number(text)
  if (!/^[1-9]\d{0,3}$/.test(text) || days > DAYS_MAX)
    throw new UsageFault(`--days 应为 1 到 ${DAYS_MAX} 的整数，例如 --days 30`)
  return days
}

async function run(installation: Installation, request: VerbRequest, word: string | undefined) {
  if (!word)
    throw new UsageFault('请写定时编号或某一次的名称，例如 duoling schedule run flood-season')
  const at = readAt(installation, request)
  const { app, agencyId } = installation
  const { by: name } = request.values
  const by = name === undefined ? {} : { by: await personNamed(app, agencyId, name) }
  await expanded(installation)
  const done: { instance: string; step: StepTaken }[] = []
  for (const { id: occurrenceId } of await chosen(installation, word, at)) {
    const one = { agencyId, occurrenceId, at, ...by }
    const { instance, step } = await runOccurrence(app.hub, STANDING_BROADCASTS, one)
    done.push({ instance, step })
  }
  if (request.json) printJson({ done })
  else for (const { instance, step } of done) print(`${instance}：${STEP_NAMES[step]}`)
  return EXIT.ok
}

/** One instance as it is named, or what of a schedule is to be done at that moment. */
async function chosen({ app, agencyId }: Installation, word: string, at: Date) {
  const named = word.includes('/') ? { instance: word } : { scheduleId: word }
  const rows = await app.hub.store.transact(agencyId, (tx) =>
    tx.occurrences({ ...named, limit: LIST_MAX }),
  )
  if (rows.length === 0)
    throw new Refused({
      code: 'not-found',
      field: 'schedule',
      detail: `${word}，查看：schedule ls`,
    })
  if (word.includes('/')) return rows
  const due = rows.filter((row) => row.lookAt !== undefined && row.lookAt <= at)
  if (due.length > 0) return due.slice(0, RUNS_MAX)
  const coming = rows.find((row) => row.dueAt > at && row.lookAt !== undefined)
  throw new Refused({
    code: 'not-due',
    field: word,
    ...(coming ? { detail: `${coming.instance} 在 ${minuteOf(coming.dueAt)}` } : {}),
  })
}

/** Only practice may act as if it were later: what goes out early cannot be taken back. */
function readAt({ now, config }: Installation, { values }: VerbRequest): Date {
  const text = values['at']
  if (text === undefined) return now()
  const zoned = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/.test(text)
  const at = new Date(zoned ? text : Number.NaN)
  if (Number.isNaN(at.getTime()))
    throw new UsageFault('--at 应为带时区的时间，例如 --at 2027-02-15T08:30:00+08:00')
  if (config.mode !== 'practice' && at > now())
    throw new Refused({
      code: 'not-due',
      field: '--at',
      detail: `正式库不能提前办理 ${minuteOf(at)}`,
    })
  return at
}
