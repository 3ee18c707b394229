/** Imports, channels and the audit as lists show them. */
import { sql } from 'kysely'
import type { AuditRow, ChannelRow, ImportRow, Lists } from '../../hub/ports/lists.ts'
import type { Database } from '../connect.ts'

export function paperLists(db: Database): Pick<Lists, 'imports' | 'channels' | 'audit'> {
  return {
    imports: (agencyId, window) => imports(db, agencyId, window),
    channels: (agencyId) => channels(db, agencyId),
    audit: (agencyId, query) => audit(db, agencyId, query),
  }
}

async function imports(
  db: Database,
  agencyId: number,
  { after, limit }: Parameters<Lists['imports']>[1],
): Promise<readonly ImportRow[]> {
  const { rows } = await sql<ImportRow>`
    select i.id, i.file_name as "fileName", encode(i.file_hash, 'hex') as "fileHash",
      (select count(*) from posting p where p.agency_id = i.agency_id and p.import_id = i.id) as rows,
      i.entered_by as "enteredBy", e.name as "enteredByName", i.entered_at as "enteredAt",
      i.confirmed_by as "confirmedBy", i.confirmed_at as "confirmedAt", i.at_once as "atOnce"
    from posting_import i join person e on e.agency_id = i.agency_id and e.id = i.entered_by
    where i.agency_id = ${agencyId} and (${after ?? null}::bigint is null or i.id < ${after ?? null})
    order by i.id desc limit ${limit}
  `.execute(db)
  return rows
}

async function channels(db: Database, agencyId: number): Promise<readonly ChannelRow[]> {
  const rows = await db
    .selectFrom('channel')
    .select(['id', 'name', 'line', 'addressing', 'address_kind as addressKind'])
    .select('retired_at as retiredAt')
    .where('agency_id', '=', agencyId)
    .orderBy('position')
    .execute()
  const roads = await db
    .selectFrom('road')
    .select(['channel_id', 'id', 'adapter', 'enabled', 'held_reason as heldReason'])
    .where('agency_id', '=', agencyId)
    .orderBy('position')
    .execute()
  const byChannel = Map.groupBy(roads, (road) => road.channel_id)
  return rows.map((row) => ({
    ...row,
    // Settings stay inside: they name servers and accounts.
    roads: (byChannel.get(row.id) ?? []).map(({ channel_id: _, ...road }) => road),
  }))
}

async function audit(
  db: Database,
  agencyId: number,
  { after, limit, action, subject }: Parameters<Lists['audit']>[1],
): Promise<readonly AuditRow[]> {
  let query = db
    .selectFrom('audit as a')
    .leftJoin('person as p', (join) =>
      join.onRef('p.agency_id', '=', 'a.agency_id').onRef('p.id', '=', 'a.actor_id'),
    )
    .select(['a.id', 'a.at', 'a.recorded_at as recordedAt', 'a.actor_id as actorId'])
    .select(['p.name as actor', 'a.action', 'a.subject', 'a.facts'])
    .where('a.agency_id', '=', agencyId)
    .orderBy('a.id', 'desc')
    .limit(limit)
  if (after !== undefined) query = query.where('a.id', '<', after)
  if (action !== undefined) query = query.where('a.action', '=', action)
  if (subject !== undefined) query = query.where('a.subject', '=', subject)
  return query.execute()
}
