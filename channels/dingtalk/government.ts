/** 专有钉钉、浙政钉: the work notification of the government's own edition, which signs each call in its headers. It
 *  takes a notification and says nothing later; a repeated `bizMsgId` it refuses. */
import { createHmac } from 'node:crypto'
import type { Outcome } from '../../src/domain/outcome.ts'
import {
  type CodeTable,
  GROUP_UNKNOWN,
  outcomeOfCode,
  outcomeOfSilence,
  outcomeOfStatus,
  stopsAccount,
  UNSENT,
  untried,
} from '../../src/domain/platform-code.ts'
import { sha256Hex } from '../../src/kit/hash.ts'
import { inTurnUntil } from '../../src/kit/in-turn.ts'
import { isRecord, jsonRecord } from '../../src/kit/json-record.ts'
import { serverTime } from '../../src/kit/server-time.ts'
import type { Channel, Health, HttpAnswer, Recipient, SendBatch, Toolbox } from '../channel.ts'
import { ANSWER_BYTES_MAX, BAD_USER, TOO_LONG } from './answer.ts'
import { bytesMaxOf, checkDingtalk, isTooLong, renderDingtalk, wireMessage } from './message.ts'
import { type GovernmentSettings, secretsOf } from './settings.ts'

const SEND = '/message/workNotification'
const TOKEN = '/gettoken.json'
/** The platform takes a thousand; a refused call is better about fewer. */
const USERS_A_CALL_MAX = 100
const GROUPS_A_BATCH_MAX = 16
const CALLS_MAX = 4
/** accountId; a list written with a comma would reach others than those who were signed for */
const USER = /^[A-Za-z0-9][\w.@-]{0,63}$/

/** The two that public texts name (待核: the others). One that is not here is refused and never tried again. */
const CODES: CodeTable = {
  'OPF-B001-05-16-0002': {
    means: 'account',
    text: '应用没有订阅工作通知接口，请在开放平台开通后放行',
  },
  'OPF-B001-05-16-0009': {
    means: 'account',
    text: '签名不被接受，请核对 App Key、App Secret 和地址是否同属一个应用',
  },
}

/** Where a "no" has its code; the last is `0` in a "yes". */
const CODE_NAMES = ['bizErrorCode', 'errorCode', 'Code', 'responseCode'] as const

export interface SignedCall {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly parameters: Readonly<Record<string, string>>
}

/** METHOD, time, nonce, path and the sorted parameters unescaped, a line each; HMAC-SHA256 in Base64. */
export function signedHeaders(
  { method, path, parameters }: SignedCall,
  key: { readonly appKey: string; readonly secret: string },
  at: Date,
  nonce: string,
): Readonly<Record<string, string>> {
  const timestamp = `${new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, -1)}+08:00`
  const list = Object.entries(parameters)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join('&')
  const text = [method, timestamp, nonce, path, ...(list === '' ? [] : [list])].join('\n')
  return {
    apiKey: key.appKey,
    'X-Hmac-Auth-Timestamp': timestamp,
    'X-Hmac-Auth-Version': '1.0',
    'X-Hmac-Auth-Nonce': nonce,
    'X-Hmac-Auth-Signature': createHmac('sha256', key.secret).update(text).digest('base64'),
  }
}

/** Undefined when the platform says that it took the call. */
export function whyNotTaken(answer: HttpAnswer): Outcome | undefined {
  if (answer.kind !== 'answer') return outcomeOfSilence(answer)
  const record = jsonRecord(answer.body)
  if (!record) return outcomeOfStatus(answer.status)
  const inner = innerOf(record['content'])
  if (record['success'] === true && inner?.['success'] !== false) return undefined
  const code = [record, inner]
    .flatMap((of) => CODE_NAMES.map((name) => of?.[name]))
    .find((one) => typeof one === 'string' && one !== '' && one !== '0')
  return typeof code === 'string' ? outcomeOfCode(CODES, code) : outcomeOfStatus(answer.status)
}

/** Some answers hold their content as JSON in a string. */
function innerOf(content: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof content === 'string') return jsonRecord(Buffer.from(content))
  return isRecord(content) ? content : undefined
}

