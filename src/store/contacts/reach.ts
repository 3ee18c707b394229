/** How far a rule goes on a channel, with each reason that keeps somebody out, and the same for one
 *  contact. Counted over contacts first and addresses second, so that the reasons add up. */
import { sql } from 'kysely'
import { maskAddress } from '../../domain/address.ts'
import type { AudienceRule } from '../../domain/audience.ts'
import type { Mode } from '../../domain/bulletin.ts'
import type { ContactReach } from '../../domain/contact-why.ts'
import type { Reach } from '../../hub/ports/contacts.ts'
import type { ChannelFacts } from '../../hub/ports/people.ts'
import type { Transacting } from '../connect.ts'
import { openAddresses, type VaultKeys } from '../vault.ts'
import { meantContact, reachedBy } from './rules.ts'

const NOBODY_EXCLUDED = {
  ...{ removed: 0, 'not-for-exercise': 0, 'no-address-for-channel': 0 },
  ...{ 'duplicate-address': 0, unsubscribed: 0 },
}

export async function reachOf(
  tx: Transacting,
  keys: VaultKeys,
  agencyId: number,
  channel: ChannelFacts,
  rule: AudienceRule,
  mode: Mode,
): Promise<Reach> {
  const unreadable = await countUnreadable(tx, keys, agencyId, channel, rule, mode)
  if (channel.addressing === 'place') {
    const { count, off } = await countPlace(tx, agencyId, channel)
    const excluded = { ...NOBODY_EXCLUDED, unsubscribed: off }
    return { reach: count - off, addresses: count, contacts: 0, excluded, unreadable }
  }
  const found = await countMeant(tx, agencyId, channel, rule, mode)
  return {
    reach: found.addresses - found.unsubscribed,
    addresses: found.addresses,
    contacts: found.contacts,
    excluded: {
      removed: found.removed,
      'not-for-exercise': found.not_for_exercise,
      'no-address-for-channel': found.no_address,
      'duplicate-address': found.duplicates,
      unsubscribed: found.unsubscribed,
    },
    unreadable,
  }
}

async function countPlace(tx: Transacting, agencyId: number, channel: ChannelFacts) {
  const { rows } = await sql<{ count: number; off: number }>`
    select count(*) as count, count(a.unsubscribed_at) as off from address a
    where ${reachedBy(agencyId, channel, { audiences: [] }, 'earnest')}
  `.execute(tx)
  return rows[0] ?? { count: 0, off: 0 }
}

interface Counted {
  contacts: number
  removed: number
  not_for_exercise: number
  no_address: number
  addresses: number
  unsubscribed: number
  duplicates: number
}

async function countMeant(
  tx: Transacting,
  agencyId: number,
  channel: ChannelFacts,
  rule: AudienceRule,
  mode: Mode,
): Promise<Counted> {
  const { rows } = await sql<Counted>`
    with meant as materialized (
      select c.id, c.removed_at is not null as removed,
        ${mode !== 'earnest'}::boolean and not c.for_exercise as barred
      from contact c where c.agency_id = ${agencyId} and ${meantContact(agencyId, rule)}
    ), ways as materialized (
      select ca.contact_id, ca.address_id, a.unsubscribed_at is not null as off
      from meant h
        join contact_address ca on ca.agency_id = ${agencyId} and ca.contact_id = h.id
        join address a on a.agency_id = ca.agency_id and a.id = ca.address_id
      where not h.removed and not h.barred and a.kind = ${channel.addressKind}
        and a.removed_at is null
    ), counted as (
      select count(*) as contacts, count(*) filter (where removed) as removed,
        count(*) filter (where not removed and barred) as not_for_exercise,
        count(*) filter (where not removed and not barred) as open
      from meant
    ), each as (
      select address_id, bool_or(off) as off from ways group by address_id
    ), found as (
      select count(*) as addresses, count(*) filter (where off) as unsubscribed from each
    )
    select n.contacts, n.removed, n.not_for_exercise, f.addresses, f.unsubscribed,
      n.open - (select count(*) from (select distinct contact_id from ways) as d) as no_address,
      (select count(*) from ways) - f.addresses as duplicates
    from counted n, found f
  `.execute(tx)
  const [row] = rows
  if (!row) throw new Error('a count has one row')
  return row
}

