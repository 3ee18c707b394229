/** Moves what was certainly not sent from one signed road to another: into new batches of that road's own
 *  size. What a process has under lease, and what only its own road may repeat, stays where it is. */
import { sql } from 'kysely'
import { OPENINGS_GIVEN_UP } from '../domain/breaker.ts'
import { DELIVERY_STATES } from '../domain/delivery.ts'
import { mayMove, type RoadStanding } from '../domain/fallback.ts'
import type { RoadKey } from '../hub/ports/engine.ts'
import type { Carriage, FallbackPort, RoadMove, StrandedPort } from '../hub/ports/fallback.ts'
import { RESTORED } from './backup/load.ts'
import type { Database, Queryable, Transacting } from './connect.ts'
import { releaseHere } from './registry.ts'
import { addTallies } from './tallies.ts'

/** Generated from the one rule; the statements below ask for name and mark as well. */
const MOVABLE = DELIVERY_STATES.filter((state) =>
  mayMove({ state, referenced: false, bound: false }),
)
/** A road whose breaker gave it up, and which nothing came back from since. */
const givenUp = (road: 'r' | 'n') => {
  const name = sql.ref(road)
  return sql`exists (
    select 1 from breaker k where k.agency_id = ${name}.agency_id
      and k.channel_id = ${name}.channel_id and k.road_id = ${name}.id
      and k.openings >= ${OPENINGS_GIVEN_UP} and k.calls_max = 1)`
}
const BATCHES_A_MOVE_MAX = 200
const DELIVERIES_A_MOVE_MAX = 20_000

export function fallbackPort(tx: Transacting, agencyId: number): FallbackPort {
  return {
    lockCarriage: (dispatchId) => lockCarriage(tx, agencyId, dispatchId),
    moveWaiting: (move) => moveWaiting(tx, agencyId, move),
    moveFailed: (move) => moveFailed(tx, agencyId, move),
    failKept: (dispatchId, roadId) => failKept(tx, agencyId, dispatchId, roadId),
    async reopenDispatch(dispatchId) {
      await tx
        .updateTable('dispatch')
        .set({ state: 'expanding', held_reason: null })
        .where('agency_id', '=', agencyId)
        .where('id', '=', dispatchId)
        .where('state', '=', 'held')
        .execute()
    },
    releaseRoad: (channelId, roadId) => releaseHere(tx, agencyId, channelId, roadId),
  }
}

export function strandedPort(db: Database): StrandedPort {
  return {
    async stranded(at, limit) {
      const { rows } = await sql<RoadKey & { dispatchId: number }>`
        select b.agency_id as "agencyId", b.channel_id as "channelId", b.road_id as "roadId",
          b.dispatch_id as "dispatchId"
        from batch b
          join road r on r.agency_id = b.agency_id and r.channel_id = b.channel_id
            and r.id = b.road_id and r.held_reason is null and r.enabled
          join dispatch d on d.agency_id = b.agency_id and d.id = b.dispatch_id
        where b.state = 'held' and not b.bound and d.state in ('expanding', 'fanned-out')
          and d.not_after > ${at}
        union
        select b.agency_id, b.channel_id, b.road_id, b.dispatch_id
        from road r
          join batch b on b.agency_id = r.agency_id and b.channel_id = r.channel_id
            and b.road_id = r.id and b.state in ('waiting', 'held') and not b.bound
          join dispatch d on d.agency_id = b.agency_id and d.id = b.dispatch_id
        where (r.held_reason is not null or not r.enabled or ${givenUp('r')})
          -- After a restore nobody knows what this road sent since the backup.
          and r.held_reason is distinct from ${RESTORED}
          and d.state in ('expanding', 'fanned-out') and d.not_after > ${at} and exists (
            select 1 from road n join dispatch_payload p on p.agency_id = n.agency_id
              and p.road_id = n.id
            where n.agency_id = r.agency_id and n.channel_id = r.channel_id and n.enabled
              and n.held_reason is null and n.position > r.position and not ${givenUp('n')}
              and p.dispatch_id = b.dispatch_id)
        limit ${limit}
      `.execute(db)
      return rows
    },
    async standing({ agencyId, dispatchId, batchId }) {
      const { channel_id: channelId, bound } = await db
        .selectFrom('batch')
        .select(['channel_id', 'bound'])
        .where('agency_id', '=', agencyId)
        .where('id', '=', batchId)
        .executeTakeFirstOrThrow()
      return bound ? undefined : standings(db, agencyId, channelId, dispatchId)
    },
  }
}

