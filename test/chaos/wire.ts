/** The adapter of the batched sink: one HTTP call for many recipients, over a real socket, to a gateway
 *  that recognises nothing it got before. It never throws; what it cannot know is `unsure`. */
import { Agent, request } from 'node:http'
import type { Adapter, Channel, SendBatch } from '../../channels/channel.ts'
import type { Outcome } from '../../src/domain/outcome.ts'

export const WIRE = 'chaos-wire'
const WIRE_BATCH_MAX = 100
const CONCURRENCY_MAX = 6

/** One word for each recipient, in order. */
export type WireAnswer = 'accepted' | 'retry' | 'refused'

export const wire: Adapter = {
  adapter: WIRE,
  create: (settings) => wireChannel((settings as { port: number }).port),
}

function wireChannel(port: number): Channel {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY_MAX })
  return {
    adapter: WIRE,
    runsOn: ['node'],
    capabilities: {
      ...{ addressing: 'recipient', batchMax: WIRE_BATCH_MAX, perCall: 'batch', limits: {} },
      ...{ idempotency: 'none', receipts: 'none', countsWhen: 'accepted' },
      ...{ retract: 'correction-only', concurrencyMax: CONCURRENCY_MAX },
    },
    render: ({ title }) => ({ losses: [], payload: { form: 'text', fields: { text: [title] } } }),
    check: () => [],
    send: (batch, signal) => send({ agent, port }, batch, signal),
    health: async () => ({ state: 'ok', detail: '' }),
    close: async () => agent.destroy(),
  }
}

async function send(
  to: { readonly agent: Agent; readonly port: number },
  batch: SendBatch,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const body = JSON.stringify(batch.recipients.map((one) => one.key))
  const answer = await post(to, body, signal)
  if (typeof answer === 'object') return batch.recipients.map(() => answer)
  const words: readonly WireAnswer[] = JSON.parse(answer)
  return batch.recipients.map((one, index) => outcomeOf(words[index], one.key))
}

function outcomeOf(word: WireAnswer | undefined, key: string): Outcome {
  if (word === 'accepted') return { kind: 'accepted', reference: key }
  if (word === 'retry') return { kind: 'retry', code: 'busy', detail: '' }
  if (word === 'refused')
    return { kind: 'refused', scope: 'recipient', code: 'unknown-number', detail: '' }
  return { kind: 'unsure', code: 'no-word', detail: '' }
}

/** The gateway's text, or the one outcome that holds for all. */
function post(
  { agent, port }: { readonly agent: Agent; readonly port: number },
  body: string,
  signal: AbortSignal,
): Promise<string | Outcome> {
  return new Promise((resolve) => {
    const call = request({ agent, port, host: '127.0.0.1', method: 'POST', signal })
    call.once('error', (error) => {
      const code = 'code' in error ? String(error.code) : error.name
      // Only a connection that never stood proves that nothing was sent.
      const kind = code === 'ECONNREFUSED' ? 'retry' : 'unsure'
      resolve({ kind, code, detail: '' })
    })
    call.once('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', () => resolve({ kind: 'unsure', code: 'cut-off', detail: '' }))
      response.once('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString())
        else resolve({ kind: 'retry', code: String(response.statusCode), detail: '' })
      })
    })
    call.end(body)
  })
}
