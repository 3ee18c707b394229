/** What Tencent Cloud is asked of itself: the queues of states and replies, where each record is given once; one
 *  number's states, for a lost answer; and how much is left in the packages. */
import type { Outcome } from '../../src/domain/outcome.ts'
import { listMember, textMember, type Verdict } from '../../src/kit/json-answer.ts'
import type { Health, Heard } from '../channel.ts'
import type { TencentSmsLine } from './call.ts'
import { pulledReceipt, pulledReply } from './hearing.ts'

const PULL_MAX = 100
/** A queue that is never empty is asked again at the next poll. */
const ROUNDS_MAX = 50
const DAY_MS = 86_400_000
const PACKAGES_MS = 2 * 366 * DAY_MS

const OPEN: Outcome = {
  kind: 'unsure',
  code: 'look-up-open',
  detail: '腾讯云还查不到这条短信，不能断定没有发出，请稍后再查，或由值班人员决定',
}

/** Whatever was read is returned, also when a later round fails: it will not be given again. */
export async function emptyQueues(
  line: TencentSmsLine,
  sdkAppId: string,
  signal: AbortSignal,
): Promise<readonly Heard[]> {
  const heard: Heard[] = []
  // One time serves: the platform takes it for five minutes, and nobody asks that long.
  const at = await line.time(signal)
  if (at === undefined) return heard
  for (const [action, list, read] of [
    ['PullSmsSendStatus', 'PullSmsSendStatusSet', pulledReceipt],
    ['PullSmsReplyStatus', 'PullSmsReplyStatusSet', pulledReply],
  ] as const)
    for (let round = 0; round < ROUNDS_MAX && !signal.aborted; round++) {
      const parameters = { Limit: PULL_MAX, SmsSdkAppId: sdkAppId }
      const verdict = await line.call(action, parameters, at, signal)
      if (verdict.kind !== 'taken') break
      const rows = listMember(verdict.tree, 'Response', list)
      heard.push(...rows.flatMap((row) => read(row) ?? []))
      if (rows.length < PULL_MAX) break
    }
  return heard
}

/** @param name our own name of the dispatch, which comes back as the session */
export async function lookUp(
  line: TencentSmsLine,
  asked: { readonly number: string; readonly name: string; readonly sdkAppId: string },
  at: Date,
  signal: AbortSignal,
): Promise<Outcome> {
  const parameters = {
    BeginTime: Math.floor((at.getTime() - 2 * DAY_MS) / 1_000),
    EndTime: Math.floor(at.getTime() / 1_000),
    ...{ Offset: 0, Limit: PULL_MAX, PhoneNumber: `+86${asked.number}` },
    SmsSdkAppId: asked.sdkAppId,
  }
  const verdict = await line.call('PullSmsSendStatusByPhoneNumber', parameters, at, signal)
  if (verdict.kind !== 'taken') return OPEN
  const rows = listMember(verdict.tree, 'Response', 'PullSmsSendStatusSet')
  const row = rows.find((one) => textMember(one, 'SessionContext') === asked.name)
  const reference = textMember(row, 'SerialNo')
  if (row === undefined || !reference) return OPEN
  if (textMember(row, 'ReportStatus') === 'FAIL')
    return {
      ...{ kind: 'refused', scope: 'recipient', code: 'report-fail' },
      detail: '腾讯云收下了，运营商没有送到，请核对号码或改用别的方式通知',
    }
  return { kind: 'accepted', reference }
}

export async function healthOf(
  line: TencentSmsLine,
  { sdkAppId, low }: { readonly sdkAppId: string; readonly low: number },
  signal: AbortSignal,
): Promise<Health> {
  const at = await line.time(signal)
  if (at === undefined)
    return { state: 'down', detail: '腾讯云短信没有答复，请检查网络和 endpoint' }
  const parameters = {
    ...{ SmsSdkAppId: sdkAppId, Limit: 500, Offset: 0 },
    BeginTime: hourOf(new Date(at.getTime() - PACKAGES_MS)),
    // The end must lie before now.
    EndTime: hourOf(new Date(at.getTime() - 3_600_000)),
  }
  return healthFrom(await line.call('SmsPackagesStatistics', parameters, at, signal), at, low)
}

function healthFrom(verdict: Verdict, at: Date, low: number): Health {
  if (verdict.kind === 'retry') return { state: 'degraded', detail: verdict.detail }
  if (verdict.kind === 'unsure')
    return { state: 'degraded', detail: '腾讯云短信没有答复套餐余量，请稍后再看' }
  if (verdict.kind === 'refused') return { state: 'down', detail: verdict.detail }
  const packages = listMember(verdict.tree, 'Response', 'SmsPackagesStatisticsSet').filter(
    (one) => numberOf(one, 'PackageExpiredTime') * 1_000 > at.getTime(),
  )
  if (packages.length === 0)
    return { state: 'ok', detail: '账号可用，没有有效的套餐包（按量付费的账号属正常）' }
  const left = packages.reduce<number>(
    (sum, one) => sum + numberOf(one, 'PackageAmount') - numberOf(one, 'CurrentUsage'),
    0,
  )
  if (left < low) return { state: 'degraded', detail: `套餐包只剩 ${left} 条，请尽快购买` }
  return { state: 'ok', detail: `账号可用，套餐包还有 ${left} 条` }
}

/** 0 where there is no number. */
function numberOf(tree: unknown, name: string): number {
  const value = Number(textMember(tree, name))
  return Number.isFinite(value) ? value : 0
}

/** The hour in China, 2026070109. */
function hourOf(at: Date): string {
  return new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 13).replace(/\D/g, '')
}
