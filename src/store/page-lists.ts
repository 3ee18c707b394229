/** What the portal lists: pages of one agency that are earnest, and neither withdrawn nor stopped. */
import { sql } from 'kysely'
import { yearBounds, ZONE } from '../domain/year.ts'
import type { PageColumn, PageLine, PageQuery } from '../hub/ports/pages.ts'
import type { Queryable } from './connect.ts'

function listed(db: Queryable, agencyId: number) {
  return db
    .selectFrom('page')
    .innerJoin('bulletin', (join) =>
      join
        .onRef('bulletin.agency_id', '=', 'page.agency_id')
        .onRef('bulletin.id', '=', 'page.bulletin_id'),
    )
    .innerJoin('category', (join) =>
      join
        .onRef('category.agency_id', '=', 'page.agency_id')
        .onRef('category.id', '=', 'page.category_id'),
    )
    .where('page.agency_id', '=', agencyId)
    .where('page.state', '<>', 'withdrawn')
    .where('page.hidden_at', 'is', null)
    .where('bulletin.stopped_at', 'is', null)
    .where('bulletin.mode', '=', 'earnest')
}

function lines(db: Queryable, agencyId: number) {
  return listed(db, agencyId)
    .select(['page.path', 'page.title', 'page.state', 'page.published_at', 'page.changed_at'])
    .select(['category.id as category_id', 'category.name as category_name', 'bulletin.level'])
}

type LineRow = Awaited<ReturnType<ReturnType<typeof lines>['execute']>>[number]

function lineOf(row: LineRow): PageLine {
  return {
    path: row.path,
    title: row.title,
    categoryId: row.category_id,
    categoryName: row.category_name,
    state: row.state === 'corrected' ? 'corrected' : 'current',
    level: row.level,
    publishedAt: row.published_at,
    changedAt: row.changed_at,
  }
}

export async function listPages(
  db: Queryable,
  query: PageQuery & { offset: number; limit: number },
): Promise<readonly PageLine[]> {
  const { categoryId, year } = query
  let selection = lines(db, query.agencyId)
  if (categoryId !== undefined) selection = selection.where('page.category_id', '=', categoryId)
  if (year !== undefined) {
    const { from, to } = yearBounds(year)
    selection = selection.where('page.published_at', '>=', from).where('page.published_at', '<', to)
  }
  const rows = await selection
    .orderBy('page.published_at', 'desc')
    .orderBy('page.path', 'desc')
    .offset(query.offset)
    .limit(query.limit)
    .execute()
  return rows.map(lineOf)
}

export async function pageYears(db: Queryable, query: { agencyId: number; categoryId?: string }) {
  const { categoryId } = query
  const year = sql<number>`extract(year from page.published_at at time zone ${sql.lit(ZONE)})::int`
  let selection = listed(db, query.agencyId)
  if (categoryId !== undefined) selection = selection.where('page.category_id', '=', categoryId)
  return selection
    .select([year.as('year'), sql<number>`count(*)`.as('pages')])
    .groupBy(year)
    .orderBy('year', 'desc')
    .execute()
}

export async function pageColumns(db: Queryable, agencyId: number): Promise<readonly PageColumn[]> {
  const counted = listed(db, agencyId)
    .select(['page.category_id', sql<number>`count(*)`.as('pages')])
    .groupBy('page.category_id')
  const rows = await db
    .selectFrom('category')
    .leftJoin(counted.as('counted'), 'counted.category_id', 'category.id')
    .where('category.agency_id', '=', agencyId)
    .select(['category.id', 'category.name', 'category.measure_word', 'counted.pages'])
    .orderBy('category.id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    measureWord: row.measure_word,
    pages: row.pages ?? 0,
  }))
}

export async function columnName(
  db: Queryable,
  agencyId: number,
  categoryId: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('category')
    .select('name')
    .where('agency_id', '=', agencyId)
    .where('id', '=', categoryId)
    .executeTakeFirst()
  return row?.name
}

export async function warningsInForce(
  db: Queryable,
  query: { agencyId: number; since: Date },
): Promise<readonly PageLine[]> {
  const rows = await lines(db, query.agencyId)
    .where('bulletin.level', '<>', 'routine')
    .where((where) =>
      where.or([
        where('bulletin.link_kind', 'is', null),
        where('bulletin.link_kind', '<>', 'lifts'),
      ]),
    )
    .where('page.published_at', '>=', query.since)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('bulletin as later')
            .innerJoin('page as shown', (join) =>
              join
                .onRef('shown.agency_id', '=', 'later.agency_id')
                .onRef('shown.bulletin_id', '=', 'later.id'),
            )
            .whereRef('later.agency_id', '=', 'bulletin.agency_id')
            .whereRef('later.linked_to', '=', 'bulletin.id')
            .where('later.link_kind', 'in', ['lifts', 'updates'])
            .where('later.mode', '=', 'earnest')
            .where('later.stopped_at', 'is', null)
            .where('shown.hidden_at', 'is', null)
            .where('shown.state', '<>', 'withdrawn')
            .select('later.id'),
        ),
      ),
    )
    .orderBy(sql`array_position(array['red','orange','yellow','blue'], bulletin.level)`)
    .orderBy('page.published_at', 'desc')
    .execute()
  return rows.map(lineOf)
}
