/** What the doors of the clearances read and write: templates, standing orders, sources, messages, uses
 *  and the reviews that follow; and what door 5 reads of them. */
import type { SourceKind } from '../../domain/clearance/relay.ts'
import type { Opinion } from '../../domain/review.ts'
import type { Clearance } from '../../domain/signature.ts'

/** An HMAC over the canonical text of a paper. */
export interface Proof {
  readonly proofKeyId: string
  readonly proof: Uint8Array
}

/** 放行依据 of texts that were reviewed before they were filled. */
export type FilledClearance = Exclude<Clearance, 'reviewed' | 'paper'>

export interface PreparedTextRow {
  readonly id: number
  readonly title: string
  /** canonical text, as it was kept */
  readonly text: string
  /** lower-case hex of the SHA-256 over the text */
  readonly hash: string
  readonly authorId: number
  readonly at: Date
}

export interface PreparedTextReviewRow extends Proof {
  readonly id: number
  readonly preparedTextId: number
  readonly hash: string
  readonly opinion: Opinion
  readonly reviewerId: number
  readonly note: string
  readonly at: Date
}

export interface StandingOrderRow extends Proof {
  readonly id: number
  readonly preparedTextId: number
  readonly reviewId: number
  readonly text: string
  readonly hash: string
  readonly authorId: number
  readonly reviewerId: number
  readonly signerId: number
  readonly usesMax: number
  readonly usesPerDayMax: number
  readonly validFrom: Date
  readonly validUntil: Date
  readonly at: Date
  readonly revoked: boolean
}

export interface SourceRow {
  readonly id: number
  readonly name: string
  readonly kind: SourceKind
  readonly registeredBy: number
  readonly at: Date
  /** absent until another person looked at it */
  readonly confirmation?: Proof & { readonly confirmedBy: number; readonly at: Date }
}

export interface MessageRow extends Proof {
  readonly id: number
  readonly sourceId: number
  readonly text: string
  readonly hash: string
  readonly issuedAt: Date
  readonly receivedAt: Date
  readonly via: 'hand' | 'api'
  readonly enteredBy?: number
}

export interface ClearanceUse {
  readonly bulletinId: number
  readonly clearance: FilledClearance
  readonly preparedTextId: number
  readonly standingOrderId?: number
  readonly messageId?: number
  /** of revision 1, in hex */
  readonly hash: string
  readonly valuesHash: string
  readonly filledBy?: number
  readonly occurrenceId?: number
  readonly at: Date
}

export interface AfterReviewRow {
  readonly bulletinId: number
  readonly title: string
  /** every leader who signed the text for some channel */
  readonly signerIds: readonly number[]
  readonly filledBy: number
  readonly hash: string
  readonly at: Date
  readonly dueAt: Date
  /** the newest one */
  readonly opinion?: Opinion
  readonly note?: string
}

export interface ClearancePort {
  addPreparedText(row: Omit<PreparedTextRow, 'id'>): Promise<number>
  /** Undefined where there is none of that number here. */
  preparedText(id: number): Promise<PreparedTextRow | undefined>
  /** Newest first. */
  preparedTexts(): Promise<readonly PreparedTextRow[]>
  addPreparedTextReview(row: Omit<PreparedTextReviewRow, 'id'>): Promise<number>
  /** The newest opinion on the template. */
  preparedTextReview(preparedTextId: number): Promise<PreparedTextReviewRow | undefined>
  /** The number a grant will have: the text under its proof names it. */
  nextStandingOrderId(): Promise<number>
  addStandingOrder(row: Omit<StandingOrderRow, 'revoked'>): Promise<void>
  /** Locks the order until the transaction ends, so that its uses are counted one after the other. */
  lockStandingOrder(id: number): Promise<StandingOrderRow | undefined>
  /** Newest first. */
  standingOrders(): Promise<readonly (StandingOrderRow & { readonly uses: number })[]>
  usesOf(orderId: number, day: string): Promise<{ readonly total: number; readonly ofDay: number }>
  /** False when it was revoked before. */
  addRevocation(row: {
    readonly standingOrderId: number
    readonly revokedBy: number
    readonly reason: string
    readonly at: Date
  }): Promise<boolean>
  /** Stops what of the order's texts is not out yet; what stands stays. Answers the dispatches. */
  stopOrderDispatches(orderId: number): Promise<readonly number[]>
  /** Undefined when the name is registered already. */
  addSource(row: Omit<SourceRow, 'id' | 'confirmation'>): Promise<number | undefined>
  source(id: number): Promise<SourceRow | undefined>
  sources(): Promise<readonly SourceRow[]>
  /** False when it was confirmed before. */
  addSourceConfirmation(
    row: Proof & { readonly sourceId: number; readonly confirmedBy: number; readonly at: Date },
  ): Promise<boolean>
  addMessage(row: Omit<MessageRow, 'id'>): Promise<number>
  message(id: number): Promise<MessageRow | undefined>
  addClearanceUse(use: ClearanceUse): Promise<void>
  /** True when a text stands on this occurrence of a schedule already. */
  isOccurrenceUsed(occurrenceId: number): Promise<boolean>
  /** What the bulletin's first revision stands on; undefined for an ordinary one. */
  clearanceUse(bulletinId: number): Promise<ClearanceUse | undefined>
  addAfterReview(row: {
    readonly bulletinId: number
    readonly signerId: number
    readonly hash: string
    readonly at: Date
    readonly dueAt: Date
  }): Promise<void>
  /** The one due first stands first. */
  afterReviews(): Promise<readonly AfterReviewRow[]>
  afterReviewOf(bulletinId: number): Promise<AfterReviewRow | undefined>
  addAfterReviewOpinion(row: {
    readonly bulletinId: number
    readonly hash: string
    readonly opinion: Opinion
    readonly reviewerId: number
    readonly note: string
    readonly at: Date
  }): Promise<void>
}

/** Everything a filled text claims to stand on, as it is on file now. */
export interface AuthorityPapers {
  readonly use?: ClearanceUse
  readonly preparedText?: PreparedTextRow
  readonly review?: PreparedTextReviewRow
  readonly standingOrder?: StandingOrderRow
  readonly source?: SourceRow
  readonly message?: MessageRow
  /** undefined when destroyed, missing or not what its hash says */
  readonly values?: string
}

export interface AuthorityPort {
  authority(agencyId: number, bulletinId: number): Promise<AuthorityPapers>
}
