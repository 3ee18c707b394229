/** 企业微信: what an answer, or none, means for a message. No text of the platform is passed on, because it may
 *  repeat what it was sent. */
import type { Outcome } from '../../src/domain/outcome.ts'
import { outcomeOfCode, outcomeOfSilence, outcomeOfStatus } from '../../src/domain/platform-code.ts'
import { codeAt, jsonRecord } from '../../src/kit/json-record.ts'
import type { HttpAnswer } from '../channel.ts'
import { CODES } from './codes.ts'

export const ANSWER_BYTES_MAX = 256 * 1_024

export type Read =
  | { readonly kind: 'taken'; readonly record: Readonly<Record<string, unknown>> }
  | { readonly kind: 'not'; readonly code: string | undefined; readonly outcome: Outcome }

export function readAnswer(answer: HttpAnswer): Read {
  if (answer.kind !== 'answer')
    return { kind: 'not', code: undefined, outcome: outcomeOfSilence(answer) }
  const record = jsonRecord(answer.body)
  const code = record && codeAt(record, 'errcode')
  if (record === undefined || code === undefined)
    return { kind: 'not', code: undefined, outcome: outcomeOfStatus(answer.status) }
  if (code === '0') return { kind: 'taken', record }
  return { kind: 'not', code, outcome: outcomeOfCode(CODES, code) }
}

export const TOO_LONG: Outcome = {
  kind: 'refused',
  scope: 'message',
  code: 'too-long',
  detail: '填入链接后超过平台的字节上限，没有发出，请缩短正文后重新签发',
}
export const BAD_MEMBER: Outcome = {
  kind: 'refused',
  scope: 'recipient',
  code: 'address-invalid',
  detail: '不是企业微信的成员账号，请在通讯录中更正',
}
