/** A year's totals over ten million deliveries, against two bare statements over the same tallies; and why
 *  one number did or did not get one bulletin. */
import { yearOf } from '../../src/domain/year.ts'
import { channelTo } from '../support/installation.ts'
import type { Figure } from './figure.ts'
import type { Totals } from './figure-totals.ts'
import { fillLog, fillPublications } from './filled-log.ts'
import { NULL_SINK } from './null-sink.ts'
import type { BenchOptions } from './options.ts'
import { measured } from './process.ts'
import { type Report, rounded, spread } from './report.ts'
import { placeChannel } from './roads.ts'
import { onStage } from './stage.ts'

const COUNT = 10_000_000
const DELIVERIES_A_DISPATCH = 100_000
const PUBLICATIONS = 5_000
const TIMES = 100
/** far above what an identity of this database reaches */
const FIRST_COPY = 1_000_000

export function totals10m(options: BenchOptions): Promise<Report> {
  const { count = COUNT, rounds = TIMES } = options
  return onStage(async ({ sink, server, found }) => {
    // A small run has a log of several dispatches too.
    const size = Math.min(DELIVERIES_A_DISPATCH, Math.ceil(count / 10))
    const { database, ...place } = await found(
      [channelTo('wire', 'phone', NULL_SINK), placeChannel('board', sink.url('board'))],
      { units: { kind: 'phone', count: size } },
    )
    const orders = { ...place, audience: 'units', text: '请做好防范。' }
    const sent = await measured<Figure>('figure.ts', {
      ...{ ...orders, channelIds: ['wire'], placeIds: ['board'] },
    })
    const { ownerUrl } = database
    const [dispatchId = 0] = sent.dispatchIds
    const copies = Math.ceil(count / size) - 1
    const year = yearOf(new Date())
    await fillLog({
      ...{ ownerUrl, agencyId: place.people.agencyId, dispatchId, copies, firstId: FIRST_COPY },
      months: Array.from(
        { length: 12 },
        (_, month) => `${year}-${String(month + 1).padStart(2, '0')}-01`,
      ),
    })
    await fillPublications(ownerUrl, PUBLICATIONS, year)
    // Copies in every part of the log.
    const bulletinIds = Array.from({ length: copies }, (_, copy) => FIRST_COPY + copy)
    const times = { year, times: rounds }
    const floor = await measured<Totals>('floor-totals.ts', { url: ownerUrl, ...times })
    const figure = await measured<Totals>('figure-totals.ts', {
      ...{ ...place, ...times, asked: { bulletinIds, people: size } },
    })
    const counted = Object.values(figure.deliveries).reduce((sum, one) => sum + one, 0)
    // One of them is the publication on the place.
    if (counted !== size * (copies + 1) + 1) throw new Error(`${counted} deliveries were counted`)
    const own = spread(figure.ms)
    const bare = spread(floor.ms)
    return {
      ...{ name: 'totals-10m', figure: own.p99, unit: 'ms p99', floor: bare.p99 },
      ...{ ratio: rounded(bare.p99 / own.p99, 2), rssMb: figure.peakMb, totals: own, bare },
      ...{ why: spread(figure.whyMs) },
      ...{ deliveries: counted, publications: figure.publications, database: server.kind },
    }
  })
}
