/** Two curves: what a recipient costs from 10,000 to 1,000,000 of them, and what fan-out, claiming, settling
 *  and the year's totals cost as the log of one month grows to ten million rows. */
import { monthOf, yearOf } from '../../src/domain/year.ts'
import { channelTo } from '../support/installation.ts'
import { fanout } from './fanout.ts'
import type { Figure } from './figure.ts'
import type { Totals } from './figure-totals.ts'
import { fillLog } from './filled-log.ts'
import { NULL_SINK } from './null-sink.ts'
import type { BenchOptions } from './options.ts'
import { measured } from './process.ts'
import { type Report, rounded, spread } from './report.ts'
import { onStage } from './stage.ts'

const RECIPIENTS_MAX = 1_000_000
/** of the largest run */
const RECIPIENT_SHARES = [0.01, 0.03, 0.1, 0.3, 1]
const ROWS_MAX = 10_000_000
const ROW_SHARES = [0, 0.1, 0.3, 1]
const TOTALS_TIMES = 20
const FIRST_COPY = 1_000_000

interface Point {
  readonly rows: number
  readonly microsecondsARecipient: number
  /** of one transaction; those of one run go side by side */
  readonly claimMs: number
  readonly settleMs: number
  readonly expandMs: number
  readonly totalsMs: number
}

export async function curve(options: BenchOptions): Promise<Report> {
  const { count = RECIPIENTS_MAX } = options
  const recipients: { recipients: number; microseconds: number; ratio: number; rssMb: number }[] =
    []
  for (const share of RECIPIENT_SHARES) {
    const size = Math.max(1, Math.round(count * share))
    const plan = { name: 'curve', count: size, perCall: 1_000, callsMax: 10, compared: false }
    const { figure, ratio, rssMb } = await fanout(plan, { rounds: options.rounds ?? 1 })
    recipients.push({ recipients: size, microseconds: rounded(1e6 / figure, 1), ratio, rssMb })
  }
  const log = await growingLog(options)
  const smallest = log[0]?.microsecondsARecipient ?? Number.NaN
  const largest = log.at(-1)?.microsecondsARecipient ?? Number.NaN
  return {
    ...{ name: 'curve', figure: largest, unit: 'µs/recipient', floor: smallest },
    ratio: rounded(smallest / largest, 2),
    rssMb: Math.max(...recipients.map((one) => one.rssMb)),
    ...{ recipients, log },
  }
}

/** The same fan-out again and again, while copies of the first fill the partition it writes to. */
function growingLog({ count = RECIPIENTS_MAX }: BenchOptions): Promise<readonly Point[]> {
  return onStage(async ({ found }) => {
    const size = Math.ceil(count / 10)
    const rowsMax = Math.round(ROWS_MAX * (count / RECIPIENTS_MAX))
    const { database, ...place } = await found([channelTo('wire', 'phone', NULL_SINK)], {
      units: { kind: 'phone', count: size },
    })
    const orders = { ...place, channelIds: ['wire'], audience: 'units', text: '请做好防范。' }
    // The first run pays for what every database pays once.
    const { dispatchIds } = await measured<Figure>('figure.ts', orders)
    const months = [monthOf(new Date())]
    const points: Point[] = []
    let copied = 0
    for (const share of ROW_SHARES) {
      const copies = Math.floor((rowsMax * share) / size) - copied
      if (copies > 0) {
        await fillLog({
          ...{ ownerUrl: database.ownerUrl, agencyId: place.people.agencyId, copies, months },
          ...{ dispatchId: dispatchIds[0] ?? 0, firstId: FIRST_COPY + copied },
        })
        copied += copies
      }
      const figure = await measured<Figure>('figure.ts', orders)
      const totals = await measured<Totals>('figure-totals.ts', {
        ...{ ...place, year: yearOf(new Date()), times: TOTALS_TIMES },
      })
      points.push(pointOf((copied + points.length + 1) * size, size, figure, totals))
    }
    return points
  })
}

function pointOf(rows: number, size: number, figure: Figure, totals: Totals): Point {
  const each = ({ calls, ms }: { calls: number; ms: number }) => rounded(ms / calls, 1)
  const { claim, settle, expand } = figure.engine
  return {
    ...{ rows, microsecondsARecipient: rounded((figure.seconds / size) * 1e6, 1) },
    ...{ claimMs: each(claim), settleMs: each(settle), expandMs: each(expand) },
    totalsMs: spread(totals.ms).p50,
  }
}
