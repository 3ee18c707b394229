/** What a mail server's answer, or its silence, means for one recipient. The table below decides; an
 *  unknown code is refused, and `unsure` once a byte of the body has left. */

/** Where in the conversation it went wrong. */
type Stage = 'greeting' | 'login' | 'sender' | 'recipient' | 'data' | 'body'

type Verdict = 'retry' | 'account' | 'message' | 'recipient' | 'unsure'

/** RFC 5321 §4.2.1: 4yz says "later", 5yz says "no". What the "no" is about depends on the stage.
 *  After the body a 5yz concerns one recipient, although it names none: each recipient has a message
 *  of its own, so the server may judge them differently (full mailbox, filter of one domain), and
 *  refusing everybody for one answer would lose what was signed. 552 to the sender is the SIZE limit. */
const TABLE: Readonly<
  Record<Stage, { temporary: Verdict; permanent: Verdict; unknown: Verdict; name: string }>
> = {
  greeting: { temporary: 'retry', permanent: 'account', unknown: 'account', name: '连接' },
  login: { temporary: 'retry', permanent: 'account', unknown: 'account', name: '登录' },
  sender: { temporary: 'retry', permanent: 'account', unknown: 'account', name: '发件人' },
  recipient: { temporary: 'retry', permanent: 'recipient', unknown: 'recipient', name: '收件人' },
  data: { temporary: 'retry', permanent: 'recipient', unknown: 'recipient', name: '收取正文' },
  body: { temporary: 'retry', permanent: 'recipient', unknown: 'unsure', name: '正文' },
}
const SIZE_EXCEEDED = 552

/** Failures without an answer. Before the body they are certainly not sent; afterwards nobody knows. */
const SILENCES: Readonly<Record<string, string>> = {
  ESOCKET: '连不上邮件服务器，请检查地址、端口和网络',
  EDNS: '找不到邮件服务器的域名，请检查设置',
  ETLS: '与邮件服务器的加密连接没有建立，请检查证书和加密方式',
  ECONNECTION: '邮件服务器中途断开了连接',
  ETIMEDOUT: '邮件服务器在规定时间内没有回答',
  EABORT: '发送被中止',
}
/** These concern the road, not one message: the rest of the batch need not try. */
const ROAD_SILENCES: readonly string[] = ['ESOCKET', 'EDNS', 'ETLS']

interface Refusal {
  readonly kind: 'refused'
  readonly scope: 'recipient' | 'message' | 'account'
  readonly code: string
  readonly detail: string
}
interface Delay {
  readonly kind: 'retry'
  readonly code: string
  readonly detail: string
}
interface Doubt {
  readonly kind: 'unsure'
  readonly code: string
  readonly detail: string
}
/** In the shape of an adapter's outcome; `retry` is certainly not sent, `unsure` may have been. */
export type MailAnswer = Refusal | Delay | Doubt

/** Answers that need no server. */
export const BAD_ADDRESS: Refusal = {
  kind: 'refused',
  scope: 'recipient',
  code: 'address-invalid',
  detail: '邮箱地址的写法不正确，请在通讯录中更正',
}
export const NO_ATTACHMENT: Refusal = {
  kind: 'refused',
  scope: 'message',
  code: 'attachment-missing',
  detail: '签发的附件已不在或与签发时不同，请重新上传并签发',
}
export const ATTACHMENT_LATER: Delay = {
  kind: 'retry',
  code: 'attachment-unreadable',
  detail: '暂时读不到附件，稍后重试',
}
export const UNSENT: Delay = { kind: 'retry', code: 'abort', detail: '发送被中止，邮件没有发出' }

/** What a recipient is told whose turn never came, because the road had already failed. */
export function untried(stopped: MailAnswer): Delay {
  if (stopped.kind === 'retry') return stopped
  return { kind: 'retry', code: stopped.code, detail: '同一批的前一封被整体拒绝，这一封没有尝试' }
}

interface MailFailure {
  readonly code?: string | undefined
  readonly command?: string | undefined
  readonly response?: string | undefined
  readonly responseCode?: number | undefined
}

