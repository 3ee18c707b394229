/** 钉钉工作通知: one task for up to a hundred people, or one a group of departments and people. The platform
 *  takes a task and says later, when asked, whom it reached; the same words reach a person once a day. */
import type { Outcome } from '../../src/domain/outcome.ts'
import {
  GROUP_UNKNOWN,
  NAME_UNREADABLE,
  stopsAccount,
  UNSENT,
  unsentOutcome,
  untried,
} from '../../src/domain/platform-code.ts'
import { recallThenTell } from '../../src/domain/recall.ts'
import { inTurn, inTurnUntil } from '../../src/kit/in-turn.ts'
import { keepToken, type TokenKeeper } from '../../src/kit/token-keeper.ts'
import type {
  Capabilities,
  Channel,
  Health,
  Heard,
  Pending,
  Recipient,
  SendBatch,
  Toolbox,
} from '../channel.ts'
import { ANSWER_BYTES_MAX, BAD_USER, type Read, readAnswer, TOO_LONG } from './answer.ts'
import { TOKEN_CODES } from './codes.ts'
import { bytesMaxOf, checkDingtalk, isTooLong, renderDingtalk, wireMessage } from './message.ts'
import { heardOf } from './result.ts'
import { secretsOf, type WorkSettings } from './settings.ts'

const USERS_A_CALL_MAX = 100
const GROUPS_A_BATCH_MAX = 16
const CALLS_MAX = 4
const DAY_MS = 86_400_000
/** Lists written with a comma would reach others than those who were signed for. */
const USER = /^[A-Za-z0-9][\w.@-]{0,63}$/

export function openWork(adapter: string, settings: WorkSettings, tools: Toolbox): Channel {
  const secret = secretsOf(adapter, [['secret', settings.secret]], tools).get('secret') ?? ''
  return new DingtalkWork(adapter, settings, secret, tools)
}

type Said = { outcome: Outcome } | Extract<Read, { kind: 'taken' }>

class DingtalkWork implements Channel {
  readonly adapter: string
  readonly runsOn = ['node'] as const
  readonly capabilities: Capabilities
  readonly #settings: WorkSettings
  readonly #tools: Toolbox
  readonly #secret: string
  readonly #token: TokenKeeper<Outcome>
  #closed = false

  constructor(adapter: string, settings: WorkSettings, secret: string, tools: Toolbox) {
    this.adapter = adapter
    this.#settings = settings
    this.#secret = secret
    this.#tools = tools
    this.#token = keepToken(() => this.#fetchToken())
    const toGroups = settings.addressing === 'group'
    this.capabilities = {
      addressing: settings.addressing,
      batchMax: toGroups ? GROUPS_A_BATCH_MAX : USERS_A_CALL_MAX,
      perCall: toGroups ? 'one' : 'batch',
      limits: { bytesMax: bytesMaxOf(settings) },
      idempotency: 'content',
      receipts: 'poll',
      // The result of a task can be asked for within 24 hours.
      receiptsWithinMs: DAY_MS,
      countsWhen: 'accepted',
      retract: 'recall',
      concurrencyMax: CALLS_MAX,
      rates: settings.rates ?? {
        limits: [{ scope: 'target', window: 'day', max: 500, unit: 'message' }],
      },
    }
  }

