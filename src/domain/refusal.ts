/** Why a door stays shut: one word from a closed list, used by API, greyed button, CLI and audit. */
import { maskNumbers } from './masking.ts'

export const REFUSAL_CODES = [
  'missing-field',
  'too-long',
  'not-found',
  'not-allowed',
  'out-of-office',
  'author-may-not-review',
  'reviewer-may-not-sign',
  'author-may-not-sign',
  'returner-may-not-edit',
  'not-latest-revision',
  'returned',
  'edited-since-review',
  'not-reviewed',
  'not-public',
  'already-signed',
  'nothing-to-sign',
  'payload-problem',
  'payload-changed',
  'audience-changed',
  'audience-empty',
  'window-invalid',
  'window-closed',
  'proof-invalid',
  'paper-mismatch',
  'confirmer-is-enterer',
  'already-confirmed',
  'stopped',
  'not-published',
  'already-published',
  'act-not-possible',
  'already-withdrawn',
  'exercise-audience',
  'practice-only',
  'reason-missing',
  'not-a-task',
  'clipping-needed',
  'not-checked',
  'findings-open',
  'findings-unanswered',
  'not-submitted',
  'step-open',
  'referred',
  'order-revoked',
  'order-expired',
  'order-used-up',
  'value-not-allowed',
  'source-unknown',
  'quote-changed',
  'approval-differs',
  'occurrence-settled',
  'not-due',
  'calendar-uncovered',
  'road-not-signed',
  'road-closed',
  'dispatch-held',
  'resend-open',
  'nothing-failed',
  'count-changed',
  'not-signed-in',
  'sign-in-refused',
  'locked-out',
  'weak-password',
  'login-taken',
  'account-exists',
  'roles-incompatible',
  'key-refused',
  'scope-missing',
  'malformed',
  'invalid-value',
  'too-large',
  'wrong-media-type',
  'cross-site',
  'key-reused',
  'still-running',
  'outcome-unknown',
  'month-open',
  'archived',
  'changed-since-shown',
  'reach-unconfirmed',
  'weak-pin',
  'pin-missing',
  'pin-wrong',
  'pin-locked',
  'unforeseen',
] as const
export type RefusalCode = (typeof REFUSAL_CODES)[number]

export interface Refusal {
  readonly code: RefusalCode
  readonly field?: string
  readonly limit?: number
  /** Facts for the reader, never a secret and never a full number. */
  readonly detail?: string
}

/** A refusal on its way out of a transaction; doors throw it so that nothing they wrote stays. */
export class Refused extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(describe(refusal))
    this.name = 'Refused'
    this.refusal = shown(refusal)
  }
}

const FIELD_CHARACTERS_MAX = 80
const DETAIL_CHARACTERS_MAX = 500
/** Controls, direction marks, halves of characters and separators of lines: they steer a terminal or a log. */
const STEERING = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu

/** Words somebody typed, as they may stand in a message: bounded, calm, without a number of a person. */
export function quotable(text: string, charactersMax: number): string {
  const calm = [...text.slice(0, 2 * charactersMax + 2).replace(STEERING, ' ')]
  const cut = calm.length > charactersMax
  const kept = maskNumbers(calm.slice(0, charactersMax).join(''))
  return cut ? `${kept}…` : kept
}

/** The refusal with field and detail fit to be shown; the one place where they become so. */
function shown(refusal: Refusal): Refusal {
  const { field, detail } = refusal
  return {
    ...refusal,
    ...(field === undefined ? {} : { field: quotable(field, FIELD_CHARACTERS_MAX) }),
    ...(detail === undefined ? {} : { detail: quotable(detail, DETAIL_CHARACTERS_MAX) }),
  }
}

/** The name of a field as it may be shown; a request brings names of its own. */
export function shownField(field: string): string {
  return quotable(field, FIELD_CHARACTERS_MAX)
}

