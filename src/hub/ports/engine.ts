/** What the engine asks of the log: claim, settle, sweep. Each call is one short transaction of its
 *  own, because nothing may be held open while the outside is called. */
import type { Attachment, Lane, Level, Mode } from '../../domain/bulletin.ts'
import type { Canonical } from '../../domain/canonical.ts'
import type { DeliveryState } from '../../domain/delivery.ts'
import type { RefusalCode } from '../../domain/refusal.ts'
import type { Act } from '../../domain/signature.ts'

export interface BatchKey {
  readonly agencyId: number
  readonly batchId: number
}

export interface RoadKey {
  readonly agencyId: number
  readonly channelId: string
  readonly roadId: string
}

export interface ClaimRequest {
  readonly lane: Lane
  /** business time: only what is due by then, inside its signed window, is claimed */
  readonly at: Date
  readonly leaseMs: number
  readonly process: string
  readonly token: string
  /** 22:00–07:00 at the bureau: what was signed to wait for morning is left alone */
  readonly quiet: boolean
  /** roads this process has no room for now */
  readonly except: readonly RoadKey[]
  /** only this agency; every one when absent */
  readonly agencyId?: number
  /** only this bulletin's dispatches */
  readonly bulletinId?: number
}

export interface GatherRequest {
  readonly at: Date
  readonly leaseMs: number
  readonly process: string
  readonly tokens: readonly string[]
  readonly quiet: boolean
}

export interface ClaimedRecipient {
  readonly addressId: number
  readonly address: string
}

/** A leased batch whose attempt is written as begun. */
export interface Claim extends BatchKey, RoadKey {
  readonly attemptId: number
  readonly token: string
  readonly dispatchId: number
  /** partition of its deliveries: named in each statement, so that no other one is planned for */
  readonly month: string
  readonly lane: Lane
  /** its road's calls failed lately: a call that is answered must be told of too */
  readonly failedLately: boolean
  /** counts this attempt */
  readonly attempts: number
  /** members the batch was made with */
  readonly size: number
  readonly recipients: readonly ClaimedRecipient[]
  /** members whose address was removed or unsubscribed since the fan-out; they are skipped */
  readonly gone: readonly number[]
  /** members whose sealed address does not open; they fail, and hold up nobody else */
  readonly unreadable: readonly number[]
  /** members of a withdrawal who turned out never to have been told; they are skipped */
  readonly untold?: readonly number[]
}

/** The immutable papers a dispatch leaves under; door 5 verifies them once a process. */
export interface DispatchPapers {
  readonly agencyId: number
  readonly dispatchId: number
  readonly bulletinId: number
  readonly channelId: string
  readonly act: Act
  readonly revision: number
  readonly categoryId: string
  readonly mode: Mode
  readonly level: Level
  readonly audienceRule: Canonical
  readonly reach: number
  readonly tolerance: number
  /** addresses its first batches were made with */
  readonly addressed: number
  readonly quietHold: boolean
  readonly notBefore: Date
  readonly notAfter: Date
  readonly manifestLine: number
  readonly manifest: string
  readonly signerId: number
  readonly clearance: string
  readonly revisionHash: string
  readonly proofKeyId: string
  readonly proof: Uint8Array
  /** canonical text of the payload of the asked road, as it was kept */
  readonly payload: string
  readonly payloadHash: string
  readonly attachments: readonly Attachment[]
  readonly publicationId?: number
}

/** What may have changed since the papers were read. */
export interface PublicationNow {
  readonly reference?: string
  readonly url?: string
  readonly occurredAt?: Date
  readonly indexNumber?: string
  /** why it may not leave any more: stopped, or a newer dispatch stands on the place already */
  readonly barred?: RefusalCode
  /** address of the item on a place that shows it, for texts that point there */
  readonly publicUrl?: string
}

export interface Settlement {
  readonly addressId: number
  readonly state: DeliveryState
  readonly code?: string
  readonly reference?: string
  readonly units?: number
  /** where readers find it, when the platform said so */
  readonly url?: string
  /** only for `waiting`: the child batch is due after so many milliseconds */
  readonly dueInMs?: number
  /** only for `awaiting` a person's hand: the task is overdue after so many milliseconds */
  readonly handWithinMs?: number
}

/** The first success of a place or a broadcast. */
export interface Success {
  readonly at: Date
  readonly url?: string
  readonly reference?: string
}

