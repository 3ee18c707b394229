/** What the simulated short message service of Tencent Cloud knows and answers: messages by serial number, and
 *  queues whose records are given once (API 2021-01-11). */

/** `drop-before-body` closes at the head of a request; after the body (`drop-after-body`, `stall`, `garbage`,
 *  `server-error`) the call has been carried out. `partial` refuses every second number. */
export const TENCENT_FAULTS = [
  'none',
  'refuse-recipient',
  'refuse-message',
  'unknown-code',
  'account',
  'balance',
  'throttled',
  'number-limit',
  'internal-error',
  'partial',
  'absent',
  'drop-before-body',
  'drop-after-body',
  'stall',
  'garbage',
  'server-error',
] as const
export type TencentFault = (typeof TENCENT_FAULTS)[number]

export interface TencentSmsOptions {
  /** 0 takes any free port */
  readonly port?: number
  readonly key?: { readonly id: string; readonly secret: string }
  /** what it takes for the time, also in its answers */
  readonly now?: () => Date
  readonly sdkAppId?: string
  readonly signatures?: readonly string[]
  /** messages left in the package; undefined is an account that pays later */
  readonly left?: number
  /** whether the pulling of states was opened, and with it the session in what is pulled */
  readonly pulls?: boolean
}

export interface TencentMessage {
  readonly serial: string
  readonly session: string
  /** 11 digits */
  readonly number: string
  readonly signature: string
  readonly template: string
  readonly parameters: readonly string[]
  readonly sentAt: number
  state: 'open' | 'SUCCESS' | 'FAIL'
}

export interface TencentWorld {
  fault: TencentFault
  left: number | undefined
  readonly sdkAppId: string
  readonly signatures: readonly string[]
  readonly pulls: boolean
  readonly now: () => Date
  readonly messages: TencentMessage[]
  readonly counts: Map<string, number>
  /** wait to be pulled once */
  readonly reports: TencentMessage[]
  readonly replies: { readonly number: string; readonly text: string; readonly time: number }[]
}

type Answer = Readonly<Record<string, unknown>>

export function openTencentWorld(options: TencentSmsOptions, now: () => Date): TencentWorld {
  return {
    ...{ fault: 'none', left: options.left, now, messages: [], counts: new Map() },
    ...{ reports: [], replies: [], pulls: options.pulls ?? true },
    sdkAppId: options.sdkAppId ?? '1400006666',
    signatures: options.signatures ?? ['桐乡应急'],
  }
}

const FAULT_CODES: Partial<Record<TencentFault, string>> = {
  'refuse-message': 'InvalidParameterValue.ContentLengthLimit',
  account: 'UnauthorizedOperation.RequestIpNotInWhitelist',
  throttled: 'RequestLimitExceeded',
  'internal-error': 'InternalError.Timeout',
}
/** these stand beside each number */
const NUMBER_CODES: Partial<Record<TencentFault, string>> = {
  'refuse-recipient': 'FailedOperation.PhoneNumberInBlacklist',
  partial: 'FailedOperation.PhoneNumberInBlacklist',
  'number-limit': 'LimitExceeded.PhoneNumberThirtySecondLimit',
  balance: 'FailedOperation.InsufficientBalanceInSmsPackage',
  'unknown-code': 'FailedOperation.NewIn2027',
}

export function answerOf(
  world: TencentWorld,
  action: string,
  body: string,
  fault: TencentFault,
): Answer {
  const failed = FAULT_CODES[fault]
  if (failed) return refuse(failed)
  const given = jsonOf(body)
  if (given === undefined) return refuse('FailedOperation.JsonParseFail')
  if (given['SmsSdkAppId'] !== world.sdkAppId)
    return refuse('InvalidParameterValue.SdkAppIdNotExist')
  switch (action) {
    case 'SendSms':
      return send(world, given, fault)
    case 'PullSmsSendStatus':
      if (!world.pulls) return refuse('UnauthorizedOperation.RequestPermissionDeny')
      return { PullSmsSendStatusSet: world.reports.splice(0, limitOf(given)).map(pulledOf) }
    case 'PullSmsReplyStatus':
      if (!world.pulls) return refuse('UnauthorizedOperation.RequestPermissionDeny')
      return { PullSmsReplyStatusSet: world.replies.splice(0, limitOf(given)).map(repliedOf) }
    case 'PullSmsSendStatusByPhoneNumber':
      return { PullSmsSendStatusSet: ofNumber(world, given).map(pulledOf) }
    case 'SmsPackagesStatistics':
      return { SmsPackagesStatisticsSet: packagesOf(world) }
    default:
      return refuse('InvalidAction')
  }
}

