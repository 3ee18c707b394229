/** What Aliyun is asked of itself: what became of a number's message (QuerySendDetails), and whether the
 *  signature stands (QuerySmsSign). An answer that leaves it open is `unsure`, never a guess. */
import type { Outcome } from '../../src/domain/outcome.ts'
import type { AliyunLine } from '../../src/kit/aliyun-line.ts'
import { inTurn } from '../../src/kit/in-turn.ts'
import { listMember, textMember } from '../../src/kit/json-answer.ts'
import { mobileNumber } from '../../src/kit/mobile-number.ts'
import { shanghaiDay, shanghaiTime } from '../../src/kit/server-time.ts'
import type { Health, Heard, Pending } from '../channel.ts'

const QUESTIONS_AT_ONCE = 10
const PAGE = 50
const PAGES_MAX = 4
const DAY_MS = 86_400_000

const OPEN: Outcome = {
  kind: 'unsure',
  code: 'look-up-open',
  detail: '阿里云还查不到这条短信，不能断定没有发出，请稍后再查，或由值班人员决定',
}

interface Detail {
  readonly state: 'waiting' | 'failed' | 'delivered'
  readonly code?: string
  readonly at?: Date
}

/** SendStatus: 1 等待回执, 2 发送失败, 3 发送成功. */
const STATES: Readonly<Record<string, Detail['state']>> = {
  '1': 'waiting',
  '2': 'failed',
  '3': 'delivered',
}

/** The newest message to the number that carries our own name of the dispatch.
 *  @returns undefined when none is there, or nobody could be asked */
async function detailOf(
  line: AliyunLine,
  question: { readonly number: string; readonly name: string; readonly day: Date },
  at: Date,
  signal: AbortSignal,
): Promise<Detail | undefined> {
  for (let page = 1; page <= PAGES_MAX; page++) {
    const parameters = {
      ...{ PhoneNumber: question.number, SendDate: shanghaiDay(question.day) },
      ...{ PageSize: String(PAGE), CurrentPage: String(page) },
    }
    const verdict = await line.call('QuerySendDetails', { parameters }, at, signal)
    if (verdict.kind !== 'taken') return undefined
    const rows = listMember(verdict.tree, 'SmsSendDetailDTOs', 'SmsSendDetailDTO')
    const row = rows.find((one) => textMember(one, 'OutId') === question.name)
    const state = STATES[textMember(row, 'SendStatus') ?? '']
    if (state !== undefined) {
      const code = textMember(row, 'ErrCode')
      const received = shanghaiTime(textMember(row, 'ReceiveDate'))
      return { state, ...(code ? { code } : {}), ...(received ? { at: received } : {}) }
    }
    if (row !== undefined || rows.length < PAGE) return undefined
  }
  return undefined
}

/** Today and the day before are asked: the platform keeps messages by the day they were sent. */
export async function lookUp(
  line: AliyunLine,
  number: string,
  name: string,
  at: Date,
  signal: AbortSignal,
): Promise<Outcome> {
  for (const day of [at, new Date(at.getTime() - DAY_MS)]) {
    if (signal.aborted) return OPEN
    const found = await detailOf(line, { number, name, day }, at, signal)
    if (found?.state === 'failed')
      return {
        ...{ kind: 'refused', scope: 'recipient', code: found.code?.slice(0, 60) ?? 'failed' },
        detail: '阿里云收下了，运营商没有送到，请核对号码或改用别的方式通知',
      }
    if (found) return { kind: 'accepted', reference: name }
  }
  return OPEN
}

/** Nothing is heard of what is still open, nor where no answer came. */
export async function askWhatBecame(
  line: AliyunLine,
  pending: readonly Pending[],
  signal: AbortSignal,
): Promise<readonly Heard[]> {
  const at = pending.length > 0 ? await line.time(signal) : undefined
  if (at === undefined) return []
  const heard = await inTurn(pending, QUESTIONS_AT_ONCE, async (one): Promise<readonly Heard[]> => {
    const number = mobileNumber(one.address)
    if (signal.aborted || number === undefined) return []
    const question = { number, name: one.reference, day: one.sentAt }
    const found = await detailOf(line, question, at, signal)
    if (!found || found.state === 'waiting') return []
    return [
      {
        ...{ kind: 'receipt', reference: one.reference, address: number, state: found.state },
        ...(found.code ? { code: found.code.slice(0, 60) } : {}),
        ...(found.at ? { at: found.at } : {}),
      },
    ]
  })
  return heard.flat()
}

export async function healthOf(
  line: AliyunLine,
  signature: string,
  signal: AbortSignal,
): Promise<Health> {
  const at = await line.time(signal)
  if (at === undefined)
    return { state: 'down', detail: '阿里云短信没有答复，请检查网络和 endpoint' }
  const said = { parameters: { SignName: signature } }
  const verdict = await line.call('QuerySmsSign', said, at, signal)
  if (verdict.kind === 'retry') return { state: 'degraded', detail: verdict.detail }
  if (verdict.kind === 'unsure')
    return { state: 'degraded', detail: '阿里云短信没有答复签名状态，请稍后再看' }
  if (verdict.kind === 'refused') return { state: 'down', detail: verdict.detail }
  switch (textMember(verdict.tree, 'SignStatus')) {
    case '1':
      return { state: 'ok', detail: `账号可用，签名“${signature}”已通过审核` }
    case '0':
      return { state: 'degraded', detail: `签名“${signature}”还在审核，通过后才能发送` }
    default:
      return { state: 'down', detail: `签名“${signature}”不可用，请在控制台查看原因` }
  }
}
