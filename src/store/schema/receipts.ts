/** Tables of migration 0009: what platforms called our messages, whom to ask again, and replies. */
import type { Generated } from 'kysely'
import type { ReplyMeaning } from '../../domain/receipt.ts'
import type { Day, Moment, MomentOrNull, Nullable } from './columns.ts'

export interface ReceiptTables {
  message_reference: {
    agency_id: number
    channel_id: string
    reference: string
    dispatch_id: number
    month: Day
    address_from: number
    address_to: number
    url: Nullable<string>
  }
  receipt_watch: {
    agency_id: number
    batch_id: number
    dispatch_id: number
    month: Day
    channel_id: string
    road_id: string
    address_from: number
    address_to: number
    sent_at: Moment
    ask_at: MomentOrNull
    asked: Generated<number>
    until_at: Moment
    closes_at: Moment
  }
  poll_turn: {
    agency_id: number
    channel_id: string
    road_id: string
    token: Nullable<string>
    lease_until: MomentOrNull
  }
  reply: {
    agency_id: number
    id: Generated<number>
    channel_id: string
    road_id: string
    heard_key: Buffer
    sender_blind: Buffer
    key_id: string
    cipher: Buffer
    text_hash: Buffer
    meaning: ReplyMeaning
    reference: Nullable<string>
    occurred_at: Moment
    recorded_at: Moment
    look_at: MomentOrNull
    looks: Generated<number>
    dispatch_id: Nullable<number>
    bulletin_id: Nullable<number>
    address_id: Nullable<number>
  }
}
