/** Audiences and areas as the doors keep them, and how far a rule goes. */
import { sql } from 'kysely'
import type { AudienceFacts, AudiencePort } from '../../hub/ports/contacts.ts'
import type { Transacting } from '../connect.ts'
import type { VaultKeys } from '../vault.ts'
import { contactReach, reachOf } from './reach.ts'
import { reachedBy, resolveAudiences } from './rules.ts'

export function audiencePort(tx: Transacting, agencyId: number, keys: VaultKeys): AudiencePort {
  return {
    ...areaPart(tx, agencyId),
    async audiences() {
      const rows = await tx
        .selectFrom('audience')
        .select(['id', 'name', 'rule'])
        .where('agency_id', '=', agencyId)
        .orderBy('id')
        .execute()
      return rows.map(
        ({ id, name, rule }): AudienceFacts =>
          rule === null ? { id, name } : { id, name, definition: rule },
      )
    },
    async lockContacts() {
      await sql`select pg_advisory_xact_lock(hashtext('contacts'), ${agencyId}::int)`.execute(tx)
    },
    async keepAudience({ id, name, definition }) {
      const rule = definition === undefined ? null : JSON.stringify(definition)
      await tx
        .insertInto('audience')
        .values({ agency_id: agencyId, id, name, rule })
        .onConflict((conflict) => conflict.columns(['agency_id', 'id']).doUpdateSet({ name, rule }))
        .execute()
    },
    resolveAudiences: (audiences) => resolveAudiences(tx, agencyId, audiences),
    reachOf: (channel, rule, mode) => reachOf(tx, keys, agencyId, channel, rule, mode),
    async reachDifference(channel, mode, one, other) {
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from address a
        where a.agency_id = ${agencyId} and a.unsubscribed_at is null
          and (${reachedBy(agencyId, channel, one, mode)})
            <> (${reachedBy(agencyId, channel, other, mode)})
      `.execute(tx)
      return rows[0]?.count ?? 0
    },
    contactReach: (contactId, channel, rule, mode) =>
      contactReach(tx, keys, agencyId, contactId, { channel, rule, mode }),
  }
}

type AreaPart = Pick<AudiencePort, 'areas' | 'addAreas' | 'retireArea'>

function areaPart(tx: Transacting, agencyId: number): AreaPart {
  return {
    async areas() {
      const rows = await tx
        .selectFrom('area')
        .select('name')
        .where('agency_id', '=', agencyId)
        .where('retired_at', 'is', null)
        .orderBy('position')
        .orderBy('name')
        .execute()
      return rows.map((row) => row.name)
    },
    async addAreas(names) {
      await sql`
        insert into area (agency_id, name, position)
        select ${agencyId}::int, t.name, t.position + coalesce((
          select max(o.position) from area o where o.agency_id = ${agencyId}), 0)
        from unnest(${[...names]}::text[]) with ordinality as t (name, position)
        on conflict (agency_id, name) do update set retired_at = null
      `.execute(tx)
    },
    async retireArea(name, at) {
      const result = await tx
        .updateTable('area')
        .set({ retired_at: at })
        .where('agency_id', '=', agencyId)
        .where('name', '=', name)
        .where('retired_at', 'is', null)
        .executeTakeFirst()
      return result.numUpdatedRows > 0n
    },
  }
}
