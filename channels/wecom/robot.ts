/** 企业微信群机器人: one call a group, over the robot that stands in it. The key is the whole credential, so it
 *  never leaves this file but on the wire. The platform gives no message id: nothing can be recalled. */
import type { Outcome } from '../../src/domain/outcome.ts'
import {
  GROUP_UNKNOWN,
  ofOneRobot,
  outcomeOfStatus,
  stopsAccount,
  UNSENT,
  untried,
} from '../../src/domain/platform-code.ts'
import { inTurn, inTurnUntil } from '../../src/kit/in-turn.ts'
import type { Capabilities, Channel, Health, Recipient, SendBatch, Toolbox } from '../channel.ts'
import { ANSWER_BYTES_MAX, readAnswer, TOO_LONG } from './answer.ts'
import { ROBOT_CODES } from './codes.ts'
import { bytesMaxOf, checkWecom, isTooLong, renderWecom, wireMessage } from './message.ts'
import { type RobotSettings, secretsOf } from './settings.ts'

const BATCH_MAX = 16
const CALLS_MAX = 4
const MINUTE_MS = 60_000

export function openRobots(adapter: string, settings: RobotSettings, tools: Toolbox): Channel {
  const { robots } = settings
  const secrets = secretsOf(
    adapter,
    robots.map(({ key }, index) => [`robots.${index}.key`, key] as const),
    tools,
  )
  const keys = new Map(
    robots.map(({ group }, index) => [group, secrets.get(`robots.${index}.key`) ?? ''] as const),
  )
  return new WecomRobots(adapter, settings, keys, tools)
}

class WecomRobots implements Channel {
  readonly adapter: string
  readonly runsOn = ['node'] as const
  readonly capabilities: Capabilities
  readonly #settings: RobotSettings
  readonly #keys: ReadonlyMap<string, string>
  readonly #tools: Toolbox
  #closed = false

  constructor(
    adapter: string,
    settings: RobotSettings,
    keys: ReadonlyMap<string, string>,
    tools: Toolbox,
  ) {
    this.adapter = adapter
    this.#settings = settings
    this.#keys = keys
    this.#tools = tools
    this.capabilities = {
      addressing: 'group',
      batchMax: BATCH_MAX,
      perCall: 'one',
      limits: { bytesMax: bytesMaxOf('robot', settings.format) },
      idempotency: 'none',
      receipts: 'none',
      countsWhen: 'accepted',
      retract: 'correction-only',
      concurrencyMax: CALLS_MAX,
      // 20 a minute and robot, and each group has its own robot.
      rates: settings.rates ?? {
        limits: [
          ...[{ scope: 'target', window: MINUTE_MS, max: 20, unit: 'call', penaltyMs: MINUTE_MS }],
        ] as const,
      },
    }
  }

  render(input: Parameters<Channel['render']>[0]) {
    return renderWecom(input, this.#settings)
  }

  check(payload: Parameters<Channel['check']>[0]) {
    return checkWecom(payload, this.#settings)
  }

  async send(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const { results, stopped } = await inTurnUntil(
      batch.recipients,
      CALLS_MAX,
      (recipient) => this.#sendOne(recipient, batch, signal),
      { stops: stopsAccount, rest: untried },
    )
    if (stopped && 'code' in stopped)
      this.#tools.log('wecom-road', { kind: stopped.kind, code: stopped.code })
    return results
  }

  async #sendOne(recipient: Recipient, batch: SendBatch, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted || this.#closed) return UNSENT
    const fields = recipient.fields ?? batch.fields
    if (isTooLong('robot', fields)) return TOO_LONG
    const key = this.#keys.get(recipient.address)
    if (key === undefined) return GROUP_UNKNOWN
    const read = readAnswer(await this.#call(key, wireMessage(fields), signal))
    if (read.kind === 'taken') return { kind: 'accepted' }
    return ofOneRobot(read.outcome, ROBOT_CODES.includes(read.code ?? ''), this.#keys.size)
  }

  #call(key: string, body: Readonly<Record<string, unknown>>, signal?: AbortSignal) {
    return this.#tools.http({
      ...{ method: 'POST', timeoutMs: this.#settings.answerTimeoutMs, bytesMax: ANSWER_BYTES_MAX },
      url: `${this.#settings.baseUrl}/cgi-bin/webhook/send?key=${encodeURIComponent(key)}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...(signal ? { signal } : {}),
    })
  }

  /** A message without a kind reaches nobody: the platform refuses it, and says first when the key is none. */
  async health(): Promise<Health> {
    if (this.#closed) return { state: 'down', detail: '通路已关闭' }
    const keys = [...this.#keys.values()]
    const answers = await inTurn(keys, CALLS_MAX, (key) => this.#call(key, {}))
    const silent = answers.find(({ kind }) => kind !== 'answer')
    if (silent) return { state: 'down', detail: '企业微信没有答复，请检查网络' }
    const reads = answers.map(readAnswer)
    const invalid = reads.filter(
      (one) => one.kind === 'not' && ROBOT_CODES.includes(one.code ?? ''),
    )
    const unreadable = answers.find((one, index) => {
      const read = reads[index]
      return one.kind === 'answer' && read?.kind === 'not' && read.code === undefined
    })
    if (unreadable?.kind === 'answer') {
      const said = outcomeOfStatus(unreadable.status)
      return { state: 'down', detail: 'detail' in said ? said.detail : '看不懂平台的答复' }
    }
    if (invalid.length === 0) return { state: 'ok', detail: `${keys.length} 个群机器人的地址有效` }
    const detail = `${keys.length} 个群机器人中有 ${invalid.length} 个地址无效，请重新添加并更新机密`
    return { state: invalid.length === keys.length ? 'down' : 'degraded', detail }
  }

  async close(): Promise<void> {
    this.#closed = true
  }
}
