/** Door 4: a signed dispatch becomes batches and deliveries. It refuses a window that is not open and
 *  an audience that grew beyond what the leader saw; such a dispatch is held and someone is asked. */
import { whyNotReachable } from '../domain/audience.ts'
import { whyRedefined } from './contacts/audiences.ts'
import type { Expansion } from './ports/dispatches.ts'
import type { Hub, Road, Tx } from './ports.ts'

/** Up to here a dispatch begins to fan out inside the signing transaction; whoever signs for more waits for
 *  no address. */
export const NORMAL_FAN_OUT_MAX = 10_000
const CHUNK_ADDRESSES_MAX = 20_000
/** The first chunk is short: its calls leave while the others are written. */
const FIRST_CHUNK_ADDRESSES = { normal: 1_000, large: 5_000 } as const
/** Where one call serves one recipient, a crash leaves so many `unsure` at most. */
const SINGLE_CALL_BATCH_MAX = 64

/** One resumable step; true when the dispatch needs no further one. */
export async function fanOut(
  hub: Hub,
  agencyId: number,
  dispatchId: number,
  at: Date,
): Promise<boolean> {
  const done = await hub.store.transact(agencyId, (tx) => expandHere(hub, tx, dispatchId, at))
  hub.watch.tell({ step: 'fan-out', agencyId, dispatchId, done })
  return done
}

export async function expandHere(hub: Hub, tx: Tx, dispatchId: number, at: Date): Promise<boolean> {
  const expansion = await tx.lockExpansion(dispatchId)
  if (!expansion) return true
  const held = await whyHeld(tx, expansion, at)
  if (held !== undefined) {
    await tx.holdDispatch(dispatchId, held)
    await tx.audit({
      ...{ at, action: 'hold', subject: `dispatch/${dispatchId}`, facts: { reason: held } },
    })
    return true
  }
  const rows = await tx.roads(expansion.channelId)
  const roads = await hub.outside.open(tx.agencyId, rows)
  const road = roads.find(({ roadId }) => expansion.roadIds.includes(roadId))
  if (!road) {
    await tx.holdDispatch(dispatchId, 'no-road')
    return true
  }
  const dueAt = expansion.notBefore > at ? expansion.notBefore : at
  const { done } = await tx.expand(dispatchId, {
    roadId: road.roadId,
    batchMax: batchMaxOf(road),
    dueAt,
    addressesMax: firstOrNext(expansion),
  })
  await tx.wake(expansion.lane, dispatchId, dueAt)
  return done
}

function firstOrNext({ begun, reach }: Expansion): number {
  if (begun) return CHUNK_ADDRESSES_MAX
  return FIRST_CHUNK_ADDRESSES[reach <= NORMAL_FAN_OUT_MAX ? 'normal' : 'large']
}

/** Members of a batch on this road. */
export function batchMaxOf({ channel }: Road): number {
  const { batchMax, perCall } = channel.capabilities
  return perCall === 'one' ? Math.min(batchMax, SINGLE_CALL_BATCH_MAX) : batchMax
}

async function whyHeld(tx: Tx, expansion: Expansion, at: Date): Promise<string | undefined> {
  if (expansion.notAfter <= at) return 'window-closed'
  if (expansion.begun || expansion.frozen || expansion.addressing === 'place') return undefined
  const channel = await tx.channel(expansion.channelId)
  if (!channel) return 'not-found'
  const found = await tx.reach(channel, expansion.audienceRule, expansion.mode)
  const refusal =
    whyNotReachable(expansion.reach, expansion.tolerance, found) ??
    (await whyRedefined(tx, channel, expansion))
  return refusal?.code
}
