/** What door 5 reads of a filled text's authority: rows as they are now, for the proofs to judge. */
import type { AuthorityPapers, AuthorityPort, ClearanceUse } from '../../hub/ports/clearances.ts'
import { fromHex } from '../../kit/hash.ts'
import type { Database, Transacting } from '../connect.ts'
import { openBody, type VaultKeys } from '../vault.ts'
import { newestReview, preparedText } from './clearances.ts'
import { isRevoked, standingOrder } from './orders.ts'
import { readMessage, readSource } from './relay.ts'
import { readUse } from './uses.ts'

export function authorityPort(db: Database, keys: VaultKeys): AuthorityPort {
  return {
    authority: (agencyId, bulletinId) =>
      db.transaction().execute(async (tx) => {
        const use = await readUse(tx, agencyId, bulletinId)
        return use ? readAuthority(tx, keys, agencyId, use) : {}
      }),
  }
}

async function readAuthority(
  tx: Transacting,
  keys: VaultKeys,
  agencyId: number,
  use: ClearanceUse,
): Promise<AuthorityPapers> {
  const template = await tx
    .selectFrom('prepared_text')
    .selectAll()
    .where('agency_id', '=', agencyId)
    .where('id', '=', use.preparedTextId)
    .executeTakeFirst()
  const review = await newestReview(tx, agencyId, use.preparedTextId)
  const order =
    use.standingOrderId === undefined
      ? undefined
      : await tx
          .selectFrom('standing_order')
          .selectAll()
          .where('agency_id', '=', agencyId)
          .where('id', '=', use.standingOrderId)
          .executeTakeFirst()
  const message =
    use.messageId === undefined ? undefined : await readMessage(tx, agencyId, use.messageId)
  const source = message && (await readSource(tx, agencyId, message.sourceId))
  const values = await valuesOf(tx, keys, agencyId, use)
  return {
    use,
    ...(template && { preparedText: preparedText(template) }),
    ...(review && { review }),
    ...(order && { standingOrder: standingOrder(order, await isRevoked(tx, agencyId, order.id)) }),
    ...(message && { message }),
    ...(source && { source }),
    ...(values !== undefined && { values }),
  }
}

/** Values that do not open are an answer, not a fault: nobody may keep a batch going round with them. */
async function valuesOf(
  tx: Transacting,
  keys: VaultKeys,
  agencyId: number,
  { bulletinId, valuesHash }: ClearanceUse,
): Promise<string | undefined> {
  const row = await tx
    .selectFrom('body as b')
    .innerJoin('item_key as k', (join) =>
      join.onRef('k.agency_id', '=', 'b.agency_id').onRef('k.bulletin_id', '=', 'b.bulletin_id'),
    )
    .select(['b.cipher', 'k.wrapped'])
    .where('b.agency_id', '=', agencyId)
    .where('b.bulletin_id', '=', bulletinId)
    .where('b.hash', '=', fromHex(valuesHash))
    .executeTakeFirst()
  if (!row?.wrapped) return undefined
  const sealed = { hash: valuesHash, cipher: row.cipher }
  try {
    return openBody(keys, { agencyId, bulletinId }, row.wrapped, sealed)
  } catch {
    return undefined
  }
}
