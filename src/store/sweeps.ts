/** What nobody else finishes, in rounds of short transactions that several processes may run at once. */
import { sql } from 'kysely'
import type { EnginePort } from '../hub/ports/engine.ts'
import type { Database, Transacting } from './connect.ts'
import { addTallies } from './tallies.ts'

const BATCHES_A_ROUND_MAX = 1_000

type SweepPart = Pick<
  EnginePort,
  'reclaim' | 'expire' | 'expandable' | 'stoppedUnfinished' | 'unsureBatches' | 'busy' | 'analyze'
>

export function sweepPort(db: Database): SweepPart {
  return {
    reclaim: (at) => untilNone(db, (tx) => reclaimOne(tx, at)),
    expire: (at) => untilNone(db, (tx) => expireOne(tx, at)),
    async expandable(at, limit) {
      const { rows } = await sql<{ agencyId: number; dispatchId: number }>`
        select agency_id as "agencyId", id as "dispatchId" from dispatch
        where (state = 'expanding' or (state = 'held' and held_reason is null and not_before <= ${at}))
        order by not_before limit ${limit}
      `.execute(db)
      return rows
    },
    async stoppedUnfinished(limit) {
      const { rows } = await sql<{ agencyId: number; dispatchId: number }>`
        select distinct d.agency_id as "agencyId", d.id as "dispatchId"
        from dispatch d join batch b on b.agency_id = d.agency_id and b.dispatch_id = d.id
        where d.state = 'stopped' and b.state in ('waiting', 'held')
        union
        select d.agency_id, d.id
        from dispatch d join hand_task t on t.agency_id = d.agency_id and t.dispatch_id = d.id
        where d.state = 'stopped' and t.state = 'open'
        limit ${limit}
      `.execute(db)
      return rows
    },
    async unsureBatches(at, limit) {
      const { rows } = await sql<{
        agencyId: number
        batchId: number
        dispatchId: number
        channelId: string
        roadId: string
      }>`
        select agency_id as "agencyId", id as "batchId", dispatch_id as "dispatchId",
          channel_id as "channelId", road_id as "roadId"
        from batch where look_at <= ${at} and state = 'settled'
        order by look_at limit ${limit}
      `.execute(db)
      return rows
    },
    async busy(at, agencyId) {
      const only = agencyId ?? null
      const { rows } = await sql<{ busy: boolean }>`
        select exists (
          select 1 from batch b join dispatch d on d.agency_id = b.agency_id and d.id = b.dispatch_id
          where (b.state = 'leased' or (b.state = 'waiting' and b.due_at <= ${at}
              and d.state in ('expanding', 'fanned-out')))
            and (${only}::int is null or b.agency_id = ${only}::int)
        ) or exists (
          select 1 from dispatch where state = 'expanding'
            and (${only}::int is null or agency_id = ${only}::int)
        ) as busy
      `.execute(db)
      return rows[0]?.busy ?? false
    },
    async analyze(month) {
      await sql`select analyze_delivery_month(${month}::date)`.execute(db)
    },
  }
}

async function untilNone(
  db: Database,
  one: (tx: Transacting) => Promise<boolean>,
): Promise<number> {
  let done = 0
  while (done < BATCHES_A_ROUND_MAX && (await db.transaction().execute(one))) done++
  return done
}

/** A lease that ran out: its attempt was begun, so nobody knows what was sent. */
async function reclaimOne(tx: Transacting, at: Date): Promise<boolean> {
  const { rows } = await sql<EndedBatch>`
    with dead as (
      select agency_id, id from batch where state = 'leased' and lease_until < clock_timestamp()
      order by lease_until limit 1 for update skip locked)
    update batch b set state = 'settled', lease_token = null, lease_until = null, look_at = ${at}
    from dead where b.agency_id = dead.agency_id and b.id = dead.id
    returning b.agency_id, b.id, b.dispatch_id, b.month, b.address_from, b.address_to
  `.execute(tx)
  const [batch] = rows
  if (!batch) return false
  await endMembers(tx, batch, ['waiting'], 'unsure', 'lease-ended')
  return true
}

/** The signed window closed before the batch left. */
async function expireOne(tx: Transacting, at: Date): Promise<boolean> {
  const { rows } = await sql<EndedBatch>`
    with late as (
      select b.agency_id, b.id from batch b
        join dispatch d on d.agency_id = b.agency_id and d.id = b.dispatch_id
      where b.state in ('waiting', 'held') and d.not_after <= ${at} and d.state != 'stopped'
      limit 1 for update of b skip locked)
    update batch b set state = 'expired'
    from late where b.agency_id = late.agency_id and b.id = late.id
    returning b.agency_id, b.id, b.dispatch_id, b.month, b.address_from, b.address_to
  `.execute(tx)
  const [batch] = rows
  if (!batch) return false
  await endMembers(tx, batch, ['waiting', 'held'], 'expired', 'window-closed')
  return true
}

interface EndedBatch {
  agency_id: number
  id: number
  dispatch_id: number
  month: string
  address_from: number
  address_to: number
}

async function endMembers(
  tx: Transacting,
  batch: EndedBatch,
  from: readonly ('waiting' | 'held')[],
  to: 'unsure' | 'expired',
  code: string,
): Promise<void> {
  const { rows } = await sql<{ state: 'waiting' | 'held'; deliveries: number }>`
    with old as (
      select address_id, state from delivery
      where agency_id = ${batch.agency_id} and dispatch_id = ${batch.dispatch_id}
        and month = ${batch.month}::date and batch_id = ${batch.id}
        and address_id between ${batch.address_from} and ${batch.address_to}
        and state = any(${[...from]}::delivery_state[])
      for update
    ), moved as (
      update delivery d set state = ${to}::delivery_state, code = ${code},
        changed_at = clock_timestamp()
      from old
      where d.agency_id = ${batch.agency_id} and d.dispatch_id = ${batch.dispatch_id}
        and d.month = ${batch.month}::date and d.address_id = old.address_id
      returning old.state as state
    )
    select state, count(*) as deliveries from moved group by state
  `.execute(tx)
  const total = rows.reduce((sum, row) => sum + row.deliveries, 0)
  await addTallies(tx, batch.agency_id, batch.dispatch_id, [
    ...rows.map(({ state, deliveries }) => ({ state, deliveries: -deliveries, units: 0 })),
    { state: to, deliveries: total, units: 0 },
  ])
}
