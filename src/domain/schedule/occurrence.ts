/** 一次: one dated firing of a schedule, and the one pure function that says what happens to it next. It
 *  refuses to let anything unsigned or uncertain go out by itself. */
import type { Refusal } from '../refusal.ts'
import type { Missed } from './standing.ts'

export const OCCURRENCE_STATES = [
  'planned',
  'drafted',
  'escalated',
  'alarmed',
  'missed',
  'fired',
  'skipped',
  'cancelled',
  /** the rule no longer names it; comes back when the rule does */
  'obsolete',
] as const
export type OccurrenceState = (typeof OCCURRENCE_STATES)[number]

export const OCCURRENCE_STATE_NAMES: Readonly<Record<OccurrenceState, string>> = {
  planned: '待办',
  drafted: '已拟稿',
  escalated: '已催办',
  alarmed: '已报警',
  missed: '错过待定',
  fired: '已发出',
  skipped: '已略过',
  cancelled: '已取消',
  obsolete: '已作废',
}

/** Nothing happens to these any more. */
export const SETTLED_STATES: readonly OccurrenceState[] = ['fired', 'skipped', 'cancelled']

/** 值班提醒: why somebody on duty must look. */
export const ALARM_KINDS = [
  'unsigned-soon',
  'unsigned',
  'late',
  'missed',
  'unconfirmed',
  'order-refused',
  'no-draft',
  'fault',
] as const
export type AlarmKind = (typeof ALARM_KINDS)[number]

export const ALARM_TEXTS: Readonly<Record<AlarmKind, string>> = {
  'unsigned-soon': '两小时内就到时间，还没有签发，请催办',
  unsigned: '到时间仍未签发，没有发出，请决定补签、改期或取消',
  late: '时间已过才拟稿，没有发出，请尽快审签或取消',
  missed: '停机期间错过，请决定补发（duoling schedule run）、改期或取消',
  unconfirmed: '日期为暂定，请核对节假日安排后确认或改期',
  'order-refused': '长期授权不能使用，已改为拟稿，请尽快审签',
  'no-draft': '未能拟稿，请核对这项定时的拟稿人和事项',
  fault: '处理时出错，稍后自动再试；反复出现请联系运维员',
}

export interface OccurrenceFacts {
  readonly state: OccurrenceState
  readonly dueAt: Date
  /** when the draft must be there */
  readonly draftAt: Date
  /** 暂定 and confirmed by nobody */
  readonly provisional: boolean
  /** its schedule has a standing order */
  readonly hasOrder: boolean
  /** the draft's bulletin carries a signature */
  readonly signed: boolean
  /** somebody was asked to confirm the day */
  readonly asked: boolean
  /** the draft was submitted, or is a person's to submit */
  readonly handedIn: boolean
  readonly missed: Missed
}

export type Step =
  | 'draft'
  /** its time is over: a draft and an alarm, nothing is sent */
  | 'draft-late'
  | 'ask-confirmation'
  /** the draft is checked and submitted */
  | 'hand-in'
  /** the standing order goes out */
  | 'fire'
  | 'escalate'
  | 'alarm'
  /** a leader signed: the engine has the rest */
  | 'settle'
  | 'skip'
  | 'miss'

/** Two hours before its time an unsigned draft is somebody's business. */
const ESCALATE_MS = 2 * 3_600_000
/** How late a tick may be before an occurrence counts as missed. */
const ON_TIME_MS = 15 * 60_000

/** Undefined when nothing is to be done at that moment. Each step leaves a state in which the same step
 *  is not the next one again, so that a clock that is put back repeats nothing. */
export function nextStep(occurrence: OccurrenceFacts, at: Date): Step | undefined {
  const { state, dueAt, draftAt, signed } = occurrence
  switch (state) {
    case 'planned':
      if (at >= dueAt) return stepWhenDue(occurrence, at)
      if (at < draftAt) return undefined
      if (!occurrence.hasOrder) return 'draft'
      return occurrence.provisional && !occurrence.asked ? 'ask-confirmation' : undefined
    case 'drafted':
      if (signed) return 'settle'
      if (at >= dueAt) return 'alarm'
      if (at.getTime() >= dueAt.getTime() - ESCALATE_MS) return 'escalate'
      return !occurrence.handedIn && at >= draftAt ? 'hand-in' : undefined
    case 'escalated':
      if (signed) return 'settle'
      return at >= dueAt ? 'alarm' : undefined
    case 'alarmed':
      if (signed) return 'settle'
      return !occurrence.handedIn && at >= draftAt ? 'hand-in' : undefined
    default:
      return undefined
  }
}

function stepWhenDue(occurrence: OccurrenceFacts, at: Date): Step {
  const { dueAt, missed } = occurrence
  const lateMs = at.getTime() - dueAt.getTime()
  const inTime =
    lateMs <= ON_TIME_MS || (missed.policy === 'late' && lateMs <= missed.graceHours * 3_600_000)
  if (inTime) return occurrence.hasOrder && !occurrence.provisional ? 'fire' : 'draft-late'
  return missed.policy === 'skip' ? 'skip' : 'miss'
}

/** The first moment at which `nextStep` may say something without a signature; undefined: never. */
export function nextLook(occurrence: OccurrenceFacts): Date | undefined {
  const { state, dueAt, draftAt } = occurrence
  const asks = !occurrence.hasOrder || (occurrence.provisional && !occurrence.asked)
  if (state === 'planned') return asks && draftAt < dueAt ? draftAt : dueAt
  if (state === 'drafted') {
    const escalateAt = new Date(dueAt.getTime() - ESCALATE_MS)
    return occurrence.handedIn || escalateAt < draftAt ? escalateAt : draftAt
  }
  if (state === 'alarmed') return occurrence.handedIn ? undefined : draftAt
  return state === 'escalated' ? dueAt : undefined
}

/** The state a step leaves. */
export const AFTER: Readonly<
  Record<Exclude<Step, 'ask-confirmation' | 'hand-in'>, OccurrenceState>
> = {
  draft: 'drafted',
  'draft-late': 'alarmed',
  fire: 'fired',
  escalate: 'escalated',
  alarm: 'alarmed',
  settle: 'fired',
  skip: 'skipped',
  miss: 'missed',
}

const REASON_CHARACTERS_MAX = 200
const MOVE_DAYS_MAX = 400
const DAY_MS = 86_400_000

/** Why a person may not move or cancel it; `to` is absent for a cancellation. */
export function whyNotChangeable(change: {
  readonly state: OccurrenceState
  readonly reason: string
  readonly at: Date
  readonly to?: Date
}): Refusal | undefined {
  const { state, at, to } = change
  const reason = change.reason.trim()
  if (SETTLED_STATES.includes(state) || state === 'obsolete')
    return { code: 'occurrence-settled', detail: OCCURRENCE_STATE_NAMES[state] }
  if (reason === '') return { code: 'reason-missing' }
  if ([...reason].length > REASON_CHARACTERS_MAX)
    return { code: 'too-long', field: 'reason', limit: REASON_CHARACTERS_MAX }
  if (!to) return undefined
  const ahead = to.getTime() - at.getTime()
  if (!(ahead > 0)) return { code: 'window-invalid', field: 'to', detail: '新的时间应晚于现在' }
  if (ahead > MOVE_DAYS_MAX * DAY_MS)
    return { code: 'window-invalid', field: 'to', detail: `最多改到 ${MOVE_DAYS_MAX} 天以内` }
  return undefined
}
