/** Turns a signed dispatch into deliveries and batches: one `insert … select` a chunk, resumable. */
import { sql } from 'kysely'
import type { AudienceRule } from '../domain/audience.ts'
import type { Mode } from '../domain/bulletin.ts'
import type { DispatchPort, Expansion } from '../hub/ports/dispatches.ts'
import type { Transacting } from './connect.ts'
import { reachedBy, type Way } from './contacts/rules.ts'
import { addTallies } from './tallies.ts'

/** From here on the planner must be told what the partition has become (measured: 68 s against 9 s). */
const ANALYZE_REACH_MIN = 5_000
/** Smaller audiences are one chunk. */
const BY_ADDRESS_REACH_MIN = 20_000
/** One in so many addresses is meant: looking at the others costs about what joining would. */
const SPARSE = 20

export async function lockExpansion(
  tx: Transacting,
  agencyId: number,
  dispatchId: number,
): Promise<Expansion | undefined> {
  const row = await tx
    .selectFrom('dispatch as d')
    .innerJoin('channel as c', (join) =>
      join.onRef('c.agency_id', '=', 'd.agency_id').onRef('c.id', '=', 'd.channel_id'),
    )
    .select(['d.id as dispatchId', 'd.channel_id as channelId', 'c.addressing', 'd.mode'])
    .select(['d.not_before as notBefore', 'd.not_after as notAfter', 'd.reach', 'd.tolerance'])
    .select(['d.audience_rule as audienceRule', 'd.lane', 'd.expanded_to', 'd.address_id_max'])
    .where('d.agency_id', '=', agencyId)
    .where('d.id', '=', dispatchId)
    .where((eb) =>
      eb.or([
        eb('d.state', '=', 'expanding'),
        eb.and([eb('d.state', '=', 'held'), eb('d.held_reason', 'is', null)]),
      ]),
    )
    .forUpdate('d')
    .skipLocked()
    .executeTakeFirst()
  if (!row) return undefined
  const roads = await tx
    .selectFrom('dispatch_payload')
    .select('road_id')
    .where('agency_id', '=', agencyId)
    .where('dispatch_id', '=', dispatchId)
    .execute()
  const { expanded_to, address_id_max, ...facts } = row
  return {
    ...facts,
    frozen: address_id_max !== null,
    begun: expanded_to > 0,
    roadIds: roads.map((road) => road.road_id),
  }
}

interface Target {
  channel_id: string
  addressing: string
  address_kind: string
  audience_rule: AudienceRule
  mode: Mode
  month: string
  lane: string
  reach: number
  expanded_to: number
  address_id_max: number | null
  quiet_hold: boolean
}

export async function expand(
  tx: Transacting,
  agencyId: number,
  dispatchId: number,
  options: Parameters<DispatchPort['expand']>[1],
): Promise<{ deliveries: number; done: boolean }> {
  const target = await tx
    .selectFrom('dispatch as d')
    .innerJoin('channel as c', (join) =>
      join.onRef('c.agency_id', '=', 'd.agency_id').onRef('c.id', '=', 'd.channel_id'),
    )
    .select(['d.channel_id', 'c.addressing', 'c.address_kind', 'd.audience_rule', 'd.mode'])
    .select(['d.month', 'd.lane', 'd.reach', 'd.expanded_to', 'd.address_id_max', 'd.quiet_hold'])
    .where('d.agency_id', '=', agencyId)
    .where('d.id', '=', dispatchId)
    .executeTakeFirstOrThrow()
  const chunk = await insertChunk(tx, agencyId, dispatchId, target, options)
  const done = chunk.found < options.addressesMax
  await tx
    .updateTable('dispatch')
    .set({
      state: done ? 'fanned-out' : 'expanding',
      expanded_to: chunk.last ?? target.expanded_to,
    })
    .where('agency_id', '=', agencyId)
    .where('id', '=', dispatchId)
    .execute()
  await addTallies(tx, agencyId, dispatchId, [
    { state: 'waiting', deliveries: chunk.written, units: 0 },
  ])
  // After the first chunk as well: its batches are claimed, settled or stopped while others follow.
  if ((done || target.expanded_to === 0) && target.reach >= ANALYZE_REACH_MIN)
    await sql`select analyze_delivery_month(${target.month}::date)`.execute(tx)
  return { deliveries: chunk.written, done }
}

/** Joining the whole audience for every chunk would make a million addresses cost a hundred times what a
 *  hundred thousand do. Only an audience that is sparse among all addresses is better joined. */
async function wayTo(tx: Transacting, target: Target): Promise<Way> {
  if (target.reach <= BY_ADDRESS_REACH_MIN) return 'from-audience'
  const { rows } = await sql<{ addresses: number }>`
    select reltuples::bigint as addresses from pg_class where oid = 'address'::regclass
  `.execute(tx)
  return (rows[0]?.addresses ?? 0) < target.reach * SPARSE ? 'by-address' : 'from-audience'
}

async function insertChunk(
  tx: Transacting,
  agencyId: number,
  dispatchId: number,
  target: Target,
  options: Parameters<DispatchPort['expand']>[1],
): Promise<{ found: number; written: number; last: number | null }> {
  const channel = { addressing: target.addressing, addressKind: target.address_kind }
  const way = await wayTo(tx, target)
  const reached = reachedBy(agencyId, channel, target.audience_rule, target.mode, way)
  const { rows } = await sql<{ found: number; written: number; last: number | null }>`
    with found as materialized (
      select a.id, a.unsubscribed_at is not null as excluded
      from address a
      where ${reached} and a.id > ${target.expanded_to}
        and (${target.address_id_max}::bigint is null or a.id <= ${target.address_id_max}::bigint)
      order by a.id limit ${options.addressesMax}
    ), numbered as materialized (
      select id, (row_number() over (order by id) - 1) / ${options.batchMax}::int as part
      from found where not excluded
    ), parts as (
      select part, min(id) as first, max(id) as last, count(*) as size from numbered group by part
    ), made as (
      insert into batch (agency_id, dispatch_id, month, channel_id, road_id, lane, address_from,
        address_to, size, state, due_at, quiet_hold)
      select ${agencyId}::int, ${dispatchId}::bigint, ${target.month}::date,
        ${target.channel_id}::text, ${options.roadId}::text, ${target.lane}::text, first, last, size,
        'waiting', ${options.dueAt}::timestamptz, ${target.quiet_hold}::boolean
      from parts
      returning id, address_from
    ), written as (
      insert into delivery (agency_id, dispatch_id, month, address_id, batch_id, state, code)
      select ${agencyId}::int, ${dispatchId}::bigint, ${target.month}::date, n.id, made.id,
        'waiting'::delivery_state, null
      from numbered n join parts using (part) join made on made.address_from = parts.first
      union all
      select ${agencyId}::int, ${dispatchId}::bigint, ${target.month}::date, f.id, null,
        'excluded'::delivery_state, 'unsubscribed'
      from found f where f.excluded
      returning state
    )
    select (select count(*) from found) as found, (select max(id) from found) as last,
      (select count(*) from written where state = 'waiting') as written
  `.execute(tx)
  return rows[0] ?? { found: 0, written: 0, last: null }
}
