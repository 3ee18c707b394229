/** 关注: what is not finished in its time, why, and what somebody can do about it. Reasons and actions are
 *  closed lists, so that nothing is ever unfinished without a word for it. */
import type { Lane } from './bulletin.ts'
import type { DeliveryState } from './delivery.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** So long after it might leave, a dispatch of the lane should be finished; what is not is shown. */
export const DEADLINE_MS: Readonly<Record<Lane, number>> = {
  urgent: 5 * MINUTE_MS,
  normal: HOUR_MS,
  bulk: 4 * HOUR_MS,
}

/** An occurrence whose time passed and an approval nobody used are shown after so long. */
export const GRACE_MS = HOUR_MS

/** Receipts that name nothing on file are shown for so many days; afterwards they only stand in their list. */
export const UNKNOWN_RECEIPT_DAYS = 7

/** Deliveries in these are not finished. `accepted` is the last word of a channel without receipts; where a
 *  receipt is due it has its own horizon, see `receipt-overdue`. */
export const OPEN_STATES = ['held', 'waiting', 'sending', 'awaiting', 'unsure'] as const
export type OpenState = (typeof OPEN_STATES)[number]

export const ATTENTION_REASONS = [
  'unsure',
  'orphaned',
  'road-held',
  'dispatch-held',
  'not-expanded',
  'queued',
  'in-flight',
  'kept-back',
  'stop-unfinished',
  'window-closed',
  'due-later',
  'night',
  'hand-overdue',
  'hand-open',
  'platform-pending',
  'receipt-overdue',
  'unsure-left',
  'review-overdue',
  'referral-overdue',
  'signature-overdue',
  'occurrence-alarm',
  'occurrence-overdue',
  'after-review-overdue',
  'unknown-receipts',
  'approval-unmatched',
  'webhook-given-up',
  'webhook-paused',
] as const
export type AttentionReason = (typeof ATTENTION_REASONS)[number]

/** 原因 */
export const REASON_TEXTS: Readonly<Record<AttentionReason, string>> = {
  unsure: '可能已发出，平台没有说清',
  orphaned: '没有排在任何一批里，不会自己发出',
  'road-held': '通路已停用',
  'dispatch-held': '发送令已暂缓',
  'not-expanded': '受众还没有展开完',
  queued: '已到时间，仍在排队',
  'in-flight': '正在发送，尚无答复',
  'kept-back': '这条通路试满了次数，等待改走',
  'stop-unfinished': '已停发，取消还没有办完',
  'window-closed': '发送时段已过，还没有清理',
  'due-later': '平台要求稍后再试，或限额已满',
  night: '夜间 22:00 至次日 7:00 暂缓',
  'hand-overdue': '人工代发逾期',
  'hand-open': '等待人工代发，未到期',
  'platform-pending': '等待平台审核或点按',
  'receipt-overdue': '回执期限已过，还没有结论',
  'unsure-left': '可能已发出，已决定不再处理，只等迟到的回执',
  'review-overdue': '保密审查逾期',
  'referral-overdue': '报请确定逾期未答复',
  'signature-overdue': '审查已过，逾期未签发',
  'occurrence-alarm': '定时有未阅的值班提醒',
  'occurrence-overdue': '定时的一次已过时间，没有办结',
  'after-review-overdue': '事后审查逾期',
  'unknown-receipts': '回执对应不上任何送达',
  'approval-unmatched': '来文的纸质审签没有被沿用',
  'webhook-given-up': '外发通知试满 24 小时没有送到，已放弃',
  'webhook-paused': '外发通知的订阅已暂停，事件在等',
}

export const ATTENTION_ACTIONS = [
  'wait',
  'check-service',
  'release-road',
  'other-road',
  'skip',
  'sign-again',
  'decide-unsure',
  'confirm-task',
  'review',
  'answer-referral',
  'sign',
  'acknowledge-alarm',
  'settle-occurrence',
  'after-review',
  'look-at-receipts',
  'reuse-approval',
  'replay-webhook',
  'resume-webhook',
] as const
export type AttentionAction = (typeof ATTENTION_ACTIONS)[number]

export interface ActionWay {
  readonly text: string
  /** of the command line; absent where it is done over the API only */
  readonly verb?: string
  /** below `/api/v1` */
  readonly route?: string
}

