/** 紧急停发: one reviewer, leader or duty officer alone halts what is queued and hides our own page at
 *  once. It refuses only a missing reason; the written withdrawal walks the doors afterwards. */
import { maskNumbers } from '../domain/masking.ts'
import { Refused } from '../domain/refusal.ts'
import { may, STOPPERS } from '../domain/role.ts'
import { actor } from './people.ts'
import type { Hub } from './ports.ts'

const CANCEL_DELIVERIES_MAX = 20_000
const REASON_CHARACTERS_MAX = 500

export interface StopRequest {
  readonly agencyId: number
  readonly bulletinId: number
  readonly by: number
  readonly reason: string
  readonly at: Date
}

/** The first commit already holds everything back; the cancelling of many rows follows it. */
export async function stop(hub: Hub, request: StopRequest): Promise<void> {
  const { agencyId, bulletinId, at } = request
  const dispatchIds = await hub.store.transact(agencyId, async (tx) => {
    const reason = maskNumbers(request.reason.trim())
    if (reason === '') throw new Refused({ code: 'reason-missing' })
    if ([...reason].length > REASON_CHARACTERS_MAX)
      throw new Refused({ code: 'too-long', field: 'reason', limit: REASON_CHARACTERS_MAX })
    const person = await actor(tx, request.by, at)
    if (!may(person, ...STOPPERS)) throw new Refused({ code: 'not-allowed' })
    const bulletin = await tx.lockBulletin(bulletinId)
    if (!bulletin) throw new Refused({ code: 'not-found', field: 'bulletin' })
    await tx.markStopped(bulletinId, person.id, reason, at)
    const stopped = await tx.stopDispatches(bulletinId)
    await tx.audit({
      ...{ at, actorId: person.id, action: 'stop', subject: `bulletin/${bulletinId}` },
      facts: { dispatches: stopped.length },
    })
    return stopped
  })
  await finishStop(hub, agencyId, dispatchIds)
}

export async function finishStop(
  hub: Hub,
  agencyId: number,
  dispatchIds: readonly number[],
): Promise<void> {
  for (const dispatchId of dispatchIds) {
    let done = false
    while (!done)
      done = await hub.store.transact(agencyId, (tx) =>
        tx.cancelWaiting(dispatchId, CANCEL_DELIVERIES_MAX),
      )
  }
}
