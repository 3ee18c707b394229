/** Takes back what a stopped dispatch still had waiting, and what ran out of its window. */
import { sql } from 'kysely'
import type { DeliveryState } from '../domain/delivery.ts'
import type { Transacting } from './connect.ts'
import { addTallies } from './tallies.ts'

/** Cancels waiting and held deliveries and open hand tasks; true when nothing is left. */
export async function cancelWaiting(
  tx: Transacting,
  agencyId: number,
  dispatchId: number,
  deliveriesMax: number,
): Promise<boolean> {
  await tx
    .updateTable('batch')
    .set({ state: 'stopped' })
    .where('agency_id', '=', agencyId)
    .where('dispatch_id', '=', dispatchId)
    .where('state', 'in', ['waiting', 'held'])
    .execute()
  // What a person was asked to post by hand is taken back as well, unless it is posted already.
  const tasks = await tx
    .updateTable('hand_task')
    .set({ state: 'cancelled' })
    .where('agency_id', '=', agencyId)
    .where('dispatch_id', '=', dispatchId)
    .where('state', '=', 'open')
    .returning('address_id')
    .execute()
  const byHand = await endDeliveries(tx, agencyId, dispatchId, {
    from: ['awaiting'],
    to: 'cancelled',
    addressIds: tasks.map((task) => task.address_id),
  })
  const { rows } = await sql<{ address_id: number }>`
    select d.address_id from delivery d
      join dispatch s on s.agency_id = d.agency_id and s.id = d.dispatch_id
      join batch b on b.agency_id = d.agency_id and b.id = d.batch_id
    where d.agency_id = ${agencyId} and d.dispatch_id = ${dispatchId} and d.month = s.month
      and d.state in ('waiting', 'held') and b.state = 'stopped'
    limit ${deliveriesMax}
  `.execute(tx)
  const addressIds = rows.map((row) => row.address_id)
  await endDeliveries(tx, agencyId, dispatchId, {
    from: ['waiting', 'held'],
    to: 'cancelled',
    addressIds,
  })
  return byHand + addressIds.length < deliveriesMax
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
  const { rows } = await sql<{ state: DeliveryState; deliveries: number }>`
    with old as (
      select d.month, d.address_id, d.state from delivery d
        join dispatch s on s.agency_id = d.agency_id and s.id = d.dispatch_id
      where d.agency_id = ${agencyId} and d.dispatch_id = ${dispatchId} and d.month = s.month
        and d.address_id = any(${[...change.addressIds]}::bigint[])
        and d.state = any(${[...change.from]}::delivery_state[])
      for update of d
    ), moved as (
      update delivery d set state = ${change.to}::delivery_state, changed_at = clock_timestamp()
      from old
      where d.agency_id = ${agencyId} and d.dispatch_id = ${dispatchId} and d.month = old.month
        and d.address_id = old.address_id
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
