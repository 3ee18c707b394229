/** The process that is killed: the hub as the server runs it, on the database and sinks it is told of.
 *  `plant` makes it forget that what was begun may have been sent, to prove that doubles are seen. */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { email } from '../../channels/email.ts'
import { type App, openApp } from '../../src/app.ts'
import { LANES } from '../../src/domain/bulletin.ts'
import { sweep } from '../../src/hub/sweep.ts'
import { openKeyring } from '../../src/kit/keyring.ts'
import { createLog } from '../../src/kit/log.ts'
import { wire } from './wire.ts'

export interface WorkerOrders {
  readonly hubUrl: string
  readonly folder: string
  readonly leaseMs: number
  /** business time is the clock's plus this */
  readonly aheadMs: number
  readonly plant: boolean
}

const ROUND_MS = 200

async function work(orders: WorkerOrders): Promise<void> {
  const { hubUrl, folder, leaseMs } = orders
  const log = createLog({ to: join(folder, 'workers.log'), level: 'error' })
  const app = await openApp({
    ...{ hubUrl, dataFolder: folder, leaseMs, log, adapters: [email, wire], practice: true },
    ...{ keyring: await openKeyring(folder), queue: true },
    ...{ publicUrl: () => 'http://hub.test', secret: () => undefined },
  })
  const now = () => new Date(Date.now() + orders.aheadMs)
  let ending = false
  const rounds = [
    everyRound(async () => {
      if (orders.plant) await forget(app)
      await sweep(app.hub, app.worker, now())
    }),
    ...LANES.map((lane) => everyRound(() => app.pump.look(lane, now()))),
  ]
  process.on('message', async () => {
    ending = true
    await Promise.all(rounds)
    await app.close()
    process.exit(0)
  })
  await app.listen(now)
  process.send?.('ready')

  async function everyRound(round: () => Promise<void>): Promise<void> {
    while (!ending) {
      await round().catch((error: unknown) => log.error({ err: error }, 'round'))
      await pause(ROUND_MS)
    }
  }
}

/** The planted fault: a lease that ended is taken for a batch that never left. */
async function forget(app: App): Promise<void> {
  await sql`
    update batch set state = 'waiting', lease_token = null, lease_until = null
    where state = 'leased' and lease_until < clock_timestamp()
  `.execute(app.connection.db)
}

// Whoever gave the orders is gone: nobody would count what this process still sends.
process.once('disconnect', () => process.exit(0))
process.once('message', (orders: WorkerOrders) => {
  work(orders).catch((error: unknown) => {
    const log = createLog({ to: join(orders.folder, 'workers.log') })
    log.error({ err: error }, 'start')
    process.exit(1)
  })
})
