/** 只重发失败的: what a platform refused, reported as not delivered or never took goes out once more on its own
 *  road, inside the signed window and to nobody else. A second press finds nothing left and sends nothing. */
import { DECIDERS } from '../../domain/decision.ts'
import { Refused } from '../../domain/refusal.ts'
import { batchMaxOf } from '../fan-out.ts'
import type { Hub, Tx } from '../ports.ts'
import {
  admitDecider,
  checkMayLeave,
  type DecisionRequest,
  dueAt,
  keepDecision,
  openRoads,
} from './decider.ts'

/** How many leave again.
 *  @throws Refused `window-closed` where only a new signature may, `road-closed` where no road is open */
export async function retryFailed(
  hub: Hub,
  request: DecisionRequest,
): Promise<{ readonly retried: number }> {
  const { agencyId } = request
  const plan = await hub.store.transact(agencyId, async (tx) => {
    const { carriage, reason } = await admitDecider(tx, request, DECIDERS)
    checkMayLeave(carriage, request.at)
    const failedOn = await tx.failedRoads(request.dispatchId)
    const roads = await openRoads(hub, tx, carriage, failedOn)
    if (failedOn.length > 0 && roads.length === 0)
      throw new Refused({ code: 'road-closed', field: failedOn.join('、') })
    return { roads, reason, before: await tx.decisionMoment() }
  })
  let retried = 0
  for (const road of plan.roads)
    for (let step = -1; step !== 0; retried += step)
      step = await hub.store.transact(agencyId, async (tx) => {
        const carriage = await lockOpen(tx, request)
        if (!carriage) return 0
        const due = dueAt(carriage, request.at)
        const deliveries = await tx.retryFailed({
          ...{ dispatchId: request.dispatchId, roadId: road.roadId, before: plan.before },
          ...{ batchMax: batchMaxOf(road), dueAt: due },
        })
        if (deliveries === 0) return 0
        const { roadId } = road
        await keepDecision(tx, request, {
          ...{ kind: 'retry-failed', roadId, deliveries, reason: plan.reason },
        })
        await tx.wake(carriage.lane, request.dispatchId, due)
        return deliveries
      })
  return { retried }
}

/** Stopped, held or over meanwhile: nothing more leaves. */
export async function lockOpen(tx: Tx, { dispatchId, at }: DecisionRequest) {
  const carriage = await tx.lockCarriage(dispatchId)
  if (!carriage || carriage.notAfter <= at) return undefined
  return carriage.state === 'expanding' || carriage.state === 'fanned-out' ? carriage : undefined
}
