/** 运营商直连 CMPP 2.0/3.0: messages over a line of our own to a gateway. What a result means stands in
 *  `sms-cmpp/result.ts`. Refuses numbers that cannot get a message; acknowledges nothing it heard
 *  before it is kept. */
import type { Outcome } from '../src/domain/outcome.ts'
import { reckonedText, shortMessage, shortMessageProblems } from '../src/domain/short-message.ts'
import { Line } from '../src/kit/carrier/line.ts'
import { sendParts } from '../src/kit/carrier/send-parts.ts'
import type { Hear } from '../src/kit/carrier/session.ts'
import { sha256 } from '../src/kit/hash.ts'
import { inTurnUntil } from '../src/kit/in-turn.ts'
import { charactersOver, segmentsOf } from '../src/kit/segments.ts'
import type { Adapter, Capabilities, Channel, Heard, SendBatch, Toolbox } from './channel.ts'
import {
  BAD_NUMBER,
  outcomeOf,
  outcomeOfFault,
  TOO_LONG,
  UNSENT,
  untried,
} from './sms-cmpp/answer.ts'
import { heardOf } from './sms-cmpp/hearing.ts'
import { connectFrame, connectRefusal } from './sms-cmpp/login.ts'
import { mobileOf } from './sms-cmpp/number.ts'
import { readDeliver, writeDeliverAnswer } from './sms-cmpp/pdu.ts'
import { protocolOf } from './sms-cmpp/protocol.ts'
import { isSlower } from './sms-cmpp/result.ts'
import { type CmppSettings, passwordOf, readCmppSettings } from './sms-cmpp/settings.ts'
import { judgeSubmit, type Script, scriptOf } from './sms-cmpp/submit.ts'

const ADAPTER = 'sms-cmpp'
const BATCH_MAX = 64
/** batches under way at once; the window of the line bounds what they put on it together */
const CONCURRENCY = 4
const TEXT = 'text'

export const smsCmpp: Adapter = {
  adapter: ADAPTER,
  create(given, tools) {
    const settings = readCmppSettings(ADAPTER, given, tools)
    return new CmppChannel(settings, passwordOf(ADAPTER, settings, tools), tools)
  },
}

class CmppChannel implements Channel {
  readonly adapter = ADAPTER
  readonly runsOn = ['node'] as const
  readonly capabilities: Capabilities
  readonly #settings: CmppSettings
  readonly #tools: Toolbox
  readonly #line: Line
  #ear: ((heard: readonly Heard[]) => Promise<void>) | undefined

  constructor(settings: CmppSettings, password: string, tools: Toolbox) {
    this.#settings = settings
    this.#tools = tools
    const { partsMax, countsWhen, rates } = settings
    this.#line = openLine(settings, password, tools, (frames) => this.#hear(frames))
    this.capabilities = {
      addressing: 'recipient',
      batchMax: BATCH_MAX,
      perCall: 'one',
      limits: { textCharactersMax: partsMax * 67 },
      idempotency: 'none',
      // A receipt is said once it is acknowledged and never again.
      receipts: 'pull-once',
      countsWhen,
      retract: 'correction-only',
      concurrencyMax: CONCURRENCY,
      ...(rates ? { rates } : {}),
    }
  }

  /** Receipts come by themselves; being asked opens the line they come over. */
  async poll(): Promise<readonly Heard[]> {
    await this.#line.ready()
    return []
  }

  listen(hear: (heard: readonly Heard[]) => Promise<void>): void {
    this.#ear = hear
  }

  render(input: Parameters<Channel['render']>[0]) {
    const { signature, message } = this.#settings
    const { text, losses } = shortMessage(input, { signature, ...message })
    return { payload: { form: 'text', fields: { [TEXT]: text } } as const, losses }
  }

  check(payload: Parameters<Channel['check']>[0]) {
    const { signature, partsMax, linkCharacters } = this.#settings
    const text = reckonedText(payload.fields[TEXT] ?? [], linkCharacters)
    const { parts } = segmentsOf(text)
    const over = charactersOver(text, partsMax)
    const problems = shortMessageProblems(text, signature, { parts, partsMax, over })
    return problems.map((one) => ({ field: TEXT, ...one }))
  }

