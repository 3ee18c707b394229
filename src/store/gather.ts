/** Gathers what leaves together: further due batches of a claimed one's road, each under a lease of its own.
 *  Of several who gather on one road at the same moment, the last gets them all and the others step back. */
import { sql } from 'kysely'
import type { Claim, GatherRequest } from '../hub/ports/engine.ts'
import { begin } from './claim.ts'
import type { Database, Transacting } from './connect.ts'
import { putBackUntil } from './limits/put-back.ts'
import type { Waker } from './queue.ts'
import type { VaultKeys } from './vault.ts'

/** Who steps back is due again after so long, and is gathered although that is not over. */
const STEP_BACK_MS = 2_000
/** so that two whose numbers meet wait for each other without harm, and for nobody else */
const LOCK_SPACE = 0x6761

export function gather(
  db: Database,
  keys: VaultKeys,
  waker: Waker,
  claim: Claim,
  request: GatherRequest,
): Promise<readonly Claim[] | undefined> {
  return db.transaction().execute(async (tx) => {
    const { agencyId, channelId, roadId } = claim
    const road = `${agencyId}/${channelId}/${roadId}`
    await sql`select pg_advisory_xact_lock(${LOCK_SPACE}::int, hashtext(${road}))`.execute(tx)
    if (await isUnderWay(tx, claim)) {
      const due = new Date(request.at.getTime() + STEP_BACK_MS)
      await putBackUntil(tx, waker, claim, due, 'bundle')
      return undefined
    }
    const claims: Claim[] = []
    for (const token of request.tokens) {
      const batch = await leaseOne(tx, claim, token, request)
      if (!batch) break
      claims.push(await begin(tx, keys, batch, { ...request, token }, 'waiting'))
    }
    return claims
  })
}

async function isUnderWay(tx: Transacting, claim: Claim): Promise<boolean> {
  const { rows } = await sql`
    select 1 from batch
    where state = 'leased' and agency_id = ${claim.agencyId} and channel_id = ${claim.channelId}
      and road_id = ${claim.roadId} and id <> ${claim.batchId}
      and lease_until > clock_timestamp()
    limit 1
  `.execute(tx)
  return rows.length > 0
}

type Leased = Parameters<typeof begin>[2]

/** The same conditions as those of any claim; the road itself is open, for one of its batches is claimed. */
async function leaseOne(
  tx: Transacting,
  { agencyId, channelId, roadId, lane }: Claim,
  token: string,
  { at, leaseMs, process, quiet }: GatherRequest,
): Promise<Leased | undefined> {
  const { rows } = await sql<Leased>`
    with next as (
      select b.agency_id, b.id
      from batch b
        join dispatch d on d.agency_id = b.agency_id and d.id = b.dispatch_id and d.month = b.month
      where b.state = 'waiting' and b.lane = ${lane} and b.agency_id = ${agencyId}
        and b.channel_id = ${channelId} and b.road_id = ${roadId}
        and b.due_at <= ${new Date(at.getTime() + STEP_BACK_MS)} and d.act = 'publish'
        and not (b.quiet_hold and ${quiet})
        and d.state in ('expanding', 'fanned-out') and d.not_after > ${at}
      order by b.due_at, b.id
      limit 1
      for update of b skip locked
    )
    update batch b set state = 'leased', lease_token = ${token}, attempts = b.attempts + 1,
      lease_until = clock_timestamp() + make_interval(secs => ${leaseMs / 1000}),
      leased_by = ${process}
    from next where b.agency_id = next.agency_id and b.id = next.id
    returning b.agency_id, b.id, b.dispatch_id, b.month, b.channel_id, b.road_id, b.lane,
      b.attempts, b.address_from, b.address_to, b.size,
      b.lease_until - make_interval(secs => ${leaseMs / 1000}) as leased_at
  `.execute(tx)
  return rows[0]
}
