/** Prepared texts, relayed messages, paper sheets and stopped roads as lists show them. */
import { sql } from 'kysely'
import type {
  HeldRoadRow,
  Lists,
  PaperSheetRow,
  PreparedTextListRow,
  RelayedMessageRow,
} from '../../hub/ports/lists.ts'
import type { Database } from '../connect.ts'

type Part = Pick<Lists, 'heldRoads' | 'preparedTexts' | 'relayedMessages' | 'paperSheets'>

export function clearanceLists(db: Database): Part {
  return {
    heldRoads: (agencyId) => heldRoads(db, agencyId),
    preparedTexts: (agencyId, query) => preparedTexts(db, agencyId, query),
    relayedMessages: (agencyId, query) => relayedMessages(db, agencyId, query),
    paperSheets: (agencyId, query) => paperSheets(db, agencyId, query),
  }
}

async function heldRoads(db: Database, agencyId: number): Promise<readonly HeldRoadRow[]> {
  const { rows } = await sql<HeldRoadRow>`
    select c.id as "channelId", c.name as "channelName", r.id as "roadId", r.adapter,
      r.held_reason as "heldReason",
      (select count(*) from batch b where b.agency_id = ${agencyId} and b.channel_id = r.channel_id
        and b.road_id = r.id and b.state in ('held', 'waiting')) as batches
    from road r join channel c on c.agency_id = r.agency_id and c.id = r.channel_id
    where r.agency_id = ${agencyId} and r.held_reason is not null and r.enabled
      and c.retired_at is null
    order by c.position, r.position
  `.execute(db)
  return rows
}

async function preparedTexts(
  db: Database,
  agencyId: number,
  { after, limit }: Parameters<Lists['preparedTexts']>[1],
): Promise<readonly PreparedTextListRow[]> {
  const { rows } = await sql<PreparedTextListRow>`
    select t.id, t.title, encode(t.hash, 'hex') as hash, t.author_id as "authorId",
      a.name as author, t.at, r.opinion, r.reviewer_id as "reviewerId", r.name as reviewer,
      r.at as "reviewedAt"
    from prepared_text t
      join person a on a.agency_id = t.agency_id and a.id = t.author_id
      left join lateral (
        select v.opinion, v.reviewer_id, p.name, v.at
        from prepared_text_review v
          join person p on p.agency_id = v.agency_id and p.id = v.reviewer_id
        where v.agency_id = t.agency_id and v.prepared_text_id = t.id
        order by v.id desc limit 1) r on true
    where t.agency_id = ${agencyId}
      and (${after ?? null}::bigint is null or t.id < ${after ?? null})
    order by t.id desc limit ${limit}
  `.execute(db)
  return rows
}

async function relayedMessages(
  db: Database,
  agencyId: number,
  { after, limit, sourceId }: Parameters<Lists['relayedMessages']>[1],
): Promise<readonly RelayedMessageRow[]> {
  const { rows } = await sql<RelayedMessageRow>`
    select m.id, m.source_id as "sourceId", s.name as "sourceName", m.text,
      encode(m.hash, 'hex') as hash, m.issued_at as "issuedAt", m.received_at as "receivedAt",
      m.via, m.entered_by as "enteredBy"
    from relayed_message m
      join relay_source s on s.agency_id = m.agency_id and s.id = m.source_id
    where m.agency_id = ${agencyId}
      and (${after ?? null}::bigint is null or m.id < ${after ?? null})
      and (${sourceId ?? null}::bigint is null or m.source_id = ${sourceId ?? null})
    order by m.id desc limit ${limit}
  `.execute(db)
  return rows
}

async function paperSheets(
  db: Database,
  agencyId: number,
  { after, limit, bulletinId, waiting = false }: Parameters<Lists['paperSheets']>[1],
): Promise<readonly PaperSheetRow[]> {
  const { rows } = await sql<PaperSheetRow>`
    select w.id, w.bulletin_id as "bulletinId", b.title,
      encode(w.revision_hash, 'hex') as "revisionHash", w.signer_id as "signerId", s.name as signer,
      encode(w.sheet_hash, 'hex') as "sheetHash", w.entered_by as "enteredBy",
      e.name as "enteredByName", w.at, w.signature_id as "signatureId"
    from paper_sheet w
      join bulletin b on b.agency_id = w.agency_id and b.id = w.bulletin_id
      join person s on s.agency_id = w.agency_id and s.id = w.signer_id
      join person e on e.agency_id = w.agency_id and e.id = w.entered_by
    where w.agency_id = ${agencyId}
      and (${after ?? null}::bigint is null or w.id < ${after ?? null})
      and (${bulletinId ?? null}::bigint is null or w.bulletin_id = ${bulletinId ?? null})
      and (not ${waiting}::boolean or w.signature_id is null)
    order by w.id desc limit ${limit}
  `.execute(db)
  return rows
}
