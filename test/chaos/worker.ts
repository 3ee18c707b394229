/** The process that is killed: the hub as the server runs it, on the database and sinks it is told of.
 *  A planted fault makes it wrong on purpose, to prove that doubles and losses are seen. */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { email } from '../../channels/email.ts'
import { type App, openApp } from '../../src/app.ts'
import { openKeyring } from '../../src/kit/keyring.ts'
import { createLog } from '../../src/kit/log.ts'
import { wire } from './wire.ts'

export interface WorkerOrders {
  readonly hubUrl: string
  readonly folder: string
  readonly leaseMs: number
  readonly plant: Plant
}

/** A fault on purpose, about what was begun by a worker that died: `resend` takes it for never sent,
 *  `assume` for accepted. */
export type Plant = 'none' | 'resend' | 'assume'

const ROUND_MS = 200

async function work(orders: WorkerOrders): Promise<void> {
  const { hubUrl, folder, leaseMs } = orders
  const log = createLog({ to: join(folder, 'workers.log'), level: 'error' })
  const app = await openApp({
    ...{ hubUrl, dataFolder: folder, leaseMs, log, adapters: [email, wire], practice: true },
    ...{ keyring: await openKeyring(folder), queue: true },
    ...{ publicUrl: () => 'http://hub.test', secret: () => undefined },
  })
  const now = () => new Date()
  let ending = false
  const rounds = (async () => {
    while (!ending) {
      const round = plantFault(app, orders.plant).then(() => app.tick(now()))
      await round.catch((error: unknown) => log.error({ err: error }, 'round'))
      await pause(ROUND_MS)
    }
  })()
  process.on('message', async () => {
    ending = true
    await rounds
    await app.close()
    process.exit(0)
  })
  await app.listen(now)
  process.send?.('ready')
}

async function plantFault({ connection: { db } }: App, plant: Plant): Promise<void> {
  if (plant === 'resend')
    await sql`
      update batch set state = 'waiting', lease_token = null, lease_until = null
      where state = 'leased' and lease_until < clock_timestamp()
    `.execute(db)
  if (plant === 'assume')
    await sql`
      with dead as (
        update batch set state = 'settled', lease_token = null, lease_until = null
        where state = 'leased' and lease_until < clock_timestamp()
        returning agency_id, id)
      update delivery d set state = 'accepted' from dead
      where d.agency_id = dead.agency_id and d.batch_id = dead.id and d.state = 'waiting'
    `.execute(db)
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
