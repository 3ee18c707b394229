/** The roads of a channel on file, as the door that changes them asks for them. */
import { sql } from 'kysely'
import type { RoadPort } from '../hub/ports/roads.ts'
import type { Transacting } from './connect.ts'
import { addPlace } from './founding.ts'
import { openAddresses, type VaultKeys } from './vault.ts'

const OWN_ADDRESSES_MAX = 20

export function roadPort(tx: Transacting, agencyId: number, keys: VaultKeys): RoadPort {
  return {
    lockRoads: (channelId) =>
      tx
        .selectFrom('road')
        .select(['id as roadId', 'adapter', 'settings', 'position', 'enabled'])
        .select('held_reason as heldReason')
        .where('agency_id', '=', agencyId)
        .where('channel_id', '=', channelId)
        .orderBy('position')
        .orderBy('id')
        .forUpdate()
        .execute(),
    async putRoad(channelId, { roadId, adapter, settings, position }) {
      const facts = { settings: JSON.stringify(settings), position, enabled: true }
      await tx
        .insertInto('road')
        .values({ agency_id: agencyId, channel_id: channelId, id: roadId, adapter, ...facts })
        .onConflict((conflict) =>
          conflict.columns(['agency_id', 'channel_id', 'id']).doUpdateSet(facts),
        )
        .execute()
    },
    async enableRoad(channelId, roadId, enabled) {
      await tx
        .updateTable('road')
        .set({ enabled })
        .where('agency_id', '=', agencyId)
        .where('channel_id', '=', channelId)
        .where('id', '=', roadId)
        .execute()
    },
    async addChannel(channel) {
      const { id, name, line, addressing, addressKind } = channel
      const { numAffectedRows = 0n } = await sql`
        insert into channel (agency_id, id, name, line, addressing, address_kind, position)
        select ${agencyId}::int, ${id}::text, ${name}::text, ${line}::text, ${addressing}::text,
          ${addressKind}::text, coalesce(max(position), 0) + 1
        from channel where agency_id = ${agencyId}
        on conflict do nothing
      `.execute(tx)
      if (numAffectedRows === 0n) return false
      if (addressing === 'place') await addPlace(tx, keys, agencyId, channel)
      return true
    },
    async ownTestAddresses(name, kind) {
      const rows = await tx
        .selectFrom('contact as c')
        .innerJoin('contact_address as m', (join) =>
          join.onRef('m.agency_id', '=', 'c.agency_id').onRef('m.contact_id', '=', 'c.id'),
        )
        .innerJoin('address as a', (join) =>
          join.onRef('a.agency_id', '=', 'm.agency_id').onRef('a.id', '=', 'm.address_id'),
        )
        .innerJoin('address_block as b', (join) =>
          join.onRef('b.agency_id', '=', 'a.agency_id').onRef('b.id', '=', 'a.block_id'),
        )
        .select(['a.slot', 'b.kind', 'b.size', 'b.cipher'])
        .where('c.agency_id', '=', agencyId)
        .where('c.name', '=', name)
        .where('c.for_exercise', '=', true)
        .where('c.removed_at', 'is', null)
        .where('a.kind', '=', kind)
        .where('a.removed_at', 'is', null)
        .where('a.unsubscribed_at', 'is', null)
        .orderBy('a.id')
        .limit(OWN_ADDRESSES_MAX)
        .execute()
      const values = rows.map((row) => openAddresses(keys, agencyId, row)[row.slot])
      return values.filter((value) => value !== undefined)
    },
  }
}
