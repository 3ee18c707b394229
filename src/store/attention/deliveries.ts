/** Open deliveries, found without looking through the log: the tallies say on which days and channels
 *  something is open, and only the dispatches of those are read. A tally is written in the transaction that
 *  changes a delivery, so that nothing open can be missing from them. */
import { sql } from 'kysely'
import { OPEN_STATES } from '../../domain/attention.ts'
import type { AttentionAsk, OpenDeliveries, OpenDispatch } from '../../hub/ports/attention.ts'
import type { Database } from '../connect.ts'

/** The partial index of the tallies is found by these very words. */
const OPEN = sql.raw(OPEN_STATES.map((state) => `'${state}'`).join(', '))

const startedBy = ({ startedBy: { urgent, normal, bulk } }: AttentionAsk) => sql`
  case d.lane when 'urgent' then ${urgent}::timestamptz when 'normal' then ${normal}::timestamptz
    else ${bulk}::timestamptz end`

const SINCE = sql`greatest(d.not_before, d.created_at)`

export async function openDeliveries(
  db: Database,
  ask: AttentionAsk,
): Promise<readonly OpenDeliveries[]> {
  const { agencyId, at } = ask
  const { rows } = await sql<OpenDeliveries>`
    with days as materialized (
      select t.day, t.channel_id from tally t
      where t.agency_id = ${agencyId} and t.state in (${OPEN})
      group by t.day, t.channel_id having sum(t.deliveries) > 0
    ), late as materialized (
      select d.id, d.month, d.bulletin_id, d.channel_id, d.state, d.held_reason, ${SINCE} as since,
        d.not_after <= ${at}::timestamptz as closed
      from days join dispatch d on d.day = days.day and d.channel_id = days.channel_id
      where d.agency_id = ${agencyId} and ${SINCE} <= ${startedBy(ask)}
    ), open as materialized (
      select d.id, v.batch_id, v.state, coalesce(v.code = 'unsure-left', false) as left,
        case when t.id is null then 'none' when t.due_at <= ${at}::timestamptz then 'overdue'
          else 'open' end as task, count(*)::int as count
      from late d
        join delivery v on v.agency_id = ${agencyId} and v.dispatch_id = d.id and v.month = d.month
          and v.state in (${OPEN})
        left join hand_task t on t.agency_id = ${agencyId} and t.dispatch_id = d.id
          and t.address_id = v.address_id and t.state = 'open'
      group by 1, 2, 3, 4, 5
    )
    select d.bulletin_id as "bulletinId", n.title, d.id as "dispatchId", d.channel_id as "channelId",
      c.name as "channelName", b.road_id as "roadId", o.state, d.state as dispatch,
      d.held_reason as "heldReason", d.closed as "windowClosed", b.state as batch,
      coalesce(r.held_reason is not null or not r.enabled, false) as "roadClosed",
      coalesce(b.due_at > ${at}::timestamptz, false) as "dueLater",
      coalesce(b.quiet_hold, false) as "quietHold", o.task, o.left, sum(o.count)::int as count,
      min(d.since) as since
    from open o join late d on d.id = o.id
      join bulletin n on n.agency_id = ${agencyId} and n.id = d.bulletin_id
      join channel c on c.agency_id = ${agencyId} and c.id = d.channel_id
      left join batch b on b.agency_id = ${agencyId} and b.id = o.batch_id
      left join road r on r.agency_id = ${agencyId} and r.channel_id = b.channel_id
        and r.id = b.road_id
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
    order by d.id
  `.execute(db)
  return rows
}

/** Held for a reason at once, because nothing but a person moves it; slow ones after their deadline. */
export async function openDispatches(
  db: Database,
  ask: AttentionAsk,
): Promise<readonly OpenDispatch[]> {
  const { agencyId, at } = ask
  const { rows } = await sql<OpenDispatch>`
    select d.bulletin_id as "bulletinId", n.title, d.id as "dispatchId", d.channel_id as "channelId",
      c.name as "channelName", d.state, d.held_reason as "heldReason",
      d.not_after <= ${at}::timestamptz as "windowClosed", d.reach as count, ${SINCE} as since
    from dispatch d
      join bulletin n on n.agency_id = d.agency_id and n.id = d.bulletin_id
      join channel c on c.agency_id = d.agency_id and c.id = d.channel_id
    where d.agency_id = ${agencyId} and d.state in ('held', 'expanding')
      and (d.held_reason is not null or ${SINCE} <= ${startedBy(ask)})
    order by d.id
  `.execute(db)
  return rows
}

/** The horizon of a receipt passed and nobody drew the line: whatever looks after it does not run. */
export async function overdueReceipts(
  db: Database,
  { agencyId, at }: AttentionAsk,
): Promise<readonly OpenDeliveries[]> {
  const { rows } = await sql<OpenDeliveries>`
    select d.bulletin_id as "bulletinId", n.title, d.id as "dispatchId", d.channel_id as "channelId",
      c.name as "channelName", w.road_id as "roadId", v.state, d.state as dispatch,
      d.held_reason as "heldReason", d.not_after <= ${at}::timestamptz as "windowClosed",
      'settled' as batch, false as "roadClosed", false as "dueLater", false as "quietHold",
      'none' as task, false as left, count(*)::int as count, min(w.until_at) as since
    from receipt_watch w
      join dispatch d on d.agency_id = w.agency_id and d.id = w.dispatch_id
      join bulletin n on n.agency_id = d.agency_id and n.id = d.bulletin_id
      join channel c on c.agency_id = d.agency_id and c.id = d.channel_id
      join delivery v on v.agency_id = ${agencyId} and v.dispatch_id = w.dispatch_id
        and v.month = w.month and v.batch_id = w.batch_id and v.state = 'accepted'
        and v.address_id between w.address_from and w.address_to
    where w.agency_id = ${agencyId} and w.until_at <= ${at}::timestamptz
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    order by d.id
  `.execute(db)
  return rows
}
