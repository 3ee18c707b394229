/** 阿里云短信: an approved template and its variables to mobile numbers (SendSms, SendBatchSms). The platform knows
 *  no repeated message, so that a lost answer stays `unsure` until QuerySendDetails knows. Refuses free text. */
import {
  checkApproved,
  reckoned,
  renderApproved,
  SIGNATURE,
  TEMPLATE,
  TEXT,
  variablesIn,
} from '../src/domain/approved-template.ts'
import type { Outcome } from '../src/domain/outcome.ts'
import type { Rates } from '../src/domain/rates.ts'
import { type AliyunLine, openAliyunLine } from '../src/kit/aliyun-line.ts'
import { sha256Hex } from '../src/kit/hash.ts'
import { type Denial, isOfANumber, stopsTheRoad, type Verdict } from '../src/kit/json-answer.ts'
import { mobileNumber } from '../src/kit/mobile-number.ts'
import { charactersOver, segmentsOf } from '../src/kit/segments.ts'
import { openTurns, type Turns } from '../src/kit/turns.ts'
import type { Adapter, Capabilities, Channel, Health, SendBatch, Toolbox } from './channel.ts'
import { ALIYUN_SMS } from './sms-aliyun/codes.ts'
import { answerCallback } from './sms-aliyun/hearing.ts'
import { askWhatBecame, healthOf, lookUp } from './sms-aliyun/inquiry.ts'
import { type AliyunSmsAccount, BATCH_NUMBERS_MAX, readAccount } from './sms-aliyun/settings.ts'

const ADAPTER = 'sms-aliyun'
/** recipients of a batch where a call serves one */
const SINGLES_MAX = 64
/** `one` in the payload: a warning goes one number a call */
const NUMBERS = 'numbers'

/** 5,000 calls a second, and 50 notices of one template to one number a day. */
const RATES: Rates = {
  limits: [
    { scope: 'account', window: 1_000, max: 5_000, unit: 'call' },
    { scope: 'target', window: 'day', max: 50, unit: 'message' },
  ],
}

const BAD_NUMBER: Outcome = {
  kind: 'refused',
  scope: 'recipient',
  code: 'address-invalid',
  detail: '不是11位手机号，收不到短信，请在通讯录中更正',
}
const UNSENT: Denial = { kind: 'retry', code: 'abort', detail: '发送被中止，短信没有发出' }
const TOO_LONG: Outcome = {
  kind: 'refused',
  scope: 'recipient',
  code: 'too-long',
  detail: '填入称呼后超过条数上限，请缩短正文后重新签发',
}

export const smsAliyun: Adapter = {
  adapter: ADAPTER,
  create: (given, tools) => new AliyunSmsChannel(readAccount(ADAPTER, given, tools), tools),
}

/** Numbers of one call, by their place in the batch. */
interface Group {
  readonly members: readonly {
    readonly index: number
    readonly number: string
    readonly fields: SendBatch['fields']
  }[]
  /** every member gets the same words */
  readonly alike: boolean
}

class AliyunSmsChannel implements Channel {
  readonly adapter = ADAPTER
  readonly runsOn = ['node'] as const
  readonly capabilities: Capabilities
  readonly receipts?: NonNullable<Channel['receipts']>
  readonly #account: AliyunSmsAccount
  readonly #tools: Toolbox
  readonly #line: AliyunLine
  readonly #turns: Turns
  #closed = false

  constructor(account: AliyunSmsAccount, tools: Toolbox) {
    this.#account = account
    this.#tools = tools
    this.#line = lineOf(account, tools)
    const { numbersMax, partsMax, callsMax, countsWhen, rates } = account.settings
    this.#turns = openTurns(callsMax)
    const { callbackSecret } = account
    this.capabilities = {
      addressing: 'recipient',
      batchMax: numbersMax === 1 ? SINGLES_MAX : numbersMax,
      perCall: numbersMax === 1 ? 'one' : 'batch',
      limits: { textCharactersMax: partsMax * 67 },
      idempotency: 'query',
      receipts: callbackSecret === undefined ? 'poll' : 'push',
      ...{ countsWhen, retract: 'correction-only', concurrencyMax: callsMax },
      rates: rates ?? RATES,
    }
    const { callbackSecret: named } = account.settings
    const former = () => (named === undefined ? undefined : tools.formerSecret?.(named))
    if (callbackSecret !== undefined)
      this.receipts = (request) => answerCallback(request, [callbackSecret, former()], tools)
  }

