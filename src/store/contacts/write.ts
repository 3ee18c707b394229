/** Writes a list that was compared: new contacts, changed ones, and those a complete list leaves out.
 *  No row of an address is rewritten: a changed number is the end of one row and the start of another,
 *  so that what was sent still points at where it went. */
import { sql } from 'kysely'
import type { ContactRow } from '../../domain/contact-row.ts'
import type { ImportOptions, RowFate } from '../../hub/ports/contacts.ts'
import type { Transacting } from '../connect.ts'
import type { VaultKeys } from '../vault.ts'
import { type Blinds, onFile, type Plan, planOf, ROWS_A_LOOK_MAX, scopeOf } from './compare.ts'
import {
  addContactsHere,
  addressIds,
  analyzeContacts,
  joinAudiences,
  keyOf,
  linkAddresses,
  TAG_SEPARATOR,
  tagText,
  type Wanted,
} from './contacts.ts'

interface Writing {
  readonly tx: Transacting
  readonly keys: VaultKeys
  readonly agencyId: number
  readonly blinds: Blinds
  readonly at: Date
}

export async function writeContacts(
  writing: Writing,
  rows: readonly ContactRow[],
  fates: readonly RowFate[],
  { replaces }: ImportOptions,
): Promise<void> {
  const { tx, keys, agencyId } = writing
  const scope = scopeOf(rows)
  if (replaces) await removeMissing(writing, scope, keptIds(fates))
  const changed = rows.flatMap((row, index) => {
    const fate = fates[index]
    return fate?.kind === 'changed' ? [{ row, contactId: fate.contactId }] : []
  })
  for (let from = 0; from < changed.length; from += ROWS_A_LOOK_MAX) {
    const part = changed.slice(from, from + ROWS_A_LOOK_MAX)
    const known = await onFile(
      tx,
      agencyId,
      part.map((one) => one.contactId),
    )
    const plans = part.flatMap(({ row, contactId }) => {
      const contact = known.get(contactId)
      const options = { replaces, scope, blinds: writing.blinds }
      return contact ? [{ contactId, plan: planOf(row, contact, options) }] : []
    })
    await change(writing, plans)
  }
  const fresh = rows.filter((_, index) => fates[index]?.kind === 'new')
  await addContactsHere(
    tx,
    keys,
    agencyId,
    fresh.map((row) => ({ ...row, audiences: row.audiences ?? [] })),
  )
  await analyzeContacts(tx, fresh.length + changed.length)
}

export function keptIds(fates: readonly RowFate[]): readonly number[] {
  return fates.flatMap((fate) => ('contactId' in fate ? [fate.contactId] : []))
}

interface Planned {
  readonly contactId: number
  readonly plan: Plan
}

async function change(writing: Writing, plans: readonly Planned[]): Promise<void> {
  const { tx, agencyId } = writing
  const column = <T>(of: (plan: Plan) => T) => plans.map(({ plan }) => of(plan))
  await sql`
    update contact c set name = t.name, credit_code = t.code, area = t.area, liaison = t.liaison,
      tags = string_to_array(t.tags, ${TAG_SEPARATOR}), for_exercise = t.for_exercise
    from unnest(${plans.map((one) => one.contactId)}::bigint[],
      ${column(({ set }) => set.name)}::text[], ${column(({ set }) => set.creditCode)}::text[],
      ${column(({ set }) => set.area)}::text[], ${column(({ set }) => set.liaison)}::text[],
      ${column(({ set }) => tagText(set.tags))}::text[],
      ${column(({ set }) => set.forExercise)}::boolean[])
      as t (id, name, code, area, liaison, tags, for_exercise)
    where c.agency_id = ${agencyId} and c.id = t.id
  `.execute(tx)
  await changeAddresses(writing, plans)
  await joinAudiences(
    tx,
    agencyId,
    plans.flatMap(({ contactId, plan }) => plan.join.map((id) => [id, contactId] as const)),
  )
  const leave = plans.flatMap(({ contactId, plan }) => plan.leave.map((id) => ({ id, contactId })))
  await sql`
    delete from audience_member m using unnest(${leave.map((one) => one.id)}::text[],
      ${leave.map((one) => one.contactId)}::bigint[]) as t (audience_id, contact_id)
    where m.agency_id = ${agencyId} and m.audience_id = t.audience_id
      and m.contact_id = t.contact_id
  `.execute(tx)
}

async function changeAddresses(writing: Writing, plans: readonly Planned[]): Promise<void> {
  const { tx, keys, agencyId, blinds, at } = writing
  const wanted = new Map<string, Wanted>()
  const links: (readonly [number, string])[] = []
  for (const { contactId, plan } of plans)
    for (const { kind, value } of plan.add) {
      const blind = blinds(kind, value)
      const key = keyOf(kind, blind)
      if (!wanted.has(key)) wanted.set(key, { kind, value, blind, keeperId: null })
      links.push([contactId, key])
    }
  const ids = await addressIds(tx, keys, agencyId, wanted)
  await linkAddresses(
    tx,
    agencyId,
    links.map(([contactId, key]) => [contactId, ids.get(key) ?? 0] as const),
  )
  const drop = plans.flatMap(({ contactId, plan }) =>
    plan.dropIds.map((addressId) => ({ contactId, addressId })),
  )
  const contacts = drop.map((one) => one.contactId)
  const addresses = drop.map((one) => one.addressId)
  await sql`
    with gone as (
      delete from contact_address ca using unnest(${contacts}::bigint[], ${addresses}::bigint[])
        as t (contact_id, address_id)
      where ca.agency_id = ${agencyId} and ca.contact_id = t.contact_id
        and ca.address_id = t.address_id
      returning ca.contact_id, ca.address_id)
    insert into contact_address_past (agency_id, contact_id, address_id, until)
    select ${agencyId}::int, g.contact_id, g.address_id, ${at}::timestamptz from gone g
    on conflict do nothing
  `.execute(tx)
  await endAddresses(writing, addresses)
}

