/** A QQ client that speaks OneBot 11 on the loopback, over HTTP and over a WebSocket on the same port, with
 *  faults to set: get_status, send_group_msg, delete_msg, get_group_list. It sends nothing to anybody. */
import type { IncomingMessage } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import {
  type PlatformAnswer,
  type PlatformRequest,
  startJsonPlatform,
  WIRE_FAULTS,
  type WireFault,
} from './json-platform.ts'

/** `async`: taken, and nobody learns the end; `timed-out`: the client waited for QQ in vain; `at-risk`: 风控. */
export const ONEBOT_FAULTS = [
  ...WIRE_FAULTS,
  'refuse',
  'busy',
  'async',
  'timed-out',
  'at-risk',
  'logged-out',
  'not-good',
  'unknown-code',
] as const
export type OnebotFault = (typeof ONEBOT_FAULTS)[number]

export interface OnebotMessage {
  readonly id: number
  readonly group: number
  readonly text: string
}

export interface OnebotOptions {
  readonly port?: number
  readonly accessToken?: string
  /** groups the account is in; absent: every group */
  readonly groups?: readonly number[]
}

export interface OnebotSimulator {
  readonly port: number
  setFault(fault: OnebotFault): void
  messages(): readonly OnebotMessage[]
  /** acceptances by `group text`; 2 is a double */
  counts(): ReadonlyMap<string, number>
  recalled(): readonly number[]
  /** WebSocket connections that stand */
  connections(): number
  /** somebody writes in a group: an event on every connection */
  speak(group: number, text: string): void
  stop(): Promise<void>
}

interface World {
  fault: OnebotFault
  readonly options: OnebotOptions
  readonly messages: OnebotMessage[]
  readonly counts: Map<string, number>
  readonly recalled: number[]
}

type Parameters = Readonly<Record<string, unknown>>
interface Reply {
  readonly status: 'ok' | 'async' | 'failed'
  readonly retcode: number
  readonly data: unknown
  readonly message?: string
}

const KEEP_MAX = 1_000
const SEND = 'send_group_msg'

export async function startOnebotSimulator(options: OnebotOptions = {}): Promise<OnebotSimulator> {
  const world: World = {
    ...{ fault: 'none', options, messages: [], counts: new Map(), recalled: [] },
  }
  const platform = await startJsonPlatform({
    ...(options.port === undefined ? {} : { port: options.port }),
    met: (path) => (path === `/${SEND}` ? wireFault(world) : 'none'),
    answer: (request) => overHttp(world, request),
  })
  const sockets = new WebSocketServer({
    server: platform.server,
    verifyClient: ({ req }: { req: IncomingMessage }, done: (ok: boolean, code?: number) => void) =>
      done(mayEnter(world, req.headers.authorization) === undefined, 403),
  })
  sockets.on('connection', (socket) => {
    socket.on('error', () => socket.terminate())
    socket.on('message', (data) => overSocket(world, socket, String(data)))
    // The standard: an event of the life cycle comes first on every connection.
    socket.send(JSON.stringify({ post_type: 'meta_event', sub_type: 'connect', self_id: 10_001 }))
  })
  return {
    port: platform.port,
    setFault(fault) {
      world.fault = fault
    },
    messages: () => world.messages,
    counts: () => world.counts,
    recalled: () => world.recalled,
    connections: () => sockets.clients.size,
    speak(group, text) {
      const event = { post_type: 'message', message_type: 'group', group_id: group, message: text }
      for (const socket of sockets.clients) socket.send(JSON.stringify(event))
    },
    async stop() {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      await platform.stop()
    },
  }
}

function wireFault({ fault }: World): WireFault {
  return (WIRE_FAULTS as readonly string[]).includes(fault) ? (fault as WireFault) : 'none'
}

/** The status that turns somebody away, or none. */
function mayEnter({ options }: World, authorization: string | undefined): 401 | 403 | undefined {
  if (options.accessToken === undefined) return undefined
  if (authorization === undefined) return 401
  return authorization === `Bearer ${options.accessToken}` ? undefined : 403
}