async function standings(
  db: Queryable,
  agencyId: number,
  channelId: string,
  dispatchId: number,
): Promise<readonly RoadStanding[]> {
  const { rows } = await sql<RoadStanding>`
    select r.id as "roadId", r.held_reason is not null or not r.enabled or ${givenUp('r')} as closed,
      p.road_id is not null as signed
    from road r left join dispatch_payload p on p.agency_id = r.agency_id and p.road_id = r.id
      and p.dispatch_id = ${dispatchId}
    where r.agency_id = ${agencyId} and r.channel_id = ${channelId}
    order by r.position, r.id
  `.execute(db)
  return rows
}

async function lockCarriage(
  tx: Transacting,
  agencyId: number,
  dispatchId: number,
): Promise<Carriage | undefined> {
  const row = await tx
    .selectFrom('dispatch')
    .select(['channel_id as channelId', 'state', 'held_reason', 'lane'])
    .select(['not_before as notBefore', 'not_after as notAfter'])
    .where('agency_id', '=', agencyId)
    .where('id', '=', dispatchId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!row) return undefined
  const { held_reason: heldReason, ...facts } = row
  return {
    ...facts,
    ...(heldReason === null ? {} : { heldReason }),
    roads: await standings(tx, agencyId, row.channelId, dispatchId),
  }
}

interface Moved {
  state: 'waiting' | 'held' | 'failed'
  deliveries: number
  units: number
}

async function moveWaiting(tx: Transacting, agencyId: number, move: RoadMove): Promise<number> {
  const { dispatchId, from, to, batchMax, dueAt, keptOnly } = move
  const { rows } = await sql<Moved>`
    with old as materialized (
      select b.id, b.month, b.address_from, b.address_to, b.lane, b.quiet_hold, b.channel_id
      from batch b
      where b.agency_id = ${agencyId} and b.dispatch_id = ${dispatchId} and b.road_id = ${from}
        and (b.state = 'held' or (b.state = 'waiting' and not ${keptOnly}::boolean))
        and not b.bound
      order by b.id limit ${BATCHES_A_MOVE_MAX} for update skip locked
    ), members as materialized (
      select v.address_id, v.month, v.state, v.units, o.id as old_id,
        (row_number() over (partition by o.id order by v.address_id) - 1) / ${batchMax}::int as part
      from old o join delivery v on v.agency_id = ${agencyId} and v.dispatch_id = ${dispatchId}
        and v.month = o.month and v.batch_id = o.id
        and v.address_id between o.address_from and o.address_to
        and v.state = any(${MOVABLE}::delivery_state[]) and v.state <> 'failed'
    ), parts as (
      select old_id, part, min(address_id) as first, max(address_id) as last, count(*) as size
      from members group by old_id, part
    ), made as (
      insert into batch (agency_id, dispatch_id, month, channel_id, road_id, lane, parent_id,
        address_from, address_to, size, state, due_at, quiet_hold)
      select ${agencyId}::int, ${dispatchId}::bigint, o.month, o.channel_id, ${to}::text, o.lane,
        o.id, p.first, p.last, p.size, 'waiting', ${dueAt}::timestamptz, o.quiet_hold
      from parts p join old o on o.id = p.old_id
      returning id, parent_id, address_from
    ), closed as (
      update batch b set state = 'settled' from old o where b.agency_id = ${agencyId} and b.id = o.id
    ), moved as (
      update delivery v set state = 'waiting', batch_id = n.id, code = null,
        changed_at = clock_timestamp()
      from members m join parts p on p.old_id = m.old_id and p.part = m.part
        join made n on n.parent_id = p.old_id and n.address_from = p.first
      where v.agency_id = ${agencyId} and v.dispatch_id = ${dispatchId} and v.month = m.month
        and v.address_id = m.address_id and v.batch_id = m.old_id and v.state = m.state
      returning m.state, m.units
    )
    select state, count(*) as deliveries, sum(units) as units from moved group by state
  `.execute(tx)
  return tallyMoved(tx, agencyId, dispatchId, rows)
}

