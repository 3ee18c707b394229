/** Tables of 0003-deliveries: what went out and what became of it. */
import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { AudienceRule } from '../../domain/audience.ts'
import type { Lane, Mode } from '../../domain/bulletin.ts'
import type { DeliveryState } from '../../domain/delivery.ts'
import type { Act } from '../../domain/signature.ts'
import type { Day, Moment, MomentOrNull, Nullable } from './columns.ts'

export interface DeliveryTables {
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
    audience_rule: JSONColumnType<AudienceRule>
    reach: number
    tolerance: number
    not_before: Moment
    not_after: Moment
    address_id_max: Nullable<number>
    quiet_hold: boolean
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
    quiet_hold: boolean
    look_at: MomentOrNull
    lease_token: Nullable<string>
    lease_until: MomentOrNull
    leased_by: Nullable<string>
    bound: Generated<boolean>
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
    heard_key: Buffer
    address_blind: Nullable<Buffer>
    look_at: MomentOrNull
    looks: Generated<number>
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
}
