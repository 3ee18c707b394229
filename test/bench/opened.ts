/** The hub in a measured program as the server runs it: hints wake it, and each second it looks by itself. */
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { type App, openApp } from '../../src/app.ts'
import { openKeyring } from '../../src/kit/keyring.ts'
import { createLog } from '../../src/kit/log.ts'
import { keepHeapSmall } from '../../src/kit/small-heap.ts'
import type { TestInstallation } from '../support/installation.ts'
import { ADAPTERS, type Place } from './stage.ts'

const TICK_MS = 1_000
const LOOK_MS = 25

export interface Opened {
  readonly app: App
  readonly installation: TestInstallation
  stop(): Promise<void>
}

/** A tick a second that leaves out a second still busy, as the server has it. With `works` false it only
 *  writes hints, and others send. */
export async function openMeasured(
  { hubUrl, folder, people }: Place,
  works = true,
): Promise<Opened> {
  keepHeapSmall()
  const app = await openApp({
    ...{ hubUrl, dataFolder: folder, adapters: ADAPTERS, practice: true, queue: true },
    ...{ keyring: await openKeyring(folder), log: createLog({ level: 'error' }) },
    ...{ publicUrl: () => 'http://hub.test', secret: () => undefined },
  })
  if (works) await app.listen(() => new Date())
  let ending = !works
  const rounds = (async () => {
    while (!ending) {
      await app.tick(new Date())
      await pause(TICK_MS, undefined, { ref: false })
    }
  })()
  return {
    ...{ app, installation: { app, ...people } },
    async stop() {
      ending = true
      await rounds
      await app.close()
    },
  }
}

/** Until nothing of these dispatches is open; answers when the first batch was settled, from `begun`. */
export async function untilSettled(
  app: App,
  dispatchIds: readonly number[],
  begun: number,
): Promise<number> {
  let first: number | undefined
  for (;;) {
    const { rows } = await sql<{ open: boolean; settled: boolean }>`
      select exists (select 1 from batch where dispatch_id = any(${[...dispatchIds]}::bigint[])
          and state in ('waiting', 'leased'))
        or exists (select 1 from dispatch where id = any(${[...dispatchIds]}::bigint[])
          and state = 'expanding') as open,
        exists (select 1 from batch where dispatch_id = any(${[...dispatchIds]}::bigint[])
          and state = 'settled') as settled
    `.execute(app.connection.db)
    if (rows[0]?.settled) first ??= Math.round(performance.now() - begun)
    if (!rows[0]?.open) return first ?? 0
    await pause(LOOK_MS)
  }
}

export async function statesOf(
  app: App,
  dispatchIds: readonly number[],
): Promise<Record<string, number>> {
  const { rows } = await sql<{ state: string; count: number }>`
    select state, count(*) as count from delivery
    where dispatch_id = any(${[...dispatchIds]}::bigint[]) group by state order by state
  `.execute(app.connection.db)
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
}

export function peakMb(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024)
}

/** The orders a measured program was started with; it ends with whoever started it. */
export function ordersOf<T>(): T {
  process.once('disconnect', () => process.exit(1))
  return JSON.parse(process.argv[2] ?? '{}')
}
