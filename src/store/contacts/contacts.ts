/** Takes contacts in by the thousand: addresses sealed in blocks, equal ones found by their blind index. */
import { sql } from 'kysely'
import { normaliseAddress } from '../../domain/address.ts'
import { Refused } from '../../domain/refusal.ts'
import type { Database, Queryable, Transacting } from '../connect.ts'
import { BLOCK_ADDRESSES_MAX, blindIndexOf, sealAddresses, type VaultKeys } from '../vault.ts'

export interface NewContact {
  readonly name: string
  readonly audiences: readonly string[]
  readonly forExercise?: boolean
  readonly creditCode?: string
  /** one of the agency's areas */
  readonly area?: string
  /** 联系人 */
  readonly liaison?: string
  readonly tags?: readonly string[]
  readonly addresses: readonly {
    readonly kind: string
    readonly value: string
    /** 代发人: who posts to this group by hand */
    readonly keeperId?: number
  }[]
}

const CONTACTS_A_CALL_MAX = 20_000
/** From here on the planner must be told: it would look through an audience once for each address. */
const ANALYZE_CONTACTS_MIN = 500

/** All or nothing a call; an address that is on file already is used again.
 *  @throws Refused naming kind and row, never the address. */
export async function addContacts(
  db: Database,
  keys: VaultKeys,
  agencyId: number,
  contacts: readonly NewContact[],
): Promise<void> {
  for (let from = 0; from < contacts.length; from += CONTACTS_A_CALL_MAX) {
    const part = contacts.slice(from, from + CONTACTS_A_CALL_MAX)
    await db.transaction().execute((tx) => addPart(tx, keys, agencyId, part, from))
  }
  await analyzeContacts(db, contacts.length)
}

/** The same inside a transaction that something else belongs to as well. */
export async function addContactsHere(
  tx: Transacting,
  keys: VaultKeys,
  agencyId: number,
  contacts: readonly NewContact[],
): Promise<void> {
  for (let from = 0; from < contacts.length; from += CONTACTS_A_CALL_MAX)
    await addPart(tx, keys, agencyId, contacts.slice(from, from + CONTACTS_A_CALL_MAX), from)
}

export async function analyzeContacts(db: Queryable, written: number): Promise<void> {
  if (written >= ANALYZE_CONTACTS_MIN) await sql`select analyze_contacts()`.execute(db)
}

export interface Wanted {
  readonly kind: string
  readonly value: string
  readonly blind: Buffer
  readonly keeperId: number | null
}

async function addPart(
  tx: Transacting,
  keys: VaultKeys,
  agencyId: number,
  contacts: readonly NewContact[],
  offset: number,
): Promise<void> {
  const wanted = new Map<string, Wanted>()
  const members = contacts.map((contact, index) =>
    contact.addresses.map(({ kind, value: written, keeperId }) => {
      const form = normaliseAddress(kind, written)
      if ('refusal' in form)
        throw new Refused({ ...form.refusal, detail: `第${offset + index + 1}行` })
      const blind = blindIndexOf(keys, agencyId, kind, form.value)
      const key = `${kind}:${blind.toString('base64')}`
      if (!wanted.has(key))
        wanted.set(key, { kind, value: form.value, blind, keeperId: keeperId ?? null })
      return key
    }),
  )
  const ids = await addressIds(tx, keys, agencyId, wanted)
  const { rows } = await sql<{ id: number }>`
    insert into contact (agency_id, name, for_exercise, credit_code, area, liaison, tags)
    select ${agencyId}::int, t.name, t.for_exercise, t.credit_code, t.area, t.liaison,
      string_to_array(t.tags, ${TAG_SEPARATOR})
    from unnest(${contacts.map((one) => one.name)}::text[],
      ${contacts.map((one) => one.forExercise ?? false)}::boolean[],
      ${contacts.map((one) => one.creditCode ?? null)}::text[],
      ${contacts.map((one) => one.area ?? null)}::text[],
      ${contacts.map((one) => one.liaison ?? null)}::text[],
      ${contacts.map((one) => tagText(one.tags ?? []))}::text[])
      with ordinality as t (name, for_exercise, credit_code, area, liaison, tags, position)
    order by t.position returning id
  `.execute(tx)
  const contactIds = rows.map((row) => row.id)
  const links = members.flatMap((addresses, index) =>
    addresses.map((key) => [contactIds[index] ?? 0, ids.get(key) ?? 0] as const),
  )
  await linkAddresses(tx, agencyId, links)
  const audiences = contacts.flatMap((contact, index) =>
    contact.audiences.map((audience) => [audience, contactIds[index] ?? 0] as const),
  )
  await joinAudiences(tx, agencyId, audiences)
}

