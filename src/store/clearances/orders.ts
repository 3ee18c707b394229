/** Standing orders: granted, locked to be counted, revoked. */
import { type Selectable, type SqlBool, sql } from 'kysely'
import type { ClearancePort, StandingOrderRow } from '../../hub/ports/clearances.ts'
import { fromHex } from '../../kit/hash.ts'
import type { Transacting } from '../connect.ts'
import type { ClearanceTables } from '../schema/clearances.ts'

type OrderPart = Pick<
  ClearancePort,
  | 'nextStandingOrderId'
  | 'addStandingOrder'
  | 'lockStandingOrder'
  | 'standingOrders'
  | 'usesOf'
  | 'addRevocation'
  | 'stopOrderDispatches'
>

export function orderPort(tx: Transacting, agencyId: number): OrderPart {
  const uses = (orderId: number) =>
    tx
      .selectFrom('clearance_use')
      .where('agency_id', '=', agencyId)
      .where('standing_order_id', '=', orderId)
  return {
    async nextStandingOrderId() {
      const { rows } = await sql<{ id: number }>`
        select nextval('standing_order_id_seq') as id
      `.execute(tx)
      const id = rows[0]?.id
      if (id === undefined) throw new Error('the sequence of the standing orders gave no number')
      return id
    },
    addStandingOrder: (row) => addStandingOrder(tx, agencyId, row),
    async lockStandingOrder(id) {
      const row = await tx
        .selectFrom('standing_order')
        .selectAll()
        .where('agency_id', '=', agencyId)
        .where('id', '=', id)
        .forNoKeyUpdate()
        .executeTakeFirst()
      return row && standingOrder(row, await isRevoked(tx, agencyId, id))
    },
    async standingOrders() {
      const rows = await tx
        .selectFrom('standing_order as o')
        .selectAll('o')
        .select(revoked.as('revoked'))
        .select(
          sql<number>`(select count(*) from clearance_use u
            where u.agency_id = o.agency_id and u.standing_order_id = o.id)`.as('uses'),
        )
        .where('o.agency_id', '=', agencyId)
        .orderBy('o.id', 'desc')
        .execute()
      return rows.map((row) => ({ ...standingOrder(row, row.revoked), uses: row.uses }))
    },
    async usesOf(orderId, day) {
      const row = await uses(orderId)
        .select((eb) => eb.fn.countAll<number>().as('total'))
        .select(sql<number>`count(*) filter (where day = ${day}::date)`.as('ofDay'))
        .executeTakeFirstOrThrow()
      return row
    },
    async addRevocation({ standingOrderId, revokedBy, reason, at }) {
      const result = await tx
        .insertInto('standing_order_revocation')
        .values({
          ...{ agency_id: agencyId, standing_order_id: standingOrderId, reason, at },
          revoked_by: revokedBy,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      return (result.numInsertedOrUpdatedRows ?? 0n) > 0n
    },
    stopOrderDispatches: (orderId) => stopOrderDispatches(tx, agencyId, orderId),
  }
}

const revoked = sql<boolean>`exists (select 1 from standing_order_revocation r
  where r.agency_id = o.agency_id and r.standing_order_id = o.id)`

export async function isRevoked(
  tx: Transacting,
  agencyId: number,
  orderId: number,
): Promise<boolean> {
  const row = await tx
    .selectFrom('standing_order_revocation')
    .select('at')
    .where('agency_id', '=', agencyId)
    .where('standing_order_id', '=', orderId)
    .executeTakeFirst()
  return row !== undefined
}

async function addStandingOrder(
  tx: Transacting,
  agencyId: number,
  row: Omit<StandingOrderRow, 'revoked'>,
): Promise<void> {
  await tx
    .insertInto('standing_order')
    .values({
      ...{ agency_id: agencyId, id: row.id, text: row.text, hash: fromHex(row.hash), at: row.at },
      ...{ prepared_text_id: row.preparedTextId, review_id: row.reviewId },
      ...{ author_id: row.authorId, reviewer_id: row.reviewerId, signer_id: row.signerId },
      ...{ uses_max: row.usesMax, uses_per_day_max: row.usesPerDayMax },
      ...{ valid_from: row.validFrom, valid_until: row.validUntil },
      ...{ proof_key_id: row.proofKeyId, proof: Buffer.from(row.proof) },
    })
    .execute()
}

/** Nothing that stands is touched: only what still waits, is on its way or lies with a person. */
async function stopOrderDispatches(
  tx: Transacting,
  agencyId: number,
  orderId: number,
): Promise<readonly number[]> {
  const unfinished = sql<SqlBool>`(d.state in ('held', 'expanding')
    or exists (select 1 from batch b where b.agency_id = d.agency_id and b.dispatch_id = d.id
      and b.state in ('waiting', 'leased', 'held'))
    or exists (select 1 from hand_task h where h.agency_id = d.agency_id and h.dispatch_id = d.id
      and h.state = 'open'))`
  const rows = await tx
    .updateTable('dispatch as d')
    .set({ state: 'stopped' })
    .where('d.agency_id', '=', agencyId)
    .where('d.act', '!=', 'withdraw')
    .where('d.state', '!=', 'stopped')
    .where(
      sql<SqlBool>`exists (select 1 from clearance_use u where u.agency_id = d.agency_id
        and u.bulletin_id = d.bulletin_id and u.standing_order_id = ${orderId} and d.revision = 1)`,
    )
    .where(unfinished)
    .returning('d.id')
    .execute()
  return rows.map((row) => row.id)
}

export function standingOrder(
  row: Selectable<ClearanceTables['standing_order']>,
  isOver: boolean,
): StandingOrderRow {
  return {
    ...{ id: row.id, preparedTextId: row.prepared_text_id, reviewId: row.review_id },
    ...{ text: row.text, hash: row.hash.toString('hex'), authorId: row.author_id, at: row.at },
    ...{ reviewerId: row.reviewer_id, signerId: row.signer_id, usesMax: row.uses_max },
    ...{ usesPerDayMax: row.uses_per_day_max, validFrom: row.valid_from },
    ...{ validUntil: row.valid_until, proofKeyId: row.proof_key_id, proof: row.proof },
    revoked: isOver,
  }
}
