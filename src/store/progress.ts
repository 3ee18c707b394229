/** How far a bulletin has come: each channel with its publication and its deliveries by state. */
import { sql } from 'kysely'
import type { DeliveryState } from '../domain/delivery.ts'
import type { Database } from './connect.ts'

export interface ChannelProgress {
  readonly channel: string
  readonly name: string
  readonly addressing: 'place' | 'group' | 'recipient'
  /** not-signed, held, sending, awaiting, published, sent, corrected, withdrawn or stopped */
  readonly state: string
  readonly url: string | null
  readonly deliveries: Readonly<Partial<Record<DeliveryState, number>>>
  /** the deliveries themselves have left for a file; their numbers stay */
  readonly archived: boolean
}

export interface BulletinProgress {
  readonly bulletinId: number
  readonly title: string
  readonly publications: readonly ChannelProgress[]
}

interface Row {
  channel: string
  name: string
  addressing: 'place' | 'group' | 'recipient'
  url: string | null
  published: boolean
  corrected: boolean
  withdrawn: boolean
  /** signed last was a withdrawal to recipients */
  taken_back: boolean
  dispatch_state: string | null
  archived: boolean
  deliveries: Partial<Record<DeliveryState, number>>
}

/** Every channel of the agency is listed, also those the bulletin was not signed for.
 *  Counts one bulletin's deliveries; it is no dashboard over the log. */
export async function bulletinProgress(
  db: Database,
  agencyId: number,
  bulletinId: number,
): Promise<BulletinProgress> {
  const bulletin = await db
    .selectFrom('bulletin')
    .select('title')
    .where('agency_id', '=', agencyId)
    .where('id', '=', bulletinId)
    .executeTakeFirstOrThrow()
  const { rows } = await sql<Row>`
    with last as (
      select distinct on (channel_id) channel_id, id, month, state, act from dispatch
      where agency_id = ${agencyId} and bulletin_id = ${bulletinId}
      order by channel_id, id desc
    ), counted as (
      select last.channel_id, v.state, count(*) as n
      from last join delivery v on v.agency_id = ${agencyId} and v.dispatch_id = last.id
        and v.month = last.month
      group by 1, 2
      union all
      select last.channel_id, k.state, k.deliveries
      from last join archived_count k on k.agency_id = ${agencyId} and k.dispatch_id = last.id
    )
    select c.id as channel, c.name, c.addressing, p.url, p.occurred_at is not null as published,
      p.withdrawn_at is not null as withdrawn,
      coalesce(last.act = 'withdraw' and c.addressing <> 'place', false) as taken_back, last.state as dispatch_state,
      exists (select 1 from archived_month m where m.agency_id = ${agencyId}
        and m.month = last.month) as archived,
      exists (select 1 from publication_fact f where f.agency_id = ${agencyId}
        and f.publication_id = p.id and f.kind = 'amended') as corrected,
      coalesce((select jsonb_object_agg(n.state, n.n) from counted n where n.channel_id = c.id),
        '{}') as deliveries
    from channel c
      left join last on last.channel_id = c.id
      left join publication p on p.agency_id = c.agency_id and p.channel_id = c.id
        and p.bulletin_id = ${bulletinId}
    where c.agency_id = ${agencyId} and c.retired_at is null
    order by c.position
  `.execute(db)
  return {
    bulletinId,
    title: bulletin.title,
    publications: rows.map((row) => ({
      ...{ channel: row.channel, name: row.name, addressing: row.addressing, url: row.url },
      ...{ state: stateOf(row), deliveries: row.deliveries, archived: row.archived },
    })),
  }
}

function stateOf(row: Row): string {
  const { deliveries } = row
  if (row.dispatch_state === null) return 'not-signed'
  if (row.withdrawn) return 'withdrawn'
  if (row.dispatch_state === 'stopped') return 'stopped'
  if (row.addressing === 'place' && row.published) return row.corrected ? 'corrected' : 'published'
  if (row.dispatch_state === 'held') return 'held'
  if (deliveries.waiting || deliveries.sending || row.dispatch_state === 'expanding')
    return 'sending'
  if (deliveries.unsure) return 'unsure'
  if (deliveries.awaiting) return 'awaiting'
  if (deliveries.accepted || deliveries.delivered) return row.taken_back ? 'withdrawn' : 'sent'
  return 'failed'
}
