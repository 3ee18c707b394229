/** The gateway behind the batched adapter: it lives through the kills, counts what it took by key, and
 *  has faults of its own: it drops the line before or after taking, answers late, is busy, refuses. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Chance } from './chance.ts'
import type { WireAnswer } from './wire.ts'

export interface WireSink {
  readonly port: number
  /** how often each key was taken; 2 is a double */
  readonly accepted: ReadonlyMap<string, number>
  readonly refused: ReadonlySet<string>
  /** false: answers everything at once and well */
  setFaulty(faulty: boolean): void
  stop(): Promise<void>
}

const ANSWER_MS_MAX = 60
const SHARES = { cut: 0.02, busy: 0.04, drop: 0.03, late: 0.02, partial: 0.02 }
const RETRIED_SHARE = 0.02
const REFUSED_SHARE = 0.005

export async function startWireSink(chance: Chance, lateMs: number): Promise<WireSink> {
  const accepted = new Map<string, number>()
  const refused = new Set<string>()
  let faulty = true
  const take = (key: string): WireAnswer => {
    if (faulty && chance.happens(RETRIED_SHARE)) return 'retry'
    if (faulty && chance.happens(REFUSED_SHARE)) {
      refused.add(key)
      return 'refused'
    }
    accepted.set(key, (accepted.get(key) ?? 0) + 1)
    return 'accepted'
  }
  const answer = async (call: IncomingMessage, response: ServerResponse): Promise<void> => {
    const keys = await keysOf(call)
    const fault = faulty ? faultOf(chance) : undefined
    if (faulty) await pause(chance.between(0, ANSWER_MS_MAX))
    if (fault === 'cut') return void call.socket.destroy()
    if (fault === 'busy') return void response.writeHead(503).end()
    const taken = fault === 'partial' ? keys.slice(0, keys.length / 2) : keys
    const words = taken.map(take)
    if (fault === 'late') await pause(lateMs)
    if (fault === 'drop' || fault === 'partial') call.socket.destroy()
    else response.end(JSON.stringify(words))
  }
  // A caller killed in the middle of its question has asked nothing.
  const server = createServer((call, response) => void answer(call, response).catch(() => {}))
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the gateway has no port')
  return {
    ...{ port: address.port, accepted, refused },
    setFaulty(on) {
      faulty = on
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function faultOf(chance: Chance): keyof typeof SHARES | undefined {
  for (const name of ['cut', 'busy', 'drop', 'late', 'partial'] as const)
    if (chance.happens(SHARES[name])) return name
  return undefined
}

async function keysOf(call: IncomingMessage): Promise<readonly string[]> {
  const chunks: Buffer[] = []
  for await (const chunk of call) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString())
}
