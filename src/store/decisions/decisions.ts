/** Decisions about deliveries: kept, carried out in chunks, and what was sent before. */
import { sql } from 'kysely'
import { OPEN_STATES } from '../../domain/attention.ts'
import type { DecisionPort, EarlierDispatch } from '../../hub/ports/decisions.ts'
import type { Transacting } from '../connect.ts'
import { endDeliveries } from '../stopping.ts'
import { markSuccess } from '../successes.ts'
import { DELIVERIES_A_STEP_MAX, resendUnsure, retryFailed } from './batches.ts'
import { CERTAINLY_FAILED, failedIn } from './failed.ts'
import { unsurePort } from './unsure.ts'

export function decisionPort(tx: Transacting, agencyId: number): DecisionPort {
  return {
    ...unsurePort(tx, agencyId),
    ...earlierPort(tx, agencyId),
    async decisionMoment() {
      // As text: a moment of JavaScript would lose what the clock counts below milliseconds.
      const { rows } = await sql<{ now: string }>`select clock_timestamp()::text as now`.execute(tx)
      return rows[0]?.now ?? ''
    },
    async addDecision({ dispatchId, kind, roadId, deliveries, by, reason, at }) {
      await tx
        .insertInto('decision')
        .values({
          ...{ agency_id: agencyId, dispatch_id: dispatchId, by_id: by },
          ...{ kind, deliveries, reason, at, road_id: roadId ?? null },
        })
        .execute()
    },
    retryFailed: (batches) => retryFailed(tx, agencyId, batches),
    resendUnsure: (batches) => resendUnsure(tx, agencyId, batches),
    skipOpen: (dispatchId) => skipOpen(tx, agencyId, dispatchId),
    async closeDispatch(dispatchId) {
      await tx
        .updateTable('dispatch')
        .set({ state: 'stopped' })
        .where('agency_id', '=', agencyId)
        .where('id', '=', dispatchId)
        .execute()
    },
    countSuccess: (dispatchId, at) => markSuccess(tx, { agencyId, dispatchId }, { at }),
  }
}

type EarlierPart = Pick<DecisionPort, 'failedRoads' | 'earlierDispatches' | 'failedLeft'>

function earlierPort(tx: Transacting, agencyId: number): EarlierPart {
  return {
    async failedRoads(dispatchId) {
      const { rows } = await sql<{ road: string }>`
        select distinct b.road_id as road
        from dispatch d
          join delivery v on v.agency_id = ${agencyId} and v.dispatch_id = d.id and v.month = d.month
          join batch b on b.agency_id = ${agencyId} and b.id = v.batch_id
        where d.agency_id = ${agencyId} and d.id = ${dispatchId} and ${CERTAINLY_FAILED}
        order by 1
      `.execute(tx)
      return rows.map((row) => row.road)
    },
    async earlierDispatches(bulletinId) {
      const { rows } = await sql<EarlierDispatch & { failedOf: number | null }>`
        select d.id as "dispatchId", d.channel_id as "channelId", d.act, d.revision,
          d.not_after as "notAfter", (d.audience_rule->>'failedOf')::bigint as "failedOf",
          d.state = 'expanding' or (d.state = 'held' and d.held_reason is null) or exists (
            select 1 from delivery v where v.agency_id = ${agencyId} and v.dispatch_id = d.id
              and v.month = d.month and v.state = any(${[...OPEN_STATES]}::delivery_state[])
          ) as open,
          exists (select 1 from delivery v where v.agency_id = ${agencyId} and v.dispatch_id = d.id
            and v.month = d.month
            and v.state not in ('excluded', 'cancelled', 'expired', 'skipped')) as tried
        from dispatch d
        where d.agency_id = ${agencyId} and d.bulletin_id = ${bulletinId}
          and d.act in ('publish', 'notify', 'resend')
        order by d.id
      `.execute(tx)
      return rows.map(({ failedOf, ...row }) => (failedOf === null ? row : { ...row, failedOf }))
    },
    async failedLeft(dispatchId) {
      const { rows } = await sql<{ count: number }>`
        select count(*)::int as count
        from dispatch q join delivery f on f.agency_id = ${agencyId} and f.dispatch_id = q.id
            and f.month = q.month and f.state = 'failed'
          join address a on a.agency_id = ${agencyId} and a.id = f.address_id
            and a.removed_at is null and a.unsubscribed_at is null
        where q.agency_id = ${agencyId} and q.id = ${dispatchId}
          and ${failedIn(agencyId, dispatchId)}
      `.execute(tx)
      return rows[0]?.count ?? 0
    },
  }
}

/** What nobody has under lease: open tasks, open batches, and what stands in no open batch at all. */
async function skipOpen(tx: Transacting, agencyId: number, dispatchId: number): Promise<number> {
  const tasks = await tx
    .updateTable('hand_task')
    .set({ state: 'cancelled' })
    .where('agency_id', '=', agencyId)
    .where('dispatch_id', '=', dispatchId)
    .where('state', '=', 'open')
    .returning('address_id')
    .execute()
  await sql`
    update batch b set state = 'stopped' from (
      select w.id from (
        select n.id, sum(n.size) over (order by n.id) - n.size as before from batch n
        where n.agency_id = ${agencyId} and n.dispatch_id = ${dispatchId}
          and n.state in ('waiting', 'held')) w
      where w.before < ${DELIVERIES_A_STEP_MAX}) t
    where b.agency_id = ${agencyId} and b.id = t.id and b.state in ('waiting', 'held')
  `.execute(tx)
  const { rows } = await sql<{ address_id: number }>`
    select v.address_id
    from dispatch d
      join delivery v on v.agency_id = ${agencyId} and v.dispatch_id = d.id and v.month = d.month
        and v.state in ('waiting', 'held', 'awaiting')
      left join batch b on b.agency_id = ${agencyId} and b.id = v.batch_id
    where d.agency_id = ${agencyId} and d.id = ${dispatchId}
      and coalesce(b.state, 'none') not in ('leased', 'waiting', 'held')
    order by v.address_id limit ${2 * DELIVERIES_A_STEP_MAX}
  `.execute(tx)
  const addressIds = [...new Set([...tasks, ...rows].map((row) => row.address_id))]
  return endDeliveries(tx, agencyId, dispatchId, {
    ...{ from: ['waiting', 'held', 'awaiting'], to: 'skipped', addressIds },
  })
}
