/** OneBot 11: what an answer means for a message to a group. No text of the client is passed on, because it may
 *  repeat what it was sent. */
import type { Outcome } from '../../src/domain/outcome.ts'
import { outcomeOfCode, unsentOutcome } from '../../src/domain/platform-code.ts'
import { codeAt, isRecord } from '../../src/kit/json-record.ts'
import { ASYNC_CODE, CODES, TIMED_OUT } from './codes.ts'

export type OnebotRecord = Readonly<Record<string, unknown>>

/** What a call brought: the client's answer, or what its silence means for a message. */
export type Said =
  | { readonly kind: 'said'; readonly record: OnebotRecord }
  | { readonly kind: 'silent'; readonly outcome: Outcome }

export interface Caller {
  call(action: string, parameters: OnebotRecord, signal?: AbortSignal): Promise<Said>
  close(): void
}

export function outcomeOfRecord(record: OnebotRecord): Outcome {
  const { status, data } = record
  const code = codeAt(record, 'retcode')
  if (status === 'async' || code === ASYNC_CODE) return outcomeOfCode(CODES, ASYNC_CODE)
  if (code === '0' && (status === 'ok' || status === undefined)) {
    const id = isRecord(data) ? codeAt(data, 'message_id') : undefined
    return { kind: 'accepted', ...(id === undefined ? {} : { reference: id }) }
  }
  if (code === undefined || code === '0')
    return {
      ...{ kind: 'unsure', code: 'unreadable-answer' },
      detail: '看不懂 QQ 客户端的答复，可能已经发出，请到群里看',
    }
  if (saysTimedOut(record))
    return { kind: 'unsure', code, detail: 'QQ 客户端等待超时，可能已经发出，请到群里看' }
  return outcomeOfCode(CODES, code)
}

function saysTimedOut(record: OnebotRecord): boolean {
  return ['message', 'msg', 'wording'].some((name) => {
    const said = record[name]
    return typeof said === 'string' && TIMED_OUT.test(said.slice(0, 500))
  })
}

/** Why nothing may be sent now, from the answer to get_status; undefined when the account is logged in. */
export function whyNotStanding(said: Said): Outcome | undefined {
  // Asking for the state sends no message, whatever became of the question.
  if (said.kind === 'silent') return unsentOutcome(said.outcome)
  const { record } = said
  const code = codeAt(record, 'retcode')
  if (code !== undefined && code !== '0' && code !== ASYNC_CODE) {
    const known = outcomeOfCode(CODES, code)
    return known.kind === 'refused' ? { ...known, scope: 'account' } : UNREADABLE_STATUS
  }
  if (!isRecord(record['data'])) return UNREADABLE_STATUS
  const { online, good } = record['data']
  if (online === true && good === true) return undefined
  return online === true ? NOT_GOOD : LOGGED_OUT
}

const UNREADABLE_STATUS: Outcome = {
  kind: 'retry',
  code: 'unreadable-status',
  detail: '看不懂 QQ 客户端的状态，消息没有发出',
}
const LOGGED_OUT: Outcome = {
  kind: 'refused',
  scope: 'account',
  code: 'logged-out',
  detail: 'QQ 账号已掉线，消息没有发出，请在客户端重新登录后放行这条通路',
}
const NOT_GOOD: Outcome = {
  kind: 'refused',
  scope: 'account',
  code: 'not-good',
  detail: 'QQ 客户端说自己状态不正常，消息没有发出，请检查客户端后放行这条通路',
}
export const TOO_LONG: Outcome = {
  kind: 'refused',
  scope: 'message',
  code: 'too-long',
  detail: '填入链接后超过一条群消息的字数，没有发出，请缩短正文后重新签发',
}
