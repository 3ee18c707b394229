/** Months of the log: those to come are made once and remembered; those that left are listed. */
import { sql } from 'kysely'
import type { ArchivedMonth } from '../../hub/ports/archive.ts'
import type { Database } from '../connect.ts'

/** Asked each second and by every signature; only what is not known yet costs a statement. */
export function monthMaker(db: Database): (month: string) => Promise<void> {
  const made = new Set<string>()
  return async (month) => {
    if (made.has(month)) return
    await sql`select ensure_delivery_month(${month}::date)`.execute(db)
    made.add(month)
  }
}

/** Newest first. */
export function archivedMonths(db: Database, agencyId: number): Promise<readonly ArchivedMonth[]> {
  return db
    .selectFrom('archived_month')
    .where('agency_id', '=', agencyId)
    .select(['month', 'file', 'deliveries', 'receipts', 'message_references as messageReferences'])
    .select(['archived_at as archivedAt', sql<string>`encode(sha256, 'hex')`.as('sha256')])
    .orderBy('month', 'desc')
    .execute()
}
