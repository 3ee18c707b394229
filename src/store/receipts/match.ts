/** Finds the delivery a receipt is about. One name may serve a whole call, and a platform that lost our
 *  answer may name us our own key; what fits nothing is unknown. */
import { sql } from 'kysely'
import type { RoadKey } from '../../hub/ports/engine.ts'
import type { Transacting } from '../connect.ts'

export interface DueReceipt {
  readonly id: number
  readonly reference: string
  readonly blind: Buffer | null
  readonly state: 'delivered' | 'failed'
  readonly code: string | null
  readonly looks: number
  readonly occurredAt: Date
}

export interface Found {
  readonly dispatchId: number
  readonly month: string
  readonly addressId: number
  readonly reference: string
  readonly url: string | null
}

interface Possible extends Found {
  /** the receipt's */
  readonly id: number
}

/** By the id of the receipt. */
export async function candidatesOf(
  tx: Transacting,
  road: RoadKey,
  due: readonly DueReceipt[],
): Promise<ReadonlyMap<number, Found>> {
  const named = await namedMessages(tx, road, due)
  const own = await ownMessages(tx, road, due)
  const addresses = await addressesOf(tx, road, due)
  const possible = due.flatMap(({ id, reference, blind }): readonly Possible[] => {
    const ids = blind === null ? undefined : (addresses.get(blind.toString('hex')) ?? [])
    const calls = named.get(reference) ?? []
    const known = calls.flatMap((call) => {
      const { from, to } = call
      // A name of its own needs no number; many in one call are told apart by it.
      const members = from === to ? [from] : (ids ?? []).filter((one) => one >= from && one <= to)
      return members.map((addressId) => ({ ...call, id, reference, addressId }))
    })
    const mine = own.get(reference)
    if (calls.length > 0 || !mine) return known
    return (ids ?? [mine.third]).map((addressId) => ({
      ...{ id, reference, addressId, url: null },
      ...{ dispatchId: mine.dispatchId, month: mine.month },
    }))
  })
  return standing(tx, road.agencyId, possible)
}

interface Call {
  readonly dispatchId: number
  readonly month: string
  readonly from: number
  readonly to: number
  readonly url: string | null
}

async function namedMessages(
  tx: Transacting,
  road: RoadKey,
  due: readonly DueReceipt[],
): Promise<ReadonlyMap<string, readonly Call[]>> {
  const references = [...new Set(due.map((one) => one.reference))]
  const rows = await tx
    .selectFrom('message_reference')
    .select(['reference', 'dispatch_id as dispatchId', 'month', 'url'])
    .select(['address_from as from', 'address_to as to'])
    .where('agency_id', '=', road.agencyId)
    .where('channel_id', '=', road.channelId)
    .where(sql<boolean>`reference = any(${references}::text[])`)
    .execute()
  return Map.groupBy(rows, (row) => row.reference)
}

const OWN_KEY = /^(\d{1,9})\.(\d{1,15})\.(\d{1,15})$/

/** `agency.dispatch.…` as our keys of messages and batches are written: whoever echoes one tells what
 *  became of a message whose acceptance nobody heard. */
async function ownMessages(
  tx: Transacting,
  road: RoadKey,
  due: readonly DueReceipt[],
): Promise<
  ReadonlyMap<
    string,
    { readonly dispatchId: number; readonly month: string; readonly third: number }
  >
> {
  const keys = new Map<string, { dispatchId: number; third: number }>()
  for (const { reference } of due) {
    const [, agency, dispatch, third] = OWN_KEY.exec(reference) ?? []
    if (Number(agency) === road.agencyId)
      keys.set(reference, { dispatchId: Number(dispatch), third: Number(third) })
  }
  if (keys.size === 0) return new Map()
  const rows = await tx
    .selectFrom('dispatch')
    .select(['id', 'month'])
    .where('agency_id', '=', road.agencyId)
    .where('channel_id', '=', road.channelId)
    .where(sql<boolean>`id = any(${[...keys.values()].map((key) => key.dispatchId)}::bigint[])`)
    .execute()
  const months = new Map(rows.map((row) => [row.id, row.month]))
  return new Map(
    [...keys].flatMap(([reference, key]) => {
      const month = months.get(key.dispatchId)
      return month === undefined ? [] : [[reference, { ...key, month }] as const]
    }),
  )
}

/** Ids by blind index, with those taken off the list: their receipts may still come. */
async function addressesOf(
  tx: Transacting,
  road: RoadKey,
  due: readonly DueReceipt[],
): Promise<ReadonlyMap<string, readonly number[]>> {
  const blinds = due.flatMap((one) => one.blind ?? [])
  if (blinds.length === 0) return new Map()
  const { rows } = await sql<{ id: number; blind: Buffer }>`
    with kind as (
      select address_kind from channel where agency_id = ${road.agencyId} and id = ${road.channelId})
    select a.id, a.blind_index as blind from address a join kind on a.kind = kind.address_kind
    where a.agency_id = ${road.agencyId} and a.removed_at is null
      and a.blind_index = any(${blinds}::bytea[])
    union all
    select a.id, a.blind_index as blind from address a join kind on a.kind = kind.address_kind
    where a.agency_id = ${road.agencyId} and a.removed_at is not null
      and a.blind_index = any(${blinds}::bytea[])
  `.execute(tx)
  return new Map(
    [...Map.groupBy(rows, (row) => row.blind.toString('hex'))].map(([blind, found]) => [
      blind,
      found.map((row) => row.id),
    ]),
  )
}

/** Those there is a delivery for; a name the platform used twice means its newest message. */
async function standing(
  tx: Transacting,
  agencyId: number,
  possible: readonly Possible[],
): Promise<ReadonlyMap<number, Found>> {
  if (possible.length === 0) return new Map()
  const { rows } = await sql<{ place: number }>`
    select t.place::int as place
    from unnest(${possible.map((one) => one.dispatchId)}::bigint[],
      ${possible.map((one) => one.month)}::date[], ${possible.map((one) => one.addressId)}::bigint[])
      with ordinality as t (dispatch_id, month, address_id, place)
      join delivery v on v.agency_id = ${agencyId} and v.dispatch_id = t.dispatch_id
        and v.month = t.month and v.address_id = t.address_id and v.state <> 'excluded'
        and v.month = any(${monthsOf(possible)}::date[])
    order by t.dispatch_id, t.place
  `.execute(tx)
  return new Map(
    rows.flatMap(({ place }) => {
      const one = possible[place - 1]
      return one ? [[one.id, one] as const] : []
    }),
  )
}

/** Said beside the join, so that partitions of other months are neither planned for nor locked. */
export function monthsOf(places: readonly { readonly month: string }[]): readonly string[] {
  return [...new Set(places.map((one) => one.month))]
}
