/** The portal's pages in PostgreSQL. Every query names the agency, and a stop is read from the
 *  bulletin itself, so that a page written a moment after the stop stays hidden too. */
import { sql } from 'kysely'
import {
  type NewPage,
  type PageFacts,
  type PageKey,
  type PageStanding,
  type PageStore,
  PageWithdrawn,
} from '../hub/ports/pages.ts'
import type { Queryable } from './connect.ts'
import { columnName, listPages, pageColumns, pageYears, warningsInForce } from './page-lists.ts'

export function storePages(db: Queryable): PageStore {
  return {
    owner: (agencyId, day) => owner(db, agencyId, day),
    put: (page) => put(db, page),
    tombstone: (page) => tombstone(db, page),
    facts: async (key) => {
      const row = await found(db, key).executeTakeFirst()
      return row && factsOf(row)
    },
    read: async (key) => {
      const row = await found(db, key).select('page.html').executeTakeFirst()
      return row && { ...factsOf(row), html: row.html }
    },
    holdsLink: (key) => holdsLink(db, key),
    list: (query) => listPages(db, query),
    years: (query) => pageYears(db, query),
    columns: (agencyId) => pageColumns(db, agencyId),
    columnName: (agencyId, categoryId) => columnName(db, agencyId, categoryId),
    warnings: (query) => warningsInForce(db, query),
  }
}

async function owner(db: Queryable, agencyId: number, day: string) {
  const row = await db
    .selectFrom('agency_name as named')
    .innerJoin('agency', 'agency.id', 'named.agency_id')
    .select(['named.name', 'named.short_name', 'agency.credit_code'])
    .where('named.agency_id', '=', agencyId)
    // Before its first dated name an agency is called by that first name.
    .orderBy(sql`named.from_on <= ${day}::date`, 'desc')
    .orderBy(sql`abs(named.from_on - ${day}::date)`)
    .limit(1)
    .executeTakeFirst()
  return row && { name: row.name, shortName: row.short_name, creditCode: row.credit_code }
}

async function put(db: Queryable, page: NewPage): Promise<void> {
  const html = Buffer.from(page.html)
  const kept = await db
    .insertInto('page')
    .values({
      agency_id: page.agencyId,
      path: page.path,
      bulletin_id: page.bulletinId,
      category_id: page.categoryId,
      title: page.title,
      state: page.state,
      etag: page.etag,
      html,
      published_at: page.at,
      changed_at: page.at,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['agency_id', 'path'])
        .doUpdateSet({
          bulletin_id: page.bulletinId,
          category_id: page.categoryId,
          title: page.title,
          state: page.state,
          etag: page.etag,
          html,
          changed_at: sql`case when page.etag = ${page.etag} then page.changed_at
            else ${page.at}::timestamptz end`,
        })
        .where('page.state', '<>', 'withdrawn'),
    )
    .returning('path')
    .executeTakeFirst()
  if (!kept) throw new PageWithdrawn(page.path)
}

async function tombstone(
  db: Queryable,
  page: Parameters<PageStore['tombstone']>[0],
): Promise<void> {
  const html = Buffer.from(page.html)
  await db
    .insertInto('page')
    .values({
      agency_id: page.agencyId,
      path: page.path,
      title: page.title,
      state: 'withdrawn',
      etag: page.etag,
      html,
      published_at: page.at,
      changed_at: page.at,
    })
    .onConflict((conflict) =>
      conflict.columns(['agency_id', 'path']).doUpdateSet({
        state: 'withdrawn',
        etag: page.etag,
        html,
        changed_at: sql`case when page.etag = ${page.etag} then page.changed_at
          else ${page.at}::timestamptz end`,
      }),
    )
    .execute()
}

const STANDING = sql<PageStanding>`case when page.state = 'withdrawn' then 'withdrawn'
  when page.hidden_at is not null or bulletin.stopped_at is not null then 'stopped'
  else page.state end`

function found(db: Queryable, key: PageKey) {
  return db
    .selectFrom('page')
    .leftJoin('bulletin', (join) =>
      join
        .onRef('bulletin.agency_id', '=', 'page.agency_id')
        .onRef('bulletin.id', '=', 'page.bulletin_id'),
    )
    .where('page.agency_id', '=', key.agencyId)
    .where('page.path', '=', key.path)
    .select(['page.title', 'page.category_id', 'page.etag', 'page.published_at'])
    .select(['page.changed_at', 'bulletin.mode', STANDING.as('standing')])
}

type FoundRow = NonNullable<Awaited<ReturnType<ReturnType<typeof found>['executeTakeFirst']>>>

function factsOf(row: FoundRow): PageFacts {
  return {
    title: row.title,
    categoryId: row.category_id,
    standing: row.standing,
    etag: row.etag,
    publishedAt: row.published_at,
    changedAt: row.changed_at,
    listed: row.mode === 'earnest' && (row.standing === 'current' || row.standing === 'corrected'),
  }
}

async function holdsLink(db: Queryable, key: PageKey & { link: string }): Promise<boolean> {
  const row = await found(db, key)
    .select(sql<boolean>`position(convert_to(${key.link}, 'UTF8') in page.html) > 0`.as('holds'))
    .executeTakeFirst()
  if (!row?.holds) return false
  return row.standing !== 'withdrawn' && row.standing !== 'stopped'
}
