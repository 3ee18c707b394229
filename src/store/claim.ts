/** Takes the next due batch under a lease and writes its attempt as begun, in one commit. */
import { sql } from 'kysely'
import { OPEN_MS_MAX } from '../domain/breaker.ts'
import type { Lane } from '../domain/bulletin.ts'
import type { Claim, ClaimedRecipient, ClaimRequest, RoadKey } from '../hub/ports/engine.ts'
import type { Database, Transacting } from './connect.ts'
import { openAddresses, type VaultKeys } from './vault.ts'

interface LeasedBatch {
  agency_id: number
  id: number
  dispatch_id: number
  month: string
  channel_id: string
  road_id: string
  lane: Lane
  attempts: number
  address_from: number
  address_to: number
  size: number
  failed_lately: boolean
  /** calls its road may have open while it comes back; null: as many as its channel may */
  calls_max: number | null
  /** when its lease began: a process may be halted between that and writing its attempt */
  leased_at: Date
}

/** What a batch must say of itself to be begun. */
type Begun = Omit<LeasedBatch, 'failed_lately' | 'calls_max' | 'leased_at'>

export function claim(
  db: Database,
  keys: VaultKeys,
  request: ClaimRequest,
): Promise<Claim | undefined> {
  return claimBeside(db, keys, request, request.except)
}

/** Somebody else took the last call its road has room for while it comes back. */
class NoRoom extends Error {
  readonly road: RoadKey
  constructor(road: RoadKey) {
    super('no room')
    this.road = road
  }
}

async function claimBeside(
  db: Database,
  keys: VaultKeys,
  request: ClaimRequest,
  except: readonly RoadKey[],
): Promise<Claim | undefined> {
  try {
    return await db.transaction().execute(async (tx) => {
      const batch = await lease(tx, { ...request, except })
      if (!batch) return undefined
      if (batch.calls_max !== null) await checkRoom(tx, batch, batch.calls_max)
      return begin(tx, keys, batch, request, 'waiting')
    })
  } catch (error) {
    if (!(error instanceof NoRoom)) throw error
    return claimBeside(db, keys, request, [...except, error.road])
  }
}

/** Counted under the breaker's lock: without it two processes would both take the one call there is.
 *  @throws NoRoom */
async function checkRoom(tx: Transacting, batch: LeasedBatch, callsMax: number): Promise<void> {
  const { agency_id: agencyId, channel_id: channelId, road_id: roadId } = batch
  await sql`
    select 1 from breaker where agency_id = ${agencyId} and channel_id = ${channelId}
      and road_id = ${roadId} for update
  `.execute(tx)
  const { rows } = await sql<{ leased: number }>`
    select count(*) as leased from batch
    where state = 'leased' and agency_id = ${agencyId} and channel_id = ${channelId}
      and road_id = ${roadId}
  `.execute(tx)
  if ((rows[0]?.leased ?? 0) > callsMax) throw new NoRoom({ agencyId, channelId, roadId })
}

/** Leases and limits go by the database's clock, so that no process can be wrong about them. */
async function lease(tx: Transacting, request: ClaimRequest): Promise<LeasedBatch | undefined> {
  const { except, agencyId = null, bulletinId = null } = request
  const { rows } = await sql<LeasedBatch>`
    with next as (
      select b.agency_id, b.id
      from batch b
        join dispatch d on d.agency_id = b.agency_id and d.id = b.dispatch_id and d.month = b.month
      where b.state = 'waiting' and b.lane = ${request.lane} and b.due_at <= ${request.at}
        and (${agencyId}::int is null or b.agency_id = ${agencyId}::int)
        and (${bulletinId}::bigint is null or d.bulletin_id = ${bulletinId}::bigint)
        and not (b.quiet_hold and ${request.quiet})
        and d.state in ('expanding', 'fanned-out') and d.not_after > ${request.at}
        and not exists (
          select 1 from road r
          where r.agency_id = b.agency_id and r.channel_id = b.channel_id and r.id = b.road_id
            and (r.held_reason is not null or not r.enabled))
        and not exists (
          select 1 from breaker k
          where k.agency_id = b.agency_id and k.channel_id = b.channel_id and k.road_id = b.road_id
            and k.open_until is not null and ((k.open_until > ${request.at}
              and k.open_until <= ${new Date(request.at.getTime() + OPEN_MS_MAX)}) or k.calls_max <= (
              select count(*) from batch l where l.state = 'leased' and l.agency_id = k.agency_id
                and l.channel_id = k.channel_id and l.road_id = k.road_id)))
        and (b.agency_id, b.channel_id, b.road_id) not in (
          select * from unnest(${except.map((road) => road.agencyId)}::int[],
            ${except.map((road) => road.channelId)}::text[],
            ${except.map((road) => road.roadId)}::text[]))
      order by b.due_at
      limit 1
      for update of b skip locked
    )
    update batch b set state = 'leased', lease_token = ${request.token}, attempts = b.attempts + 1,
      lease_until = clock_timestamp() + make_interval(secs => ${request.leaseMs / 1000}),
      leased_by = ${request.process}
    from next where b.agency_id = next.agency_id and b.id = next.id
    returning b.agency_id, b.id, b.dispatch_id, b.month, b.channel_id, b.road_id, b.lane,
      b.attempts, b.address_from, b.address_to, b.size,
      exists (select 1 from breaker k where k.agency_id = b.agency_id
        and k.channel_id = b.channel_id and k.road_id = b.road_id) as failed_lately,
      (select k.calls_max from breaker k where k.agency_id = b.agency_id
        and k.channel_id = b.channel_id and k.road_id = b.road_id) as calls_max,
      b.lease_until - make_interval(secs => ${request.leaseMs / 1000}) as leased_at
  `.execute(tx)
  return rows[0]
}

