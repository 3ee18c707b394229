/** Door 5, after the call: tells the road's breaker what the call said of the road. A road that works costs
 *  nothing. */
import type { Channel } from '../../channels/channel.ts'
import { judge } from '../domain/breaker.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { Claim } from './ports/engine.ts'
import type { Hub } from './ports.ts'

/** Said by door 5 itself, of a call it did not make. */
export const LEASE_ENDED = 'lease-ended'

export async function tellBreaker(
  hub: Hub,
  claim: Claim,
  channel: Channel,
  outcomes: readonly Outcome[],
  at: Date,
): Promise<void> {
  const call = judge(outcomes)
  if (!call || (call.result === 'answered' && !claim.failedLately)) return
  if (call.result === 'failed' && call.code === LEASE_ENDED) return
  const { agencyId, channelId, roadId } = claim
  const { concurrencyMax } = channel.capabilities
  await hub.store.breakers.called({ agencyId, channelId, roadId, call, at, concurrencyMax })
}
