/** Holds what came to the gateway, and what was ended, against the leases as the database gave them. */
import { sql } from 'kysely'
import type { Database } from '../../src/store/connect.ts'

/** between the moment a byte is written and the moment the gateway has noted it, on a busy machine */
const NOTED_MS_MAX = 300
/** An attempt begins with its lease; its end is stamped by the same clock, rounded to a millisecond. */
const BROKEN_SHARE_OF_LEASE = 0.9

export async function judgeLeases(
  db: Database,
  leaseMs: number,
  came: ReadonlyMap<string, readonly number[]>,
): Promise<{ afterLease: number; broken: number }> {
  const ahead = await clockAheadMs(db)
  const { rows } = await sql<{ key: string; begun: number; broken: boolean }>`
    select a.agency_id || '.' || a.dispatch_id || '.' || a.batch_id as key,
      extract(epoch from a.begun_at)::float8 * 1000 as begun,
      coalesce(e.late and e.ended_at < a.begun_at
        + make_interval(secs => ${(leaseMs * BROKEN_SHARE_OF_LEASE) / 1000}), false) as broken
    from attempt a
      left join attempt_end e on e.agency_id = a.agency_id and e.attempt_id = a.id
  `.execute(db)
  const begun = new Map<string, number[]>()
  for (const row of rows) begun.set(row.key, [...(begun.get(row.key) ?? []), row.begun - ahead])
  let afterLease = 0
  for (const [key, moments] of came)
    for (const moment of moments) {
      const inTime = (start: number) => moment <= start + leaseMs + NOTED_MS_MAX
      if (!begun.get(key)?.some(inTime)) afterLease++
    }
  return { afterLease, broken: rows.filter((row) => row.broken).length }
}

/** The database may stand on a machine with another clock. */
async function clockAheadMs(db: Database): Promise<number> {
  const asked = Date.now()
  const { rows } = await sql<{ now: number }>`
    select extract(epoch from clock_timestamp())::float8 * 1000 as now
  `.execute(db)
  return (rows[0]?.now ?? asked) - (asked + Date.now()) / 2
}