function refuse(Code: string): Answer {
  return { Error: { Code, Message: Code } }
}

function send(world: TencentWorld, given: Answer, fault: TencentFault): Answer {
  const numbers = given['PhoneNumberSet']
  const parameters = given['TemplateParamSet'] ?? []
  if (!Array.isArray(numbers) || numbers.length === 0)
    return refuse('MissingParameter.EmptyPhoneNumberSet')
  if (numbers.length > 200) return refuse('LimitExceeded.PhoneNumberCountLimit')
  if (!world.signatures.includes(String(given['SignName'])))
    return refuse('FailedOperation.SignatureIncorrectOrUnapproved')
  if (!Array.isArray(parameters) || !parameters.every((one) => typeof one === 'string'))
    return refuse('InvalidParameter')
  const rows = numbers.map((one, index) => {
    const number = String(one).replace(/^\+86/, '')
    const hit = fault === 'partial' ? index % 2 === 1 : true
    const code = hit ? NUMBER_CODES[fault] : undefined
    if (code) return rowOf(String(one), code)
    if (!/^1[3-9]\d{9}$/.test(number))
      return rowOf(String(one), 'InvalidParameterValue.IncorrectPhoneNumber')
    const message: TencentMessage = {
      ...{ number, parameters, state: 'open', sentAt: world.now().getTime() },
      serial: `5000:${1_045_710_669_157_000 + world.messages.length}`,
      session: String(given['SessionContext'] ?? ''),
      signature: String(given['SignName']),
      template: String(given['TemplateId']),
    }
    const line = `${message.session} ${number}`
    world.counts.set(line, (world.counts.get(line) ?? 0) + 1)
    world.messages.push(message)
    return { ...rowOf(String(one), 'Ok'), SerialNo: message.serial, Fee: 2 }
  })
  return { SendStatusSet: fault === 'absent' ? rows.slice(1) : rows }
}

function rowOf(PhoneNumber: string, Code: string) {
  const Message = Code === 'Ok' ? 'send success' : Code
  return { SerialNo: '', PhoneNumber, Fee: 0, SessionContext: '', Code, Message, IsoCode: 'CN' }
}

function limitOf(given: Answer): number {
  const limit = Number(given['Limit'])
  return Number.isInteger(limit) ? Math.min(100, Math.max(0, limit)) : 0
}

function ofNumber({ messages }: TencentWorld, given: Answer): TencentMessage[] {
  const begin = Number(given['BeginTime']) * 1_000
  const end = Number(given['EndTime']) * 1_000
  return messages.filter(
    // Only what the carrier has reported is there to be pulled.
    ({ number, sentAt, state }) =>
      `+86${number}` === given['PhoneNumber'] &&
      sentAt >= begin &&
      sentAt <= end &&
      state !== 'open',
  )
}

function pulledOf({ number, serial, session, state }: TencentMessage) {
  return {
    ...{ UserReceiveTime: 1_782_868_080, CountryCode: '86', SubscriberNumber: number },
    ...{ PhoneNumber: `+86${number}`, SerialNo: serial, ReportStatus: state },
    Description: state === 'SUCCESS' ? 'DELIVRD' : 'MK:0001',
    SessionContext: session,
  }
}

function repliedOf({ number, text, time }: TencentWorld['replies'][number]) {
  return {
    ...{ ExtendCode: '', CountryCode: '86', SubscriberNumber: number, SignName: '桐乡应急' },
    ...{ PhoneNumber: `+86${number}`, ReplyContent: text, ReplyTime: time },
  }
}

/** A state as it is pushed. */
export function pushedOf({ number, serial, state }: TencentMessage) {
  return {
    ...{ user_receive_time: '2026-07-01 09:08:00', nationcode: '86', mobile: number, sid: serial },
    ...{ report_status: state, errmsg: state === 'SUCCESS' ? 'DELIVRD' : 'MK:0001' },
    description: state === 'SUCCESS' ? '用户短信送达成功' : '空号',
  }
}

function packagesOf({ left, now }: TencentWorld) {
  if (left === undefined) return []
  const seconds = Math.floor(now().getTime() / 1_000)
  const row = { PackageType: 1, PackageId: 1, PackageAmount: 10_000, CurrentUsage: 10_000 - left }
  return [
    { ...row, PackageExpiredTime: seconds + 86_400 },
    { ...row, PackageId: 2, CurrentUsage: 0, PackageExpiredTime: seconds - 86_400 },
  ]
}

function jsonOf(text: string): Answer | undefined {
  try {
    const read: unknown = JSON.parse(text)
    return typeof read === 'object' && read !== null ? (read as Answer) : undefined
  } catch {
    return undefined
  }
}
