/** One, two and four processes that send from one database over a gateway with a fixed latency: the speed
 *  against what so many connections can carry at all, and how many recipients got it twice. */
import { endWorker, startWorker } from './crew.ts'
import type { Figure } from './figure.ts'
import type { BenchOptions } from './options.ts'
import { measured } from './process.ts'
import { type Report, rounded } from './report.ts'
import { smsChannel } from './roads.ts'
import { counted, expectOnce, onStage, type Stage } from './stage.ts'

const COUNT_A_PROCESS = 20_000
const CONNECTIONS = 50
const LATENCY_MS = 50
const PROCESSES = [1, 2, 4]

interface Crew {
  readonly processes: number
  readonly perSecond: number
  readonly limit: number
  readonly ratio: number
  readonly doubled: number
  readonly peakMb: number
}

export function processes(options: BenchOptions): Promise<Report> {
  const { count = COUNT_A_PROCESS, faults } = options
  return onStage(async (stage) => {
    const crews: Crew[] = []
    for (const size of PROCESSES) crews.push(await runCrew(stage, size, size * count, 0))
    const [one] = crews
    const most = crews.at(-1)
    if (!one || !most) throw new Error('no crew has run')
    const faulty = faults
      ? await runCrew(stage, most.processes, most.processes * count, faults)
      : undefined
    return {
      ...{ name: 'processes', figure: most.perSecond, unit: 'recipients/s', floor: most.limit },
      ...{ ratio: most.ratio, rssMb: most.peakMb, crews },
      gain: rounded(most.perSecond / one.perSecond, 2),
      doubled: crews.reduce((sum, crew) => sum + crew.doubled, 0),
      ...{ latencyMs: LATENCY_MS, connections: CONNECTIONS, recipientsEach: count },
      database: stage.server.kind,
      ...(faults && faulty
        ? { faults: { percent: faults, slower: rounded(most.perSecond / faulty.perSecond, 2) } }
        : {}),
    }
  })
}

async function runCrew(
  { sink, found }: Stage,
  size: number,
  count: number,
  faultPercent: number,
): Promise<Crew> {
  const road = { url: sink.url('sms'), perCall: 1, callsMax: CONNECTIONS }
  const { database: _, ...place } = await found([smsChannel('sms', road)], {
    units: { kind: 'phone', count },
  })
  const workers = await Promise.all(Array.from({ length: size }, () => startWorker(place)))
  const orders = { ...place, channelIds: ['sms'], audience: 'units', text: '请做好防范。' }
  const { measure, counts } = await counted(sink, { latencyMs: LATENCY_MS, faultPercent }, () =>
    measured<Figure>('figure.ts', { ...orders, works: false }),
  )
  const peaks = await Promise.all(workers.map(endWorker))
  expectOnce(`${size} processes`, counts, count)
  const limit = (size * CONNECTIONS * 1000) / LATENCY_MS
  const perSecond = Math.round(count / measure.seconds)
  return {
    ...{ processes: size, perSecond, limit, ratio: rounded(perSecond / limit, 2) },
    ...{ doubled: counts.doubled, peakMb: Math.max(...peaks) },
  }
}
