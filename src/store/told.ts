/** Who was told by a dispatch, or may have been, and what the platform called each message: what a withdrawal to
 *  recipients goes by. */
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Claim, EnginePort, ToldMessage } from '../hub/ports/engine.ts'
import type { Database } from './connect.ts'

/** `v` of the dispatch `d` reached somebody or may have, `b` its batch: what is with a platform, what a process has
 *  under lease at this moment, and, as long as nobody stopped it, what is queued: before the signature that
 *  stops it, the reach is the most there may be. A task of a person's hand reached nobody until it is done. */
const MAY_BE_TOLD = sql<SqlBool>`(v.state in ('accepted', 'delivered', 'no-receipt', 'unsure')
  or (v.state = 'waiting' and (b.state = 'leased' or d.state <> 'stopped'))
  or (v.state = 'awaiting' and not exists (
    select 1 from hand_task h where h.agency_id = v.agency_id and h.dispatch_id = v.dispatch_id
      and h.address_id = v.address_id)))`

/** Whether one of the dispatches told the address `a`, and no withdrawal of them had it yet. */
export function toldIn(agencyId: number, dispatchIds: readonly number[]): RawBuilder<SqlBool> {
  const ids = sql`${[...dispatchIds]}::bigint[]`
  return sql<SqlBool>`exists (
    select 1 from dispatch d
      join delivery v on v.agency_id = ${agencyId} and v.dispatch_id = d.id and v.month = d.month
        and v.address_id = a.id
      left join batch b on b.agency_id = ${agencyId} and b.id = v.batch_id
    where d.agency_id = ${agencyId} and d.id = any(${ids}) and ${MAY_BE_TOLD}
  ) and not exists (
    select 1 from dispatch o join dispatch r on r.agency_id = ${agencyId}
        and r.bulletin_id = o.bulletin_id and r.channel_id = o.channel_id and r.act = 'withdraw'
      join delivery w on w.agency_id = ${agencyId} and w.dispatch_id = r.id and w.month = r.month
        and w.address_id = a.id
    where o.agency_id = ${agencyId} and o.id = any(${ids})
      and w.state not in ('excluded', 'cancelled', 'expired', 'skipped', 'failed'))`
}

export function toldPort(db: Database): Pick<EnginePort, 'told'> {
  return { told: (claim) => told(db, claim) }
}

/** The dispatches are those the signed rule names, which door 5 compared with what was signed. */
async function told(db: Database, claim: Claim): Promise<readonly ToldMessage[]> {
  const { agencyId, dispatchId, month, roadId } = claim
  const ids = claim.recipients.map((one) => one.addressId)
  const { rows } = await sql<ToldMessage>`
    select v.address_id as "addressId", v.state = 'waiting' as "inFlight",
      coalesce(own.code = 'recalled', false) as recalled,
      -- A name of another road's platform means nothing to this one.
      case when b.road_id = ${roadId} then v.reference end as reference,
      (select max(t.at) from attempt t where t.agency_id = ${agencyId} and t.batch_id = b.id) as "sentAt"
    from dispatch w
      cross join lateral jsonb_array_elements_text(w.audience_rule->'toldBy') as n (id)
      join dispatch d on d.agency_id = ${agencyId} and d.id = n.id::bigint
        and d.bulletin_id = w.bulletin_id and d.channel_id = w.channel_id
      join delivery v on v.agency_id = ${agencyId} and v.dispatch_id = d.id and v.month = d.month
        and v.address_id = any(${ids}::bigint[])
      left join batch b on b.agency_id = ${agencyId} and b.id = v.batch_id
      join delivery own on own.agency_id = ${agencyId} and own.dispatch_id = w.id
        and own.month = ${month}::date and own.address_id = v.address_id
    where w.agency_id = ${agencyId} and w.id = ${dispatchId} and ${MAY_BE_TOLD}
    order by v.address_id, v.dispatch_id
  `.execute(db)
  return rows
}
