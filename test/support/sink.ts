/** An outside that is all memory: a place and a wire whose answers a test sets, counting every call. */
import type { Adapter, Channel, SendBatch } from '../../channels/channel.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import type { Payload } from '../../src/domain/payload.ts'
import { recallThenTell } from '../../src/domain/recall.ts'

export interface Sink {
  readonly adapters: readonly Adapter[]
  /** accepted messages by recipient key */
  readonly accepted: Map<string, number>
  /** every text that left, in order */
  readonly texts: string[]
  calls: number
  /** what the outside answers; accepts when absent */
  answer?: ((batch: SendBatch, index: number) => Outcome) | undefined
  /** waits before it answers */
  before?: (() => Promise<void>) | undefined
  /** messages that were taken back, by the names the outside gave them */
  readonly recalled: string[]
  /** what the outside says of taking one back; accepts when absent */
  recall?: ((reference: string) => Outcome) | undefined
  /** what a look at `unsure` finds; there is no `reconcile` until it is set */
  found?: ((batch: SendBatch, index: number) => Outcome) | undefined
}

export function createSink(): Sink {
  const sink: Sink = { adapters: [], accepted: new Map(), texts: [], recalled: [], calls: 0 }
  const adapters = [
    adapterOf(sink, 'test-place', 'place', 1, 'batch'),
    adapterOf(sink, 'test-wire', 'recipient', 100, 'batch'),
    adapterOf(sink, 'test-single', 'recipient', 1_000, 'one'),
  ]
  return Object.assign(sink, { adapters })
}

function adapterOf(
  sink: Sink,
  adapter: string,
  addressing: 'place' | 'recipient',
  batchMax: number,
  perCall: 'one' | 'batch',
): Adapter {
  return {
    adapter,
    create: (settings) => {
      const problem = (settings as { problem?: string }).problem
      return channelOf(sink, { adapter, addressing, batchMax, perCall, problem })
    },
  }
}

function channelOf(
  sink: Sink,
  kind: {
    readonly adapter: string
    readonly addressing: 'place' | 'recipient'
    readonly batchMax: number
    readonly perCall: 'one' | 'batch'
    readonly problem: string | undefined
  },
): Channel {
  const send = async (batch: SendBatch): Promise<readonly Outcome[]> => {
    sink.calls++
    await sink.before?.()
    return batch.recipients.map((recipient, index) => {
      const outcome = sink.answer?.(batch, index) ?? accepted(kind.addressing, recipient.key)
      if (outcome.kind !== 'accepted') return outcome
      sink.accepted.set(recipient.key, (sink.accepted.get(recipient.key) ?? 0) + 1)
      const { title = '', text = '' } = recipient.fields ?? batch.fields
      sink.texts.push(`${title} ${text}`)
      return outcome
    })
  }
  const recall = async (reference: string): Promise<Outcome> => {
    const outcome = sink.recall?.(reference) ?? { kind: 'accepted' }
    if (outcome.kind === 'accepted') sink.recalled.push(reference)
    return outcome
  }
  return {
    adapter: kind.adapter,
    runsOn: ['node'],
    capabilities: {
      ...{ addressing: kind.addressing, batchMax: kind.batchMax, perCall: kind.perCall },
      ...{ limits: { textCharactersMax: 5_000 }, idempotency: 'none', receipts: 'none' },
      ...{ countsWhen: 'accepted', retract: 'delete', concurrencyMax: 8 },
    },
    render: (input) => ({
      losses: [],
      payload: {
        form: 'text',
        fields: {
          title: [input.title],
          text: [`${input.agency.shortName}：${input.act} ${input.reason ?? ''}`],
        },
      },
    }),
    check: (payload: Payload) =>
      kind.problem === undefined
        ? []
        : [{ field: 'text', text: `${kind.problem} ${payload.form}` }],
    send,
    update: send,
    retract: (batch) =>
      kind.addressing === 'place'
        ? send(batch)
        : recallThenTell(batch.recipients, recall, (recipients) => send({ ...batch, recipients })),
    reconcile: async (batch) =>
      batch.recipients.map(
        (_, index) => sink.found?.(batch, index) ?? { kind: 'unsure', code: 'unknown', detail: '' },
      ),
    health: async () => ({ state: 'ok', detail: '' }),
    close: async () => {},
  }
}

function accepted(addressing: string, key: string): Outcome {
  if (addressing !== 'place') return { kind: 'accepted', reference: key, units: 1 }
  return { kind: 'accepted', url: `http://place.test/${key}`, reference: key, delivered: true }
}
