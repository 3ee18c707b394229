/** The adapter of the batched sink: one call of the product's own web client for many recipients, to a
 *  gateway that recognises nothing it got before. It never throws; what it cannot know is `unsure`. */
import type { Adapter, Channel, HttpAnswer, SendBatch, Toolbox } from '../../channels/channel.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import type { Plant } from './plants.ts'

export const WIRE = 'chaos-wire'
const WIRE_BATCH_MAX = 100
const CONCURRENCY_MAX = 6
const ANSWER_MS_MAX = 60_000
const ANSWER_BYTES_MAX = 100_000

/** One word for each recipient, in order. */
export type WireAnswer = 'accepted' | 'retry' | 'refused'

/** The batch comes back with its answer, so that one meant for another batch is not believed. */
export interface WireQuestion {
  readonly batch: string
  readonly keys: readonly string[]
}
interface WireReply {
  readonly batch: string
  readonly words: readonly WireAnswer[]
}

/** A planted fault reads a lost answer wrongly on purpose. */
export function wireWith(plant: Plant): Adapter {
  return {
    adapter: WIRE,
    create: (settings, tools) =>
      wireChannel((settings as { port: number }).port, tools, lostAs(plant)),
  }
}

function lostAs(plant: Plant): Outcome['kind'] & ('unsure' | 'retry' | 'accepted') {
  if (plant === 'resend') return 'retry'
  return plant === 'assume' ? 'accepted' : 'unsure'
}

function wireChannel(port: number, tools: Toolbox, lost: ReturnType<typeof lostAs>): Channel {
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
    async send(batch, signal) {
      const answer = await post(port, tools, batch, signal)
      return batch.recipients.map((one, index) => outcomeOf(answer, batch, one.key, index, lost))
    },
    health: async () => ({ state: 'ok', detail: '' }),
    close: async () => {},
  }
}

function post(
  port: number,
  tools: Toolbox,
  batch: SendBatch,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const question: WireQuestion = {
    batch: batch.key,
    keys: batch.recipients.map((one) => one.key),
  }
  return tools.http({
    ...{ method: 'POST', url: `http://127.0.0.1:${port}/`, body: JSON.stringify(question), signal },
    ...{ timeoutMs: ANSWER_MS_MAX, bytesMax: ANSWER_BYTES_MAX },
  })
}

function outcomeOf(
  answer: HttpAnswer,
  batch: SendBatch,
  key: string,
  index: number,
  lost: ReturnType<typeof lostAs>,
): Outcome {
  if (answer.kind === 'unreachable') return { kind: 'retry', code: answer.code, detail: '' }
  // Busy is said before anything is taken.
  if (answer.kind === 'answer' && answer.status === 503)
    return { kind: 'retry', code: 'busy', detail: '' }
  const reply = answer.kind === 'answer' ? readReply(answer.body, batch) : undefined
  const word = reply?.words[index]
  if (word === 'accepted') return { kind: 'accepted', reference: key }
  if (word === 'retry') return { kind: 'retry', code: 'busy', detail: '' }
  if (word === 'refused')
    return { kind: 'refused', scope: 'recipient', code: 'unknown-number', detail: '' }
  return lost === 'accepted' ? { kind: lost } : { kind: lost, code: 'no-word', detail: '' }
}

/** Undefined for whatever is not a whole answer to this batch. */
function readReply(body: Uint8Array, batch: SendBatch): WireReply | undefined {
  let reply: Partial<WireReply> | null
  try {
    reply = JSON.parse(Buffer.from(body).toString())
  } catch {
    return undefined
  }
  const { batch: key, words } = reply ?? {}
  if (key !== batch.key || !Array.isArray(words)) return undefined
  return words.length === batch.recipients.length ? { batch: key, words } : undefined
}
