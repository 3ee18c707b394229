/** What a platform's code, its HTTP status or its silence means for a message, by the table of an adapter.
 *  Pure. A code that is not in the table is refused and never tried again. */
import type { Outcome } from './outcome.ts'

export interface CodeMeaning {
  /** `limited`: too fast, everything on the account or to the target waits; `unsure`: may have been sent */
  readonly means: 'recipient' | 'message' | 'account' | 'retry' | 'limited' | 'unsure'
  /** for a clerk: what, and the next step */
  readonly text: string
  readonly waitMs?: number
}
export type CodeTable = Readonly<Record<string, CodeMeaning>>

export const UNSENT: Outcome = { kind: 'retry', code: 'abort', detail: '发送被中止，消息没有发出' }
/** An address on the contact list that the road's settings do not lead anywhere. */
export const GROUP_UNKNOWN: Outcome = {
  kind: 'refused',
  scope: 'recipient',
  code: 'group-unknown',
  detail: '这个群没有写在通路设置里，没有发出；请在设置中添加这个群，或在通讯录中更正',
}

/** What the log calls a message is nothing this platform would call one. */
export const NAME_UNREADABLE: Outcome = {
  kind: 'refused',
  scope: 'recipient',
  code: 'name-unreadable',
  detail: '记下的消息编号不是这个平台的，没有撤回；请到平台上手工撤回',
}

/** Statuses that say something although no code of the platform's came with them (RFC 9110, RFC 6585).
 *  A 5xx says that something went wrong on the way, and nobody knows how far the message came. */
const STATUSES: CodeTable = {
  'http-401': { means: 'account', text: '平台不认这个账号，请核对密钥' },
  'http-403': { means: 'account', text: '平台拒绝这个账号或这台机器的地址，请联系管理员' },
  'http-404': { means: 'account', text: '平台没有这个接口，请核对地址' },
  'http-405': { means: 'account', text: '平台的这个接口不接受这种请求，请核对地址' },
  'http-408': { means: 'unsure', text: '平台等待超时，不知道是否收下' },
  'http-413': { means: 'message', text: '平台说消息太长，请缩短后重新签发' },
  'http-429': { means: 'limited', text: '平台要求放慢，稍后自动再试', waitMs: 1_000 },
}

export function outcomeOfCode(table: CodeTable, given: string | number): Outcome {
  const key = String(given)
  const code = /^[\w.-]{1,40}$/.test(key) ? key : 'unreadable-code'
  const row = Object.hasOwn(table, key) ? table[key] : undefined
  if (!row)
    return {
      ...{ kind: 'refused', scope: 'message', code },
      detail: `平台拒绝，代码 ${code} 不在错误表中，没有自动重发；请查平台文档后告知维护人员`,
    }
  const said = { code, detail: row.text }
  const wait = row.waitMs === undefined ? {} : { notBeforeMs: row.waitMs }
  switch (row.means) {
    case 'retry':
      return { kind: 'retry', ...said, ...wait }
    case 'limited':
      return { kind: 'retry', ...said, ...wait, limited: true }
    case 'unsure':
      return { kind: 'unsure', ...said }
    default:
      return { kind: 'refused', scope: row.means, ...said }
  }
}

/** No code could be read: what the status alone says. */
export function outcomeOfStatus(status: number): Outcome {
  const code = `http-${status}`
  if (Object.hasOwn(STATUSES, code)) return outcomeOfCode(STATUSES, code)
  if (status >= 500)
    return { kind: 'unsure', code, detail: `平台内部出错（HTTP ${status}），不知道是否已经收下` }
  if (status >= 300 && status < 400)
    return {
      ...{ kind: 'refused', scope: 'account', code },
      detail: '平台要求改去别的地址，没有跟去，请核对设置中的地址',
    }
  if (status < 300)
    return {
      ...{ kind: 'unsure', code: 'unreadable-answer' },
      detail: '看不懂平台的答复，可能已经收下，请到平台上核实',
    }
  return { kind: 'refused', scope: 'message', code, detail: `平台没有接受（HTTP ${status}）` }
}

/** The request itself is none: no wait will mend it. */
const UNCALLABLE: readonly string[] = ['UND_ERR_INVALID_ARG', 'ERR_INVALID_URL']

export function outcomeOfSilence({
  kind,
  code: given,
}: {
  readonly kind: 'unreachable' | 'lost'
  readonly code: string
}): Outcome {
  const code = /^[\w.-]{1,40}$/.test(given) ? given : kind
  if (kind === 'lost')
    return {
      ...{ kind: 'unsure', code },
      detail: '请求已发出，没有收到平台的答复，可能已经收下，请到平台上核实',
    }
  if (UNCALLABLE.includes(given))
    return {
      ...{ kind: 'refused', scope: 'account', code: 'uncallable' },
      detail: '设置中的地址不能用，没有发出，请核对',
    }
  return { kind: 'retry', code, detail: '连不上平台，没有发出，请检查地址和网络' }
}

/** Nothing was sent yet, whatever went wrong with the question that came before: a token, a state. */
export function unsentOutcome(outcome: Outcome): Outcome {
  if (outcome.kind !== 'unsure') return outcome
  return { kind: 'retry', code: outcome.code, detail: '平台没有答复前一步，消息没有发出' }
}

/** What a recipient is told whose call was never made, because the road had failed before it. */
export function untried(stopped: Outcome): Outcome {
  if (stopped.kind === 'retry') return stopped
  const code = 'code' in stopped ? stopped.code : 'stopped'
  return { kind: 'retry', code, detail: '同一批的前一次调用被整体拒绝，这一条没有尝试' }
}

/** True when the next call on the same account would meet the same. */
export function stopsAccount(outcome: Outcome): boolean {
  return (
    (outcome.kind === 'refused' && outcome.scope === 'account') ||
    (outcome.kind === 'retry' && outcome.limited !== true)
  )
}

/** Where a road has several robots, one that was taken out of its group stops no other.
 *  @param own the code speaks of this robot alone */
export function ofOneRobot(outcome: Outcome, own: boolean, robots: number): Outcome {
  return own && robots > 1 && outcome.kind === 'refused'
    ? { ...outcome, scope: 'recipient' }
    : outcome
}
