/** 语音电话: calls one number after the other and reads an approved template aloud (Aliyun, SingleCallByTts). Where a
 *  key confirms, only its pressing counts. A lost answer stays `unsure`: the phone may ring already. */
import {
  checkApproved,
  reckoned,
  renderApproved,
  TEMPLATE,
  variablesIn,
} from '../src/domain/approved-template.ts'
import type { Outcome } from '../src/domain/outcome.ts'
import type { Rates } from '../src/domain/rates.ts'
import { type AliyunLine, openAliyunLine } from '../src/kit/aliyun-line.ts'
import { sha256Hex } from '../src/kit/hash.ts'
import { type Denial, stopsTheRoad, textMember, type Verdict } from '../src/kit/json-answer.ts'
import { mobileNumber } from '../src/kit/mobile-number.ts'
import { openTurns, type Turns } from '../src/kit/turns.ts'
import type { Adapter, Capabilities, Channel, Health, SendBatch, Toolbox } from './channel.ts'
import { ALIYUN_VOICE } from './voice-aliyun/codes.ts'
import { answerCallback } from './voice-aliyun/hearing.ts'
import { askWhatBecame, healthOf } from './voice-aliyun/inquiry.ts'
import { type AliyunVoiceAccount, readAccount } from './voice-aliyun/settings.ts'

const ADAPTER = 'voice-aliyun'
const BATCH_MAX = 64
/** All variables of a call together stay below 250 (SingleCallByTts, TtsParam). */
const VARIABLES_CHARACTERS_MAX = 249
/** OutId takes 15 bytes. */
const NAME_CHARACTERS = 15
/** A record is pushed again after 1, 5 and 10 minutes; a question is answered after 3 to 5. */
const RECEIPTS_WITHIN_MS = 30 * 60_000

/** 1,000 calls a second; one number once a minute, five times an hour, twenty times in 24 hours. */
const RATES: Rates = {
  limits: [
    { scope: 'account', window: 1_000, max: 1_000, unit: 'call' },
    { scope: 'target', window: 60_000, max: 1, unit: 'message' },
    { scope: 'target', window: 3_600_000, max: 5, unit: 'message' },
    { scope: 'target', window: 86_400_000, max: 20, unit: 'message' },
  ],
}

const BAD_NUMBER: Outcome = {
  kind: 'refused',
  scope: 'recipient',
  code: 'address-invalid',
  detail: '不是11位手机号，不能拨打，请在通讯录中更正',
}
const UNSENT: Denial = { kind: 'retry', code: 'abort', detail: '发送被中止，电话没有拨出' }
const TOO_LONG: Denial = {
  kind: 'refused',
  scope: 'recipient',
  code: 'too-long',
  detail: `填入称呼后变量合计超过 ${VARIABLES_CHARACTERS_MAX} 个字，请缩短正文后重新签发`,
}

export const voiceAliyun: Adapter = {
  adapter: ADAPTER,
  create: (given, tools) => new AliyunVoiceChannel(readAccount(ADAPTER, given, tools), tools),
}

class AliyunVoiceChannel implements Channel {
  readonly adapter = ADAPTER
  readonly runsOn = ['node'] as const
  readonly capabilities: Capabilities
  readonly receipts?: NonNullable<Channel['receipts']>
  readonly #account: AliyunVoiceAccount
  readonly #tools: Toolbox
  readonly #line: AliyunLine
  readonly #turns: Turns
  #closed = false

  constructor(account: AliyunVoiceAccount, tools: Toolbox) {
    this.#account = account
    this.#tools = tools
    this.#line = lineOf(account, tools)
    const { callsMax, countsWhen, rates, confirmKey } = account.settings
    this.#turns = openTurns(callsMax)
    const { callbackSecret } = account
    this.capabilities = {
      ...{ addressing: 'recipient', batchMax: BATCH_MAX, perCall: 'one', idempotency: 'none' },
      limits: { textCharactersMax: VARIABLES_CHARACTERS_MAX },
      receipts: callbackSecret === undefined ? 'poll' : 'push',
      receiptsWithinMs: RECEIPTS_WITHIN_MS,
      ...{ countsWhen, retract: 'correction-only', concurrencyMax: callsMax },
      rates: rates ?? RATES,
    }
    const { callbackSecret: named } = account.settings
    const former = () => (named === undefined ? undefined : tools.formerSecret?.(named))
    if (callbackSecret !== undefined)
      this.receipts = (request) =>
        answerCallback(request, [callbackSecret, former()], confirmKey, tools)
  }

