/** Publications, dispatches and deliveries as lists show them; an address leaves here masked. */
import { maskAddress } from '../../domain/address.ts'
import { Refused } from '../../domain/refusal.ts'
import type { DeliveryRow, DispatchRow, Lists, PublicationRow } from '../../hub/ports/lists.ts'
import { openBlocks } from '../claim.ts'
import type { Database } from '../connect.ts'
import type { VaultKeys } from '../vault.ts'

type Part = Pick<Lists, 'publications' | 'publication' | 'dispatches' | 'dispatch' | 'deliveries'>

export function dispatchLists(db: Database, keys: VaultKeys): Part {
  return {
    async publications(agencyId, { after, limit, bulletinId, channelId }) {
      let query = publications(db, agencyId).orderBy('p.id', 'desc').limit(limit)
      if (after !== undefined) query = query.where('p.id', '<', after)
      if (bulletinId !== undefined) query = query.where('p.bulletin_id', '=', bulletinId)
      if (channelId !== undefined) query = query.where('p.channel_id', '=', channelId)
      return query.execute()
    },
    publication: (agencyId, id) =>
      publications(db, agencyId).where('p.id', '=', id).executeTakeFirst(),
    async dispatches(agencyId, { after, limit, bulletinId, channelId }) {
      let query = dispatches(db, agencyId).orderBy('id', 'desc').limit(limit)
      if (after !== undefined) query = query.where('id', '<', after)
      if (bulletinId !== undefined) query = query.where('bulletin_id', '=', bulletinId)
      if (channelId !== undefined) query = query.where('channel_id', '=', channelId)
      return query.execute()
    },
    dispatch: (agencyId, id) => dispatches(db, agencyId).where('id', '=', id).executeTakeFirst(),
    deliveries: (agencyId, dispatchId, query) =>
      deliveries(db, keys, { agencyId, dispatchId }, query),
  }
}

function publications(db: Database, agencyId: number) {
  return db
    .selectFrom('publication as p')
    .innerJoin('bulletin as b', (join) =>
      join.onRef('b.agency_id', '=', 'p.agency_id').onRef('b.id', '=', 'p.bulletin_id'),
    )
    .where('p.agency_id', '=', agencyId)
    .select(['p.id', 'p.bulletin_id as bulletinId', 'p.channel_id as channelId'])
    .select(['p.category_id as categoryId', 'b.title', 'p.origin', 'p.mode', 'p.url'])
    .select(['p.occurred_at as occurredAt', 'p.withdrawn_at as withdrawnAt'])
    .select(['p.duplicate_of as duplicateOf', 'p.confirmed_at as confirmedAt'])
    .$castTo<PublicationRow>()
}

function dispatches(db: Database, agencyId: number) {
  return db
    .selectFrom('dispatch')
    .where('agency_id', '=', agencyId)
    .select(['id', 'bulletin_id as bulletinId', 'channel_id as channelId', 'act', 'revision'])
    .select(['category_id as categoryId', 'mode', 'lane', 'reach', 'tolerance', 'state', 'reason'])
    .select(['not_before as notBefore', 'not_after as notAfter', 'held_reason as heldReason'])
    .select(['signature_id as signatureId', 'created_at as createdAt'])
    .$castTo<DispatchRow>()
}

async function deliveries(
  db: Database,
  keys: VaultKeys,
  { agencyId, dispatchId }: { readonly agencyId: number; readonly dispatchId: number },
  { after, limit, state }: Parameters<Lists['deliveries']>[2],
): Promise<readonly DeliveryRow[] | undefined> {
  const dispatch = await db
    .selectFrom('dispatch')
    .select('month')
    .where('agency_id', '=', agencyId)
    .where('id', '=', dispatchId)
    .executeTakeFirst()
  if (!dispatch) return undefined
  const archived = await db
    .selectFrom('archived_month')
    .select('file')
    .where('agency_id', '=', agencyId)
    .where('month', '=', dispatch.month)
    .executeTakeFirst()
  if (archived) throw new Refused({ code: 'archived', detail: archived.file })
  let query = db
    .selectFrom('delivery as v')
    .innerJoin('address as a', (join) =>
      join.onRef('a.agency_id', '=', 'v.agency_id').onRef('a.id', '=', 'v.address_id'),
    )
    .where('v.agency_id', '=', agencyId)
    .where('v.dispatch_id', '=', dispatchId)
    .where('v.month', '=', dispatch.month)
    .where('v.address_id', '>', after ?? 0)
    .select(['v.address_id as addressId', 'a.kind', 'a.block_id', 'a.slot', 'v.state', 'v.code'])
    .select(['v.units', 'v.changed_at as changedAt', 'v.acked_at as acknowledgedAt'])
    .orderBy('v.address_id')
    .limit(limit)
  if (state !== undefined) query = query.where('v.state', '=', state)
  const rows = await query.execute()
  const values = await db.transaction().execute((tx) => openBlocks(tx, keys, agencyId, rows))
  return rows.map(({ block_id, slot, ...row }) => {
    const value = values.get(block_id)?.[slot]
    return { ...row, address: value === undefined ? null : maskAddress(row.kind, value) }
  })
}
