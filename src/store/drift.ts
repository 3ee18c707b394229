/** The verifier: recounts deliveries, facts and batches against what is recorded, and takes archived months at
 *  the counts they left with. It repairs nothing. */
import { sql } from 'kysely'
import type { Drift } from '../domain/totals.ts'
import type { Database } from './connect.ts'

export async function drift(db: Database, agencyId: number): Promise<readonly Drift[]> {
  // One snapshot for all questions, so that sending meanwhile is no drift.
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => {
      const found: Drift[] = []
      const questions = [tallied, orphans, facts, archived].map((ask) => ask(agencyId))
      for (const question of questions) {
        const { rows } = await question.execute(tx)
        found.push(...rows)
      }
      return found
    })
}

function tallied(agencyId: number) {
  return sql<Drift>`
    with logged as (
      select dispatch_id, month, state, count(*) as deliveries, sum(units) as units
      from delivery d where d.agency_id = ${agencyId} and d.state != 'excluded' group by 1, 2, 3
      union all
      select dispatch_id, month, state, deliveries, units
      from archived_count k where k.agency_id = ${agencyId} and k.state != 'excluded'
    ), counted as (
      select s.day, s.channel_id, s.category_id, s.mode, l.state, sum(l.deliveries) as deliveries,
        sum(l.units) as units
      from logged l
        join dispatch s on s.agency_id = ${agencyId} and s.id = l.dispatch_id and s.month = l.month
      group by 1, 2, 3, 4, 5
    ), recorded as (
      select day, channel_id, category_id, mode, state, sum(deliveries) as deliveries,
        sum(units) as units
      from tally where agency_id = ${agencyId} group by 1, 2, 3, 4, 5
    )
    select concat_ws(' ', 'tally', day, channel_id, category_id, mode, state) as what,
      coalesce(c.deliveries, 0)::int8 as counted, coalesce(r.deliveries, 0)::int8 as recorded
    from counted c full join recorded r using (day, channel_id, category_id, mode, state)
    where coalesce(c.deliveries, 0) != coalesce(r.deliveries, 0)
      or coalesce(c.units, 0) != coalesce(r.units, 0)
  `
}

/** Deliveries carry no foreign keys; this is what the keys would have guarded. */
function orphans(agencyId: number) {
  return sql<Drift>`
    select 'deliveries without dispatch, address or batch' as what, count(*) as counted,
      0::int8 as recorded
    from delivery d
      left join dispatch s on s.agency_id = d.agency_id and s.id = d.dispatch_id and s.month = d.month
      left join address a on a.agency_id = d.agency_id and a.id = d.address_id
      left join batch b on b.agency_id = d.agency_id and b.id = d.batch_id
        and b.dispatch_id = d.dispatch_id
    where d.agency_id = ${agencyId}
      and (s.id is null or a.id is null or (b.id is null and d.state != 'excluded'))
    having count(*) > 0
  `
}

function facts(agencyId: number) {
  return sql<Drift>`
    select 'publications whose facts disagree' as what, count(*) as counted, 0::int8 as recorded
    from publication p
    where p.agency_id = ${agencyId}
      and (p.occurred_at is distinct from (
          select f.occurred_at from publication_fact f where f.agency_id = p.agency_id
            and f.publication_id = p.id and f.kind = 'published' order by f.id limit 1)
        or p.withdrawn_at is distinct from (
          select f.occurred_at from publication_fact f where f.agency_id = p.agency_id
            and f.publication_id = p.id and f.kind = 'withdrawn' order by f.id limit 1))
    having count(*) > 0
  `
}

/** A month that left has left whole, with the number of deliveries its file was registered with. */
function archived(agencyId: number) {
  return sql<Drift>`
    select 'archived month ' || to_char(m.month, 'YYYY-MM') as what,
      (select coalesce(sum(k.deliveries), 0)::int8 from archived_count k
        where k.agency_id = m.agency_id and k.month = m.month)
      + (select count(*) from delivery d where d.agency_id = m.agency_id and d.month = m.month)
        as counted, m.deliveries as recorded
    from archived_month m
    where m.agency_id = ${agencyId} and (
      m.deliveries != (select coalesce(sum(k.deliveries), 0) from archived_count k
        where k.agency_id = m.agency_id and k.month = m.month)
      or exists (select from delivery d where d.agency_id = m.agency_id and d.month = m.month))
  `
}
