/** Eight channels, one of which says busy to everything, hangs, or answers garbage: how fast the other seven
 *  are beside it, against all eight being well. */
import type { Figure } from './figure.ts'
import { type BenchOptions, ROUNDS } from './options.ts'
import { measured } from './process.ts'
import { type Measure, medianSeconds, peakOf, type Report, rounded } from './report.ts'
import { smsChannel } from './roads.ts'
import type { SinkBehaviour } from './sink.ts'
import { onStage, type Stage } from './stage.ts'

const COUNT = 5_000
const PER_CALL = 100
const CALLS_MAX = 4
const LATENCY_MS = 20
const HANG_MS = 30_000
const HANG_MS_BRIEF = 500
const CHANNELS = Array.from({ length: 8 }, (_, index) => `channel-${index + 1}`)
const ILL = 'channel-8'
const WELL = CHANNELS.filter((id) => id !== ILL)

export function isolation(options: BenchOptions): Promise<Report> {
  return onStage((stage) => isolationOn(stage, options))
}

async function isolationOn(stage: Stage, options: BenchOptions): Promise<Report> {
  const { count = COUNT, rounds = ROUNDS, faults, brief = false } = options
  const ills: Readonly<Record<string, SinkBehaviour>> = {
    refuses: { kind: 'refuse' },
    hangs: { kind: 'hang', ms: brief ? HANG_MS_BRIEF : HANG_MS },
    garbage: { kind: 'garbage' },
  }
  const well: Measure[] = []
  const beside: Record<string, Measure[]> = {}
  for (let round = 0; round < rounds; round++) {
    well.push(await sevenBeside(stage, count, { kind: 'ok' }))
    for (const [name, behaviour] of Object.entries(ills)) {
      beside[name] ??= []
      beside[name].push(await sevenBeside(stage, count, behaviour))
    }
  }
  const healthy = medianSeconds(well)
  const seconds = Object.entries(beside).map(([name, all]) => [name, medianSeconds(all)] as const)
  const slowest = Math.max(...seconds.map(([, one]) => one))
  const recipients = count * WELL.length
  const faulty = faults ? await sevenBeside(stage, count, { kind: 'ok' }, faults) : undefined
  return {
    ...{ name: 'isolation', figure: Math.round(recipients / slowest), unit: 'recipients/s' },
    ...{ floor: Math.round(recipients / healthy), ratio: rounded(healthy / slowest, 2) },
    rssMb: peakOf([...well, ...Object.values(beside).flat()]),
    beside: Object.fromEntries(seconds.map(([name, one]) => [name, rounded(healthy / one, 2)])),
    ...{ channels: CHANNELS.length, recipientsEach: count, rounds, database: stage.server.kind },
    ...(faults && faulty
      ? { faults: { percent: faults, slower: rounded(faulty.seconds / healthy, 2) } }
      : {}),
  }
}

/** A database of its own each time: what the ill channel left would go on in the next. */
async function sevenBeside(
  { sink, found }: Stage,
  count: number,
  behaviour: SinkBehaviour,
  faultPercent = 0,
): Promise<Measure> {
  const { database: _, ...place } = await found(
    CHANNELS.map((id) =>
      smsChannel(id, { url: sink.url(id), perCall: PER_CALL, callsMax: CALLS_MAX }),
    ),
    { units: { kind: 'phone', count } },
  )
  await sink.reset({ behaviours: { [ILL]: behaviour }, latencyMs: LATENCY_MS, faultPercent })
  const measure = await measured<Figure>('figure.ts', {
    ...{ ...place, channelIds: CHANNELS, waitFor: WELL, audience: 'units', text: '请做好防范。' },
  })
  const { channels } = await sink.report()
  for (const id of WELL) {
    const { distinct = 0, doubled = 0 } = channels[id] ?? {}
    if (distinct !== count || doubled > 0)
      throw new Error(`${id}: ${distinct} of ${count} reached, ${doubled} twice`)
  }
  return measure
}
