/** Tables of 0020-webhooks: who is told, with which keys, of what, and whether it was. */
import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { WebhookKind } from '../../domain/webhook.ts'
import type { Moment, MomentOrNull, Nullable } from './columns.ts'

export interface WebhookTables {
  webhook: {
    agency_id: number
    id: Generated<number>
    name: string
    url: string
    kinds: readonly WebhookKind[]
    created_at: Moment
    paused_at: MomentOrNull
    pause_reason: Nullable<'person' | 'gone' | 'restored'>
    removed_at: MomentOrNull
  }
  webhook_key: {
    agency_id: number
    webhook_id: number
    number: number
    cipher: Nullable<Buffer>
    created_at: Moment
    dropped_at: MomentOrNull
  }
  webhook_event: {
    agency_id: number
    id: Generated<string>
    kind: WebhookKind | 'ping'
    at: Moment
    recorded_at: ColumnType<Date, never, never>
    mode: Nullable<string>
    bulletin_id: Nullable<number>
    publication_id: Nullable<number>
    dispatch_id: Nullable<number>
    channel_id: Nullable<string>
    facts: JSONColumnType<Record<string, unknown>>
  }
  webhook_delivery: {
    agency_id: number
    webhook_id: number
    event_id: string
    state: Generated<'waiting' | 'done' | 'given-up'>
    attempts: Generated<number>
    first_at: MomentOrNull
    next_at: ColumnType<Date, Date | string | undefined, Date | string>
    lease_token: Nullable<string>
    lease_until: MomentOrNull
    done_at: MomentOrNull
    fault: Nullable<string>
  }
  webhook_watch: { agency_id: number; dispatch_id: number; look_at: MomentOrNull }
}
