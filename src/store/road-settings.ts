/** The roads of a channel on file, as the door that changes them asks for them. */
import type { RoadPort } from '../hub/ports/roads.ts'
import type { Transacting } from './connect.ts'

export function roadPort(tx: Transacting, agencyId: number): RoadPort {
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
  }
}