export async function begin(
  tx: Transacting,
  keys: VaultKeys,
  batch: Begun & Partial<LeasedBatch>,
  request: { readonly process: string; readonly token: string; readonly at: Date },
  state: 'waiting' | 'unsure',
): Promise<Claim> {
  const found = await members(tx, keys, batch, state)
  const { id: attemptId } = await tx
    .insertInto('attempt')
    .values({
      ...{ agency_id: batch.agency_id, batch_id: batch.id, dispatch_id: batch.dispatch_id },
      ...{ road_id: batch.road_id, lease_token: request.token, process: request.process },
      at: request.at,
      ...(batch.leased_at && { begun_at: batch.leased_at }),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return {
    ...{ agencyId: batch.agency_id, batchId: batch.id, dispatchId: batch.dispatch_id },
    ...{ channelId: batch.channel_id, roadId: batch.road_id, lane: batch.lane },
    ...{ attemptId, token: request.token, attempts: batch.attempts, month: batch.month },
    ...found,
    size: batch.size,
    failedLately: batch.failed_lately ?? false,
  }
}

async function members(
  tx: Transacting,
  keys: VaultKeys,
  batch: Begun,
  state: 'waiting' | 'unsure',
): Promise<Pick<Claim, 'recipients' | 'gone' | 'unreadable'>> {
  const { rows } = await sql<{
    address_id: number
    block_id: number
    slot: number
    gone: boolean
  }>`
    select d.address_id, a.block_id, a.slot, d.state = 'waiting'
      and (a.removed_at is not null or a.unsubscribed_at is not null) as gone
    from delivery d join address a on a.agency_id = d.agency_id and a.id = d.address_id
    where d.agency_id = ${batch.agency_id} and d.dispatch_id = ${batch.dispatch_id}
      and d.month = ${batch.month}::date and d.batch_id = ${batch.id}
      and d.address_id between ${batch.address_from} and ${batch.address_to}
      and d.state = ${state}::delivery_state
    order by d.address_id
  `.execute(tx)
  const wanted = rows.filter((row) => !row.gone)
  const values = await openBlocks(tx, keys, batch.agency_id, wanted)
  const recipients: ClaimedRecipient[] = []
  const unreadable: number[] = []
  for (const { address_id: addressId, block_id, slot } of wanted) {
    const address = values.get(block_id)?.[slot]
    if (address === undefined) unreadable.push(addressId)
    else recipients.push({ addressId, address })
  }
  return {
    ...{ recipients, unreadable },
    gone: rows.filter((row) => row.gone).map((row) => row.address_id),
  }
}

/** One cipher call a block, whatever the number of its addresses. A block that does not open is left
 *  out: thrown from a claim it would stand at the head of its lane for ever. */
export async function openBlocks(
  tx: Transacting,
  keys: VaultKeys,
  agencyId: number,
  rows: readonly { readonly block_id: number }[],
): Promise<ReadonlyMap<number, readonly string[]>> {
  const ids = [...new Set(rows.map((row) => row.block_id))]
  if (ids.length === 0) return new Map()
  const blocks = await tx
    .selectFrom('address_block')
    .select(['id', 'kind', 'size', 'cipher'])
    .where('agency_id', '=', agencyId)
    .where('id', 'in', ids)
    .execute()
  const open = new Map<number, readonly string[]>()
  for (const block of blocks) {
    try {
      open.set(block.id, openAddresses(keys, agencyId, block))
    } catch {
      // Its members are answered as unreadable.
    }
  }
  return open
}
