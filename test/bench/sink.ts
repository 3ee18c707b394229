/** The sink's process as a bench holds it: set anew for each round, and asked afterwards what it took. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** What a channel of the sink does instead of answering well. */
export type SinkBehaviour =
  | { readonly kind: 'ok' }
  /** says busy to every call */
  | { readonly kind: 'refuse' }
  /** takes so long and then drops the line */
  | { readonly kind: 'hang'; readonly ms: number }
  | { readonly kind: 'garbage' }

export interface SinkState {
  /** share of calls that are answered with "busy", taking nothing */
  readonly faultPercent?: number
  /** pause before each answer */
  readonly latencyMs?: number
  readonly behaviours?: Readonly<Record<string, SinkBehaviour>>
}

export type SinkRequest = ({ readonly kind: 'reset' } & SinkState) | { readonly kind: 'report' }

export interface SinkCounts {
  readonly calls: number
  /** calls answered with "busy" */
  readonly faulty: number
  /** recipients taken, one as often as it came */
  readonly taken: number
  readonly distinct: number
  readonly doubled: number
  readonly bytes: number
}

export interface SinkReport {
  readonly channels: Readonly<Record<string, SinkCounts>>
  /** by `channel round`, in milliseconds of the machine's monotonic clock */
  readonly firstCalls: Readonly<Record<string, number>>
}

export interface Sink {
  url(channel: string): string
  reset(state?: SinkState): Promise<void>
  report(): Promise<SinkReport>
  stop(): Promise<void>
}

export async function startSink(): Promise<Sink> {
  const child = fork(join(import.meta.dirname, 'sink-server.ts'))
  const said = async <T>(): Promise<T> => (await once(child, 'message'))[0] as T
  const ask = (request: SinkRequest): Promise<SinkReport> => {
    const answer = said<SinkReport>()
    child.send(request)
    return answer
  }
  const { port } = await said<{ port: number }>()
  return {
    url: (channel) => `http://127.0.0.1:${port}/${channel}`,
    async reset(state = {}) {
      await ask({ kind: 'reset', ...state })
    },
    report: () => ask({ kind: 'report' }),
    async stop() {
      const closed = once(child, 'close')
      child.kill()
      await closed
    },
  }
}

/** All channels of the sink together. */
export function sumOf({ channels }: SinkReport): SinkCounts {
  const sum = { calls: 0, faulty: 0, taken: 0, distinct: 0, doubled: 0, bytes: 0 }
  for (const counts of Object.values(channels))
    for (const name of Object.keys(sum) as (keyof SinkCounts)[]) sum[name] += counts[name]
  return sum
}
