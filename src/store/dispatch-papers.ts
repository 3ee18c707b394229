/** Reads what door 5 verifies and fills: the papers of a dispatch, and what is known of it by now. */
import { type SqlBool, sql } from 'kysely'
import type { RevisionContent } from '../domain/bulletin.ts'
import type { DispatchPapers, EnginePort, PublicationNow, RoadKey } from '../hub/ports/engine.ts'
import { fromHex } from '../kit/hash.ts'
import type { Database, Transacting } from './connect.ts'
import { allocateIndexNumber } from './papers.ts'
import { type ItemPlace, openBody, type VaultKeys } from './vault.ts'

type PapersPart = Pick<EnginePort, 'papers' | 'publicationNow' | 'indexNumber' | 'contactNames'>

export function papersPort(db: Database, keys: VaultKeys): PapersPart {
  return {
    papers: (road, dispatchId) =>
      db.transaction().execute((tx) => readPapers(tx, keys, road, dispatchId)),
    publicationNow: (agencyId, dispatchId) => publicationNow(db, agencyId, dispatchId),
    indexNumber: (agencyId, bulletinId, year) =>
      db.transaction().execute((tx) => allocateIndexNumber(tx, agencyId, bulletinId, year)),
    async contactNames(agencyId, addressIds) {
      const { rows } = await sql<{ address_id: number; name: string }>`
        select ca.address_id, min(c.name) as name
        from contact_address ca join contact c on c.agency_id = ca.agency_id and c.id = ca.contact_id
        where ca.agency_id = ${agencyId} and ca.address_id = any(${[...addressIds]}::bigint[])
          and c.removed_at is null
        group by ca.address_id
      `.execute(db)
      return new Map(rows.map((row) => [row.address_id, row.name]))
    },
  }
}

/** Counting a million rows for each look would cost more than sending them; there the first batches'
 *  own sizes are added up. */
const COUNT_REACH_MAX = 10_000
const addressed = sql<number>`case when d.reach <= ${sql.lit(COUNT_REACH_MAX)} then (
    select count(*) from delivery v where v.agency_id = d.agency_id and v.dispatch_id = d.id
      and v.month = d.month and v.state <> 'excluded')
  else (
    select coalesce(sum(f.size), 0) from batch f where f.agency_id = d.agency_id
      and f.dispatch_id = d.id and f.parent_id is null)
  end`

/** An amendment or a withdrawal is about its own bulletin on its own channel, whatever a row says. */
const ownPublication = sql<SqlBool>`(d.publication_id is null or exists (
  select 1 from publication o where o.agency_id = d.agency_id and o.id = d.publication_id
    and o.bulletin_id = d.bulletin_id and o.channel_id = d.channel_id))`

async function readPapers(
  tx: Transacting,
  keys: VaultKeys,
  road: RoadKey,
  dispatchId: number,
): Promise<DispatchPapers | undefined> {
  const { agencyId } = road
  const row = await tx
    .selectFrom('dispatch as d')
    .innerJoin('signature as s', (join) =>
      join.onRef('s.agency_id', '=', 'd.agency_id').onRef('s.id', '=', 'd.signature_id'),
    )
    .innerJoin('bulletin as b', (join) =>
      join.onRef('b.agency_id', '=', 'd.agency_id').onRef('b.id', '=', 'd.bulletin_id'),
    )
    .innerJoin('dispatch_payload as p', (join) =>
      join.onRef('p.agency_id', '=', 'd.agency_id').onRef('p.dispatch_id', '=', 'd.id'),
    )
    .select(['d.bulletin_id as bulletinId', 'd.channel_id as channelId', 'd.act', 'd.revision'])
    .select(['d.category_id as categoryId', 'd.mode', 'd.audience_rule as audienceRule', 'd.reach'])
    .select(['d.tolerance', 'd.quiet_hold as quietHold'])
    .select(['d.not_before as notBefore', 'd.not_after as notAfter', 'b.level'])
    .select(['d.manifest_line as manifestLine', 'd.publication_id', 's.manifest', 's.clearance'])
    .select(['s.signer_id as signerId', 's.hash', 's.proof_key_id as proofKeyId', 's.proof'])
    .select(['p.hash as payload_hash'])
    .select(addressed.as('addressed'))
    .where('d.agency_id', '=', agencyId)
    .where('d.id', '=', dispatchId)
    .where('p.road_id', '=', road.roadId)
    .where(ownPublication)
    .executeTakeFirst()
  if (!row) return undefined
  const { publication_id, hash, payload_hash, ...facts } = row
  const payloadHash = payload_hash.toString('hex')
  const revisionHash = hash.toString('hex')
  const body = (of: string) => intactBody(tx, keys, { agencyId, bulletinId: row.bulletinId }, of)
  const text = await body(revisionHash)
  const payload = await body(payloadHash)
  if (text === undefined || payload === undefined) return undefined
  const revision: { content: RevisionContent } = JSON.parse(text)
  return {
    ...facts,
    ...{ agencyId, dispatchId, payloadHash, revisionHash },
    payload,
    attachments: revision.content.attachments,
    ...(publication_id === null ? {} : { publicationId: publication_id }),
  }
}