  render(input: Parameters<Channel['render']>[0]) {
    return renderDingtalk(input, this.#settings)
  }

  check(payload: Parameters<Channel['check']>[0]) {
    return checkDingtalk(payload, this.#settings)
  }

  send(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    return this.#settings.addressing === 'group'
      ? this.#sendToGroups(batch, signal)
      : this.#sendToUsers(batch, signal)
  }

  async #sendToUsers(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const { recipients } = batch
    const users = recipients.filter(({ address }) => USER.test(address))
    if (users.length === 0) return recipients.map(() => BAD_USER)
    const to = { userid_list: users.map(({ address }) => address).join(',') }
    const said = await this.#say(to, users[0]?.fields ?? batch.fields, signal)
    return recipients.map(({ address }) => (USER.test(address) ? outcomeOf(said) : BAD_USER))
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
    const { users, departments } = found
    const to = {
      ...(users.length > 0 ? { userid_list: users.join(',') } : {}),
      ...(departments.length > 0 ? { dept_id_list: departments.join(',') } : {}),
    }
    return outcomeOf(await this.#say(to, recipient.fields ?? batch.fields, signal))
  }

  async #say(
    to: Readonly<Record<string, string>>,
    fields: SendBatch['fields'],
    signal: AbortSignal,
  ): Promise<Said> {
    if (signal.aborted || this.#closed) return { outcome: UNSENT }
    if (isTooLong('work', fields)) return { outcome: TOO_LONG }
    const msg = wireMessage(fields)
    return this.#withToken('asyncsend_v2', signal, { ...to, to_all_user: false, msg })
  }

  /** A token that has run out is replaced once; nothing was done with it. */
  async #withToken(
    action: 'asyncsend_v2' | 'getsendresult' | 'recall',
    signal: AbortSignal,
    body: Readonly<Record<string, unknown>>,
  ): Promise<Said> {
    const { baseUrl, agentId, answerTimeoutMs } = this.#settings
    for (const last of [false, true]) {
      const got = await this.#token.take()
      if ('fault' in got) return { outcome: unsentOutcome(got.fault) }
      const token = encodeURIComponent(got.token)
      const read = readAnswer(
        await this.#tools.http({
          ...{ method: 'POST', timeoutMs: answerTimeoutMs, bytesMax: ANSWER_BYTES_MAX, signal },
          url: `${baseUrl}/topapi/message/corpconversation/${action}?access_token=${token}`,
          headers: { 'content-type': 'application/json; charset=utf-8' },
          body: JSON.stringify({ agent_id: agentId, ...body }),
        }),
      )
      if (read.kind === 'taken') return read
      const { code, outcome } = read
      if (last || code === undefined || !TOKEN_CODES.includes(code)) {
        if ('code' in outcome)
          this.#tools.log('dingtalk-work', { action, kind: outcome.kind, code: outcome.code })
        return { outcome }
      }
      this.#token.drop(got.token)
    }
    return { outcome: UNSENT }
  }

  /** GET gettoken: within its two hours the platform gives the same token again. */
  async #fetchToken(): Promise<{ token: string } | { fault: Outcome }> {
    const { baseUrl, appKey, answerTimeoutMs } = this.#settings
    const query = new URLSearchParams({ appkey: appKey, appsecret: this.#secret })
    const read = readAnswer(
      await this.#tools.http({
        ...{ method: 'GET', url: `${baseUrl}/gettoken?${query}` },
        ...{ timeoutMs: answerTimeoutMs, bytesMax: ANSWER_BYTES_MAX },
      }),
    )
    if (read.kind === 'not') return { fault: read.outcome }
    const token = read.record['access_token']
    if (typeof token === 'string' && token !== '') return { token }
    return { fault: { kind: 'retry', code: 'no-token', detail: '平台没有给出凭证，消息没有发出' } }
  }

  async poll(pending: readonly Pending[], signal: AbortSignal): Promise<readonly Heard[]> {
    const tasks = new Map<string, Pending[]>()
    for (const one of pending) {
      if (!/^\d{1,20}$/.test(one.reference)) continue
      const known = tasks.get(one.reference) ?? []
      known.push(one)
      tasks.set(one.reference, known)
    }
    const heard = await inTurn([...tasks], CALLS_MAX, async ([reference, some]) => {
      if (signal.aborted || this.#closed) return []
      const said = await this.#withToken('getsendresult', signal, { task_id: Number(reference) })
      if ('outcome' in said) return []
      return heardOf(said.record['send_result'], some, this.#settings.addressing === 'group')
    })
    return heard.flat()
  }

  /** Takes the old tasks back, each with everybody it went to, and says why in a new one. */
  retract(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    return recallThenTell(
      batch.recipients,
      (reference) => this.#recall(reference, signal),
      (recipients) => this.send({ ...batch, recipients }, signal),
    )
  }

  async #recall(reference: string, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted || this.#closed) return UNSENT
    if (!/^\d{1,15}$/.test(reference)) return NAME_UNREADABLE
    const outcome = outcomeOf(
      await this.#withToken('recall', signal, { msg_task_id: Number(reference) }),
    )
    this.#tools.log('dingtalk-recall', { kind: outcome.kind })
    return outcome
  }

  async health(): Promise<Health> {
    if (this.#closed) return { state: 'down', detail: '通路已关闭' }
    const got = await this.#fetchToken()
    if ('token' in got) return { state: 'ok', detail: '已取得钉钉的凭证' }
    const detail = 'detail' in got.fault ? got.fault.detail : '没有取得钉钉的凭证'
    return { state: 'down', detail }
  }

  async close(): Promise<void> {
    this.#closed = true
  }
}

function outcomeOf(said: Said): Outcome {
  if ('outcome' in said) return said.outcome
  const task = said.record['task_id']
  const known = typeof task === 'number' || typeof task === 'string'
  return { kind: 'accepted', ...(known ? { reference: String(task) } : {}) }
}
