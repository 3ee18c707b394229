/** Table of 0017-decisions: what people decided about deliveries that did not end by themselves. */
import type { Generated } from 'kysely'
import type { Moment, Nullable } from './columns.ts'

export interface DecisionTables {
  decision: {
    agency_id: number
    id: Generated<number>
    dispatch_id: number
    kind: string
    road_id: Nullable<string>
    deliveries: number
    by_id: number
    reason: string
    at: Moment
  }
}
