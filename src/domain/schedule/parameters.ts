/** 本单位的参数: what an agency changes of a standing broadcast without touching its data file. Whatever is
 *  not on the closed list, or beyond its bounds, is refused with its name. */
import { isLocalTime } from '../calendar/day.ts'
import type { Refusal } from '../refusal.ts'
import { JITTER_MINUTES_MAX } from './jitter.ts'
import type { Rule } from './rule.ts'
import type { Missed, StandingBroadcast } from './standing.ts'

export interface Parameters {
  /** the hour of every rule that names one, HH:mm in Shanghai */
  readonly at?: string
  /** 0: exactly at the hour */
  readonly jitterMinutes?: number
  readonly leadWorkingDays?: number
  readonly channels?: readonly string[]
  readonly audiences?: readonly string[]
  readonly missed?: Missed['policy']
  readonly graceHours?: number
  /** what the blanks of the standing order are filled with */
  readonly values?: Readonly<Record<string, string>>
}

const LEAD_WORKING_DAYS_MAX = 30
const GRACE_HOURS_MAX = 720
const GRACE_HOURS_DEFAULT = 12
const LIST_MAX = 50
const VALUES_MAX = 50
const VALUE_CHARACTERS_MAX = 500
const ID = /^[a-z0-9-]{1,60}$/

type Check = (value: unknown) => boolean

const isWhole =
  (max: number, min = 0): Check =>
  (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max

const isIds =
  (min: number): Check =>
  (value) =>
    Array.isArray(value) &&
    value.length >= min &&
    value.length <= LIST_MAX &&
    new Set(value).size === value.length &&
    value.every((one) => typeof one === 'string' && ID.test(one))

const CHECKS: Readonly<Record<keyof Parameters, readonly [Check, string]>> = {
  at: [(value) => typeof value === 'string' && isLocalTime(value), '写成 08:20 这样的北京时间'],
  jitterMinutes: [isWhole(JITTER_MINUTES_MAX), `0 到 ${JITTER_MINUTES_MAX} 的整数`],
  leadWorkingDays: [isWhole(LEAD_WORKING_DAYS_MAX), `0 到 ${LEAD_WORKING_DAYS_MAX} 的整数`],
  channels: [isIds(1), '渠道编号的清单，至少一个'],
  audiences: [isIds(0), '受众编号的清单'],
  missed: [(value) => ['late', 'skip', 'ask'].includes(String(value)), 'late、skip 或 ask'],
  graceHours: [isWhole(GRACE_HOURS_MAX, 1), `1 到 ${GRACE_HOURS_MAX} 的整数`],
  values: [isValues, `至多 ${VALUES_MAX} 项，每项是不超过 ${VALUE_CHARACTERS_MAX} 字的文字`],
}

function isValues(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const entries = Object.entries(value)
  return (
    entries.length <= VALUES_MAX &&
    entries.every(
      ([name, text]) =>
        name.length > 0 &&
        [...name].length <= 60 &&
        typeof text === 'string' &&
        [...text].length <= VALUE_CHARACTERS_MAX,
    )
  )
}

/** What is on file or was typed, as parameters, or the first thing that is wrong with it. */
export function readParameters(
  value: unknown,
): { readonly parameters: Parameters } | { readonly refusal: Refusal } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refused('parameters', '应为一组“名称: 值”')
  for (const [name, one] of Object.entries(value)) {
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name as keyof Parameters] : undefined
    if (!check) return refused(name.slice(0, 60), `可用：${Object.keys(CHECKS).join('、')}`)
    const [holds, wanted] = check
    if (!holds(one)) return refused(name, wanted)
  }
  return { parameters: value }
}

function refused(field: string, detail: string): { readonly refusal: Refusal } {
  return { refusal: { code: 'value-not-allowed', field, detail } }
}

/** The broadcast as this agency has it. */
export function adapted(broadcast: StandingBroadcast, own: Parameters): StandingBroadcast {
  return {
    ...broadcast,
    rules: own.at === undefined ? broadcast.rules : broadcast.rules.map(atHour(own.at)),
    jitterMinutes: own.jitterMinutes ?? broadcast.jitterMinutes,
    lead: own.leadWorkingDays === undefined ? broadcast.lead : { workingDays: own.leadWorkingDays },
    channels: own.channels ?? broadcast.channels,
    audiences: own.audiences ?? broadcast.audiences,
    missed: missedOf(broadcast.missed, own),
  }
}

function atHour(at: string): (rule: Rule) => Rule {
  return (rule) => (rule.kind === 'in-force' ? rule : { ...rule, at })
}

function missedOf(given: Missed, own: Parameters): Missed {
  const policy = own.missed ?? given.policy
  if (policy !== 'late') return { policy }
  const grace = given.policy === 'late' ? given.graceHours : GRACE_HOURS_DEFAULT
  return { policy, graceHours: own.graceHours ?? grace }
}