export interface SettleRequest {
  readonly claim: Claim
  readonly at: Date
  readonly settlements: readonly Settlement[]
  readonly outcomes: Readonly<Record<string, number>>
  readonly success?: Success
  /** the account itself was refused: nothing more is claimed on this road until a person clears it */
  readonly holdRoad?: string
  /** the channel tells later what became of it */
  readonly expects?: Expects
  /** what is tried again may have been sent: only its own road recognises the repetition */
  readonly bound?: boolean
}

/** When a batch's channel is asked, if it has to be asked, and how long anybody waits. */
export interface Expects {
  readonly askAt?: Date
  /** after this nobody waits for a receipt: `no-receipt` */
  readonly until: Date
  /** a queue that can be read once is read on until then, for replies */
  readonly closes: Date
}

/** A message an address had, or may have had, by an earlier dispatch that a withdrawal takes back. */
export interface ToldMessage {
  readonly addressId: number
  /** a process is sending it at this moment */
  readonly inFlight: boolean
  /** the withdrawal took it back already, and is tried again for its notice only */
  readonly recalled: boolean
  /** what the platform called it; null where nobody knows, or another road sent it */
  readonly reference: string | null
  /** business time of its last attempt; null where there was none */
  readonly sentAt: Date | null
}

export interface EnginePort {
  /** The next due batch, leased and begun in one commit; undefined when there is none. */
  claim(request: ClaimRequest): Promise<Claim | undefined>
  /** More batches of a claimed one's road that are due, each leased and begun under a token of its own, as
   *  many as there are tokens. Undefined while another batch of the road is under lease: the claimed one is
   *  put back for a moment then, so that of several who gather at once one gets them all. */
  gather(claim: Claim, request: GatherRequest): Promise<readonly Claim[] | undefined>
  /** Milliseconds left of the lease, asked once and counting down from then on, also while the process is
   *  stopped; 0 when the batch is no longer this claim's. */
  leaseLeft(claim: Claim): Promise<() => number>
  /** Undefined when a paper is missing or is not the text its hash names. */
  papers(key: RoadKey, dispatchId: number): Promise<DispatchPapers | undefined>
  publicationNow(agencyId: number, dispatchId: number): Promise<PublicationNow>
  indexNumber(agencyId: number, bulletinId: number, year: number): Promise<string>
  contactNames(
    agencyId: number,
    addressIds: readonly number[],
  ): Promise<ReadonlyMap<number, string>>
  /** What the members of a claimed withdrawal had, one line for each message. */
  told(claim: Claim): Promise<readonly ToldMessage[]>
  /** Under the lease's token. Without it the answer is late: a fact, which may only resolve `unsure`.
   *  A second answer of the same attempt changes nothing. */
  settle(request: SettleRequest): Promise<'settled' | 'late'>
  /** Nothing was called: the batch goes to `held` with its dispatch, and the attempt ends. */
  refuse(claim: Claim, at: Date, reason: string): Promise<void>
  /** Nothing was called and nothing is wrong: the batch is due again at once, and the attempt ends. */
  handBack(claim: Claim, at: Date): Promise<void>
  /** Leases that ran out: what was begun becomes `unsure`. Answers how many batches. */
  reclaim(at: Date): Promise<number>
  /** Batches whose signed window closed unsent. */
  expire(at: Date): Promise<number>
  /** Dispatches to expand now: window open, not all addresses written. */
  expandable(at: Date, limit: number): Promise<readonly { agencyId: number; dispatchId: number }[]>
  /** Stopped dispatches that still have something waiting. */
  stoppedUnfinished(limit: number): Promise<readonly { agencyId: number; dispatchId: number }[]>
  /** Batches with `unsure` members, for channels that can look; one that was looked at rests a while. */
  unsureBatches(
    at: Date,
    limit: number,
  ): Promise<readonly (RoadKey & BatchKey & { dispatchId: number })[]>
  /** Nobody can look at this batch on its road: it need not be asked about for a day, or for so long. */
  lookLater(key: BatchKey, at: Date, waitMs?: number): Promise<void>
  /** The unsure members of a batch as a claim without a lease; its answer resolves `unsure` only. */
  unsureClaim(key: BatchKey, process: string, token: string, at: Date): Promise<Claim | undefined>
  /** After a large fan-out, so that claims stay quick. */
  analyze(month: string): Promise<void>
  /** True while anything of the agency is waiting, leased or expanding. */
  busy(at: Date, agencyId?: number): Promise<boolean>
}