  render(input: Parameters<Channel['render']>[0]) {
    const { templates, signature, numbersMax } = this.#account.settings
    const { payload, losses } = renderApproved(input, templates, signature)
    const numbers = numbersMax === 1 || input.level !== 'routine' ? 'one' : 'many'
    return { payload: { ...payload, fields: { ...payload.fields, [NUMBERS]: [numbers] } }, losses }
  }

  check(payload: Parameters<Channel['check']>[0]) {
    const { templates, signature, partsMax } = this.#account.settings
    const problems = checkApproved(payload, templates, signature)
    const text = reckoned(payload.fields[TEXT])
    const { parts } = segmentsOf(text)
    if (parts <= partsMax) return problems
    const over = charactersOver(text, partsMax)
    const said = `短信按 ${parts} 条计费，上限 ${partsMax} 条，请删去 ${over} 个字`
    return [...problems, { field: TEXT, text: said, limit: partsMax }]
  }

  async send(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = batch.recipients.map(() => BAD_NUMBER)
    const { groups, oneWording } = this.#groups(batch, outcomes)
    let stopped: Denial | undefined
    const sendGroup = async (group: Group): Promise<void> => {
      const verdict = stopped ?? (await this.#call(group, batch, signal))
      // Refused as a whole, so that nothing left: only the numbers themselves can tell which one is bad.
      const ofANumber = verdict.kind !== 'taken' && isOfANumber(verdict, ALIYUN_SMS)
      if (ofANumber && group.members.length > 1) {
        for (const half of halvesOf(group)) await sendGroup(half)
        return
      }
      if (verdict.kind !== 'taken' && stopsAll(verdict, oneWording)) stopped ??= untried(verdict)
      for (const { index, fields } of group.members)
        outcomes[index] = verdict.kind === 'taken' ? taken(batch, fields) : verdict
    }
    await Promise.all(groups.map((group) => this.#turns.take(() => sendGroup(group))))
    if (stopped) this.#tools.log('sms-aliyun-road', { code: stopped.code })
    return outcomes
  }

  async reconcile(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = batch.recipients.map(() => BAD_NUMBER)
    const asked = batch.recipients.map(({ address }, index) =>
      this.#turns.take(async () => {
        const number = mobileNumber(address)
        if (number !== undefined)
          outcomes[index] = await lookUp(this.#line, number, nameOf(batch), batch.at, signal)
      }),
    )
    await Promise.all(asked)
    return outcomes
  }

  poll: NonNullable<Channel['poll']> = (pending, signal) =>
    askWhatBecame(this.#line, pending, signal)

  health(): Promise<Health> {
    const { signature, answerTimeoutMs } = this.#account.settings
    if (this.#closed) return Promise.resolve({ state: 'down', detail: '短信通路已关闭' })
    return healthOf(this.#line, signature, AbortSignal.timeout(2 * answerTimeoutMs))
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#turns.idle()
  }

  /** In the order of the batch. Who cannot be called is answered here. */
  #groups(batch: SendBatch, outcomes: Outcome[]) {
    const { numbersMax, partsMax } = this.#account.settings
    const members: Group['members'][number][] = []
    for (const [index, { address, fields = batch.fields }] of batch.recipients.entries()) {
      const number = mobileNumber(address)
      if (number === undefined) continue
      if (charactersOver(fields[TEXT] ?? '', partsMax) > 0) outcomes[index] = TOO_LONG
      else members.push({ index, number, fields })
    }
    const oneWording = new Set(members.map(({ fields }) => JSON.stringify(fields))).size <= 1
    const single = members.some(({ fields }) => fields[NUMBERS] !== 'many')
    const size = single ? 1 : oneWording ? numbersMax : Math.min(numbersMax, BATCH_NUMBERS_MAX)
    const groups: Group[] = []
    for (let from = 0; from < members.length; from += size)
      groups.push({ members: members.slice(from, from + size), alike: oneWording || size === 1 })
    return { groups, oneWording }
  }

  async #call(group: Group, batch: SendBatch, signal: AbortSignal): Promise<Verdict> {
    const [first] = group.members
    if (signal.aborted || this.#closed || first === undefined) return UNSENT
    const shared = { TemplateCode: first.fields[TEMPLATE] ?? '', OutId: nameOf(batch) }
    if (group.alike) {
      const parameters = { ...shared, ...this.#forAll(group) }
      return this.#line.call('SendSms', { parameters }, batch.at, signal)
    }
    const said = { parameters: shared, form: this.#forEach(group) }
    return this.#line.call('SendBatchSms', said, batch.at, signal)
  }

  /** SendSms: one wording for all numbers. */
  #forAll({ members }: Group): Readonly<Record<string, string>> {
    const { extendCode } = this.#account.settings
    const fields = members[0]?.fields ?? {}
    return {
      PhoneNumbers: members.map(({ number }) => number).join(','),
      SignName: fields[SIGNATURE] ?? '',
      TemplateParam: JSON.stringify(variablesIn(fields)),
      ...(extendCode === undefined ? {} : { SmsUpExtendCode: extendCode }),
    }
  }

  /** SendBatchSms: as many signatures and sets of variables as numbers, in the body of the call. */
  #forEach({ members }: Group): Readonly<Record<string, string>> {
    const { extendCode } = this.#account.settings
    const each = (value: string) => JSON.stringify(members.map(() => value))
    return {
      PhoneNumberJson: JSON.stringify(members.map(({ number }) => number)),
      SignNameJson: JSON.stringify(members.map(({ fields }) => fields[SIGNATURE] ?? '')),
      TemplateParamJson: JSON.stringify(members.map(({ fields }) => variablesIn(fields))),
      ...(extendCode === undefined ? {} : { SmsUpExtendCodeJson: each(extendCode) }),
    }
  }
}

function halvesOf({ members, alike }: Group): readonly Group[] {
  const middle = Math.ceil(members.length / 2)
  return [members.slice(0, middle), members.slice(middle)].map((half) => ({
    ...{ members: half, alike: alike || half.length === 1 },
  }))
}

function lineOf({ settings, secret }: AliyunSmsAccount, tools: Pick<Toolbox, 'http'>): AliyunLine {
  const { endpoint, accessKeyId, answerTimeoutMs: timeoutMs } = settings
  const key = { id: accessKeyId, secret }
  const product = { endpoint, version: '2017-05-25', key, vendor: ALIYUN_SMS, timeoutMs }
  return openAliyunLine(product, (request) => tools.http(request))
}

/** Our own name of the dispatch (OutId), the same for each attempt and each part of it. */
function nameOf({ recipients, key }: SendBatch): string {
  const whole = recipients[0]?.key ?? key
  return sha256Hex(whole.slice(0, Math.max(0, whole.lastIndexOf('.')))).slice(0, 32)
}

function taken(batch: SendBatch, fields: SendBatch['fields']): Outcome {
  return {
    ...{ kind: 'accepted', reference: nameOf(batch) },
    units: segmentsOf(fields[TEXT] ?? '').parts,
  }
}

/** A message that was refused is refused for everybody who would get the same words. */
function stopsAll(denial: Denial, oneWording: boolean): boolean {
  return stopsTheRoad(denial, ALIYUN_SMS) && (oneWording || !isOfTheMessage(denial))
}

function isOfTheMessage(denial: Denial): boolean {
  return denial.kind === 'refused' && denial.scope === 'message'
}

/** What a call is told that was never made, because the road had failed before it. */
function untried(denial: Denial): Denial {
  if (denial.kind === 'retry' || isOfTheMessage(denial)) return denial
  const detail = '同一批的前一次调用被整体拒绝，这一条没有尝试'
  return { kind: 'retry', code: denial.code, detail }
}
