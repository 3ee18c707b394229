/** What a gateway's answer, or its silence, means for each recipient of one call. The error table of the
 *  gateway decides; a code it does not know is refused and never tried again. */
import type { Outcome } from '../../src/domain/outcome.ts'
import type { HttpAnswer, Recipient } from '../channel.ts'
import type { ErrorTable, Gateway } from './gateway.ts'
import { mobileOf } from './number.ts'
import { recordsAt, textAt, treeFrom } from './tree.ts'

/** Statuses that say something although no code of the vendor's came with them (RFC 9110, RFC 6585).
 *  A 5xx says that something went wrong on the way, and nobody knows how far the message came. */
const STATUSES: ErrorTable = {
  'http-401': { means: 'account', text: '网关不认这个账号，请核对账号和密码' },
  'http-403': { means: 'account', text: '网关拒绝这个账号或这台机器的地址，请联系服务商' },
  'http-404': { means: 'account', text: '网关没有这个接口，请核对地址' },
  'http-405': { means: 'account', text: '网关的这个接口不接受这种请求，请核对方法' },
  'http-408': { means: 'unsure', text: '网关等待超时' },
  'http-429': { means: 'retry', text: '网关要求放慢', waitMs: 1_000 },
}

/** The request itself is none: no wait will mend it. */
const UNCALLABLE: readonly string[] = ['UND_ERR_INVALID_ARG', 'ERR_INVALID_URL']

export type Final = Exclude<Outcome, { kind: 'accepted' | 'awaiting' }>

export const BAD_NUMBER: Final = {
  kind: 'refused',
  scope: 'recipient',
  code: 'address-invalid',
  detail: '不是11位手机号，收不到短信，请在通讯录中更正',
}
export const UNSENT: Final = { kind: 'retry', code: 'abort', detail: '发送被中止，短信没有发出' }
export const TOO_LONG: Final = {
  kind: 'refused',
  scope: 'message',
  code: 'too-long',
  detail: '填入链接后超过条数上限，请缩短正文后重新签发',
}

/** A name of the gateway's data that this message gives no value for, such as an unknown variable. */
export const INCOMPLETE: Final = {
  kind: 'refused',
  scope: 'account',
  code: 'gateway-incomplete',
  detail: '网关配置用到这条短信没有的值，没有发出，请核对 fields 和 sign 中的名称',
}

/** What a call is told that was never made, because the road had failed before it. */
export function untried(stopped: Outcome): Outcome {
  if (stopped.kind === 'retry') return stopped
  const code = 'code' in stopped ? stopped.code : 'stopped'
  return { kind: 'retry', code, detail: '同一批的前一次调用被整体拒绝，这一条没有尝试' }
}

export interface Asked {
  readonly gateway: Gateway
  readonly recipients: readonly Recipient[]
  readonly parts: number
  /** our own name of the call */
  readonly key: string
}

export interface Judgement {
  readonly outcomes: readonly Outcome[]
  /** set when the next call would meet the same */
  readonly stops?: Outcome
}

export function judge(answer: HttpAnswer, asked: Asked): Judgement {
  if (answer.kind === 'unreachable' && UNCALLABLE.includes(answer.code))
    return refuse(asked, 'account', 'uncallable', '设置中的地址或请求头不能用，没有发出，请核对')
  if (answer.kind === 'unreachable') {
    const detail = '连不上短信网关，短信没有发出，请检查地址和网络'
    return all(asked, { kind: 'retry', code: plain(answer.code), detail }, true)
  }
  if (answer.kind === 'lost') {
    const detail = '请求已发出，没有收到网关的答复，可能已经收下'
    return all(asked, { kind: 'unsure', code: plain(answer.code), detail })
  }
  const { gateway } = asked
  const tree = treeFrom(answer.body, gateway.charset, gateway.answer)
  const code = textAt(tree, gateway.answer.code)
  const good = answer.status >= 200 && answer.status < 300
  if (good && code !== undefined && gateway.answer.success.includes(code))
    return judgeEach(tree, asked)
  if (code !== undefined && Object.hasOwn(gateway.errors, code))
    return fromTable(asked, gateway.errors, code)
  const status = `http-${answer.status}`
  if (Object.hasOwn(gateway.errors, status)) return fromTable(asked, gateway.errors, status)
  if (Object.hasOwn(STATUSES, status)) return fromTable(asked, STATUSES, status, answer.headers)
  return judgeUnknown(asked, answer.status, code)
}

