/** What the doors tell whoever watches them: names of rows and counts, never a text, an address or a name.
 *  Watching changes nothing; a door does not wait for it. */
import type { Lane } from '../../domain/bulletin.ts'

interface OfDispatch {
  readonly agencyId: number
  readonly dispatchId: number
}

interface OfAttempt extends OfDispatch {
  readonly channelId: string
  readonly roadId: string
  readonly batchId: number
  readonly attemptId: number
  readonly lane: Lane
}

export type WatchFact =
  /** told by every clearance, inside its transaction: the row is the truth, not this */
  | {
      readonly step: 'sign'
      readonly agencyId: number
      readonly bulletinId: number
      readonly dispatchIds: readonly number[]
    }
  /** one chunk of a large dispatch; done: no further one is needed */
  | ({ readonly step: 'fan-out'; readonly done: boolean } & OfDispatch)
  /** The outside is about to be called. */
  | ({
      readonly step: 'attempt'
      readonly adapter: string
      readonly recipients: number
      /** of this batch, with this one */
      readonly attempts: number
      /** the signed moment from which it might leave */
      readonly notBefore: Date
    } & OfAttempt)
  | ({
      readonly step: 'settle'
      readonly adapter: string
      /** recipients by kind of outcome, and by the state they go to */
      readonly outcomes: Readonly<Record<string, number>>
      readonly states: Readonly<Record<string, number>>
      /** the lease had ended when the answer came */
      readonly late: boolean
    } & OfAttempt)
  /** Nothing was called, and its dispatch is held. */
  | ({ readonly step: 'refuse'; readonly reason: string } & OfAttempt)
  /** Nothing was called: the process ends, and the batch is due again. */
  | ({ readonly step: 'hand-back' } & OfAttempt)
  | {
      readonly step: 'receipt'
      readonly agencyId: number
      readonly channelId: string
      readonly roadId: string
      readonly dispatchIds: readonly number[]
      readonly moved: number
    }

export interface Watch {
  /** Never throws, and is not waited for. */
  tell(fact: WatchFact): void
}

export const UNWATCHED: Watch = { tell: () => {} }
