/** 补录: what an import of hand postings leaves in the log. */
import { sql } from 'kysely'
import { ENTRY_LEVELS } from '../domain/bulletin.ts'
import type { NewManualPublication, PostingPort } from '../hub/ports/postings.ts'
import { fromHex } from '../kit/hash.ts'
import type { Transacting } from './connect.ts'
import { addEntries } from './papers.ts'

export function postingPort(tx: Transacting, agencyId: number): PostingPort {
  return {
    async newImport({ fileName, fileHash, enteredBy, at, atOnce }) {
      const { id } = await tx
        .insertInto('posting_import')
        .values({
          ...{ agency_id: agencyId, file_name: fileName, file_hash: fromHex(fileHash) },
          ...{ entered_by: enteredBy, entered_at: at, at_once: atOnce },
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    },
    async lockImports() {
      await sql`select pg_advisory_xact_lock(hashtext('posting-import'), ${agencyId}::int)`.execute(
        tx,
      )
    },
    async knownPostings(keys) {
      const { rows } = await sql<{ key: string }>`
        select encode(natural_key, 'hex') as key from posting
        where agency_id = ${agencyId}
          and natural_key in (select decode(k, 'hex') from unnest(${[...keys]}::text[]) as k)
      `.execute(tx)
      return new Set(rows.map((row) => row.key))
    },
    async knownMessages(keys) {
      const { rows } = await sql<{ key: string; bulletin_id: number }>`
        select encode(message_key, 'hex') as key, min(bulletin_id) as bulletin_id from posting
        where agency_id = ${agencyId}
          and message_key in (select decode(k, 'hex') from unnest(${[...keys]}::text[]) as k)
        group by message_key
      `.execute(tx)
      return new Map(rows.map((row) => [row.key, row.bulletin_id]))
    },
    addPostings: (importId, postings) => addPostings(tx, agencyId, importId, postings),
    addManualPublication: (publication) => addManualPublication(tx, agencyId, publication),
    async addManualEntries(importId, bulletinId, entries) {
      const { last } = await tx
        .selectFrom('entry')
        .select((eb) => eb.fn.max<number | null>('position').as('last'))
        .where('agency_id', '=', agencyId)
        .where('bulletin_id', '=', bulletinId)
        .executeTakeFirstOrThrow()
      const kept = entries.map(({ unit, level }) => {
        const known = ENTRY_LEVELS.find((one) => one === level)
        return { unit, ...(known === undefined ? {} : { level: known }) }
      })
      const place = { bulletinId, revision: 1, after: last ?? 0, importId }
      await addEntries(tx, agencyId, place, kept)
    },
    async importFacts(importId) {
      const { rows } = await sql<{ enteredBy: number; confirmed: boolean; rows: number }>`
        select i.entered_by as "enteredBy", i.confirmed_at is not null as confirmed,
          (select count(*) from posting p where p.agency_id = i.agency_id and p.import_id = i.id) as rows
        from posting_import i where i.agency_id = ${agencyId} and i.id = ${importId}
        for update
      `.execute(tx)
      return rows[0]
    },
    async importedBulletins(importId) {
      const rows = await tx
        .selectFrom('posting')
        .select('bulletin_id')
        .distinct()
        .where('agency_id', '=', agencyId)
        .where('import_id', '=', importId)
        .orderBy('bulletin_id')
        .execute()
      return rows.map((row) => row.bulletin_id)
    },
    async unconfirmedImports() {
      const { rows } = await sql<{ id: number; fileName: string; rows: number }>`
        select i.id, i.file_name as "fileName",
          (select count(*) from posting p where p.agency_id = i.agency_id and p.import_id = i.id) as rows
        from posting_import i where i.agency_id = ${agencyId} and i.confirmed_at is null
        order by i.id
      `.execute(tx)
      return rows
    },
    confirmImport: (importId, by, at) => confirmImport(tx, agencyId, importId, by, at),
  }
}

async function addPostings(
  tx: Transacting,
  agencyId: number,
  importId: number,
  postings: Parameters<PostingPort['addPostings']>[1],
): Promise<void> {
  if (postings.length === 0) return
  const column = <T>(of: (posting: (typeof postings)[number]) => T) => postings.map(of)
  await sql`
    insert into posting (agency_id, import_id, row_number, natural_key, message_key,
      bulletin_id, channel_id, evidence, evidence_hash, review_reference, signed_by, signed_on)
    select ${agencyId}::int, ${importId}::bigint, t.row_number, decode(t.natural_key, 'hex'), decode(t.message_key, 'hex'),
      t.bulletin_id, t.channel_id, t.evidence, decode(t.evidence_hash, 'hex'), t.review_reference, t.signed_by,
      t.signed_on
    from unnest(${column((one) => one.rowNumber)}::int[], ${column((one) => one.naturalKey)}::text[],
      ${column((one) => one.messageKey)}::text[],
      ${column((one) => one.bulletinId)}::bigint[], ${column((one) => one.channelId)}::text[],
      ${column((one) => one.evidence ?? null)}::text[],
      ${column((one) => one.evidenceHash ?? null)}::text[],
      ${column((one) => one.reviewReference ?? null)}::text[],
      ${column((one) => one.signedBy ?? null)}::text[],
      ${column((one) => one.signedOn ?? null)}::date[])
      as t (row_number, natural_key, message_key, bulletin_id, channel_id, evidence, evidence_hash,
        review_reference, signed_by, signed_on)
  `.execute(tx)
}

async function addManualPublication(
  tx: Transacting,
  agencyId: number,
  publication: NewManualPublication,
): Promise<void> {
  const { bulletinId, categoryId, occurredAt, enteredBy, at } = publication
  const shared = {
    ...{ agency_id: agencyId, bulletin_id: bulletinId, category_id: categoryId },
    ...{ origin: 'manual' as const, mode: 'earnest' as const },
    ...{ occurred_at: occurredAt, recorded_at: at, entered_by: enteredBy },
  }
  if (!publication.place) {
    await tx
      .insertInto('broadcast')
      .values(shared)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    return
  }
  const row = await tx
    .insertInto('publication')
    .values({ ...shared, channel_id: publication.channelId, url: publication.url ?? null })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!row) return
  await tx
    .insertInto('publication_fact')
    .values({
      ...{ agency_id: agencyId, publication_id: row.id, kind: 'published', revision: 1 },
      ...{ occurred_at: occurredAt, recorded_at: at },
    })
    .execute()
}

async function confirmImport(
  tx: Transacting,
  agencyId: number,
  importId: number,
  by: number,
  at: Date,
): Promise<void> {
  await tx
    .updateTable('posting_import')
    .set({ confirmed_by: by, confirmed_at: at })
    .where('agency_id', '=', agencyId)
    .where('id', '=', importId)
    .execute()
  const brought = sql`select bulletin_id, channel_id from posting
    where agency_id = ${agencyId} and import_id = ${importId}`
  await sql`
    update publication p set confirmed_by = ${by}, confirmed_at = ${at}
    where p.agency_id = ${agencyId} and p.origin = 'manual' and p.confirmed_at is null
      and (p.bulletin_id, p.channel_id) in (${brought})
  `.execute(tx)
  await sql`
    update broadcast b set confirmed_by = ${by}, confirmed_at = ${at}
    where b.agency_id = ${agencyId} and b.origin = 'manual' and b.confirmed_at is null
      and b.bulletin_id in (select bulletin_id from (${brought}) as p)
  `.execute(tx)
}
