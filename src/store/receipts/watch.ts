/** What was taken and whose end is not known yet: under which name, whom to ask and when, and when nobody
 *  waits any more. Only one process at a time asks on a road. */
import { type SqlBool, sql } from 'kysely'
import type { Pending } from '../../../channels/channel.ts'
import { RECALLED } from '../../domain/recall.ts'
import { askAgainMs } from '../../domain/receipt.ts'
import type { RoadKey, SettleRequest } from '../../hub/ports/engine.ts'
import type { ReceiptPort, Turn } from '../../hub/ports/receipts.ts'
import { openBlocks } from '../claim.ts'
import type { Database, Transacting } from '../connect.ts'
import { addTallies } from '../tallies.ts'
import type { VaultKeys } from '../vault.ts'

const WATCHES_A_TURN_MAX = 64
const GIVEN_UP_A_ROUND_MAX = 1_000

/** Written with the settling, so that a name is known as soon as its delivery is; a receipt that came
 *  before it is looked at again at once. */
export async function expectReceipts(
  tx: Transacting,
  request: SettleRequest,
  waits: boolean,
): Promise<void> {
  const { claim, expects, at } = request
  if (!expects) return
  const calls = namedCalls(request)
  if (calls.length === 0) return
  const references = calls.map((call) => call.reference)
  // One statement: it is part of every settling of such a channel.
  await sql`
    with named as (
      insert into message_reference (agency_id, channel_id, reference, dispatch_id, month,
        address_from, address_to, url)
      select ${claim.agencyId}::int, ${claim.channelId}::text, t.reference,
        ${claim.dispatchId}::bigint, ${claim.month}::date, t.address_from, t.address_to, t.url
      from unnest(${references}::text[], ${calls.map((call) => call.from)}::bigint[],
        ${calls.map((call) => call.to)}::bigint[], ${calls.map((call) => call.url ?? null)}::text[])
        as t (reference, address_from, address_to, url)
      on conflict do nothing
    ), early as (
      update receipt set look_at = ${at}::timestamptz
      where agency_id = ${claim.agencyId} and channel_id = ${claim.channelId}
        and reference = any(${references}::text[]) and dispatch_id is null
    )
    insert into receipt_watch (agency_id, batch_id, dispatch_id, month, channel_id, road_id,
      address_from, address_to, sent_at, ask_at, until_at, closes_at)
    select b.agency_id, b.id, b.dispatch_id, b.month, b.channel_id, b.road_id, b.address_from,
      b.address_to, ${at}::timestamptz, ${expects.askAt ?? null}::timestamptz,
      ${expects.until}::timestamptz, ${expects.closes}::timestamptz
    from batch b where b.agency_id = ${claim.agencyId} and b.id = ${claim.batchId} and ${waits}
    on conflict do nothing
  `.execute(tx)
}

interface NamedCall {
  readonly reference: string
  readonly from: number
  readonly to: number
  readonly url: string | undefined
}

/** One line a name: the addresses of a call stand side by side. */
function namedCalls({ settlements }: SettleRequest): readonly NamedCall[] {
  const calls = new Map<string, NamedCall>()
  for (const { reference, addressId, url } of settlements) {
    if (reference === undefined) continue
    const known = calls.get(reference)
    calls.set(reference, {
      ...{ reference, url: known?.url ?? url },
      from: Math.min(known?.from ?? addressId, addressId),
      to: Math.max(known?.to ?? addressId, addressId),
    })
  }
  return [...calls.values()]
}

/** In short transactions, which several processes may run at once. */
export async function giveUp(db: Database, at: Date): Promise<number> {
  let done = 0
  while (done < GIVEN_UP_A_ROUND_MAX && (await db.transaction().execute((tx) => giveUpOne(tx, at))))
    done++
  return done
}

async function giveUpOne(tx: Transacting, at: Date): Promise<boolean> {
  const { rows } = await sql<Watch>`
    select agency_id, batch_id, dispatch_id, month, address_from, address_to, sent_at, asked,
      closes_at
    from receipt_watch where until_at <= ${at} order by until_at limit 1 for update skip locked
  `.execute(tx)
  const [watch] = rows
  if (!watch) return false
  const { agency_id: agencyId, dispatch_id: dispatchId } = watch
  const moved = await sql<{ state: 'accepted' | 'awaiting'; deliveries: number; units: number }>`
    with old as (
      select v.address_id, v.state from delivery v where ${ofWatch(watch)} for update
    ), moved as (
      update delivery v set state = 'no-receipt', changed_at = clock_timestamp(),
        code = case when v.code = any(${[...RECALLED]}::text[]) then v.code end
      from old
      where v.agency_id = ${agencyId} and v.dispatch_id = ${dispatchId}
        and v.month = ${watch.month}::date and v.address_id = old.address_id
      returning old.state, v.units
    )
    select state, count(*) as deliveries, sum(units) as units from moved group by state
  `.execute(tx)
  await addTallies(
    tx,
    agencyId,
    dispatchId,
    moved.rows.flatMap(({ state, deliveries, units }) => [
      { state, deliveries: -deliveries, units: -units },
      { state: 'no-receipt' as const, deliveries, units },
    ]),
  )
  const row = () => ofRow(agencyId, watch.batch_id)
  if (watch.closes_at > at)
    await tx.updateTable('receipt_watch').set({ until_at: watch.closes_at }).where(row()).execute()
  else await tx.deleteFrom('receipt_watch').where(row()).execute()
  return true
}

interface Watch {
  agency_id: number
  batch_id: number
  dispatch_id: number
  month: string
  address_from: number
  address_to: number
  sent_at: Date
  asked: number
  closes_at: Date
}

