/** What moving deliveries from one signed road to another reads and writes. */

import type { Lane } from '../../domain/bulletin.ts'
import type { RoadStanding } from '../../domain/fallback.ts'
import type { RoadKey } from './engine.ts'

/** A dispatch whose roads are looked at, locked until the transaction ends. */
export interface Carriage {
  readonly channelId: string
  readonly state: 'held' | 'expanding' | 'fanned-out' | 'stopped'
  readonly heldReason?: string
  readonly lane: Lane
  readonly notBefore: Date
  readonly notAfter: Date
  /** every road of the channel, in its order */
  readonly roads: readonly RoadStanding[]
}

export interface RoadMove {
  readonly dispatchId: number
  readonly from: string
  readonly to: string
  readonly batchMax: number
  readonly dueAt: Date
  /** only what was kept back after its last attempt, where the road itself still works */
  readonly keptOnly: boolean
}

export interface FallbackPort {
  lockCarriage(dispatchId: number): Promise<Carriage | undefined>
  /** Moves waiting and held deliveries of batches nobody has under lease; answers how many. */
  moveWaiting(move: RoadMove): Promise<number>
  /** Moves failed deliveries that never reached any platform; answers how many. */
  moveFailed(move: Omit<RoadMove, 'from' | 'keptOnly'>): Promise<number>
  /** What was kept back for another road, and has none, has failed. */
  failKept(dispatchId: number, roadId: string): Promise<number>
  /** A dispatch that was held because its road was gone goes on. */
  reopenDispatch(dispatchId: number): Promise<void>
  /** Clears what stopped a road; what was held on it waits again. Answers the dispatch of each batch that
   *  goes on; undefined when there is no such road in use. */
  releaseRoad(channelId: string, roadId: string): Promise<readonly number[] | undefined>
}

/** Asked by the engine, outside of any door. */
export interface StrandedPort {
  /** Dispatches with something waiting on a closed road that another signed road could carry, or kept
   *  back after its last attempt. */
  stranded(at: Date, limit: number): Promise<readonly (RoadKey & { dispatchId: number })[]>
  /** The roads of a claimed batch; undefined when it may only be repeated on its own. */
  standing(claim: {
    readonly agencyId: number
    readonly dispatchId: number
    readonly batchId: number
  }): Promise<readonly RoadStanding[] | undefined>
}
