/** Deliveries change state here and nowhere else in a settlement: one conditional update is the transition
 *  table, with a shorter form for the answer that most batches bring. */
import { sql } from 'kysely'
import { DELIVERY_STATES, type DeliveryState, FOLLOWS } from '../domain/delivery.ts'
import type { Settlement, SettleRequest } from '../hub/ports/engine.ts'
import type { Transacting } from './connect.ts'
import type { Move } from './tallies.ts'

const pairs = (from: DeliveryState): string[] => FOLLOWS[from].map((to) => `${from}>${to}`)

/** A retry stays `waiting` and only changes its batch. */
const ANY_MOVE = [...DELIVERY_STATES.flatMap(pairs), 'waiting>waiting']
const LATE_MOVE = pairs('unsure')

/** `child` takes those who are tried again; without its lease only what is `unsure` moves. */
export async function moveDeliveries(
  tx: Transacting,
  request: SettleRequest,
  { child, held }: { readonly child: number | undefined; readonly held: boolean },
): Promise<readonly Move[]> {
  const { settlements } = request
  if (settlements.length === 0) return []
  const alike = held && child === undefined ? await moveAlike(tx, request) : undefined
  if (alike?.deliveries === settlements.length) return [alike]
  // Somebody was first with a few, or they were unsure: one by one the rest finds its own way.
  const others = await moveEach(tx, request, child, held ? ANY_MOVE : LATE_MOVE)
  return alike && alike.deliveries > 0 ? [alike, ...others] : others
}

/** One answer for a whole waiting batch: its range is walked once, and nothing is joined. */
async function moveAlike(
  tx: Transacting,
  { claim, settlements }: SettleRequest,
): Promise<Move | undefined> {
  const [one] = settlements
  if (!one || one.state === 'waiting' || !FOLLOWS.waiting.includes(one.state)) return undefined
  const alike = settlements.every(
    ({ state, code, units, reference }) =>
      state === one.state &&
      code === one.code &&
      units === one.units &&
      reference === one.reference,
  )
  if (!alike) return undefined
  const { first, last } = rangeOf(settlements)
  const { rows } = await sql<Move>`
    with moved as (
      update delivery set state = ${one.state}::delivery_state, code = ${one.code ?? null}::text,
        units = ${one.units ?? 0}::smallint, changed_at = clock_timestamp(),
        reference = coalesce(${one.reference ?? null}::text, reference)
      where agency_id = ${claim.agencyId} and dispatch_id = ${claim.dispatchId}
        and month = ${claim.month}::date and batch_id = ${claim.batchId}
        and address_id between ${first}::bigint and ${last}::bigint and state = 'waiting' and units = 0
        and address_id = any(${settlements.map(({ addressId }) => addressId)}::bigint[])
      returning 1
    )
    select 'waiting' as "from", ${one.state}::text as "to", count(*) as deliveries,
      0 as "unitsBefore", count(*) * ${one.units ?? 0}::int as "unitsAfter" from moved
  `.execute(tx)
  return rows[0]
}

/** A batch's members stand side by side in the log's key, so the whole batch is one index range: found by
 *  `batch_id` alone it would be a scan of the month. Whoever moved a row meanwhile was first: it is left. */
async function moveEach(
  tx: Transacting,
  { claim, settlements }: SettleRequest,
  child: number | undefined,
  allowed: readonly string[],
): Promise<readonly Move[]> {
  const { first, last } = rangeOf(settlements)
  const { rows } = await sql<Move>`
    with answer as materialized (
      select * from unnest(${settlements.map((one) => one.addressId)}::bigint[],
        ${settlements.map((one) => one.state)}::delivery_state[],
        ${settlements.map((one) => one.code ?? null)}::text[],
        ${settlements.map((one) => one.reference ?? null)}::text[],
        ${settlements.map((one) => one.units ?? 0)}::smallint[])
        as t (address_id, state, code, reference, units)
    ), old as materialized (
      select d.address_id, d.state, d.units from delivery d
      where d.agency_id = ${claim.agencyId} and d.dispatch_id = ${claim.dispatchId}
        and d.month = ${claim.month}::date and d.batch_id = ${claim.batchId}
        and d.address_id between ${first}::bigint and ${last}::bigint
    ), moved as (
      update delivery d set state = answer.state, code = answer.code, units = answer.units,
        reference = coalesce(answer.reference, d.reference), changed_at = clock_timestamp(),
        batch_id = case when answer.state in ('waiting', 'held') then ${child ?? null}::bigint
          else d.batch_id end
      from answer join old using (address_id)
      where d.agency_id = ${claim.agencyId} and d.dispatch_id = ${claim.dispatchId}
        and d.month = ${claim.month}::date and d.address_id = answer.address_id
        and d.batch_id = ${claim.batchId} and d.state = old.state
        and old.state::text || '>' || answer.state::text = any(${[...allowed]}::text[])
      returning old.state as before, d.state as after, old.units as units_before,
        d.units as units_after
    )
    select before as "from", after as "to", count(*) as deliveries,
      sum(units_before) as "unitsBefore", sum(units_after) as "unitsAfter"
    from moved group by before, after
  `.execute(tx)
  return rows
}

function rangeOf(settlements: readonly Settlement[]): { first: number; last: number } {
  let first = Number.POSITIVE_INFINITY
  let last = 0
  for (const { addressId } of settlements) {
    first = Math.min(first, addressId)
    last = Math.max(last, addressId)
  }
  return { first, last }
}