/** Failed, and no platform ever named it: every attempt was certainly not sent, or was refused. */
async function moveFailed(
  tx: Transacting,
  agencyId: number,
  move: Omit<RoadMove, 'from' | 'keptOnly'>,
): Promise<number> {
  const { dispatchId, to, batchMax, dueAt } = move
  const { rows } = await sql<Moved>`
    with members as materialized (
      select v.address_id, v.month, v.state, v.units, v.batch_id as old_id, b.lane, b.quiet_hold,
        b.channel_id
      from dispatch d
        join delivery v on v.agency_id = ${agencyId} and v.dispatch_id = d.id and v.month = d.month
        join batch b on b.agency_id = ${agencyId} and b.id = v.batch_id
      where d.agency_id = ${agencyId} and d.id = ${dispatchId} 
        and v.state = any(${MOVABLE}::delivery_state[]) and v.state = 'failed'
        and v.reference is null and v.code is distinct from 'address-unreadable'
        and b.road_id <> ${to} and not b.bound
      order by v.address_id limit ${DELIVERIES_A_MOVE_MAX} for update of v
    ), numbered as (
      select *, (row_number() over (order by address_id) - 1) / ${batchMax}::int as part from members
    ), parts as (
      select part, min(month) as month, min(old_id) as parent, min(lane) as lane,
        bool_or(quiet_hold) as quiet, min(channel_id) as channel_id, min(address_id) as first,
        max(address_id) as last, count(*) as size
      from numbered group by part
    ), made as (
      insert into batch (agency_id, dispatch_id, month, channel_id, road_id, lane, parent_id,
        address_from, address_to, size, state, due_at, quiet_hold)
      select ${agencyId}::int, ${dispatchId}::bigint, month, channel_id, ${to}::text, lane, parent,
        first, last, size, 'waiting', ${dueAt}::timestamptz, quiet
      from parts
      returning id, address_from
    ), moved as (
      update delivery v set state = 'waiting', batch_id = n.id, code = null,
        changed_at = clock_timestamp()
      from numbered m join parts p on p.part = m.part join made n on n.address_from = p.first
      where v.agency_id = ${agencyId} and v.dispatch_id = ${dispatchId} and v.month = m.month
        and v.address_id = m.address_id
      returning m.state, m.units
    )
    select state, count(*) as deliveries, sum(units) as units from moved group by state
  `.execute(tx)
  return tallyMoved(tx, agencyId, dispatchId, rows)
}

async function tallyMoved(
  tx: Transacting,
  agencyId: number,
  dispatchId: number,
  rows: readonly Moved[],
): Promise<number> {
  await addTallies(
    tx,
    agencyId,
    dispatchId,
    rows.flatMap(({ state, deliveries, units }) => [
      { state, deliveries: -deliveries, units: -units },
      { state: 'waiting' as const, deliveries, units },
    ]),
  )
  return rows.reduce((sum, row) => sum + row.deliveries, 0)
}

async function failKept(
  tx: Transacting,
  agencyId: number,
  dispatchId: number,
  roadId: string,
): Promise<number> {
  const { rows } = await sql<{ deliveries: number; units: number }>`
    with old as materialized (
      update batch b set state = 'settled'
      where b.agency_id = ${agencyId} and b.dispatch_id = ${dispatchId} and b.road_id = ${roadId}
        and b.state = 'held'
      returning b.id, b.month, b.address_from, b.address_to
    ), moved as (
      update delivery v set state = 'failed', changed_at = clock_timestamp()
      from old o
      where v.agency_id = ${agencyId} and v.dispatch_id = ${dispatchId} and v.month = o.month
        and v.batch_id = o.id and v.address_id between o.address_from and o.address_to
        and v.state = 'held'
      returning v.units
    )
    select count(*) as deliveries, coalesce(sum(units), 0) as units from moved
  `.execute(tx)
  const { deliveries, units } = rows[0] ?? { deliveries: 0, units: 0 }
  await addTallies(tx, agencyId, dispatchId, [
    { state: 'held', deliveries: -deliveries, units: -units },
    { state: 'failed', deliveries, units },
  ])
  return deliveries
}
