/** 跳过: what waits, is held or is to be posted by hand is given up with a reason, and a dispatch that is held
 *  is closed by it. It leaves alone what is on the wire, and what may have been sent, which is decided apart. */
import { DECIDERS } from '../../domain/decision.ts'
import type { Hub, Tx } from '../ports.ts'
import { admitDecider, type DecisionRequest, keepDecision } from './decider.ts'

export interface Skipped {
  /** deliveries given up; 0 at a second press */
  readonly skipped: number
  /** the dispatch was held or not expanded, and nothing of it leaves any more */
  readonly closed: boolean
}

export async function skip(hub: Hub, request: DecisionRequest): Promise<Skipped> {
  let skipped = 0
  for (;;) {
    const step = await hub.store.transact(request.agencyId, (tx) => skipStep(tx, request))
    skipped += step.skipped
    if (step.skipped === 0) return { skipped, closed: step.closed }
  }
}

async function skipStep(tx: Tx, request: DecisionRequest): Promise<Skipped> {
  const { dispatchId } = request
  const { carriage, reason } = await admitDecider(tx, request, DECIDERS)
  if (carriage.state === 'stopped') return { skipped: 0, closed: false }
  const skipped = await tx.skipOpen(dispatchId)
  // Closed last: a stop takes back what is left as cancelled, and this was no stop.
  const closed = skipped === 0 && carriage.state !== 'fanned-out'
  if (closed) await tx.closeDispatch(dispatchId)
  if (skipped > 0 || closed)
    await keepDecision(tx, request, { kind: 'skip', deliveries: skipped, reason })
  return { skipped, closed }
}
