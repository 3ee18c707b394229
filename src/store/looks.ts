/** Batches with `unsure` members: when their channel is asked again what became of them. */
import type { BatchKey, Claim, EnginePort } from '../hub/ports/engine.ts'
import { begin } from './claim.ts'
import type { Database, Transacting } from './connect.ts'
import type { VaultKeys } from './vault.ts'

/** A channel that still cannot say is asked once a minute, one that never can once a day. */
const LOOK_AGAIN_MS = 60_000
const LOOK_LATER_MS = 24 * 3_600_000

const after = (at: Date, milliseconds: number) => new Date(at.getTime() + milliseconds)

export async function setLookAt(
  tx: Transacting,
  key: BatchKey,
  lookAt: Date | null,
): Promise<void> {
  await tx
    .updateTable('batch')
    .set({ look_at: lookAt })
    .where('agency_id', '=', key.agencyId)
    .where('id', '=', key.batchId)
    .execute()
}

export function lookPort(
  db: Database,
  keys: VaultKeys,
): Pick<EnginePort, 'lookLater' | 'unsureClaim'> {
  return {
    lookLater: (key, at, waitMs = LOOK_LATER_MS) =>
      db.transaction().execute((tx) => setLookAt(tx, key, after(at, waitMs))),
    unsureClaim: (key, process, token, at) =>
      db.transaction().execute((tx) => unsureClaim(tx, keys, key, { process, token, at })),
  }
}

async function unsureClaim(
  tx: Transacting,
  keys: VaultKeys,
  key: BatchKey,
  request: { readonly process: string; readonly token: string; readonly at: Date },
): Promise<Claim | undefined> {
  const batch = await tx
    .selectFrom('batch')
    .select(['agency_id', 'id', 'dispatch_id', 'month', 'channel_id', 'road_id', 'lane'])
    .select(['attempts', 'address_from', 'address_to', 'size'])
    .where('agency_id', '=', key.agencyId)
    .where('id', '=', key.batchId)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  if (!batch) return undefined
  const unsure = await tx
    .selectFrom('delivery')
    .select('address_id')
    .where('agency_id', '=', key.agencyId)
    .where('dispatch_id', '=', batch.dispatch_id)
    .where('month', '=', batch.month)
    .where('batch_id', '=', batch.id)
    .where('address_id', '>=', batch.address_from)
    .where('address_id', '<=', batch.address_to)
    .where('state', '=', 'unsure')
    .limit(1)
    .executeTakeFirst()
  await setLookAt(tx, key, unsure ? after(request.at, LOOK_AGAIN_MS) : null)
  return unsure && begin(tx, keys, batch, request, 'unsure')
}
