/** What the doors read and write of bulletins, revisions, opinions, signatures and the audit. */
import type { Level, Mode, RevisionContent } from '../../domain/bulletin.ts'
import type { Step } from '../../domain/chain.ts'
import type { Opinion } from '../../domain/review.ts'
import type { Clearance, ReviewFact } from '../../domain/signature.ts'

export const LINK_KINDS = ['corrects', 'updates', 'lifts', 'reposts'] as const
export type LinkKind = (typeof LINK_KINDS)[number]

export interface BulletinFacts {
  readonly id: number
  readonly categoryId: string
  readonly mode: Mode
  readonly level: Level
  readonly title: string
  readonly authorId: number
  readonly stopped: boolean
  readonly indexNumber?: string
}

export interface NewBulletin {
  readonly categoryId: string
  readonly mode: Mode
  readonly level: Level
  readonly origin: 'hub' | 'manual'
  readonly title: string
  readonly authorId: number
  readonly at: Date
  readonly linked?: { readonly to: number; readonly kind: LinkKind }
}

export interface RevisionFacts {
  readonly number: number
  /** lower-case hex of the SHA-256 over `revisionSubject` */
  readonly hash: string
  readonly authorId: number
}

export interface NewSignature {
  readonly bulletinId: number
  readonly revision: number
  readonly hash: string
  readonly signerId: number
  readonly at: Date
  readonly clearance: Clearance
  readonly manifest: string
  readonly proofKeyId: string
  readonly proof: Uint8Array
  /** paper: the photographed sheet, who typed it in and who compared it */
  readonly paper?: {
    readonly sheetHash: string
    readonly enteredBy: number
    readonly confirmedBy: number
  }
}

/** A photographed paper signature that waits for a second pair of eyes. */
export interface PaperSheet {
  readonly bulletinId: number
  readonly revisionHash: string
  readonly signerId: number
  /** the orders as canonical text: what the sheet's printed code covers */
  readonly orders: string
  /** SHA-256 of the photo, in hex */
  readonly sheetHash: string
  readonly enteredBy: number
  readonly at: Date
}

export interface AuditEntry {
  readonly at: Date
  readonly actorId?: number
  readonly action: string
  readonly subject: string
  /** hashes, ids and field names, never bodies or numbers of people */
  readonly facts: Readonly<Record<string, string | number | boolean | readonly string[]>>
}

/** One opinion or approval as it is on file. */
export interface ReviewRow extends ReviewFact {
  readonly id: number
  readonly at: Date
}

export interface PaperPort {
  newBulletin(bulletin: NewBulletin): Promise<number>
  /** Locks the bulletin until the transaction ends; every door that writes about it begins here. */
  lockBulletin(id: number): Promise<BulletinFacts | undefined>
  /** Keeps a canonical text sealed under the item's key; answers its hash in hex. */
  keepBody(bulletinId: number, text: string): Promise<string>
  /** @throws Error when the text was destroyed or does not match its hash. */
  body(bulletinId: number, hash: string): Promise<string>
  addRevision(revision: {
    readonly bulletinId: number
    readonly number: number
    readonly hash: string
    readonly authorId: number
    readonly at: Date
    readonly content: RevisionContent
  }): Promise<void>
  latestRevision(bulletinId: number): Promise<RevisionFacts | undefined>
  /** Everybody who wrote any revision. */
  authorIds(bulletinId: number): Promise<readonly number[]>
  /** Newest first. */
  reviews(bulletinId: number): Promise<readonly ReviewRow[]>
  addReview(review: {
    readonly bulletinId: number
    readonly revision: number
    readonly hash: string
    readonly step: Step
    readonly opinion: Opinion
    readonly reviewerId: number
    readonly note: string
    readonly at: Date
  }): Promise<void>
  addReturn(note: {
    readonly bulletinId: number
    readonly revision: number
    readonly returnedBy: number
    readonly reason: string
    readonly at: Date
  }): Promise<void>
  /** Who returned this bulletin, and which revision of it. */
  returns(
    bulletinId: number,
  ): Promise<readonly { readonly by: number; readonly revision: number }[]>
  addSignature(signature: NewSignature): Promise<number>
  addSheet(sheet: PaperSheet): Promise<number>
  /** Locked until the transaction ends; with its signature once it was confirmed. */
  lockSheet(sheetId: number): Promise<(PaperSheet & { readonly signatureId?: number }) | undefined>
  markSheetConfirmed(sheetId: number, signatureId: number): Promise<void>
  /** 索引号: gives the bulletin its number once, without gaps in the agency and year. */
  allocateIndexNumber(bulletinId: number, year: number): Promise<string>
  /** 紧急停发: marks the bulletin and hides our own page in the same moment. */
  markStopped(bulletinId: number, by: number, reason: string, at: Date): Promise<void>
  audit(entry: AuditEntry): Promise<void>
}
