/** Everything the API looks through, put together. */
import type { Lists } from '../../hub/ports/lists.ts'
import type { Database } from '../connect.ts'
import { bulletinProgress } from '../progress.ts'
import type { VaultKeys } from '../vault.ts'
import { listBulletins, oneBulletin } from './bulletins.ts'
import { clearanceLists } from './clearances.ts'
import { dispatchLists } from './dispatches.ts'
import { paperLists } from './papers.ts'

export function openLists(db: Database, keys: VaultKeys): Lists {
  return {
    bulletins: (agencyId, query) => listBulletins(db, agencyId, query),
    bulletin: (agencyId, id) => oneBulletin(db, agencyId, id),
    ...dispatchLists(db, keys),
    ...paperLists(db),
    ...clearanceLists(db),
    async progress(agencyId, bulletinId) {
      const known = await db
        .selectFrom('bulletin')
        .select('id')
        .where('agency_id', '=', agencyId)
        .where('id', '=', bulletinId)
        .executeTakeFirst()
      return known && bulletinProgress(db, agencyId, bulletinId)
    },
  }
}
