/** What must act in one process at a time: asking outside, sweeping, schedules, sealing. The process that
 *  leads runs them each second; all of them stay harmless in two processes at once. */
import { STANDING_BROADCASTS } from '../schedules/all.ts'
import { LANES } from './domain/bulletin.ts'
import type { Worker } from './hub/attempt.ts'
import type { Hub } from './hub/ports.ts'
import type { Pump } from './hub/pump.ts'
import { createAsker } from './hub/receipts/poll.ts'
import { fireDue } from './hub/schedule/fire-due.ts'
import { planDue } from './hub/schedule/schedules.ts'
import { reconcile, sweepLog } from './hub/sweep.ts'
import { createTeller } from './hub/webhooks/teller.ts'
import { inBackground } from './kit/background.ts'
import { openWebClient } from './kit/http.ts'
import type { Keyring } from './kit/keyring.ts'
import { isLoopbackAddress, isPublicAddress } from './kit/links.ts'
import type { Metrics } from './kit/metrics.ts'
import { createSealer, headFile } from './store/audit/heads.ts'
import type { Connection } from './store/connect.ts'
import { readGauges } from './store/gauges.ts'
import type { Leadership } from './store/leadership.ts'
import { dropEndedSecrets } from './store/secrets/secrets.ts'

export interface Timers {
  round(at: Date): Promise<void>
  /** Waits for what is under way outside; starts nothing more. */
  close(): Promise<void>
}

export function openTimers(
  {
    keyring,
    dataFolder,
    practice,
  }: { readonly keyring: Keyring; readonly dataFolder: string; readonly practice: boolean },
  made: {
    readonly hub: Hub
    readonly worker: Worker
    readonly metrics: Metrics
    readonly connection: Connection
  },
  onError: (error: unknown) => void,
): Timers {
  const { hub, worker, metrics, connection } = made
  const failed = metrics.counter('duoling_poll_failures_total', 'Questions outside that failed')
  const faults = metrics.counter('duoling_timer_failures_total', 'Timers that failed', ['timer'])
  const asker = createAsker(hub, (error) => {
    failed()
    onError(error)
  })
  // It calls outside, and a platform that hangs must hold up neither schedules nor lanes.
  const reconciler = inBackground((at) => reconcile(hub, worker, at), onError)
  // What an administrator types in must not lead into our own network, and practice reaches nothing real.
  const web = openWebClient({ allows: practice ? isLoopbackAddress : isPublicAddress })
  const teller = createTeller(hub.store.webhooks, { web, newToken: hub.newToken, onError })
  const sealer = createSealer(connection.db, keyring.audit, headFile(dataFolder))
  const fire = async (at: Date) => {
    const fired = await fireDue(hub, STANDING_BROADCASTS, at)
    for (const { error } of fired.faults) onError(error)
  }
  const each: readonly (readonly [string, (at: Date) => Promise<unknown>])[] = [
    ['sweep', (at) => sweepLog(hub, at)],
    ['fire', fire],
    ['plan', (at) => planDue(hub, STANDING_BROADCASTS, at)],
    ['seal', (at) => sealer.round(at)],
    ['secrets', (at) => dropEndedSecrets(connection.db, at)],
  ]
  return {
    async round(at) {
      asker.look(at)
      reconciler.look(at)
      teller.look(at)
      for (const [timer, work] of each) {
        await work(at).catch((error: unknown) => {
          faults({ timer })
          onError(error)
        })
      }
    },
    async close() {
      await Promise.all([asker.close(), reconciler.close(), teller.close()])
      await web.close()
    },
  }
}

/** The state of the whole installation, as this process sees it whenever it is asked. */
export function showState(
  metrics: Metrics,
  parts: {
    readonly leadership: Leadership
    readonly connection: Connection
    readonly pump: Pump
  },
): void {
  const leader = metrics.gauge('duoling_leader', '1 where this process minds the timers')
  const underWay = metrics.gauge('duoling_batches_under_way', 'Batches this process holds')
  const batches = metrics.gauge('duoling_batches', 'Batches of all processes', ['lane', 'state'])
  const lag = metrics.gauge('duoling_lane_lag_seconds', 'Age of the oldest due batch', ['lane'])
  const unsealed = metrics.gauge('duoling_audit_unsealed_rows', 'Audit rows no seal covers yet')
  const roads = metrics.gauge('duoling_roads', 'Roads that do not carry all they could', ['state'])
  metrics.before(async () => {
    leader(parts.leadership.leads ? 1 : 0)
    underWay(parts.pump.underWay())
    const read = await readGauges(parts.connection.db, new Date())
    unsealed(read.unsealed)
    roads(read.roadsOpen, { state: 'open' })
    roads(read.roadsHeld, { state: 'held' })
    for (const lane of LANES) {
      const now = read.lanes.find((one) => one.lane === lane)
      batches(now?.due ?? 0, { lane, state: 'due' })
      batches(now?.leased ?? 0, { lane, state: 'leased' })
      lag(now?.lagSeconds ?? 0, { lane })
    }
  })
}