const TEXT: Record<RefusalCode, string> = {
  'missing-field': '缺少必填项，请补充后再提交',
  'too-long': '内容超过上限，请删减后再提交',
  'not-found': '没有找到这一项，请核对编号和所属单位',
  'not-allowed': '当前人员没有这项职责，请由相应角色办理',
  'out-of-office': '该人员当日不在任，请由在任人员办理',
  'author-may-not-review': '拟稿人不能审查自己的稿件，请由另一名保密审查员审查',
  'reviewer-may-not-sign': '保密审查员不能签发自己审查的稿件，请由领导签发',
  'author-may-not-sign': '拟稿人不能签发自己的稿件，请由领导签发',
  'returner-may-not-edit': '退回者不能自己修改，请由拟稿人修改后重新送审',
  'not-latest-revision': '这不是最新稿，请打开最新稿办理',
  returned: '该稿已被退回，请拟稿人修改后重新送审',
  'edited-since-review': '审查之后稿件有改动，请重新进行保密审查',
  'not-reviewed': '尚无保密审查意见，请先送审',
  'not-public': '保密审查意见不是同意公开，不能签发',
  'already-signed': '这一稿已经签发，无需再签',
  'nothing-to-sign': '没有选择任何渠道，请至少选择一个渠道',
  'payload-problem': '有渠道的内容不合要求，请按提示修改',
  'payload-changed': '内容与签发时不一致，已停止发送，请重新签发',
  'audience-changed': '受众人数变化超出签发时的容许范围，请领导重新确认',
  'audience-empty': '受众中没有可以送达的对象，请先维护名单',
  'window-invalid': '发送时段不正确，截止应晚于开始',
  'window-closed': '已过签发的发送时段，请重新签发',
  'proof-invalid': '签发凭证无法核验，已停止发送，请联系安全管理员',
  'paper-mismatch': '纸质签发单上的校验码与本稿不一致，请核对后重新拍照',
  'confirmer-is-enterer': '录入人不能确认自己录入的内容，请由另一人确认',
  'already-confirmed': '已经确认过，无需重复确认',
  stopped: '该信息已紧急停发，如需再发请重新签发',
  'not-published': '该渠道尚未发布，无法办理',
  'already-published': '该渠道已经发布，如需改动请用更正或撤下',
  'act-not-possible': '该渠道不能办理这种发送令，请改用其他渠道或人工代发',
  'already-withdrawn': '该渠道已经撤下，无需重复办理',
  'exercise-audience': '演练只能发给标记为演练的受众，请更换受众',
  'practice-only': '练习模式的数据不能转为正式数据，请另建正式库',
  'reason-missing': '没有写原因，请写明原因',
  'not-a-task': '没有找到待办的人工代发任务，请刷新列表',
  'clipping-needed': '新闻媒体以刊播凭证计数，请登记刊播凭证：duoling clippings add',
  'not-checked': '这一稿还没有检查完，请先运行检查',
  'findings-open': '检查发现必须改掉的内容，请修改后再送审',
  'findings-unanswered': '检查发现需要说明的内容，请逐条说明或修改后再送审',
  'not-submitted': '这一稿还没有送审，请拟稿人先送审',
  'step-open': '审签环节还没有走完，请先办理前面的环节',
  referred: '已报请保密行政管理部门确定，请等答复登记后再办理',
  'order-revoked': '长期授权已被收回，请改走审查签发',
  'order-expired': '长期授权不在有效期内，请改走审查签发或重新授权',
  'order-used-up': '长期授权的次数已经用完，请改走审查签发或重新授权',
  'value-not-allowed': '填写的内容超出授权范围，请按授权的范围填写或改走审查签发',
  'source-unknown': '转发来源未登记，请先登记来源或改走审查签发',
  'quote-changed': '转发的原文与来源不一致，请原样转发',
  'approval-differs': '来文的审签所依据的内容与本稿不一致，请重新审查签发',
  'occurrence-settled': '这一次已经办结，不能再改',
  'not-due': '还没有到时间，请到时再办或先改期',
  'calendar-uncovered': '节假日安排尚未公布，日期为暂定，请公布后再确认',
  'road-not-signed': '签发时没有包含这条通路，请改选已签发的通路或重新签发',
  'road-closed': '这条通路已停用，请先放行这条通路或改选其他通路',
  'dispatch-held': '该发送令因其他原因暂缓，换通路不能解决，请先处理暂缓原因',
  'resend-open': '前一次发送还没有办结，请等它办结或跳过后再签发重发',
  'nothing-failed': '没有可以重发的失败对象，已经重发过的不再重发，请核对发送令',
  'count-changed': '数量和看到的不同，没有办理，请看过新的数量再决定',
  'not-signed-in': '尚未登录或登录已过期，请重新登录',
  'sign-in-refused': '登录名或密码不对，请核对后再试',
  'locked-out': '密码连续输错已暂停登录，请稍后再试或请管理员重设密码',
  'weak-password': '密码不合要求，请换一个密码',
  'login-taken': '登录名不能使用或已被使用，请换一个登录名',
  'account-exists': '该人员已有登录账号，请改为重设密码',
  'roles-incompatible': '系统管理员、安全管理员和审计员不能互相兼任或兼任业务职责，请分别设人',
  'key-refused': '接口密钥无效、过期或已吊销，请向安全管理员申请新的密钥',
  'scope-missing': '接口密钥的范围不含这项业务，请申请带有该范围的密钥',
  malformed: '请求的写法不对，请按接口说明改正',
  'invalid-value': '有内容不合要求，请按提示逐项修改后再提交',
  'too-large': '请求内容超过上限，请拆分或改用附件上传',
  'wrong-media-type': '内容类型不对，请按接口说明填写 Content-Type',
  'cross-site': '请求来自别的网站，请从本系统的页面操作',
  'key-reused': '这个幂等键已用于别的请求，请换一个新的键',
  'still-running': '同一请求正在办理，请稍后用同一个键再试',
  'outcome-unknown': '上一次请求已经办理但答复没有留下，请先查询结果再决定是否重办',
  'month-open': '这个月还不能归档，请等它办结、满期限后再归档',
  archived: '这个月的送达明细已归档，请查归档文件',
  'changed-since-shown': '打开页面之后内容或发送安排有改动，没有办理，请重新打开看过再办理',
  'reach-unconfirmed': '没有确认将通知的人数，请勾选确认后再签发',
  'weak-pin': '签发 PIN 不合要求，请换一个',
  'pin-missing': '还没有设置签发 PIN，请先设置',
  'pin-wrong': '签发 PIN 不对，请核对后再试',
  'pin-locked': '签发 PIN 连续输错已锁定，请用密码重新登录或重新设置 PIN',
  unforeseen: '出现没有预料到的错误，请把追踪号交给维护人员',
}

/** One sentence for a person: what, where, limit, next step. */
export function describe(given: Refusal): string {
  const refusal = shown(given)
  const where = refusal.field ? `（${refusal.field}）` : ''
  const limit = refusal.limit === undefined ? '' : `，上限 ${refusal.limit}`
  const detail = refusal.detail ? `：${refusal.detail}` : ''
  return `${TEXT[refusal.code]}${where}${limit}${detail}`
}
