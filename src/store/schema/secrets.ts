/** Table of 0022-secrets: what a road needs to be let in, sealed. */
import type { Moment, MomentOrNull, Nullable } from './columns.ts'

export interface SecretTables {
  secret: {
    agency_id: number
    name: string
    version: number
    key_id: string
    cipher: Nullable<Buffer>
    set_by: number
    set_at: Moment
    ends_at: MomentOrNull
    dropped_at: MomentOrNull
  }
}