  render(input: Parameters<Channel['render']>[0]) {
    return renderApproved(input, this.#account.settings.templates, '')
  }

  check(payload: Parameters<Channel['check']>[0]) {
    const problems = checkApproved(payload, this.#account.settings.templates, '')
    const names = Object.keys(payload.fields).filter((name) => name.startsWith('variable.'))
    const length = names.reduce((sum, name) => sum + widthOf(reckoned(payload.fields[name])), 0)
    const over = length - VARIABLES_CHARACTERS_MAX
    if (over <= 0) return problems
    const limit = VARIABLES_CHARACTERS_MAX
    const text = `电话里能念的变量合计最多 ${limit} 个字，请删去 ${over} 个字，或改用只念标题的模板`
    return [...problems, { field: 'variables', text, limit }]
  }

  async send(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = batch.recipients.map(() => BAD_NUMBER)
    let stopped: Denial | undefined
    const callOne = async (index: number, number: string, fields: SendBatch['fields']) => {
      const verdict = stopped ?? (await this.#call(number, fields, batch, signal))
      outcomes[index] = verdict.kind === 'taken' ? taken(verdict.tree) : verdict
      if (verdict.kind !== 'taken' && stopsOthers(verdict)) stopped ??= untried(verdict)
    }
    const calls = batch.recipients.map(({ address, fields = batch.fields }, index) => {
      const number = mobileNumber(address)
      return number && this.#turns.take(() => callOne(index, number, fields))
    })
    await Promise.all(calls)
    if (stopped) this.#tools.log('voice-aliyun-road', { code: stopped.code })
    return outcomes
  }

  poll: NonNullable<Channel['poll']> = (pending, signal) =>
    askWhatBecame(this.#line, pending, this.#account.settings.confirmKey, signal)

  health(): Promise<Health> {
    const { answerTimeoutMs } = this.#account.settings
    if (this.#closed) return Promise.resolve({ state: 'down', detail: '语音通路已关闭' })
    return healthOf(this.#line, AbortSignal.timeout(2 * answerTimeoutMs))
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#turns.idle()
  }

  async #call(
    number: string,
    fields: SendBatch['fields'],
    batch: SendBatch,
    signal: AbortSignal,
  ): Promise<Verdict> {
    if (signal.aborted || this.#closed) return UNSENT
    const variables = variablesIn(fields)
    const width = Object.values(variables).reduce((sum, value) => sum + widthOf(value), 0)
    if (width > VARIABLES_CHARACTERS_MAX) return TOO_LONG
    const { showNumber, playTimes, volume, speed } = this.#account.settings
    const parameters = {
      ...{ CalledNumber: number, OutId: sha256Hex(batch.key).slice(0, NAME_CHARACTERS) },
      ...{ TtsCode: fields[TEMPLATE] ?? '', TtsParam: JSON.stringify(variables) },
      ...{ PlayTimes: String(playTimes), Volume: String(volume), Speed: String(speed) },
      ...(showNumber === undefined ? {} : { CalledShowNumber: showNumber }),
    }
    return this.#line.call('SingleCallByTts', { parameters }, batch.at, signal)
  }
}

function lineOf(
  { settings, secret }: AliyunVoiceAccount,
  tools: Pick<Toolbox, 'http'>,
): AliyunLine {
  const { endpoint, accessKeyId, answerTimeoutMs: timeoutMs } = settings
  const key = { id: accessKeyId, secret }
  const product = { endpoint, version: '2017-05-25', key, vendor: ALIYUN_VOICE, timeoutMs }
  return openAliyunLine(product, (request) => tools.http(request))
}

function widthOf(text: string): number {
  return [...text].length
}

function taken(tree: unknown): Outcome {
  const reference = textMember(tree, 'CallId')
  return { kind: 'accepted', units: 1, ...(reference ? { reference } : {}) }
}

/** Words that were refused stop nobody: each number is told so itself. */
function stopsOthers(denial: Denial): boolean {
  return (
    stopsTheRoad(denial, ALIYUN_VOICE) && !(denial.kind === 'refused' && denial.scope === 'message')
  )
}

/** What a number is told that was never called, because the road had failed before it. */
function untried(denial: Denial): Denial {
  if (denial.kind === 'retry') return denial
  const detail = '同一批的前一次调用被整体拒绝，这一个没有拨打'
  return { kind: 'retry', code: denial.code, detail }
}
