/** Tables of 0012-contacts and 0019-reach-counts: areas, imports of contacts, whose address one was before,
 *  and counts that are kept. */
import type { ColumnType, Generated } from 'kysely'
import type { AudienceDefinition } from '../../domain/audience.ts'
import type { Moment, MomentOrNull } from './columns.ts'

/** 受众规则, as JSON; null for a list. */
export type DefinitionOrNull = ColumnType<
  AudienceDefinition | null,
  string | null | undefined,
  string | null
>

export interface ContactTables {
  area: { agency_id: number; name: string; position: number; retired_at: MomentOrNull }
  contact_import: {
    agency_id: number
    id: Generated<number>
    file_name: string
    file_hash: Buffer
    entered_by: number
    at: Moment
    replaces: boolean
    rows: number
    added: number
    changed: number
    unchanged: number
    removed: number
  }
  /** written by a trigger alone */
  contact_change: { agency_id: number; id: Generated<string> }
  reach_count: { agency_id: number; key: string; changes: number; reach: number }
  contact_address_past: {
    agency_id: number
    contact_id: number
    address_id: number
    until: Moment
  }
}
