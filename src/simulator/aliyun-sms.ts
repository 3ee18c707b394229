/** Aliyun's short message service behind its simulated gateway: SendSms, SendBatchSms, QuerySendDetails and
 *  QuerySmsSign as the OpenAPI documents say. It counts what it took, pushes reports, and sends nothing. */
import {
  type AliyunAnswer,
  type AliyunFault,
  type AliyunGateway,
  type AliyunGatewayOptions,
  startAliyunGateway,
} from './aliyun-gateway.ts'

export interface AliyunSmsMessage {
  readonly bizId: string
  readonly outId: string
  readonly number: string
  readonly signature: string
  readonly template: string
  readonly parameters: Readonly<Record<string, unknown>>
  /** yyyyMMdd in China */
  readonly day: string
  state: 1 | 2 | 3
}

export interface AliyunSmsOptions extends AliyunGatewayOptions {
  readonly signatures?: readonly string[]
  readonly templates?: readonly string[]
  /** where reports and replies are pushed */
  readonly callback?: string
}

export interface AliyunSmsSimulator extends AliyunGateway {
  messages(): readonly AliyunSmsMessage[]
  /** acceptances by `OutId number`; 2 is a double */
  counts(): ReadonlyMap<string, number>
  /** numbers the platform does not take, for a call that carries one among many */
  setBad(numbers: readonly string[]): void
  /** 0 in review, 1 approved, 2 refused */
  setSignStatus(status: 0 | 1 | 2 | 10): void
  setCallback(url: string): void
  /** what became of all open messages, pushed once or twice; the statuses it was answered with */
  finish(delivered: boolean, times?: number): Promise<number[]>
  reply(number: string, text: string): Promise<number>
}

const MESSAGES_MAX = 100_000

export async function startAliyunSms(options: AliyunSmsOptions = {}): Promise<AliyunSmsSimulator> {
  const messages: AliyunSmsMessage[] = []
  const counts = new Map<string, number>()
  const now = options.now ?? (() => new Date())
  const world: World = {
    signatures: options.signatures ?? ['桐乡应急'],
    templates: options.templates,
    bad: new Set(),
    signStatus: 1,
    ...{ messages, counts, now },
  }
  let callback = options.callback
  let sequence = 0
  const gateway = await startAliyunGateway(
    options,
    ['SendSms', 'SendBatchSms'],
    (action, parameters, fault) => answerOf(world, action, parameters, fault),
  )
  const push = async (records: readonly unknown[]): Promise<number> => {
    if (callback === undefined) return 0
    const headers = { 'content-type': 'application/json;charset=UTF-8' }
    const body = JSON.stringify(records)
    try {
      const response = await fetch(callback, { method: 'POST', headers, body })
      const answer = (await response.json()) as { code?: unknown }
      // The platform checks that the code is a number and pushes again otherwise.
      return typeof answer.code === 'number' ? response.status : 0
    } catch {
      return 0
    }
  }
  return {
    ...gateway,
    messages: () => messages,
    counts: () => counts,
    setBad(numbers) {
      world.bad = new Set(numbers)
    },
    setSignStatus(status) {
      world.signStatus = status
    },
    setCallback(url) {
      callback = url
    },
    async finish(delivered, times = 1) {
      const open = messages.filter(({ state }) => state === 1)
      for (const message of open) message.state = delivered ? 3 : 2
      const statuses: number[] = []
      for (let time = 0; time < times; time++)
        statuses.push(await push(open.map((message) => reportOf(message, delivered))))
      return statuses
    },
    reply(number, text) {
      sequence += 1
      const send_time = '2026-07-01 09:30:00'
      const extra = { dest_code: '1234', sequence_id: 1_234_567_890 + sequence }
      return push([{ phone_number: number, send_time, content: text, ...extra }])
    },
  }
}

interface World {
  readonly signatures: readonly string[]
  readonly templates: readonly string[] | undefined
  bad: ReadonlySet<string>
  signStatus: number
  readonly messages: AliyunSmsMessage[]
  readonly counts: Map<string, number>
  readonly now: () => Date
}

function reportOf({ number, bizId, outId }: AliyunSmsMessage, delivered: boolean) {
  return {
    ...{ phone_number: number, send_time: '2026-07-01 09:07:01', biz_id: bizId, out_id: outId },
    ...{ report_time: '2026-07-01 09:08:00', sms_size: '1', success: delivered },
    err_code: delivered ? 'DELIVERED' : 'MOBILE_NOT_ON_SERVICE',
    err_msg: delivered ? '用户接收成功' : '停机、空号',
  }
}

const FAULT_CODES: Partial<Record<AliyunFault, readonly [string, string]>> = {
  'refuse-recipient': ['isv.MOBILE_NUMBER_ILLEGAL', '号码格式非法'],
  'refuse-message': ['isv.SMS_CONTENT_ILLEGAL', '短信内容包含禁止发送内容'],
  'unknown-code': ['isv.NEW_IN_2027', '13800138001 不知道的错误'],
  balance: ['isv.AMOUNT_NOT_ENOUGH', '账户余额不足'],
  'system-error': ['isp.SYSTEM_ERROR', '系统错误'],
  'minute-limit': ['isv.BUSINESS_LIMIT_CONTROL', '触发分钟级流控Permits:1'],
  'day-limit': ['isv.BUSINESS_LIMIT_CONTROL', '触发天级流控Permits:50'],
}

