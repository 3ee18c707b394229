/** 短信平台: messages through a vendor's HTTP gateway, which is described by data (`sms/profiles.ts`). What an
 *  answer means stands in `sms/answer.ts`. Refuses numbers that cannot get a message, and callbacks
 *  whose proof does not hold. */
import type { Outcome } from '../src/domain/outcome.ts'
import { signatureMark } from '../src/domain/short-message.ts'
import { sha256Hex } from '../src/kit/hash.ts'
import { charactersOver, segmentsOf } from '../src/kit/segments.ts'
import { openTurns, type Turns } from '../src/kit/turns.ts'
import type {
  Adapter,
  Capabilities,
  Channel,
  Health,
  Heard,
  HttpRequest,
  Pending,
  Recipient,
  SendBatch,
  Toolbox,
} from './channel.ts'
import {
  type Asked,
  BAD_NUMBER,
  INCOMPLETE,
  type Judgement,
  judge,
  TOO_LONG,
  UNSENT,
  untried,
} from './sms/answer.ts'
import { checkMessage } from './sms/check.ts'
import type { Gateway } from './sms/gateway.ts'
import { answerCallback } from './sms/hearing.ts'
import { healthOf, pollAll } from './sms/inquiry.ts'
import { lookUpAll } from './sms/look-up.ts'
import { renderMessage, TEMPLATE, TEXT, VARIABLE } from './sms/message.ts'
import { mobileOf } from './sms/number.ts'
import { type Account, type CallValues, requestOf } from './sms/request.ts'
import { readSmsSettings, secretsOf } from './sms/settings.ts'

const ADAPTER = 'sms'
/** recipients of a batch where a call serves one */
const SINGLES_MAX = 64

export const sms: Adapter = {
  adapter: ADAPTER,
  create(given, tools) {
    const settings = readSmsSettings(ADAPTER, given)
    return new SmsChannel({ settings, secrets: secretsOf(ADAPTER, settings, tools) }, tools)
  },
}

/** One call outside: recipients who get the same words. */
interface Group {
  readonly indexes: readonly number[]
  readonly recipients: readonly Recipient[]
  readonly fields: SendBatch['fields']
  readonly key: string
}

class SmsChannel implements Channel {
  readonly adapter = ADAPTER
  readonly runsOn = ['node'] as const
  readonly capabilities: Capabilities
  readonly receipts?: NonNullable<Channel['receipts']>
  readonly poll?: NonNullable<Channel['poll']>
  readonly reconcile?: NonNullable<Channel['reconcile']>
  readonly #account: Account
  readonly #tools: Toolbox
  readonly #turns: Turns
  #closed = false

