/** 飞书群机器人: one call a group, over the robot that stands in it, signed in the body with the time of the
 *  attempt. There is no message id: nothing can be recalled. Codes stand in `feishu-robot/codes.ts`. */
import { messageProblems, renderMessageText, TEXT } from '../src/domain/message-text.ts'
import type { Outcome } from '../src/domain/outcome.ts'
import {
  GROUP_UNKNOWN,
  ofOneRobot,
  stopsAccount,
  UNSENT,
  untried,
} from '../src/domain/platform-code.ts'
import type { Rates } from '../src/domain/rates.ts'
import { inTurn, inTurnUntil } from '../src/kit/in-turn.ts'
import { signText } from '../src/kit/signing.ts'
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
import { ANSWER_BYTES_MAX, readAnswer, TOO_LONG } from './feishu-robot/answer.ts'
import { ROBOT_CODES, SIGNATURE_CODE } from './feishu-robot/codes.ts'
import {
  type FeishuSettings,
  type Robot,
  readFeishuSettings,
  robotsOf,
} from './feishu-robot/settings.ts'

const ADAPTER = 'feishu-robot'
const BATCH_MAX = 16
const CALLS_MAX = 4
/** the whole request body */
const BODY_BYTES_MAX = 20 * 1_024
/** the JSON around the text, with time and signature */
const ENVELOPE_BYTES = 256

/** 100 a minute and 5 a second for each robot; at the full and the half hour the platform itself is too busy
 *  and answers 11232. */
const RATES: Rates = {
  limits: [
    { scope: 'target', window: 60_000, max: 100, unit: 'call', penaltyMs: 60_000 },
    { scope: 'target', window: 1_000, max: 5, unit: 'call' },
  ],
  forbidden: [{ minuteOfHour: 0 }, { minuteOfHour: 30 }],
}

export const feishuRobot: Adapter = {
  adapter: ADAPTER,
  create(given, tools) {
    const settings = readFeishuSettings(ADAPTER, given)
    return new FeishuRobots(settings, robotsOf(ADAPTER, settings, tools), tools)
  },
}

class FeishuRobots implements Channel {
  readonly adapter = ADAPTER
  readonly runsOn = ['node'] as const
  readonly capabilities: Capabilities
  readonly #settings: FeishuSettings
  readonly #robots: ReadonlyMap<string, Robot>
  readonly #tools: Toolbox
  #closed = false

  constructor(settings: FeishuSettings, robots: ReadonlyMap<string, Robot>, tools: Toolbox) {
    this.#settings = settings
    this.#robots = robots
    this.#tools = tools
    this.capabilities = {
      addressing: 'group',
      batchMax: BATCH_MAX,
      perCall: 'one',
      limits: { bytesMax: BODY_BYTES_MAX - ENVELOPE_BYTES },
      idempotency: 'none',
      receipts: 'none',
      countsWhen: 'accepted',
      retract: 'correction-only',
      concurrencyMax: CALLS_MAX,
      rates: settings.rates ?? RATES,
    }
  }

  render(input: Parameters<Channel['render']>[0]) {
    const { contents, link, keyword } = this.#settings
    const rendered = renderMessageText(input, { contents, link, keyword, markdown: false })
    const { payload, losses } = rendered
    const text = (payload.fields[TEXT] ?? []).map((piece) =>
      typeof piece === 'string' ? withoutTags(piece) : piece,
    )
    return { payload: { ...payload, fields: { ...payload.fields, [TEXT]: text } }, losses }
  }

  check(payload: Parameters<Channel['check']>[0]) {
    const { linkCharacters } = this.#settings
    // A line break or a quotation mark takes a byte more in JSON.
    const escapes = (payload.fields[TEXT] ?? []).reduce(
      (sum, piece) => sum + (typeof piece === 'string' ? wireBytes(piece) : 0),
      0,
    )
    const bytesMax = BODY_BYTES_MAX - ENVELOPE_BYTES - escapes
    return messageProblems(payload, () => ({ linkCharacters, bytesMax }))
  }

