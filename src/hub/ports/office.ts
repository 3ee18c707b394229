/** What the doors read and write of documents an office system hands over. */
import type { Block } from '../../domain/bulletin.ts'
import type { OfficeApproval } from '../../domain/office-document.ts'

/** A file of a package, known by its hash before it is kept. */
export interface OfficeFile {
  /** as the reader of the item sees it */
  readonly name: string
  /** lower-case hex */
  readonly sha256: string
  readonly bytes: number
  readonly mediaType: string
}

/** What a file says, as a body. */
export interface OfficeText {
  readonly title?: string
  readonly blocks: readonly Block[]
  /** what did not become part of the body, each a sentence */
  readonly losses: readonly string[]
}

export interface KeptApproval extends Omit<OfficeApproval, 'sheet'> {
  /** SHA-256 of the scanned sheet, kept as a blob */
  readonly sheetHash: string
}

export interface NewOfficeDocument {
  readonly externalId: string
  readonly documentNumber: string
  readonly fileHash: string
  /** over everything in the package: tells a repetition from a change beside the file */
  readonly packageHash: string
  readonly bulletinId: number
  readonly revision: number
  readonly revisionHash: string
  readonly losses: readonly string[]
  readonly enteredBy: number
  readonly at: Date
  readonly approval?: KeptApproval
}

export interface OfficeDocumentRow extends NewOfficeDocument {
  readonly id: number
  /** set once the paper approval became a signature */
  readonly signatureId?: number
}

export interface OfficePort {
  /** Until the transaction ends nobody else receives a document of this id. */
  lockOfficeDocument(externalId: string): Promise<void>
  /** Newest first. */
  officeDocuments(externalId: string): Promise<readonly OfficeDocumentRow[]>
  officeDocument(id: number): Promise<OfficeDocumentRow | undefined>
  addOfficeDocument(document: NewOfficeDocument): Promise<number>
  addApprovalUse(use: {
    readonly officeDocumentId: number
    readonly signatureId: number
    readonly confirmedBy: number
    readonly at: Date
  }): Promise<void>
  /** Everybody here of exactly this name, in office or not. */
  personsNamed(name: string): Promise<readonly number[]>
}
