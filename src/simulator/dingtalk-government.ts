/** 专有钉钉 (浙政钉), as far as public texts describe it: signed headers, one work notification a call, a `bizMsgId`
 *  that is taken once. It refuses a wrong signature, a nonce that was used, and a clock that is wrong. */
import { createHmac } from 'node:crypto'
import {
  type PlatformAnswer,
  type PlatformRequest,
  startJsonPlatform,
  WIRE_FAULTS,
  type WireFault,
} from './json-platform.ts'

export const GOVERNMENT_FAULTS = [
  ...WIRE_FAULTS,
  'refuse',
  'limited',
  'account',
  'unknown-code',
] as const
export type GovernmentFault = (typeof GOVERNMENT_FAULTS)[number]

export interface GovernmentMessage {
  /** a person, or an organisation with its kind */
  readonly to: string
  readonly text: string
  readonly bizMsgId: string
}

export interface GovernmentSimulator {
  readonly port: number
  setFault(fault: GovernmentFault): void
  messages(): readonly GovernmentMessage[]
  /** acceptances by recipient and text */
  counts(): ReadonlyMap<string, number>
  stop(): Promise<void>
}

interface World {
  fault: GovernmentFault
  readonly key: { readonly appKey: string; readonly secret: string }
  readonly now: (() => Date) | undefined
  readonly nonces: Set<string>
  readonly ids: Set<string>
  readonly messages: GovernmentMessage[]
}

const SEND = '/message/workNotification'
const CLOCK_MS_MAX = 15 * 60_000

export async function startGovernmentSimulator(
  options: {
    readonly key?: { readonly appKey: string; readonly secret: string }
    /** what the platform takes for the time; any time is right when absent */
    readonly now?: () => Date
  } = {},
): Promise<GovernmentSimulator> {
  const world: World = {
    ...{ fault: 'none', key: options.key ?? { appKey: 'duoling', secret: 'simulator' } },
    ...{ now: options.now, nonces: new Set(), ids: new Set(), messages: [] },
  }
  const platform = await startJsonPlatform({
    met: (path) => (path === SEND && isWire(world.fault) ? world.fault : 'none'),
    answer: (request) => answer(world, request),
  })
  return {
    port: platform.port,
    setFault(fault) {
      world.fault = fault
    },
    messages: () => world.messages,
    counts: () => {
      const lines = Map.groupBy(world.messages, ({ to, text }) => `${to} ${text}`)
      return new Map([...lines].map(([line, { length }]) => [line, length]))
    },
    stop: () => platform.stop(),
  }
}

function isWire(fault: GovernmentFault): fault is WireFault {
  return (WIRE_FAULTS as readonly string[]).includes(fault)
}

function answer(world: World, request: PlatformRequest): PlatformAnswer {
  const { method, path, query, text } = request
  if (method === 'HEAD') return { body: {} }
  const parameters = method === 'GET' ? query : new URLSearchParams(text)
  if (!isSigned(world, request, parameters) || world.fault === 'account')
    return refused('OPF-B001-05-16-0009', 'SignatureDoesNotMatch')
  if (path === '/gettoken.json')
    return taken({ data: { accessToken: 'a-token', expiresIn: '7200' }, responseCode: '0' })
  return path === SEND ? notify(world, parameters) : { status: 404, body: {} }
}

function isSigned(
  world: World,
  { method, path, headers }: PlatformRequest,
  parameters: URLSearchParams,
): boolean {
  const given = (name: string) => String(headers[name] ?? '')
  const [time, nonce] = [given('x-hmac-auth-timestamp'), given('x-hmac-auth-nonce')]
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+08:00$/.test(time) || nonce === '') return false
  const off = world.now ? Math.abs(world.now().getTime() - Date.parse(time)) : 0
  if (off > CLOCK_MS_MAX || world.nonces.has(nonce)) return false
  const names = [...new Set(parameters.keys())].sort()
  const list = names.map((name) => `${name}=${parameters.get(name)}`).join('&')
  const signed = createHmac('sha256', world.key.secret)
    .update(`${method}\n${time}\n${nonce}\n${path}\n${list}`)
    .digest('base64')
  if (given('apikey') !== world.key.appKey || given('x-hmac-auth-signature') !== signed)
    return false
  world.nonces.add(nonce)
  return true
}

function notify(world: World, parameters: URLSearchParams): PlatformAnswer {
  const given = (name: string) => parameters.get(name) ?? ''
  const text = textOf(given('msg'))
  const bizMsgId = given('bizMsgId')
  if (given('tenantId') === '' || bizMsgId === '' || text === undefined)
    return refused('SIM-PARAMETER', 'a parameter is missing')
  if (Buffer.byteLength(given('msg')) > 2_048) return refused('SIM-LENGTH', 'msg too long')
  if (world.fault === 'limited') return { status: 429, body: 'slower' }
  if (world.fault === 'refuse') return refused('SIM-CONTENT', 'not proper')
  if (world.fault === 'unknown-code') return refused('OPF-B999-99-99-9999', 'something new')
  if (world.ids.has(bizMsgId)) return refused('SIM-DUPLICATE', 'duplicate bizMsgId')
  const list = (name: string) => given(name).split(',').filter(Boolean)
  const organizations = list('organizationCodes').map((one) => `organization:${one}`)
  const receivers = [...list('receiverIds'), ...organizations]
  if (receivers.length === 0) return refused('SIM-RECEIVERS', 'nobody to send to')
  world.ids.add(bizMsgId)
  world.messages.push(...receivers.map((to) => ({ to, text, bizMsgId })))
  return taken(JSON.stringify({ success: true, content: { msgId: `m-${world.ids.size}` } }))
}

function taken(content: unknown): PlatformAnswer {
  return { body: { success: true, content } }
}

function refused(bizErrorCode: string, Message: string): PlatformAnswer {
  return { body: { success: false, bizErrorCode, Message, _RequestId: 'r' } }
}

function textOf(msg: string): string | undefined {
  try {
    const { msgtype, text, markdown } = JSON.parse(msg)
    const found = msgtype === 'text' ? text?.content : markdown?.text
    return typeof found === 'string' ? found : undefined
  } catch {
    return undefined
  }
}
