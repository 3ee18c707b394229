/** Moves deliveries a person decided about into new batches of their own road: a batch's members never
 *  change after an attempt, and the tallies move with them. */
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { ChildBatches } from '../../hub/ports/decisions.ts'
import type { Transacting } from '../connect.ts'
import { addTallies } from '../tallies.ts'
import { CERTAINLY_FAILED } from './failed.ts'

export const DELIVERIES_A_STEP_MAX = 20_000

export function retryFailed(
  tx: Transacting,
  agencyId: number,
  batches: ChildBatches,
): Promise<number> {
  return intoChildren(tx, agencyId, batches, {
    from: 'failed',
    which: CERTAINLY_FAILED,
    bound: false,
  })
}

/** It may have been sent after all: no other road takes it over by itself. */
export function resendUnsure(
  tx: Transacting,
  agencyId: number,
  batches: ChildBatches,
): Promise<number> {
  const which = sql<SqlBool>`v.state = 'unsure'`
  return intoChildren(tx, agencyId, batches, { from: 'unsure', which, bound: true })
}

async function intoChildren(
  tx: Transacting,
  agencyId: number,
  { dispatchId, roadId, batchMax, dueAt, before }: ChildBatches,
  wanted: {
    readonly from: 'failed' | 'unsure'
    readonly which: RawBuilder<SqlBool>
    readonly bound: boolean
  },
): Promise<number> {
  const { rows } = await sql<{ deliveries: number; units: number }>`
    with members as materialized (
      select v.address_id, v.month, v.units, v.batch_id as old_id, b.lane, b.quiet_hold, b.channel_id
      from dispatch d
        join delivery v on v.agency_id = ${agencyId} and v.dispatch_id = d.id and v.month = d.month
        join batch b on b.agency_id = ${agencyId} and b.id = v.batch_id
      where d.agency_id = ${agencyId} and d.id = ${dispatchId} and ${wanted.which}
        and v.changed_at <= ${before}::timestamptz and b.road_id = ${roadId}
      order by v.address_id limit ${DELIVERIES_A_STEP_MAX} for update of v
    ), numbered as (
      select *, (row_number() over (order by address_id) - 1) / ${batchMax}::int as part from members
    ), parts as (
      select part, min(month) as month, min(old_id) as parent, min(lane) as lane,
        bool_or(quiet_hold) as quiet, min(channel_id) as channel_id, min(address_id) as first,
        max(address_id) as last, count(*) as size
      from numbered group by part
    ), made as (
      insert into batch (agency_id, dispatch_id, month, channel_id, road_id, lane, parent_id,
        address_from, address_to, size, state, due_at, quiet_hold, bound)
      select ${agencyId}::int, ${dispatchId}::bigint, month, channel_id, ${roadId}::text, lane, parent,
        first, last, size, 'waiting', ${dueAt}::timestamptz, quiet, ${wanted.bound}::boolean
      from parts
      returning id, address_from
    ), moved as (
      update delivery v set state = 'waiting', batch_id = n.id, code = null, units = 0,
        changed_at = clock_timestamp()
      from numbered m join parts p on p.part = m.part join made n on n.address_from = p.first
      where v.agency_id = ${agencyId} and v.dispatch_id = ${dispatchId} and v.month = m.month
        and v.address_id = m.address_id and v.state = ${wanted.from}::delivery_state
      returning m.units
    )
    select count(*)::int as deliveries, coalesce(sum(units), 0)::int as units from moved
  `.execute(tx)
  const { deliveries, units } = rows[0] ?? { deliveries: 0, units: 0 }
  // Units are those of the last attempt, as a settling counts them.
  await addTallies(tx, agencyId, dispatchId, [
    { state: wanted.from, deliveries: -deliveries, units: -units },
    { state: 'waiting', deliveries, units: 0 },
  ])
  return deliveries
}