/** Business errors come with the status 200. */
function said(Code: string, Message = Code): AliyunAnswer {
  return { status: 200, body: { Code, Message } }
}

function answerOf(
  world: World,
  action: string,
  parameters: URLSearchParams,
  fault: AliyunFault,
): AliyunAnswer {
  const failed = FAULT_CODES[fault]
  if (failed) return said(...failed)
  switch (action) {
    case 'SendSms':
      return sendAll(world, parameters)
    case 'SendBatchSms':
      return sendEach(world, parameters)
    case 'QuerySendDetails':
      return details(world, parameters)
    case 'QuerySmsSign':
      if (!world.signatures.includes(parameters.get('SignName') ?? ''))
        return said('isv.SMS_SIGNATURE_ILLEGAL', '签名不存在')
      return { status: 200, body: { Code: 'OK', Message: 'OK', SignStatus: world.signStatus } }
    default:
      return { status: 404, body: { Code: 'InvalidAction.NotFound', Message: action } }
  }
}

function sendAll(world: World, parameters: URLSearchParams): AliyunAnswer {
  const numbers = (parameters.get('PhoneNumbers') ?? '').split(',')
  const variables = jsonOf(parameters.get('TemplateParam') ?? '{}')
  const signature = parameters.get('SignName') ?? ''
  if (numbers.length > 1_000) return said('isv.MOBILE_COUNT_OVER_LIMIT')
  return take(
    world,
    parameters,
    numbers.map((number) => ({ number, variables, signature })),
  )
}

function sendEach(world: World, parameters: URLSearchParams): AliyunAnswer {
  const numbers = jsonOf(parameters.get('PhoneNumberJson') ?? '')
  const signatures = jsonOf(parameters.get('SignNameJson') ?? '')
  const variables = jsonOf(parameters.get('TemplateParamJson') ?? '[]')
  if (!Array.isArray(numbers) || !Array.isArray(signatures) || !Array.isArray(variables))
    return said('isv.INVALID_JSON_PARAM')
  if (numbers.length > 100) return said('isv.MOBILE_COUNT_OVER_LIMIT')
  if (numbers.length !== signatures.length || numbers.length !== variables.length)
    return said('isv.INVALID_PARAMETERS')
  const pieces = numbers.map((number: unknown, index) => ({
    ...{ number: String(number), variables: variables[index] as unknown },
    signature: String(signatures[index]),
  }))
  return take(world, parameters, pieces)
}

interface Piece {
  readonly number: string
  readonly variables: unknown
  readonly signature: string
}

function take(world: World, parameters: URLSearchParams, pieces: readonly Piece[]): AliyunAnswer {
  const template = parameters.get('TemplateCode') ?? ''
  const outId = parameters.get('OutId') ?? ''
  if (template === '' || (world.templates && !world.templates.includes(template)))
    return said('isv.SMS_TEMPLATE_ILLEGAL', '该账号下找不到对应模板')
  for (const { number, variables, signature } of pieces) {
    if (!/^1[3-9]\d{9}$/.test(number) || world.bad.has(number))
      return said('isv.MOBILE_NUMBER_ILLEGAL', '号码格式非法')
    if (!world.signatures.includes(signature)) return said('isv.SMS_SIGNATURE_ILLEGAL')
    if (typeof variables !== 'object' || variables === null) return said('isv.INVALID_JSON_PARAM')
    if (Object.values(variables).some((value) => /https?:\/\//.test(String(value))))
      return said('isv.PARAM_NOT_SUPPORT_URL')
  }
  const bizId = `${900_000_000_000_000 + world.messages.length}^0`
  const day = new Date(world.now().getTime() + 8 * 3_600_000).toISOString().slice(0, 10)
  for (const { number, variables, signature } of pieces) {
    const line = `${outId} ${number}`
    world.counts.set(line, (world.counts.get(line) ?? 0) + 1)
    world.messages.push({
      ...{ bizId, outId, number, signature, template, state: 1, day: day.replaceAll('-', '') },
      parameters: variables as Readonly<Record<string, unknown>>,
    })
    if (world.messages.length > MESSAGES_MAX) world.messages.shift()
  }
  return { status: 200, body: { Code: 'OK', Message: 'OK', BizId: bizId } }
}

function details(world: World, parameters: URLSearchParams): AliyunAnswer {
  const size = Number(parameters.get('PageSize'))
  const page = Number(parameters.get('CurrentPage'))
  const whole = Number.isInteger(size) && size >= 1 && size <= 50 && Number.isInteger(page)
  if (!whole || page < 1) return said('isv.INVALID_PARAMETERS')
  const found = world.messages.filter(
    ({ number, day }) =>
      number === parameters.get('PhoneNumber') && day === parameters.get('SendDate'),
  )
  const rows = found.slice((page - 1) * size, page * size).map((message) => ({
    ...{ PhoneNum: message.number, OutId: message.outId, SendStatus: message.state },
    ...{ TemplateCode: message.template, SendDate: '2026-07-01 09:07:01' },
    ...(message.state === 1 ? {} : { ReceiveDate: '2026-07-01 09:08:00' }),
    ErrCode: { 1: '', 2: 'MOBILE_NOT_ON_SERVICE', 3: 'DELIVERED' }[message.state],
  }))
  const body = { Code: 'OK', Message: 'OK', TotalCount: found.length }
  return { status: 200, body: { ...body, SmsSendDetailDTOs: { SmsSendDetailDTO: rows } } }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
