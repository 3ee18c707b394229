/** What Aliyun's voice service is asked of itself (QueryCallDetailByCallId): how a call ended, and whether the
 *  account may ask at all. */
import type { AliyunLine } from '../../src/kit/aliyun-line.ts'
import { inTurn } from '../../src/kit/in-turn.ts'
import { textMember } from '../../src/kit/json-answer.ts'
import type { Health, Heard, Pending } from '../channel.ts'
import { NO_SUCH_CALL } from './codes.ts'
import { endOfDetail } from './hearing.ts'

const QUESTIONS_AT_ONCE = 10
/** 语音通知 */
const PRODUCT_ID = '11000000300006'
const SHANGHAI_MS = 8 * 3_600_000
const DAY_MS = 86_400_000

export async function askWhatBecame(
  line: AliyunLine,
  pending: readonly Pending[],
  confirmKey: string | undefined,
  signal: AbortSignal,
): Promise<readonly Heard[]> {
  const at = pending.length > 0 ? await line.time(signal) : undefined
  if (at === undefined) return []
  const heard = await inTurn(pending, QUESTIONS_AT_ONCE, async (one): Promise<readonly Heard[]> => {
    if (signal.aborted) return []
    const { reference, address } = one
    const verdict = await ask(line, reference, one.sentAt, at, signal)
    const end = verdict.kind === 'taken' && endOfDetail(detailOf(verdict.tree), confirmKey)
    return end ? [{ kind: 'receipt', reference, address, ...end }] : []
  })
  return heard.flat()
}

/** A call nobody made: whoever may ask is told that there is none. */
export async function healthOf(line: AliyunLine, signal: AbortSignal): Promise<Health> {
  const at = await line.time(signal)
  if (at === undefined)
    return { state: 'down', detail: '阿里云语音没有答复，请检查网络和 endpoint' }
  const verdict = await ask(line, '100000000000^100000000000', at, at, signal)
  if (verdict.kind === 'taken' || verdict.code === NO_SUCH_CALL)
    return { state: 'ok', detail: '账号可用（余额和模板未核对）' }
  if (verdict.kind === 'refused') return { state: 'down', detail: verdict.detail }
  return { state: 'degraded', detail: verdict.detail }
}

/** The day in China on which the call began is searched, from its first moment. */
function ask(line: AliyunLine, callId: string, day: Date, at: Date, signal: AbortSignal) {
  const wall = day.getTime() + SHANGHAI_MS
  const from = wall - (wall % DAY_MS) - SHANGHAI_MS
  const parameters = { CallId: callId, ProdId: PRODUCT_ID, QueryDate: String(from) }
  return line.call('QueryCallDetailByCallId', { parameters }, at, signal)
}

/** The detail is JSON inside a text. */
function detailOf(tree: unknown): unknown {
  try {
    return JSON.parse(textMember(tree, 'Data') ?? '')
  } catch {
    return undefined
  }
}