function overHttp(world: World, { path, headers, body }: PlatformRequest): PlatformAnswer {
  const turnedAway = mayEnter(world, headers.authorization)
  if (turnedAway !== undefined) return { status: turnedAway, body: {} }
  const reply = act(world, path.slice(1), body)
  return reply === undefined ? { status: 404, body: {} } : { body: reply }
}

function overSocket(world: World, socket: WebSocket, text: string): void {
  const { action, params, echo } = requestOf(text)
  const fault = action === SEND ? wireFault(world) : 'none'
  if (fault === 'drop-before-body') {
    socket.terminate()
    return
  }
  const known = act(world, action, params)
  const reply = known ?? { status: 'failed', retcode: 1404, data: null }
  if (fault === 'drop-after-body') socket.terminate()
  else if (fault === 'garbage') socket.send('\u0000 <what> was {that')
  else if (fault === 'server-error') socket.send(JSON.stringify({ echo, status: 'ok?' }))
  else if (fault !== 'stall') socket.send(JSON.stringify({ ...reply, echo }))
}

function requestOf(text: string): { action: string; params: Parameters; echo: unknown } {
  try {
    const read = JSON.parse(text) as { action?: unknown; params?: unknown; echo?: unknown }
    const { action, params, echo } = read
    const given = typeof params === 'object' && params !== null ? { ...params } : {}
    return { action: String(action), params: given, echo }
  } catch {
    return { action: '', params: {}, echo: undefined }
  }
}

function act(world: World, action: string, given: Parameters): Reply | undefined {
  switch (action) {
    case 'get_status': {
      const online = world.fault !== 'logged-out'
      const good = online && world.fault !== 'not-good'
      return { status: 'ok', retcode: 0, data: { online, good } }
    }
    case SEND:
      return sendGroupMessage(world, given)
    case 'delete_msg': {
      const id = Number(given['message_id'])
      if (!world.messages.some((one) => one.id === id)) return failed(1200, '消息不存在')
      world.recalled.push(id)
      return { status: 'ok', retcode: 0, data: null }
    }
    case 'get_group_list': {
      const list = (world.options.groups ?? []).map((one) => ({ group_id: one }))
      return { status: 'ok', retcode: 0, data: list }
    }
    default:
      return undefined
  }
}

function failed(retcode: number, message: string): Reply {
  return { status: 'failed', retcode, data: null, message }
}

function sendGroupMessage(world: World, given: Parameters): Reply {
  const { fault, options } = world
  const group = given['group_id']
  const text = textOf(given['message'])
  if (typeof group !== 'number' || text === undefined) return failed(1400, '参数错误')
  if (options.groups !== undefined && !options.groups.includes(group))
    return failed(1200, '发送失败，你已被移出该群，请重新加群。')
  if (fault === 'refuse') return failed(1200, '发送失败，请先添加对方为好友 result:120')
  if (fault === 'at-risk') return failed(100, 'SEND_MSG_API_ERROR')
  if (fault === 'unknown-code') return failed(8_888, 'something new')
  if (fault === 'busy' || fault === 'logged-out') return failed(104, '登录已失效')
  const id = -(1_000_000 + world.messages.length)
  const line = `${group} ${text}`
  world.counts.set(line, (world.counts.get(line) ?? 0) + 1)
  world.messages.push({ id, group, text })
  if (world.messages.length > KEEP_MAX) world.messages.shift()
  if (fault === 'async') return { status: 'async', retcode: 1, data: null }
  if (fault === 'timed-out')
    return failed(1200, 'Timeout: NTEvent serviceAndMethod:NodeIKernelMsgService/sendMsg')
  return { status: 'ok', retcode: 0, data: { message_id: id } }
}

/** Only what was sent as text: a string would be read for codes. */
function textOf(message: unknown): string | undefined {
  if (!Array.isArray(message)) return undefined
  const parts = message.map((one: { type?: unknown; data?: { text?: unknown } }) =>
    one.type === 'text' && typeof one.data?.text === 'string' ? one.data.text : undefined,
  )
  return parts.includes(undefined) ? undefined : parts.join('')
}
