/** The roads on file. Read often and changed by hand once a year, so a short memory spares the database
 *  while batches leave; whoever holds a transaction reads them there instead. */
import type { RoadRow } from '../hub/ports/people.ts'
import type { Database } from './connect.ts'

const MEMORY_MS = 2_000

export interface Roads {
  rows(agencyId: number, channelId: string): Promise<readonly RoadRow[]>
  /** Reads everything anew at the next question. */
  forget(): void
}

export function openRoads(db: Database, monotonicMs: () => number): Roads {
  let memory:
    | { until: number; rows: Promise<readonly (RoadRow & { agencyId: number })[]> }
    | undefined
  const read = () =>
    db
      .selectFrom('road')
      .select(['agency_id as agencyId', 'channel_id as channelId', 'id as roadId'])
      .select(['adapter', 'settings'])
      .where('enabled', '=', true)
      .orderBy('position')
      .execute()
  return {
    async rows(agencyId, channelId) {
      if (!memory || memory.until < monotonicMs())
        memory = { until: monotonicMs() + MEMORY_MS, rows: read() }
      const rows = await memory.rows.catch((error: unknown) => {
        memory = undefined
        throw error
      })
      return rows.filter((row) => row.agencyId === agencyId && row.channelId === channelId)
    },
    forget() {
      memory = undefined
    },
  }
}
