/** Contacts as the doors read and write them. Whatever is read is masked here, before it leaves the
 *  room; in the clear it goes only to the doors that write it into the audit. */
import { type SqlBool, sql } from 'kysely'
import { maskAddress, normaliseAddress } from '../../domain/address.ts'
import type {
  ContactFacts,
  ContactFilter,
  ContactPort,
  ShownAddress,
} from '../../hub/ports/contacts.ts'
import { fromHex } from '../../kit/hash.ts'
import type { Transacting } from '../connect.ts'
import { blindIndexOf, openAddresses, type VaultKeys } from '../vault.ts'
import { audiencePort } from './audiences.ts'
import { type Blinds, compareContacts, scopeOf } from './compare.ts'
import { countMissing, keptIds, sharedPhones, writeContacts } from './write.ts'

export function contactPort(tx: Transacting, agencyId: number, keys: VaultKeys): ContactPort {
  const blinds = rememberedBlinds(keys, agencyId)
  const writing = { tx, keys, agencyId, blinds }
  return {
    ...audiencePort(tx, agencyId, keys),
    ...importPart(tx, agencyId),
    compareContacts: (rows, options) => compareContacts(tx, agencyId, rows, { ...options, blinds }),
    async leaving(rows, fates) {
      return { contacts: await countMissing(tx, agencyId, scopeOf(rows), keptIds(fates)) }
    },
    sharedPhones: (rows, fates) => sharedPhones(writing, rows, fates),
    writeContacts: (rows, fates, { at, replaces }) =>
      writeContacts({ ...writing, at }, rows, fates, { replaces }),
    contacts: (filter, page) => readContacts(tx, keys, agencyId, filter, page, true),
    contactsInClear: (filter, page) => readContacts(tx, keys, agencyId, filter, page, false),
    async addressInClear(addressId) {
      const row = await tx
        .selectFrom('address as a')
        .innerJoin('address_block as b', (join) =>
          join.onRef('b.agency_id', '=', 'a.agency_id').onRef('b.id', '=', 'a.block_id'),
        )
        .select(['a.slot', 'a.removed_at', 'b.kind', 'b.size', 'b.cipher'])
        .where('a.agency_id', '=', agencyId)
        .where('a.id', '=', addressId)
        .executeTakeFirst()
      const value = row && openAddresses(keys, agencyId, row)[row.slot]
      if (!row || value === undefined) return undefined
      return { kind: row.kind, value, removed: row.removed_at !== null }
    },
  }
}

function rememberedBlinds(keys: VaultKeys, agencyId: number): Blinds {
  const known = new Map<string, Buffer>()
  return (kind, value) => {
    const key = `${kind}:${value}`
    const before = known.get(key)
    if (before) return before
    const blind = blindIndexOf(keys, agencyId, kind, value)
    known.set(key, blind)
    return blind
  }
}

