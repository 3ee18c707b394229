/** 微信群, through the bridge `duoling wechaty` that a bureau runs with an account of its own, in a process of its
 *  own. Logged out, nothing leaves, the road stops and the next signed one takes over. Codes stand in
 *  `wechat-group/codes.ts`. */
import { messageProblems, renderMessageText, TEXT } from '../src/domain/message-text.ts'
import type { Outcome } from '../src/domain/outcome.ts'
import { GROUP_UNKNOWN, stopsAccount, UNSENT, untried } from '../src/domain/platform-code.ts'
import { recallThenTell } from '../src/domain/recall.ts'
import type {
  Adapter,
  Capabilities,
  Channel,
  Health,
  HttpAnswer,
  Recipient,
  SendBatch,
  Toolbox,
} from './channel.ts'
import { healthOf, outcomeOfLook, outcomeOfRecall, outcomeOfSend } from './wechat-group/answer.ts'
import {
  readWechatGroupSettings,
  secretOf,
  type WechatGroupSettings,
} from './wechat-group/settings.ts'

const ADAPTER = 'wechat-group'
/** So few that all of them, at the bridge's pace, end within the lease. */
const BATCH_MAX = 4
/** An account that speaks faster than a person is shut out. 待核 */
const PACE_MS = 4_000
/** WeChat takes nothing back after that. 待核 */
const RECALL_MS_MAX = 120_000
const ANSWER_BYTES_MAX = 64 * 1_024
const HEALTH_MS_MAX = 15_000
/** 群编号 as WeChat and 企业微信 write it, 待核; anything else on the contact list is a topic. */
const ROOM_ID = /^[\w-]{1,100}@chatroom$|^@@[0-9a-f]{32,64}$|^R:\d{5,25}$/
const TOPIC_CHARACTERS_MAX = 200

export const wechatGroup: Adapter = {
  adapter: ADAPTER,
  create(given, tools) {
    const settings = readWechatGroupSettings(ADAPTER, given)
    return new WechatGroup(settings, secretOf(ADAPTER, settings, tools), tools)
  },
}

class WechatGroup implements Channel {
  readonly adapter = ADAPTER
  readonly runsOn = ['node'] as const
  readonly capabilities: Capabilities
  readonly #settings: WechatGroupSettings
  readonly #secret: string
  readonly #tools: Toolbox
  #closed = false

  constructor(settings: WechatGroupSettings, secret: string, tools: Toolbox) {
    this.#settings = settings
    this.#secret = secret
    this.#tools = tools
    this.capabilities = {
      addressing: 'group',
      batchMax: BATCH_MAX,
      perCall: 'one',
      limits: { textCharactersMax: settings.charactersMax },
      // The bridge knows a key again, but only until it is started anew.
      idempotency: 'none',
      receipts: 'none',
      countsWhen: 'accepted',
      retract: 'recall',
      retractWithinMs: RECALL_MS_MAX,
      // One account speaks with one voice.
      concurrencyMax: 1,
      rates: settings.rates ?? {
        limits: [{ scope: 'account', window: PACE_MS, max: 1, unit: 'call' }],
      },
    }
  }

  render(input: Parameters<Channel['render']>[0]) {
    const { contents, link } = this.#settings
    return renderMessageText(input, { contents, link, markdown: false })
  }

  check(payload: Parameters<Channel['check']>[0]) {
    const { charactersMax, linkCharacters } = this.#settings
    return messageProblems(payload, () => ({ charactersMax, linkCharacters }))
  }

  async send(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = []
    let stopped: Outcome | undefined
    for (const recipient of batch.recipients) {
      if (stopped) {
        outcomes.push(untried(stopped))
        continue
      }
      const outcome = await this.#sendOne(recipient, batch, signal)
      outcomes.push(outcome)
      if (stopsAccount(outcome)) stopped = outcome
    }
    if (stopped && 'code' in stopped)
      this.#tools.log('wechat-road', { kind: stopped.kind, code: stopped.code })
    return outcomes
  }

  async #sendOne(recipient: Recipient, batch: SendBatch, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted || this.#closed) return UNSENT
    const text = (recipient.fields ?? batch.fields)[TEXT] ?? ''
    if ([...text].length > this.#settings.charactersMax) return TOO_LONG
    const room = this.#roomOf(recipient.address)
    if (room === undefined) return GROUP_UNKNOWN
    const body = { key: keyOf(batch, recipient), room, text }
    return outcomeOfSend(await this.#call('POST', '/v1/send', signal, body))
  }

  #roomOf(address: string): { readonly id?: string; readonly topic?: string } | undefined {
    const named = this.#settings.groups.find(({ group }) => group === address)
    if (!named && (address === '' || [...address].length > TOPIC_CHARACTERS_MAX)) return undefined
    const { id, topic } = named ?? (ROOM_ID.test(address) ? { id: address } : { topic: address })
    return { ...(id === undefined ? {} : { id }), ...(topic === undefined ? {} : { topic }) }
  }

  /** What the bridge remembers of this very attempt. */
  async reconcile(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = []
    for (const recipient of batch.recipients) {
      const path = `/v1/sent?key=${encodeURIComponent(keyOf(batch, recipient))}`
      outcomes.push(outcomeOfLook(await this.#call('GET', path, signal)))
    }
    return outcomes
  }

  /** Takes each room's own message back, and says why in a new one. */
  retract(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    return recallThenTell(
      batch.recipients,
      (reference) => this.#recall(reference, signal),
      (recipients) => this.send({ ...batch, recipients }, signal),
    )
  }

  async #recall(reference: string, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted || this.#closed) return UNSENT
    const outcome = outcomeOfRecall(
      await this.#call('POST', '/v1/recall', signal, { id: reference }),
    )
    this.#tools.log('wechat-recall', { kind: outcome.kind })
    return outcome
  }

  async health(): Promise<Health> {
    if (this.#closed) return { state: 'down', detail: '通路已关闭' }
    return healthOf(await this.#call('GET', '/v1/health'))
  }

  #call(
    method: 'GET' | 'POST',
    path: string,
    signal?: AbortSignal,
    body?: unknown,
  ): Promise<HttpAnswer> {
    const { url, answerTimeoutMs } = this.#settings
    const timeoutMs = method === 'GET' ? Math.min(answerTimeoutMs, HEALTH_MS_MAX) : answerTimeoutMs
    return this.#tools.http({
      ...{ method, url: url.replace(/\/$/, '') + path, timeoutMs, bytesMax: ANSWER_BYTES_MAX },
      headers: {
        authorization: `Bearer ${this.#secret}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    })
  }

  async close(): Promise<void> {
    this.#closed = true
  }
}

/** One attempt of one recipient: the hub's next attempt, or a person's decision to send again, has another. */
function keyOf(batch: SendBatch, recipient: Recipient): string {
  return `${batch.key}/${recipient.key}`
}

const TOO_LONG: Outcome = {
  kind: 'refused',
  scope: 'message',
  code: 'too-long',
  detail: '填入链接后超过一条群消息的字数，没有发出，请缩短正文后重新签发',
}
