/** 飞书: what an answer, or none, means for a message. No text of the platform is passed on, because it may
 *  repeat what it was sent. */
import type { Outcome } from '../../src/domain/outcome.ts'
import { outcomeOfCode, outcomeOfSilence, outcomeOfStatus } from '../../src/domain/platform-code.ts'
import { codeAt, jsonRecord } from '../../src/kit/json-record.ts'
import type { HttpAnswer } from '../channel.ts'
import { CODES } from './codes.ts'

export const ANSWER_BYTES_MAX = 256 * 1_024

export interface Read {
  /** absent where none could be read */
  readonly code: string | undefined
  readonly outcome: Outcome
}

export function readAnswer(answer: HttpAnswer): Read {
  if (answer.kind !== 'answer') return { code: undefined, outcome: outcomeOfSilence(answer) }
  const record = jsonRecord(answer.body)
  // Older robots answer with StatusCode only.
  const code = record && (codeAt(record, 'code') ?? codeAt(record, 'StatusCode'))
  if (code === undefined) return { code, outcome: outcomeOfStatus(answer.status) }
  return { code, outcome: code === '0' ? { kind: 'accepted' } : outcomeOfCode(CODES, code) }
}

export const TOO_LONG: Outcome = {
  kind: 'refused',
  scope: 'message',
  code: 'too-long',
  detail: '填入链接后超过平台的 20 KB，没有发出，请缩短正文后重新签发',
}
