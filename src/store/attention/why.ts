/** Why one address did or did not receive a bulletin: the address by its blind index or contact, the bulletin's
 *  dispatches, and one look at the key of the log, in the months those dispatches stand in and no other. */
import { type RawBuilder, sql } from 'kysely'
import { maskAddress } from '../../domain/address.ts'
import type { AudienceRule } from '../../domain/audience.ts'
import type { Mode } from '../../domain/bulletin.ts'
import type { WhyFound, WhyPort, WhyRow, WhyWho } from '../../hub/ports/why.ts'
import { openBlocks } from '../claim.ts'
import type { Database, Transacting } from '../connect.ts'
import { reachedBy } from '../contacts/rules.ts'
import { blindIndexOf, type VaultKeys } from '../vault.ts'

type Ask = Parameters<WhyPort['why']>[0]

export function whyPort(db: Database, keys: VaultKeys): WhyPort {
  return { why: (ask) => db.transaction().execute((tx) => look(tx, keys, ask)) }
}

async function look(tx: Transacting, keys: VaultKeys, ask: Ask): Promise<WhyFound> {
  const { agencyId, bulletinId } = ask
  const bulletin = await tx
    .selectFrom('bulletin')
    .select(['title', 'stop_reason'])
    .where('agency_id', '=', agencyId)
    .where('id', '=', bulletinId)
    .executeTakeFirst()
  if (!bulletin) return { bulletin: undefined, known: false, rows: [] }
  const { title } = bulletin
  const addresses = await addressesOf(tx, keys, agencyId, ask.who)
  const known = addresses.length > 0 || (await isContact(tx, agencyId, ask.who))
  const dispatches = await dispatchesOf(tx, ask)
  if (!known || dispatches.length === 0) return { bulletin: { title }, known, rows: [] }
  const deliveries = await deliveriesOf(tx, ask, dispatches, addresses)
  const rows: WhyRow[] = []
  for (const dispatch of dispatches) {
    const mine = addresses.filter((one) => one.kind === dispatch.addressKind)
    const note = dispatch.note ?? bulletin.stop_reason
    if (mine.length === 0 && 'contactId' in ask.who) rows.push(rowOf(dispatch, undefined, note))
    for (const address of mine) {
      const delivery = deliveries.get(`${dispatch.dispatchId}.${address.id}`)
      const meantNow = delivery === undefined && (await isMeant(tx, agencyId, dispatch, address.id))
      rows.push({ ...rowOf(dispatch, address, note), meantNow, ...(delivery ? { delivery } : {}) })
    }
  }
  return { bulletin: { title }, known, rows }
}

interface Address {
  readonly id: number
  readonly kind: string
  readonly removed: boolean
  readonly unsubscribed: boolean
  readonly forExercise: boolean
  readonly masked: string
}

const ADDRESS = (agencyId: number) => sql`
  select a.id, a.kind, a.block_id, a.slot, a.removed_at is not null as removed,
    a.unsubscribed_at is not null as unsubscribed,
    exists (select 1 from contact_address e join contact c on c.agency_id = e.agency_id
        and c.id = e.contact_id and c.for_exercise and c.removed_at is null
      where e.agency_id = ${agencyId} and e.address_id = a.id) as "forExercise"
  from address a`

/** Those taken off the list too: a delivery keeps the address it had. */
function addressesQuery(keys: VaultKeys, agencyId: number, who: WhyWho): RawBuilder<unknown> {
  const select = ADDRESS(agencyId)
  if ('contactId' in who)
    return sql`${select}
      where a.agency_id = ${agencyId} and a.id in (
        select m.address_id from contact_address m
        where m.agency_id = ${agencyId} and m.contact_id = ${who.contactId}
        union select p.address_id from contact_address_past p
        where p.agency_id = ${agencyId} and p.contact_id = ${who.contactId})`
  const blind = blindIndexOf(keys, agencyId, who.kind, who.value)
  const same = sql`a.agency_id = ${agencyId} and a.kind = ${who.kind} and a.blind_index = ${blind}`
  return sql`${select} where ${same} and a.removed_at is null
    union all ${select} where ${same} and a.removed_at is not null`
}

async function addressesOf(
  tx: Transacting,
  keys: VaultKeys,
  agencyId: number,
  who: WhyWho,
): Promise<readonly Address[]> {
  const { rows } = await sql<Omit<Address, 'masked'> & { block_id: number; slot: number }>`
    ${addressesQuery(keys, agencyId, who)} order by id`.execute(tx)
  const values = await openBlocks(tx, keys, agencyId, rows)
  return rows.map(({ block_id, slot, ...row }) => {
    const value = values.get(block_id)?.[slot]
    return { ...row, masked: value === undefined ? '（无法解密）' : maskAddress(row.kind, value) }
  })
}

async function isContact(tx: Transacting, agencyId: number, who: WhyWho): Promise<boolean> {
  if (!('contactId' in who)) return false
  const row = await tx
    .selectFrom('contact')
    .select('id')
    .where('agency_id', '=', agencyId)
    .where('id', '=', who.contactId)
    .executeTakeFirst()
  return row !== undefined
}

