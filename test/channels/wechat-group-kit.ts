/** The bridge to WeChat as a counterpart: its own server and its own sender over rooms in memory, and in front of
 *  them a wire that can break. */
import { request as forward } from 'node:http'
import { text } from 'node:stream/consumers'
import { type LoopbackServer, serveOnLoopback } from '../../src/simulator/loopback.ts'
import { openWechatRooms, type WechatRooms } from '../../src/simulator/wechat-rooms.ts'
import type { Room } from '../../src/wechaty/puppet.ts'
import { openSender, type Rhythm } from '../../src/wechaty/sender.ts'
import { type Bridge, serveBridge } from '../../src/wechaty/server.ts'

export type WireFault = 'none' | 'drop-before-body' | 'drop-after-body' | 'stall' | 'garbage'

export const SECRET = 'bridge-secret-not-said'

export interface WechatBridge {
  /** over the wire that can break */
  readonly url: string
  readonly bridge: Bridge
  readonly rooms: WechatRooms
  /** milliseconds the sender was told to wait, one for each wait */
  readonly pauses: readonly number[]
  setWire(fault: WireFault): void
  stop(): Promise<void>
}

export interface BridgeChoice {
  readonly rooms: readonly Room[]
  readonly gapMs?: number
  readonly jitterMs?: number
  readonly sendTimeoutMs?: number
  readonly lookupTimeoutMs?: number
  readonly rhythm?: Partial<Rhythm>
}

export async function startWechatBridge(choice: BridgeChoice): Promise<WechatBridge> {
  const { gapMs = 0, jitterMs = 0, sendTimeoutMs = 20_000, lookupTimeoutMs = 20_000 } = choice
  const rooms = openWechatRooms(choice.rooms)
  const pauses: number[] = []
  const pace = { gapMs, jitterMs, sendTimeoutMs, lookupTimeoutMs }
  const sender = openSender(rooms, pace, {
    now: () => performance.now(),
    chance: () => 0.5,
    async pause(ms) {
      pauses.push(ms)
    },
    ...choice.rhythm,
  })
  const bridge = await serveBridge({
    ...{ host: '127.0.0.1', port: 0, secret: SECRET, puppet: rooms, sender, lookupTimeoutMs },
  })
  let wire: WireFault = 'none'
  const front = await startFront(bridge.url, (path) => (path === '/v1/send' ? wire : 'none'))
  return {
    ...{ url: `http://127.0.0.1:${front.port}`, bridge, rooms, pauses },
    setWire(fault) {
      wire = fault
    },
    async stop() {
      rooms.answerLate()
      await front.stop()
      await bridge.stop()
      await sender.stop()
    },
  }
}

/** `drop-before-body` closes at the head; the others let the message through and spoil the answer. */
function startFront(base: string, met: (path: string) => WireFault): Promise<LoopbackServer> {
  return serveOnLoopback(async (request, response) => {
    const fault = met(new URL(request.url ?? '/', base).pathname)
    if (fault === 'drop-before-body') return void request.socket.destroy()
    const { method, headers, url } = request
    const behind = forward(
      new URL(url ?? '/', base),
      { method, headers, agent: false },
      (answer) => {
        void text(answer).then((body) => {
          if (fault === 'drop-after-body') request.socket.destroy()
          else if (fault === 'garbage') response.writeHead(200).end('\u0000 <what> was {that')
          else if (fault !== 'stall')
            response.writeHead(answer.statusCode ?? 502, answer.headers).end(body)
        })
      },
    )
    behind.on('error', () => request.socket.destroy())
    // Whoever gives up in front gives up behind as well, as over one connection.
    response.on('close', () => behind.destroy())
    request.pipe(behind)
  })
}
