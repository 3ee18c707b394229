/** The year's numbers: indexed questions to publications, broadcasts and entries, and the tallies. */
import { sql } from 'kysely'
import type { EntryLevel } from '../domain/bulletin.ts'
import type { DeliveryState } from '../domain/delivery.ts'
import type { ChannelTotal, YearTotals } from '../domain/totals.ts'
import { dayOf } from '../domain/year.ts'
import type { Database } from './connect.ts'

/** What counts: earnest, no duplicate of another, and if posted by hand then confirmed. */
const COUNTS = sql`p.mode = 'earnest' and p.duplicate_of is null
  and (p.origin = 'hub' or p.confirmed_at is not null)`

interface Period {
  readonly agencyId: number
  readonly from: Date
  readonly to: Date
}

export async function yearTotals(db: Database, year: number, period: Period): Promise<YearTotals> {
  const channels = await channelTotals(db, period)
  return {
    year,
    timezone: 'Asia/Shanghai',
    messages: await messages(db, period),
    publications: channels.reduce((sum, channel) => sum + channel.publications, 0),
    channels,
    cells: await cells(db, period),
    entries: await entries(db, period),
    ...(await broadcasts(db, period)),
    deliveries: await deliveries(db, period),
  }
}

async function channelTotals(db: Database, period: Period): Promise<readonly ChannelTotal[]> {
  const { agencyId, from, to } = period
  const { rows } = await sql<ChannelTotal>`
    with published as (
      select channel_id, count(*) as publications, count(*) filter (where origin = 'manual') as manual
      from publication p
      where p.agency_id = ${agencyId} and occurred_at >= ${from} and occurred_at < ${to} and ${COUNTS}
      group by channel_id
    ), withdrawn as (
      select channel_id, count(*) as withdrawn from publication p
      where p.agency_id = ${agencyId} and withdrawn_at >= ${from} and withdrawn_at < ${to} and ${COUNTS}
      group by channel_id
    )
    select c.id, c.name, c.line, coalesce(p.publications, 0) as publications,
      coalesce(w.withdrawn, 0) as withdrawn, coalesce(p.manual, 0) as manual
    from channel c
      left join published p on p.channel_id = c.id
      left join withdrawn w on w.channel_id = c.id
    where c.agency_id = ${agencyId} and c.addressing = 'place'
    order by c.position
  `.execute(db)
  return rows
}

async function messages(db: Database, { agencyId, from, to }: Period): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(distinct bulletin_id) as count from publication p
    where p.agency_id = ${agencyId} and occurred_at >= ${from} and occurred_at < ${to} and ${COUNTS}
  `.execute(db)
  return rows[0]?.count ?? 0
}

async function cells(db: Database, { agencyId, from, to }: Period): Promise<YearTotals['cells']> {
  const { rows } = await sql<{ channel: string; category: string; publications: number }>`
    select channel_id as channel, category_id as category, count(*) as publications
    from publication p
    where p.agency_id = ${agencyId} and occurred_at >= ${from} and occurred_at < ${to} and ${COUNTS}
    group by channel_id, category_id order by channel_id, category_id
  `.execute(db)
  return rows
}

/** Units of the last revision that was shown by the period's end (R11): a unit counts once a level. */
async function entries(
  db: Database,
  { agencyId, from, to }: Period,
): Promise<YearTotals['entries']> {
  const { rows } = await sql<{ category: string; level: EntryLevel | null; units: number }>`
    with shown as (
      select p.bulletin_id, max(f.revision) as revision
      from publication p
        join publication_fact f on f.agency_id = p.agency_id and f.publication_id = p.id
      where p.agency_id = ${agencyId} and p.occurred_at >= ${from} and p.occurred_at < ${to}
        and ${COUNTS} and f.kind in ('published', 'amended') and f.occurred_at < ${to}
      group by p.bulletin_id
    )
    select b.category_id as category, e.level, count(distinct e.unit) as units
    from shown s
      join bulletin b on b.agency_id = ${agencyId} and b.id = s.bulletin_id
      join entry e on e.agency_id = ${agencyId} and e.bulletin_id = s.bulletin_id
        and e.revision = s.revision
      left join posting_import i on i.agency_id = e.agency_id and i.id = e.import_id
    where e.import_id is null or i.confirmed_at is not null
    group by b.category_id, e.level
    order by b.category_id, array_position(array['province', 'prefecture', 'county'], e.level)
  `.execute(db)
  return rows
}

async function broadcasts(
  db: Database,
  { agencyId, from, to }: Period,
): Promise<Pick<YearTotals, 'broadcasts' | 'broadcastsWithdrawn'>> {
  const counts = sql`mode = 'earnest' and (origin = 'hub' or confirmed_at is not null)`
  const { rows } = await sql<{ sent: number; withdrawn: number }>`
    select
      (select count(*) from broadcast where agency_id = ${agencyId}
        and occurred_at >= ${from} and occurred_at < ${to} and ${counts}) as sent,
      (select count(*) from broadcast where agency_id = ${agencyId}
        and withdrawn_at >= ${from} and withdrawn_at < ${to} and ${counts}) as withdrawn
  `.execute(db)
  const { sent = 0, withdrawn = 0 } = rows[0] ?? {}
  return { broadcasts: sent, broadcastsWithdrawn: withdrawn }
}

async function deliveries(
  db: Database,
  { agencyId, from, to }: Period,
): Promise<YearTotals['deliveries']> {
  const { rows } = await sql<{ state: DeliveryState; deliveries: number }>`
    select state, sum(deliveries) as deliveries from tally
    where agency_id = ${agencyId} and day >= ${dayOf(from)}::date and day < ${dayOf(to)}::date
      and mode = 'earnest'
    group by state having sum(deliveries) != 0 order by state
  `.execute(db)
  return Object.fromEntries(rows.map((row) => [row.state, Number(row.deliveries)]))
}
