/** The process that is killed, stopped and misled: the hub as the server runs it, on the database and sinks
 *  it is told of. A planted fault makes it wrong on purpose. */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { email } from '../../channels/email.ts'
import { type App, openApp } from '../../src/app.ts'
import { openKeyring } from '../../src/kit/keyring.ts'
import { createLog } from '../../src/kit/log.ts'
import type { Plant } from './plants.ts'
import { wireWith } from './wire.ts'

export interface WorkerOrders {
  readonly hubUrl: string
  readonly folder: string
  readonly leaseMs: number
  readonly plant: Plant
  /** between claim and call the database takes up to so long: what is stopped there is stopped often */
  readonly slowMs: number
  /** its clock is so far ahead of everybody's, or behind */
  readonly aheadMs: number
}

export type Word = { readonly say: 'end' } | { readonly say: 'clock'; readonly aheadMs: number }

const ROUND_MS = 200

async function work(orders: WorkerOrders): Promise<void> {
  const { hubUrl, folder, leaseMs, plant } = orders
  const log = createLog({ to: join(folder, 'workers.log'), level: 'error' })
  const app = await openApp({
    ...{ hubUrl, dataFolder: folder, leaseMs, log, adapters: [email, wireWith(plant)] },
    ...{ keyring: await openKeyring(folder), queue: true, practice: true },
    ...{ publicUrl: () => 'http://hub.test', secret: () => undefined },
  })
  slowDown(app, orders)
  let { aheadMs } = orders
  const now = () => new Date(Date.now() + aheadMs)
  let ending = false
  const rounds = (async () => {
    while (!ending) {
      const round = plantFault(app, plant, aheadMs).then(() =>
        plant === 'deaf' ? undefined : app.tick(now()),
      )
      await round.catch((error: unknown) => log.error({ err: error }, 'round'))
      await pause(ROUND_MS)
    }
  })()
  process.on('message', async (word: Word) => {
    if (word.say === 'clock') {
      aheadMs = word.aheadMs
      return
    }
    ending = true
    await rounds
    await app.close()
    process.exit(0)
  })
  await app.listen(now)
  process.send?.('ready')
}

function slowDown({ hub }: App, { slowMs, leaseMs, plant }: WorkerOrders): void {
  const { engine } = hub.store
  const { publicationNow } = engine
  if (slowMs > 0)
    Object.assign(engine, {
      async publicationNow(...asked: Parameters<typeof publicationNow>) {
        await pause(Math.random() * slowMs)
        return publicationNow(...asked)
      },
    })
  if (plant === 'oversleep') Object.assign(engine, { leaseLeft: async () => () => leaseMs })
}

async function plantFault({ connection: { db } }: App, plant: Plant, aheadMs: number) {
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
  if (plant === 'own-clock')
    await sql`
      update batch set lease_until = clock_timestamp() - interval '1 second' where state = 'leased'
        and lease_until < clock_timestamp() + make_interval(secs => ${aheadMs / 1000})
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