  constructor(account: Account, tools: Toolbox) {
    this.#account = account
    this.#tools = tools
    const { gateway, callsMax, partsMax } = account.settings
    this.#turns = openTurns(callsMax)
    const single = gateway.numbers.max === 1
    this.capabilities = {
      addressing: 'recipient',
      batchMax: single ? SINGLES_MAX : gateway.numbers.max,
      perCall: single ? 'one' : 'batch',
      limits: { textCharactersMax: gateway.charactersMax ?? partsMax * 67 },
      idempotency: gateway.lookUp ? 'query' : gateway.keyed ? 'key' : 'none',
      receipts: receiptsOf(gateway),
      countsWhen: gateway.countsWhen,
      retract: 'correction-only',
      concurrencyMax: callsMax,
      ...(account.settings.rates ? { rates: account.settings.rates } : {}),
    }
    const { push, lookUp } = gateway
    if (push) this.receipts = (request) => answerCallback(account, push, request, tools)
    if (gateway.pulls.length > 0)
      this.poll = (pending: readonly Pending[], signal: AbortSignal): Promise<readonly Heard[]> =>
        pollAll(account, tools, pending, signal)
    if (lookUp)
      this.reconcile = (batch, signal) =>
        lookUpAll({ account, tools, lookUp }, this.#groups(batch), batch, signal)
  }

  render(input: Parameters<Channel['render']>[0]) {
    return renderMessage(input, this.#account.settings)
  }

  check(payload: Parameters<Channel['check']>[0]) {
    return checkMessage(payload, this.#account.settings)
  }

  async send(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = batch.recipients.map(() => BAD_NUMBER)
    let stopped: Outcome | undefined
    const sendGroup = async (group: Group) => {
      const judgement = stopped
        ? alike(group, untried(stopped))
        : await this.#sendGroup(group, batch, signal)
      stopped ??= judgement.stops
      group.indexes.forEach((index, place) => {
        outcomes[index] = judgement.outcomes[place] ?? UNSENT
      })
    }
    await Promise.all(this.#groups(batch).map((group) => this.#turns.take(() => sendGroup(group))))
    if (stopped)
      this.#tools.log('sms-road', {
        kind: stopped.kind,
        code: 'code' in stopped ? stopped.code : '',
      })
    return outcomes
  }

  /** In the order of the batch; the same recipients always make the same groups and keys. */
  #groups({ recipients, fields: shared }: SendBatch): readonly Group[] {
    const { max } = this.#account.settings.gateway.numbers
    const byWords = new Map<string, { fields: SendBatch['fields']; indexes: number[] }>()
    for (const [index, { address, fields = shared }] of recipients.entries()) {
      if (mobileOf(address) === undefined) continue
      const words = fields === shared ? '' : JSON.stringify(fields)
      const known = byWords.get(words) ?? { fields, indexes: [] }
      known.indexes.push(index)
      byWords.set(words, known)
    }
    const groups: Group[] = []
    for (const { fields, indexes } of byWords.values())
      for (let from = 0; from < indexes.length; from += max) {
        const some = indexes.slice(from, from + max)
        const chosen = some.flatMap((index) => recipients[index] ?? [])
        const key = sha256Hex(chosen.map((one) => one.key).join('\n')).slice(0, 32)
        groups.push({ indexes: some, recipients: chosen, fields, key })
      }
    return groups
  }

  async #sendGroup(group: Group, batch: SendBatch, signal: AbortSignal): Promise<Judgement> {
    if (signal.aborted || this.#closed) return alike(group, UNSENT)
    const { settings } = this.#account
    const text = group.fields[TEXT] ?? ''
    if (charactersOver(text, settings.partsMax) > 0) return alike(group, TOO_LONG)
    const asked: Asked = {
      gateway: settings.gateway,
      recipients: group.recipients,
      parts: segmentsOf(text).parts,
      key: group.key,
    }
    let request: HttpRequest
    try {
      const values = valuesOf(group, this.#account, batch.at)
      request = requestOf(this.#account, settings.gateway.send, values, batch.at, signal)
    } catch {
      return { ...alike(group, INCOMPLETE), stops: INCOMPLETE }
    }
    return judge(await this.#tools.http(request), asked)
  }

  health(): Promise<Health> {
    if (this.#closed) return Promise.resolve({ state: 'down', detail: '短信通路已关闭' })
    return healthOf(this.#account, this.#tools)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#turns.idle()
  }
}

function receiptsOf({ push, pulls }: Gateway): Capabilities['receipts'] {
  if (push) return 'push'
  if (pulls.length === 0) return 'none'
  return pulls.some(({ per }) => per === 'queue') ? 'pull-once' : 'poll'
}

function alike({ recipients }: Group, outcome: Outcome): Judgement {
  return { outcomes: recipients.map(() => outcome) }
}

function valuesOf(group: Group, { settings }: Account, at: Date): CallValues {
  const { gateway, signature } = settings
  const { fields, key } = group
  const mark = signatureMark(settings)
  const text = fields[TEXT] ?? ''
  const body = text.startsWith(mark) ? text.slice(mark.length) : text
  const { prefix, separator, array } = gateway.numbers
  const numbers = group.recipients.map(({ address }) => `${prefix}${mobileOf(address) ?? ''}`)
  const variables: Record<string, string> = {}
  for (const [name, value] of Object.entries(fields))
    if (name.startsWith(VARIABLE)) variables[name.slice(VARIABLE.length)] = value
  return {
    texts: {
      ...{ numbers: numbers.join(separator), text, body, key },
      ...{ signature: mark, signatureName: signature, template: fields[TEMPLATE] ?? '' },
      variables: JSON.stringify(variables),
      nonce: sha256Hex(`${key} ${at.toISOString()}`).slice(0, 16),
      coding: gateway.codings?.[segmentsOf(text).encoding] ?? '',
    },
    ...(array ? { numbers } : {}),
    variables,
  }
}
