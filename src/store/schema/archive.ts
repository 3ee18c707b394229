/** Tables of migration 0018: months that left the log, and what was counted in them. */
import type { DeliveryState } from '../../domain/delivery.ts'
import type { Day, Moment } from './columns.ts'

export interface ArchiveTables {
  archived_month: {
    agency_id: number
    month: Day
    file: string
    sha256: Buffer
    deliveries: number
    receipts: number
    message_references: number
    archived_at: Moment
  }
  archived_count: {
    agency_id: number
    dispatch_id: number
    month: Day
    state: DeliveryState
    deliveries: number
    units: number
  }
}
