/** 企业微信应用消息: one call for up to a thousand members, or one a group of departments, tags and members. The
 *  platform drops the same message to the same people within an interval, and recalls within 24 hours. */
import type { Outcome } from '../../src/domain/outcome.ts'
import {
  GROUP_UNKNOWN,
  stopsAccount,
  UNSENT,
  unsentOutcome,
  untried,
} from '../../src/domain/platform-code.ts'
import { recallThenTell } from '../../src/domain/recall.ts'
import { inTurnUntil } from '../../src/kit/in-turn.ts'
import { textsAt } from '../../src/kit/json-record.ts'
import { keepToken, type TokenKeeper } from '../../src/kit/token-keeper.ts'
import type { Capabilities, Channel, Health, Recipient, SendBatch, Toolbox } from '../channel.ts'
import { ANSWER_BYTES_MAX, BAD_MEMBER, type Read, readAnswer, TOO_LONG } from './answer.ts'
import { TOKEN_CODES } from './codes.ts'
import { bytesMaxOf, checkWecom, isTooLong, renderWecom, wireMessage } from './message.ts'
import { type AppSettings, secretsOf } from './settings.ts'

const MEMBERS_A_CALL_MAX = 1_000
const GROUPS_A_BATCH_MAX = 16
const CALLS_MAX = 4
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** `@all` and lists written with a bar would reach others than those who were signed for. */
const MEMBER = /^[A-Za-z0-9][\w.@-]{0,63}$/

export function openApp(adapter: string, settings: AppSettings, tools: Toolbox): Channel {
  const secret = secretsOf(adapter, [['secret', settings.secret]], tools).get('secret') ?? ''
  return new WecomApp(adapter, settings, secret, tools)
}

class WecomApp implements Channel {
  readonly adapter: string
  readonly runsOn = ['node'] as const
  readonly capabilities: Capabilities
  readonly #settings: AppSettings
  readonly #tools: Toolbox
  readonly #secret: string
  readonly #token: TokenKeeper<Outcome>
  #closed = false

  constructor(adapter: string, settings: AppSettings, secret: string, tools: Toolbox) {
    this.adapter = adapter
    this.#settings = settings
    this.#secret = secret
    this.#tools = tools
    this.#token = keepToken(() => this.#fetchToken())
    const toGroups = settings.addressing === 'group'
    this.capabilities = {
      addressing: settings.addressing,
      batchMax: toGroups ? GROUPS_A_BATCH_MAX : MEMBERS_A_CALL_MAX,
      perCall: toGroups ? 'one' : 'batch',
      limits: { bytesMax: bytesMaxOf('app', settings.format) },
      idempotency: 'content',
      receipts: 'none',
      countsWhen: 'accepted',
      retract: 'recall',
      // The platform's document 94867.
      retractWithinMs: DAY_MS,
      concurrencyMax: CALLS_MAX,
      // Above 30 a minute and member the platform drops messages without a word.
      rates: settings.rates ?? {
        limits: [{ scope: 'target', window: MINUTE_MS, max: 30, unit: 'message' }],
      },
    }
  }