/** An address nobody has any more ends; one that another contact still has stays. */
async function endAddresses(
  { tx, agencyId, at }: Writing,
  addresses: readonly number[],
): Promise<void> {
  if (addresses.length === 0) return
  await sql`
    update address a set removed_at = ${at}
    where a.agency_id = ${agencyId} and a.id = any(${[...addresses]}::bigint[])
      and a.removed_at is null and not exists (
        select 1 from contact_address ca
          join contact c on c.agency_id = ca.agency_id and c.id = ca.contact_id
        where ca.agency_id = a.agency_id and ca.address_id = a.id and c.removed_at is null)
  `.execute(tx)
}

/** Leaves the audiences the list speaks about; who is then in none and has no tag is removed. Where the
 *  list speaks about none, everybody it leaves out is removed. */
async function removeMissing(
  writing: Writing,
  scope: ReadonlySet<string>,
  kept: readonly number[],
): Promise<void> {
  const { tx, agencyId, at } = writing
  const removed = sql`update contact c set removed_at = ${at}
    where c.agency_id = ${agencyId} and c.removed_at is null`
  const { rows } =
    scope.size === 0
      ? await sql<{ id: number }>`
          ${removed} and not (c.id = any(${[...kept]}::bigint[])) returning c.id`.execute(tx)
      : await sql<{ id: number }>`
          with gone as (
            delete from audience_member m
            where m.agency_id = ${agencyId} and m.audience_id = any(${[...scope]}::text[])
              and not (m.contact_id = any(${[...kept]}::bigint[]))
            returning m.contact_id)
          ${removed} and c.tags = '{}' and c.id in (select g.contact_id from gone g)
            and not exists (select 1 from audience_member o where o.agency_id = c.agency_id
              and o.contact_id = c.id and not (o.audience_id = any(${[...scope]}::text[])))
          returning c.id`.execute(tx)
  const ids = rows.map((row) => row.id)
  const { rows: addresses } = await sql<{ id: number }>`
    select distinct ca.address_id as id from contact_address ca
    where ca.agency_id = ${agencyId} and ca.contact_id = any(${ids}::bigint[])
  `.execute(tx)
  await endAddresses(
    writing,
    addresses.map((row) => row.id),
  )
}

/** How many contacts `removeMissing` would touch. */
export async function countMissing(
  tx: Transacting,
  agencyId: number,
  scope: ReadonlySet<string>,
  kept: readonly number[],
): Promise<number> {
  const inScope =
    scope.size === 0
      ? sql`true`
      : sql`exists (select 1 from audience_member m where m.agency_id = c.agency_id
          and m.contact_id = c.id and m.audience_id = any(${[...scope]}::text[]))`
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from contact c where c.agency_id = ${agencyId}
      and c.removed_at is null and not (c.id = any(${[...kept]}::bigint[])) and ${inScope}
  `.execute(tx)
  return rows[0]?.count ?? 0
}

/** Row by row, how many contacts the list does not speak about have one of its new phones as well. */
export async function sharedPhones(
  { tx, agencyId, blinds }: Omit<Writing, 'keys' | 'at'>,
  rows: readonly ContactRow[],
  fates: readonly RowFate[],
): Promise<ReadonlyMap<number, number>> {
  const kept = keptIds(fates)
  const asked = rows.flatMap(({ row, addresses }, index) => {
    const kind = fates[index]?.kind
    if (kind !== 'new' && kind !== 'changed') return []
    const phones = addresses.filter((one) => one.kind === 'phone')
    return phones.map((one) => ({ row, blind: blinds('phone', one.value) }))
  })
  const found = new Map<number, number>()
  for (let from = 0; from < asked.length; from += ROWS_A_LOOK_MAX) {
    const part = asked.slice(from, from + ROWS_A_LOOK_MAX)
    const { rows: shared } = await sql<{ row: number; count: number }>`
      select t.row_number as row, count(distinct c.id) as count
      from unnest(${part.map((one) => one.row)}::int[], ${part.map((one) => one.blind)}::bytea[])
          as t (row_number, blind)
        join address a on a.agency_id = ${agencyId} and a.kind = 'phone'
          and a.blind_index = t.blind and a.removed_at is null
        join contact_address ca on ca.agency_id = a.agency_id and ca.address_id = a.id
        join contact c on c.agency_id = ca.agency_id and c.id = ca.contact_id
      where c.removed_at is null and not (c.id = any(${[...kept]}::bigint[]))
      group by t.row_number
    `.execute(tx)
    for (const { row, count } of shared) found.set(row, count)
  }
  return found
}
