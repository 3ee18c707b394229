/** Tables of 0015-office: documents of the office system and their approval on paper. */
import type { Generated } from 'kysely'
import type { SECRECY_OPINIONS } from '../../domain/review.ts'
import type { Day, Moment } from './columns.ts'

export interface OfficeTables {
  office_document: {
    agency_id: number
    id: Generated<number>
    external_id: string
    document_number: string
    file_hash: Buffer
    package_hash: Buffer
    bulletin_id: number
    revision: number
    revision_hash: Buffer
    losses: Generated<string[]>
    entered_by: number
    at: Moment
  }
  office_approval: {
    agency_id: number
    office_document_id: number
    reviewer: string
    opinion: (typeof SECRECY_OPINIONS)[number]
    reviewed_on: Day
    signer: string
    signed_on: Day
    file_hash: Buffer
    attachment_hashes: Generated<string[]>
    sheet_hash: Buffer
  }
  office_approval_use: {
    agency_id: number
    office_document_id: number
    signature_id: number
    confirmed_by: number
    at: Moment
  }
}
