/** 刊播凭证: the register, and the release a clipping proves. */
import { sql } from 'kysely'
import type { ClippingPort, ClippingRow, Release } from '../hub/ports/clippings.ts'
import { fromHex } from '../kit/hash.ts'
import type { Transacting } from './connect.ts'
import { endDeliveries } from './stopping.ts'
import { markSuccess } from './successes.ts'

export function clippingPort(tx: Transacting, agencyId: number): ClippingPort {
  return {
    releaseOn: (bulletinId, channelId) => releaseOn(tx, agencyId, bulletinId, channelId),
    async addClipping(clipping) {
      const { url, pictureHash } = clipping
      const row = await tx
        .insertInto('clipping')
        .values({
          ...{ agency_id: agencyId, publication_id: clipping.publicationId },
          ...{ outlet: clipping.outlet, kind: clipping.kind, place: clipping.place },
          ...{ appeared_at: clipping.appearedAt, url: url ?? null },
          picture_hash: pictureHash === undefined ? null : fromHex(pictureHash),
          ...{ entered_by: clipping.enteredBy, entered_at: clipping.at },
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      return row?.id
    },
    async proveRelease({ dispatchId, addressId }, occurredAt, url) {
      await endDeliveries(tx, agencyId, dispatchId, {
        from: ['unsure', 'accepted'],
        to: 'delivered',
        addressIds: [addressId],
      })
      const success = { at: occurredAt, ...(url === undefined ? {} : { url }) }
      await markSuccess(tx, { agencyId, dispatchId }, success)
    },
    clippings: (filter) => clippings(tx, agencyId, filter),
  }
}

async function releaseOn(
  tx: Transacting,
  agencyId: number,
  bulletinId: number,
  channelId: string,
): Promise<Release | undefined> {
  // The publication is locked first, so that two first clippings count once.
  const publication = await tx
    .selectFrom('publication')
    .select(['id', 'occurred_at'])
    .where('agency_id', '=', agencyId)
    .where('bulletin_id', '=', bulletinId)
    .where('channel_id', '=', channelId)
    .forUpdate()
    .executeTakeFirst()
  if (!publication) return undefined
  const { rows } = await sql<{
    dispatchId: number
    addressId: number
    sentAt: Date
    openTaskId: number | null
    mayHaveLeft: boolean
  }>`
    select d.id as "dispatchId", v.address_id as "addressId", d.not_before as "sentAt",
      case when t.state = 'open' then t.id end as "openTaskId",
      (t.id is not null or v.state in ('unsure', 'accepted', 'delivered')) as "mayHaveLeft"
    from dispatch d
      join delivery v on v.agency_id = d.agency_id and v.dispatch_id = d.id and v.month = d.month
      left join hand_task t on t.agency_id = d.agency_id and t.dispatch_id = d.id
        and t.address_id = v.address_id
    where d.agency_id = ${agencyId} and d.publication_id = ${publication.id} and d.act = 'publish'
    order by "mayHaveLeft" desc, d.id desc limit 1
  `.execute(tx)
  const [row] = rows
  if (!row) return undefined
  const { openTaskId, dispatchId, addressId, sentAt, mayHaveLeft } = row
  return {
    ...{ publicationId: publication.id, dispatchId, addressId, sentAt, mayHaveLeft },
    published: publication.occurred_at !== null,
    ...(openTaskId === null ? {} : { openTaskId }),
  }
}

async function clippings(
  tx: Transacting,
  agencyId: number,
  { from, to, limit }: Parameters<ClippingPort['clippings']>[0],
): Promise<readonly ClippingRow[]> {
  const rows = await tx
    .selectFrom('clipping as k')
    .innerJoin('publication as p', (join) =>
      join.onRef('p.agency_id', '=', 'k.agency_id').onRef('p.id', '=', 'k.publication_id'),
    )
    .innerJoin('bulletin as b', (join) =>
      join.onRef('b.agency_id', '=', 'p.agency_id').onRef('b.id', '=', 'p.bulletin_id'),
    )
    .innerJoin('channel as c', (join) =>
      join.onRef('c.agency_id', '=', 'p.agency_id').onRef('c.id', '=', 'p.channel_id'),
    )
    .innerJoin('person as e', (join) =>
      join.onRef('e.agency_id', '=', 'k.agency_id').onRef('e.id', '=', 'k.entered_by'),
    )
    .select(['k.id', 'p.bulletin_id as bulletinId', 'b.title', 'p.channel_id as channelId'])
    .select(['c.name as channelName', 'c.line', 'k.outlet', 'k.kind', 'k.place', 'k.url'])
    .select(['k.appeared_at as appearedAt', 'k.picture_hash', 'e.name as enteredBy'])
    .select('k.entered_at as enteredAt')
    .where('k.agency_id', '=', agencyId)
    .where('p.mode', '=', 'earnest')
    .where('k.appeared_at', '>=', from)
    .where('k.appeared_at', '<', to)
    .orderBy('k.appeared_at')
    .orderBy('k.id')
    .limit(limit)
    .execute()
  return rows.map(({ picture_hash, url, ...row }) => ({
    ...row,
    ...(url === null ? {} : { url }),
    ...(picture_hash === null ? {} : { pictureHash: picture_hash.toString('hex') }),
  }))
}
