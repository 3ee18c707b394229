/** 运营商直连 SMPP 3.4: messages over a line of our own to a carrier. What a status means stands in
 *  `sms-smpp/status.ts`. Refuses numbers that cannot get a message; acknowledges nothing it heard
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
} from './sms-smpp/answer.ts'
import { heardOf } from './sms-smpp/hearing.ts'
import { type Bound, bindFrame, bindRefusal, deliverAnswer } from './sms-smpp/login.ts'
import { mobileOf } from './sms-smpp/number.ts'
import { readPdu } from './sms-smpp/pdu.ts'
import { SMPP } from './sms-smpp/protocol.ts'
import { passwordOf, readSmppSettings, type SmppSettings } from './sms-smpp/settings.ts'
import { isSlower } from './sms-smpp/status.ts'
import { judgeSubmit, type Script, scriptOf } from './sms-smpp/submit.ts'

const ADAPTER = 'sms-smpp'
const BATCH_MAX = 64
/** batches under way at once; the window of the line bounds what they put on it together */
const CONCURRENCY = 4
const TEXT = 'text'

export const smsSmpp: Adapter = {
  adapter: ADAPTER,
  create(given, tools) {
    const settings = readSmppSettings(ADAPTER, given, tools)
    return new SmppChannel(settings, passwordOf(ADAPTER, settings, tools), tools)
  },
}

class SmppChannel implements Channel {
  readonly adapter = ADAPTER
  readonly runsOn = ['node'] as const
  readonly capabilities: Capabilities
  readonly poll?: NonNullable<Channel['poll']>
  readonly #settings: SmppSettings
  readonly #tools: Toolbox
  readonly #line: Line
  /** the connection of its own on which a pair hears */
  readonly #hearing: Line | undefined
  #ear: ((heard: readonly Heard[]) => Promise<void>) | undefined

  constructor(settings: SmppSettings, password: string, tools: Toolbox) {
    this.#settings = settings
    this.#tools = tools
    const { bind, partsMax, countsWhen, rates } = settings
    const open = (as: Bound) =>
      openLine({ settings, password, tools }, as, (frames) => this.#hear(frames))
    this.#line = open(bind === 'transceiver' ? 'transceiver' : 'transmitter')
    this.#hearing = bind === 'pair' ? open('receiver') : undefined
    const hears = bind !== 'transmitter'
    this.capabilities = {
      addressing: 'recipient',
      batchMax: BATCH_MAX,
      perCall: 'one',
      limits: { textCharactersMax: partsMax * 67 },
      idempotency: 'none',
      // A receipt is said once it is acknowledged and never again.
      receipts: hears ? 'pull-once' : 'none',
      countsWhen,
      retract: 'correction-only',
      concurrencyMax: CONCURRENCY,
      ...(rates ? { rates } : {}),
    }
    // Receipts come by themselves; being asked opens the line they come over.
    if (hears)
      this.poll = async () => {
        await (this.#hearing ?? this.#line).ready()
        return []
      }
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
    if (recipients.length > 0) void this.#hearing?.ready()
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
      this.#tools.log('sms-smpp-road', { kind: stopped.kind, code })
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

  /** Acknowledged once it is kept; what could not be kept is put off, and the carrier says it again. */
  async #hear(frames: readonly Buffer[]): Promise<readonly (Buffer | undefined)[]> {
    const ear = this.#ear
    if (!ear) return frames.map(() => undefined)
    const rules = { receiptIds: this.#settings.receiptIds, mobileOf }
    const heard = frames.flatMap((frame) => {
      const pdu = readPdu(frame)
      const one = pdu && heardOf(pdu, rules)
      return one ? [one] : []
    })
    try {
      if (heard.length > 0) await ear(heard)
      return frames.map((frame) => deliverAnswer(frame, true))
    } catch {
      this.#tools.log('sms-smpp-unkept', { count: heard.length })
      return frames.map((frame) => deliverAnswer(frame, false))
    }
  }

  async health() {
    const fault = (await this.#line.probe()) ?? (await this.#hearing?.probe())
    if (!fault) return { state: 'ok', detail: '已登录运营商，心跳有应答' } as const
    const outcome = outcomeOfFault(fault, this.#settings)
    return { state: 'down', detail: 'detail' in outcome ? outcome.detail : '' } as const
  }

  async close(): Promise<void> {
    await Promise.all([this.#line.close(), this.#hearing?.close()])
  }
}

/** Nobody may take for unsent what was not answered for. */
const NO_ANSWER: Outcome = { kind: 'unsure', code: 'no-answer', detail: '' }

/** The next message would meet the same. */
function stops(outcome: Outcome): boolean {
  return outcome.kind === 'retry' || (outcome.kind === 'refused' && outcome.scope !== 'recipient')
}

function openLine(
  given: {
    readonly settings: SmppSettings
    readonly password: string
    readonly tools: Toolbox
  },
  as: Bound,
  hear: Hear,
): Line {
  const { settings, password, tools } = given
  const { host, port, secure, window, connectTimeoutMs, answerTimeoutMs } = settings
  return new Line({
    allows: (address, at) => tools.mayReach?.(address, at) ?? true,
    ...{ host, port, secure, connectTimeoutMs, answerTimeoutMs, hear, protocol: SMPP },
    ...{ windowMax: window, pingEveryMs: settings.enquireEveryMs },
    ...{ reconnectMsMin: settings.reconnectMsMin, reconnectMsMax: settings.reconnectMsMax },
    hello: (sequence) => bindFrame(sequence, settings, password, as),
    refusal: (frame) => bindRefusal(frame, settings.errors, as),
  })
}
