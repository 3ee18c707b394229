/** States and replies from Tencent Cloud, pushed (短信下发状态通知, 短信回复; cloud.tencent.com/document/product/382/5807) or
 *  pulled. A record that cannot be read is left out; the rest of the list is still heard. */
import { sha256Hex } from '../../src/kit/hash.ts'
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
    const answer = JSON.stringify({ result: 0, errmsg: 'OK' })
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    return { heard: heardIn(read.tree), response: new Response(answer, { headers }) }
  }
  tools.log('sms-tencent-callback', { code: read.code, status: read.status })
  return { heard: [], response: new Response(read.text, { status: read.status }) }
}

/** States come as a list, a reply as one object. */
export function heardIn(tree: unknown): readonly Heard[] {
  const rows = Array.isArray(tree) ? tree.slice(0, RECORDS_MAX) : [tree]
  return rows.flatMap((row) => {
    const number = mobileNumber(textMember(row, 'mobile'))
    if (number === undefined) return []
    const text = textMember(row, 'text')
    if (text === undefined) {
      const at = shanghaiTime(textMember(row, 'user_receive_time'))
      const said = { sid: textMember(row, 'sid'), state: textMember(row, 'report_status') }
      return receiptOf(number, { ...said, code: textMember(row, 'errmsg'), at }) ?? []
    }
    return [replyOf(number, text, timeOf(textMember(row, 'time')))]
  })
}

export function pulledReceipt(row: unknown): Heard | undefined {
  const number = mobileNumber(textMember(row, 'PhoneNumber') ?? textMember(row, 'SubscriberNumber'))
  if (number === undefined) return undefined
  return receiptOf(number, {
    sid: textMember(row, 'SerialNo'),
    state: textMember(row, 'ReportStatus'),
    code: textMember(row, 'Description'),
    at: timeOf(textMember(row, 'UserReceiveTime')),
  })
}

export function pulledReply(row: unknown): Heard | undefined {
  const number = mobileNumber(textMember(row, 'PhoneNumber') ?? textMember(row, 'SubscriberNumber'))
  const text = textMember(row, 'ReplyContent')
  if (number === undefined || text === undefined) return undefined
  return replyOf(number, text, timeOf(textMember(row, 'ReplyTime')))
}

function receiptOf(
  address: string,
  said: {
    readonly sid: string | undefined
    readonly state: string | undefined
    readonly code: string | undefined
    readonly at: Date | undefined
  },
): Heard | undefined {
  if (!said.sid || (said.state !== 'SUCCESS' && said.state !== 'FAIL')) return undefined
  return {
    ...{ kind: 'receipt', reference: said.sid.slice(0, 500), address },
    state: said.state === 'SUCCESS' ? 'delivered' : 'failed',
    ...(said.code ? { code: said.code.slice(0, 60) } : {}),
    ...(said.at ? { at: said.at } : {}),
  }
}

/** The platform names no reply: number, second and words together are one. */
function replyOf(from: string, content: string, at: Date | undefined): Heard {
  const text = [...content].slice(0, REPLY_CHARACTERS_MAX).join('')
  const id = sha256Hex(`${from} ${at?.getTime() ?? ''} ${text}`).slice(0, 32)
  return { ...{ kind: 'reply', from, text, id }, ...(at ? { at } : {}) }
}

/** Seconds since 1970. */
function timeOf(text: string | undefined): Date | undefined {
  if (text === undefined || !/^\d{1,12}$/.test(text)) return undefined
  const at = new Date(Number(text) * 1_000)
  return Number.isNaN(at.getTime()) ? undefined : at
}
