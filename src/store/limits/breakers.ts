/** The breaker of each road, shared by all processes: a road that works has no row. */
import { sql } from 'kysely'
import { afterCall, type Breaker, type BreakerChange } from '../../domain/breaker.ts'
import type { BreakerPort, BreakerStanding, RoadCalled } from '../../hub/ports/breakers.ts'
import type { RoadKey } from '../../hub/ports/engine.ts'
import type { Database, Transacting } from '../connect.ts'

export function breakerPort(db: Database): BreakerPort {
  return {
    called: (road) => db.transaction().execute((tx) => called(tx, road)),
    standings: (agencyId) => standings(db, agencyId),
  }
}

async function called(tx: Transacting, road: RoadCalled): Promise<void> {
  const { agencyId, channelId, roadId } = road
  const key = { agency_id: agencyId, channel_id: channelId, road_id: roadId }
  // Two processes that see the first failure at once count two.
  if (road.call.result === 'failed')
    await tx
      .insertInto('breaker')
      .values({ ...key, failures: 0 })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  const row = await tx
    .selectFrom('breaker')
    .select(['failures', 'openings', 'open_until', 'calls_max'])
    .where('agency_id', '=', agencyId)
    .where('channel_id', '=', channelId)
    .where('road_id', '=', roadId)
    .forUpdate()
    .executeTakeFirst()
  if (!row) return
  const { breaker, change } = afterCall(breakerOf(row), road.call, road)
  if (breaker)
    await tx
      .updateTable('breaker')
      .set({ failures: breaker.failures, openings: breaker.openings })
      .set({ open_until: breaker.openUntil ?? null, calls_max: breaker.callsMax ?? null })
      .where('agency_id', '=', agencyId)
      .where('channel_id', '=', channelId)
      .where('road_id', '=', roadId)
      .execute()
  else
    await tx
      .deleteFrom('breaker')
      .where('agency_id', '=', agencyId)
      .where('channel_id', '=', channelId)
      .where('road_id', '=', roadId)
      .execute()
  if (change) await logChange(tx, road, change)
}

function breakerOf(row: {
  failures: number
  openings: number
  open_until: Date | null
  calls_max: number | null
}): Breaker {
  return {
    ...{ failures: row.failures, openings: row.openings },
    ...(row.open_until === null ? {} : { openUntil: row.open_until }),
    ...(row.calls_max === null ? {} : { callsMax: row.calls_max }),
  }
}

export async function logChange(
  tx: Transacting,
  { agencyId, channelId, roadId }: RoadKey,
  change: Omit<BreakerChange, 'state'> & { readonly state: BreakerChange['state'] | 'held' },
): Promise<void> {
  await tx
    .insertInto('breaker_change')
    .values({
      ...{ agency_id: agencyId, channel_id: channelId, road_id: roadId, state: change.state },
      ...{ calls_max: change.callsMax ?? null, reason: change.reason || 'no-code' },
    })
    .execute()
}

/** A person let the road go on: it comes back one call at a time. */
export async function releaseBreaker(tx: Transacting, road: RoadKey): Promise<void> {
  const { agencyId, channelId, roadId } = road
  await sql`
    insert into breaker (agency_id, channel_id, road_id, failures, open_until, calls_max)
    values (${agencyId}, ${channelId}, ${roadId}, 0, 'epoch', 1)
    on conflict (agency_id, channel_id, road_id)
      do update set failures = 0, openings = 0, open_until = 'epoch', calls_max = 1
  `.execute(tx)
  await logChange(tx, road, { state: 'half-open', callsMax: 1, reason: 'released' })
}

async function standings(db: Database, agencyId: number): Promise<readonly BreakerStanding[]> {
  const { rows } = await sql<
    Parameters<typeof breakerOf>[0] & {
      channel_id: string
      road_id: string
      open: boolean
      state: BreakerStanding['last']['state']
      last_max: number | null
      reason: string
      at: Date
    }
  >`
    select distinct on (c.channel_id, c.road_id) c.channel_id, c.road_id, c.state, c.reason, c.at,
      c.calls_max as last_max, k.agency_id is not null as open, coalesce(k.failures, 0) as failures,
      coalesce(k.openings, 0) as openings, k.open_until, k.calls_max
    from breaker_change c left join breaker k on k.agency_id = c.agency_id
      and k.channel_id = c.channel_id and k.road_id = c.road_id
    where c.agency_id = ${agencyId}
    order by c.channel_id, c.road_id, c.id desc
  `.execute(db)
  return rows.map((row) => ({
    ...{ channelId: row.channel_id, roadId: row.road_id },
    ...(row.open ? { breaker: breakerOf(row) } : {}),
    last: {
      ...{ state: row.state, reason: row.reason, at: row.at },
      ...(row.last_max === null ? {} : { callsMax: row.last_max }),
    },
  }))
}
