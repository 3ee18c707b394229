/** Templates reviewed in advance and their opinions; the other parts of the clearances' port stand beside. */
import type { Selectable } from 'kysely'
import type {
  ClearancePort,
  PreparedTextReviewRow,
  PreparedTextRow,
} from '../../hub/ports/clearances.ts'
import { fromHex } from '../../kit/hash.ts'
import type { Transacting } from '../connect.ts'
import type { ClearanceTables } from '../schema/clearances.ts'
import { orderPort } from './orders.ts'
import { relayPort } from './relay.ts'
import { usePort } from './uses.ts'

export function clearancePort(tx: Transacting, agencyId: number): ClearancePort {
  return {
    ...templatePort(tx, agencyId),
    ...orderPort(tx, agencyId),
    ...relayPort(tx, agencyId),
    ...usePort(tx, agencyId),
  }
}

type TemplatePart = Pick<
  ClearancePort,
  | 'addPreparedText'
  | 'preparedText'
  | 'preparedTexts'
  | 'addPreparedTextReview'
  | 'preparedTextReview'
>

function templatePort(tx: Transacting, agencyId: number): TemplatePart {
  const templates = () =>
    tx.selectFrom('prepared_text').selectAll().where('agency_id', '=', agencyId)
  return {
    async addPreparedText({ title, text, hash, authorId, at }) {
      const { id } = await tx
        .insertInto('prepared_text')
        .values({ agency_id: agencyId, title, text, hash: fromHex(hash), author_id: authorId, at })
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    },
    async preparedText(id) {
      const row = await templates().where('id', '=', id).executeTakeFirst()
      return row && preparedText(row)
    },
    async preparedTexts() {
      return (await templates().orderBy('id', 'desc').execute()).map(preparedText)
    },
    async addPreparedTextReview(row) {
      const { id } = await tx
        .insertInto('prepared_text_review')
        .values({
          ...{ agency_id: agencyId, prepared_text_id: row.preparedTextId, hash: fromHex(row.hash) },
          ...{ opinion: row.opinion, reviewer_id: row.reviewerId, note: row.note, at: row.at },
          ...{ proof_key_id: row.proofKeyId, proof: Buffer.from(row.proof) },
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    },
    preparedTextReview: (preparedTextId) => newestReview(tx, agencyId, preparedTextId),
  }
}

export function preparedText(row: Selectable<ClearanceTables['prepared_text']>): PreparedTextRow {
  const { id, title, text, at } = row
  return { id, title, text, at, hash: row.hash.toString('hex'), authorId: row.author_id }
}

export async function newestReview(
  tx: Transacting,
  agencyId: number,
  preparedTextId: number,
): Promise<PreparedTextReviewRow | undefined> {
  const row = await tx
    .selectFrom('prepared_text_review')
    .selectAll()
    .where('agency_id', '=', agencyId)
    .where('prepared_text_id', '=', preparedTextId)
    .orderBy('id', 'desc')
    .executeTakeFirst()
  return (
    row && {
      ...{ id: row.id, preparedTextId: row.prepared_text_id, hash: row.hash.toString('hex') },
      ...{ opinion: row.opinion, reviewerId: row.reviewer_id, note: row.note, at: row.at },
      ...{ proofKeyId: row.proof_key_id, proof: row.proof },
    }
  )
}
