/** 100,000 recipients to an outside that takes everything at once, a thousand a call: what signing,
 *  fan-out, opening addresses and settling cost, against the same rows and writes in bare SQL. */
import { channelTo } from '../support/installation.ts'
import type { Figure } from './figure.ts'
import { NULL_BATCH_MAX, NULL_SINK } from './null-sink.ts'
import { type BenchOptions, ROUNDS } from './options.ts'
import { measured } from './process.ts'
import { type Measure, type Report, reportOf, takeTurns } from './report.ts'
import { onStage } from './stage.ts'

const COUNT = 100_000
const FLOOR_CONNECTIONS = 4

export function fanout100k(options: BenchOptions): Promise<Report> {
  const { count = COUNT, rounds = ROUNDS } = options
  return onStage(async ({ found, server }) => {
    const channels = [channelTo('wire', 'phone', NULL_SINK)]
    const { database, ...place } = await found(channels, { units: { kind: 'phone', count } })
    const orders = {
      ...{ ...place, channelIds: ['wire'], audience: 'units', text: '请做好防范。' },
    }
    const floor = { url: database.ownerUrl, count, batch: NULL_BATCH_MAX }
    const seen: Figure[] = []
    const measures = await takeTurns(
      rounds,
      async () => {
        const figure = await measured<Figure>('figure.ts', orders)
        seen.push(figure)
        return figure
      },
      () =>
        measured<Measure>('floor-fanout.ts', {
          ...{ ...floor, connections: FLOOR_CONNECTIONS, lanes: FLOOR_CONNECTIONS },
        }),
    )
    return reportOf('fanout-100k', count, measures, {
      ...{ recipients: count, batch: NULL_BATCH_MAX, database: server.kind },
      states: seen.map((one) => one.states),
      signMs: seen.map((one) => one.signMs),
      firstSettledMs: seen.map((one) => one.firstSettledMs),
    })
  })
}
