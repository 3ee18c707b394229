/** The gateway behind the batched adapter: it lives through everything, counts what it took by key, notes
 *  when each batch came, and has faults of its own, one at a time or mixed. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Chance } from './chance.ts'
import type { WireAnswer, WireQuestion } from './wire.ts'

/** Taken means: counted as accepted, each recipient at most once a call.
 *  `cut` nothing taken, line dropped · `busy` 503, nothing taken · `drop` taken, answer lost · `partial` half
 *  taken, answer lost · `late` taken, answered after the lease · `never` taken, never answered · `twice` taken,
 *  answered twice on the same line · `garbage` taken, answered with what is no answer · `down` nobody there */
export const WIRE_FAULTS = [
  ...(['cut', 'busy', 'drop', 'partial', 'late', 'never', 'twice', 'garbage'] as const),
  'down',
] as const
type WireFault = (typeof WIRE_FAULTS)[number]
/** `mixed`: a few of several faults; a fault: half of the calls meet it; `well`: none. */
export type Mood = WireFault | 'mixed' | 'well'

export interface WireSink {
  readonly port: number
  /** how often each key was taken; 2 is a double */
  readonly accepted: ReadonlyMap<string, number>
  readonly refused: ReadonlySet<string>
  /** milliseconds of this process's clock at which a batch came, by its key */
  readonly came: ReadonlyMap<string, readonly number[]>
  /** calls that met a fault */
  readonly met: Readonly<Record<string, number>>
  setMood(mood: Mood): Promise<void>
  stop(): Promise<void>
}

const ANSWER_MS_MAX = 60
const SHARES = { cut: 0.02, busy: 0.04, drop: 0.03, late: 0.02, partial: 0.02 } as const
const MIXED = ['cut', 'busy', 'drop', 'late', 'partial'] as const
const FAULT_SHARE = 0.5
const RETRIED_SHARE = 0.02
const REFUSED_SHARE = 0.005
const GARBAGE = ['null', '{"words":', '<html>502 Bad Gateway</html>', '\u0000\u0001', '[]'] as const

export async function startWireSink(chance: Chance, lateMs: number): Promise<WireSink> {
  const accepted = new Map<string, number>()
  const refused = new Set<string>()
  const came = new Map<string, number[]>()
  const met: Record<string, number> = {}
  let mood: Mood = 'mixed'
  const take = (key: string): WireAnswer => {
    if (mood !== 'well' && chance.happens(RETRIED_SHARE)) return 'retry'
    if (mood !== 'well' && chance.happens(REFUSED_SHARE)) {
      refused.add(key)
      return 'refused'
    }
    accepted.set(key, (accepted.get(key) ?? 0) + 1)
    return 'accepted'
  }
  const answer = async (call: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { batch, keys } = await questionOf(call)
    came.set(batch, [...(came.get(batch) ?? []), Date.now()])
    const fault = faultOf(mood, chance)
    if (fault !== undefined) met[fault] = (met[fault] ?? 0) + 1
    await pause(chance.between(0, mood === 'well' ? 1 : ANSWER_MS_MAX))
    if (fault === 'cut') return void call.socket.destroy()
    if (fault === 'busy') return void response.writeHead(503).end()
    const taken = fault === 'partial' ? keys.slice(0, keys.length / 2) : keys
    const words = taken.map(take)
    const text = JSON.stringify({ batch, words })
    if (fault === 'never') return
    if (fault === 'late') await pause(lateMs)
    if (fault === 'drop' || fault === 'partial') call.socket.destroy()
    else if (fault === 'twice') answerTwice(call, text)
    else if (fault === 'garbage') {
      const short = JSON.stringify({ batch, words: words.slice(1) })
      response.end(chance.pick([short, '', ...GARBAGE]))
    } else response.end(text)
  }
  // A caller killed in the middle of its question has asked nothing.
  const server = createServer((call, response) => void answer(call, response).catch(() => {}))
  server.keepAliveTimeout = 60_000
  const listen = (at: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(at, '127.0.0.1', resolve)
    })
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  await listen(0)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the gateway has no port')
  const { port } = address
  return {
    ...{ port, accepted, refused, came, met, stop },
    async setMood(next) {
      const wasDown = mood === 'down'
      mood = next
      if (next === 'down' && !wasDown) await stop()
      if (next !== 'down' && wasDown) await listen(port)
      if (next === 'down') met['down'] = (met['down'] ?? 0) + 1
    },
  }
}

/** Both answers in one breath: whoever keeps the line must not read the second as that of the next call. */
function answerTwice({ socket }: IncomingMessage, text: string): void {
  const length = Buffer.byteLength(text)
  const once = `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\nConnection: keep-alive\r\n\r\n${text}`
  socket.write(once + once)
}

function faultOf(mood: Mood, chance: Chance): WireFault | undefined {
  if (mood === 'well' || mood === 'down') return undefined
  if (mood !== 'mixed') return chance.happens(FAULT_SHARE) ? mood : undefined
  for (const name of MIXED) if (chance.happens(SHARES[name])) return name
  return undefined
}

async function questionOf(call: IncomingMessage): Promise<WireQuestion> {
  const chunks: Buffer[] = []
  for await (const chunk of call) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString())
}
