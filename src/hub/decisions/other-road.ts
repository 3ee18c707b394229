/** 改走另一条通路, as a decision: what failed without reaching a platform, waits or is held goes on over another
 *  road that was signed with it. A second press finds everything there already. */
import { moveRoad } from '../fallback.ts'
import type { Hub } from '../ports.ts'
import type { DecisionRequest } from './decider.ts'

/** How many leave on the other road. @throws Refused as `moveRoad` */
export async function otherRoad(
  hub: Hub,
  request: DecisionRequest & { readonly roadId: string },
): Promise<{ readonly moved: number }> {
  const { agencyId, dispatchId, by, at, roadId } = request
  const { moved } = await moveRoad(hub, request)
  // The audit of each step stands already; the decision is what a clerk is shown.
  if (moved > 0)
    await hub.store.transact(agencyId, (tx) =>
      tx.addDecision({
        ...{ dispatchId, by, at, roadId, kind: 'other-road', deliveries: moved },
        reason: request.reason.trim(),
      }),
    )
  return { moved }
}
