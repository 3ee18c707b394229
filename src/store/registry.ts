/** What an operator sees and sets beside the doors: agencies, people in office, channels and roads. */
import { sql } from 'kysely'
import type { Role } from '../domain/role.ts'
import type { Database, Transacting } from './connect.ts'
import { releaseBreaker } from './limits/breakers.ts'
import { addTallies } from './tallies.ts'

export interface AgencyRow {
  readonly id: number
  readonly name: string
}

export async function agencies(db: Database): Promise<readonly AgencyRow[]> {
  const { rows } = await sql<AgencyRow>`
    select distinct on (a.id) a.id, n.name
    from agency a join agency_name n on n.agency_id = a.id
    where a.successor_id is null
    order by a.id, n.from_on desc
  `.execute(db)
  return rows
}

export interface PersonRow {
  readonly id: number
  readonly name: string
  readonly roles: readonly Role[]
}

/** In office on `day` (YYYY-MM-DD), in the order they were entered. */
export async function peopleInOffice(
  db: Database,
  agencyId: number,
  day: string,
): Promise<readonly PersonRow[]> {
  const { rows } = await sql<PersonRow>`
    select id, name, roles from person
    where agency_id = ${agencyId} and in_office_from <= ${day}::date
      and (in_office_to is null or in_office_to >= ${day}::date)
    order by id
  `.execute(db)
  return rows
}

export interface RoadStanding {
  readonly channelId: string
  readonly channelName: string
  readonly roadId: string
  readonly adapter: string
  readonly heldReason: string | null
}

export async function roadsOnFile(
  db: Database,
  agencyId: number,
): Promise<readonly RoadStanding[]> {
  const { rows } = await sql<RoadStanding>`
    select c.id as "channelId", c.name as "channelName", r.id as "roadId", r.adapter,
      r.held_reason as "heldReason"
    from channel c join road r on r.agency_id = c.agency_id and r.channel_id = c.id
    where c.agency_id = ${agencyId} and c.retired_at is null and r.enabled
    order by c.position, r.position
  `.execute(db)
  return rows
}

/** Gives every road of an adapter new settings; used where the counterpart moved. */
export async function pointRoads(
  db: Database,
  agencyId: number,
  adapter: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  await db
    .updateTable('road')
    .set({ settings: JSON.stringify(settings) })
    .where('agency_id', '=', agencyId)
    .where('adapter', '=', adapter)
    .execute()
}

/** Clears what stopped a road and lets its held batches go on: the dispatch of each of them; undefined when
 *  there is no such road in use. */
export async function releaseHere(
  tx: Transacting,
  agencyId: number,
  channelId: string,
  roadId: string,
): Promise<readonly number[] | undefined> {
  const held = await tx
    .selectFrom('road')
    .select('held_reason')
    .where('agency_id', '=', agencyId)
    .where('channel_id', '=', channelId)
    .where('id', '=', roadId)
    .where('held_reason', 'is not', null)
    .where('enabled', '=', true)
    .forUpdate()
    .executeTakeFirst()
  if (held) await releaseBreaker(tx, { agencyId, channelId, roadId })
  const { numUpdatedRows } = await tx
    .updateTable('road')
    .set({ held_reason: null })
    .where('agency_id', '=', agencyId)
    .where('channel_id', '=', channelId)
    .where('id', '=', roadId)
    .where('enabled', '=', true)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) return undefined
  const { rows } = await sql<Released>`
      update batch b set state = 'waiting'
      from dispatch d
      where d.agency_id = b.agency_id and d.id = b.dispatch_id and b.agency_id = ${agencyId}
        and b.channel_id = ${channelId} and b.road_id = ${roadId} and b.state = 'held'
        and d.state in ('expanding', 'fanned-out')
      returning b.id, b.dispatch_id, b.month, b.address_from, b.address_to
    `.execute(tx)
  for (const batch of rows) await releaseMembers(tx, agencyId, batch)
  return rows.map((batch) => batch.dispatch_id)
}

interface Released {
  id: number
  dispatch_id: number
  month: string
  address_from: number
  address_to: number
}

/** Only what is waiting is claimed: members left held would never leave. */
async function releaseMembers(tx: Transacting, agencyId: number, batch: Released): Promise<void> {
  const { numAffectedRows } = await sql`
    update delivery set state = 'waiting', code = null, changed_at = clock_timestamp()
    where agency_id = ${agencyId} and dispatch_id = ${batch.dispatch_id}
      and month = ${batch.month}::date and batch_id = ${batch.id}
      and address_id between ${batch.address_from} and ${batch.address_to} and state = 'held'
  `.execute(tx)
  const moved = Number(numAffectedRows ?? 0n)
  await addTallies(tx, agencyId, batch.dispatch_id, [
    { state: 'held', deliveries: -moved, units: 0 },
    { state: 'waiting', deliveries: moved, units: 0 },
  ])
}