  render(input: Parameters<Channel['render']>[0]) {
    return renderWecom(input, this.#settings)
  }

  check(payload: Parameters<Channel['check']>[0]) {
    return checkWecom(payload, this.#settings)
  }

  send(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    return this.#settings.addressing === 'group'
      ? this.#sendToGroups(batch, signal)
      : this.#sendToMembers(batch, signal)
  }

  async #sendToMembers(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const { recipients } = batch
    const members = recipients.filter(({ address }) => MEMBER.test(address))
    if (members.length === 0) return recipients.map(() => BAD_MEMBER)
    const touser = members.map(({ address }) => address).join('|')
    const fields = members[0]?.fields ?? batch.fields
    const read = await this.#say({ touser }, fields, signal)
    if ('outcome' in read)
      return recipients.map(({ address }) => (MEMBER.test(address) ? read.outcome : BAD_MEMBER))
    const said = read.record
    const refused = new Map<string, string>()
    // The platform answers in small letters.
    for (const name of ['invaliduser', 'unlicenseduser'])
      for (const one of textsAt(said, name, '|')) refused.set(one.toLowerCase(), name)
    return recipients.map(({ address }) => {
      if (!MEMBER.test(address)) return BAD_MEMBER
      const why = refused.get(address.toLowerCase())
      return why === undefined ? taken(said) : notReached(why)
    })
  }

  async #sendToGroups(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const { results } = await inTurnUntil(
      batch.recipients,
      CALLS_MAX,
      (recipient) => this.#sendToGroup(recipient, batch, signal),
      { stops: stopsAccount, rest: untried },
    )
    return results
  }

  async #sendToGroup(
    recipient: Recipient,
    batch: SendBatch,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const found = this.#settings.groups.find(({ group }) => group === recipient.address)
    if (!found) return GROUP_UNKNOWN
    const { users, parties, tags } = found
    const to = { touser: users.join('|'), toparty: parties.join('|'), totag: tags.join('|') }
    const read = await this.#say(to, recipient.fields ?? batch.fields, signal)
    return 'outcome' in read ? read.outcome : taken(read.record)
  }

  async #say(
    to: Readonly<Record<string, string>>,
    fields: SendBatch['fields'],
    signal: AbortSignal,
  ): Promise<{ outcome: Outcome } | Extract<Read, { kind: 'taken' }>> {
    if (signal.aborted || this.#closed) return { outcome: UNSENT }
    if (isTooLong('app', fields)) return { outcome: TOO_LONG }
    const { agentId, duplicateSeconds } = this.#settings
    return this.#withToken('message/send', signal, {
      ...to,
      ...wireMessage(fields),
      ...{ agentid: agentId, safe: 0, enable_duplicate_check: 1 },
      duplicate_check_interval: duplicateSeconds,
    })
  }

  /** A token that has run out is replaced once; nothing was sent with it. */
  async #withToken(
    action: string,
    signal: AbortSignal,
    body: Readonly<Record<string, unknown>>,
  ): Promise<{ outcome: Outcome } | Extract<Read, { kind: 'taken' }>> {
    for (const last of [false, true]) {
      const got = await this.#token.take()
      if ('fault' in got) return { outcome: unsentOutcome(got.fault) }
      const url = `${this.#settings.baseUrl}/cgi-bin/${action}?access_token=${encodeURIComponent(got.token)}`
      const read = readAnswer(await this.#tools.http({ ...this.#post(url, body), signal }))
      if (read.kind === 'taken') return read
      const { code, outcome } = read
      if (last || code === undefined || !TOKEN_CODES.includes(code)) {
        if ('code' in outcome)
          this.#tools.log('wecom-app', { kind: outcome.kind, code: outcome.code })
        return { outcome }
      }
      this.#token.drop(got.token)
    }
    return { outcome: UNSENT }
  }

  #post(url: string, body: Readonly<Record<string, unknown>>) {
    return {
      ...{ method: 'POST' as const, url, body: JSON.stringify(body), bytesMax: ANSWER_BYTES_MAX },
      ...{ timeoutMs: this.#settings.answerTimeoutMs },
      headers: { 'content-type': 'application/json' },
    }
  }

  /** GET gettoken (document/path/91039): within its time the platform gives the same token again. */
  async #fetchToken(): Promise<{ token: string } | { fault: Outcome }> {
    const { baseUrl, corpId, answerTimeoutMs } = this.#settings
    const query = new URLSearchParams({ corpid: corpId, corpsecret: this.#secret })
    const read = readAnswer(
      await this.#tools.http({
        ...{ method: 'GET', url: `${baseUrl}/cgi-bin/gettoken?${query}` },
        ...{ timeoutMs: answerTimeoutMs, bytesMax: ANSWER_BYTES_MAX },
      }),
    )
    if (read.kind === 'not') return { fault: read.outcome }
    const token = read.record['access_token']
    if (typeof token === 'string' && token !== '') return { token }
    return { fault: { kind: 'retry', code: 'no-token', detail: '平台没有给出凭证，消息没有发出' } }
  }

  /** Takes the old messages back, each with everybody it went to, and says why in a new one. */
  retract(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    return recallThenTell(
      batch.recipients,
      (reference) => this.#recall(reference, signal),
      (recipients) => this.send({ ...batch, recipients }, signal),
    )
  }

  async #recall(msgid: string, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted || this.#closed) return UNSENT
    const read = await this.#withToken('message/recall', signal, { msgid })
    const outcome: Outcome = 'outcome' in read ? read.outcome : { kind: 'accepted' }
    this.#tools.log('wecom-recall', { kind: outcome.kind })
    return outcome
  }

  async health(): Promise<Health> {
    if (this.#closed) return { state: 'down', detail: '通路已关闭' }
    const got = await this.#fetchToken()
    if ('token' in got) return { state: 'ok', detail: '已取得企业微信的凭证' }
    const detail = 'detail' in got.fault ? got.fault.detail : '没有取得企业微信的凭证'
    return { state: 'down', detail }
  }

  async close(): Promise<void> {
    this.#closed = true
  }
}

function taken(said: Readonly<Record<string, unknown>>): Outcome {
  const id = said['msgid']
  return { kind: 'accepted', ...(typeof id === 'string' && id !== '' ? { reference: id } : {}) }
}

function notReached(why: string): Outcome {
  const detail =
    why === 'unlicenseduser'
      ? '这个成员没有接口许可，没有收到，请在管理后台分配许可'
      : '企业微信里没有这个成员，或不在应用的可见范围内，请核对通讯录'
  return { kind: 'refused', scope: 'recipient', code: why, detail }
}
