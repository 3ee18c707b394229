/** 长期授权: what a leader allowed in advance, and whether one firing stays inside it. It refuses what is
 *  outside the limits, what was revoked and what nobody in office answers for. */
import type { Level, Mode } from '../bulletin.ts'
import type { Refusal } from '../refusal.ts'
import { may, type Person } from '../role.ts'
import type { ManifestDispatch } from '../signature.ts'
import type { Authority } from './authority.ts'
import { isWhole, wrong } from './blanks.ts'
import { hands } from './prepared-text.ts'
import type { PresetChannel, Template } from './template.ts'

/** Everything here is covered by the proof of the grant. */
export interface OrderLimits {
  readonly usesMax: number
  readonly usesPerDayMax: number
  /** recipients of one firing, all its channels together; places do not count */
  readonly reachMax: number
  /** each one a channel of the template, with audiences the template names there */
  readonly channels: readonly PresetChannel[]
  readonly levels: readonly Level[]
  readonly modes: readonly Mode[]
  /** ISO instants; at most 366 days */
  readonly validFrom: string
  readonly validUntil: string
  /** how long after firing it may still leave; the window of its level when absent */
  readonly windowHoursMax?: number
  /** 定时: which schedules may fire it by themselves. An order that names none may still be given to one of its
   *  own category and channels, by a leader. */
  readonly scheduleIds?: readonly string[]
  /** 转发: registered sources, and how old a warning may be when it is passed on */
  readonly relay?: { readonly sourceIds: readonly number[]; readonly quoteHoursMax: number }
}

/** 授权书: the exact statement under a grant; its canonical text is what the proof covers. */
export interface OrderText {
  readonly version: 1
  readonly kind: 'standing-order'
  readonly agencyId: number
  readonly id: number
  readonly preparedTextId: number
  readonly templateHash: string
  readonly reviewId: number
  readonly authorId: number
  readonly reviewerId: number
  readonly signerId: number
  readonly grantedAt: string
  readonly limits: OrderLimits
  readonly template: Template
}

const USES_MAX = 100_000
const REACH_MAX = 10_000_000
const VALID_DAYS_MAX = 366
const WINDOW_HOURS_MAX = 7 * 24
const QUOTE_HOURS_MAX = 72
const SOURCES_MAX = 200
const SCHEDULES_MAX = 50
const SCHEDULE_ID = /^[a-z0-9-]{1,60}$/
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Undefined when a leader may grant these limits over the template. */
export function whyNotLimits(
  limits: OrderLimits,
  template: Template,
  at: Date,
): Refusal | undefined {
  const { usesMax, usesPerDayMax, reachMax } = limits
  if (!isWhole(usesMax, 1, USES_MAX)) return { code: 'too-long', field: 'usesMax', limit: USES_MAX }
  if (!isWhole(usesPerDayMax, 1, usesMax))
    return { code: 'too-long', field: 'usesPerDayMax', limit: usesMax }
  if (!isWhole(reachMax, 0, REACH_MAX))
    return { code: 'too-long', field: 'reachMax', limit: REACH_MAX }
  const from = Date.parse(limits.validFrom)
  const until = Date.parse(limits.validUntil)
  if (!(until > from) || until <= at.getTime())
    return { code: 'window-invalid', field: 'validUntil' }
  if (until - from > VALID_DAYS_MAX * DAY_MS)
    return { code: 'too-long', field: 'validUntil', limit: VALID_DAYS_MAX }
  const { windowHoursMax } = limits
  if (windowHoursMax !== undefined && !(windowHoursMax > 0 && windowHoursMax <= WINDOW_HOURS_MAX))
    return { code: 'too-long', field: 'windowHoursMax', limit: WINDOW_HOURS_MAX }
  if (limits.levels.length === 0) return { code: 'missing-field', field: 'levels' }
  if (limits.modes.length === 0) return { code: 'missing-field', field: 'modes' }
  if (limits.levels.some((one) => !template.levels.includes(one)))
    return wrong('levels', '模板中没有这个级别')
  if (limits.modes.some((one) => !template.modes.includes(one)))
    return wrong('modes', '模板中没有这种方式')
  return (
    whyNotChannels(limits.channels, template) ??
    whyNotScheduleIds(limits.scheduleIds) ??
    whyNotRelayLimits(limits, template)
  )
}

