/** 腾讯云短信: an approved template and its variables to up to 200 numbers a call (SendSms), with an answer for each
 *  number. The platform knows no repeated message: a lost answer stays `unsure`. Refuses free text. */
import {
  checkApproved,
  orderedVariables,
  reckoned,
  renderApproved,
  SIGNATURE,
  TEMPLATE,
  TEXT,
} from '../src/domain/approved-template.ts'
import type { Outcome } from '../src/domain/outcome.ts'
import type { Rates } from '../src/domain/rates.ts'
import { sha256Hex } from '../src/kit/hash.ts'
import {
  type Denial,
  denialOf,
  listMember,
  stopsTheRoad,
  textMember,
  type Verdict,
} from '../src/kit/json-answer.ts'
import { mobileNumber } from '../src/kit/mobile-number.ts'
import { charactersOver, segmentsOf } from '../src/kit/segments.ts'
import { openTurns, type Turns } from '../src/kit/turns.ts'
import type { Adapter, Capabilities, Channel, Health, SendBatch, Toolbox } from './channel.ts'
import { openLine, type TencentSmsLine } from './sms-tencent/call.ts'
import { TAKEN, TENCENT_SMS } from './sms-tencent/codes.ts'
import { answerCallback } from './sms-tencent/hearing.ts'
import { emptyQueues, healthOf, lookUp } from './sms-tencent/inquiry.ts'
import { readAccount, type TencentSmsAccount } from './sms-tencent/settings.ts'

const ADAPTER = 'sms-tencent'
/** recipients of a batch where a call serves one */
const SINGLES_MAX = 64

