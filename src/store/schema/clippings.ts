/** Table of 0021-clippings: what shows that an outlet printed or broadcast a release. */
import type { Generated } from 'kysely'
import type { ClippingKind } from '../../domain/clipping.ts'
import type { Moment, Nullable } from './columns.ts'

export interface ClippingTables {
  clipping: {
    agency_id: number
    id: Generated<number>
    publication_id: number
    outlet: string
    kind: ClippingKind
    appeared_at: Moment
    place: string
    url: Nullable<string>
    picture_hash: Nullable<Buffer>
    entered_by: number
    entered_at: Moment
  }
}