interface Dispatch {
  readonly dispatchId: number
  readonly channelId: string
  readonly channelName: string
  readonly addressing: string
  readonly addressKind: string
  readonly act: string
  readonly month: string
  readonly mode: Mode
  readonly state: WhyRow['dispatch']
  readonly heldReason: string | null
  readonly notBefore: Date
  readonly expandedTo: number
  readonly addressIdMax: number | null
  readonly rule: AudienceRule
  readonly archived: boolean
  readonly note: string | null
}

async function dispatchesOf(
  tx: Transacting,
  { agencyId, bulletinId, who }: Ask,
): Promise<readonly Dispatch[]> {
  const kind = 'kind' in who ? who.kind : null
  const { rows } = await sql<Dispatch>`
    select d.id as "dispatchId", d.channel_id as "channelId", c.name as "channelName", c.addressing,
      c.address_kind as "addressKind", d.act, d.month::text as month, d.mode, d.state,
      d.held_reason as "heldReason", d.not_before as "notBefore", d.expanded_to as "expandedTo",
      d.address_id_max as "addressIdMax", d.audience_rule as rule,
      exists (select 1 from archived_month m where m.agency_id = d.agency_id
        and m.month = d.month) as archived,
      (select p.name || '：' || n.reason from decision n
          join person p on p.agency_id = n.agency_id and p.id = n.by_id
        where n.agency_id = d.agency_id and n.dispatch_id = d.id and n.kind = 'skip'
        order by n.id desc limit 1) as note
    from dispatch d join channel c on c.agency_id = d.agency_id and c.id = d.channel_id
    where d.agency_id = ${agencyId} and d.bulletin_id = ${bulletinId} and c.addressing <> 'place'
      and (${kind}::text is null or c.address_kind = ${kind}::text)
    order by d.id
  `.execute(tx)
  return rows
}

type Delivery = NonNullable<WhyRow['delivery']>

export interface Lookup {
  readonly agencyId: number
  readonly at: Date
  /** partition of the dispatches: named, so that no other one is planned for */
  readonly month: string
  readonly dispatchIds: readonly number[]
  readonly addressIds: readonly number[]
}

/** By the whole key of the log. */
export function deliveryLookup({ agencyId, at, month, dispatchIds, addressIds }: Lookup) {
  return sql<Delivery & { dispatchId: number; addressId: number }>`
    select v.dispatch_id as "dispatchId", v.address_id as "addressId", v.state, v.code,
      v.changed_at as "changedAt", b.state as batch, b.road_id as "roadId",
      coalesce(b.due_at > ${at}::timestamptz, false) as "dueLater",
      coalesce(b.quiet_hold, false) as "quietHold",
      coalesce(r.held_reason is not null or not r.enabled, false) as "roadClosed",
      t.id is not null as task
    from delivery v
      left join batch b on b.agency_id = ${agencyId} and b.id = v.batch_id
      left join road r on r.agency_id = ${agencyId} and r.channel_id = b.channel_id
        and r.id = b.road_id
      left join hand_task t on t.agency_id = ${agencyId} and t.dispatch_id = v.dispatch_id
        and t.address_id = v.address_id and t.state = 'open'
    where v.agency_id = ${agencyId} and v.month = ${month}::date
      and v.dispatch_id = any(${[...dispatchIds]}::bigint[])
      and v.address_id = any(${[...addressIds]}::bigint[])`
}

async function deliveriesOf(
  tx: Transacting,
  { agencyId, at }: Ask,
  dispatches: readonly Dispatch[],
  addresses: readonly Address[],
): Promise<ReadonlyMap<string, Delivery>> {
  const found = new Map<string, Delivery>()
  if (addresses.length === 0) return found
  const addressIds = addresses.map((one) => one.id)
  for (const [month, inMonth] of Map.groupBy(dispatches, (one) => one.month)) {
    const dispatchIds = inMonth.map((one) => one.dispatchId)
    const lookup = { agencyId, at, month, dispatchIds, addressIds }
    for (const { dispatchId, addressId, ...row } of (await deliveryLookup(lookup).execute(tx)).rows)
      found.set(`${dispatchId}.${addressId}`, row)
  }
  return found
}

async function isMeant(
  tx: Transacting,
  agencyId: number,
  { addressing, addressKind, rule, mode }: Dispatch,
  addressId: number,
): Promise<boolean> {
  const { rows } = await sql<{ meant: boolean }>`
    select exists (select 1 from address a where a.agency_id = ${agencyId} and a.id = ${addressId}
      and ${reachedBy(agencyId, { addressing, addressKind }, rule, mode)}) as meant
  `.execute(tx)
  return rows[0]?.meant ?? false
}

function rowOf(dispatch: Dispatch, address: Address | undefined, note: string | null): WhyRow {
  const { dispatchId, channelId, channelName, act, notBefore, mode, heldReason, state } = dispatch
  const { expandedTo, addressIdMax, archived } = dispatch
  const id = address?.id ?? 0
  const ended = state === 'fanned-out' || state === 'stopped'
  return {
    ...{ dispatchId, channelId, channelName, act, notBefore, mode, heldReason, note, archived },
    ...{ dispatch: state, meantNow: false, address: address?.masked ?? null },
    removed: address?.removed ?? false,
    unsubscribed: address?.unsubscribed ?? false,
    forExercise: address?.forExercise ?? false,
    ahead: !ended && id > expandedTo && (addressIdMax === null || id <= addressIdMax),
  }
}
