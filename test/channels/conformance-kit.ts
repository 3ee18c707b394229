/** What an adapter's test hands to the conformance suite, and the bench the suite works on: real local
 *  counterparts, a toolbox, and a witness of everything the adapter said. */
import { afterAll, afterEach, expect } from 'vitest'
import type { Adapter, Blobs, Channel, Pages, Toolbox } from '../../channels/channel.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import type { Payload } from '../../src/domain/payload.ts'
import { openWebClient } from '../../src/kit/http.ts'
import { filledFields, frozen, SAMPLE_INPUT, sampleBatch } from './sample.ts'

/** How the outside world can behave. `none` is a good day; `down` means nobody answers at all. */
export type Fault =
  | 'none'
  | 'refuse'
  | 'retry'
  | 'drop-before-body'
  | 'drop-after-body'
  | 'stall'
  | 'garbage'
  | 'down'

/** A real local server or store with one fault, and the settings that lead to it. */
export interface Counterpart {
  readonly settings: unknown
  readonly pages?: Pages
  readonly blobs?: Blobs
  /** what the outside took so far: one line an acceptance, the same line when the same message
   *  reached the same recipient again; absent where nothing outside can count */
  taken?(): readonly string[]
  stop(): Promise<void>
}

/** Why something cannot be for this adapter, in a sentence. */
export interface Impossible {
  readonly impossible: string
}

export interface ConformanceKit {
  readonly adapter: Adapter
  /** addresses the counterpart takes: one for a place, three otherwise */
  readonly addresses: readonly string[]
  counterpart(fault: Fault): Promise<Counterpart> | Impossible
  /** secrets by name; their values may appear nowhere but on the wire */
  readonly secrets: Readonly<Record<string, string>>
  /** settings that cannot work, with every field the fault must name */
  readonly wrongSettings: readonly {
    readonly settings: unknown
    readonly fields: readonly string[]
  }[]
  /** a payload too long for this channel, which `check` must report */
  overLimit(payload: Payload): Payload | Impossible
  /** what `send` answers on a good day where the platform takes a thing before it looks at it */
  readonly good?: 'awaiting'
  /** demanded where the adapter declares receipts that are pushed */
  readonly callbacks?: {
    genuine(reference: string): Request
    forged(reference: string): Request
  }
}

export interface Live {
  readonly channel: Channel
  readonly counterpart: Counterpart
}

export interface Sending {
  readonly addresses?: readonly string[]
  readonly key?: string
  readonly signal?: AbortSignal
}

export interface Bench {
  readonly kit: ConformanceKit
  /** a counterpart with this fault and a channel that talks to it; both end with the test */
  start(fault: Fault): Promise<Live>
  /** the same, or the reason why this fault cannot be */
  startIfPossible(fault: Fault): Promise<Live | Impossible>
  /** another channel to the same counterpart, as after a crash */
  again(counterpart: Counterpart): Channel
  send(channel: Channel, sending?: Sending): Promise<readonly Outcome[]>
  /** keeps what a person could read, for the search for secrets */
  hear(said: unknown): void
  toolbox(counterpart: Partial<Counterpart>): Toolbox
}

const NO_PAGES: Pages = {
  put: () => Promise.reject(new Error('this channel has no pages')),
  tombstone: () => Promise.reject(new Error('this channel has no pages')),
  look: () => Promise.reject(new Error('this channel has no pages')),
}

/** Call inside `describe`: it closes everything after each test and looks for leaks. */
export function setUpBench(kit: ConformanceKit): Bench {
  const said: string[] = []
  const channels: Channel[] = []
  const counterparts: Counterpart[] = []
  const web = openWebClient()
  const hear = (what: unknown) => void said.push(JSON.stringify(what) ?? '')
  const bench: Bench = {
    kit,
    hear,
    async start(fault) {
      const live = await bench.startIfPossible(fault)
      if ('impossible' in live) throw new Error(`${fault}: ${live.impossible}`)
      return live
    },
    async startIfPossible(fault) {
      const made = kit.counterpart(fault)
      if ('impossible' in made) return made
      const counterpart = await made
      counterparts.push(counterpart)
      return { counterpart, channel: bench.again(counterpart) }
    },
    again(counterpart) {
      const channel = kit.adapter.create(counterpart.settings, bench.toolbox(counterpart))
      channels.push(channel)
      return channel
    },
    async send(channel, { addresses = kit.addresses, key, signal } = {}) {
      const fields = filledFields(channel.render(SAMPLE_INPUT).payload)
      const batch = sampleBatch(fields, addresses, key ? { key } : {})
      const outcomes = await channel.send(frozen(batch), signal ?? new AbortController().signal)
      hear(outcomes)
      return outcomes
    },
    toolbox: (counterpart) => ({
      secret: (name) => secretOf(kit, name),
      pages: counterpart.pages ?? NO_PAGES,
      blobs: counterpart.blobs ?? { read: async () => null },
      http: (request) => web.call(request),
      log: (event, facts) => hear([event, facts]),
    }),
  }
  afterEach(async () => {
    for (const channel of channels.splice(0)) await channel.close()
    for (const counterpart of counterparts.splice(0)) await counterpart.stop()
    expectNoLeak(kit, said.splice(0).join('\n'))
  })
  afterAll(() => web.close())
  return bench
}

function secretOf(kit: ConformanceKit, name: string): string {
  const value = kit.secrets[name]
  if (value === undefined) throw new Error(`no secret named ${name}`)
  return value
}

/** A place's own id is no secret; a person's address is. */
function expectNoLeak(kit: ConformanceKit, said: string): void {
  for (const [name, value] of Object.entries(kit.secrets))
    expect(said.includes(value), `the secret ${name} was said`).toBe(false)
  if (kit.addresses.length === 1) return
  for (const address of kit.addresses)
    expect(said.includes(address), 'a full address was said').toBe(false)
}
