/** What a platform allows: windows declared by an adapter, or by a road's settings in their place. It
 *  refuses what no platform can mean, each wrong field by its name. */

/** One window. Several hold at once; the strictest of them decides. */
export interface RateLimit {
  /** `account`: everything sent over the account together; `target`: each address for itself */
  readonly scope: 'account' | 'target'
  /** milliseconds of a sliding window, or the platform's calendar day or month (Asia/Shanghai) */
  readonly window: number | 'day' | 'month'
  readonly max: number
  /** `message`: each recipient counts; `call`: each request, however many recipients it serves */
  readonly unit: 'call' | 'message'
  /** how long the platform shuts out whoever exceeds the window; it doubles with each repetition */
  readonly penaltyMs?: number
}

/** Times at which the platform is not to be called, in Asia/Shanghai. */
export type Forbidden =
  /** this minute of every hour, 0–59 */
  | { readonly minuteOfHour: number }
  /** minutes since midnight, [from, to); `to` below `from` goes over midnight */
  | { readonly from: number; readonly to: number }

/** Everything that bounds one account. */
export interface Rates {
  readonly limits: readonly RateLimit[]
  readonly forbidden?: readonly Forbidden[]
  /** roads that use the same account on the platform give it the same name, and share its windows */
  readonly account?: string
}

/** The name its state is kept under; a changed `max` goes on with what was taken before. */
export function limitKey({ scope, window, unit }: RateLimit): string {
  return `${scope}.${window}.${unit}`
}

/** A day's or month's quota is one of messages or pushes; what merely asks takes none of it. */
export const countsLooks = ({ unit, window }: RateLimit): boolean =>
  unit === 'call' && typeof window === 'number'

export const MINUTES_A_DAY = 1_440
/** A longer sliding window is a calendar's; a shorter one is a number of calls at once. */
const WINDOW_MS_MIN = 10
const WINDOW_MS_MAX = 24 * 3_600_000
const MAX_MAX = 100_000_000
const LIMITS_MAX = 12
const FORBIDDEN_MAX = 60
const ACCOUNT_NAME = /^[\w.@-]{1,60}$/

export interface RatesProblem {
  readonly field: string
  readonly text: string
}

/** `rates` of a road's settings: what it says, or what is wrong with it field by field. */
export function readRates(given: unknown): Rates | readonly RatesProblem[] {
  const problems: RatesProblem[] = []
  const complain: Complain = (field, text) => {
    problems.push({ field, text })
  }
  if (!isRecord(given)) return [{ field: 'rates', text: '请写成 { "limits": [...] }' }]
  unknownKeys(given, ['limits', 'forbidden', 'account'], 'rates', complain)
  const { limits, forbidden, account } = given
  if (!Array.isArray(limits) || limits.length > LIMITS_MAX)
    complain('rates.limits', `请列出各个限制，最多 ${LIMITS_MAX} 项；平台没有限制时写 []`)
  else for (const [index, one] of limits.entries()) limitProblems(one, index, complain)
  if (Array.isArray(limits) && problems.length === 0 && hasTwice(limits as RateLimit[]))
    complain('rates.limits', '同一对象、窗口和单位只能写一项，请合并为较严的一项')
  if (forbidden !== undefined && (!Array.isArray(forbidden) || forbidden.length > FORBIDDEN_MAX))
    complain('rates.forbidden', `请列出不得调用的时间，最多 ${FORBIDDEN_MAX} 项`)
  else for (const [index, one] of (forbidden ?? []).entries()) closedProblems(one, index, complain)
  if (account !== undefined && !(typeof account === 'string' && ACCOUNT_NAME.test(account)))
    complain('rates.account', '账号名用 1 至 60 个字母、数字、点、横线或 @')
  return problems.length > 0 ? problems : (given as unknown as Rates)
}

/** The same as issues of a settings schema, by the path below `rates`. */
export function ratesIssues(given: unknown) {
  const read = readRates(given)
  if (!Array.isArray(read)) return []
  return (read as readonly RatesProblem[]).map(({ field, text }) => ({
    ...{ code: 'custom' as const, path: field.split('.').slice(1) },
    ...{ message: text, input: undefined },
  }))
}

type Complain = (field: string, text: string) => void

function limitProblems(one: unknown, index: number, complain: Complain): void {
  const place = `rates.limits.${index}`
  if (!isRecord(one)) {
    complain(place, '请写成一项限制，例如 { "scope": "account", … }')
    return
  }
  unknownKeys(one, ['scope', 'window', 'max', 'unit', 'penaltyMs'], place, complain)
  const { scope, window, max, unit, penaltyMs } = one
  if (scope !== 'account' && scope !== 'target')
    complain(`${place}.scope`, '请写 account（整个账号）或 target（每个接收对象）')
  if (window !== 'day' && window !== 'month' && !isWhole(window, WINDOW_MS_MIN, WINDOW_MS_MAX))
    complain(`${place}.window`, `请写 day、month，或 ${WINDOW_MS_MIN} 至 ${WINDOW_MS_MAX} 毫秒`)
  if (!isWhole(max, 1, MAX_MAX)) complain(`${place}.max`, `请写 1 至 ${MAX_MAX} 的整数`)
  if (unit !== 'call' && unit !== 'message')
    complain(`${place}.unit`, '请写 call（每次调用）或 message（每条消息）')
  if (penaltyMs !== undefined && !isWhole(penaltyMs, 1, WINDOW_MS_MAX))
    complain(`${place}.penaltyMs`, `请写 1 至 ${WINDOW_MS_MAX} 毫秒`)
}

function closedProblems(one: unknown, index: number, complain: Complain): void {
  const place = `rates.forbidden.${index}`
  if (!isRecord(one)) {
    complain(place, '请写 { "minuteOfHour": 0 } 或 { "from": 0, "to": 60 }')
    return
  }
  if ('minuteOfHour' in one) {
    unknownKeys(one, ['minuteOfHour'], place, complain)
    if (!isWhole(one['minuteOfHour'], 0, 59))
      complain(`${place}.minuteOfHour`, '请写 0 至 59 的整数')
    return
  }
  unknownKeys(one, ['from', 'to'], place, complain)
  const { from, to } = one
  for (const [name, value] of Object.entries({ from, to }))
    if (!isWhole(value, 0, MINUTES_A_DAY))
      complain(`${place}.${name}`, '请写从零点起的分钟数，0 至 1440')
  if (from === to) complain(`${place}.to`, '起止不能相同，否则全天都不能发送')
}

function unknownKeys(one: object, known: readonly string[], at: string, complain: Complain): void {
  for (const key of Object.keys(one))
    if (!known.includes(key)) complain(`${at}.${key}`, '没有这一项设置，请删除或核对名称')
}

function hasTwice(limits: readonly RateLimit[]): boolean {
  return new Set(limits.map(limitKey)).size < limits.length
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
}