const ofRow = (agencyId: number, batchId: number) =>
  sql<SqlBool>`agency_id = ${agencyId} and batch_id = ${batchId}`

/** Members whose end is not known yet, as one range of the log's key. What a person is to do by hand
 *  has no name on any platform. */
const ofWatch = (watch: Watch) => sql<SqlBool>`v.agency_id = ${watch.agency_id}
  and v.dispatch_id = ${watch.dispatch_id} and v.month = ${watch.month}::date
  and v.batch_id = ${watch.batch_id}
  and v.address_id between ${watch.address_from} and ${watch.address_to}
  and v.state in ('accepted', 'awaiting') and v.reference is not null`

export async function roadsToAsk(
  db: Database,
  at: Date,
  limit: number,
): Promise<readonly RoadKey[]> {
  const { rows } = await sql<RoadKey>`
    select agency_id as "agencyId", channel_id as "channelId", road_id as "roadId"
    from receipt_watch where ask_at <= ${at}
    group by 1, 2, 3 order by min(ask_at) limit ${limit}
  `.execute(db)
  return rows
}

type TurnOptions = Parameters<ReceiptPort['takeTurn']>[1]

export function takeTurn(
  db: Database,
  keys: VaultKeys,
  road: RoadKey,
  options: TurnOptions,
): Promise<Turn | undefined> {
  return db.transaction().execute(async (tx) => {
    if (!(await leaseTurn(tx, road, options))) return undefined
    const watches = await dueWatches(tx, road, options.at)
    const pending: Pending[] = []
    const asked: Watch[] = []
    const over: Watch[] = []
    for (const watch of watches) {
      if (pending.length >= options.pendingMax) break
      const members = await pendingOf(tx, keys, watch)
      pending.push(...members)
      const listening = watch.closes_at > options.at
      if (members.length === 0 && !listening) over.push(watch)
      else asked.push(watch)
    }
    await rest(tx, road.agencyId, asked, options.at)
    for (const { batch_id } of over)
      await tx.deleteFrom('receipt_watch').where(ofRow(road.agencyId, batch_id)).execute()
    return { batches: asked.length, pending }
  })
}

/** By the database's clock, so that no process can be wrong about it. */
async function leaseTurn(
  tx: Transacting,
  road: RoadKey,
  { token, leaseMs }: TurnOptions,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into poll_turn (agency_id, channel_id, road_id, token, lease_until)
    values (${road.agencyId}, ${road.channelId}, ${road.roadId}, ${token},
      clock_timestamp() + make_interval(secs => ${leaseMs / 1000}))
    on conflict (agency_id, channel_id, road_id) do update
      set token = excluded.token, lease_until = excluded.lease_until
      where poll_turn.token is null or poll_turn.lease_until < clock_timestamp()
  `.execute(tx)
  return numAffectedRows === 1n
}

export async function endTurn(db: Database, road: RoadKey, token: string): Promise<void> {
  await db
    .updateTable('poll_turn')
    .set({ token: null, lease_until: null })
    .where('agency_id', '=', road.agencyId)
    .where('channel_id', '=', road.channelId)
    .where('road_id', '=', road.roadId)
    .where('token', '=', token)
    .execute()
}

async function dueWatches(tx: Transacting, road: RoadKey, at: Date): Promise<readonly Watch[]> {
  return tx
    .selectFrom('receipt_watch')
    .select(['agency_id', 'batch_id', 'dispatch_id', 'month', 'address_from', 'address_to'])
    .select(['sent_at', 'asked', 'closes_at'])
    .where('agency_id', '=', road.agencyId)
    .where('channel_id', '=', road.channelId)
    .where('road_id', '=', road.roadId)
    .where('ask_at', '<=', at)
    .orderBy('ask_at')
    .limit(WATCHES_A_TURN_MAX)
    .forUpdate()
    .skipLocked()
    .execute()
}

async function pendingOf(
  tx: Transacting,
  keys: VaultKeys,
  watch: Watch,
): Promise<readonly Pending[]> {
  const { rows } = await sql<{
    reference: string
    url: string | null
    act: Pending['act']
    title: string
    block_id: number
    slot: number
  }>`
    select v.reference, (
        select m.url from message_reference m where m.agency_id = v.agency_id
          and m.channel_id = d.channel_id and m.reference = v.reference
          and m.dispatch_id = v.dispatch_id limit 1) as url,
      d.act, b.title, a.block_id, a.slot
    from delivery v
      join address a on a.agency_id = v.agency_id and a.id = v.address_id
      join dispatch d on d.agency_id = v.agency_id and d.id = v.dispatch_id
      join bulletin b on b.agency_id = d.agency_id and b.id = d.bulletin_id
    where ${ofWatch(watch)}
    order by v.address_id
  `.execute(tx)
  const values = await openBlocks(tx, keys, watch.agency_id, rows)
  return rows.flatMap(({ block_id, slot, url, ...facts }) => {
    const address = values.get(block_id)?.[slot]
    if (address === undefined) return []
    return [{ ...facts, address, sentAt: watch.sent_at, ...(url === null ? {} : { url }) }]
  })
}

/** Before anybody is asked, so that a process that dies over it does not make the next one ask at once. */
async function rest(
  tx: Transacting,
  agencyId: number,
  watches: readonly Watch[],
  at: Date,
): Promise<void> {
  if (watches.length === 0) return
  const next = watches.map(({ asked }) => new Date(at.getTime() + askAgainMs(asked + 1)))
  await sql`
    update receipt_watch w set asked = w.asked + 1, ask_at = t.ask_at
    from unnest(${watches.map((one) => one.batch_id)}::bigint[], ${next}::timestamptz[])
      as t (batch_id, ask_at)
    where w.agency_id = ${agencyId} and w.batch_id = t.batch_id
  `.execute(tx)
}
