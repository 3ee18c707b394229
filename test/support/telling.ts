/** A wire that tells later: it names what it takes, calls back, answers when asked, and can be made to
 *  refuse its account. All memory, counting every accepted message. */
import type {
  Adapter,
  Capabilities,
  Channel,
  Heard,
  Pending,
  SendBatch,
} from '../../channels/channel.ts'
import type { Outcome } from '../../src/domain/outcome.ts'

export interface TellingWire {
  readonly adapter: Adapter
  /** accepted messages by recipient key, over every road of this wire */
  readonly accepted: Map<string, number>
  /** addresses by the name the wire gave their message; one name a call where `perCall` is batch */
  readonly named: Map<string, string[]>
  /** what the wire was asked about, call by call */
  readonly asked: (readonly Pending[])[]
  /** by the road's setting `name`: what it answers instead of taking a message */
  readonly answers: Map<string, (batch: SendBatch, index: number) => Outcome | undefined>
  /** what is told when asked */
  told: readonly Heard[]
  before?: (() => Promise<void>) | undefined
}

export interface WireKind {
  readonly adapter: string
  readonly addressing: Capabilities['addressing']
  readonly perCall: Capabilities['perCall']
  readonly batchMax: number
  readonly countsWhen: Capabilities['countsWhen']
  readonly receipts: Capabilities['receipts']
  readonly receiptsWithinMs?: number
  readonly idempotency: Capabilities['idempotency']
}

export function tellingWire(kind: Partial<WireKind> & { readonly adapter: string }): TellingWire {
  const full: WireKind = {
    ...{ addressing: 'recipient', perCall: 'one', batchMax: 50 },
    ...{ countsWhen: 'receipt', receipts: 'push', idempotency: 'none', ...kind },
  }
  const wire: TellingWire = {
    adapter: {
      adapter: kind.adapter,
      create: (settings) => channelOf(wire, full, (settings as { name?: string }).name ?? ''),
    },
    ...{ accepted: new Map(), named: new Map(), asked: [], answers: new Map(), told: [] },
  }
  return wire
}

function channelOf(wire: TellingWire, kind: WireKind, name: string): Channel {
  const { receipts, receiptsWithinMs } = kind
  const send = async (batch: SendBatch): Promise<readonly Outcome[]> => {
    await wire.before?.()
    return batch.recipients.map(({ key, address }, index) => {
      const instead = wire.answers.get(name)?.(batch, index)
      if (instead && instead.kind !== 'accepted') return instead
      const reference = kind.perCall === 'batch' ? `call-${batch.key}` : `message-${key}`
      wire.accepted.set(key, (wire.accepted.get(key) ?? 0) + 1)
      wire.named.set(reference, [...(wire.named.get(reference) ?? []), address])
      const url = kind.addressing === 'place' ? { url: `http://place.test/${key}` } : {}
      return instead ?? { kind: 'accepted', reference, units: 1, ...url }
    })
  }
  return {
    adapter: kind.adapter,
    runsOn: ['node'],
    capabilities: {
      ...{ addressing: kind.addressing, batchMax: kind.batchMax, perCall: kind.perCall },
      ...{ limits: {}, idempotency: kind.idempotency, countsWhen: kind.countsWhen, receipts },
      ...{ retract: 'delete', concurrencyMax: 4 },
      ...(receiptsWithinMs === undefined ? {} : { receiptsWithinMs }),
    },
    render: (input) => ({
      losses: [],
      payload: { form: 'text', fields: { text: [`${name} ${input.title}`] } },
    }),
    check: () => [],
    send,
    update: send,
    retract: send,
    ...(receipts === 'push' ? { receipts: called } : {}),
    ...(receipts === 'poll' || receipts === 'pull-once'
      ? {
          poll: async (pending: readonly Pending[]) => {
            wire.asked.push(pending)
            return wire.told
          },
        }
      : {}),
    health: async () => ({ state: 'ok', detail: '' }),
    close: async () => undefined,
  }
}

/** The word that stands for a signature; without it nothing was heard. */
export const RIGHT_WORD = 'right'

async function called(request: Request): Promise<{ heard: readonly Heard[]; response: Response }> {
  if (request.headers.get('x-word') !== RIGHT_WORD)
    return { heard: [], response: new Response('who are you', { status: 401 }) }
  const told: (Heard & { at?: string })[] = JSON.parse(await request.text())
  const heard = told.map((one) =>
    one.at === undefined ? one : { ...one, at: new Date(one.at) },
  ) as Heard[]
  return { heard, response: new Response('{"code":0}', { status: 200 }) }
}
