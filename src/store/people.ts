/** People, categories, channels and audiences, as the doors ask for them. */
import { type SqlBool, sql } from 'kysely'
import type { PeoplePort } from '../hub/ports/people.ts'
import { rolesInPlaceOf } from './chains.ts'
import type { Transacting } from './connect.ts'
import { countReach } from './contacts/reach-count.ts'

const CHANNEL = ['id', 'name', 'line', 'addressing', 'address_kind as addressKind'] as const

export function peoplePort(tx: Transacting, agencyId: number): PeoplePort {
  const channels = () =>
    tx
      .selectFrom('channel')
      .select(CHANNEL)
      .where('agency_id', '=', agencyId)
      .where('retired_at', 'is', null)
      .orderBy('position')
  const categories = () =>
    tx
      .selectFrom('category')
      .select(['id', 'name', 'measure_word as measureWord'])
      .select(['required_fields as requiredFields', 'line_categories as lineCategories'])
      .where('agency_id', '=', agencyId)
  return {
    async agency(day) {
      const name = await tx
        .selectFrom('agency_name')
        .select(['agency_id as id', 'name', 'short_name as shortName'])
        .where('agency_id', '=', agencyId)
        // An agency younger than the day keeps its first name.
        .orderBy(sql`from_on <= ${day}::date`, 'desc')
        .orderBy(sql`abs(from_on - ${day}::date)`)
        .executeTakeFirst()
      return name ?? { id: agencyId, name: String(agencyId), shortName: String(agencyId) }
    },
    async person(id, day) {
      const person = await tx
        .selectFrom('person')
        .select(['id', 'name', 'roles'])
        .where('agency_id', '=', agencyId)
        .where('id', '=', id)
        .where('in_office_from', '<=', day)
        .where(sql<SqlBool>`(in_office_to is null or in_office_to >= ${day}::date)`)
        .executeTakeFirst()
      if (!person) return undefined
      const lent = await rolesInPlaceOf(tx, agencyId, id, day)
      const deputises = lent.filter(({ role }) => !person.roles.includes(role))
      if (deputises.length === 0) return person
      const roles = [...new Set([...person.roles, ...deputises.map((one) => one.role)])]
      return { ...person, roles, deputises }
    },
    category: (id) => categories().where('id', '=', id).executeTakeFirst(),
    categories: () => categories().orderBy('id').execute(),
    channel: (id) => channels().where('id', '=', id).executeTakeFirst(),
    channels: () => channels().execute(),
    roads: (channelId) =>
      tx
        .selectFrom('road')
        .select(['channel_id as channelId', 'id as roadId', 'adapter', 'settings'])
        .where('agency_id', '=', agencyId)
        .where('channel_id', '=', channelId)
        .where('enabled', '=', true)
        .orderBy('position')
        .execute(),
    reach: (channel, rule, mode) => countReach(tx, agencyId, channel, rule, mode),
    async addressIdMax() {
      const row = await tx
        .selectFrom('address')
        .select((eb) => eb.fn.max<number | null>('id').as('id'))
        .where('agency_id', '=', agencyId)
        .executeTakeFirst()
      return row?.id ?? 0
    },
    async unsubscribe(addressId, at) {
      const result = await tx
        .updateTable('address')
        .set({ unsubscribed_at: at })
        .where('agency_id', '=', agencyId)
        .where('id', '=', addressId)
        .where('unsubscribed_at', 'is', null)
        .executeTakeFirst()
      return result.numUpdatedRows > 0n
    },
  }
}
