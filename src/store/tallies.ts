/** The tallies of deliveries: kept in the transaction that changes a delivery, read without a scan. */
import { sql } from 'kysely'
import type { DeliveryState } from '../domain/delivery.ts'
import type { Transacting } from './connect.ts'

export interface TallyChange {
  readonly state: DeliveryState
  readonly deliveries: number
  readonly units: number
}

/** Adds to the counts of a dispatch's day, channel, category and mode. `excluded` is outside all counts. */
export async function addTallies(
  tx: Transacting,
  agencyId: number,
  dispatchId: number,
  changes: readonly TallyChange[],
): Promise<void> {
  const sums = new Map<DeliveryState, { deliveries: number; units: number }>()
  for (const { state, deliveries, units } of changes) {
    if (state === 'excluded') continue
    const sum = sums.get(state) ?? { deliveries: 0, units: 0 }
    sums.set(state, { deliveries: sum.deliveries + deliveries, units: sum.units + units })
  }
  // One order for everybody, so that two settles sharing a slot cannot wait for each other in a ring.
  const rows = [...sums].filter(([, n]) => n.deliveries !== 0 || n.units !== 0).sort()
  if (rows.length === 0) return
  await sql`
    insert into tally (agency_id, day, channel_id, category_id, mode, state, slot, deliveries, units)
    select d.agency_id, d.day, d.channel_id, d.category_id, d.mode, u.state,
      pg_backend_pid() % 16, u.deliveries, u.units
    from dispatch d, unnest(
      ${rows.map(([state]) => state)}::delivery_state[],
      ${rows.map(([, n]) => n.deliveries)}::bigint[],
      ${rows.map(([, n]) => n.units)}::bigint[]) as u (state, deliveries, units)
    where d.agency_id = ${agencyId} and d.id = ${dispatchId}
    on conflict (agency_id, day, channel_id, category_id, mode, state, slot) do update
      set deliveries = tally.deliveries + excluded.deliveries, units = tally.units + excluded.units
  `.execute(tx)
}

/** The same for changes of many dispatches at once: one order for all, as `addTallies` keeps it for one. */
export async function addTalliesOfMany(
  tx: Transacting,
  agencyId: number,
  changes: readonly (TallyChange & { readonly dispatchId: number })[],
): Promise<void> {
  if (changes.length === 0) return
  await sql`
    insert into tally (agency_id, day, channel_id, category_id, mode, state, slot, deliveries, units)
    select d.agency_id, d.day, d.channel_id, d.category_id, d.mode, u.state, pg_backend_pid() % 16,
      sum(u.deliveries), sum(u.units)
    from unnest(${changes.map((one) => one.dispatchId)}::bigint[],
        ${changes.map((one) => one.state)}::delivery_state[],
        ${changes.map((one) => one.deliveries)}::bigint[],
        ${changes.map((one) => one.units)}::bigint[]) as u (dispatch_id, state, deliveries, units)
      join dispatch d on d.agency_id = ${agencyId} and d.id = u.dispatch_id
    where u.state <> 'excluded'
    group by d.agency_id, d.day, d.channel_id, d.category_id, d.mode, u.state
    having sum(u.deliveries) <> 0 or sum(u.units) <> 0
    order by d.day, d.channel_id, d.category_id, d.mode, u.state::text collate "C"
    on conflict (agency_id, day, channel_id, category_id, mode, state, slot) do update
      set deliveries = tally.deliveries + excluded.deliveries, units = tally.units + excluded.units
  `.execute(tx)
}

export interface Move {
  readonly from: DeliveryState
  readonly to: DeliveryState
  readonly deliveries: number
  readonly unitsBefore: number
  readonly unitsAfter: number
}

export function tallyChanges(moves: readonly Move[]): readonly TallyChange[] {
  return moves.flatMap(({ from, to, deliveries, unitsBefore, unitsAfter }) => [
    { state: from, deliveries: -deliveries, units: -unitsBefore },
    { state: to, deliveries, units: unitsAfter },
  ])
}
