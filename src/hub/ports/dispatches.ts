/** What the doors write when something is signed: publications, broadcasts, dispatches, fan-out. */
import type { AudienceRule } from '../../domain/audience.ts'
import type { Lane, Mode } from '../../domain/bulletin.ts'
import type { Act } from '../../domain/signature.ts'

export interface PublicationFacts {
  readonly id: number
  readonly channelId: string
  readonly published: boolean
  /** not published, but a letter about it left and waits for evidence: it is corrected and withdrawn all the same */
  readonly sent: boolean
  readonly withdrawn: boolean
  readonly url?: string
  readonly reference?: string
}

export interface NewDispatch {
  readonly bulletinId: number
  readonly signatureId: number
  readonly manifestLine: number
  readonly channelId: string
  readonly act: Act
  readonly publicationId?: number
  readonly broadcastId?: number
  readonly revision: number
  readonly categoryId: string
  readonly mode: Mode
  readonly lane: Lane
  readonly month: string
  readonly day: string
  readonly audienceRule: AudienceRule
  readonly reach: number
  readonly tolerance: number
  readonly notBefore: Date
  readonly notAfter: Date
  /** set where the audience is frozen at signing */
  readonly addressIdMax?: number
  readonly quietHold: boolean
  readonly state: 'held' | 'expanding'
  readonly reason?: string
  readonly at: Date
  /** hash of the payload by road */
  readonly payloads: Readonly<Record<string, string>>
}

/** A dispatch on its way into batches. */
export interface Expansion {
  readonly dispatchId: number
  readonly channelId: string
  readonly addressing: 'place' | 'group' | 'recipient'
  readonly notBefore: Date
  readonly notAfter: Date
  readonly audienceRule: AudienceRule
  readonly mode: Mode
  readonly reach: number
  readonly tolerance: number
  readonly lane: Lane
  readonly frozen: boolean
  /** some of its addresses are written already */
  readonly begun: boolean
  /** roads it was rendered and signed for */
  readonly roadIds: readonly string[]
}

export interface DispatchPort {
  /** The one publication of a bulletin on a channel, made when absent. */
  ensurePublication(publication: {
    readonly bulletinId: number
    readonly channelId: string
    readonly categoryId: string
    readonly mode: Mode
  }): Promise<PublicationFacts>
  publications(bulletinId: number): Promise<readonly PublicationFacts[]>
  /** The second copy of `of` on its platform: kept, never counted. */
  markDuplicate(publicationId: number, of: number): Promise<void>
  /** The one broadcast of a bulletin, made when absent. */
  ensureBroadcast(broadcast: {
    readonly bulletinId: number
    readonly categoryId: string
    readonly mode: Mode
  }): Promise<number>
  /** What was signed before: channel, act and revision of each dispatch. */
  signedActs(
    bulletinId: number,
  ): Promise<
    readonly { readonly channelId: string; readonly act: Act; readonly revision: number }[]
  >
  /** Hash of the text that was signed last for the channel, or, where nothing was, for any of them; a
   *  withdrawal signs no text. */
  signedText(bulletinId: number, channelId: string): Promise<string | undefined>
  addDispatch(dispatch: NewDispatch): Promise<number>
  /** Locks a dispatch that is held or expanding; undefined when somebody else has it or it is done. */
  lockExpansion(dispatchId: number): Promise<Expansion | undefined>
  /** Turns up to `addressesMax` further addresses into deliveries and batches of `batchMax`.
   *  `done` is true when none is left; the dispatch is then fanned out. */
  expand(
    dispatchId: number,
    options: {
      readonly roadId: string
      readonly batchMax: number
      readonly dueAt: Date
      readonly addressesMax: number
    },
  ): Promise<{ readonly deliveries: number; readonly done: boolean }>
  holdDispatch(dispatchId: number, reason: string): Promise<void>
  /** Stops every dispatch of the bulletin, or those on one channel: nothing of it is claimed any more. */
  stopDispatches(bulletinId: number, channelId?: string): Promise<readonly number[]>
  /** Cancels what a stopped dispatch still had waiting, in chunks; true when nothing is left. */
  cancelWaiting(dispatchId: number, deliveriesMax: number): Promise<boolean>
  /** A hint for the engine, given only when this transaction commits. */
  wake(lane: Lane, dispatchId: number, dueAt: Date): Promise<void>
}
