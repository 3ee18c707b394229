/** 企业微信 on the loopback, with faults to set: group robots (document/path/91770) and an app's messages
 *  (gettoken 91039, message/send 90236, message/recall 94867). It counts what it took and sends nothing. */
import {
  type JsonPlatform,
  type PlatformAnswer,
  type PlatformRequest,
  startJsonPlatform,
  WIRE_FAULTS,
  type WireFault,
} from './json-platform.ts'

/** `token-expired` is met once and then over; `partial` names every second member as unknown. */
export const WECOM_FAULTS = [
  ...WIRE_FAULTS,
  'refuse',
  'busy',
  'limited',
  'account',
  'unknown-code',
  'partial',
  'unlicensed',
  'token-expired',
] as const
export type WecomFault = (typeof WECOM_FAULTS)[number]

export interface WecomMessage {
  readonly id: string
  /** a robot's key, a member, or a department or tag with its kind */
  readonly to: string
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface WecomSimulator {
  readonly port: number
  /** `only` limits a fault to some robots, by their key */
  setFault(fault: WecomFault, only?: (key: string) => boolean): void
  messages(): readonly WecomMessage[]
  /** acceptances by `to text`; 2 is a double */
  counts(): ReadonlyMap<string, number>
  recalled(): readonly string[]
  tokensGiven(): number
  stop(): Promise<void>
}

export interface WecomOptions {
  readonly port?: number
  readonly robots?: readonly string[]
  readonly corpId?: string
  readonly secret?: string
  readonly agentId?: number
  /** members the enterprise has; absent: everybody */
  readonly members?: readonly string[]
}

interface World {
  fault: WecomFault
  only: (key: string) => boolean
  token: number
  readonly options: WecomOptions
  readonly messages: WecomMessage[]
  readonly counts: Map<string, number>
  readonly recalled: string[]
  /** bodies taken with `enable_duplicate_check`, and the id they got */
  readonly seen: Map<string, string>
}

const KEEP_MAX = 1_000
const SEND = /^\/cgi-bin\/(?:webhook|message)\/send$/

const CODES: Partial<Record<WecomFault, readonly [number, string]>> = {
  busy: [-1, 'system busy'],
  limited: [45009, 'api freq out of limit'],
  'unknown-code': [999001, 'something new'],
}

export async function startWecomSimulator(options: WecomOptions = {}): Promise<WecomSimulator> {
  const world: World = {
    ...{ fault: 'none', only: () => true, token: 1, options, messages: [], counts: new Map() },
    ...{ recalled: [], seen: new Map() },
  }
  const platform: JsonPlatform = await startJsonPlatform({
    ...(options.port === undefined ? {} : { port: options.port }),
    met: (path) => (SEND.test(path) && isWire(world.fault) ? world.fault : 'none'),
    answer: (request) => answer(world, request),
  })
  return {
    port: platform.port,
    setFault(fault, only = () => true) {
      world.fault = fault
      world.only = only
    },
    messages: () => world.messages,
    counts: () => world.counts,
    recalled: () => world.recalled,
    tokensGiven: () => world.token - 1,
    stop: () => platform.stop(),
  }
}

function isWire(fault: WecomFault): fault is WireFault {
  return (WIRE_FAULTS as readonly string[]).includes(fault)
}

function answer(world: World, request: PlatformRequest): PlatformAnswer {
  switch (request.path) {
    case '/cgi-bin/gettoken':
      return giveToken(world, request)
    case '/cgi-bin/webhook/send':
      return robot(world, request)
    case '/cgi-bin/message/send':
      return authorised(world, request) ?? app(world, request)
    case '/cgi-bin/message/recall':
      return authorised(world, request) ?? recall(world, request)
    default:
      return { status: 404, body: {} }
  }
}

function said(errcode: number, errmsg: string, more: object = {}): PlatformAnswer {
  return { body: { errcode, errmsg, ...more } }
}

function giveToken(world: World, { query }: PlatformRequest): PlatformAnswer {
  const { corpId = 'ww1', secret = 'simulator' } = world.options
  if (query.get('corpid') !== corpId) return said(40013, 'invalid corpid')
  if (query.get('corpsecret') !== secret || world.fault === 'account')
    return said(40001, 'invalid credential')
  world.token += 1
  return said(0, 'ok', { access_token: `token-${world.token}`, expires_in: 7_200 })
}

function authorised(world: World, { query }: PlatformRequest): PlatformAnswer | undefined {
  if (world.fault === 'token-expired') {
    world.fault = 'none'
    return said(42001, 'access_token expired')
  }
  if (query.get('access_token') !== `token-${world.token}`)
    return said(40014, 'invalid access_token')
  return undefined
}

function textOf(body: Readonly<Record<string, unknown>>): string | undefined {
  const { msgtype } = body
  if (msgtype !== 'text' && msgtype !== 'markdown') return undefined
  const part = body[msgtype]
  const content = typeof part === 'object' && part !== null && 'content' in part ? part.content : ''
  return typeof content === 'string' ? content : ''
}

function robot(world: World, { query, body }: PlatformRequest): PlatformAnswer {
  const key = query.get('key') ?? ''
  const met = world.only(key) ? world.fault : 'none'
  const known = world.options.robots === undefined || world.options.robots.includes(key)
  if (!known || met === 'account') return said(93000, 'invalid webhook url')
  const text = textOf(body)
  if (text === undefined) return said(40008, 'invalid message type')
  if (met === 'refuse') return said(40058, 'invalid Request Parameter')
  const code = CODES[met]
  if (code) return said(...code)
  if (text === '') return said(44004, 'empty content')
  if (Buffer.byteLength(text) > (body['msgtype'] === 'markdown' ? 4_096 : 2_048))
    return said(40058, 'content exceed max length')
  take(world, key, text, body)
  return said(0, 'ok')
}

function app(world: World, { body }: PlatformRequest): PlatformAnswer {
  const { fault, options } = world
  if (body['agentid'] !== (options.agentId ?? 1_000_002)) return said(40056, 'invalid agentid')
  const text = textOf(body)
  if (text === undefined) return said(40008, 'invalid message type')
  const code = CODES[fault]
  if (code) return said(...code)
  if (text === '') return said(44004, 'text content is empty')
  if (Buffer.byteLength(text) > 2_048) return said(45002, 'content size out of limit')
  const list = (name: string) =>
    String(body[name] ?? '')
      .split('|')
      .filter(Boolean)
  const users = list('touser')
  if (users.length > 1_000) return said(40031, 'invalid userid list')
  const known = (user: string) => options.members === undefined || options.members.includes(user)
  const unknown = users.filter(
    (user, index) => !known(user) || fault === 'refuse' || (fault === 'partial' && index % 2 === 1),
  )
  const unlicensed = fault === 'unlicensed' ? users.filter((_, index) => index % 2 === 0) : []
  const reached = [
    ...users.filter((user) => !unknown.includes(user) && !unlicensed.includes(user)),
    ...(fault === 'refuse' ? [] : list('toparty').map((one) => `party:${one}`)),
    ...(fault === 'refuse' ? [] : list('totag').map((one) => `tag:${one}`)),
  ]
  const lists = {
    invaliduser: unknown.join('|').toLowerCase(),
    ...{ invalidparty: '', invalidtag: '', unlicenseduser: unlicensed.join('|').toLowerCase() },
  }
  if (reached.length === 0) return said(81013, 'user & party & tag all invalid', lists)
  const same = JSON.stringify(body)
  const before = body['enable_duplicate_check'] === 1 ? world.seen.get(same) : undefined
  if (before !== undefined) return said(0, 'ok', { ...lists, msgid: before })
  const msgid = `msg-${world.seen.size + 1}`
  world.seen.set(same, msgid)
  for (const to of reached) take(world, to, text, body)
  return said(0, 'ok', { ...lists, msgid })
}

function recall(world: World, { body }: PlatformRequest): PlatformAnswer {
  const msgid = String(body['msgid'] ?? '')
  if (![...world.seen.values()].includes(msgid)) return said(40058, 'invalid msgid')
  world.recalled.push(msgid)
  return said(0, 'ok')
}

function take(world: World, to: string, text: string, body: WecomMessage['body']): void {
  const line = `${to} ${text}`
  world.counts.set(line, (world.counts.get(line) ?? 0) + 1)
  world.messages.push({ id: `m-${world.messages.length + 1}`, to, text, body })
  if (world.messages.length > KEEP_MAX) world.messages.shift()
}
