/** Signs bulletin after bulletin, so that the workers always have something in hand when they die. What
 *  was confirmed to the clerk is remembered: the log must know all of it afterwards. */
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { Refused } from '../../src/domain/refusal.ts'
import type { DispatchOrder } from '../../src/hub/manifest.ts'
import { reviewed, signNow, type TestInstallation } from '../support/installation.ts'
import type { Chance } from './chance.ts'

export interface Clerk {
  /** dispatches whose signature was confirmed, with the reach that was signed */
  readonly confirmed: ReadonlyMap<number, number>
  stop(): Promise<void>
}

/** Audiences by id with the channel they are reached on. */
export const AUDIENCES = {
  units: { channelId: 'wire', kind: 'phone', count: 2_000 },
  /** larger than what fans out inside the signature: it is expanded in chunks, which may be killed too */
  everybody: { channelId: 'wire', kind: 'phone', count: 24_000 },
  mailing: { channelId: 'email', kind: 'mailbox', count: 400 },
} as const

const BATCHES_OPEN_MAX = 80
/** a short run has to be drained soon */
const BATCHES_OPEN_SHORT_MAX = 40
const EVERYBODY_SHARE = 0.03
const ROUND_MS = 50
/** two minutes without a server: on a busy machine its recovery takes a while */
const FAULTS_IN_A_ROW_MAX = 2_400

export function hireClerk(installation: TestInstallation, chunked: boolean, chance: Chance): Clerk {
  const confirmed = new Map<number, number>()
  let stopped = false
  let faults = 0
  const openMax = chunked ? BATCHES_OPEN_MAX : BATCHES_OPEN_SHORT_MAX
  const work = async () => {
    for (let number = 1; !stopped; number++) {
      try {
        if ((await openBatches(installation)) < openMax) {
          const level = chance.happens(0.3) ? 'orange' : 'routine'
          const draft = { title: `通知 ${number}`, level, text: '请做好防范。' } as const
          const paper = await reviewed(installation, draft, new Date())
          const orders = ordersOf(chunked && (number === 1 || chance.happens(EVERYBODY_SHARE)))
          const { dispatchIds, manifest } = await signNow(installation, paper, orders, new Date())
          for (const [index, id] of dispatchIds.entries())
            confirmed.set(id, manifest.dispatches[index]?.reach ?? 0)
        }
        faults = 0
      } catch (error) {
        // A server that was just killed answers nobody; whatever was under way may or may not stand.
        if (error instanceof Refused || ++faults > FAULTS_IN_A_ROW_MAX) throw error
      }
      await pause(ROUND_MS)
    }
  }
  const working = work()
  // Told when it is asked for; until then it must not end the run.
  working.catch(() => {})
  return {
    confirmed,
    stop() {
      stopped = true
      return working
    },
  }
}

function ordersOf(everybody: boolean): readonly DispatchOrder[] {
  // A run at night must meet as much work as one in the morning.
  const notify = { act: 'notify', throughQuietHours: true } as const
  return [
    { ...notify, channelId: 'wire', audiences: [everybody ? 'everybody' : 'units'] },
    { ...notify, channelId: 'email', audiences: ['mailing'] },
  ]
}

async function openBatches({ app }: TestInstallation): Promise<number> {
  const { rows } = await sql<{ open: number }>`
    select count(*) as open from batch where state in ('waiting', 'leased')
  `.execute(app.connection.db)
  return rows[0]?.open ?? 0
}
