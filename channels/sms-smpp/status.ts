/** What a command_status of SMPP 3.4 means (chapter 5.1.3); the vendor's own numbers come from the settings.
 *  A number nobody knows is refused and never tried again. */
import type { Outcome } from '../../src/domain/outcome.ts'

export const MEANINGS = ['retry', 'slower', 'recipient', 'message', 'account', 'unsure'] as const
export type Meaning = (typeof MEANINGS)[number]

export interface StatusRow {
  /** `slower`: not taken because it came too fast; the account waits */
  readonly means: Meaning
  readonly text: string
}
export type StatusTable = Readonly<Record<string, StatusRow>>

/** By the number in decimal, as operators find it in a carrier's list. */
const STATUSES: StatusTable = {
  1: { means: 'message', text: '消息长度不对（ESME_RINVMSGLEN）' },
  2: { means: 'message', text: '命令长度不对（ESME_RINVCMDLEN）' },
  3: { means: 'account', text: '对方不支持这个命令（ESME_RINVCMDID）' },
  4: { means: 'account', text: '这个账号的连接不能发送（ESME_RINVBNDSTS），请核对 bind' },
  5: { means: 'retry', text: '账号已在别处登录，或连接数已满（ESME_RALYBND）' },
  6: { means: 'message', text: '优先级不被接受（ESME_RINVPRTFLG）' },
  7: { means: 'account', text: '不接受要回执（ESME_RINVREGDLVFLG）' },
  8: { means: 'unsure', text: '对方系统出错（ESME_RSYSERR），不知道是否已经收下' },
  10: { means: 'account', text: '发送号码不被接受（ESME_RINVSRCADR），请核对 from' },
  11: { means: 'recipient', text: '接收号码不被接受（ESME_RINVDSTADR）' },
  13: { means: 'account', text: '登录失败（ESME_RBINDFAIL）' },
  14: { means: 'account', text: '密码不对（ESME_RINVPASWD）' },
  15: { means: 'account', text: '系统编号不对（ESME_RINVSYSID）' },
  20: { means: 'slower', text: '对方队列已满（ESME_RMSGQFUL）' },
  21: { means: 'account', text: '业务类型不被接受（ESME_RINVSERTYP），请核对 serviceType' },
  51: { means: 'message', text: '接收号码个数不对（ESME_RINVNUMDESTS）' },
  64: { means: 'message', text: '目的标志不对（ESME_RINVDESTFLAG）' },
  67: { means: 'account', text: '不接受长短信头或这种消息类型（ESME_RINVESMCLASS）' },
  69: { means: 'recipient', text: '提交失败（ESME_RSUBMITFAIL）' },
  72: { means: 'account', text: '发送号码类型不对（ESME_RINVSRCTON），请核对 from.ton' },
  73: { means: 'account', text: '发送号码方案不对（ESME_RINVSRCNPI），请核对 from.npi' },
  80: { means: 'account', text: '接收号码类型不对（ESME_RINVDSTTON），请核对 to.ton' },
  81: { means: 'account', text: '接收号码方案不对（ESME_RINVDSTNPI），请核对 to.npi' },
  83: { means: 'account', text: '系统类型不对（ESME_RINVSYSTYP），请核对 systemType' },
  84: { means: 'message', text: '替换标志不对（ESME_RINVREPFLAG）' },
  88: { means: 'slower', text: '发送过快（ESME_RTHROTTLED）' },
  97: { means: 'message', text: '预定时间不对（ESME_RINVSCHED）' },
  98: { means: 'message', text: '有效期不对（ESME_RINVEXPIRY）' },
  100: { means: 'retry', text: '对方暂时不能收（ESME_RX_T_APPN）' },
  101: { means: 'message', text: '对方不再收这条消息（ESME_RX_P_APPN）' },
  102: { means: 'message', text: '对方拒收（ESME_RX_R_APPN）' },
  192: { means: 'message', text: '可选参数有误（ESME_RINVOPTPARSTREAM）' },
  193: { means: 'account', text: '不接受可选参数（ESME_ROPTPARNOTALLWD）' },
  194: { means: 'message', text: '参数长度不对（ESME_RINVPARLEN）' },
  195: { means: 'message', text: '缺少可选参数（ESME_RMISSINGOPTPARAM）' },
  196: { means: 'message', text: '可选参数的值不对（ESME_RINVOPTPARAMVAL）' },
  254: { means: 'recipient', text: '送达失败（ESME_RDELIVERYFAILURE）' },
  255: { means: 'unsure', text: '未知错误（ESME_RUNKNOWNERR），不知道是否已经收下' },
}
const TEMPORARY = new Set<Meaning>(['retry', 'slower', 'unsure'])

function rowOf(code: string, errors: StatusTable): StatusRow | undefined {
  if (Object.hasOwn(errors, code)) return errors[code]
  return Object.hasOwn(STATUSES, code) ? STATUSES[code] : undefined
}

export function isSlower(code: string, errors: StatusTable): boolean {
  return rowOf(code, errors)?.means === 'slower'
}

/** A refused login is the account's, unless the carrier says that another time will do. */
export function mayLogInAgain(code: string, errors: StatusTable): boolean {
  const row = rowOf(code, errors)
  return row !== undefined && TEMPORARY.has(row.means)
}

/** The answer to the first part of a message: nothing of it is out. */
export function outcomeOfStatus(code: string, errors: StatusTable, slowerMs: number): Outcome {
  const row = rowOf(code, errors)
  if (!row) {
    const detail = `运营商拒绝，状态码 ${code} 不在错误表中；请查对方文档后补入 errors`
    return { kind: 'refused', scope: 'message', code, detail }
  }
  const said = { code, detail: row.text }
  switch (row.means) {
    case 'retry':
      return { kind: 'retry', ...said }
    case 'slower':
      return { kind: 'retry', ...said, notBeforeMs: slowerMs, limited: true }
    case 'unsure':
      return { kind: 'unsure', ...said }
    default:
      return { kind: 'refused', scope: row.means, ...said }
  }
}

export function outcomeOfLogin(code: string, errors: StatusTable, restMs: number): Outcome {
  const row = rowOf(code, errors)
  const text = row?.text ?? `状态码 ${code} 不在错误表中`
  const detail = `没有登录成功，短信没有发出：${text}`
  if (mayLogInAgain(code, errors)) return { kind: 'retry', code, detail, notBeforeMs: restMs }
  return { kind: 'refused', scope: 'account', code: `bind-${code}`, detail }
}
