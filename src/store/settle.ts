/** Writes what an attempt brought: under the lease's token everything, after it only what resolves
 *  `unsure`. One conditional update is the transition table. */
import { sql } from 'kysely'
import type { Claim, Settlement, SettleRequest } from '../hub/ports/engine.ts'
import type { Database, Transacting } from './connect.ts'
import { logChange } from './limits/breakers.ts'
import { setLookAt } from './looks.ts'
import { moveDeliveries } from './moves.ts'
import type { Waker } from './queue.ts'
import { expectReceipts } from './receipts/watch.ts'
import { markSuccess } from './successes.ts'
import { addTallies, tallyChanges } from './tallies.ts'

export function settle(
  db: Database,
  waker: Waker,
  request: SettleRequest,
): Promise<'settled' | 'late'> {
  return db.transaction().execute(async (tx) => {
    const { claim } = request
    const held = await releaseLease(tx, claim)
    const ended = await tx
      .insertInto('attempt_end')
      .values({
        ...{ agency_id: claim.agencyId, attempt_id: claim.attemptId, late: !held },
        outcomes: JSON.stringify(request.outcomes),
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    // An attempt ends once; whatever answers a second time has nothing more to say.
    if (ended.numInsertedOrUpdatedRows === 0n) return 'late'
    const child = await makeChild(tx, request)
    const moves = await moveDeliveries(tx, request, { child, held })
    await addTallies(tx, claim.agencyId, claim.dispatchId, tallyChanges(moves))
    await openHandTasks(tx, request)
    if (child !== undefined) {
      if (moves.some((move) => move.to === 'waiting' || move.to === 'held'))
        await waker.wake(tx, claim, childDue(request))
      else await closeBatch(tx, claim.agencyId, child)
    }
    if (moves.some((move) => move.to === 'unsure')) await setLookAt(tx, claim, request.at)
    const waits = moves.some((move) => move.to === 'accepted' || move.to === 'awaiting')
    await expectReceipts(tx, request, waits)
    if (request.success && moves.length > 0) await markSuccess(tx, claim, request.success)
    if (request.holdRoad !== undefined) await holdRoad(tx, claim, request.holdRoad)
    return held ? 'settled' : 'late'
  })
}

async function releaseLease(tx: Transacting, claim: Claim): Promise<boolean> {
  const released = await tx
    .updateTable('batch')
    .set({ state: 'settled', lease_token: null, lease_until: null })
    .where('agency_id', '=', claim.agencyId)
    .where('id', '=', claim.batchId)
    .where('lease_token', '=', claim.token)
    .executeTakeFirst()
  return released.numUpdatedRows === 1n
}

const isHeld = ({ state }: Settlement): boolean => state === 'held'
const isChild = (one: Settlement): boolean => one.state === 'waiting' || isHeld(one)

function childDue({ at, settlements }: SettleRequest): Date {
  const delays = settlements.filter(isChild).map((one) => one.dueInMs ?? 0)
  return new Date(at.getTime() + Math.max(0, ...delays))
}

/** Who must be tried again moves to a child batch; a batch's members never change after an attempt. */
async function makeChild(tx: Transacting, request: SettleRequest): Promise<number | undefined> {
  const members = request.settlements.filter(isChild).map((one) => one.addressId)
  if (members.length === 0) return undefined
  const { claim } = request
  const holds = request.holdRoad !== undefined || request.settlements.some(isHeld)
  const state = holds ? 'held' : 'waiting'
  const { rows } = await sql<{ id: number }>`
    insert into batch (agency_id, dispatch_id, month, channel_id, road_id, lane, parent_id,
      address_from, address_to, size, attempts, state, due_at, quiet_hold, bound)
    select agency_id, dispatch_id, month, channel_id, road_id, lane, id,
      ${Math.min(...members)}::bigint, ${Math.max(...members)}::bigint, ${members.length}::int, attempts,
      ${state}::text, ${childDue(request)}::timestamptz, quiet_hold,
      bound or ${request.bound ?? false}::boolean
    from batch where agency_id = ${claim.agencyId} and id = ${claim.batchId}
    returning id
  `.execute(tx)
  return rows[0]?.id
}

async function openHandTasks(tx: Transacting, request: SettleRequest): Promise<void> {
  const { claim, at } = request
  const tasks = request.settlements.filter((one) => one.handWithinMs !== undefined)
  if (tasks.length === 0) return
  const due = tasks.map((one) => new Date(at.getTime() + (one.handWithinMs ?? 0)))
  await sql`
    insert into hand_task (agency_id, dispatch_id, month, address_id, keeper_id, due_at, created_at,
      state)
    select d.agency_id, d.dispatch_id, d.month, d.address_id, a.keeper_id, t.due_at,
      ${at}::timestamptz, 'open'
    from unnest(${tasks.map((one) => one.addressId)}::bigint[], ${due}::timestamptz[])
        as t (address_id, due_at)
      join delivery d on d.agency_id = ${claim.agencyId} and d.dispatch_id = ${claim.dispatchId}
        and d.month = ${claim.month}::date and d.address_id = t.address_id
      join address a on a.agency_id = d.agency_id and a.id = d.address_id
    where d.state = 'awaiting' and d.batch_id = ${claim.batchId}
    order by t.address_id
    on conflict do nothing
  `.execute(tx)
}

async function closeBatch(tx: Transacting, agencyId: number, batchId: number): Promise<void> {
  await tx
    .updateTable('batch')
    .set({ state: 'settled' })
    .where('agency_id', '=', agencyId)
    .where('id', '=', batchId)
    .execute()
}

async function holdRoad(tx: Transacting, claim: Claim, reason: string): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('road')
    .set({ held_reason: reason })
    .where('agency_id', '=', claim.agencyId)
    .where('channel_id', '=', claim.channelId)
    .where('id', '=', claim.roadId)
    .where('held_reason', 'is', null)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows > 0n) await logChange(tx, claim, { state: 'held', reason })
}

/** Nothing was called: the batch is put back and its dispatch held, with the reason. */
export function refuse(db: Database, claim: Claim, reason: string): Promise<void> {
  return db.transaction().execute(async (tx) => {
    const batch = await tx
      .updateTable('batch')
      .set({ state: 'held', lease_token: null, lease_until: null })
      .where('agency_id', '=', claim.agencyId)
      .where('id', '=', claim.batchId)
      .where('lease_token', '=', claim.token)
      .executeTakeFirst()
    await tx
      .insertInto('attempt_end')
      .values({
        ...{ agency_id: claim.agencyId, attempt_id: claim.attemptId },
        late: batch.numUpdatedRows === 0n,
        outcomes: JSON.stringify({ [`refused: ${reason}`]: claim.recipients.length }),
      })
      .execute()
    await tx
      .updateTable('dispatch')
      .set({ state: 'held', held_reason: reason })
      .where('agency_id', '=', claim.agencyId)
      .where('id', '=', claim.dispatchId)
      .where('state', '!=', 'stopped')
      .execute()
  })
}
