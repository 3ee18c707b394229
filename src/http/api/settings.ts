/** What the API is given by whoever puts the parts together. */

import type { OfficeDocument } from '../../domain/office-document.ts'
import type { Accounts, ApiKeys } from '../../hub/ports/accounts.ts'
import type { Answers } from '../../hub/ports/answers.ts'
import type { BlobStore } from '../../hub/ports/blobs.ts'
import type { OfficeText } from '../../hub/ports/office.ts'
import type { Hub } from '../../hub/ports.ts'
import type { Book } from '../../hub/schedule/occurrence-case.ts'

export interface ApiSettings {
  readonly hub: Hub
  readonly accounts: Accounts
  readonly keys: ApiKeys
  readonly answers: Answers
  /** the standing broadcasts there are */
  readonly book: Book
  blobs(agencyId: number): BlobStore
  /** what the file of an office system's document says */
  officeText(document: OfficeDocument, bytes: Uint8Array): Promise<OfficeText>
  now(): Date
  readonly log: {
    info(facts: object, event: string): void
    error(facts: object, event: string): void
  }
}
