/** Bulletins, revisions, opinions, returns and the audit, as the doors read and write them. */
import { sql } from 'kysely'
import type { RevisionContent } from '../domain/bulletin.ts'
import type { PaperPort } from '../hub/ports/papers.ts'
import { fromHex } from '../kit/hash.ts'
import type { Transacting } from './connect.ts'
import { signaturePort } from './signatures.ts'
import { newItemKey, openBody, sealBody, type VaultKeys } from './vault.ts'

export function paperPort(tx: Transacting, agencyId: number, keys: VaultKeys): PaperPort {
  return {
    ...bulletinPort(tx, agencyId, keys),
    ...bodyPort(tx, agencyId, keys),
    ...opinionPort(tx, agencyId),
    ...signaturePort(tx, agencyId),
    async audit({ at, actorId, action, subject, facts }) {
      await tx
        .insertInto('audit')
        .values({
          ...{ agency_id: agencyId, at, action, subject, facts: JSON.stringify(facts) },
          actor_id: actorId ?? null,
        })
        .execute()
    },
  }
}

type BulletinPart = Pick<
  PaperPort,
  'newBulletin' | 'lockBulletin' | 'allocateIndexNumber' | 'markStopped'
>

function bulletinPort(tx: Transacting, agencyId: number, keys: VaultKeys): BulletinPart {
  return {
    async newBulletin(bulletin) {
      const { id } = await tx
        .insertInto('bulletin')
        .values({
          ...{ agency_id: agencyId, mode: bulletin.mode, level: bulletin.level },
          category_id: bulletin.categoryId,
          origin: bulletin.origin,
          title: bulletin.title,
          author_id: bulletin.authorId,
          created_at: bulletin.at,
          linked_to: bulletin.linked?.to ?? null,
          link_kind: bulletin.linked?.kind ?? null,
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      const wrapped = newItemKey(keys, { agencyId, bulletinId: id })
      await tx
        .insertInto('item_key')
        .values({ agency_id: agencyId, bulletin_id: id, wrapped })
        .execute()
      return id
    },
    async lockBulletin(id) {
      const row = await tx
        .selectFrom('bulletin')
        .select(['id', 'category_id as categoryId', 'mode', 'level', 'title'])
        .select(['author_id as authorId', 'stopped_at', 'index_number'])
        .where('agency_id', '=', agencyId)
        .where('id', '=', id)
        .forUpdate()
        .executeTakeFirst()
      if (!row) return undefined
      const { stopped_at, index_number, ...facts } = row
      const stopped = stopped_at !== null
      return { ...facts, stopped, ...(index_number === null ? {} : { indexNumber: index_number }) }
    },
    allocateIndexNumber: (bulletinId, year) => allocateIndexNumber(tx, agencyId, bulletinId, year),
    async markStopped(bulletinId, by, reason, at) {
      await tx
        .updateTable('bulletin')
        .set({ stopped_at: at, stopped_by: by, stop_reason: reason })
        .where('agency_id', '=', agencyId)
        .where('id', '=', bulletinId)
        .where('stopped_at', 'is', null)
        .execute()
      await tx
        .updateTable('page')
        .set({ hidden_at: at })
        .where('agency_id', '=', agencyId)
        .where('bulletin_id', '=', bulletinId)
        .where('hidden_at', 'is', null)
        .execute()
    },
  }
}

/** The row lock on the counter makes the numbers of a year run without gaps. */
export async function allocateIndexNumber(
  tx: Transacting,
  agencyId: number,
  bulletinId: number,
  year: number,
): Promise<string> {
  const known = await tx
    .selectFrom('bulletin')
    .select('index_number')
    .where('agency_id', '=', agencyId)
    .where('id', '=', bulletinId)
    .forUpdate()
    .executeTakeFirstOrThrow()
  if (known.index_number !== null) return known.index_number
  const { rows } = await sql<{ number: string }>`
    with given as (
      insert into index_counter (agency_id, year, last) values (${agencyId}, ${year}, 1)
      on conflict (agency_id, year) do update set last = index_counter.last + 1
      returning agency_id, year, last)
    select a.credit_code || '/' || g.year || '-' || lpad(g.last::text, 5, '0') as number
    from given g join agency a on a.id = g.agency_id
  `.execute(tx)
  const number = rows[0]?.number
  if (number === undefined) throw new Error(`there is no agency ${agencyId}`)
  await tx
    .updateTable('bulletin')
    .set({ index_number: number })
    .where('agency_id', '=', agencyId)
    .where('id', '=', bulletinId)
    .execute()
  return number
}

type BodyPart = Pick<
  PaperPort,
  'keepBody' | 'body' | 'addRevision' | 'latestRevision' | 'authorIds'
>

function bodyPort(tx: Transacting, agencyId: number, keys: VaultKeys): BodyPart {
  const revisions = (bulletinId: number) =>
    tx
      .selectFrom('revision')
      .where('agency_id', '=', agencyId)
      .where('bulletin_id', '=', bulletinId)
  // The texts of one signature are sealed under one key.
  const known = new Map<number, Buffer>()
  const keyOf = async (bulletinId: number): Promise<Buffer> => {
    const wrapped = known.get(bulletinId) ?? (await itemKey(tx, agencyId, bulletinId))
    known.set(bulletinId, wrapped)
    return wrapped
  }
  return {
    async keepBody(bulletinId, text) {
      const wrapped = await keyOf(bulletinId)
      const { hash, cipher } = sealBody(keys, { agencyId, bulletinId }, wrapped, text)
      await tx
        .insertInto('body')
        .values({ agency_id: agencyId, bulletin_id: bulletinId, hash: fromHex(hash), cipher })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      return hash
    },
    body: (bulletinId, hash) => readBody(tx, agencyId, { keys, keyOf }, bulletinId, hash),
    async addRevision(revision) {
      const { bulletinId, number, content } = revision
      await tx
        .insertInto('revision')
        .values({
          ...{ agency_id: agencyId, bulletin_id: bulletinId, number, at: revision.at },
          hash: fromHex(revision.hash),
          author_id: revision.authorId,
        })
        .execute()
      await addEntries(tx, agencyId, { bulletinId, revision: number }, content.entries)
      await tx
        .updateTable('bulletin')
        .set({ title: content.title })
        .where('agency_id', '=', agencyId)
        .where('id', '=', bulletinId)
        .execute()
    },
    async latestRevision(bulletinId) {
      const row = await revisions(bulletinId)
        .select(['number', 'hash', 'author_id as authorId'])
        .orderBy('number', 'desc')
        .executeTakeFirst()
      return row && { ...row, hash: row.hash.toString('hex') }
    },
    async authorIds(bulletinId) {
      const rows = await revisions(bulletinId).select('author_id').distinct().execute()
      return rows.map((row) => row.author_id)
    },
  }
}

export async function addEntries(
  tx: Transacting,
  agencyId: number,
  place: {
    readonly bulletinId: number
    readonly revision: number
    readonly after?: number
    readonly importId?: number
  },
  entries: RevisionContent['entries'],
): Promise<void> {
  if (entries.length === 0) return
  await sql`
    insert into entry (agency_id, bulletin_id, revision, position, unit, level, detail, import_id)
    select ${agencyId}::int, ${place.bulletinId}::bigint, ${place.revision}::int, ${place.after ?? 0}::int + u.position,
      u.unit, u.level, u.detail, ${place.importId ?? null}::bigint
    from unnest(${entries.map((one) => one.unit)}::text[],
      ${entries.map((one) => one.level ?? null)}::text[],
      ${entries.map((one) => one.detail ?? null)}::text[])
      with ordinality as u (unit, level, detail, position)
  `.execute(tx)
}

async function itemKey(tx: Transacting, agencyId: number, bulletinId: number): Promise<Buffer> {
  const row = await tx
    .selectFrom('item_key')
    .select('wrapped')
    .where('agency_id', '=', agencyId)
    .where('bulletin_id', '=', bulletinId)
    .executeTakeFirst()
  if (!row?.wrapped) throw new Error(`the text of bulletin ${bulletinId} was destroyed`)
  return row.wrapped
}

async function readBody(
  tx: Transacting,
  agencyId: number,
  { keys, keyOf }: { keys: VaultKeys; keyOf: (bulletinId: number) => Promise<Buffer> },
  bulletinId: number,
  hash: string,
): Promise<string> {
  const row = await tx
    .selectFrom('body')
    .select('cipher')
    .where('agency_id', '=', agencyId)
    .where('bulletin_id', '=', bulletinId)
    .where('hash', '=', fromHex(hash))
    .executeTakeFirst()
  if (!row) throw new Error(`bulletin ${bulletinId} has no text ${hash}`)
  const wrapped = await keyOf(bulletinId)
  return openBody(keys, { agencyId, bulletinId }, wrapped, { hash, cipher: row.cipher })
}

type OpinionPart = Pick<PaperPort, 'reviews' | 'addReview' | 'addReturn' | 'returns'>

function opinionPort(tx: Transacting, agencyId: number): OpinionPart {
  return {
    async reviews(bulletinId) {
      const rows = await tx
        .selectFrom('review')
        .select(['id', 'hash', 'reviewer_id as reviewerId', 'opinion', 'step', 'at'])
        .where('agency_id', '=', agencyId)
        .where('bulletin_id', '=', bulletinId)
        .orderBy('id', 'desc')
        .execute()
      return rows.map((row) => ({ ...row, hash: row.hash.toString('hex') }))
    },
    async addReview({ bulletinId, revision, hash, step, opinion, reviewerId, note, at }) {
      await tx
        .insertInto('review')
        .values({
          ...{ agency_id: agencyId, bulletin_id: bulletinId, revision, step, opinion, note, at },
          hash: fromHex(hash),
          reviewer_id: reviewerId,
        })
        .execute()
    },
    async addReturn({ bulletinId, revision, returnedBy, reason, at }) {
      await tx
        .insertInto('return_note')
        .values({
          ...{ agency_id: agencyId, bulletin_id: bulletinId, revision, reason, at },
          returned_by: returnedBy,
        })
        .execute()
    },
    returns: (bulletinId) =>
      tx
        .selectFrom('return_note')
        .select(['returned_by as by', 'revision'])
        .where('agency_id', '=', agencyId)
        .where('bulletin_id', '=', bulletinId)
        .execute(),
  }
}