export function openGovernment(
  adapter: string,
  settings: GovernmentSettings,
  tools: Toolbox,
): Channel {
  const secret = secretsOf(adapter, [['secret', settings.secret]], tools).get('secret') ?? ''
  const { baseUrl, appKey, answerTimeoutMs, tenantId } = settings
  const toGroups = settings.addressing === 'group'
  let closed = false
  const call = (given: SignedCall, at: Date, nonce: string, signal?: AbortSignal) => {
    const { method, path, parameters } = given
    const form = new URLSearchParams(parameters).toString()
    const headers = signedHeaders(given, { appKey, secret }, at, nonce)
    return tools.http({
      ...{ method, timeoutMs: answerTimeoutMs, bytesMax: ANSWER_BYTES_MAX },
      ...(signal ? { signal } : {}),
      ...(method === 'GET'
        ? { url: `${baseUrl}${path}?${form}`, headers }
        : {
            ...{ url: `${baseUrl}${path}`, body: form },
            headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
          }),
    })
  }
  const say = async (
    to: Readonly<Record<string, string>>,
    some: readonly Recipient[],
    batch: SendBatch,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    const fields = some[0]?.fields ?? batch.fields
    if (signal.aborted || closed) return UNSENT
    if (isTooLong('government', fields)) return TOO_LONG
    // The same for each attempt of the same recipients: the platform refuses a repeat.
    const bizMsgId = sha256Hex(some.map(({ key }) => key).join('\n')).slice(0, 32)
    const parameters = { ...to, tenantId, bizMsgId, msg: JSON.stringify(wireMessage(fields)) }
    const nonce = sha256Hex(`${bizMsgId}.${batch.at.getTime()}`).slice(0, 32)
    const not = whyNotTaken(
      await call({ method: 'POST', path: SEND, parameters }, batch.at, nonce, signal),
    )
    if (not && 'code' in not) tools.log('dingtalk-government', { kind: not.kind, code: not.code })
    return not ?? { kind: 'accepted', reference: bizMsgId }
  }
  const sendToUsers = async (batch: SendBatch, signal: AbortSignal) => {
    const users = batch.recipients.filter(({ address }) => USER.test(address))
    if (users.length === 0) return batch.recipients.map(() => BAD_USER)
    const to = { receiverIds: users.map(({ address }) => address).join(',') }
    const outcome = await say(to, users, batch, signal)
    return batch.recipients.map(({ address }) => (USER.test(address) ? outcome : BAD_USER))
  }
  const sendToGroups = async (batch: SendBatch, signal: AbortSignal) => {
    const one = async (recipient: Recipient): Promise<Outcome> => {
      const found = settings.groups.find(({ group }) => group === recipient.address)
      if (!found) return GROUP_UNKNOWN
      const { users, organizations } = found
      const to = {
        ...(users.length > 0 ? { receiverIds: users.join(',') } : {}),
        ...(organizations.length > 0 ? { organizationCodes: organizations.join(',') } : {}),
      }
      return say(to, [recipient], batch, signal)
    }
    const turns = { stops: stopsAccount, rest: untried }
    return (await inTurnUntil(batch.recipients, CALLS_MAX, one, turns)).results
  }
  const send = toGroups ? sendToGroups : sendToUsers
  return {
    adapter,
    runsOn: ['node'],
    capabilities: {
      addressing: settings.addressing,
      batchMax: toGroups ? GROUPS_A_BATCH_MAX : USERS_A_CALL_MAX,
      perCall: toGroups ? 'one' : 'batch',
      limits: { bytesMax: bytesMaxOf(settings) },
      // What a repeated bizMsgId is answered with is in no public text: nothing is built on it.
      ...{ idempotency: 'none', receipts: 'none', countsWhen: 'accepted' },
      ...{ retract: 'correction-only', concurrencyMax: CALLS_MAX },
      rates: settings.rates ?? {
        limits: [{ scope: 'target', window: 'day', max: 100, unit: 'message' }],
      },
    },
    render: (input) => renderDingtalk(input, settings),
    check: (payload) => checkDingtalk(payload, settings),
    send,
    retract: send,
    async health(): Promise<Health> {
      if (closed) return { state: 'down', detail: '通路已关闭' }
      const at = await serverTime((request) => tools.http(request), baseUrl, answerTimeoutMs)
      if (!at) return { state: 'down', detail: '连不上开放平台，请检查地址和网络' }
      const parameters = { appkey: appKey, appsecret: secret }
      const not = whyNotTaken(
        await call({ method: 'GET', path: TOKEN, parameters }, at, sha256Hex(`${at.getTime()}`)),
      )
      if (!not) return { state: 'ok', detail: '开放平台认这个应用' }
      return { state: 'down', detail: 'detail' in not ? not.detail : '开放平台不认这个应用' }
    },
    async close() {
      closed = true
    },
  }
}
