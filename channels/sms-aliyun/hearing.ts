/** SmsReport 回执 and SmsUp 回复, which Aliyun pushes as JSON arrays (help.aliyun.com, SmsReport and SmsUp by
 *  HTTP). A record that cannot be read is left out; the rest of the list is still heard. */
import { textMember } from '../../src/kit/json-answer.ts'
import { mobileNumber } from '../../src/kit/mobile-number.ts'
import { readSecretCallback } from '../../src/kit/secret-callback.ts'
import { shanghaiTime } from '../../src/kit/server-time.ts'
import type { Heard, Toolbox } from '../channel.ts'

const REPLY_CHARACTERS_MAX = 2_000
const RECORDS_MAX = 10_000

export async function answerCallback(
  request: Request,
  secrets: readonly (string | undefined)[],
  tools: Pick<Toolbox, 'log'>,
): Promise<{ heard: readonly Heard[]; response: Response }> {
  const read = await readSecretCallback(request, secrets)
  if ('tree' in read) {
    const answer = JSON.stringify({ code: 0, msg: '成功' })
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    return { heard: heardIn(read.tree), response: new Response(answer, { headers }) }
  }
  tools.log('sms-aliyun-callback', { code: read.code, status: read.status })
  return { heard: [], response: new Response(read.text, { status: read.status }) }
}

/** Reports and replies may come to one address: a reply has `content`, a report says `success`. */
export function heardIn(tree: unknown): readonly Heard[] {
  if (!Array.isArray(tree)) return []
  return tree.slice(0, RECORDS_MAX).flatMap((row) => {
    const number = mobileNumber(textMember(row, 'phone_number'))
    if (number === undefined) return []
    const content = textMember(row, 'content')
    const heard = content === undefined ? receiptOf(row, number) : replyOf(row, number, content)
    return heard ? [heard] : []
  })
}

/** Our own name of the dispatch comes back as `out_id`: with the number it is one message. */
function receiptOf(row: unknown, address: string): Heard | undefined {
  const reference = textMember(row, 'out_id') || textMember(row, 'biz_id')
  const success = textMember(row, 'success')
  if (!reference || (success !== 'true' && success !== 'false')) return undefined
  const code = textMember(row, 'err_code')
  const at = shanghaiTime(textMember(row, 'report_time'))
  return {
    ...{ kind: 'receipt', reference: reference.slice(0, 500), address },
    state: success === 'true' ? 'delivered' : 'failed',
    ...(code ? { code: code.slice(0, 60) } : {}),
    ...(at ? { at } : {}),
  }
}

function replyOf(row: unknown, from: string, content: string): Heard {
  const id = textMember(row, 'sequence_id')
  const at = shanghaiTime(textMember(row, 'send_time'))
  return {
    ...{ kind: 'reply', from, text: [...content].slice(0, REPLY_CHARACTERS_MAX).join('') },
    // The number beside it: a sequence may be longer than JSON's numbers keep.
    ...(id ? { id: `${from}.${id}`.slice(0, 100) } : {}),
    ...(at ? { at } : {}),
  }
}
