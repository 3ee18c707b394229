/** The store as the hub knows it: one agency's transaction with every door's needs, and the engine. */
import { sql } from 'kysely'
import type { Store } from '../hub/ports.ts'
import { claim } from './claim.ts'
import type { Database } from './connect.ts'
import { papersPort } from './dispatch-papers.ts'
import { dispatchPort } from './dispatches.ts'
import { drift } from './drift.ts'
import { handPort } from './hand-tasks.ts'
import { lookPort } from './looks.ts'
import { paperPort } from './papers.ts'
import { peoplePort } from './people.ts'
import { postingPort } from './postings.ts'
import type { Waker } from './queue.ts'
import { refuse, settle } from './settle.ts'
import { sweepPort } from './sweeps.ts'
import { yearTotals } from './totals.ts'
import type { VaultKeys } from './vault.ts'

export function createStore(db: Database, keys: VaultKeys, waker: Waker): Store {
  return {
    transact: (agencyId, work) =>
      db.transaction().execute((tx) =>
        work({
          agencyId,
          ...peoplePort(tx, agencyId),
          ...paperPort(tx, agencyId, keys),
          ...dispatchPort(tx, agencyId, waker),
          ...handPort(tx, agencyId, keys),
          ...postingPort(tx, agencyId),
        }),
      ),
    async prepareMonth(month) {
      await sql`select ensure_delivery_month(${month}::date)`.execute(db)
    },
    counts: {
      yearTotals: (agencyId, year, from, to) => yearTotals(db, year, { agencyId, from, to }),
      drift: (agencyId) => drift(db, agencyId),
    },
    engine: {
      claim: (request) => claim(db, keys, request),
      ...lookPort(db, keys),
      settle: (request) => settle(db, waker, request),
      refuse: (held, _at, reason) => refuse(db, held, reason),
      ...papersPort(db, keys),
      ...sweepPort(db),
    },
  }
}