function whyNotScheduleIds(ids: OrderLimits['scheduleIds']): Refusal | undefined {
  if (ids === undefined) return undefined
  if (ids.length === 0) return { code: 'missing-field', field: 'scheduleIds' }
  if (ids.length > SCHEDULES_MAX)
    return { code: 'too-long', field: 'scheduleIds', limit: SCHEDULES_MAX }
  const bad = new Set(ids).size !== ids.length || ids.some((one) => !SCHEDULE_ID.test(one))
  return bad ? wrong('scheduleIds', '定时编号写错或重复') : undefined
}

export interface FiringSchedule {
  readonly id: string
  readonly categoryId: string
  readonly channels: readonly string[]
}

/** Undefined when the schedule may fire the order by itself, as it was signed. */
export function whyNotForSchedule(
  { limits, template }: Pick<OrderText, 'limits' | 'template'>,
  { id, categoryId, channels }: FiringSchedule,
): Refusal | undefined {
  const field = 'standingOrder'
  if (limits.scheduleIds)
    return limits.scheduleIds.includes(id)
      ? undefined
      : wrong(field, `不是为定时 ${id} 签的，只用于 ${limits.scheduleIds.join('、')}`)
  if (template.categoryId !== categoryId)
    return wrong(field, `事项 ${template.categoryId} 与定时的事项 ${categoryId} 不同`)
  const strange = limits.channels.find((one) => !channels.includes(one.channelId))
  return strange && wrong(field, `渠道 ${strange.channelId} 不在定时 ${id} 之内`)
}

function whyNotChannels(
  channels: OrderLimits['channels'],
  template: Template,
): Refusal | undefined {
  if (channels.length === 0) return { code: 'missing-field', field: 'channels' }
  if (new Set(channels.map((one) => one.channelId)).size !== channels.length)
    return wrong('channels', '同一渠道出现两次')
  const bad = channels.find((one) => !isPreset(one, template))
  return bad && wrong(`channels ${bad.channelId}`, '渠道或受众不在模板之内')
}

/** True when the template was reviewed for this channel, these audiences and this hour of the day. */
function isPreset(wanted: PresetChannel, template: Template): boolean {
  const preset = template.channels.find((one) => one.channelId === wanted.channelId)
  if (!preset || (wanted.throughQuietHours && !preset.throughQuietHours)) return false
  return wanted.audiences.every((audience) => preset.audiences.includes(audience))
}

function whyNotRelayLimits(limits: OrderLimits, template: Template): Refusal | undefined {
  if ((limits.relay === undefined) !== (template.reminders === undefined))
    return wrong('relay', '转发授权应使用带安全提醒的模板')
  if (limits.relay === undefined) return undefined
  const { sourceIds, quoteHoursMax } = limits.relay
  if (sourceIds.length === 0) return { code: 'missing-field', field: 'sourceIds' }
  if (sourceIds.length > SOURCES_MAX)
    return { code: 'too-long', field: 'sourceIds', limit: SOURCES_MAX }
  return quoteHoursMax > 0 && quoteHoursMax <= QUOTE_HOURS_MAX
    ? undefined
    : { code: 'too-long', field: 'quoteHoursMax', limit: QUOTE_HOURS_MAX }
}

export interface GrantSituation {
  readonly signer: Person
  readonly authorId: number
  readonly reviewerId: number
}

