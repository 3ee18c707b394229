/** 为什么没有收到: a closed list of answers in a clerk's words for one address and one bulletin, those who were
 *  never meant included. */
import type { Mode } from './bulletin.ts'
import type { DeliveryState } from './delivery.ts'
import { NEVER_TOLD } from './recall.ts'

export const WHY_REASONS = [
  'no-such-address',
  'not-signed',
  'no-address-for-channel',
  'not-in-audience',
  'joined-later',
  'exercise-only',
  'unsubscribed',
  'removed',
  'excluded',
  'archived',
  'not-expanded',
  'before-window',
  'night',
  'due-later',
  'road-held',
  'dispatch-held',
  'queued',
  'in-flight',
  'by-hand',
  'platform-pending',
  'unsure',
  'unreadable',
  'refused',
  'expired',
  'stopped',
  'skipped',
  'no-receipt',
  'accepted',
  'delivered',
] as const
export type WhyReason = (typeof WHY_REASONS)[number]

const TEXTS: Readonly<Record<WhyReason, string>> = {
  'no-such-address': '名单里没有这个号码或地址，请先维护名单',
  'not-signed': '这条信息没有在这类渠道签发',
  'no-address-for-channel': '这个联系人没有该渠道可用的号码或地址，请在名单中补充',
  'not-in-audience': '不在签发的受众之内',
  'joined-later': '签发之后才进入受众或名单，没有赶上这一次',
  'exercise-only': '这是演练或测试，只发给标记参加演练的对象',
  unsubscribed: '本人已退订，不再发送；恢复须由本人提出',
  removed: '号码或地址已从名单移除',
  excluded: '签发时被排除',
  archived: '这个月的送达明细已归档，请查归档文件',
  'not-expanded': '受众还没有展开到这个对象，仍会发送',
  'before-window': '还没有到签发的发送时段',
  night: '夜间 22:00 至次日 7:00 暂缓，早上自动发送',
  'due-later': '平台要求稍后再试，或限额已满，到时自动发送',
  'road-held': '通路已停用，等待放行或改走',
  'dispatch-held': '发送令已暂缓，等待处理',
  queued: '正在排队，尚未发出',
  'in-flight': '正在发送，尚无答复',
  'by-hand': '等待人工代发',
  'platform-pending': '等待平台审核或点按',
  unsure: '可能已发出，平台没有说清，等待核对或决定',
  unreadable: '号码或地址无法解密，没有发出；请恢复密钥或重新导入名单',
  refused: '平台拒收或报告没有送达',
  expired: '发送时段结束时还没有发出',
  stopped: '已停发，没有发出',
  skipped: '由人决定跳过，没有发出',
  'no-receipt': '平台已收下，到期没有回执，不能确定是否收到',
  accepted: '平台已收下，还没有送达的结论',
  delivered: '已送达',
}

/** Codes of our own. A platform's code is shown as it is; what it means stands on the channel's page. */
const CODE_TEXTS: Readonly<Record<string, string>> = {
  'lease-ended': '发送途中程序中断',
  'no-answer': '平台没有答复',
  'unreadable-answer': '平台的答复无法识别',
  'window-closed': '时段已过',
  'decided-sent': '由人核对后认定已发出',
  'unsure-left': '已决定不再处理，只等迟到的回执',
  'act-not-possible': '该渠道不能办理这种发送令',
  recalled: '原消息已撤回',
  'recall-refused': '平台没有撤回原消息，只发出了说明，请通知对方自行删除',
  'recall-unsure': '撤回没有得到明确答复，说明已发出，请到平台核对',
  'recall-too-late': '已过平台的撤回时限，只发出了说明',
  'notice-only': '该渠道不能撤回原消息，只发出了说明',
}

/** One delivery, as the log has it. */
export interface WhyDelivery {
  readonly state: DeliveryState
  readonly code: string | null
  readonly batch: string | null
  readonly dueLater: boolean
  readonly night: boolean
  readonly roadClosed: boolean
  readonly task: boolean
}

/** A dispatch and one address of its channel's kind. */
export interface WhyFacts {
  readonly mode: Mode
  readonly dispatch: 'held' | 'expanding' | 'fanned-out' | 'stopped'
  readonly beforeWindow: boolean
  readonly removed: boolean
  readonly unsubscribed: boolean
  readonly forExercise: boolean
  /** the month's deliveries left for a file */
  readonly archived: boolean
  /** the expansion has not come to this address yet */
  readonly ahead: boolean
  /** the signed rule would mean the address today */
  readonly meantNow: boolean
  readonly delivery?: WhyDelivery
}

export function whyNotReceived(facts: WhyFacts): WhyReason {
  const { delivery } = facts
  return delivery ? whyDelivery(facts, delivery) : whyNoDelivery(facts)
}

function whyNoDelivery(facts: WhyFacts): WhyReason {
  if (facts.archived) return 'archived'
  if (facts.removed) return 'removed'
  if (facts.mode !== 'earnest' && !facts.forExercise) return 'exercise-only'
  if (!facts.meantNow) return 'not-in-audience'
  if (facts.dispatch === 'stopped') return 'stopped'
  if (!facts.ahead) return 'joined-later'
  if (facts.unsubscribed) return 'unsubscribed'
  if (facts.beforeWindow) return 'before-window'
  return facts.dispatch === 'held' ? 'dispatch-held' : 'not-expanded'
}

const ENDS: Partial<Record<DeliveryState, WhyReason>> = {
  unsure: 'unsure',
  accepted: 'accepted',
  delivered: 'delivered',
  expired: 'expired',
  cancelled: 'stopped',
  'no-receipt': 'no-receipt',
}

function whyDelivery(facts: WhyFacts, delivery: WhyDelivery): WhyReason {
  const { state, code } = delivery
  const end = ENDS[state]
  if (end) return end
  if (state === 'excluded') return code === 'unsubscribed' ? 'unsubscribed' : 'excluded'
  if (state === 'failed') return code === 'address-unreadable' ? 'unreadable' : 'refused'
  if (state === 'skipped' && code === NEVER_TOLD) return 'not-in-audience'
  if (state === 'skipped') return code === 'address-removed' ? gone(facts) : 'skipped'
  if (state === 'awaiting') return delivery.task ? 'by-hand' : 'platform-pending'
  if (state === 'sending' || delivery.batch === 'leased') return 'in-flight'
  if (facts.dispatch === 'held') return 'dispatch-held'
  if (delivery.roadClosed) return 'road-held'
  if (facts.beforeWindow) return 'before-window'
  if (delivery.night) return 'night'
  return delivery.dueLater ? 'due-later' : 'queued'
}

/** The engine leaves out whoever unsubscribed since the fan-out under the same mark. */
function gone({ unsubscribed }: WhyFacts): WhyReason {
  return unsubscribed ? 'unsubscribed' : 'removed'
}

/** The whole sentence. */
export function whyText(
  reason: WhyReason,
  more: { readonly code?: string; readonly note?: string } = {},
): string {
  const { code, note } = more
  const known =
    code === undefined || !Object.hasOwn(CODE_TEXTS, code) ? undefined : CODE_TEXTS[code]
  const shown = code !== undefined && SHOWN.includes(reason)
  const detail = shown ? `：${known ?? `平台代码 ${code}，含义见该渠道的说明页`}` : ''
  return `${TEXTS[reason]}${detail}${note === undefined ? '' : `（${note}）`}`
}

/** Where the code says more than the reason. */
const SHOWN: readonly WhyReason[] = ['refused', 'unsure', 'accepted', 'due-later', 'excluded']
