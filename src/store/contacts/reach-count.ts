/** 覆盖数: how many addresses a rule means now. A large count is kept until a contact changes, because a leader
 *  who signs for a million must not wait while they are counted a third time. */
import { sql } from 'kysely'
import type { AudienceRule } from '../../domain/audience.ts'
import type { Mode } from '../../domain/bulletin.ts'
import { type Canonical, canonical } from '../../domain/canonical.ts'
import { sha256Hex } from '../../kit/hash.ts'
import type { Transacting } from '../connect.ts'
import { type Reached, reachedBy, resolveAudiences } from './rules.ts'

/** A smaller audience is counted sooner than looked up. */
const KEPT_MIN = 10_000

export async function countReach(
  tx: Transacting,
  agencyId: number,
  channel: Reached,
  rule: AudienceRule,
  mode: Mode,
): Promise<number> {
  // Who only names audiences means what they mean now; a signed rule brings its definitions along.
  const place = channel.addressing === 'place'
  const ofLog = rule.failedOf !== undefined || rule.toldBy !== undefined
  const meant =
    place || rule.definitions || ofLog ? rule : await resolveAudiences(tx, agencyId, rule.audiences)
  const key = keyOf(channel, meant, mode)
  // Who failed or was told changes with every settlement, and not with the contacts; a place is one.
  const kept = !ofLog && !place ? await keptCount(tx, agencyId, key) : undefined
  if (typeof kept?.reach === 'number') return kept.reach
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from address a
    where ${reachedBy(agencyId, channel, meant, mode)} and a.unsubscribed_at is null
  `.execute(tx)
  const count = rows[0]?.count ?? 0
  if (kept && count >= KEPT_MIN)
    await keepCount(tx, agencyId, { key, changes: kept.changes, reach: count })
  return count
}

function keyOf({ addressing, addressKind }: Reached, rule: AudienceRule, mode: Mode): string {
  // A rule is plain JSON: it came out of the database or a signed manifest.
  const subject = { place: addressing === 'place', addressKind, rule, mode } as unknown as Canonical
  return sha256Hex(canonical(subject))
}

/** What was counted while as many changes were known as now; the changes are read first, so that a change
 *  meanwhile makes the next reader count again. */
async function keptCount(
  tx: Transacting,
  agencyId: number,
  key: string,
): Promise<{ readonly changes: number; readonly reach: number | null }> {
  const { rows } = await sql<{ changes: number; reach: number | null }>`
    select n.changes, (select r.reach from reach_count r
      where r.agency_id = ${agencyId} and r.key = ${key} and r.changes = n.changes) as reach
    from (select count(*) as changes from contact_change where agency_id = ${agencyId}) n
  `.execute(tx)
  return rows[0] ?? { changes: 0, reach: null }
}

async function keepCount(
  tx: Transacting,
  agencyId: number,
  { key, changes, reach }: { key: string; changes: number; reach: number },
): Promise<void> {
  await sql`
    insert into reach_count (agency_id, key, changes, reach)
    values (${agencyId}, ${key}, ${changes}, ${reach})
    on conflict (agency_id, key) do update set changes = excluded.changes, reach = excluded.reach
      where reach_count.changes < excluded.changes
  `.execute(tx)
}
