/** Hands a claim back that nothing was called for: its batch is due again at once, for whoever looks next. */
import type { Claim } from '../hub/ports/engine.ts'
import type { Database } from './connect.ts'
import type { Waker } from './queue.ts'

/** Under the lease's token; without it the batch is somebody else's already, and only the attempt ends. */
export function handBack(db: Database, waker: Waker, claim: Claim, at: Date): Promise<void> {
  const { agencyId } = claim
  return db.transaction().execute(async (tx) => {
    const batch = await tx
      .updateTable('batch')
      .set(({ eb }) => ({
        ...{ state: 'waiting' as const, lease_token: null, lease_until: null },
        // Nothing was tried, so that nothing was used up.
        attempts: eb('attempts', '-', 1),
      }))
      .where('agency_id', '=', agencyId)
      .where('id', '=', claim.batchId)
      .where('lease_token', '=', claim.token)
      .executeTakeFirst()
    const held = batch.numUpdatedRows === 1n
    await tx
      .insertInto('attempt_end')
      .values({
        ...{ agency_id: agencyId, attempt_id: claim.attemptId, late: !held },
        outcomes: JSON.stringify({ 'handed-back': claim.recipients.length }),
      })
      .execute()
    if (held) await waker.wake(tx, claim, at)
  })
}