/** 3,000 calls a second on one account. */
const RATES: Rates = {
  limits: [{ scope: 'account', window: 1_000, max: 3_000, unit: 'call' }],
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
const NOT_ANSWERED: Denial = {
  kind: 'unsure',
  code: 'number-absent',
  detail: '腾讯云的答复中没有这个号码，可能已经收下',
}

export const smsTencent: Adapter = {
  adapter: ADAPTER,
  create: (given, tools) => new TencentSmsChannel(readAccount(ADAPTER, given, tools), tools),
}

/** Numbers of one call, who all get the same words. */
interface Group {
  readonly members: readonly { readonly index: number; readonly number: string }[]
  readonly fields: SendBatch['fields']
}

class TencentSmsChannel implements Channel {
  readonly adapter = ADAPTER
  readonly runsOn = ['node'] as const
  readonly capabilities: Capabilities
  readonly receipts?: NonNullable<Channel['receipts']>
  readonly poll?: NonNullable<Channel['poll']>
  readonly reconcile?: NonNullable<Channel['reconcile']>
  readonly #account: TencentSmsAccount
  readonly #tools: Toolbox
  readonly #line: TencentSmsLine
  readonly #turns: Turns
  #closed = false

  constructor(account: TencentSmsAccount, tools: Toolbox) {
    this.#account = account
    this.#tools = tools
    this.#line = openLine(account, tools)
    const { settings, callbackSecret } = account
    const { numbersMax, partsMax, callsMax, countsWhen, rates, pulls, sdkAppId } = settings
    this.#turns = openTurns(callsMax)
    const pulled = pulls ? 'pull-once' : 'none'
    this.capabilities = {
      addressing: 'recipient',
      batchMax: numbersMax === 1 ? SINGLES_MAX : numbersMax,
      perCall: numbersMax === 1 ? 'one' : 'batch',
      limits: { textCharactersMax: partsMax * 67 },
      idempotency: pulls ? 'query' : 'none',
      receipts: callbackSecret === undefined ? pulled : 'push',
      ...{ countsWhen, retract: 'correction-only', concurrencyMax: callsMax },
      rates: rates ?? RATES,
    }
    const { callbackSecret: named } = settings
    const former = () => (named === undefined ? undefined : tools.formerSecret?.(named))
    if (callbackSecret !== undefined)
      this.receipts = (request) => answerCallback(request, [callbackSecret, former()], tools)
    if (!pulls) return
    this.poll = (_, signal) => emptyQueues(this.#line, sdkAppId, signal)
    this.reconcile = (batch, signal) => this.#lookUpEach(batch, signal)
  }

  render(input: Parameters<Channel['render']>[0]) {
    const { templates, signature } = this.#account.settings
    return renderApproved(input, templates, signature)
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
    const groups = this.#groups(batch, outcomes)
    let stopped: Denial | undefined
    const sendGroup = async (group: Group): Promise<void> => {
      const verdict = stopped ?? (await this.#call(group, batch, signal))
      const answered = answersOf(verdict, group)
      for (const [place, { index }] of group.members.entries())
        outcomes[index] = answered[place] ?? NOT_ANSWERED
      const denied = verdict.kind === 'taken' ? answered.find(isOfTheAccount) : verdict
      if (denied && stopsOthers(denied)) stopped ??= untried(denied)
    }
    await Promise.all(groups.map((group) => this.#turns.take(() => sendGroup(group))))
    if (stopped) this.#tools.log('sms-tencent-road', { code: stopped.code })
    return outcomes
  }

  health(): Promise<Health> {
    const { sdkAppId, low, answerTimeoutMs } = this.#account.settings
    if (this.#closed) return Promise.resolve({ state: 'down', detail: '短信通路已关闭' })
    return healthOf(this.#line, { sdkAppId, low }, AbortSignal.timeout(2 * answerTimeoutMs))
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#turns.idle()
  }

  /** In the order of the batch. Who cannot be called is answered here. */
  #groups(batch: SendBatch, outcomes: Outcome[]): readonly Group[] {
    const { numbersMax, partsMax } = this.#account.settings
    const byWords = new Map<
      string,
      { members: Group['members'][number][]; fields: Group['fields'] }
    >()
    for (const [index, { address, fields = batch.fields }] of batch.recipients.entries()) {
      const number = mobileNumber(address)
      if (number === undefined) continue
      if (charactersOver(fields[TEXT] ?? '', partsMax) > 0) {
        outcomes[index] = TOO_LONG
        continue
      }
      const words = fields === batch.fields ? '' : JSON.stringify(fields)
      const known = byWords.get(words) ?? { members: [], fields }
      known.members.push({ index, number })
      byWords.set(words, known)
    }
    const groups: Group[] = []
    for (const { members, fields } of byWords.values())
      for (let from = 0; from < members.length; from += numbersMax)
        groups.push({ members: members.slice(from, from + numbersMax), fields })
    return groups
  }

  async #call(group: Group, batch: SendBatch, signal: AbortSignal): Promise<Verdict> {
    if (signal.aborted || this.#closed) return UNSENT
    const { sdkAppId, extendCode } = this.#account.settings
    const parameters = {
      PhoneNumberSet: group.members.map(({ number }) => `+86${number}`),
      ...{ SmsSdkAppId: sdkAppId, SessionContext: nameOf(batch) },
      SignName: group.fields[SIGNATURE] ?? '',
      TemplateId: group.fields[TEMPLATE] ?? '',
      TemplateParamSet: orderedVariables(group.fields),
      ...(extendCode === undefined ? {} : { ExtendCode: extendCode }),
    }
    return this.#line.call('SendSms', parameters, batch.at, signal)
  }

  async #lookUpEach(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const { sdkAppId } = this.#account.settings
    const outcomes: Outcome[] = batch.recipients.map(() => BAD_NUMBER)
    const asked = batch.recipients.map(({ address }, index) =>
      this.#turns.take(async () => {
        const number = mobileNumber(address)
        if (number === undefined) return
        const question = { number, name: nameOf(batch), sdkAppId }
        outcomes[index] = await lookUp(this.#line, question, batch.at, signal)
      }),
    )
    await Promise.all(asked)
    return outcomes
  }
}

/** One outcome a member, in order: where the call was taken, each number has its own end. */
function answersOf(verdict: Verdict, { members, fields }: Group): readonly Outcome[] {
  if (verdict.kind !== 'taken') return members.map(() => verdict)
  const rows = new Map<string, unknown>()
  for (const row of listMember(verdict.tree, 'Response', 'SendStatusSet')) {
    const number = mobileNumber(textMember(row, 'PhoneNumber'))
    if (number !== undefined && !rows.has(number)) rows.set(number, row)
  }
  return members.map(({ number }) => {
    const row = rows.get(number)
    const code = textMember(row, 'Code')
    if (row === undefined || code === undefined) return NOT_ANSWERED
    if (code !== TAKEN) return denialOf(TENCENT_SMS, code)
    const reference = textMember(row, 'SerialNo')
    const fee = Number(textMember(row, 'Fee'))
    const units = fee > 0 ? fee : segmentsOf(fields[TEXT] ?? '').parts
    return { kind: 'accepted', units, ...(reference ? { reference } : {}) }
  })
}

/** Our own name of the dispatch (SessionContext), the same for each attempt and each part of it. */
function nameOf({ recipients, key }: SendBatch): string {
  const whole = recipients[0]?.key ?? key
  return sha256Hex(whole.slice(0, Math.max(0, whole.lastIndexOf('.')))).slice(0, 32)
}

/** A message that was refused says nothing of one with other words. */
function stopsOthers(denial: Denial): boolean {
  return (
    stopsTheRoad(denial, TENCENT_SMS) && !(denial.kind === 'refused' && denial.scope === 'message')
  )
}

function isOfTheAccount(outcome: Outcome): outcome is Denial {
  return outcome.kind === 'refused' && outcome.scope === 'account'
}

/** What a call is told that was never made, because the road had failed before it. */
function untried(denial: Denial): Denial {
  if (denial.kind === 'retry') return denial
  const detail = '同一批的前一次调用被整体拒绝，这一条没有尝试'
  return { kind: 'retry', code: denial.code, detail }
}
