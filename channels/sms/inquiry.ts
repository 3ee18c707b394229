/** What we ask a gateway of ourselves: receipts and replies it keeps for us, and how much is left on the
 *  account. Where a signed question needs the time, the gateway's own clock gives it. */
import { sha256Hex } from '../../src/kit/hash.ts'
import type { Health, Heard, Pending, Toolbox } from '../channel.ts'
import type { Call, PullRule } from './gateway.ts'
import { heardIn } from './hearing.ts'
import { type Account, needsTime, requestOf } from './request.ts'
import { holds, type Reading, textAt, treeFrom } from './tree.ts'

/** A queue that is never empty is asked again at the next poll. */
const QUEUE_ROUNDS_MAX = 50
const QUESTIONS_MAX = 500

/** @returns undefined when no readable answer came
 *  @param values what the question names; the nonce is made from them and the time */
export async function ask(
  account: Account,
  tools: Toolbox,
  call: Call,
  reading: Reading,
  values: Readonly<Record<string, string>>,
  signal: AbortSignal,
  given?: Date,
): Promise<unknown> {
  const { gateway } = account.settings
  const at = given ?? (needsTime(gateway, call) ? await timeOf(account, tools, call, signal) : null)
  if (at === undefined) return undefined
  const nonce = sha256Hex(`${JSON.stringify(values)} ${at?.toISOString() ?? ''}`).slice(0, 16)
  const texts = { ...values, nonce }
  const request = requestIfComplete(account, call, texts, at ?? undefined, signal)
  if (!request) return undefined
  const answer = await tools.http(request)
  if (answer.kind !== 'answer' || answer.status < 200 || answer.status > 299) return undefined
  return treeFrom(answer.body, gateway.charset, reading)
}

/** A question that names what nobody can give is not asked. */
function requestIfComplete(
  account: Account,
  call: Call,
  texts: Readonly<Record<string, string>>,
  at: Date | undefined,
  signal: AbortSignal,
) {
  try {
    return requestOf(account, call, { texts }, at, signal)
  } catch {
    return undefined
  }
}

/** This room has no clock: the server's `Date` (RFC 9110) is also the one the signature is judged by. */
async function timeOf(
  account: Account,
  tools: Toolbox,
  call: Call,
  signal: AbortSignal,
): Promise<Date | undefined> {
  const answer = await tools.http(originRequest(account, call, signal))
  if (answer.kind !== 'answer') return undefined
  const at = new Date(answer.headers['date'] ?? '')
  return Number.isNaN(at.getTime()) ? undefined : at
}

/** Asks the host for nothing: any answer shows that it is there. */
function originRequest(account: Account, call: Call, signal: AbortSignal) {
  const bare = {
    ...call,
    body: 'query' as const,
    fields: {},
    headers: {},
    authorization: undefined,
  }
  const { url, timeoutMs } = requestOf(account, bare, { texts: {} }, undefined, signal)
  const origin = URL.canParse(url) ? new URL(url).origin : url
  return { method: 'HEAD' as const, url: `${origin}/`, timeoutMs, bytesMax: 65_536, signal }
}

export async function pollAll(
  account: Account,
  tools: Toolbox,
  pending: readonly Pending[],
  signal: AbortSignal,
): Promise<readonly Heard[]> {
  const heard: Heard[] = []
  for (const pull of account.settings.gateway.pulls)
    if (pull.per === 'queue') heard.push(...(await empty(account, tools, pull, signal)))
    else heard.push(...(await askEach(account, tools, pull, pending, signal)))
  return heard
}

/** Each record is given once: whatever was read is returned, also when a later round fails. */
async function empty(account: Account, tools: Toolbox, pull: PullRule, signal: AbortSignal) {
  const heard: Heard[] = []
  for (let round = 0; round < QUEUE_ROUNDS_MAX && !signal.aborted; round++) {
    const tree = await ask(account, tools, pull.call, pull, { key: String(round) }, signal)
    if (tree === undefined || !holds(tree, pull.success)) {
      tools.log('sms-poll', { code: tree === undefined ? 'no-answer' : 'refused', round })
      break
    }
    const some = heardIn(tree, pull)
    heard.push(...some)
    if (some.length === 0) break
  }
  return heard
}

async function askEach(
  account: Account,
  tools: Toolbox,
  pull: PullRule,
  pending: readonly Pending[],
  signal: AbortSignal,
) {
  const questions = new Map<string, { reference: string; number: string }>()
  for (const { reference, address } of pending)
    questions.set(pull.per === 'reference' ? reference : `${reference} ${address}`, {
      reference,
      number: address,
    })
  const heard: Heard[] = []
  for (const question of [...questions.values()].slice(0, QUESTIONS_MAX)) {
    if (signal.aborted) break
    const tree = await ask(account, tools, pull.call, pull, question, signal)
    if (tree !== undefined && holds(tree, pull.success)) heard.push(...heardIn(tree, pull))
  }
  return heard
}

/** Logged in and something left on the account, where the gateway says; otherwise that it answers. */
export async function healthOf(account: Account, tools: Toolbox): Promise<Health> {
  const { settings } = account
  const { balance, send } = settings.gateway
  const signal = AbortSignal.timeout(settings.answerTimeoutMs)
  if (!balance) {
    const answer = await tools.http(originRequest(account, send, signal))
    return answer.kind === 'answer'
      ? { state: 'ok', detail: '短信网关有答复（没有设置余额查询，账号未核对）' }
      : { state: 'down', detail: '短信网关没有答复，请检查地址和网络' }
  }
  const tree = await ask(account, tools, balance.call, balance, { key: 'balance' }, signal)
  if (tree === undefined) return { state: 'down', detail: '短信网关没有答复余额，请检查地址和网络' }
  if (!holds(tree, balance.success))
    return { state: 'down', detail: '短信网关不答复这个账号的余额，请核对账号和密钥' }
  const left = Number(textAt(tree, balance.path) ?? Number.NaN)
  if (!Number.isFinite(left)) return { state: 'degraded', detail: '看不懂短信网关答复的余额' }
  if (left < balance.low) return { state: 'degraded', detail: `余额只够 ${left} 条，请尽快充值` }
  return { state: 'ok', detail: `余额 ${left} 条` }
}
