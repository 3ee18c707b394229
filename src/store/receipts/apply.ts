/** Compares receipts with what was sent: by the platform's name for the message, by our own key, and by
 *  the sender's number where one name serves a whole call. Only `FOLLOWS` decides what may change. */
import { sql } from 'kysely'
import type { Capabilities } from '../../../channels/channel.ts'
import { type DeliveryState, mayPrecede } from '../../domain/delivery.ts'
import { RECALLED } from '../../domain/recall.ts'
import { lookAgainMs, platformTime } from '../../domain/receipt.ts'
import type { RoadKey } from '../../hub/ports/engine.ts'
import type { Applied } from '../../hub/ports/receipts.ts'
import type { Database, Transacting } from '../connect.ts'
import { markSuccess } from '../successes.ts'
import { addTalliesOfMany } from '../tallies.ts'
import { candidatesOf, type DueReceipt, type Found, monthsOf } from './match.ts'

const MOVES = (['delivered', 'failed'] as const).flatMap((to) =>
  mayPrecede(to).map((from) => `${from}>${to}`),
)
/** A row somebody else is writing is left for the next look: nobody waits, so nobody waits in a ring. */
const LOCKED_AGAIN_MS = 1_000

interface ApplyOptions {
  readonly at: Date
  readonly countsWhen: Capabilities['countsWhen']
  readonly limit: number
}

export function apply(db: Database, road: RoadKey, options: ApplyOptions): Promise<Applied> {
  return db.transaction().execute(async (tx) => {
    const due = await lockDue(tx, road, options)
    if (due.length === 0) return { looked: 0, moved: 0, dispatchIds: [] }
    const found = await candidatesOf(tx, road, due)
    const wanted = strongest(due, found)
    const answer = await move(tx, road.agencyId, wanted)
    await settleReceipts(tx, road.agencyId, due, found, answer.locked, options.at)
    const { moved } = answer
    await addTalliesOfMany(
      tx,
      road.agencyId,
      moved.flatMap(({ dispatchId, before, after, units }) => [
        { dispatchId, state: before, deliveries: -1, units: -units },
        { dispatchId, state: after, deliveries: 1, units },
      ]),
    )
    const arrived = moved.filter((one) => one.after === 'delivered')
    await takeBackTasks(tx, road.agencyId, arrived)
    await countFirst(tx, road.agencyId, arrived, wanted, options)
    const dispatchIds = [...new Set(moved.map((one) => one.dispatchId))]
    return { looked: due.length, moved: moved.length, dispatchIds }
  })
}

async function lockDue(
  tx: Transacting,
  road: RoadKey,
  { at, limit }: ApplyOptions,
): Promise<readonly DueReceipt[]> {
  return tx
    .selectFrom('receipt')
    .select(['id', 'reference', 'address_blind as blind', 'state', 'code', 'looks'])
    .select('occurred_at as occurredAt')
    .where('agency_id', '=', road.agencyId)
    .where('channel_id', '=', road.channelId)
    .where('road_id', '=', road.roadId)
    .where('look_at', '<=', at)
    .orderBy('look_at')
    .orderBy('id')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute()
}

interface Wanted extends Found {
  readonly state: 'delivered' | 'failed'
  readonly code: string | null
  readonly occurredAt: Date
}

const keyOf = (one: { readonly dispatchId: number; readonly addressId: number }): string =>
  `${one.dispatchId}.${one.addressId}`

/** One change a delivery: whatever the order they came in, arrived is the last word, and its first time
 *  is the one that counts. */
function strongest(
  due: readonly DueReceipt[],
  found: ReadonlyMap<number, Found>,
): ReadonlyMap<string, Wanted> {
  const wanted = new Map<string, Wanted>()
  for (const { id, state, code, occurredAt } of due) {
    const place = found.get(id)
    if (!place) continue
    const known = wanted.get(keyOf(place))
    const first =
      known?.state === 'delivered' && (state === 'failed' || known.occurredAt <= occurredAt)
    if (!first) wanted.set(keyOf(place), { ...place, state, code, occurredAt })
  }
  return wanted
}

interface Moved {
  readonly dispatchId: number
  readonly addressId: number
  readonly before: DeliveryState
  readonly after: DeliveryState
  readonly units: number
}

async function move(
  tx: Transacting,
  agencyId: number,
  wanted: ReadonlyMap<string, Wanted>,
): Promise<{ moved: readonly Moved[]; locked: ReadonlySet<string> }> {
  const all = [...wanted.values()].sort(
    (a, b) => a.dispatchId - b.dispatchId || a.addressId - b.addressId,
  )
  if (all.length === 0) return { moved: [], locked: new Set() }
  const months = monthsOf(all)
  const { rows } = await sql<{ [key in keyof Moved]: Moved[key] | null } & { place: number }>`
    with wanted as materialized (
      select * from unnest(${all.map((one) => one.dispatchId)}::bigint[],
        ${all.map((one) => one.month)}::date[], ${all.map((one) => one.addressId)}::bigint[],
        ${all.map((one) => one.state)}::delivery_state[], ${all.map((one) => one.code)}::text[],
        ${all.map((one) => one.reference)}::text[])
        with ordinality as t (dispatch_id, month, address_id, state, code, reference, place)
    ), old as materialized (
      select w.*, v.state as before from wanted w join delivery v on v.agency_id = ${agencyId}
        and v.dispatch_id = w.dispatch_id and v.month = w.month and v.address_id = w.address_id
        and v.month = any(${months}::date[])
      order by w.place for update of v skip locked
    ), moved as (
      update delivery v set state = old.state, changed_at = clock_timestamp(),
        -- That the notice arrived does not undo what became of the old message.
        code = coalesce(old.code, case when v.code = any(${[...RECALLED]}::text[]) then v.code end),
        reference = coalesce(v.reference, old.reference)
      from old
      where v.agency_id = ${agencyId} and v.dispatch_id = old.dispatch_id and v.month = old.month
        and v.address_id = old.address_id and v.month = any(${months}::date[])
        and old.before::text || '>' || old.state::text = any(${MOVES}::text[])
      returning v.dispatch_id, v.address_id, old.before, v.state as after, v.units, old.place
    )
    select old.place, m.dispatch_id as "dispatchId", m.address_id as "addressId", m.before, m.after,
      m.units
    from old left join moved m using (place)
  `.execute(tx)
  const reached = new Set(rows.map((row) => row.place))
  const locked = all.filter((_, index) => !reached.has(index + 1)).map(keyOf)
  const moved = rows.flatMap(({ dispatchId, addressId, before, after, units }) =>
    dispatchId === null || addressId === null || before === null || after === null
      ? []
      : [{ dispatchId, addressId, before, after, units: units ?? 0 }],
  )
  return { moved, locked: new Set(locked) }
}

