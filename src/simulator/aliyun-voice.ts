/** Aliyun's voice service behind its simulated gateway: SingleCallByTts and QueryCallDetailByCallId as the OpenAPI
 *  documents say. It calls nobody, counts what it took, and pushes how calls ended and which keys were pressed. */
import {
  type AliyunAnswer,
  type AliyunFault,
  type AliyunGateway,
  type AliyunGatewayOptions,
  startAliyunGateway,
} from './aliyun-gateway.ts'

export interface AliyunCall {
  readonly callId: string
  readonly outId: string
  readonly number: string
  readonly template: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly startedAt: number
  /** how it ended, a state of the carrier; empty while it goes on */
  state: string
}

export interface AliyunVoiceOptions extends AliyunGatewayOptions {
  readonly templates?: readonly string[]
}

export interface AliyunVoiceSimulator extends AliyunGateway {
  calls(): readonly AliyunCall[]
  /** acceptances by `OutId number`; 2 is a double */
  counts(): ReadonlyMap<string, number>
  /** a key while the call goes on, pushed as VoiceCallReport */
  press(call: AliyunCall, key: string, callback: string): Promise<number>
  /** the end of calls, pushed as VoiceReport where a callback is given */
  finish(calls: readonly AliyunCall[], state: string, callback?: string): Promise<number>
}

const VARIABLES_CHARACTERS_MAX = 250

export async function startAliyunVoice(
  options: AliyunVoiceOptions = {},
): Promise<AliyunVoiceSimulator> {
  const calls: AliyunCall[] = []
  const counts = new Map<string, number>()
  const now = options.now ?? (() => new Date())
  const world: World = { calls, counts, now, templates: options.templates }
  const gateway = await startAliyunGateway(
    options,
    ['SingleCallByTts'],
    (action, parameters, fault) => answerOf(world, action, parameters, fault),
  )
  return {
    ...gateway,
    calls: () => calls,
    counts: () => counts,
    press: ({ callId, outId }, dtmf, callback) =>
      push(callback, [
        {
          ...{ status_code: '300000', smart_status_code: 'ANSWERED', dtmf, out_id: outId },
          ...{ status_time: '2026-07-01 09:07:30', call_id: callId },
        },
      ]),
    finish(ended, state, callback) {
      for (const call of ended) call.state = state
      return callback === undefined ? Promise.resolve(0) : push(callback, ended.map(reportOf))
    },
  }
}

interface World {
  readonly calls: AliyunCall[]
  readonly counts: Map<string, number>
  readonly now: () => Date
  readonly templates: readonly string[] | undefined
}

function reportOf({ callId, outId, number, state }: AliyunCall) {
  const heard = state === '200000' || state === '200001'
  return {
    ...{ status_code: state, hangup_direction: '用户', callee: number, caller: '057188880000' },
    ...{ out_id: outId, call_id: callId, voice_type: 'voice', duration: heard ? '19' : '0' },
    start_time: heard ? '2026-07-01 09:07:20' : '',
    end_time: heard ? '2026-07-01 09:07:39' : '',
    originate_time: '2026-07-01 09:07:01',
  }
}

/** 0 when nobody answered as the document asks. */
async function push(callback: string, records: readonly unknown[]): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  try {
    const body = JSON.stringify(records)
    const response = await fetch(callback, { method: 'POST', headers, body })
    const answer = (await response.json()) as { code?: unknown }
    return typeof answer.code === 'number' ? response.status : 0
  } catch {
    return 0
  }
}

const FAULT_CODES: Partial<Record<AliyunFault, readonly [string, string]>> = {
  'refuse-recipient': ['isv.MOBILE_NUMBER_ILLEGAL', '号码格式非法'],
  'refuse-message': ['isv.TEMPLATE_PARAMS_ILLEGAL', '模板变量非法'],
  'unknown-code': ['isv.NEW_IN_2027', '13800138001 不知道的错误'],
  balance: ['isv.AMOUNT_NOT_ENOUGH', '账户余额不足'],
  'system-error': ['isp.SYSTEM_ERROR', '系统错误'],
  'minute-limit': ['isv.BUSINESS_LIMIT_CONTROL', '触发分钟级流控Permits:1'],
  'day-limit': ['isv.BUSINESS_LIMIT_CONTROL', '触发天级流控Permits:20'],
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
  if (action === 'SingleCallByTts') return begin(world, parameters)
  if (action === 'QueryCallDetailByCallId') return detail(world, parameters)
  return { status: 404, body: { Code: 'InvalidAction.NotFound', Message: action } }
}

function begin(world: World, parameters: URLSearchParams): AliyunAnswer {
  const number = parameters.get('CalledNumber') ?? ''
  const template = parameters.get('TtsCode') ?? ''
  const outId = parameters.get('OutId') ?? ''
  const times = Number(parameters.get('PlayTimes') ?? 3)
  if (!/^1[3-9]\d{9}$/.test(number)) return said('isv.MOBILE_NUMBER_ILLEGAL')
  if (template === '' || (world.templates && !world.templates.includes(template)))
    return said('isv.TTS_TEMPLATE_ILLEGAL')
  if (Buffer.byteLength(outId) > 15 || !(times >= 1 && times <= 3))
    return said('isv.INVALID_PARAMETERS')
  const variables = variablesOf(parameters.get('TtsParam') ?? '{}')
  if (!variables) return said('isv.INVALID_PARAMETERS')
  const words = Object.values(variables).map(String)
  if ([...words.join('')].length >= VARIABLES_CHARACTERS_MAX) return said('isv.PARAM_LENGTH_LIMIT')
  if (words.some((word) => /https?:\/\//.test(word))) return said('isv.PARAM_NOT_SUPPORT_URL')
  const callId = `116012354148^1${10_000_000 + world.calls.length}`
  const line = `${outId} ${number}`
  world.counts.set(line, (world.counts.get(line) ?? 0) + 1)
  world.calls.push({
    ...{ callId, outId, number, template, parameters: variables, state: '' },
    startedAt: world.now().getTime(),
  })
  return { status: 200, body: { Code: 'OK', Message: 'OK', CallId: callId } }
}

function detail({ calls }: World, parameters: URLSearchParams): AliyunAnswer {
  const from = Number(parameters.get('QueryDate'))
  const call = calls.find(({ callId }) => callId === parameters.get('CallId'))
  const known = parameters.get('ProdId') === '11000000300006' && Number.isFinite(from)
  if (!known || !call || call.startedAt < from || call.startedAt > from + 86_400_000)
    return { status: 400, body: { Code: '100008.0', Message: 'Data not available.' } }
  if (call.state === '') return { status: 200, body: { Code: 'OK', Message: 'OK' } }
  const Data = JSON.stringify({ callee: call.number, state: call.state, stateDesc: call.state })
  return { status: 200, body: { Code: 'OK', Message: 'OK', Data } }
}

function variablesOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const read: unknown = JSON.parse(text)
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
