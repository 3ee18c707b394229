/** Tables of 0002-bulletins: what is written, reviewed, signed and published. */
import type { Generated } from 'kysely'
import type { EntryLevel, Level, Mode } from '../../domain/bulletin.ts'
import type { Step } from '../../domain/chain.ts'
import type { Opinion } from '../../domain/review.ts'
import type { Clearance } from '../../domain/signature.ts'
import type { Moment, MomentOrNull, Nullable } from './columns.ts'

export interface BulletinTables {
  bulletin: {
    agency_id: number
    id: Generated<number>
    category_id: string
    mode: Mode
    level: Level
    origin: 'hub' | 'manual'
    title: string
    author_id: number
    created_at: Moment
    linked_to: Nullable<number>
    link_kind: Nullable<'corrects' | 'updates' | 'lifts' | 'reposts'>
    index_number: Nullable<string>
    stopped_at: MomentOrNull
    stopped_by: Nullable<number>
    stop_reason: Nullable<string>
  }
  item_key: {
    agency_id: number
    bulletin_id: number
    wrapped: Nullable<Buffer>
    destroyed_at: MomentOrNull
    destroyed_by: Nullable<number>
    destroyed_with: Nullable<number>
    reason: Nullable<string>
  }
  body: { agency_id: number; bulletin_id: number; hash: Buffer; cipher: Buffer }
  revision: {
    agency_id: number
    bulletin_id: number
    number: number
    hash: Buffer
    author_id: number
    at: Moment
  }
  entry: {
    agency_id: number
    bulletin_id: number
    revision: number
    position: number
    unit: string
    level: Nullable<EntryLevel>
    detail: Nullable<string>
    import_id: Nullable<number>
  }
  review: {
    agency_id: number
    id: Generated<number>
    bulletin_id: number
    revision: number
    hash: Buffer
    step: Step
    opinion: Opinion
    reviewer_id: number
    note: string
    at: Moment
  }
  return_note: {
    agency_id: number
    id: Generated<number>
    bulletin_id: number
    revision: number
    returned_by: number
    reason: string
    at: Moment
  }
  signature: {
    agency_id: number
    id: Generated<number>
    bulletin_id: number
    revision: number
    hash: Buffer
    signer_id: number
    at: Moment
    clearance: Clearance
    manifest: string
    proof_kind: 'hmac' | 'passkey'
    proof_key_id: string
    proof: Buffer
    sheet_hash: Nullable<Buffer>
    entered_by: Nullable<number>
    confirmed_by: Nullable<number>
  }
  paper_sheet: {
    agency_id: number
    id: Generated<number>
    bulletin_id: number
    revision_hash: Buffer
    signer_id: number
    orders: string
    sheet_hash: Buffer
    entered_by: number
    at: Moment
    signature_id: Nullable<number>
  }
  publication: {
    agency_id: number
    id: Generated<number>
    bulletin_id: number
    channel_id: string
    category_id: string
    origin: 'hub' | 'manual'
    mode: Mode
    url: Nullable<string>
    reference: Nullable<string>
    occurred_at: MomentOrNull
    recorded_at: MomentOrNull
    withdrawn_at: MomentOrNull
    duplicate_of: Nullable<number>
    entered_by: Nullable<number>
    confirmed_by: Nullable<number>
    confirmed_at: MomentOrNull
  }
  broadcast: {
    agency_id: number
    id: Generated<number>
    bulletin_id: number
    category_id: string
    origin: 'hub' | 'manual'
    mode: Mode
    occurred_at: MomentOrNull
    recorded_at: MomentOrNull
    entered_by: Nullable<number>
    confirmed_by: Nullable<number>
    confirmed_at: MomentOrNull
    withdrawn_at: MomentOrNull
  }
  publication_fact: {
    agency_id: number
    id: Generated<number>
    publication_id: number
    kind: 'published' | 'amended' | 'withdrawn'
    revision: number
    occurred_at: Moment
    recorded_at: Moment
    dispatch_id: Nullable<number>
    reason: Nullable<string>
  }
}
