/** Which deliveries are certainly not delivered, said once: for those tried again inside the window, and for
 *  those a leader signs again after it. */
import { type RawBuilder, type SqlBool, sql } from 'kysely'

/** `v` failed in a batch `b`. Failed is only what a platform refused, reported as not delivered, or never
 *  took; a `bound` batch may have been sent before it failed, and an unreadable address stays unreadable. */
export const CERTAINLY_FAILED = sql<SqlBool>`v.state = 'failed'
  and v.code is distinct from 'address-unreadable' and not b.bound`

/** Whether the address `a` failed in that dispatch, and no resend of its failed had it since. */
export function failedIn(agencyId: number, dispatchId: number): RawBuilder<SqlBool> {
  return sql<SqlBool>`exists (
    select 1 from dispatch d
      join delivery v on v.agency_id = ${agencyId} and v.dispatch_id = d.id and v.month = d.month
        and v.address_id = a.id
      join batch b on b.agency_id = ${agencyId} and b.id = v.batch_id
    where d.agency_id = ${agencyId} and d.id = ${dispatchId} and ${CERTAINLY_FAILED}
  ) and not exists (
    select 1 from dispatch o join dispatch r on r.agency_id = ${agencyId}
        and r.bulletin_id = o.bulletin_id and r.act = 'resend'
        and (r.audience_rule->>'failedOf')::bigint = ${dispatchId}
      join delivery w on w.agency_id = ${agencyId} and w.dispatch_id = r.id and w.month = r.month
        and w.address_id = a.id
    where o.agency_id = ${agencyId} and o.id = ${dispatchId}
      and w.state not in ('excluded', 'cancelled', 'expired', 'skipped'))`
}
