/** The store as the hub knows it: one agency's transaction with every door's needs, and the engine. */
import type { Store } from '../hub/ports.ts'
import { answerPort } from './accounts/answers.ts'
import { monthMaker } from './archive/months.ts'
import { attentionPort } from './attention/attention.ts'
import { whyPort } from './attention/why.ts'
import { chainPort } from './chains.ts'
import { checkPort } from './checks.ts'
import { claim } from './claim.ts'
import { clearancePort } from './clearances/clearances.ts'
import { authorityPort } from './clearances/papers.ts'
import { clippingPort } from './clippings.ts'
import type { Database } from './connect.ts'
import { contactPort } from './contacts/port.ts'
import { decisionPort } from './decisions/decisions.ts'
import { papersPort } from './dispatch-papers.ts'
import { dispatchPort } from './dispatches.ts'
import { drift } from './drift.ts'
import { fallbackPort, strandedPort } from './fallback.ts'
import { gather } from './gather.ts'
import { handBack } from './hand-back.ts'
import { handPort } from './hand-tasks.ts'
import { leaseLeft } from './lease-left.ts'
import { breakerPort } from './limits/breakers.ts'
import { limitPort } from './limits/limits.ts'
import { openLists } from './lists/lists.ts'
import { lookPort } from './looks.ts'
import { officePort } from './office.ts'
import { paperPort } from './papers.ts'
import { peoplePort } from './people.ts'
import { postingPort } from './postings.ts'
import type { Waker } from './queue.ts'
import { receiptPort } from './receipts/receipts.ts'
import { replyPort } from './receipts/replies.ts'
import { roadPort } from './road-settings.ts'
import { schedulePort, scheduleSweepPort } from './schedules/schedules.ts'
import { secretPort } from './secrets/secrets.ts'
import { refuse, settle } from './settle.ts'
import { signOffPort } from './sign-off.ts'
import { sweepPort } from './sweeps.ts'
import { toldPort } from './told.ts'
import { yearTotals } from './totals.ts'
import { keptOrRefused } from './unkept.ts'
import type { VaultKeys } from './vault.ts'
import { webhookQueue } from './webhooks/queue.ts'
import { webhookPort } from './webhooks/webhooks.ts'

export function createStore(db: Database, keys: VaultKeys, waker: Waker): Store {
  return {
    transact: (agencyId, work) =>
      keptOrRefused(
        db.transaction().execute((tx) =>
          work({
            agencyId,
            ...answerPort(tx),
            ...peoplePort(tx, agencyId),
            ...roadPort(tx, agencyId, keys),
            ...chainPort(tx, agencyId),
            ...checkPort(tx, agencyId, keys),
            ...clearancePort(tx, agencyId),
            ...clippingPort(tx, agencyId),
            ...contactPort(tx, agencyId, keys),
            ...decisionPort(tx, agencyId),
            ...paperPort(tx, agencyId, keys),
            ...dispatchPort(tx, agencyId, waker),
            ...handPort(tx, agencyId, keys),
            ...postingPort(tx, agencyId),
            ...fallbackPort(tx, agencyId),
            ...replyPort(tx, agencyId),
            ...schedulePort(tx, agencyId),
            ...officePort(tx, agencyId),
            ...signOffPort(tx, agencyId),
            ...secretPort(tx, agencyId, keys.secretKeys),
            ...webhookPort(tx, agencyId, keys),
          }),
        ),
      ),
    prepareMonth: monthMaker(db),
    counts: {
      yearTotals: (agencyId, year, from, to) => yearTotals(db, year, { agencyId, from, to }),
      drift: (agencyId) => drift(db, agencyId),
    },
    lists: openLists(db, keys),
    attention: attentionPort(db),
    why: whyPort(db, keys),
    clearances: authorityPort(db, keys),
    schedules: scheduleSweepPort(db),
    limits: limitPort(db, waker),
    breakers: breakerPort(db),
    receipts: receiptPort(db, keys),
    fallback: strandedPort(db),
    webhooks: webhookQueue(db, keys),
    engine: {
      claim: (request) => claim(db, keys, request),
      gather: (held, request) => gather(db, keys, waker, held, request),
      leaseLeft: (held) => leaseLeft(db, held),
      ...lookPort(db, keys),
      settle: (request) => settle(db, waker, request),
      refuse: (held, _at, reason) => refuse(db, held, reason),
      handBack: (held, at) => handBack(db, waker, held, at),
      ...papersPort(db, keys),
      ...toldPort(db),
      ...sweepPort(db),
    },
  }
}