  async send(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const { results, stopped } = await inTurnUntil(
      batch.recipients,
      CALLS_MAX,
      (recipient) => this.#sendOne(recipient, batch, signal),
      { stops: stopsAccount, rest: untried },
    )
    if (stopped && 'code' in stopped)
      this.#tools.log('feishu-road', { kind: stopped.kind, code: stopped.code })
    return results
  }

  async #sendOne(recipient: Recipient, batch: SendBatch, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted || this.#closed) return UNSENT
    const robot = this.#robots.get(recipient.address)
    if (!robot) return GROUP_UNKNOWN
    const text = (recipient.fields ?? batch.fields)[TEXT] ?? ''
    const message = { msg_type: 'text', content: { text } }
    const body = bodyOf(robot, batch.at.getTime(), message)
    if (Buffer.byteLength(body) > BODY_BYTES_MAX) return TOO_LONG
    const { code, outcome } = readAnswer(await this.#call(robot, body, signal))
    return ofOneRobot(outcome, ROBOT_CODES.includes(code ?? ''), this.#robots.size)
  }

  #call({ hook }: Robot, body: string, signal?: AbortSignal): Promise<HttpAnswer> {
    const { baseUrl, answerTimeoutMs } = this.#settings
    return this.#tools.http({
      ...{ method: 'POST', timeoutMs: answerTimeoutMs, bytesMax: ANSWER_BYTES_MAX, body },
      url: `${baseUrl}/open-apis/bot/v2/hook/${encodeURIComponent(hook)}`,
      headers: { 'content-type': 'application/json' },
      ...(signal ? { signal } : {}),
    })
  }

  async health(): Promise<Health> {
    if (this.#closed) return { state: 'down', detail: '通路已关闭' }
    const robots = [...this.#robots.values()]
    const states = await inTurn(robots, CALLS_MAX, (robot) => this.#probe(robot))
    if (states.includes('silent'))
      return { state: 'down', detail: '飞书没有答复，或答复看不懂，请检查地址和网络' }
    const bad = states.filter((state) => state === 'bad').length
    if (bad === 0) return { state: 'ok', detail: `${robots.length} 个群机器人的地址和签名有效` }
    const detail = `${robots.length} 个群机器人中有 ${bad} 个地址或签名密钥不对，请重新复制并更新机密`
    return { state: bad === robots.length ? 'down' : 'degraded', detail }
  }

  /** A message without a kind reaches nobody. Without a clock of our own the time of the signature is that of
   *  the platform's first answer. */
  async #probe(robot: Robot): Promise<'ok' | 'bad' | 'silent'> {
    const first = await this.#call(robot, '{}')
    if (first.kind !== 'answer') return 'silent'
    const { code } = readAnswer(first)
    if (code === undefined) return 'silent'
    if (ROBOT_CODES.includes(code)) return 'bad'
    const at = Date.parse(first.headers['date'] ?? '')
    if (robot.secret === undefined || Number.isNaN(at)) return 'ok'
    const second = readAnswer(await this.#call(robot, bodyOf(robot, at, {})))
    return second.code === SIGNATURE_CODE ? 'bad' : 'ok'
  }

  async close(): Promise<void> {
    this.#closed = true
  }
}

/** 签名校验: base64 of HMAC-SHA256 whose key is time and secret and whose text is empty, in seconds, good for
 *  one hour. */
function bodyOf({ secret }: Robot, at: number, message: Readonly<Record<string, unknown>>): string {
  if (secret === undefined) return JSON.stringify(message)
  const timestamp = String(Math.floor(at / 1_000))
  const recipe = { algorithm: 'hmac-sha256', encoding: 'base64' } as const
  const sign = signText(recipe, '', `${timestamp}\n${secret}`)
  return JSON.stringify({ timestamp, sign, ...message })
}

/** A text is shown as it is but for tags of the robot's own: `<at user_id="all">` would call everybody. */
function withoutTags(text: string): string {
  return text.replace(/<(?=\/?at\b)/gi, '＜')
}

/** What JSON adds to a text. */
function wireBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - Buffer.byteLength(text) - 2
}