function importPart(
  tx: Transacting,
  agencyId: number,
): Pick<ContactPort, 'addContactImport' | 'contactImports'> {
  return {
    async addContactImport({ fileName, fileHash, enteredBy, ...facts }) {
      const { id } = await tx
        .insertInto('contact_import')
        .values({
          ...facts,
          ...{ agency_id: agencyId, file_name: fileName, file_hash: fromHex(fileHash) },
          entered_by: enteredBy,
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    },
    async contactImports(limit) {
      const rows = await tx
        .selectFrom('contact_import')
        .select(['id', 'file_name as fileName', 'file_hash', 'entered_by as enteredBy', 'at'])
        .select(['replaces', 'rows', 'added', 'changed', 'unchanged', 'removed'])
        .where('agency_id', '=', agencyId)
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(({ file_hash, ...facts }) => ({
        ...facts,
        fileHash: file_hash.toString('hex'),
      }))
    },
  }
}

async function readContacts(
  tx: Transacting,
  keys: VaultKeys,
  agencyId: number,
  filter: ContactFilter,
  page: { readonly after: number; readonly limit: number },
  masked: boolean,
): Promise<readonly ContactFacts[]> {
  const { rows } = await sql<{
    id: number
    name: string
    code: string | null
    area: string | null
    liaison: string | null
    tags: string[]
    forExercise: boolean
    audiences: string[]
  }>`
    select c.id, c.name, c.credit_code as code, c.area, c.liaison, c.tags,
      c.for_exercise as "forExercise",
      array(select m.audience_id from audience_member m
        where m.agency_id = c.agency_id and m.contact_id = c.id order by 1) as audiences
    from contact c
    where c.agency_id = ${agencyId} and c.removed_at is null and c.id > ${page.after}
      and ${filtered(keys, agencyId, filter)}
    order by c.id limit ${page.limit}
  `.execute(tx)
  const addresses = await addressesOf(
    tx,
    keys,
    agencyId,
    rows.map((row) => row.id),
    masked,
  )
  return rows.map(({ code, area, liaison, ...contact }) => ({
    ...contact,
    ...(code === null ? {} : { creditCode: code }),
    ...(area === null ? {} : { area }),
    ...(liaison === null ? {} : { liaison: masked ? maskName(liaison) : liaison }),
    addresses: addresses.get(contact.id) ?? [],
  }))
}

/** 沈** */
function maskName(name: string): string {
  const [first = ''] = name
  return `${first}**`
}

function filtered(keys: VaultKeys, agencyId: number, filter: ContactFilter) {
  const { audience, area, tag, name, address } = filter
  const form = address && normaliseAddress(address.kind, address.value)
  const blind = form && 'value' in form && blindIndexOf(keys, agencyId, address.kind, form.value)
  const parts = [
    ...(audience === undefined
      ? []
      : [
          sql<SqlBool>`exists (select 1 from audience_member f where f.agency_id = c.agency_id
            and f.contact_id = c.id and f.audience_id = ${audience})`,
        ]),
    ...(area === undefined ? [] : [sql<SqlBool>`c.area = ${area}`]),
    ...(tag === undefined ? [] : [sql<SqlBool>`c.tags @> array[${tag}]::text[]`]),
    ...(name === undefined ? [] : [sql<SqlBool>`strpos(c.name, ${name}) > 0`]),
    ...(blind
      ? [
          sql<SqlBool>`c.id in (select ca.contact_id from address a
            join contact_address ca on ca.agency_id = a.agency_id and ca.address_id = a.id
            where a.agency_id = ${agencyId} and a.kind = ${address.kind}
              and a.blind_index = ${blind} and a.removed_at is null)`,
        ]
      : []),
    // An address nobody can have finds nobody, not everybody.
    ...(address && !blind ? [sql<SqlBool>`false`] : []),
  ]
  return parts.length === 0 ? sql<SqlBool>`true` : sql<SqlBool>`${sql.join(parts, sql` and `)}`
}

async function addressesOf(
  tx: Transacting,
  keys: VaultKeys,
  agencyId: number,
  contactIds: readonly number[],
  masked: boolean,
): Promise<ReadonlyMap<number, readonly ShownAddress[]>> {
  const { rows } = await sql<{
    contact: number
    id: number
    kind: string
    block: number
    slot: number
    off: boolean
  }>`
    select ca.contact_id as contact, a.id, a.kind, a.block_id as block, a.slot,
      a.unsubscribed_at is not null as off
    from contact_address ca
      join address a on a.agency_id = ca.agency_id and a.id = ca.address_id
    where ca.agency_id = ${agencyId} and ca.contact_id = any(${[...contactIds]}::bigint[])
      and a.removed_at is null
    order by a.id
  `.execute(tx)
  const blocks = await openBlocks(tx, keys, agencyId, new Set(rows.map((row) => row.block)))
  const read = rows.map(({ contact, id, kind, block, slot, off }) => {
    const value = blocks.get(block)?.[slot]
    const text = value === undefined ? '（无法解密）' : masked ? maskAddress(kind, value) : value
    return { contact, address: { id, kind, shown: text, unsubscribed: off } }
  })
  const grouped = Map.groupBy(read, (one) => one.contact)
  return new Map([...grouped].map(([id, all]) => [id, all.map((one) => one.address)]))
}

async function openBlocks(
  tx: Transacting,
  keys: VaultKeys,
  agencyId: number,
  ids: ReadonlySet<number>,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const { rows } = await sql<{ id: number; kind: string; size: number; cipher: Buffer }>`
    select b.id, b.kind, b.size, b.cipher from address_block b
    where b.agency_id = ${agencyId} and b.id = any(${[...ids]}::bigint[])
  `.execute(tx)
  const open = new Map<number, readonly string[]>()
  for (const block of rows) {
    try {
      open.set(block.id, openAddresses(keys, agencyId, block))
    } catch {
      // Shown as what cannot be opened; the rest of the page is no worse for it.
    }
  }
  return open
}
