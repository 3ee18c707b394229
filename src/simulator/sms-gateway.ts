/** A text message gateway on the loopback, with faults to set: practice mode, the demo and the tests send
 *  to it. It speaks three dialects at once, counts acceptances so that a message taken twice is seen,
 *  and says later what became of each; it sends nothing to anybody. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { serveOnLoopback } from './loopback.ts'
import { answerOf, isSend, type SmsRequest } from './sms-gateway-dialects.ts'
import { pushReceipts, pushReply } from './sms-gateway-receipts.ts'
import {
  openWorld,
  type SmsFault,
  type SmsMessage,
  type SmsSimulatorOptions,
  type SmsWorld,
} from './sms-gateway-world.ts'

export interface SmsSimulator {
  readonly port: number
  /** `only` limits a fault about numbers to some of them */
  setFault(fault: SmsFault, only?: (number: string) => boolean): void
  setCallback(url: string): void
  messages(): readonly SmsMessage[]
  /** acceptances by `key number`; 2 is a double */
  counts(): ReadonlyMap<string, number>
  accepted(): number
  /** says of all open messages, or of some, what became of them; the answers it got by status */
  finish(state: 'delivered' | 'failed', only?: (message: SmsMessage) => boolean): Promise<number[]>
  /** somebody writes back; the status it got, or undefined when the reply waits to be fetched */
  reply(number: string, text: string): Promise<number | undefined>
  stop(): Promise<void>
}

const BODY_BYTES_MAX = 8 * 1024 * 1024

export async function startSmsSimulator(options: SmsSimulatorOptions = {}): Promise<SmsSimulator> {
  const timers = new Set<NodeJS.Timeout>()
  const world = openWorld(options, (message) => {
    if (options.receiptsAfterMs === undefined) return
    const timer = setTimeout(() => {
      timers.delete(timer)
      void pushReceipts(world, 'delivered', ({ id }) => id === message.id)
    }, options.receiptsAfterMs)
    timers.add(timer)
  })
  const loopback = await serveOnLoopback(
    (request, response) => void serve(world, request, response),
    { port: options.port },
  )
  const { port } = loopback
  return {
    port,
    setFault(fault, only = () => true) {
      world.fault = fault
      world.only = only
    },
    setCallback(url) {
      world.callback = url
    },
    messages: () => world.messages,
    counts: () => world.counts,
    accepted: () => world.accepted,
    finish: (state, only = () => true) => pushReceipts(world, state, only),
    reply: (number, text) => pushReply(world, number, text),
    async stop() {
      for (const timer of timers) clearTimeout(timer)
      await loopback.stop()
    },
  }
}

async function serve(
  world: SmsWorld,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  const path = url.pathname
  const met = isSend(path) ? world.fault : 'none'
  if (met === 'drop-before-body') {
    request.socket.destroy()
    return
  }
  const body = await bodyOf(request)
  if (body === undefined) {
    request.socket.destroy()
    return
  }
  const given: SmsRequest = { method: request.method ?? 'GET', path, url, body }
  const answer = answerOf(world, given)
  if (met === 'drop-after-body') request.socket.destroy()
  else if (met === 'garbage') response.writeHead(200).end('\u0000 <what> was {that')
  else if (met === 'server-error') response.writeHead(500).end('something went wrong on the way')
  else if (met !== 'stall')
    response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body)
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request) {
      const piece = Buffer.from(chunk as Uint8Array)
      bytes += piece.length
      if (bytes > BODY_BYTES_MAX) return undefined
      chunks.push(piece)
    }
  } catch {
    return undefined
  }
  return Buffer.concat(chunks)
}
