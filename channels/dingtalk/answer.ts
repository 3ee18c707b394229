/** 钉钉: what an answer, or none, means for a message. No text of the platform is passed on, because it may
 *  repeat what it was sent. */
import type { Outcome } from '../../src/domain/outcome.ts'
import { outcomeOfCode, outcomeOfSilence, outcomeOfStatus } from '../../src/domain/platform-code.ts'
import { codeAt, jsonRecord } from '../../src/kit/json-record.ts'
import type { HttpAnswer } from '../channel.ts'
import { CODES, SECURITY_CODE, SECURITY_TEXTS } from './codes.ts'

export const ANSWER_BYTES_MAX = 1_024 * 1_024

export type Read =
  | { readonly kind: 'taken'; readonly record: Readonly<Record<string, unknown>> }
  | { readonly kind: 'not'; readonly code: string | undefined; readonly outcome: Outcome }

export function readAnswer(answer: HttpAnswer): Read {
  if (answer.kind !== 'answer')
    return { kind: 'not', code: undefined, outcome: outcomeOfSilence(answer) }
  const record = jsonRecord(answer.body)
  const first = record && codeAt(record, 'errcode')
  if (record === undefined || first === undefined)
    return { kind: 'not', code: undefined, outcome: outcomeOfStatus(answer.status) }
  if (first === '0') return { kind: 'taken', record }
  // 88 only says that authentication failed; the sub code says how.
  const code = (first === '88' ? codeAt(record, 'sub_code') : undefined) ?? first
  const outcome = outcomeOfCode(CODES, code)
  if (code !== SECURITY_CODE || outcome.kind !== 'refused') return { kind: 'not', code, outcome }
  const said = typeof record['errmsg'] === 'string' ? record['errmsg'] : ''
  const text = SECURITY_TEXTS.find(([pattern]) => pattern.test(said))?.[1]
  return { kind: 'not', code, outcome: text ? { ...outcome, detail: text } : outcome }
}

export const TOO_LONG: Outcome = {
  kind: 'refused',
  scope: 'message',
  code: 'too-long',
  detail: '填入链接后超过平台的字节上限，没有发出，请缩短正文后重新签发',
}
export const BAD_USER: Outcome = {
  kind: 'refused',
  scope: 'recipient',
  code: 'address-invalid',
  detail: '不是钉钉的人员编号，请在通讯录中更正',
}
