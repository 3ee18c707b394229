/** Breakers as door 5 tells them of its calls, and as a person reads them. */
import type { Breaker, BreakerChange, judge } from '../../domain/breaker.ts'
import type { RoadKey } from './engine.ts'

export interface RoadCalled extends RoadKey {
  readonly call: NonNullable<ReturnType<typeof judge>>
  readonly at: Date
  readonly concurrencyMax: number
}

export interface BreakerStanding {
  readonly channelId: string
  readonly roadId: string
  /** absent when the road has come back */
  readonly breaker?: Breaker
  /** its last change; `held` when its account was refused */
  readonly last: Omit<BreakerChange, 'state'> & {
    readonly state: BreakerChange['state'] | 'held'
    readonly at: Date
  }
}

export interface BreakerPort {
  /** Under the lock of the road's breaker; every change is written down with its reason. */
  called(road: RoadCalled): Promise<void>
  /** Every road whose breaker ever changed. */
  standings(agencyId: number): Promise<readonly BreakerStanding[]>
}
