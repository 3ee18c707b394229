/** The outside of the benches, in a process of its own: a gateway that takes messages as JSON, counts calls
 *  and distinct recipients by channel, remembers the first call of each text, and has faults to set. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { SinkBehaviour, SinkReport, SinkRequest } from './sink.ts'

interface Seen {
  calls: number
  faulty: number
  taken: number
  bytes: number
  readonly recipients: Set<string>
}

const HEALTHY: SinkBehaviour = { kind: 'ok' }
const BUSY = 503
/** `〔7〕` in a text names the round it belongs to */
const MARK = /〔(\d+)〕/

let faultEvery = 0
let latencyMs = 0
let behaviours: Readonly<Record<string, SinkBehaviour>> = {}
let seen = new Map<string, Seen>()
let firstCalls = new Map<string, number>()
let calls = 0

/** The machine's monotonic clock: alike in every process, so that two of them can be compared. */
const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6

async function answer(call: IncomingMessage, response: ServerResponse): Promise<void> {
  const at = nowMs()
  const chunks: Buffer[] = []
  for await (const chunk of call) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  const { channel, numbers, text } = readCall(call.url ?? '', body)
  const own = seenOf(channel)
  own.calls++
  own.bytes += body.length
  calls++
  const first = `${channel} ${MARK.exec(text)?.[1] ?? ''}`
  if (!firstCalls.has(first)) firstCalls.set(first, at)
  const behaviour = behaviours[channel] ?? HEALTHY
  if (behaviour.kind === 'hang') await pause(behaviour.ms)
  else if (latencyMs > 0) await pause(latencyMs)
  if (behaviour.kind === 'hang') return void call.socket.destroy()
  if (behaviour.kind === 'garbage') return void response.end('\u0000 <what> was {that')
  if (behaviour.kind === 'refuse' || (faultEvery > 0 && calls % faultEvery === 0)) {
    own.faulty++
    return void response.writeHead(BUSY).end()
  }
  own.taken += numbers.length
  for (const number of numbers) own.recipients.add(number)
  response.setHeader('content-type', 'application/json')
  response.end(`{"code":"0","id":"${calls}"}`)
}

/** A message of ours; or one of a peer, which names its recipient in its address or in its alerts. */
function readCall(url: string, body: Buffer): { channel: string; numbers: string[]; text: string } {
  const query = url.indexOf('?')
  if (query !== -1) {
    const to = new URLSearchParams(url.slice(query)).get('to') ?? ''
    return { channel: url.slice(1, query), numbers: [to.replace(/^\+/, '')], text: '' }
  }
  const said = JSON.parse(body.toString()) as Partial<{
    numbers: string[]
    text: string
    alerts: { labels: { to: string } }[]
  }>
  const numbers = said.numbers ?? said.alerts?.map(({ labels }) => labels.to) ?? []
  return { channel: url.slice(1), numbers, text: said.text ?? '' }
}

function seenOf(channel: string): Seen {
  const known = seen.get(channel)
  if (known) return known
  const made = { calls: 0, faulty: 0, taken: 0, bytes: 0, recipients: new Set<string>() }
  seen.set(channel, made)
  return made
}

function report(): SinkReport {
  const channels = [...seen].map(([channel, { recipients, ...counts }]) => [
    channel,
    { ...counts, distinct: recipients.size, doubled: counts.taken - recipients.size },
  ])
  return { channels: Object.fromEntries(channels), firstCalls: Object.fromEntries(firstCalls) }
}

// Whoever kills a caller in the middle of its question has asked nothing.
const server = createServer((call, response) => void answer(call, response).catch(() => {}))
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the sink has no port')
  process.send?.({ port: address.port })
})
process.on('message', (request: SinkRequest) => {
  if (request.kind === 'reset') {
    faultEvery = request.faultPercent ? Math.round(100 / request.faultPercent) : 0
    latencyMs = request.latencyMs ?? 0
    behaviours = request.behaviours ?? {}
    seen = new Map()
    firstCalls = new Map()
    calls = 0
  }
  process.send?.(report())
})
process.once('disconnect', () => process.exit(0))
