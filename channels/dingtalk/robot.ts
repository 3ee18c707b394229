/** 钉钉群机器人: one call a group, over the robot that stands in it, signed with the time of the attempt. Token
 *  and signature stand in the address, which is never said. There is no message id: nothing is recalled. */
import type { Outcome } from '../../src/domain/outcome.ts'
import {
  GROUP_UNKNOWN,
  ofOneRobot,
  stopsAccount,
  UNSENT,
  untried,
} from '../../src/domain/platform-code.ts'
import { inTurn, inTurnUntil } from '../../src/kit/in-turn.ts'
import { signText } from '../../src/kit/signing.ts'
import type { Capabilities, Channel, Health, Recipient, SendBatch, Toolbox } from '../channel.ts'
import { ANSWER_BYTES_MAX, readAnswer, TOO_LONG } from './answer.ts'
import { ROBOT_CODES, SECURITY_CODE } from './codes.ts'
import { bytesMaxOf, checkDingtalk, isTooLong, renderDingtalk, wireMessage } from './message.ts'
import { type RobotSettings, secretsOf } from './settings.ts'

const BATCH_MAX = 16
const CALLS_MAX = 4
const MINUTE_MS = 60_000
const BLOCK_MS = 600_000

interface Robot {
  readonly token: string
  readonly secret: string | undefined
}

export function openRobots(adapter: string, settings: RobotSettings, tools: Toolbox): Channel {
  const named = settings.robots.flatMap(({ token, secret }, index) => [
    [`robots.${index}.token`, token] as const,
    ...(secret === undefined ? [] : [[`robots.${index}.secret`, secret] as const]),
  ])
  const secrets = secretsOf(adapter, named, tools)
  const robots = settings.robots.map(({ group }, index): [string, Robot] => [
    group,
    {
      token: secrets.get(`robots.${index}.token`) ?? '',
      secret: secrets.get(`robots.${index}.secret`),
    },
  ])
  return new DingtalkRobots(adapter, settings, new Map(robots), tools)
}

class DingtalkRobots implements Channel {
  readonly adapter: string
  readonly runsOn = ['node'] as const
  readonly capabilities: Capabilities
  readonly #settings: RobotSettings
  readonly #robots: ReadonlyMap<string, Robot>
  readonly #tools: Toolbox
  #closed = false

  constructor(
    adapter: string,
    settings: RobotSettings,
    robots: ReadonlyMap<string, Robot>,
    tools: Toolbox,
  ) {
    this.adapter = adapter
    this.#settings = settings
    this.#robots = robots
    this.#tools = tools
    this.capabilities = {
      addressing: 'group',
      batchMax: BATCH_MAX,
      perCall: 'one',
      limits: { bytesMax: bytesMaxOf(settings) },
      idempotency: 'none',
      receipts: 'none',
      countsWhen: 'accepted',
      retract: 'correction-only',
      concurrencyMax: CALLS_MAX,
      // 20 a minute and robot; whoever exceeds it is shut out for ten minutes.
      rates: settings.rates ?? {
        limits: [
          { scope: 'target', window: MINUTE_MS, max: 20, unit: 'call', penaltyMs: BLOCK_MS },
        ],
      },
    }
  }

  render(input: Parameters<Channel['render']>[0]) {
    return renderDingtalk(input, this.#settings)
  }

  check(payload: Parameters<Channel['check']>[0]) {
    return checkDingtalk(payload, this.#settings)
  }

  async send(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const { results, stopped } = await inTurnUntil(
      batch.recipients,
      CALLS_MAX,
      (recipient) => this.#sendOne(recipient, batch, signal),
      { stops: stopsAccount, rest: untried },
    )
    if (stopped && 'code' in stopped)
      this.#tools.log('dingtalk-road', { kind: stopped.kind, code: stopped.code })
    return results
  }

  async #sendOne(recipient: Recipient, batch: SendBatch, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted || this.#closed) return UNSENT
    const fields = recipient.fields ?? batch.fields
    if (isTooLong('robot', fields)) return TOO_LONG
    const robot = this.#robots.get(recipient.address)
    if (!robot) return GROUP_UNKNOWN
    const query = queryOf(robot, batch.at.getTime())
    const read = readAnswer(await this.#call(query, wireMessage(fields), signal))
    if (read.kind === 'taken') return { kind: 'accepted' }
    return ofOneRobot(read.outcome, ROBOT_CODES.includes(read.code ?? ''), this.#robots.size)
  }

  #call(query: string, body: Readonly<Record<string, unknown>>, signal?: AbortSignal) {
    const { baseUrl, answerTimeoutMs } = this.#settings
    return this.#tools.http({
      ...{ method: 'POST', timeoutMs: answerTimeoutMs, bytesMax: ANSWER_BYTES_MAX },
      url: `${baseUrl}/robot/send?${query}`,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body),
      ...(signal ? { signal } : {}),
    })
  }

  async health(): Promise<Health> {
    if (this.#closed) return { state: 'down', detail: '通路已关闭' }
    const robots = [...this.#robots.values()]
    const states = await inTurn(robots, CALLS_MAX, (robot) => this.#probe(robot))
    const lost = states.find((state) => state === 'silent')
    if (lost) return { state: 'down', detail: '钉钉没有答复，或答复看不懂，请检查地址和网络' }
    const bad = states.filter((state) => state !== 'ok').length
    if (bad === 0) return { state: 'ok', detail: `${robots.length} 个群机器人的地址和安全设置有效` }
    const detail = `${robots.length} 个群机器人中有 ${bad} 个地址或加签密钥不对，请重新复制并更新机密`
    return { state: bad === robots.length ? 'down' : 'degraded', detail }
  }

  /** A message without a kind reaches nobody. Without a clock of our own the time of the signature is that of
   *  the platform's first answer. */
  async #probe(robot: Robot): Promise<'ok' | 'bad' | 'silent'> {
    const first = await this.#call(queryOf({ ...robot, secret: undefined }, 0), {})
    if (first.kind !== 'answer') return 'silent'
    const read = readAnswer(first)
    if (read.kind === 'not' && read.code === undefined) return 'silent'
    if (read.kind === 'not' && ROBOT_CODES.includes(read.code ?? '')) return 'bad'
    const at = Date.parse(first.headers['date'] ?? '')
    if (robot.secret === undefined || Number.isNaN(at)) return 'ok'
    const second = readAnswer(await this.#call(queryOf(robot, at), {}))
    // A robot may also demand a word, and a message without a kind has none.
    const refused = second.kind === 'not' && second.code === SECURITY_CODE
    return refused && second.outcome.kind === 'refused' && /加签/.test(second.outcome.detail)
      ? 'bad'
      : 'ok'
  }

  async close(): Promise<void> {
    this.#closed = true
  }
}

/** 加签: base64 of HMAC-SHA256 over time and secret, in milliseconds, good for one hour. */
function queryOf({ token, secret }: Robot, at: number): string {
  const query = new URLSearchParams({ access_token: token })
  if (secret === undefined) return query.toString()
  const recipe = { algorithm: 'hmac-sha256', encoding: 'base64' } as const
  query.set('timestamp', String(at))
  query.set('sign', signText(recipe, `${at}\n${secret}`, secret))
  return query.toString()
}
