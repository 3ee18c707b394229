/** QQ 群, through an OneBot 11 client that a bureau runs with an account of its own, over HTTP or a WebSocket.
 *  Before anything is sent it asks whether the account is logged in: logged out, nothing leaves, the road stops
 *  and the next signed one takes over. Codes stand in `qq-onebot/codes.ts`. */
import { messageProblems, renderMessageText, TEXT } from '../src/domain/message-text.ts'
import type { Outcome } from '../src/domain/outcome.ts'
import {
  GROUP_UNKNOWN,
  NAME_UNREADABLE,
  stopsAccount,
  UNSENT,
  untried,
} from '../src/domain/platform-code.ts'
import { recallThenTell } from '../src/domain/recall.ts'
import type {
  Adapter,
  Capabilities,
  Channel,
  Health,
  Recipient,
  SendBatch,
  Toolbox,
} from './channel.ts'
import { type Caller, outcomeOfRecord, TOO_LONG, whyNotStanding } from './qq-onebot/answer.ts'
import { openHttpCaller } from './qq-onebot/over-http.ts'
import { openSocketCaller } from './qq-onebot/over-socket.ts'
import { GROUP_ID, type OnebotSettings, readOnebotSettings, tokenOf } from './qq-onebot/settings.ts'

const ADAPTER = 'qq-onebot'
const BATCH_MAX = 16
/** An account that speaks faster than a person is shut out. 待核 */
const PACE_MS = 4_000

export const qqOnebot: Adapter = {
  adapter: ADAPTER,
  create(given, tools) {
    const settings = readOnebotSettings(ADAPTER, given)
    const { url, answerTimeoutMs } = settings
    const token = tokenOf(ADAPTER, settings, tools)
    const mayReach = (host: string, port: number) => tools.mayReach?.(host, port) ?? true
    const caller = url.startsWith('ws')
      ? openSocketCaller({ url, token, answerTimeoutMs, mayReach })
      : openHttpCaller({ url, token, answerTimeoutMs }, tools)
    return new QqOnebot(settings, caller, tools)
  },
}

class QqOnebot implements Channel {
  readonly adapter = ADAPTER
  readonly runsOn = ['node'] as const
  readonly capabilities: Capabilities
  readonly #settings: OnebotSettings
  readonly #caller: Caller
  readonly #tools: Toolbox
  #closed = false

  constructor(settings: OnebotSettings, caller: Caller, tools: Toolbox) {
    this.#settings = settings
    this.#caller = caller
    this.#tools = tools
    this.capabilities = {
      addressing: 'group',
      batchMax: BATCH_MAX,
      perCall: 'one',
      limits: { textCharactersMax: settings.charactersMax },
      idempotency: 'none',
      receipts: 'none',
      countsWhen: 'accepted',
      retract: 'recall',
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
    const { recipients } = batch
    if (recipients.length === 0) return []
    if (signal.aborted || this.#closed) return recipients.map(() => UNSENT)
    let stopped = whyNotStanding(await this.#caller.call('get_status', {}, signal))
    const outcomes: Outcome[] = []
    for (const recipient of recipients) {
      const outcome = stopped ?? (await this.#sendOne(recipient, batch, signal))
      outcomes.push(stopped && outcomes.length > 0 ? untried(outcome) : outcome)
      if (stopsAccount(outcome)) stopped ??= outcome
    }
    if (stopped && 'code' in stopped)
      this.#tools.log('qq-road', { kind: stopped.kind, code: stopped.code })
    return outcomes
  }

  async #sendOne(recipient: Recipient, batch: SendBatch, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted || this.#closed) return UNSENT
    const id = this.#groupOf(recipient.address)
    if (id === undefined) return GROUP_UNKNOWN
    const text = (recipient.fields ?? batch.fields)[TEXT] ?? ''
    if ([...text].length > this.#settings.charactersMax) return TOO_LONG
    // As a segment of text nothing in a bulletin is read as a code of the client's (CQ 码).
    const message = [{ type: 'text', data: { text } }]
    const parameters = { group_id: id, message }
    const said = await this.#caller.call('send_group_msg', parameters, signal)
    return said.kind === 'said' ? outcomeOfRecord(said.record) : said.outcome
  }

  #groupOf(address: string): number | undefined {
    const named = this.#settings.groups.find(({ group }) => group === address)
    const id = named?.id ?? address
    return GROUP_ID.test(id) ? Number(id) : undefined
  }

  /** Takes each group's own message back (delete_msg), and says why in a new one. */
  retract(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    return recallThenTell(
      batch.recipients,
      (reference) => this.#recall(reference, signal),
      (recipients) => this.send({ ...batch, recipients }, signal),
    )
  }

  async #recall(reference: string, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted || this.#closed) return UNSENT
    if (!/^-?\d{1,15}$/.test(reference)) return NAME_UNREADABLE
    const parameters = { message_id: Number(reference) }
    const said = await this.#caller.call('delete_msg', parameters, signal)
    const outcome = said.kind === 'said' ? outcomeOfRecord(said.record) : said.outcome
    this.#tools.log('qq-recall', { kind: outcome.kind })
    return outcome
  }

  async health(): Promise<Health> {
    if (this.#closed) return { state: 'down', detail: '通路已关闭' }
    const why = whyNotStanding(await this.#caller.call('get_status', {}))
    if (why === undefined) return { state: 'ok', detail: 'QQ 账号已登录' }
    return { state: 'down', detail: 'detail' in why ? why.detail : 'QQ 账号没有登录' }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#caller.close()
  }
}
