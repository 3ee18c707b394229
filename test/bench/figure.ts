/** The hub under measure, as the server runs it: from the call of `sign` until every delivery of the
 *  dispatch is settled. Prints seconds and peak memory. */
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { email } from '../../channels/email.ts'
import { type App, openApp } from '../../src/app.ts'
import { openKeyring } from '../../src/kit/keyring.ts'
import { createLog } from '../../src/kit/log.ts'
import { reviewed, signNow, type TestInstallation } from '../support/installation.ts'
import { nullSink } from './null-sink.ts'
import type { Measure } from './report.ts'

export interface FigureOrders {
  readonly hubUrl: string
  readonly folder: string
  readonly people: Omit<TestInstallation, 'app'>
  readonly channelId: string
  readonly audience: string
  readonly text: string
}

export interface Figure extends Measure {
  readonly states: Readonly<Record<string, number>>
  /** from the call of `sign` to its answer */
  readonly signMs: number
  /** from the call of `sign` to the first settled batch */
  readonly firstSettledMs: number
}

const TICK_MS = 1_000
const LOOK_MS = 25

async function measure(orders: FigureOrders): Promise<Figure> {
  const { hubUrl, folder, people, channelId, audience, text } = orders
  const app = await openApp({
    ...{ hubUrl, dataFolder: folder, adapters: [email, nullSink], practice: true, queue: true },
    ...{ keyring: await openKeyring(folder), log: createLog({ level: 'error' }) },
    ...{ publicUrl: () => 'http://hub.test', secret: () => undefined },
  })
  const now = () => new Date()
  const ticking = await begin(app, now)
  const installation: TestInstallation = { app, ...people }
  const draft = { title: '安全生产风险提示', level: 'routine', text } as const
  const paper = await reviewed(installation, draft, now())
  const begun = performance.now()
  // At night a run must be as quick as in the morning.
  const through = { throughQuietHours: true }
  const order = { channelId, act: 'notify', audiences: [audience], ...through } as const
  const { dispatchIds } = await signNow(installation, paper, [order], now())
  const signMs = performance.now() - begun
  const [dispatchId = 0] = dispatchIds
  const firstSettledMs = (await until(app, dispatchId, begun)) ?? 0
  const seconds = (performance.now() - begun) / 1000
  const states = await statesOf(app, dispatchId)
  await ticking.stop()
  await app.close()
  const peakMb = Math.round(process.resourceUsage().maxRSS / 1024)
  return { seconds, peakMb, states, signMs: Math.round(signMs), firstSettledMs }
}

/** Hints and a tick a second that leaves out a second still busy, as the server has them. */
async function begin(app: App, now: () => Date): Promise<{ stop(): Promise<void> }> {
  await app.listen(now)
  let ending = false
  const rounds = (async () => {
    while (!ending) {
      await app.tick(now())
      await pause(TICK_MS, undefined, { ref: false })
    }
  })()
  return {
    async stop() {
      ending = true
      await rounds
    },
  }
}

/** Until nothing of the dispatch is open; answers when the first batch was settled. */
async function until(app: App, dispatchId: number, begun: number): Promise<number | undefined> {
  let first: number | undefined
  for (;;) {
    const { rows } = await sql<{ open: boolean; settled: boolean }>`
      select exists (select 1 from batch where dispatch_id = ${dispatchId}
          and state in ('waiting', 'leased'))
        or exists (select 1 from dispatch where id = ${dispatchId} and state = 'expanding') as open,
        exists (select 1 from batch where dispatch_id = ${dispatchId} and state = 'settled') as settled
    `.execute(app.connection.db)
    if (rows[0]?.settled) first ??= Math.round(performance.now() - begun)
    if (!rows[0]?.open) return first
    await pause(LOOK_MS)
  }
}

async function statesOf(app: App, dispatchId: number): Promise<Record<string, number>> {
  const { rows } = await sql<{ state: string; count: number }>`
    select state, count(*) as count from delivery where dispatch_id = ${dispatchId} group by state
  `.execute(app.connection.db)
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? '{}'))))
process.exit(0)
