/** What door 6 asks of the log: what was heard is kept first and compared afterwards, so that a platform
 *  gets its answer only when nothing can be lost any more. Each call is a transaction of its own. */
import type { Capabilities, Pending } from '../../../channels/channel.ts'
import type { ReplyMeaning } from '../../domain/receipt.ts'
import type { RoadKey } from './engine.ts'

/** One receipt within its limits. */
export interface HeardReceipt {
  readonly reference: string
  readonly address?: string
  readonly state: 'delivered' | 'failed'
  readonly code?: string
  readonly at: Date
}

/** One reply within its limits. */
export interface HeardReply {
  readonly from: string
  readonly text: string
  readonly meaning: ReplyMeaning
  readonly reference?: string
  readonly id?: string
  readonly at: Date
}

export interface Applied {
  /** receipts looked at */
  readonly looked: number
  /** deliveries that changed their state */
  readonly moved: number
  /** whose deliveries they are */
  readonly dispatchIds: readonly number[]
}

export interface Turn {
  /** batches whose time to be asked about had come */
  readonly batches: number
  readonly pending: readonly Pending[]
}

export interface UnknownReceipt {
  readonly id: number
  readonly channelId: string
  readonly roadId: string
  readonly reference: string
  readonly state: 'delivered' | 'failed'
  readonly code?: string
  readonly occurredAt: Date
  readonly recordedAt: Date
}

export interface Reply {
  readonly id: number
  readonly channelId: string
  /** enough to recognise, too little to use */
  readonly sender: string
  readonly text: string
  readonly meaning: ReplyMeaning
  readonly occurredAt: Date
  readonly dispatchId?: number
  readonly addressId?: number
}

/** Newest first, below `beforeId`. */
export interface Page {
  readonly limit: number
  readonly beforeId?: number
}

export interface ReceiptPort {
  /** Keeps what was heard in one commit; answers how much of it was new. */
  keep(
    road: RoadKey,
    heard: { readonly receipts: readonly HeardReceipt[]; readonly replies: readonly HeardReply[] },
    at: Date,
  ): Promise<number>
  /** Roads with receipts to be compared now. */
  dueRoads(at: Date, limit: number): Promise<readonly RoadKey[]>
  /** Compares up to `limit` receipts of a road with what was sent. */
  apply(
    road: RoadKey,
    options: {
      readonly at: Date
      readonly countsWhen: Capabilities['countsWhen']
      readonly limit: number
    },
  ): Promise<Applied>
  /** Nobody waits any more: what was taken and never heard of again becomes `no-receipt`. Answers how
   *  many batches. */
  giveUp(at: Date): Promise<number>
  /** Roads whose channel is to be asked now. */
  roadsToAsk(at: Date, limit: number): Promise<readonly RoadKey[]>
  /** Undefined while another process asks on this road; what is asked about rests longer each time. */
  takeTurn(
    road: RoadKey,
    options: {
      readonly token: string
      readonly leaseMs: number
      readonly at: Date
      readonly pendingMax: number
    },
  ): Promise<Turn | undefined>
  endTurn(road: RoadKey, token: string): Promise<void>
  /** Agencies with replies to be compared now. */
  dueReplies(at: Date, limit: number): Promise<readonly number[]>
  /** 无法对应的回执 */
  unknownReceipts(agencyId: number, page: Page): Promise<readonly UnknownReceipt[]>
  /** Replies to any dispatch of a bulletin. */
  repliesOf(agencyId: number, bulletinId: number, page: Page): Promise<readonly Reply[]>
  /** 无法对应的回复 */
  unmatchedReplies(agencyId: number, page: Page): Promise<readonly Reply[]>
}

/** A reply that is being compared, locked until the transaction ends. */
export interface DueReply {
  readonly id: number
  readonly channelId: string
  readonly meaning: ReplyMeaning
  readonly occurredAt: Date
  readonly looks: number
  readonly reference?: string
  /** the sender's addresses on file, those in use first */
  readonly addressIds: readonly number[]
}

export interface Answered {
  readonly dispatchId: number
  readonly bulletinId: number
  readonly addressId: number
}

export interface ReplyPort {
  /** The next reply to compare; undefined when there is none. */
  lockReply(at: Date): Promise<DueReply | undefined>
  /** The newest delivery to its sender on its channel since `since`, or the one its reference names. */
  answeredBy(reply: DueReply, since: Date): Promise<Answered | undefined>
  /** 已确认: the recipient has read it. */
  acknowledge(answered: Answered, meaning: ReplyMeaning, at: Date): Promise<void>
  settleReply(id: number, answered: Answered | undefined, lookAt: Date | undefined): Promise<void>
}