async function settleReceipts(
  tx: Transacting,
  agencyId: number,
  due: readonly DueReceipt[],
  found: ReadonlyMap<number, Found>,
  locked: ReadonlySet<string>,
  at: Date,
): Promise<void> {
  const later = (ms: number | undefined) => (ms === undefined ? null : new Date(at.getTime() + ms))
  const rows = due.map(({ id, looks }) => {
    const place = found.get(id)
    if (!place) return { id, looks: looks + 1, lookAt: later(lookAgainMs(looks)) }
    if (locked.has(keyOf(place))) return { id, looks, lookAt: later(LOCKED_AGAIN_MS) }
    return { id, looks, lookAt: null, place }
  })
  await sql`
    update receipt r set dispatch_id = t.dispatch_id, address_id = t.address_id, look_at = t.look_at,
      looks = t.looks
    from unnest(${rows.map((row) => row.id)}::bigint[],
      ${rows.map((row) => row.place?.dispatchId ?? null)}::bigint[],
      ${rows.map((row) => row.place?.addressId ?? null)}::bigint[],
      ${rows.map((row) => row.lookAt)}::timestamptz[], ${rows.map((row) => row.looks)}::smallint[])
      as t (id, dispatch_id, address_id, look_at, looks)
    where r.agency_id = ${agencyId} and r.id = t.id
  `.execute(tx)
}

/** It arrived after all: nobody need post by hand what another road was thought not to have carried. A
 *  task that is being confirmed at this moment is left to whoever confirms it. */
async function takeBackTasks(
  tx: Transacting,
  agencyId: number,
  arrived: readonly Moved[],
): Promise<void> {
  const tasked = arrived.filter((one) => one.before === 'awaiting')
  if (tasked.length === 0) return
  await sql`
    update hand_task t set state = 'cancelled'
    where t.agency_id = ${agencyId} and t.id in (
      select o.id from hand_task o
        join unnest(${tasked.map((one) => one.dispatchId)}::bigint[],
          ${tasked.map((one) => one.addressId)}::bigint[]) as u (dispatch_id, address_id)
        on u.dispatch_id = o.dispatch_id and u.address_id = o.address_id
      where o.agency_id = ${agencyId} and o.state = 'open'
      for update of o skip locked)
  `.execute(tx)
}

const UNSURE: readonly DeliveryState[] = ['unsure', 'waiting']

/** A dispatch counts from its first receipt where receipts count, and from the one that proves it left
 *  where acceptance does and nobody heard the platform accept. */
async function countFirst(
  tx: Transacting,
  agencyId: number,
  arrived: readonly Moved[],
  wanted: ReadonlyMap<string, Wanted>,
  { at, countsWhen }: ApplyOptions,
): Promise<void> {
  const counted = arrived.filter(
    ({ before }) =>
      countsWhen === 'receipt' || (countsWhen === 'accepted' && UNSURE.includes(before)),
  )
  for (const [dispatchId, moved] of [...Map.groupBy(counted, (one) => one.dispatchId)].sort(
    ([a], [b]) => a - b,
  )) {
    const receipts = moved.flatMap((one) => wanted.get(keyOf(one)) ?? [])
    const [first] = receipts.sort((a, b) => a.occurredAt.getTime() - b.occurredAt.getTime())
    const leaves = await firstMoment(tx, agencyId, dispatchId)
    if (!first || !leaves) continue
    await markSuccess(
      tx,
      { agencyId, dispatchId },
      {
        at: platformTime(first.occurredAt, at, leaves),
        reference: first.reference,
        ...(first.url === null ? {} : { url: first.url }),
      },
    )
  }
}

/** When the dispatch could leave at the earliest; undefined when its publication has this fact already. */
async function firstMoment(
  tx: Transacting,
  agencyId: number,
  dispatchId: number,
): Promise<Date | undefined> {
  const { rows } = await sql<{ leaves: Date }>`
    select greatest(d.not_before, d.created_at) as leaves from dispatch d
    where d.agency_id = ${agencyId} and d.id = ${dispatchId} and not exists (
      select 1 from publication_fact f where f.agency_id = ${agencyId}
        and f.publication_id = d.publication_id and f.dispatch_id = d.id)
  `.execute(tx)
  return rows[0]?.leaves
}
