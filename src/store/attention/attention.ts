/** One set of queries for whatever is not finished: deliveries by way of the tallies, dispatches, roads, and
 *  what waits for a person. It writes nothing. */
import { sql } from 'kysely'
import type { AttentionAsk, AttentionPort, HeldRoad } from '../../hub/ports/attention.ts'
import type { Database } from '../connect.ts'
import { openDeliveries, openDispatches, overdueReceipts } from './deliveries.ts'
import { openPapers } from './papers.ts'

export function attentionPort(db: Database): AttentionPort {
  return {
    openDeliveries: (ask) => openDeliveries(db, ask),
    openDispatches: (ask) => openDispatches(db, ask),
    overdueReceipts: (ask) => overdueReceipts(db, ask),
    heldRoads: (ask) => heldRoads(db, ask),
    openPapers: (ask) => openPapers(db, ask),
  }
}

/** A road that was switched off is shown while something waits on it; a stopped one in any case. */
async function heldRoads(db: Database, { agencyId }: AttentionAsk): Promise<readonly HeldRoad[]> {
  const { rows } = await sql<HeldRoad>`
    select c.id as "channelId", c.name as "channelName", r.id as "roadId",
      coalesce(r.held_reason, 'off') as detail, coalesce(w.count, 0)::int as count, w.since
    from road r join channel c on c.agency_id = r.agency_id and c.id = r.channel_id
      left join lateral (
        select sum(b.size) as count, min(b.due_at) as since from batch b
        where b.agency_id = ${agencyId} and b.channel_id = r.channel_id and b.road_id = r.id
          and b.state in ('waiting', 'held')) w on true
    where r.agency_id = ${agencyId} and c.retired_at is null
      and ((r.held_reason is not null and r.enabled)
        or (not r.enabled and coalesce(w.count, 0) > 0))
    order by c.position, r.position
  `.execute(db)
  return rows
}
