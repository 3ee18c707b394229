/** Bulletins as lists show them, and one bulletin with the papers about it. */
import type { BulletinPapers, BulletinRow, Lists } from '../../hub/ports/lists.ts'
import type { Database } from '../connect.ts'

type Query = Parameters<Lists['bulletins']>[1]

function bulletins(db: Database, agencyId: number) {
  return db
    .selectFrom('bulletin as b')
    .innerJoin('person as p', (join) =>
      join.onRef('p.agency_id', '=', 'b.agency_id').onRef('p.id', '=', 'b.author_id'),
    )
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom('revision as r')
          .select(['r.number', 'r.hash'])
          .whereRef('r.agency_id', '=', 'b.agency_id')
          .whereRef('r.bulletin_id', '=', 'b.id')
          .orderBy('r.number', 'desc')
          .limit(1)
          .as('last'),
      (join) => join.onTrue(),
    )
    .where('b.agency_id', '=', agencyId)
    .select(['b.id', 'b.category_id as categoryId', 'b.mode', 'b.level', 'b.origin', 'b.title'])
    .select(['b.author_id as authorId', 'p.name as author', 'b.created_at as createdAt'])
    .select(['b.index_number as indexNumber', 'b.stopped_at as stoppedAt'])
    .select(['b.stop_reason as stopReason', 'b.linked_to as linkedTo', 'b.link_kind as linkKind'])
    .select(['last.number as revision', 'last.hash'])
}

type Row = Awaited<ReturnType<ReturnType<typeof bulletins>['execute']>>[number]

function rowOf({ hash, stopReason: _, ...row }: Row): BulletinRow {
  return { ...row, hash: hash.toString('hex') }
}

export async function listBulletins(
  db: Database,
  agencyId: number,
  { after, limit, categoryId, mode, level, authorId }: Query,
): Promise<readonly BulletinRow[]> {
  let query = bulletins(db, agencyId).orderBy('b.id', 'desc').limit(limit)
  if (after !== undefined) query = query.where('b.id', '<', after)
  if (categoryId !== undefined) query = query.where('b.category_id', '=', categoryId)
  if (mode !== undefined) query = query.where('b.mode', '=', mode)
  if (level !== undefined) query = query.where('b.level', '=', level)
  if (authorId !== undefined) query = query.where('b.author_id', '=', authorId)
  return (await query.execute()).map(rowOf)
}

export async function oneBulletin(
  db: Database,
  agencyId: number,
  id: number,
): Promise<BulletinPapers | undefined> {
  const row = await bulletins(db, agencyId).where('b.id', '=', id).executeTakeFirst()
  if (!row) return undefined
  const key = await db
    .selectFrom('item_key')
    .select('destroyed_at')
    .where('agency_id', '=', agencyId)
    .where('bulletin_id', '=', id)
    .executeTakeFirst()
  return {
    ...rowOf(row),
    stopReason: row.stopReason,
    erased: key === undefined || key.destroyed_at !== null,
    reviews: await reviews(db, agencyId, id),
    returns: await returns(db, agencyId, id),
    signatures: await signatures(db, agencyId, id),
  }
}

async function reviews(
  db: Database,
  agencyId: number,
  id: number,
): Promise<BulletinPapers['reviews']> {
  const rows = await db
    .selectFrom('review as r')
    .innerJoin('person as p', (join) =>
      join.onRef('p.agency_id', '=', 'r.agency_id').onRef('p.id', '=', 'r.reviewer_id'),
    )
    .select(['r.revision', 'r.hash', 'r.step', 'r.opinion', 'r.reviewer_id as reviewerId'])
    .select(['p.name as reviewer', 'r.note', 'r.at'])
    .where('r.agency_id', '=', agencyId)
    .where('r.bulletin_id', '=', id)
    .orderBy('r.id')
    .execute()
  return rows.map((row) => ({ ...row, hash: row.hash.toString('hex') }))
}

function returns(db: Database, agencyId: number, id: number): Promise<BulletinPapers['returns']> {
  return db
    .selectFrom('return_note')
    .select(['revision', 'returned_by as returnedBy', 'reason', 'at'])
    .where('agency_id', '=', agencyId)
    .where('bulletin_id', '=', id)
    .orderBy('id')
    .execute()
}

async function signatures(
  db: Database,
  agencyId: number,
  id: number,
): Promise<BulletinPapers['signatures']> {
  const rows = await db
    .selectFrom('signature as s')
    .innerJoin('person as p', (join) =>
      join.onRef('p.agency_id', '=', 's.agency_id').onRef('p.id', '=', 's.signer_id'),
    )
    .select(['s.id', 's.revision', 's.hash', 's.signer_id as signerId', 'p.name as signer'])
    .select(['s.clearance', 's.at'])
    .where('s.agency_id', '=', agencyId)
    .where('s.bulletin_id', '=', id)
    .orderBy('s.id')
    .execute()
  return rows.map((row) => ({ ...row, hash: row.hash.toString('hex') }))
}