export interface Judgement {
  readonly outcome: MailAnswer
  /** true when the next recipient would meet the same */
  readonly stopsBatch: boolean
}

/** The members of a thrown thing that tell what happened; its words are left behind. */
export function failureOf(error: unknown): MailFailure {
  if (!(error instanceof Error)) return {}
  const { code, command, response, responseCode } = error as Error & Record<string, unknown>
  // Under STARTTLS a certificate that is not trusted comes as a broken socket, and only its words tell.
  const untrusted = code === 'ESOCKET' && /certificate|\b(?:ssl|tls)\b/i.test(error.message)
  return {
    code: untrusted ? 'ETLS' : typeof code === 'string' ? code : undefined,
    command: typeof command === 'string' ? command : undefined,
    response: typeof response === 'string' ? response : undefined,
    responseCode: typeof responseCode === 'number' ? responseCode : undefined,
  }
}

export function judge(failure: MailFailure, bodyBegun: boolean): Judgement {
  const stage = stageOf(failure, bodyBegun)
  return stage === undefined ? judgeSilence(failure, bodyBegun) : judgeAnswer(failure, stage)
}

function stageOf(failure: MailFailure, bodyBegun: boolean): Stage | undefined {
  const { code, command = '', responseCode } = failure
  if (code === 'EAUTH') return 'login'
  if (code === 'EPROTOCOL' && !bodyBegun) return 'greeting'
  if (code === 'EMESSAGE') return command === 'MAIL FROM' ? 'sender' : 'body'
  if (code === 'EENVELOPE') {
    if (command === 'MAIL FROM') return 'sender'
    return command === 'DATA' ? 'data' : 'recipient'
  }
  // 421 closes the session in place of the answer that was due.
  if (responseCode === 421) return bodyBegun ? 'body' : 'greeting'
  if (code === 'ECONNECTION' && responseCode && !bodyBegun) return 'greeting'
  return undefined
}

function judgeAnswer(failure: MailFailure, stage: Stage): Judgement {
  const { responseCode = 0 } = failure
  const row = TABLE[stage]
  const code = responseCode ? `${stage}-${responseCode}` : `${stage}-unknown`
  const detail = `邮件服务器在“${row.name}”一步答复 ${answerOf(failure)}`
  if (stage === 'sender' && (responseCode === SIZE_EXCEEDED || failure.code === 'EMESSAGE'))
    return settled('message', code, `${detail}：邮件超过服务器的大小限制，请减少附件`)
  if (responseCode >= 400 && responseCode < 500) return settled(row.temporary, code, detail, stage)
  if (responseCode >= 500 && responseCode < 600) return settled(row.permanent, code, detail, stage)
  return settled(row.unknown, code, detail, stage)
}

function judgeSilence({ code = 'unknown' }: MailFailure, bodyBegun: boolean): Judgement {
  const detail = SILENCES[code] ?? '邮件没有交给服务器'
  const name = SILENCES[code] === undefined ? 'not-sent' : code.slice(1).toLowerCase()
  if (bodyBegun) return settled('unsure', name, `${detail}，此前正文已开始传送，可能已经收下`)
  const judgement = settled('retry', name, detail)
  return { ...judgement, stopsBatch: ROAD_SILENCES.includes(code) }
}

function settled(verdict: Verdict, code: string, detail: string, stage?: Stage): Judgement {
  if (verdict === 'retry') {
    const stopsBatch = stage === 'greeting' || stage === 'login' || stage === 'sender'
    return { outcome: { kind: 'retry', code, detail }, stopsBatch }
  }
  if (verdict === 'unsure') return { outcome: { kind: 'unsure', code, detail }, stopsBatch: false }
  const stopsBatch = verdict !== 'recipient'
  return { outcome: { kind: 'refused', scope: verdict, code, detail }, stopsBatch }
}

/** Only the numbers: the words of an answer may repeat the mailbox. */
function answerOf({ response = '', responseCode }: MailFailure): string {
  if (!responseCode) return '无法识别的内容'
  const enhanced = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})(?:\s|$)/.exec(response)?.[1]
  return enhanced ? `${responseCode} ${enhanced}` : String(responseCode)
}
