/** Each use of a clearance, and the review that a prepared text owes. */
import { sql } from 'kysely'
import type { Opinion } from '../../domain/review.ts'
import { dayOf } from '../../domain/year.ts'
import type { AfterReviewRow, ClearancePort, ClearanceUse } from '../../hub/ports/clearances.ts'
import { fromHex } from '../../kit/hash.ts'
import type { Transacting } from '../connect.ts'

type UsePart = Pick<
  ClearancePort,
  | 'addClearanceUse'
  | 'isOccurrenceUsed'
  | 'clearanceUse'
  | 'addAfterReview'
  | 'afterReviews'
  | 'afterReviewOf'
  | 'addAfterReviewOpinion'
>

export function usePort(tx: Transacting, agencyId: number): UsePart {
  return {
    async addClearanceUse(use) {
      await tx
        .insertInto('clearance_use')
        .values({
          ...{ agency_id: agencyId, bulletin_id: use.bulletinId, clearance: use.clearance },
          ...{ prepared_text_id: use.preparedTextId, at: use.at, day: dayOf(use.at) },
          ...{ hash: fromHex(use.hash), values_hash: fromHex(use.valuesHash) },
          standing_order_id: use.standingOrderId ?? null,
          message_id: use.messageId ?? null,
          filled_by: use.filledBy ?? null,
          occurrence_id: use.occurrenceId ?? null,
        })
        .execute()
    },
    async isOccurrenceUsed(occurrenceId) {
      const row = await tx
        .selectFrom('clearance_use')
        .select('bulletin_id')
        .where('agency_id', '=', agencyId)
        .where('occurrence_id', '=', occurrenceId)
        .executeTakeFirst()
      return row !== undefined
    },
    clearanceUse: (bulletinId) => readUse(tx, agencyId, bulletinId),
    async addAfterReview({ bulletinId, signerId, hash, at, dueAt }) {
      await tx
        .insertInto('after_review')
        .values({
          ...{ agency_id: agencyId, bulletin_id: bulletinId, signer_id: signerId, at },
          ...{ hash: fromHex(hash), due_at: dueAt },
        })
        .execute()
    },
    afterReviews: () => readAfterReviews(tx, agencyId),
    async afterReviewOf(bulletinId) {
      return (await readAfterReviews(tx, agencyId, bulletinId))[0]
    },
    async addAfterReviewOpinion({ bulletinId, hash, opinion, reviewerId, note, at }) {
      await tx
        .insertInto('after_review_opinion')
        .values({
          ...{ agency_id: agencyId, bulletin_id: bulletinId, opinion, note, at },
          ...{ hash: fromHex(hash), reviewer_id: reviewerId },
        })
        .execute()
    },
  }
}

export async function readUse(
  tx: Transacting,
  agencyId: number,
  bulletinId: number,
): Promise<ClearanceUse | undefined> {
  const row = await tx
    .selectFrom('clearance_use')
    .selectAll()
    .where('agency_id', '=', agencyId)
    .where('bulletin_id', '=', bulletinId)
    .executeTakeFirst()
  if (!row) return undefined
  return {
    ...{ bulletinId, clearance: row.clearance, preparedTextId: row.prepared_text_id, at: row.at },
    ...{ hash: row.hash.toString('hex'), valuesHash: row.values_hash.toString('hex') },
    ...(row.standing_order_id === null ? {} : { standingOrderId: row.standing_order_id }),
    ...(row.message_id === null ? {} : { messageId: row.message_id }),
    ...(row.filled_by === null ? {} : { filledBy: row.filled_by }),
    ...(row.occurrence_id === null ? {} : { occurrenceId: row.occurrence_id }),
  }
}

async function readAfterReviews(
  tx: Transacting,
  agencyId: number,
  bulletinId?: number,
): Promise<readonly AfterReviewRow[]> {
  const only = bulletinId === undefined ? sql`true` : sql`a.bulletin_id = ${bulletinId}`
  const { rows } = await sql<{
    bulletinId: number
    title: string
    signerIds: number[]
    filledBy: number
    hash: Buffer
    at: Date
    dueAt: Date
    opinion: Opinion | null
    note: string | null
  }>`
    select a.bulletin_id as "bulletinId", b.title, array(
        select distinct s.signer_id::int from signature s
        where s.agency_id = a.agency_id and s.bulletin_id = a.bulletin_id and s.hash = a.hash
      ) as "signerIds", u.filled_by as "filledBy", a.hash, a.at, a.due_at as "dueAt", o.opinion, o.note
    from after_review a
      join bulletin b on b.agency_id = a.agency_id and b.id = a.bulletin_id
      join clearance_use u on u.agency_id = a.agency_id and u.bulletin_id = a.bulletin_id
      left join lateral (
        select n.opinion, n.note from after_review_opinion n
        where n.agency_id = a.agency_id and n.bulletin_id = a.bulletin_id
        order by n.id desc limit 1) o on true
    where a.agency_id = ${agencyId} and ${only}
    order by a.due_at, a.bulletin_id
  `.execute(tx)
  return rows.map(({ hash, opinion, note, ...row }) => ({
    ...row,
    hash: hash.toString('hex'),
    ...(opinion === null ? {} : { opinion }),
    ...(note === null ? {} : { note }),
  }))
}
