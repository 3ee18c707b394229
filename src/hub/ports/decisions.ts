/** What decisions about deliveries read and write. */
import type { DecisionKind } from '../../domain/decision.ts'
import type { Act } from '../../domain/signature.ts'
import type { BatchKey, RoadKey } from './engine.ts'

export interface NewDecision {
  readonly dispatchId: number
  readonly kind: DecisionKind
  readonly roadId?: string
  readonly deliveries: number
  readonly by: number
  readonly reason: string
  readonly at: Date
}

/** Only what came about before: a decision is about what a person saw, and not about what fails next. */
export interface Before {
  readonly dispatchId: number
  /** of the database's clock, from `decisionMoment` */
  readonly before: string
}

export interface ChildBatches extends Before {
  readonly roadId: string
  readonly batchMax: number
  readonly dueAt: Date
}

/** An earlier dispatch that sent the text as something new. */
export interface EarlierDispatch {
  readonly dispatchId: number
  readonly channelId: string
  readonly act: Act
  readonly revision: number
  readonly notAfter: Date
  /** only the failed of that dispatch were meant */
  readonly failedOf?: number
  /** something of it may still leave, or may have left */
  readonly open: boolean
  /** something of it reached a platform, or was tried */
  readonly tried: boolean
}

export interface DecisionPort {
  decisionMoment(): Promise<string>
  addDecision(decision: NewDecision): Promise<void>
  /** Puts failed deliveries of a road, which are certainly not delivered, into new batches of the same road;
   *  answers how many, up to a chunk. */
  retryFailed(batches: ChildBatches): Promise<number>
  /** Roads on which the dispatch has failed deliveries that may be tried again. */
  failedRoads(dispatchId: number): Promise<readonly string[]>
  /** Waiting, held and awaiting deliveries nobody has under lease become `skipped`, their tasks are taken
   *  back; answers how many, up to about a chunk. */
  skipOpen(dispatchId: number): Promise<number>
  /** Nothing of it leaves any more. */
  closeDispatch(dispatchId: number): Promise<void>
  unsureOf(dispatchId: number): Promise<{ readonly unsure: number; readonly left: number }>
  /** Settled batches with unsure members, whose channel may be asked. */
  unsureBatchesOf(
    dispatchId: number,
  ): Promise<readonly (RoadKey & BatchKey & { dispatchId: number })[]>
  /** Unsure becomes accepted, up to a chunk; answers how many, and when the last attempt was. */
  markSent(before: Before): Promise<{ readonly deliveries: number; readonly sentAt?: Date }>
  /** Stays unsure, so that a late receipt may still tell; up to a chunk. */
  markLeft(before: Before): Promise<number>
  /** Unsure goes into new batches that only their own road may carry; up to a chunk. */
  resendUnsure(batches: ChildBatches): Promise<number>
  /** The broadcast or publication succeeded by a person's word. */
  countSuccess(dispatchId: number, at: Date): Promise<void>
  earlierDispatches(bulletinId: number): Promise<readonly EarlierDispatch[]>
  /** Certainly not delivered by that dispatch, and by no resend of its failed tried since. */
  failedLeft(dispatchId: number): Promise<number>
}
