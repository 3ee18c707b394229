/** An outside that takes everything at once: what remains is what the hub itself costs. */
import type { Adapter } from '../../channels/channel.ts'

export const NULL_SINK = 'bench-null'
export const NULL_BATCH_MAX = 1_000
const CONCURRENCY_MAX = 4

export const nullSink: Adapter = {
  adapter: NULL_SINK,
  create: () => ({
    adapter: NULL_SINK,
    runsOn: ['node'],
    capabilities: {
      ...{ addressing: 'recipient', batchMax: NULL_BATCH_MAX, perCall: 'batch', limits: {} },
      ...{ idempotency: 'none', receipts: 'none', countsWhen: 'accepted' },
      ...{ retract: 'correction-only', concurrencyMax: CONCURRENCY_MAX },
    },
    render: ({ title }) => ({ losses: [], payload: { form: 'text', fields: { text: [title] } } }),
    check: () => [],
    send: async ({ recipients }) =>
      recipients.map(({ key }) => ({ kind: 'accepted', reference: key }) as const),
    health: async () => ({ state: 'ok', detail: '' }),
    close: async () => {},
  }),
}
