/** 钉钉 on the loopback, with faults to set: group robots (自定义机器人接入, with 加签, a keyword and the block of
 *  ten minutes) and work notifications (asyncsend_v2, getsendresult, recall). It sends nothing to anybody. */
import { createHmac } from 'node:crypto'
import {
  type PlatformAnswer,
  type PlatformRequest,
  startJsonPlatform,
  WIRE_FAULTS,
  type WireFault,
} from './json-platform.ts'

/** `token-expired` is met once and then over; `partial` reaches every second person only. */
export const DINGTALK_FAULTS = [
  ...WIRE_FAULTS,
  'refuse',
  'busy',
  'limited',
  'account',
  'unknown-code',
  'partial',
  'token-expired',
] as const
export type DingtalkFault = (typeof DINGTALK_FAULTS)[number]

export interface DingtalkMessage {
  /** a robot's token, a person, or a department with its kind */
  readonly to: string
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface DingtalkOptions {
  readonly port?: number
  /** robots by token; each with its 加签 key, or none */
  readonly robots?: Readonly<
    Record<string, { readonly secret?: string; readonly keyword?: string }>
  >
  readonly appKey?: string
  readonly appSecret?: string
  readonly agentId?: number
  /** people the enterprise has; absent: everybody */
  readonly users?: readonly string[]
  /** milliseconds; with it the hour of a signature and the 20 a minute are kept */
  readonly now?: () => number
}

export interface DingtalkSimulator {
  readonly port: number
  setFault(fault: DingtalkFault): void
  messages(): readonly DingtalkMessage[]
  /** acceptances by `to text`; 2 is a double */
  counts(): ReadonlyMap<string, number>
  recalled(): readonly number[]
  tokensGiven(): number
  /** somebody reads what came */
  read(user: string): void
  stop(): Promise<void>
}

interface Task {
  readonly id: number
  readonly reached: readonly string[]
  readonly unknown: readonly string[]
  /** why the platform held a message back from somebody */
  readonly forbidden: ReadonlyMap<string, string>
}

interface World {
  fault: DingtalkFault
  token: number
  readonly options: DingtalkOptions
  readonly messages: DingtalkMessage[]
  readonly counts: Map<string, number>
  readonly tasks: Map<number, Task>
  readonly recalled: number[]
  readonly readers: Set<string>
  /** `user text` that came today */
  readonly today: Set<string>
  readonly calls: Map<string, number[]>
  readonly blocked: Map<string, number>
}

const KEEP_MAX = 1_000
const HOUR_MS = 3_600_000
const SENDS = ['/robot/send', '/topapi/message/corpconversation/asyncsend_v2']

export async function startDingtalkSimulator(
  options: DingtalkOptions = {},
): Promise<DingtalkSimulator> {
  const world: World = {
    ...{ fault: 'none', token: 1, options, messages: [], counts: new Map(), tasks: new Map() },
    ...{ recalled: [], readers: new Set(), today: new Set(), calls: new Map() },
    blocked: new Map(),
  }
  const platform = await startJsonPlatform({
    ...(options.port === undefined ? {} : { port: options.port }),
    met: (path) => (SENDS.includes(path) && isWire(world.fault) ? world.fault : 'none'),
    answer: (request) => answer(world, request),
  })
  return {
    port: platform.port,
    setFault(fault) {
      world.fault = fault
    },
    messages: () => world.messages,
    counts: () => world.counts,
    recalled: () => world.recalled,
    tokensGiven: () => world.token - 1,
    read: (user) => void world.readers.add(user),
    stop: () => platform.stop(),
  }
}

function isWire(fault: DingtalkFault): fault is WireFault {
  return (WIRE_FAULTS as readonly string[]).includes(fault)
}

function answer(world: World, request: PlatformRequest): PlatformAnswer {
  const corp = '/topapi/message/corpconversation'
  switch (request.path) {
    case '/gettoken':
      return giveToken(world, request)
    case '/robot/send':
      return robot(world, request)
    case `${corp}/asyncsend_v2`:
      return authorised(world, request) ?? notify(world, request)
    case `${corp}/getsendresult`:
      return authorised(world, request) ?? result(world, request)
    case `${corp}/recall`:
      return authorised(world, request) ?? recall(world, request)
    default:
      return { status: 404, body: {} }
  }
}

function said(errcode: number, errmsg: string, more: object = {}): PlatformAnswer {
  return { body: { errcode, errmsg, ...more } }
}

function giveToken(world: World, { query }: PlatformRequest): PlatformAnswer {
  const { appKey = 'dingapp', appSecret = 'simulator' } = world.options
  if (query.get('appkey') !== appKey || query.get('appsecret') !== appSecret)
    return said(40089, '不合法的corpid或corpsecret')
  if (world.fault === 'account') return said(40089, '不合法的corpid或corpsecret')
  world.token += 1
  return said(0, 'ok', { access_token: `token-${world.token}`, expires_in: 7_200 })
}

function authorised(world: World, { query }: PlatformRequest): PlatformAnswer | undefined {
  const expired = world.fault === 'token-expired'
  if (expired) world.fault = 'none'
  if (!expired && query.get('access_token') === `token-${world.token}`) return undefined
  return said(88, 'ding talk error', { sub_code: '40014', sub_msg: '不合法的access_token' })
}

function textOf(body: Readonly<Record<string, unknown>>): string | undefined {
  const { msgtype } = body
  const part = msgtype === 'text' || msgtype === 'markdown' ? body[msgtype] : undefined
  if (typeof part !== 'object' || part === null) return undefined
  const { content, text } = part as { content?: unknown; text?: unknown }
  const found = msgtype === 'text' ? content : text
  return typeof found === 'string' ? found : undefined
}

function robot(world: World, { query, body }: PlatformRequest): PlatformAnswer {
  const { robots, now } = world.options
  const token = query.get('access_token') ?? ''
  const known = robots === undefined ? {} : robots[token]
  if (!known || world.fault === 'account') return said(300005, 'token is not exist')
  if (known.secret !== undefined) {
    const at = query.get('timestamp') ?? ''
    if (at === '') return said(310000, 'sign not match')
    if (now && Math.abs(now() - Number(at)) > HOUR_MS) return said(310000, 'invalid timestamp')
    const signed = createHmac('sha256', known.secret).update(`${at}\n${known.secret}`)
    if (query.get('sign') !== signed.digest('base64')) return said(310000, 'sign not match')
  }
  const text = textOf(body)
  if (text === undefined) return said(40035, '缺少参数 json')
  if (known.keyword !== undefined && !text.includes(known.keyword))
    return said(310000, 'keywords not in content')
  if (world.fault === 'limited' || (now && isTooFast(world, token, now())))
    return said(130101, 'send too fast, exceed 20 times per minute')
  if (world.fault === 'refuse') return said(430102, '内容不合适')
  if (world.fault === 'busy') return said(-1, '系统繁忙')
  if (world.fault === 'unknown-code') return said(999001, 'something new')
  if (Buffer.byteLength(JSON.stringify(body)) > 20_000)
    return said(460101, 'message too long, exceed 20000 bytes')
  take(world, token, text, body)
  return said(0, 'ok')
}

/** The call above the twentieth of a minute shuts the robot out for ten. */
function isTooFast(world: World, token: string, at: number): boolean {
  if ((world.blocked.get(token) ?? 0) > at) return true
  const calls = (world.calls.get(token) ?? []).filter((one) => one > at - 60_000)
  world.calls.set(token, [...calls, at])
  if (calls.length < 20) return false
  world.blocked.set(token, at + 600_000)
  return true
}

function notify(world: World, { body }: PlatformRequest): PlatformAnswer {
  const { fault, options } = world
  if (body['agent_id'] !== (options.agentId ?? 1_001)) return said(33002, '无效的微应用')
  if (body['to_all_user'] === true)
    return said(999002, 'the simulator tells nobody to tell everybody')
  const { msg } = body
  const message = typeof msg === 'object' && msg !== null ? (msg as DingtalkMessage['body']) : {}
  const text = textOf(message)
  if (text === undefined) return said(40035, '缺少参数 msg')
  if (Buffer.byteLength(JSON.stringify(msg)) > 2_048) return said(400002, 'msg too long')
  if (fault === 'refuse') return said(1430002, '包含违禁内容')
  if (fault === 'busy') return said(-1, '系统繁忙')
  if (fault === 'limited') return said(143103, '企业单应用消息发送人次QPM超限')
  if (fault === 'unknown-code') return said(999001, 'something new')
  const list = (name: string) =>
    String(body[name] ?? '')
      .split(',')
      .filter(Boolean)
  const users = list('userid_list')
  if (users.length > 100) return said(400002, 'userid_list too long')
  const known = (user: string) => options.users === undefined || options.users.includes(user)
  const unknown = users.filter(
    (user, index) => !known(user) || (fault === 'partial' && index % 2 === 1),
  )
  const forbidden = new Map<string, string>()
  const reached: string[] = []
  for (const to of [...users, ...list('dept_id_list').map((one) => `department:${one}`)]) {
    if (unknown.includes(to)) continue
    // The same words to the same person are taken again and not delivered.
    if (world.today.has(`${to} ${text}`)) forbidden.set(to, '143106')
    else {
      reached.push(to)
      world.today.add(`${to} ${text}`)
      take(world, to, text, body)
    }
  }
  const id = 256_271_667_526 + world.tasks.size
  world.tasks.set(id, { id, reached, unknown, forbidden })
  return said(0, 'ok', { task_id: id, request_id: 'r' })
}

function result(world: World, { body }: PlatformRequest): PlatformAnswer {
  const task = world.tasks.get(Number(body['task_id']))
  if (!task) return said(400002, 'task not exist')
  const { reached, unknown, forbidden } = task
  const read = reached.filter((one) => world.readers.has(one))
  return said(0, 'ok', {
    send_result: {
      ...{ invalid_user_id_list: unknown, failed_user_id_list: [], invalid_dept_id_list: [] },
      ...{ read_user_id_list: read, forbidden_user_id_list: [...forbidden.keys()] },
      unread_user_id_list: reached.filter((one) => !read.includes(one)),
      forbidden_list: [...forbidden].map(([userid, code]) => ({ code, count: 1, userid })),
    },
  })
}

function recall(world: World, { body }: PlatformRequest): PlatformAnswer {
  const id = Number(body['msg_task_id'])
  if (!world.tasks.has(id)) return said(400002, 'task not exist')
  world.recalled.push(id)
  return said(0, 'ok')
}

function take(world: World, to: string, text: string, body: DingtalkMessage['body']): void {
  const line = `${to} ${text}`
  world.counts.set(line, (world.counts.get(line) ?? 0) + 1)
  world.messages.push({ to, text, body })
  if (world.messages.length > KEEP_MAX) world.messages.shift()
}
