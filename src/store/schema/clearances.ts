/** Tables of 0008-clearances: templates, standing orders, sources, messages and the use of each. */
import type { Generated } from 'kysely'
import type { SourceKind } from '../../domain/clearance/relay.ts'
import type { Opinion } from '../../domain/review.ts'
import type { Clearance } from '../../domain/signature.ts'
import type { Day, Moment, Nullable } from './columns.ts'

export interface ClearanceTables {
  prepared_text: {
    agency_id: number
    id: Generated<number>
    title: string
    text: string
    hash: Buffer
    author_id: number
    at: Moment
  }
  prepared_text_review: {
    agency_id: number
    id: Generated<number>
    prepared_text_id: number
    hash: Buffer
    opinion: Opinion
    reviewer_id: number
    note: string
    at: Moment
    proof_key_id: string
    proof: Buffer
  }
  standing_order: {
    agency_id: number
    id: Generated<number>
    prepared_text_id: number
    review_id: number
    text: string
    hash: Buffer
    author_id: number
    reviewer_id: number
    signer_id: number
    uses_max: number
    uses_per_day_max: number
    valid_from: Moment
    valid_until: Moment
    at: Moment
    proof_key_id: string
    proof: Buffer
  }
  standing_order_revocation: {
    agency_id: number
    standing_order_id: number
    revoked_by: number
    reason: string
    at: Moment
  }
  relay_source: {
    agency_id: number
    id: Generated<number>
    name: string
    kind: SourceKind
    registered_by: number
    at: Moment
  }
  relay_source_confirmation: {
    agency_id: number
    source_id: number
    confirmed_by: number
    at: Moment
    proof_key_id: string
    proof: Buffer
  }
  relayed_message: {
    agency_id: number
    id: Generated<number>
    source_id: number
    text: string
    hash: Buffer
    issued_at: Moment
    received_at: Moment
    via: 'hand' | 'api'
    entered_by: Nullable<number>
    proof_key_id: string
    proof: Buffer
  }
  clearance_use: {
    agency_id: number
    bulletin_id: number
    clearance: Exclude<Clearance, 'reviewed' | 'paper'>
    prepared_text_id: number
    standing_order_id: Nullable<number>
    message_id: Nullable<number>
    hash: Buffer
    values_hash: Buffer
    filled_by: Nullable<number>
    occurrence_id: Nullable<number>
    at: Moment
    day: Day
  }
  after_review: {
    agency_id: number
    bulletin_id: number
    signer_id: number
    hash: Buffer
    at: Moment
    due_at: Moment
  }
  after_review_opinion: {
    agency_id: number
    id: Generated<number>
    bulletin_id: number
    hash: Buffer
    opinion: Opinion
    reviewer_id: number
    note: string
    at: Moment
  }
}
