/** Tables of 0004-papers: what is kept beside. */
import type { Generated, JSONColumnType } from 'kysely'
import type { DayOrNull, Moment, MomentOrNull, Nullable } from './columns.ts'

export interface PaperTables {
  page: {
    agency_id: number
    path: string
    bulletin_id: Nullable<number>
    category_id: Nullable<string>
    title: string
    state: 'current' | 'corrected' | 'withdrawn'
    etag: string
    html: Buffer
    published_at: Moment
    changed_at: Moment
    hidden_at: MomentOrNull
  }
  blob: { agency_id: number; sha256: Buffer; bytes: number; media_type: string; at: Moment }
  posting_import: {
    agency_id: number
    id: Generated<number>
    file_name: string
    file_hash: Buffer
    entered_by: number
    entered_at: Moment
    confirmed_by: Nullable<number>
    confirmed_at: MomentOrNull
    at_once: Generated<boolean>
  }
  posting: {
    agency_id: number
    id: Generated<number>
    import_id: number
    row_number: number
    natural_key: Buffer
    message_key: Buffer
    bulletin_id: number
    channel_id: string
    evidence: Nullable<string>
    evidence_hash: Nullable<Buffer>
    review_reference: Nullable<string>
    signed_by: Nullable<string>
    signed_on: DayOrNull
  }
  audit: {
    id: Generated<number>
    agency_id: number
    at: Moment
    actor_id: Nullable<number>
    action: string
    subject: string
    facts: JSONColumnType<Record<string, unknown>>
    transaction: Generated<string>
    recorded_at: Generated<Date>
  }
  audit_seal: {
    number: number
    audit_id: number
    sha256: Buffer
    sm3: Buffer
    sealed_at: Generated<Date>
  }
}