  async send(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const { recipients } = batch
    const scripts = new Map<string, Script | undefined>()
    const plans = recipients.map((recipient) => {
      const text = (recipient.fields ?? batch.fields)[TEXT] ?? ''
      if (!scripts.has(text)) scripts.set(text, this.#scriptOf(text, batch.key))
      const script = scripts.get(text)
      const number = mobileOf(recipient.address)
      if (number === undefined) return BAD_NUMBER
      return script ? { script, number } : TOO_LONG
    })
    const able = plans.filter((plan) => 'script' in plan)
    const { results, stopped } = await inTurnUntil(
      able,
      this.#settings.window,
      ({ script, number }) => this.#sendOne(script, number, signal),
      { stops, rest: untried },
    )
    if (stopped) {
      const code = 'code' in stopped ? stopped.code : ''
      this.#tools.log('sms-cmpp-road', { kind: stopped.kind, code })
    }
    const sent = results.values()
    return plans.map((plan) => ('script' in plan ? (sent.next().value ?? NO_ANSWER) : plan))
  }

  #scriptOf(text: string, key: string): Script | undefined {
    if (text === '' || charactersOver(text, this.#settings.partsMax) > 0) return undefined
    return scriptOf(text, sha256(key)[0] ?? 0, this.#settings)
  }

  async #sendOne(script: Script, number: string, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted) return UNSENT
    const { errors, slowerMs } = this.#settings
    const sent = await sendParts(
      {
        frames: script.framesFor(number),
        judge: (frame) => judgeSubmit(frame, (code) => isSlower(code, errors)),
        ask: (frameOf, aborting) => this.#line.ask(frameOf, aborting),
        pauseMs: slowerMs,
      },
      signal,
    )
    return outcomeOf(sent, script.units, this.#settings)
  }

  /** Acknowledged once it is kept; the gateway says again what it got no acknowledgement of. */
  async #hear(frames: readonly Buffer[]): Promise<readonly (Buffer | undefined)[]> {
    const ear = this.#ear
    if (!ear) return frames.map(() => undefined)
    const { version } = this.#settings
    const heard = frames.flatMap((frame) => {
      const deliver = readDeliver(frame, version)
      const one = deliver && heardOf(deliver)
      return one ? [one] : []
    })
    try {
      if (heard.length > 0) await ear(heard)
      return frames.map((frame) => writeDeliverAnswer(frame, version))
    } catch {
      this.#tools.log('sms-cmpp-unkept', { count: heard.length })
      return frames.map(() => undefined)
    }
  }

  async health() {
    const fault = await this.#line.probe()
    if (!fault) return { state: 'ok', detail: '已登录短信网关，心跳有应答' } as const
    const outcome = outcomeOfFault(fault)
    return { state: 'down', detail: 'detail' in outcome ? outcome.detail : '' } as const
  }

  async close(): Promise<void> {
    await this.#line.close()
  }
}

/** Nobody may take for unsent what was not answered for. */
const NO_ANSWER: Outcome = { kind: 'unsure', code: 'no-answer', detail: '' }

/** The next message would meet the same. */
function stops(outcome: Outcome): boolean {
  return outcome.kind === 'retry' || (outcome.kind === 'refused' && outcome.scope !== 'recipient')
}

function openLine(settings: CmppSettings, secret: string, tools: Toolbox, hear: Hear): Line {
  const { host, port, secure, window, connectTimeoutMs, answerTimeoutMs, spId, version } = settings
  return new Line({
    allows: (address, at) => tools.mayReach?.(address, at) ?? true,
    ...{ host, port, secure, connectTimeoutMs, answerTimeoutMs, hear },
    ...{ protocol: protocolOf(version), windowMax: window },
    ...{ pingEveryMs: settings.activeTestEveryMs, reconnectMsMin: settings.reconnectMsMin },
    reconnectMsMax: settings.reconnectMsMax,
    hello: (sequence, at) => connectFrame(sequence, { spId, secret, version }, at),
    refusal: connectRefusal,
  })
}
