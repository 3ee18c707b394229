/** How calls ended and which keys were pressed: VoiceReport 呼叫记录 and VoiceCallReport 呼叫中间状态, pushed as JSON
 *  arrays (help.aliyun.com/zh/vms, voicereport and voicecallreport), or the detail of one call. */
import { textMember } from '../../src/kit/json-answer.ts'
import { mobileNumber } from '../../src/kit/mobile-number.ts'
import { readSecretCallback } from '../../src/kit/secret-callback.ts'
import { shanghaiTime } from '../../src/kit/server-time.ts'
import type { Heard, Toolbox } from '../channel.ts'
import { HEARD_OUT, HUNG_UP_EARLY, KEY_PRESSED } from './codes.ts'

const RECORDS_MAX = 10_000

export async function answerCallback(
  request: Request,
  secrets: readonly (string | undefined)[],
  confirmKey: string | undefined,
  tools: Pick<Toolbox, 'log'>,
): Promise<{ heard: readonly Heard[]; response: Response }> {
  const read = await readSecretCallback(request, secrets)
  if ('tree' in read) {
    const answer = JSON.stringify({ code: 0, msg: '成功' })
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    return { heard: heardIn(read.tree, confirmKey), response: new Response(answer, { headers }) }
  }
  tools.log('voice-aliyun-callback', { code: read.code, status: read.status })
  return { heard: [], response: new Response(read.text, { status: read.status }) }
}

/** A record that cannot be read is left out; the rest of the list is still heard. */
export function heardIn(tree: unknown, confirmKey: string | undefined): readonly Heard[] {
  if (!Array.isArray(tree)) return []
  return tree.slice(0, RECORDS_MAX).flatMap((row) => {
    const reference = textMember(row, 'call_id')
    const status = textMember(row, 'status_code')
    if (!reference || status === undefined) return []
    // Only what tells of the way there says when a state arose; a record of a whole call has its length.
    const ended = textMember(row, 'status_time') === undefined
    const at = shanghaiTime(textMember(row, ended ? 'end_time' : 'status_time'))
    const pressed = textMember(row, 'dtmf') ?? ''
    const number = mobileNumber(textMember(row, 'callee'))
    const end = endOf({ status, pressed, ended }, confirmKey)
    if (!end) return []
    return [
      {
        ...{ kind: 'receipt', reference: reference.slice(0, 500), ...end },
        ...(number === undefined ? {} : { address: number }),
        ...(at ? { at } : {}),
      },
    ]
  })
}

/** `state` of QueryCallDetailByCallId: undefined while nothing is known. */
export function endOfDetail(detail: unknown, confirmKey: string | undefined) {
  const status = textMember(detail, 'state')
  if (!status) return undefined
  const pressed = textMember(detail, 'dtmf') ?? ''
  return endOf({ status, pressed, ended: true }, confirmKey)
}

/** Where a key confirms, whoever listened and pressed none has not confirmed: nothing is heard, and the call
 *  stays open until somebody looks after it. */
function endOf(
  call: { readonly status: string; readonly pressed: string; readonly ended: boolean },
  confirmKey: string | undefined,
): { readonly state: 'delivered' | 'failed'; readonly code: string } | undefined {
  const { status, pressed, ended } = call
  if (confirmKey !== undefined) {
    if (pressed.includes(confirmKey)) return { state: 'delivered', code: `key-${confirmKey}` }
    if (!ended || [HEARD_OUT, HUNG_UP_EARLY, KEY_PRESSED].includes(status)) return undefined
  }
  if (!ended || status === KEY_PRESSED) return undefined
  return { state: status === HEARD_OUT ? 'delivered' : 'failed', code: status.slice(0, 60) }
}