/** One cipher call a block: cheap enough to look at every one of them. */
async function countUnreadable(
  tx: Transacting,
  keys: VaultKeys,
  agencyId: number,
  channel: ChannelFacts,
  rule: AudienceRule,
  mode: Mode,
): Promise<number> {
  const { rows } = await sql<{
    id: number
    kind: string
    size: number
    cipher: Buffer
    addresses: number
  }>`
    select b.id, b.kind, b.size, b.cipher, w.addresses from (
        select a.block_id, count(*) as addresses from address a
        where ${reachedBy(agencyId, channel, rule, mode)} and a.unsubscribed_at is null
        group by a.block_id) w
      join address_block b on b.agency_id = ${agencyId} and b.id = w.block_id
  `.execute(tx)
  return rows.reduce((sum, { addresses, ...block }) => {
    return opened(keys, agencyId, block) ? sum : sum + addresses
  }, 0)
}

function opened(
  keys: VaultKeys,
  agencyId: number,
  block: { kind: string; size: number; cipher: Uint8Array },
): readonly string[] | undefined {
  try {
    return openAddresses(keys, agencyId, block)
  } catch {
    // What does not open is an answer here: it is counted and shown.
    return undefined
  }
}

interface Question {
  readonly channel: ChannelFacts
  readonly rule: AudienceRule
  readonly mode: Mode
}

export async function contactReach(
  tx: Transacting,
  keys: VaultKeys,
  agencyId: number,
  contactId: number,
  { channel, rule }: Question,
): Promise<ContactReach | undefined> {
  const contact = await tx
    .selectFrom('contact')
    .select(['name', 'removed_at', 'for_exercise as forExercise', 'area', 'tags'])
    .where('agency_id', '=', agencyId)
    .where('id', '=', contactId)
    .executeTakeFirst()
  if (!contact) return undefined
  const { removed_at, area, ...facts } = contact
  return {
    ...facts,
    ...(area === null ? {} : { area }),
    removed: removed_at !== null,
    audiences: await meantBy(tx, agencyId, contactId, rule),
    addresses: await ownAddresses(tx, keys, agencyId, contactId, channel.addressKind),
  }
}

async function meantBy(
  tx: Transacting,
  agencyId: number,
  contactId: number,
  rule: AudienceRule,
): Promise<ContactReach['audiences']> {
  const named = await tx
    .selectFrom('audience')
    .select(['id', 'name'])
    .where('agency_id', '=', agencyId)
    .where('id', 'in', [...rule.audiences, ''])
    .execute()
  const names = new Map(named.map((one) => [one.id, one.name]))
  const found: ContactReach['audiences'][number][] = []
  for (const id of rule.audiences) {
    const { rows } = await sql<{ meant: boolean }>`
      select ${meantContact(agencyId, { ...rule, audiences: [id] })} as meant
      from contact c where c.agency_id = ${agencyId} and c.id = ${contactId}
    `.execute(tx)
    const byRule = rule.definitions !== undefined && Object.hasOwn(rule.definitions, id)
    found.push({ name: names.get(id) ?? id, byRule, meant: rows[0]?.meant ?? false })
  }
  return found
}

async function ownAddresses(
  tx: Transacting,
  keys: VaultKeys,
  agencyId: number,
  contactId: number,
  kind: string,
): Promise<ContactReach['addresses']> {
  const rows = await tx
    .selectFrom('contact_address as ca')
    .innerJoin('address as a', (join) =>
      join.onRef('a.agency_id', '=', 'ca.agency_id').onRef('a.id', '=', 'ca.address_id'),
    )
    .innerJoin('address_block as b', (join) =>
      join.onRef('b.agency_id', '=', 'a.agency_id').onRef('b.id', '=', 'a.block_id'),
    )
    .select(['a.slot', 'a.removed_at', 'a.unsubscribed_at', 'b.kind', 'b.size', 'b.cipher'])
    .where('ca.agency_id', '=', agencyId)
    .where('ca.contact_id', '=', contactId)
    .where('a.kind', '=', kind)
    .orderBy('a.id')
    .execute()
  return rows.map(({ slot, removed_at, unsubscribed_at, ...block }) => {
    const value = opened(keys, agencyId, block)?.[slot]
    return {
      masked: value === undefined ? '（无法解密）' : maskAddress(kind, value),
      removed: removed_at !== null,
      unsubscribed: unsubscribed_at !== null,
      readable: value !== undefined,
    }
  })
}