/** 授权人: a leader who neither wrote nor reviewed the template. */
export function whyNotGrantable({
  signer,
  authorId,
  reviewerId,
}: GrantSituation): Refusal | undefined {
  if (!may(signer, 'leader')) return { code: 'not-allowed' }
  const persons = hands(signer)
  if (persons.includes(authorId)) return { code: 'author-may-not-sign' }
  return persons.includes(reviewerId) ? { code: 'reviewer-may-not-sign' } : undefined
}

export interface FiringSituation {
  readonly limits: OrderLimits
  /** undefined when out of office on the day */
  readonly signer: Person | undefined
  readonly revoked: boolean
  readonly usesBefore: number
  readonly usesOfDayBefore: number
  readonly level: Level
  readonly mode: Mode
  readonly at: Date
}

/** Undefined when the order may be used once more at this moment. */
export function whyNotFirable(situation: FiringSituation): Refusal | undefined {
  const { limits, signer, at } = situation
  if (situation.revoked) return { code: 'order-revoked' }
  if (!signer) return { code: 'out-of-office', field: 'signer' }
  if (!may(signer, 'leader')) return { code: 'not-allowed', field: 'signer' }
  if (at < new Date(limits.validFrom) || at >= new Date(limits.validUntil))
    return { code: 'order-expired' }
  if (situation.usesBefore >= limits.usesMax)
    return { code: 'order-used-up', limit: limits.usesMax }
  if (situation.usesOfDayBefore >= limits.usesPerDayMax)
    return { code: 'order-used-up', field: 'day', limit: limits.usesPerDayMax }
  if (!limits.levels.includes(situation.level)) return wrong('level', '级别不在授权之内')
  return limits.modes.includes(situation.mode) ? undefined : wrong('mode', '方式不在授权之内')
}

/** Undefined when what is about to be signed, or was, lies within channels, audiences and reach. */
export function whyNotWithinLimits(
  limits: OrderLimits,
  lines: readonly ManifestDispatch[],
  signedAt: Date,
): Refusal | undefined {
  const refusal = whyNotWithinChannels(limits.channels, lines)
  if (refusal) return refusal
  const told = lines.filter((line) => line.act === 'notify')
  const reach = told.reduce((sum, line) => sum + line.reach, 0)
  if (reach > limits.reachMax) return { ...wrong('reach', `现在 ${reach}`), limit: limits.reachMax }
  if (limits.windowHoursMax === undefined) return undefined
  const end = signedAt.getTime() + limits.windowHoursMax * HOUR_MS
  return lines.some((line) => Date.parse(line.notAfter) > end)
    ? { code: 'window-invalid', limit: limits.windowHoursMax }
    : undefined
}

/** Only what was allowed, only to whom it was allowed, and only as something new. */
export function whyNotWithinChannels(
  channels: readonly PresetChannel[],
  lines: readonly ManifestDispatch[],
): Refusal | undefined {
  for (const { channelId, act, audienceRule } of lines) {
    const preset = channels.find((one) => one.channelId === channelId)
    if (!preset) return wrong(channelId, '渠道不在授权之内')
    if (act !== 'publish' && act !== 'notify') return { code: 'act-not-possible', field: channelId }
    const { audiences } = audienceRule as { readonly audiences: readonly string[] }
    if (audiences.some((audience) => !preset.audiences.includes(audience)))
      return wrong(channelId, '受众不在授权之内')
  }
  return undefined
}

export interface RevokeSituation {
  readonly person: Person
  readonly signerId: number
}

/** Taking back is easy: the signer, any leader or the security administrator alone. */
export function whyNotRevocable({ person, signerId }: RevokeSituation): Refusal | undefined {
  if (person.id === signerId || may(person, 'leader', 'security-admin')) return undefined
  return { code: 'not-allowed' }
}

/** True when the statement is the one the authority under a signature names. */
export function isNamed(order: OrderText, authority: Authority): boolean {
  return (
    order.kind === 'standing-order' &&
    order.id === authority.standingOrderId &&
    order.preparedTextId === authority.preparedTextId &&
    order.templateHash === authority.templateHash &&
    order.reviewId === authority.reviewId
  )
}
