/** What is left of a claim's lease: the database's word, counted down by this process's steady clock. */
import { sql } from 'kysely'
import type { Claim } from '../hub/ports/engine.ts'
import type { Database } from './connect.ts'

/** Counted from before the question: whatever the answer took, and however long the process was stopped
 *  afterwards, is already off. */
export async function leaseLeft(db: Database, claim: Claim): Promise<() => number> {
  const asked = performance.now()
  const { rows } = await sql<{ left: number }>`
    select extract(epoch from lease_until - clock_timestamp())::float8 * 1000 as left from batch
    where agency_id = ${claim.agencyId} and id = ${claim.batchId} and lease_token = ${claim.token}
  `.execute(db)
  const until = asked + (rows[0]?.left ?? 0)
  return () => Math.max(0, until - performance.now())
}
