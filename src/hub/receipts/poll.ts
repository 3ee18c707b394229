/** Asks the channels that must be asked what became of what they took. One process at a time asks on a
 *  road, it rests longer each time, and what is heard is kept before anything else. */
import { underLimits } from '../limits.ts'
import type { RoadKey } from '../ports/engine.ts'
import type { Hub, Road } from '../ports.ts'
import { keepHeard, settleHeard } from './receipt.ts'

const ROADS_A_ROUND_MAX = 20
const PENDING_A_TURN_MAX = 1_000
const ASK_MS_MAX = 30_000
/** Longer than a question may take: a turn ends by itself only when its process died. */
const TURN_MS = 90_000

/** Asks on every road whose time has come, all at once; answers how many were asked. */
export async function askOutside(
  hub: Hub,
  at: Date,
  onError: (error: unknown) => void,
): Promise<number> {
  const roads = await hub.store.receipts.roadsToAsk(at, ROADS_A_ROUND_MAX)
  const asked = await Promise.all(
    roads.map((road) =>
      askRoad(hub, road, at).catch((error) => {
        onError(error)
        return false
      }),
    ),
  )
  return asked.filter(Boolean).length
}

async function askRoad(hub: Hub, road: RoadKey, at: Date): Promise<boolean> {
  const open = await hub.outside.road(road.agencyId, road.channelId, road.roadId)
  // A road of another entry's registry is that entry's to ask on.
  if (!open?.channel.poll) return false
  const asked = await underLimits(hub, { ...open, agencyId: road.agencyId }, () =>
    takeTurn(hub, road, open, at),
  )
  if (asked !== true) return false
  await settleHeard(hub, road, at)
  return true
}

/** Undefined when nothing was asked: another process asks, or nothing is open. */
async function takeTurn(
  hub: Hub,
  road: RoadKey,
  { channel }: Road,
  at: Date,
): Promise<true | undefined> {
  const token = hub.newToken()
  const turn = await hub.store.receipts.takeTurn(road, {
    ...{ token, at, leaseMs: TURN_MS, pendingMax: PENDING_A_TURN_MAX },
  })
  if (!turn || !channel.poll) return undefined
  try {
    // A queue that is read once is read also when nothing is open: replies stand in it.
    const pullsOnce = channel.capabilities.receipts === 'pull-once'
    if (turn.pending.length === 0 && !(pullsOnce && turn.batches > 0)) return undefined
    const heard = await channel.poll(turn.pending, AbortSignal.timeout(ASK_MS_MAX))
    await keepHeard(hub, road, heard, at)
    return true
  } finally {
    await hub.store.receipts.endTurn(road, token)
  }
}

export interface Asker {
  /** Starts a round unless one is under way: a platform that hangs holds up nothing else. */
  look(at: Date): void
  /** Waits for what is under way; starts nothing more. */
  close(): Promise<void>
}

export function createAsker(hub: Hub, onError: (error: unknown) => void): Asker {
  let going: Promise<void> | undefined
  let closed = false
  return {
    look(at) {
      if (closed) return
      going ??= askOutside(hub, at, onError)
        .catch(onError)
        .then(() => {
          going = undefined
        })
    },
    async close() {
      closed = true
      await going
    },
  }
}
