/** Keeps the lanes moving in one process: claims what is due, as many at once as lane and channel allow.
 *  It holds nothing of its own; killing it at any moment loses no more than the calls under way. */
import type { Lane } from '../domain/bulletin.ts'
import { LANES } from '../domain/bulletin.ts'
import { attempt, claimNext, type Only, type Worker } from './attempt.ts'
import type { RoadKey } from './ports/engine.ts'
import type { Hub } from './ports.ts'

/** Batches under way at once; nobody else may use the urgent ones. */
const LANE_BATCHES_MAX: Readonly<Record<Lane, number>> = { urgent: 64, normal: 64, bulk: 64 }
/** A road's share of them: one that hangs leaves the others their room. A batch under way holds no
 *  connection, so that room costs next to nothing. */
const ROAD_BATCHES_MAX = 16
/** Calls of a road that only a warning may take: bulk that fills a road would let it wait for a whole call. */
const ROAD_BATCHES_KEPT = 1

export interface Pump {
  /** Starts whatever is due in the lane by then, and goes on as what is under way settles. Resolves when
   *  nothing more can be started now: a call that hangs must hold up neither hints nor sweeps. */
  look(lane: Lane, at: Date): Promise<void>
  /** Resolves when nothing is due any more in any of the lanes and everything under way is settled. */
  drain(now: () => Date, only?: Only, lanes?: readonly Lane[]): Promise<void>
  /** batches that are claimed and not settled */
  underWay(): number
  /** Waits for what is under way; starts nothing more. */
  close(): Promise<void>
}

/** Batches of one road under way in this process. */
interface RoadUse {
  readonly road: RoadKey
  batches: number
  readonly inLane: Record<Lane, number>
  readonly max: number
}

export function createPump(hub: Hub, worker: Worker, onError: (error: unknown) => void): Pump {
  const underWay = new Map<Lane, Set<Promise<void>>>(LANES.map((lane) => [lane, new Set()]))
  const perRoad = new Map<string, RoadUse>()
  let closed = false

  const full = (lane: Lane): RoadKey[] =>
    [...perRoad.values()]
      .filter((one) => one.batches >= roomOf(one, lane) || one.inLane[lane] >= ROAD_BATCHES_MAX)
      .map((one) => one.road)

  const take = async (lane: Lane, road: RoadKey): Promise<() => void> => {
    const key = `${road.agencyId}.${road.channelId}.${road.roadId}`
    const max = perRoad.get(key)?.max ?? (await roadMax(hub, road))
    // Two lanes may ask at the same moment; both must count on the same line.
    const inLane = { urgent: 0, normal: 0, bulk: 0 }
    const open = perRoad.get(key) ?? { road, batches: 0, inLane, max }
    open.batches++
    open.inLane[lane]++
    perRoad.set(key, open)
    return () => {
      open.batches--
      open.inLane[lane]--
    }
  }

  const startOne = async (
    lane: Lane,
    at: Date,
    options: { readonly only?: Only; readonly onSettled?: () => void },
  ): Promise<boolean> => {
    const running = underWay.get(lane)
    if (closed || !running || running.size >= LANE_BATCHES_MAX[lane]) return false
    const narrowed = options.only ? { only: options.only } : {}
    const claim = await claimNext(hub, worker, lane, at, { except: full(lane), ...narrowed })
    if (!claim) return false
    const { agencyId: owner, channelId, roadId } = claim
    const release = await take(lane, { agencyId: owner, channelId, roadId })
    const work = attempt(hub, worker, claim, at)
      .catch(onError)
      .finally(() => {
        release()
        running.delete(work)
        options.onSettled?.()
      })
    running.add(work)
    return true
  }

  const looks = new Map<Lane, { at: Date; again: boolean; going: Promise<void> | undefined }>()

  /** One look at a time in a lane, so that its limits hold; who comes meanwhile makes it look again. */
  const look: Pump['look'] = (lane, at) => {
    const own = looks.get(lane) ?? { at, again: false, going: undefined }
    looks.set(lane, own)
    if (own.at < at) own.at = at
    own.again = true
    const onSettled = () => {
      if (!closed) look(lane, own.at).catch(onError)
    }
    const go = async (): Promise<void> => {
      try {
        while (own.again) {
          own.again = false
          while (await startOne(lane, own.at, { onSettled }));
        }
      } finally {
        // Here, not a moment later: whoever asks in between would wait for a look that is over.
        own.going = undefined
      }
    }
    own.going ??= go()
    return own.going
  }

  const drainLane = async (lane: Lane, at: Date, only?: Only): Promise<void> => {
    const running = underWay.get(lane)
    if (!running) return
    for (;;) {
      let crowded = false
      do crowded = full(lane).length > 0
      while (await startOne(lane, at, only ? { only } : {}))
      if (closed) return
      // Nothing due, or no room: as soon as one batch is settled there may be either. A road that was
      // full when it was asked about may have room by now, though nothing is under way any more.
      if (running.size === 0 && !crowded) return
      const all = [...underWay.values()].flatMap((own) => [...own])
      if (all.length > 0) await Promise.race(running.size > 0 ? running : all)
    }
  }
  const settled = () => Promise.all([...underWay.values()].flatMap((running) => [...running]))
  return {
    look,
    async drain(now, only, lanes = LANES) {
      await Promise.all(lanes.map((lane) => drainLane(lane, now(), only)))
    },
    underWay: () => [...underWay.values()].reduce((sum, running) => sum + running.size, 0),
    async close() {
      closed = true
      // A look that fails has told its caller.
      await Promise.allSettled([...looks.values()].map((one) => one.going))
      await settled()
    },
  }
}

function roomOf({ max }: RoadUse, lane: Lane): number {
  return lane === 'urgent' ? max : Math.max(1, max - ROAD_BATCHES_KEPT)
}

/** Batches a road may have open: its calls at once, divided by the calls one batch makes together. */
async function roadMax(hub: Hub, road: RoadKey): Promise<number> {
  const found = await hub.outside.road(road.agencyId, road.channelId, road.roadId)
  return Math.max(1, found?.channel.capabilities.concurrencyMax ?? 1)
}
