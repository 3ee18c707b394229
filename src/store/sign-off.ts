/** Texts that wait for an opinion or a signature, each with the papers that decide for whom: one query,
 *  so that a leader's list opens at once however much is waiting. */
import { type SqlBool, sql } from 'kysely'
import type { HandedIn, SignOffPort } from '../hub/ports/sign-off.ts'
import type { Transacting } from './connect.ts'

type Review = Omit<HandedIn['reviews'][number], 'at'> & { readonly at: string }

interface Row extends Omit<HandedIn, 'hash' | 'reviews'> {
  readonly hash: Buffer
  readonly reviews: readonly Review[]
}

export function signOffPort(tx: Transacting, agencyId: number): SignOffPort {
  return {
    async handedIn(limit) {
      const rows = await handedIn(tx, agencyId, limit)
      return rows.map(({ hash, reviews, ...row }) => ({
        ...{ ...row, hash: hash.toString('hex') },
        reviews: reviews.map((one) => ({ ...one, at: new Date(one.at) })),
      }))
    },
    latelySigned: (since, limit) =>
      tx
        .selectFrom('bulletin as b')
        .innerJoinLateral(
          (eb) =>
            eb
              .selectFrom('signature as s')
              .select(['s.at', 's.signer_id'])
              .whereRef('s.agency_id', '=', 'b.agency_id')
              .whereRef('s.bulletin_id', '=', 'b.id')
              .where('s.at', '>', since)
              .orderBy('s.id', 'desc')
              .limit(1)
              .as('last'),
          (join) => join.onTrue(),
        )
        .innerJoin('category as c', (join) =>
          join.onRef('c.agency_id', '=', 'b.agency_id').onRef('c.id', '=', 'b.category_id'),
        )
        .innerJoin('person as p', (join) =>
          join.onRef('p.agency_id', '=', 'b.agency_id').onRef('p.id', '=', 'last.signer_id'),
        )
        .where('b.agency_id', '=', agencyId)
        .where('b.stopped_at', 'is', null)
        .select(['b.id', 'c.name as category', 'b.mode', 'b.level', 'b.title'])
        .select(['p.name as signer', 'last.at'])
        .orderBy('last.at', 'desc')
        .limit(limit)
        .execute(),
    async revisions(bulletinId) {
      const rows = await tx
        .selectFrom('revision')
        .select(['number', 'hash', 'at'])
        .where('agency_id', '=', agencyId)
        .where('bulletin_id', '=', bulletinId)
        .orderBy('number')
        .execute()
      return rows.map((row) => ({ ...row, hash: row.hash.toString('hex') }))
    },
    signaturesBy: (bulletinId, signerId) =>
      tx
        .selectFrom('signature')
        .select(['revision', 'at'])
        .where('agency_id', '=', agencyId)
        .where('bulletin_id', '=', bulletinId)
        .where('signer_id', '=', signerId)
        .orderBy('id')
        .execute(),
    inOffice: (role, day) =>
      tx
        .selectFrom('person')
        .select(['id', 'name'])
        .where('agency_id', '=', agencyId)
        .where(sql<SqlBool>`${role} = any(roles)`)
        .where('in_office_from', '<=', day)
        .where(sql<SqlBool>`(in_office_to is null or in_office_to >= ${day}::date)`)
        .orderBy('id')
        .execute(),
    async names(personIds) {
      if (personIds.length === 0) return new Map()
      const rows = await tx
        .selectFrom('person')
        .select(['id', 'name'])
        .where('agency_id', '=', agencyId)
        .where('id', 'in', [...new Set(personIds)])
        .execute()
      return new Map(rows.map((row) => [row.id, row.name]))
    },
  }
}

async function handedIn(tx: Transacting, agencyId: number, limit: number): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select b.id, b.category_id as "categoryId", c.name as category, b.mode, b.level, b.title,
      p.name as author, last.number, last.hash, s.at as "submittedAt", s.due_on as "dueOn",
      array(select distinct w.author_id from revision w
        where w.agency_id = b.agency_id and w.bulletin_id = b.id) as "authorIds",
      (select l.orders from plan l where l.agency_id = b.agency_id and l.bulletin_id = b.id
        order by l.id desc limit 1) as plan,
      coalesce((select json_agg(json_build_object('id', r.id, 'hash', encode(r.hash, 'hex'),
          'reviewerId', r.reviewer_id, 'opinion', r.opinion, 'step', r.step, 'at', r.at)
          order by r.id desc)
        from review r where r.agency_id = b.agency_id and r.bulletin_id = b.id), '[]') as reviews,
      exists (select 1 from referral f where f.agency_id = b.agency_id and f.bulletin_id = b.id
        and f.answer is null) as referred
    from bulletin b
      join lateral (select v.number, v.hash from revision v
        where v.agency_id = b.agency_id and v.bulletin_id = b.id
        order by v.number desc limit 1) last on true
      join lateral (select u.at, u.due_on from submission u
        where u.agency_id = b.agency_id and u.bulletin_id = b.id and u.hash = last.hash
        order by u.id limit 1) s on true
      join category c on c.agency_id = b.agency_id and c.id = b.category_id
      join person p on p.agency_id = b.agency_id and p.id = b.author_id
      join item_key k on k.agency_id = b.agency_id and k.bulletin_id = b.id
    where b.agency_id = ${agencyId} and b.stopped_at is null and k.wrapped is not null
      and not exists (select 1 from signature g where g.agency_id = b.agency_id
        and g.bulletin_id = b.id and g.revision = last.number)
      and not exists (select 1 from return_note n where n.agency_id = b.agency_id
        and n.bulletin_id = b.id and n.revision = last.number)
    order by b.level = 'red' desc, b.level = 'orange' desc, s.at, b.id
    limit ${limit}
  `.execute(tx)
  return rows
}
