/** 通路: which signed road takes over what another could not carry. It never moves what may have been
 *  sent, so that nobody gets a message twice. */
import type { DeliveryState } from './delivery.ts'

/** A delivery in one of these has certainly not been sent, when its platform never named it and no road
 *  is bound to it (see `Carried`). */
const MOVABLE_STATES: readonly DeliveryState[] = ['waiting', 'held', 'failed']

export interface RoadStanding {
  readonly roadId: string
  /** the account was refused, or the road was switched off */
  readonly closed: boolean
  /** rendered and signed with the dispatch */
  readonly signed: boolean
}

/** Why a road gave something up. */
export type FallbackReason = 'road-closed' | 'retries-exhausted'

/** The road that follows in the channel's own order. Only forwards: what came to the last road stays
 *  there, and nothing goes in a circle. */
export function nextRoad(roads: readonly RoadStanding[], current: string): string | undefined {
  const place = roads.findIndex((road) => road.roadId === current)
  return roads.slice(place + 1).find((road) => road.signed && !road.closed)?.roadId
}

interface Carried {
  readonly state: DeliveryState
  /** the platform took it once and named it */
  readonly referenced: boolean
  /** it may have been sent on its road, which alone recognises the repetition */
  readonly bound: boolean
}

/** True when it is proven that nothing reached the platform. */
export function mayMove({ state, referenced, bound }: Carried): boolean {
  return !referenced && !bound && MOVABLE_STATES.includes(state)
}
