/** The hub under measure: from the call of `sign` until every delivery is settled. Prints seconds, peak
 *  memory, and what claiming, settling and expanding took of it. */
import type { Level } from '../../src/domain/bulletin.ts'
import { reviewed, signNow } from '../support/installation.ts'
import { openMeasured, ordersOf, peakMb, statesOf, untilSettled } from './opened.ts'
import type { Measure } from './report.ts'
import type { Place } from './stage.ts'
import { type Stopwatch, watchEngine } from './stopwatch.ts'

export interface FigureOrders extends Place {
  readonly channelIds: readonly string[]
  /** published on as well, and waited for */
  readonly placeIds?: readonly string[]
  readonly audience: string
  readonly text: string
  readonly level?: Level
  /** ends when these are settled; all when absent */
  readonly waitFor?: readonly string[]
  /** false: other processes do the sending */
  readonly works?: boolean
}

export interface Figure extends Measure {
  readonly dispatchIds: readonly number[]
  readonly states: Readonly<Record<string, number>>
  /** from the call of `sign` to its answer */
  readonly signMs: number
  /** from the call of `sign` to the first settled batch */
  readonly firstSettledMs: number
  readonly engine: Stopwatch
}

async function measure(orders: FigureOrders): Promise<Figure> {
  const {
    channelIds,
    audience,
    text,
    level = 'routine',
    waitFor = channelIds,
    placeIds = [],
  } = orders
  const opened = await openMeasured(orders, orders.works)
  const { app, installation } = opened
  const engine = watchEngine(app.hub)
  const draft = { title: '安全生产风险提示', level, text } as const
  const paper = await reviewed(installation, draft, new Date())
  const begun = performance.now()
  // At night a run must be as quick as in the morning.
  const through = { throughQuietHours: true }
  const order = { act: 'notify', audiences: [audience], ...through } as const
  const signed = [
    ...channelIds.map((channelId) => ({ channelId, ...order })),
    ...placeIds.map((channelId) => ({ channelId, act: 'publish' as const })),
  ]
  const { dispatchIds } = await signNow(installation, paper, signed, new Date())
  const signMs = Math.round(performance.now() - begun)
  const awaited = dispatchIds.filter((_, index) =>
    [...waitFor, ...placeIds].includes(signed[index]?.channelId ?? ''),
  )
  const firstSettledMs = await untilSettled(app, awaited, begun)
  const seconds = (performance.now() - begun) / 1000
  const states = await statesOf(app, awaited)
  // Whoever still waits for a channel that hangs is not part of the figure.
  if (awaited.length === dispatchIds.length) await opened.stop()
  return { seconds, peakMb: peakMb(), dispatchIds, states, signMs, firstSettledMs, engine }
}

console.log(JSON.stringify(await measure(ordersOf())))
process.exit(0)