/** Several words travel as one text, because an array of arrays must be rectangular. No tag holds it. */
export const TAG_SEPARATOR = '\u001f'
export const tagText = (tags: readonly string[]): string => tags.join(TAG_SEPARATOR)

export async function linkAddresses(
  tx: Transacting,
  agencyId: number,
  links: readonly (readonly [contactId: number, addressId: number])[],
): Promise<void> {
  await sql`
    insert into contact_address (agency_id, contact_id, address_id)
    select ${agencyId}::int, t.contact_id, t.address_id
    from unnest(${links.map(([contact]) => contact)}::bigint[],
      ${links.map(([, address]) => address)}::bigint[]) as t (contact_id, address_id)
    on conflict do nothing
  `.execute(tx)
}

export async function joinAudiences(
  tx: Transacting,
  agencyId: number,
  members: readonly (readonly [audienceId: string, contactId: number])[],
): Promise<void> {
  await sql`
    insert into audience_member (agency_id, audience_id, contact_id)
    select ${agencyId}::int, t.audience_id, t.contact_id
    from unnest(${members.map(([audience]) => audience)}::text[],
      ${members.map(([, contact]) => contact)}::bigint[]) as t (audience_id, contact_id)
    on conflict do nothing
  `.execute(tx)
}

/** Ids of all wanted addresses; what is not on file is sealed into new blocks. */
export async function addressIds(
  tx: Transacting,
  keys: VaultKeys,
  agencyId: number,
  wanted: ReadonlyMap<string, Wanted>,
): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>()
  const byKind = Map.groupBy(wanted.values(), (one) => one.kind)
  for (const [kind, all] of byKind) {
    for (const row of await onFile(tx, agencyId, kind, all)) ids.set(keyOf(kind, row.blind), row.id)
    const fresh = all.filter((one) => !ids.has(keyOf(kind, one.blind)))
    for (let from = 0; from < fresh.length; from += BLOCK_ADDRESSES_MAX) {
      const block = fresh.slice(from, from + BLOCK_ADDRESSES_MAX)
      for (const row of await addBlock(tx, keys, agencyId, kind, block))
        ids.set(keyOf(kind, row.blind), row.id)
    }
  }
  return ids
}

export const keyOf = (kind: string, blind: Buffer): string => `${kind}:${blind.toString('base64')}`

interface AddressRow {
  id: number
  blind: Buffer
}

async function onFile(
  tx: Transacting,
  agencyId: number,
  kind: string,
  wanted: readonly Wanted[],
): Promise<readonly AddressRow[]> {
  const { rows } = await sql<AddressRow>`
    select id, blind_index as blind from address
    where agency_id = ${agencyId} and kind = ${kind} and removed_at is null
      and blind_index = any(${wanted.map((one) => one.blind)}::bytea[])
  `.execute(tx)
  return rows
}

async function addBlock(
  tx: Transacting,
  keys: VaultKeys,
  agencyId: number,
  kind: string,
  block: readonly Wanted[],
): Promise<readonly AddressRow[]> {
  const values = block.map((one) => one.value)
  const { id } = await tx
    .insertInto('address_block')
    .values({
      ...{ agency_id: agencyId, kind, key_id: keys.addressKeyId, size: block.length },
      cipher: sealAddresses(keys, agencyId, kind, values),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  const { rows } = await sql<AddressRow>`
    insert into address (agency_id, kind, block_id, slot, blind_index, keeper_id, unsubscribed_at)
    select ${agencyId}::int, ${kind}::text, ${id}::bigint, t.position - 1, t.blind, t.keeper, (
      -- who took a number off keeps it off, when it was removed and comes back as well
      select max(o.unsubscribed_at) from address o where o.agency_id = ${agencyId}
        and o.kind = ${kind} and o.blind_index = t.blind and o.unsubscribed_at is not null)
    from unnest(${block.map((one) => one.blind)}::bytea[],
      ${block.map((one) => one.keeperId)}::bigint[]) with ordinality as t (blind, keeper, position)
    order by t.position
    returning id, blind_index as blind
  `.execute(tx)
  return rows
}
