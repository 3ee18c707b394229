/** People, categories, channels and audiences, as the doors ask for them. */
import { type SqlBool, sql } from 'kysely'
import type { AudienceRule } from '../domain/audience.ts'
import type { Mode } from '../domain/bulletin.ts'
import type { ChannelFacts, PeoplePort } from '../hub/ports/people.ts'
import type { Transacting } from './connect.ts'

/** Which addresses a rule means on a channel. A place is its own one address and needs no audience. */
export function reachedBy(
  agencyId: number,
  channel: { addressing: string; addressKind: string },
  rule: AudienceRule,
  mode: Mode,
) {
  const own = sql<SqlBool>`a.agency_id = ${agencyId} and a.kind = ${channel.addressKind}
    and a.removed_at is null`
  if (channel.addressing === 'place') return own
  // In an exercise or a test only contacts marked for it exist at all.
  const exercise = mode !== 'earnest' ? sql`and c.for_exercise` : sql``
  return sql<SqlBool>`${own} and exists (
    select 1 from contact_address ca
      join contact c on c.agency_id = ca.agency_id and c.id = ca.contact_id
      join audience_member m on m.agency_id = ca.agency_id and m.contact_id = ca.contact_id
    where ca.agency_id = a.agency_id and ca.address_id = a.id and c.removed_at is null
      and m.audience_id = any(${[...rule.audiences]}::text[]) ${exercise})`
}

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
    person: (id, day) =>
      tx
        .selectFrom('person')
        .select(['id', 'name', 'roles'])
        .where('agency_id', '=', agencyId)
        .where('id', '=', id)
        .where('in_office_from', '<=', day)
        .where(sql<SqlBool>`(in_office_to is null or in_office_to >= ${day}::date)`)
        .executeTakeFirst(),
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

async function countReach(
  tx: Transacting,
  agencyId: number,
  channel: ChannelFacts,
  rule: AudienceRule,
  mode: Mode,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from address a
    where ${reachedBy(agencyId, channel, rule, mode)} and a.unsubscribed_at is null
  `.execute(tx)
  return rows[0]?.count ?? 0
}
