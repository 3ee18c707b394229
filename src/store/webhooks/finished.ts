/** A dispatch has come to its end when nothing of it is open any more. No single write says so, therefore
 *  it is looked at: often while it is young, seldom when it waits for days. */
import { sql } from 'kysely'
import { OPEN_STATES } from '../../domain/attention.ts'
import type { Database, Transacting } from '../connect.ts'

const DISPATCHES_A_ROUND_MAX = 50
/** Looked at again after a tenth of its age, within these seconds. */
const LOOK_SECONDS_MIN = 2
const LOOK_SECONDS_MAX = 600

export async function noteFinished(db: Database, at: Date): Promise<number> {
  const due = await db
    .selectFrom('webhook_watch')
    .select(['agency_id as agencyId', 'dispatch_id as dispatchId'])
    .where('look_at', '<=', at)
    .orderBy('look_at')
    .limit(DISPATCHES_A_ROUND_MAX)
    .execute()
  let finished = 0
  for (const one of due)
    if (await db.transaction().execute((tx) => lookAt(tx, { ...one, at }))) finished += 1
  return finished
}

interface Looked {
  readonly agencyId: number
  readonly dispatchId: number
  readonly at: Date
}

async function lookAt(tx: Transacting, looked: Looked): Promise<boolean> {
  const { agencyId, dispatchId, at } = looked
  // Another process may look at it in this moment.
  const { rows } = await sql<{ ended: boolean }>`
    select d.state in ('fanned-out', 'stopped') and not exists (
        select 1 from batch b where b.agency_id = d.agency_id and b.dispatch_id = d.id
          and b.state in ('waiting', 'leased', 'held')) as ended
    from webhook_watch w join dispatch d on d.agency_id = w.agency_id and d.id = w.dispatch_id
    where w.agency_id = ${agencyId} and w.dispatch_id = ${dispatchId} and w.look_at <= ${at}
    for update of w skip locked
  `.execute(tx)
  const [row] = rows
  if (!row) return false
  const counts = row.ended ? await countsOf(tx, looked) : undefined
  if (counts && !OPEN_STATES.some((state) => counts[state])) {
    await tellFinished(tx, looked, counts)
    return true
  }
  await sql`
    update webhook_watch w set look_at = ${at}::timestamptz + least(greatest(
      (${at}::timestamptz - d.created_at) / 10, make_interval(secs => ${LOOK_SECONDS_MIN})),
      make_interval(secs => ${LOOK_SECONDS_MAX}))
    from dispatch d
    where w.agency_id = ${agencyId} and w.dispatch_id = ${dispatchId}
      and d.agency_id = w.agency_id and d.id = w.dispatch_id
  `.execute(tx)
  return false
}

type Counts = Readonly<Record<string, number>>

async function countsOf(tx: Transacting, { agencyId, dispatchId }: Looked): Promise<Counts> {
  const { rows } = await sql<{ state: string; deliveries: number }>`
    select v.state::text as state, count(*) as deliveries
    from dispatch d join delivery v on v.agency_id = d.agency_id and v.dispatch_id = d.id
      and v.month = d.month
    where d.agency_id = ${agencyId} and d.id = ${dispatchId} group by v.state order by 1
  `.execute(tx)
  return Object.fromEntries(rows.map(({ state, deliveries }) => [state, deliveries]))
}

async function tellFinished(tx: Transacting, looked: Looked, counts: Counts): Promise<void> {
  const { agencyId, dispatchId, at } = looked
  await sql`
    insert into webhook_event (agency_id, kind, at, mode, bulletin_id, publication_id, dispatch_id,
      channel_id, facts)
    select agency_id, 'dispatch.finished', ${at}, mode, bulletin_id, publication_id, id, channel_id,
      jsonb_build_object('act', act, 'stopped', state = 'stopped',
        'deliveries', ${JSON.stringify(counts)}::jsonb)
    from dispatch where agency_id = ${agencyId} and id = ${dispatchId}
    on conflict do nothing
  `.execute(tx)
  await tx
    .updateTable('webhook_watch')
    .set({ look_at: null })
    .where('agency_id', '=', agencyId)
    .where('dispatch_id', '=', dispatchId)
    .execute()
}
