/** The first success of a place or a broadcast decides its year; corrections and withdrawals are facts
 *  beside it and change no count. */
import { sql } from 'kysely'
import type { Success } from '../hub/ports/engine.ts'
import type { Transacting } from './connect.ts'

export async function markSuccess(
  tx: Transacting,
  key: { readonly agencyId: number; readonly dispatchId: number },
  success: Success,
): Promise<void> {
  const dispatch = await tx
    .selectFrom('dispatch')
    .select(['act', 'publication_id', 'broadcast_id', 'revision', 'reason'])
    .where('agency_id', '=', key.agencyId)
    .where('id', '=', key.dispatchId)
    .executeTakeFirstOrThrow()
  if (dispatch.broadcast_id !== null) {
    const column = dispatch.act === 'withdraw' ? 'withdrawn_at' : 'occurred_at'
    await tx
      .updateTable('broadcast')
      .set(
        column === 'withdrawn_at'
          ? { withdrawn_at: success.at }
          : { occurred_at: success.at, recorded_at: sql<Date>`clock_timestamp()` },
      )
      .where('agency_id', '=', key.agencyId)
      .where('id', '=', dispatch.broadcast_id)
      .where(column, 'is', null)
      .execute()
    return
  }
  const { publication_id: publicationId } = dispatch
  if (publicationId === null) return
  const kind = FACT_OF[dispatch.act]
  // A letter that corrected or took back what never appeared: nothing was published by it.
  if (kind !== 'published' && !(await isPublished(tx, key.agencyId, publicationId))) return
  await tx
    .updateTable('publication')
    .set(
      kind === 'withdrawn'
        ? { withdrawn_at: sql<Date>`coalesce(withdrawn_at, ${success.at}::timestamptz)` }
        : {
            occurred_at: sql<Date>`coalesce(occurred_at, ${success.at}::timestamptz)`,
            recorded_at: sql<Date>`coalesce(recorded_at, clock_timestamp())`,
            ...(success.url === undefined ? {} : { url: success.url }),
            ...(success.reference === undefined ? {} : { reference: success.reference }),
          },
    )
    .where('agency_id', '=', key.agencyId)
    .where('id', '=', publicationId)
    .execute()
  await tx
    .insertInto('publication_fact')
    .values({
      ...{ agency_id: key.agencyId, publication_id: publicationId, kind },
      ...{ revision: dispatch.revision, occurred_at: success.at, reason: dispatch.reason },
      recorded_at: sql<Date>`clock_timestamp()`,
      dispatch_id: key.dispatchId,
    })
    .execute()
}

async function isPublished(
  tx: Transacting,
  agencyId: number,
  publicationId: number,
): Promise<boolean> {
  const row = await tx
    .selectFrom('publication')
    .select('id')
    .where('agency_id', '=', agencyId)
    .where('id', '=', publicationId)
    .where('occurred_at', 'is not', null)
    .executeTakeFirst()
  return row !== undefined
}

const FACT_OF = {
  publish: 'published',
  resend: 'published',
  notify: 'published',
  amend: 'amended',
  withdraw: 'withdrawn',
} as const
