/** 飞书 on the loopback, with faults to set: group robots (自定义机器人使用指南) with signature, keyword, 20 KB,
 *  5 a second and 100 a minute. It counts what it took and sends nothing to anybody. */
import { createHmac } from 'node:crypto'
import {
  type PlatformAnswer,
  type PlatformRequest,
  startJsonPlatform,
  WIRE_FAULTS,
  type WireFault,
} from './json-platform.ts'

export const FEISHU_FAULTS = [
  ...WIRE_FAULTS,
  'refuse',
  'limited',
  'account',
  'ip',
  'unknown-code',
] as const
export type FeishuFault = (typeof FEISHU_FAULTS)[number]

export interface FeishuMessage {
  readonly hook: string
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface FeishuOptions {
  readonly port?: number
  /** robots by the last part of their address; absent: every address is one without safety settings */
  readonly robots?: Readonly<
    Record<string, { readonly secret?: string; readonly keyword?: string }>
  >
  /** milliseconds; with it the hour of a signature and the rates are kept */
  readonly now?: () => number
}

export interface FeishuSimulator {
  readonly port: number
  setFault(fault: FeishuFault): void
  messages(): readonly FeishuMessage[]
  /** acceptances by `hook text`; 2 is a double */
  counts(): ReadonlyMap<string, number>
  stop(): Promise<void>
}

interface World {
  fault: FeishuFault
  readonly options: FeishuOptions
  readonly messages: FeishuMessage[]
  readonly counts: Map<string, number>
  readonly calls: Map<string, number[]>
}

const HOOK = /^\/open-apis\/bot\/v2\/hook\/([^/]+)$/
const KEEP_MAX = 1_000
const HOUR_MS = 3_600_000

export async function startFeishuSimulator(options: FeishuOptions = {}): Promise<FeishuSimulator> {
  const world: World = {
    ...{ fault: 'none', options, messages: [], counts: new Map(), calls: new Map() },
  }
  const platform = await startJsonPlatform({
    ...(options.port === undefined ? {} : { port: options.port }),
    met: () => (isWire(world.fault) ? world.fault : 'none'),
    answer: (request) => answer(world, request),
  })
  return {
    port: platform.port,
    setFault(fault) {
      world.fault = fault
    },
    messages: () => world.messages,
    counts: () => world.counts,
    stop: () => platform.stop(),
  }
}

function isWire(fault: FeishuFault): fault is WireFault {
  return (WIRE_FAULTS as readonly string[]).includes(fault)
}

function said(code: number, msg: string): PlatformAnswer {
  return { body: { code, msg, data: {} } }
}

function answer(world: World, { path, body }: PlatformRequest): PlatformAnswer {
  const { robots, now } = world.options
  const hook = decodeURIComponent(HOOK.exec(path)?.[1] ?? '')
  const known = robots === undefined ? {} : robots[hook]
  if (hook === '' || !known || world.fault === 'account')
    return said(19001, 'param invalid: incoming webhook access token invalid')
  if (world.fault === 'ip') return said(19022, 'Ip Not Allowed')
  if (known.secret !== undefined) {
    const at = String(body['timestamp'] ?? '')
    const late = now !== undefined && Math.abs(now() - Number(at) * 1_000) > HOUR_MS
    const sign = createHmac('sha256', `${at}\n${known.secret}`).update('').digest('base64')
    if (at === '' || late || body['sign'] !== sign)
      return said(19021, 'sign match fail or timestamp is not within one hour from current time')
  }
  const { msg_type, content } = body
  const text =
    typeof content === 'object' && content !== null && 'text' in content ? content.text : undefined
  if (msg_type !== 'text' || typeof text !== 'string') return said(9499, 'Bad Request')
  if (known.keyword !== undefined && !text.includes(known.keyword))
    return said(19024, 'Key Words Not Found')
  if (Buffer.byteLength(JSON.stringify(body)) > 20 * 1_024) return said(9499, 'Bad Request')
  if (world.fault === 'limited' || (now && isTooFast(world, hook, now())))
    return said(11232, 'frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]')
  if (world.fault === 'refuse') return said(9499, 'Bad Request')
  if (world.fault === 'unknown-code') return said(99_001, 'something new')
  const line = `${hook} ${text}`
  world.counts.set(line, (world.counts.get(line) ?? 0) + 1)
  world.messages.push({ hook, text, body })
  if (world.messages.length > KEEP_MAX) world.messages.shift()
  return { body: { StatusCode: 0, StatusMessage: 'success', code: 0, data: {}, msg: 'success' } }
}

function isTooFast(world: World, hook: string, at: number): boolean {
  const calls = (world.calls.get(hook) ?? []).filter((one) => one > at - 60_000)
  const second = calls.filter((one) => one > at - 1_000)
  if (calls.length >= 100 || second.length >= 5) return true
  world.calls.set(hook, [...calls, at])
  return false
}