/** A text that does not open is an answer here, not a fault: whoever changed it must not be able to
 *  keep a batch going round for ever. */
async function intactBody(
  tx: Transacting,
  keys: VaultKeys,
  place: ItemPlace,
  hash: string,
): Promise<string | undefined> {
  const row = await tx
    .selectFrom('body as b')
    .innerJoin('item_key as k', (join) =>
      join.onRef('k.agency_id', '=', 'b.agency_id').onRef('k.bulletin_id', '=', 'b.bulletin_id'),
    )
    .select(['b.cipher', 'k.wrapped'])
    .where('b.agency_id', '=', place.agencyId)
    .where('b.bulletin_id', '=', place.bulletinId)
    .where('b.hash', '=', fromHex(hash))
    .executeTakeFirst()
  if (!row?.wrapped) return undefined
  try {
    return openBody(keys, place, row.wrapped, { hash, cipher: row.cipher })
  } catch {
    return undefined
  }
}

async function publicationNow(
  db: Database,
  agencyId: number,
  dispatchId: number,
): Promise<PublicationNow> {
  const { rows } = await sql<{
    reference: string | null
    url: string | null
    occurred_at: Date | null
    index_number: string | null
    public_url: string | null
    stopped: boolean
    superseded: boolean
  }>`
    select p.reference, p.url, p.occurred_at, b.index_number, (
      select o.url from publication o
      where o.agency_id = d.agency_id and o.bulletin_id = d.bulletin_id and o.url is not null
        and o.withdrawn_at is null
      order by o.id limit 1) as public_url,
      d.state = 'stopped' as stopped,
      d.act != 'withdraw' and exists (
        select 1 from publication_fact f
        where f.agency_id = d.agency_id and f.publication_id = d.publication_id
          and f.dispatch_id > d.id) as superseded
    from dispatch d
      join bulletin b on b.agency_id = d.agency_id and b.id = d.bulletin_id
      left join publication p on p.agency_id = d.agency_id and p.id = d.publication_id
    where d.agency_id = ${agencyId} and d.id = ${dispatchId}
  `.execute(db)
  const row = rows[0]
  if (!row) throw new Error(`there is no dispatch ${dispatchId}`)
  const barred = row.stopped ? 'stopped' : row.superseded ? 'not-latest-revision' : undefined
  return {
    ...(barred === undefined ? {} : { barred }),
    ...(row.reference === null ? {} : { reference: row.reference }),
    ...(row.url === null ? {} : { url: row.url }),
    ...(row.occurred_at === null ? {} : { occurredAt: row.occurred_at }),
    ...(row.index_number === null ? {} : { indexNumber: row.index_number }),
    ...(row.public_url === null ? {} : { publicUrl: row.public_url }),
  }
}
