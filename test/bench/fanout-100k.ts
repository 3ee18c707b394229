/** 100,000 recipients to an outside that takes everything at once, a thousand a call: what signing,
 *  fan-out, opening addresses and settling cost, against the same rows and writes in bare SQL. */
import { addPeopleTo, channelTo, openTestInstallation } from '../support/installation.ts'
import { openTemporaryServer } from '../support/temporary-database.ts'
import type { Figure } from './figure.ts'
import { NULL_BATCH_MAX, NULL_SINK, nullSink } from './null-sink.ts'
import { measured } from './process.ts'
import { type Measure, type Report, reportOf, takeTurns } from './report.ts'

const COUNT = 100_000
const ROUNDS = 3
const FLOOR_CONNECTIONS = 4

export async function fanout100k(): Promise<Report> {
  const server = await openTemporaryServer()
  try {
    const database = await server.create()
    const { hubUrl, ownerUrl, folder } = database
    const installation = await openTestInstallation(database, {
      ...{ adapters: [nullSink], queue: false, audiences: ['units'] },
      channels: [channelTo('wire', 'phone', NULL_SINK)],
    })
    await addPeopleTo(installation, 'units', 'phone', { from: 0, count: COUNT })
    const { app, ...people } = installation
    await app.close()
    const orders = {
      hubUrl,
      folder,
      people,
      channelId: 'wire',
      audience: 'units',
      text: '请做好防范。',
    }
    const seen: Figure[] = []
    const measures = await takeTurns(
      ROUNDS,
      async () => {
        const figure = await measured<Figure>('figure.ts', orders)
        seen.push(figure)
        return figure
      },
      () =>
        measured<Measure>('floor-fanout.ts', {
          ...{ url: ownerUrl, count: COUNT, batch: NULL_BATCH_MAX, connections: FLOOR_CONNECTIONS },
        }),
    )
    await database.drop()
    return reportOf('fanout-100k', COUNT, measures, {
      ...{ recipients: COUNT, batch: NULL_BATCH_MAX, database: server.kind },
      states: seen.map((one) => one.states),
      signMs: seen.map((one) => one.signMs),
      firstSettledMs: seen.map((one) => one.firstSettledMs),
    })
  } finally {
    await server.remove()
  }
}
