/** What a reader of the metrics and the readiness page asks of the database: short questions over all
 *  agencies at once, which name no row. */
import { sql } from 'kysely'
import type { Lane } from '../domain/bulletin.ts'
import { within } from '../kit/background.ts'
import type { Database } from './connect.ts'

const ANSWER_MS_MAX = 2_000

interface LaneGauge {
  readonly lane: Lane
  readonly due: number
  readonly leased: number
  /** how long its oldest due batch has waited */
  readonly lagSeconds: number
}

interface Gauges {
  readonly lanes: readonly LaneGauge[]
  readonly unsealed: number
  /** roads that are left alone after failed calls, or come back a few calls at a time */
  readonly roadsOpen: number
  /** roads somebody has to release */
  readonly roadsHeld: number
}

export function readGauges(db: Database, at: Date): Promise<Gauges> {
  return db.transaction().execute(async (tx) => {
    await sql`select set_config('statement_timeout', ${String(ANSWER_MS_MAX)}, true)`.execute(tx)
    // Each part has a partial index of its own.
    const lanes = await sql<LaneGauge>`
      select lane, sum(due)::int as due, sum(leased)::int as leased,
        greatest(0, coalesce(extract(epoch from ${at}::timestamptz - min(oldest)), 0))::float8 as "lagSeconds"
      from (
        select lane, count(*) as due, 0 as leased, min(due_at) as oldest
        from batch where state = 'waiting' and due_at <= ${at} group by lane
        union all
        select lane, 0, count(*), null from batch where state = 'leased' group by lane
      ) as parts group by lane
    `.execute(tx)
    const audit = await sql<{ unsealed: number }>`
      with head as (
        select b.transaction, b.id from audit_seal s join audit b on b.id = s.audit_id
        order by s.number desc limit 1)
      select count(*) as unsealed from audit a
      where (a.transaction, a.id) > (coalesce((select transaction from head), '0'::xid8),
        coalesce((select id from head), 0))
    `.execute(tx)
    const roads = await sql<{ open: number; held: number }>`
      select (select count(*)::int from breaker where open_until is not null) as open,
        (select count(*)::int from road where held_reason is not null) as held
    `.execute(tx)
    const { open = 0, held = 0 } = roads.rows[0] ?? {}
    const unsealed = audit.rows[0]?.unsealed ?? 0
    return { lanes: lanes.rows, unsealed, roadsOpen: open, roadsHeld: held }
  })
}

export async function bulletinOfDispatch(
  db: Database,
  agencyId: number,
  dispatchId: number,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('dispatch')
    .select('bulletin_id as id')
    .where('agency_id', '=', agencyId)
    .where('id', '=', dispatchId)
    .executeTakeFirst()
  return row?.id
}

/** True when the database answers in time. */
export async function answers(db: Database): Promise<boolean> {
  try {
    return await within(ANSWER_MS_MAX, sql`select 1`.execute(db))
  } catch {
    return false
  }
}
