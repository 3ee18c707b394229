/** Takes back what a stopped dispatch still had waiting, and what ran out of its window. */
import { sql } from 'kysely'
import type { DeliveryState } from '../domain/delivery.ts'
import type { Transacting } from './connect.ts'
import { addTallies } from './tallies.ts'

/** Cancels open hand tasks and about so many waiting and held deliveries; true when none was left. */
export async function cancelWaiting(
  tx: Transacting,
  agencyId: number,
  dispatchId: number,
  deliveriesMax: number,
): Promise<boolean> {
  // What a person was asked to post by hand is taken back as well, unless it is posted already.
  const tasks = await tx
    .updateTable('hand_task')
    .set({ state: 'cancelled' })
    .where('agency_id', '=', agencyId)
    .where('dispatch_id', '=', dispatchId)
    .where('state', '=', 'open')
    .returning('address_id')
    .execute()
  await endDeliveries(tx, agencyId, dispatchId, {
    from: ['awaiting'],
    to: 'cancelled',
    addressIds: tasks.map((task) => task.address_id),
  })
  // A batch is stopped with its own deliveries, so that a crash in between leaves it to be found again.
  const { rows } = await sql<{ address_id: number | null }>`
    with waiting as (
      select id, sum(size) over (order by id) - size as before from batch
      where agency_id = ${agencyId} and dispatch_id = ${dispatchId} and state in ('waiting', 'held')
    ), halted as (
      update batch b set state = 'stopped' from waiting w
      where b.agency_id = ${agencyId} and b.id = w.id and w.before < ${deliveriesMax}
        and b.state in ('waiting', 'held')
      returning b.id, b.month, b.address_from, b.address_to
    )
    select d.address_id from halted h
      left join delivery d on d.agency_id = ${agencyId} and d.dispatch_id = ${dispatchId}
        and d.month = h.month and d.batch_id = h.id
        and d.address_id between h.address_from and h.address_to
        and d.state in ('waiting', 'held')
  `.execute(tx)
  await endDeliveries(tx, agencyId, dispatchId, {
    from: ['waiting', 'held'],
    to: 'cancelled',
    addressIds: rows.flatMap((row) => row.address_id ?? []),
  })
  return rows.length === 0
}

/** Moves the named deliveries to a final state and keeps the tallies; answers how many moved. */
export async function endDeliveries(
  tx: Transacting,
  agencyId: number,
  dispatchId: number,
  change: {
    readonly from: readonly DeliveryState[]
    readonly to: DeliveryState
    readonly addressIds: readonly number[]
  },
): Promise<number> {
  if (change.addressIds.length === 0) return 0
  const { month } = await tx
    .selectFrom('dispatch')
    .select('month')
    .where('agency_id', '=', agencyId)
    .where('id', '=', dispatchId)
    .executeTakeFirstOrThrow()
  const { rows } = await sql<{ state: DeliveryState; deliveries: number }>`
    with old as (
      select d.address_id, d.state from delivery d
      where d.agency_id = ${agencyId} and d.dispatch_id = ${dispatchId}
        and d.month = ${month}::date and d.address_id = any(${[...change.addressIds]}::bigint[])
        and d.state = any(${[...change.from]}::delivery_state[])
      for update of d
    ), moved as (
      update delivery d set state = ${change.to}::delivery_state, changed_at = clock_timestamp()
      from old
      where d.agency_id = ${agencyId} and d.dispatch_id = ${dispatchId}
        and d.month = ${month}::date and d.address_id = old.address_id
      returning old.state as state
    )
    select state, count(*) as deliveries from moved group by state
  `.execute(tx)
  const total = rows.reduce((sum, row) => sum + row.deliveries, 0)
  await addTallies(tx, agencyId, dispatchId, [
    ...rows.map((row) => ({ state: row.state, deliveries: -row.deliveries, units: 0 })),
    { state: change.to, deliveries: total, units: 0 },
  ])
  return total
}
