/** 20,000 receipts in callbacks of a hundred, eight at a time, in any order: from the platform's first
 *  call until all are kept, compared and settled, against the same rows in bare statements. Then once more while sending. */
import { addPeopleTo, channelTo, openTestInstallation } from '../support/installation.ts'
import { openTemporaryServer } from '../support/temporary-database.ts'
import type { ReceiptsFigure } from './figure-receipts.ts'
import { type BenchOptions, ROUNDS } from './options.ts'
import { measured } from './process.ts'
import { type Measure, type Report, reportOf, takeTurns } from './report.ts'
import { TOLD, told } from './told.ts'

const COUNT = 20_000
const A_CALL = 100
const CALLERS = 8

export async function receipts(options: BenchOptions): Promise<Report> {
  const { count = COUNT, rounds = ROUNDS } = options
  const server = await openTemporaryServer()
  const database = await server.create()
  try {
    const { hubUrl, ownerUrl, folder } = database
    const installation = await openTestInstallation(database, {
      ...{ adapters: [told.adapter], queue: false, audiences: ['units'] },
      channels: [channelTo('wire', 'phone', TOLD)],
    })
    await addPeopleTo(installation, 'units', 'phone', { from: 0, count })
    const { app, ...people } = installation
    await app.close()
    const shape = { count, aCall: A_CALL, callers: CALLERS }
    const seen: ReceiptsFigure[] = []
    const measures = await takeTurns(
      rounds,
      async () => {
        const figure = await measured<ReceiptsFigure>('figure-receipts.ts', {
          ...{ hubUrl, folder, people, ...shape },
        })
        seen.push(figure)
        return figure
      },
      () => measured<Measure>('floor-receipts.ts', { url: ownerUrl, ...shape }),
    )
    const facts = {
      ...{ receipts: count, aCall: A_CALL, callers: CALLERS, database: server.kind },
      answered: seen.map((one) => one.answered),
      answeredWhileSending: seen.map((one) => one.answeredWhileSending),
      settledWhileSending: seen.map((one) => one.settledWhileSending),
      sentMeanwhile: seen.map((one) => one.sentMeanwhile),
    }
    return reportOf('receipts', count, measures, facts, 'receipts/s')
  } finally {
    await database.drop()
    await server.remove()
  }
}
