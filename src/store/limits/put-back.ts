/** A claimed batch that got no tokens, or not for all of its members: who must wait goes back to waiting,
 *  without an attempt counted, and a hint wakes the lane at the moment more may leave. */
import { sql } from 'kysely'
import type { Claim } from '../../hub/ports/engine.ts'
import type { PutBack } from '../../hub/ports/limits.ts'
import type { Database, Transacting } from '../connect.ts'
import type { Waker } from '../queue.ts'

const after = (at: Date, milliseconds: number) => new Date(at.getTime() + milliseconds)

export function putBack(
  db: Database,
  waker: Waker,
  claim: Claim,
  at: Date,
  waitMs: number,
): Promise<void> {
  return db.transaction().execute((tx) => putBackUntil(tx, waker, claim, after(at, waitMs)))
}

export async function putBackUntil(
  tx: Transacting,
  waker: Waker,
  claim: Claim,
  due: Date,
  why = 'rate-limit',
): Promise<void> {
  const batch = await tx
    .updateTable('batch')
    .set({ state: 'waiting', lease_token: null, lease_until: null, due_at: due })
    .set((eb) => ({ attempts: eb('attempts', '-', 1) }))
    .where('agency_id', '=', claim.agencyId)
    .where('id', '=', claim.batchId)
    .where('lease_token', '=', claim.token)
    .executeTakeFirst()
  const late = batch.numUpdatedRows === 0n
  await tx
    .insertInto('attempt_end')
    .values({
      ...{ agency_id: claim.agencyId, attempt_id: claim.attemptId, late },
      outcomes: JSON.stringify({ [`waits: ${why}`]: claim.recipients.length }),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  if (!late) await waker.wake(tx, claim, due)
}

/** The batch's own members were never called, so they may still be divided. */
export function cutOff(
  db: Database,
  waker: Waker,
  claim: Claim,
  at: Date,
  parts: readonly PutBack[],
): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql`
      select 1 from batch where agency_id = ${claim.agencyId} and id = ${claim.batchId}
        and lease_token = ${claim.token} for update
    `.execute(tx)
    if (rows.length === 0) return false
    for (const part of parts) {
      const due = after(at, part.waitMs)
      await cutOne(tx, claim, part.addressIds, due)
      await waker.wake(tx, claim, due)
    }
    return true
  })
}

async function cutOne(
  tx: Transacting,
  claim: Claim,
  addressIds: readonly number[],
  due: Date,
): Promise<void> {
  const first = addressIds.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY)
  const last = addressIds.reduce((most, one) => Math.max(most, one), 0)
  await sql`
    with child as (
      insert into batch (agency_id, dispatch_id, month, channel_id, road_id, lane, parent_id,
        address_from, address_to, size, attempts, state, due_at, quiet_hold, bound)
      select agency_id, dispatch_id, month, channel_id, road_id, lane, id, ${first}::bigint,
        ${last}::bigint, ${addressIds.length}::int, attempts - 1, 'waiting', ${due}::timestamptz,
        quiet_hold, bound
      from batch where agency_id = ${claim.agencyId} and id = ${claim.batchId}
      returning id
    )
    update delivery d set batch_id = child.id, changed_at = clock_timestamp()
    from child, unnest(${[...addressIds]}::bigint[]) as t (address_id)
    where d.agency_id = ${claim.agencyId} and d.dispatch_id = ${claim.dispatchId}
      and d.month = ${claim.month}::date and d.address_id = t.address_id
      and d.address_id between ${first}::bigint and ${last}::bigint
      and d.batch_id = ${claim.batchId} and d.state = 'waiting'
  `.execute(tx)
}
