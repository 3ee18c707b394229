/** Signs one marked bulletin after the other, perhaps behind a large one that is still being sent. Prints
 *  when each was signed, on the clock the sink also goes by. */
import type { Level } from '../../src/domain/bulletin.ts'
import type { DispatchOrder } from '../../src/hub/manifest.ts'
import { reviewed, signNow } from '../support/installation.ts'
import { openMeasured, ordersOf, peakMb, untilSettled } from './opened.ts'
import type { Measure } from './report.ts'
import type { Place } from './stage.ts'

export interface SigningOrders extends Place {
  readonly level: Level
  readonly orders: readonly DispatchOrder[]
  readonly rounds: number
  /** signed first; the others follow once its first batch is settled */
  readonly behind?: readonly DispatchOrder[]
}

export interface Signing extends Measure {
  /** by round from 1: the call of `sign`, its answer, and the last settled batch, in milliseconds of the
   *  machine's monotonic clock */
  readonly rounds: readonly {
    readonly round: number
    readonly calledMs: number
    readonly signedMs: number
    readonly settledMs: number
  }[]
}

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6
const BEHIND_ROUND = 0

async function measure(given: SigningOrders): Promise<Signing> {
  const opened = await openMeasured(given)
  const { app, installation } = opened
  const begun = performance.now()
  const signOne = async (round: number, level: Level, orders: readonly DispatchOrder[]) => {
    const title = `安全生产提醒〔${round}〕`
    const text = `请加强巡查，发现异常立即处置并报告。〔${round}〕`
    const paper = await reviewed(installation, { title, level, text }, new Date())
    const calledMs = nowMs()
    const { dispatchIds } = await signNow(installation, paper, orders, new Date())
    return { round, calledMs, signedMs: nowMs(), dispatchIds }
  }
  if (given.behind) {
    const { dispatchIds } = await signOne(BEHIND_ROUND, 'routine', given.behind)
    await untilBegun(app, dispatchIds)
  }
  const rounds: Signing['rounds'][number][] = []
  for (let round = 1; round <= given.rounds; round++) {
    const { dispatchIds, ...times } = await signOne(round, given.level, given.orders)
    await untilSettled(app, dispatchIds, begun)
    rounds.push({ ...times, settledMs: nowMs() })
  }
  // What stands before the rounds need not be sent to its end.
  if (!given.behind) await opened.stop()
  return { rounds, seconds: (performance.now() - begun) / 1000, peakMb: peakMb() }
}

async function untilBegun(
  app: Parameters<typeof untilSettled>[0],
  dispatchIds: readonly number[],
): Promise<void> {
  for (;;) {
    const found = await app.connection.db
      .selectFrom('batch')
      .select('id')
      .where('dispatch_id', 'in', [...dispatchIds])
      .where('state', '=', 'settled')
      .limit(1)
      .executeTakeFirst()
    if (found) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

console.log(JSON.stringify(await measure(ordersOf())))
process.exit(0)
