/** What may have been sent, and what a person says of it. */
import { sql } from 'kysely'
import type { Before, DecisionPort } from '../../hub/ports/decisions.ts'
import type { Transacting } from '../connect.ts'
import { addTallies } from '../tallies.ts'
import { DELIVERIES_A_STEP_MAX } from './batches.ts'

type Part = Pick<DecisionPort, 'unsureOf' | 'unsureBatchesOf' | 'markSent' | 'markLeft'>

export function unsurePort(tx: Transacting, agencyId: number): Part {
  return {
    async unsureOf(dispatchId) {
      const { rows } = await sql<{ unsure: number; left: number }>`
        select count(*)::int as unsure,
          (count(*) filter (where v.code = 'unsure-left'))::int as left
        from dispatch d join delivery v on v.agency_id = ${agencyId} and v.dispatch_id = d.id
          and v.month = d.month and v.state = 'unsure'
        where d.agency_id = ${agencyId} and d.id = ${dispatchId}
      `.execute(tx)
      return rows[0] ?? { unsure: 0, left: 0 }
    },
    async unsureBatchesOf(dispatchId) {
      const { rows } = await sql<Awaited<ReturnType<Part['unsureBatchesOf']>>[number]>`
        select b.agency_id as "agencyId", b.id as "batchId", b.dispatch_id as "dispatchId",
          b.channel_id as "channelId", b.road_id as "roadId"
        from batch b
        where b.agency_id = ${agencyId} and b.dispatch_id = ${dispatchId} and b.state = 'settled'
          and exists (select 1 from delivery v where v.agency_id = ${agencyId}
            and v.dispatch_id = b.dispatch_id and v.month = b.month and v.batch_id = b.id
            and v.address_id between b.address_from and b.address_to and v.state = 'unsure')
        order by b.id
      `.execute(tx)
      return rows
    },
    markSent: (before) => markSent(tx, agencyId, before),
    markLeft: (before) => markLeft(tx, agencyId, before),
  }
}

const undecided = (agencyId: number, { dispatchId, before }: Before, leftToo: boolean) => sql`
  select v.address_id, v.month, v.units, v.batch_id
  from dispatch d join delivery v on v.agency_id = ${agencyId} and v.dispatch_id = d.id
    and v.month = d.month and v.state = 'unsure'
  where d.agency_id = ${agencyId} and d.id = ${dispatchId}
    and v.changed_at <= ${before}::timestamptz
    and (${leftToo}::boolean or v.code is distinct from 'unsure-left')
  order by v.address_id limit ${DELIVERIES_A_STEP_MAX} for update of v`

async function markSent(
  tx: Transacting,
  agencyId: number,
  before: Before,
): ReturnType<DecisionPort['markSent']> {
  const { dispatchId } = before
  const { rows } = await sql<{ deliveries: number; units: number; sentAt: Date | null }>`
    with old as materialized (${undecided(agencyId, before, true)}), moved as (
      update delivery v set state = 'accepted', code = 'decided-sent', changed_at = clock_timestamp()
      from old
      where v.agency_id = ${agencyId} and v.dispatch_id = ${dispatchId} and v.month = old.month
        and v.address_id = old.address_id
      returning old.units, old.batch_id
    )
    select count(*)::int as deliveries, coalesce(sum(m.units), 0)::int as units,
      (select max(t.at) from attempt t where t.agency_id = ${agencyId}
        and t.batch_id in (select batch_id from moved)) as "sentAt"
    from moved m
  `.execute(tx)
  const { deliveries, units, sentAt } = rows[0] ?? { deliveries: 0, units: 0, sentAt: null }
  await addTallies(tx, agencyId, dispatchId, [
    { state: 'unsure', deliveries: -deliveries, units: -units },
    { state: 'accepted', deliveries, units },
  ])
  return { deliveries, ...(sentAt === null ? {} : { sentAt }) }
}

async function markLeft(tx: Transacting, agencyId: number, before: Before): Promise<number> {
  const { rows } = await sql<{ deliveries: number }>`
    with old as materialized (${undecided(agencyId, before, false)}), moved as (
      update delivery v set code = 'unsure-left', changed_at = clock_timestamp() from old
      where v.agency_id = ${agencyId} and v.dispatch_id = ${before.dispatchId}
        and v.month = old.month and v.address_id = old.address_id
      returning v.address_id
    )
    select count(*)::int as deliveries from moved
  `.execute(tx)
  return rows[0]?.deliveries ?? 0
}