function judgeUnknown(asked: Asked, status: number, code: string | undefined): Judgement {
  if (status >= 500)
    return all(asked, {
      ...{ kind: 'unsure', code: `http-${status}` },
      detail: `网关内部出错（${status}），不知道是否已经收下`,
    })
  if (status >= 300 && status < 400)
    return refuse(asked, 'account', `http-${status}`, '网关要求改去别的地址，请核对设置中的地址')
  if (code === undefined && status < 300)
    return all(asked, {
      ...{ kind: 'unsure', code: 'unreadable-answer' },
      detail: '看不懂网关的答复，可能已经收下，请核对网关配置',
    })
  const name = code === undefined ? `http-${status}` : plain(code)
  return refuse(
    asked,
    'message',
    name,
    `网关拒绝，代码 ${name} 不在错误表中；请查服务商文档后补入错误表`,
  )
}

function fromTable(
  asked: Asked,
  table: ErrorTable,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): Judgement {
  const said = outcomeOf(table, code, asked)
  const slow = code === 'http-429' && said.kind === 'retry'
  const outcome: Outcome = slow ? { ...said, limited: true } : said
  const after = Number(headers['retry-after'])
  if (outcome.kind === 'retry' && Number.isInteger(after) && after > 0)
    return all(asked, { ...outcome, notBeforeMs: after * 1_000 }, true)
  const stops =
    outcome.kind === 'retry' || (outcome.kind === 'refused' && outcome.scope !== 'recipient')
  return all(asked, outcome, stops)
}

function outcomeOf(table: ErrorTable, code: string, { gateway, key, parts }: Asked): Outcome {
  const row = Object.hasOwn(table, code) ? table[code] : undefined
  const name = plain(code)
  if (!row) {
    const detail = `网关拒绝，代码 ${name} 不在错误表中；请查服务商文档后补入错误表`
    return { kind: 'refused', scope: 'message', code: name, detail }
  }
  const said = { code: name, detail: row.text }
  switch (row.means) {
    case 'retry':
      return { kind: 'retry', ...said, ...(row.waitMs ? { notBeforeMs: row.waitMs } : {}) }
    case 'unsure':
      return { kind: 'unsure', ...said }
    case 'duplicate':
      // Under our own key it is the same call, taken before; otherwise some other message was.
      if (gateway.keyed) return { kind: 'accepted', reference: key, units: parts }
      return { kind: 'refused', scope: 'recipient', ...said }
    default:
      return { kind: 'refused', scope: row.means, ...said }
  }
}

/** The call was taken; where the vendor answers for each number, each has its own end. */
function judgeEach(tree: unknown, asked: Asked): Judgement {
  const { gateway, recipients, parts, key } = asked
  const own = gateway.ownReference ? key : undefined
  const whole = own ?? textAt(tree, gateway.answer.reference)
  const taken = (reference: string | undefined): Outcome => ({
    kind: 'accepted',
    units: parts,
    ...(reference ? { reference } : {}),
  })
  const { perNumber } = gateway.answer
  if (!perNumber) return { outcomes: recipients.map(() => taken(whole)) }
  const rows = new Map<string, unknown>()
  for (const row of recordsAt(tree, perNumber.list)) {
    const number = mobileOf(textAt(row, perNumber.number) ?? '')
    if (number !== undefined && !rows.has(number)) rows.set(number, row)
  }
  const outcomes = recipients.map(({ address }): Outcome => {
    const row = rows.get(mobileOf(address) ?? '')
    if (row === undefined) {
      if (perNumber.absent === 'accepted') return taken(whole)
      const detail = '网关的答复中没有这个号码，可能已经收下'
      return { kind: 'unsure', code: 'number-absent', detail }
    }
    const code = textAt(row, perNumber.code)
    if (code !== undefined && perNumber.success.includes(code))
      return taken(own ?? textAt(row, perNumber.reference) ?? whole)
    if (code === undefined) {
      const detail = '网关没有说这个号码的结果，可能已经收下'
      return { kind: 'unsure', code: 'code-absent', detail }
    }
    return outcomeOf(gateway.errors, code, asked)
  })
  const stops = outcomes.find((one) => one.kind === 'refused' && one.scope === 'account')
  return { outcomes, ...(stops ? { stops } : {}) }
}

function refuse(
  asked: Asked,
  scope: 'message' | 'account',
  code: string,
  detail: string,
): Judgement {
  return all(asked, { kind: 'refused', scope, code, detail }, true)
}

function all({ recipients }: Asked, outcome: Outcome, stops = false): Judgement {
  return { outcomes: recipients.map(() => outcome), ...(stops ? { stops: outcome } : {}) }
}

/** A code as it may be logged: a vendor that writes the number into its code does not get it through. */
function plain(code: string): string {
  return code
    .replace(/\d{7,}/g, '*')
    .replace(/[^\p{L}\p{N} _.*()-]/gu, '')
    .slice(0, 60)
}