/** 办法 */
export const ACTION_WAYS: Readonly<Record<AttentionAction, ActionWay>> = {
  wait: { text: '无需处理，到时自动继续' },
  'check-service': { text: '检查服务是否在运行，按提示处理', verb: 'duoling doctor' },
  'release-road': {
    ...{ text: '解决账号问题后放行通路', verb: 'duoling release' },
    route: 'POST /channels/{channelId}/roads/{roadId}/release',
  },
  'other-road': {
    ...{ text: '改走另一条已签发的通路', verb: 'duoling decide other-road' },
    route: 'POST /dispatches/{id}/other-road',
  },
  skip: {
    ...{ text: '写明原因后跳过，或改走别的通路', verb: 'duoling decide skip' },
    route: 'POST /dispatches/{id}/skip',
  },
  'sign-again': {
    ...{ text: '请领导重新签发，再跳过这一条', verb: 'duoling sign' },
    route: 'POST /bulletins/{id}/sign',
  },
  'decide-unsure': {
    ...{ text: '核对平台后成批决定：已发出、重发或不再处理', verb: 'duoling decide unsure' },
    route: 'POST /dispatches/{id}/decide-unsure',
  },
  'confirm-task': {
    ...{ text: '代发后确认', verb: 'duoling tasks' },
    route: 'POST /tasks/confirm',
  },
  review: {
    ...{ text: '请办理审签环节', verb: 'duoling review' },
    route: 'POST /bulletins/{id}/review',
  },
  'answer-referral': {
    ...{ text: '催答复，收到后登记' },
    route: 'POST /referrals/{id}/answer',
  },
  sign: { text: '请领导签发', verb: 'duoling sign', route: 'POST /bulletins/{id}/sign' },
  'acknowledge-alarm': {
    ...{ text: '处理后标为已阅', verb: 'duoling schedule' },
    route: 'POST /alarms/{id}/acknowledge',
  },
  'settle-occurrence': {
    ...{ text: '补发、改期或取消', verb: 'duoling schedule' },
    route: 'POST /occurrences/{id}/run',
  },
  'after-review': {
    ...{ text: '请保密审查员补办审查' },
    route: 'POST /bulletins/{id}/after-review',
  },
  'look-at-receipts': { text: '核对平台账号和渠道设置', route: 'GET /unknown-receipts' },
  'reuse-approval': {
    ...{ text: '核对后沿用审签，或改走审查签发' },
    route: 'POST /office-documents/{id}/reuse-approval',
  },
  'replay-webhook': {
    ...{ text: '请对方修好后重发', verb: 'duoling webhook replay' },
    route: 'POST /webhooks/{id}/replay',
  },
  'resume-webhook': {
    ...{ text: '与对方核对后恢复', verb: 'duoling webhook resume' },
    route: 'POST /webhooks/{id}/resume',
  },
}

/** What the log says of deliveries of one dispatch that share road, state and circumstances. */
export interface OpenGroup {
  readonly state: DeliveryState
  readonly dispatch: 'held' | 'expanding' | 'fanned-out' | 'stopped'
  readonly windowClosed: boolean
  /** null: no batch stands behind them */
  readonly batch: 'waiting' | 'leased' | 'settled' | 'held' | 'stopped' | 'expired' | null
  readonly roadClosed: boolean
  /** the batch is due later than now */
  readonly dueLater: boolean
  /** 22:00–07:00, and the batch waits for morning */
  readonly night: boolean
  readonly task: 'none' | 'open' | 'overdue'
  /** a person decided to leave it */
  readonly left: boolean
}

export interface Explained {
  readonly reason: AttentionReason
  readonly action: AttentionAction
}

/** Total: whatever the combination, there is a reason and something to do. */
export function whyOpen(group: OpenGroup): Explained {
  const { state, task } = group
  if (state === 'unsure')
    return group.left
      ? { reason: 'unsure-left', action: 'wait' }
      : { reason: 'unsure', action: 'decide-unsure' }
  // A stop takes back tasks and what is queued; what a platform is looking at it cannot.
  if (state === 'awaiting' && task === 'none') return { reason: 'platform-pending', action: 'skip' }
  if (group.dispatch === 'stopped') return { reason: 'stop-unfinished', action: 'check-service' }
  if (task === 'overdue') return { reason: 'hand-overdue', action: 'confirm-task' }
  if (task === 'open') return { reason: 'hand-open', action: 'confirm-task' }
  return whyUnsent(group)
}

function whyUnsent(group: OpenGroup): Explained {
  const { batch, dispatch } = group
  if (batch === 'leased') return { reason: 'in-flight', action: 'check-service' }
  // Nothing claims, expires or moves what no open batch holds.
  if (batch !== 'waiting' && batch !== 'held') return { reason: 'orphaned', action: 'skip' }
  if (group.windowClosed) return { reason: 'window-closed', action: 'check-service' }
  if (dispatch === 'held') return { reason: 'dispatch-held', action: 'sign-again' }
  if (group.roadClosed) return { reason: 'road-held', action: 'release-road' }
  if (batch === 'held') return { reason: 'kept-back', action: 'other-road' }
  if (group.night) return { reason: 'night', action: 'wait' }
  if (group.dueLater) return { reason: 'due-later', action: 'wait' }
  return { reason: 'queued', action: 'check-service' }
}

/** A dispatch that is held needs a person at once; one that is only slow is shown after its deadline. */
export function whyDispatchOpen(facts: {
  readonly state: 'held' | 'expanding'
  readonly heldReason?: string
  readonly windowClosed: boolean
}): Explained {
  if (facts.state === 'expanding' || facts.heldReason === undefined)
    return { reason: 'not-expanded', action: 'check-service' }
  if (facts.windowClosed) return { reason: 'dispatch-held', action: 'sign-again' }
  return facts.heldReason === 'no-road'
    ? { reason: 'dispatch-held', action: 'other-road' }
    : { reason: 'dispatch-held', action: 'sign-again' }
}

/** Nobody has to do anything about these now. */
export function needsNobody({ action }: Explained): boolean {
  return action === 'wait'
}

export interface AttentionItem extends Explained {
  readonly bulletinId?: number
  readonly title?: string
  readonly dispatchId?: number
  readonly channelId?: string
  readonly channelName?: string
  readonly roadId?: string
  /** of the deliveries, the dispatch or the occurrence */
  readonly state?: string
  /** id of the occurrence, the referral, the document or the alarm the action is about */
  readonly subjectId?: number
  readonly count: number
  /** when it should have gone on */
  readonly since?: Date
  /** further words: the refusal's code, what the alarm says */
  readonly detail?: string
}

/** What must be done first, then what needs nobody; within each the longest waiting. */
export function inOrder(items: readonly AttentionItem[]): readonly AttentionItem[] {
  const rank = (item: AttentionItem) => (needsNobody(item) ? 1 : 0)
  const time = (item: AttentionItem) => item.since?.getTime() ?? 0
  return [...items].sort((a, b) => rank(a) - rank(b) || time(a) - time(b))
}
