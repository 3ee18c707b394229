/** Three processes on one account that may take so many in any minute: whether one window ever had one too
 *  many, as the platform counts, and how much of what was allowed went unused. Takes real minutes. */
import { setTimeout as pause } from 'node:timers/promises'
import { endWorker, startWorker } from './crew.ts'
import type { Figure } from './figure.ts'
import type { BenchOptions } from './options.ts'
import { measured } from './process.ts'
import { type Report, rounded } from './report.ts'
import { smsChannel } from './roads.ts'
import { type Sink, sumOf } from './sink.ts'
import { expectOnce, onStage } from './stage.ts'

const PROCESSES = 3
const PER_MINUTE = 300
const WINDOWS = 5
const LATENCY_MS = 20
const LOOK_MS = 100
const MINUTE_MS = 60_000

interface Sample {
  /** milliseconds of this process's steady clock, before the sink was asked and after it answered */
  readonly asked: number
  readonly answered: number
  readonly taken: number
}

export function limits(options: BenchOptions): Promise<Report> {
  return onStage(async ({ sink, server, found }) => {
    const { count = PER_MINUTE * WINDOWS } = options
    const window = {
      scope: 'account',
      unit: 'message',
      window: MINUTE_MS,
      max: PER_MINUTE,
    } as const
    const rates = { limits: [window] }
    const road = { url: sink.url('sms'), perCall: 1, callsMax: 50, rates }
    const { database: _, ...place } = await found([smsChannel('sms', road)], {
      units: { kind: 'phone', count },
    })
    const workers = await Promise.all(Array.from({ length: PROCESSES }, () => startWorker(place)))
    await sink.reset({ latencyMs: LATENCY_MS })
    const watch = watched(sink)
    const orders = { ...place, channelIds: ['sms'], audience: 'units', text: '请做好防范。' }
    await measured<Figure>('figure.ts', { ...orders, works: false })
    const samples = await watch.end()
    const peaks = await Promise.all(workers.map(endWorker))
    expectOnce('limits', sumOf(await sink.report()), count)
    const most = mostInAMinute(samples)
    if (most > PER_MINUTE) throw new Error(`${most} in one minute, ${PER_MINUTE} allowed`)
    const used = usedShare(samples, count)
    return {
      ...{ name: 'limits', figure: rounded(used * 100, 1), unit: '% of the window used' },
      ...{ floor: 100, ratio: rounded(used, 3), rssMb: Math.max(...peaks) },
      ...{ mostInAMinute: most, perMinute: PER_MINUTE, recipients: count, processes: PROCESSES },
      database: server.kind,
    }
  })
}

/** Asks the sink again and again how many it took. */
function watched(sink: Sink): { end(): Promise<readonly Sample[]> } {
  const samples: Sample[] = []
  let ending = false
  const rounds = (async () => {
    while (!ending) {
      const asked = performance.now()
      const { taken } = sumOf(await sink.report())
      samples.push({ asked, answered: performance.now(), taken })
      await pause(LOOK_MS)
    }
  })()
  return {
    async end() {
      ending = true
      await rounds
      return samples
    },
  }
}

/** Between two samples certainly no more than a minute apart; a platform's window may begin at any moment. */
function mostInAMinute(samples: readonly Sample[]): number {
  let most = 0
  let first = 0
  for (const last of samples) {
    while (last.answered - (samples[first]?.asked ?? 0) > MINUTE_MS) first++
    most = Math.max(most, last.taken - (samples[first]?.taken ?? 0))
  }
  return most
}

/** What left after the first full window, against what the time from then on allowed. */
function usedShare(samples: readonly Sample[], count: number): number {
  const full = samples.find((one) => one.taken >= PER_MINUTE)
  const end = samples.find((one) => one.taken >= count)
  if (!full || !end || count <= PER_MINUTE) throw new Error('the run was too short to tell')
  const allowed = (PER_MINUTE * (end.answered - full.answered)) / MINUTE_MS
  return (count - full.taken) / allowed
}
