/** The tables as kysely sees them; `migrations/` is the truth, a test compares the two. */
import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { EntryLevel, Lane, Level, Mode } from '../domain/bulletin.ts'
import type { DeliveryState } from '../domain/delivery.ts'
import type { Opinion, Step } from '../domain/review.ts'
import type { Act, Clearance } from '../domain/signature.ts'
import type { Role } from '../domain/role.ts'

type Moment = ColumnType<Date, Date | string, Date | string>
type MomentOrNull = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
/** `date` columns travel as YYYY-MM-DD, so that no time zone can move them. */
type Day = string
type DayOrNull = ColumnType<string | null, string | null | undefined, string | null>
type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>

export interface Tables {
  installation: { one: Generated<boolean>; kind: 'practice' | 'live'; founded_at: Moment }
  agency: {
    id: Generated<number>
    credit_code: string
    successor_id: Nullable<number>
    index_number_year: Generated<number>
    index_number_last: Generated<number>
  }
  agency_name: { agency_id: number; from_on: Day; name: string; short_name: string }
  person: {
    agency_id: number
    id: Generated<number>
    name: string
    roles: Role[]
    in_office_from: Day
    in_office_to: DayOrNull
  }
  category: {
    agency_id: number
    id: string
    name: string
    measure_word: string
    required_fields: string[]
    line_categories: JSONColumnType<Record<string, string>>
  }
  channel: {
    agency_id: number
    id: string
    name: string
    line: string
    addressing: 'place' | 'group' | 'recipient'
    address_kind: string
    position: number
    retired_at: MomentOrNull
  }
  road: {
    agency_id: number
    channel_id: string
    id: string
    adapter: string
    settings: JSONColumnType<Record<string, unknown>>
    position: number
    enabled: boolean
    held_reason: Nullable<string>
  }
  contact: {
    agency_id: number
    id: Generated<number>
    name: string
    for_exercise: Generated<boolean>
    removed_at: MomentOrNull
  }
  address_block: {
    agency_id: number
    id: Generated<number>
    kind: string
    key_id: string
    size: number
    cipher: Buffer
  }
  address: {
    agency_id: number
    id: Generated<number>
    kind: string
    block_id: number
    slot: number
    blind_index: Buffer
    keeper_id: Nullable<number>
    unsubscribed_at: MomentOrNull
    removed_at: MomentOrNull
  }
  contact_address: { agency_id: number; contact_id: number; address_id: number }
  audience: { agency_id: number; id: string; name: string }
  audience_member: { agency_id: number; audience_id: string; contact_id: number }
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
  dispatch: {
    agency_id: number
    id: Generated<number>
    bulletin_id: number
    signature_id: number
    manifest_line: number
    channel_id: string
    act: Act
    publication_id: Nullable<number>
    broadcast_id: Nullable<number>
    revision: number
    category_id: string
    mode: Mode
    lane: Lane
    month: Day
    day: Day
    audience_rule: JSONColumnType<{ audiences: string[] }>
    reach: number
    tolerance: number
    not_before: Moment
    not_after: Moment
    address_id_max: Nullable<number>
    state: 'held' | 'expanding' | 'fanned-out' | 'stopped'
    held_reason: Nullable<string>
    expanded_to: Generated<number>
    reason: Nullable<string>
    created_at: Moment
  }
  dispatch_payload: {
    agency_id: number
    dispatch_id: number
    road_id: string
    bulletin_id: number
    hash: Buffer
  }
  batch: {
    agency_id: number
    id: Generated<number>
    dispatch_id: number
    month: Day
    channel_id: string
    road_id: string
    lane: Lane
    parent_id: Nullable<number>
    address_from: number
    address_to: number
    size: number
    attempts: Generated<number>
    state: 'waiting' | 'leased' | 'settled' | 'held' | 'stopped' | 'expired'
    due_at: Moment
    lease_token: Nullable<string>
    lease_until: MomentOrNull
    leased_by: Nullable<string>
  }
  delivery: {
    agency_id: number
    dispatch_id: number
    month: Day
    address_id: number
    batch_id: Nullable<number>
    state: DeliveryState
    code: Nullable<string>
    reference: Nullable<string>
    units: Generated<number>
    changed_at: ColumnType<Date, Date | undefined, Date>
    acked_at: MomentOrNull
    reply: Nullable<string>
  }
  attempt: {
    agency_id: number
    id: Generated<number>
    batch_id: number
    dispatch_id: number
    road_id: string
    lease_token: string
    process: string
    address_ids: Nullable<number[]>
    at: Moment
    begun_at: Generated<Date>
  }
  attempt_end: {
    agency_id: number
    attempt_id: number
    ended_at: Generated<Date>
    late: boolean
    outcomes: JSONColumnType<Record<string, number>>
  }
  receipt: {
    agency_id: number
    id: Generated<number>
    channel_id: string
    road_id: string
    reference: string
    state: 'delivered' | 'failed'
    code: Nullable<string>
    reply: Nullable<string>
    occurred_at: Moment
    recorded_at: Moment
    dispatch_id: Nullable<number>
    address_id: Nullable<number>
  }
  hand_task: {
    agency_id: number
    id: Generated<number>
    dispatch_id: number
    month: Day
    address_id: number
    keeper_id: Nullable<number>
    due_at: Moment
    created_at: Moment
    state: 'open' | 'done' | 'cancelled'
    done_at: MomentOrNull
    done_by: Nullable<number>
    url: Nullable<string>
    picture_hash: Nullable<Buffer>
  }
  tally: {
    agency_id: number
    day: Day
    channel_id: string
    category_id: string
    mode: Mode
    state: DeliveryState
    slot: number
    deliveries: number
    units: number
  }
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
