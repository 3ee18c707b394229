/** 放行通路: an account that was refused works again, and what waited for it goes on. It refuses a road that
 *  is not in use; a road that nothing stopped is left as it is. */
import { Refused } from '../domain/refusal.ts'
import { may } from '../domain/role.ts'
import { actor } from './people.ts'
import type { Hub } from './ports.ts'

export interface RoadRelease {
  readonly agencyId: number
  readonly channelId: string
  readonly roadId: string
  readonly by: number
  readonly at: Date
}

/** Answers how many batches go on. */
export function releaseRoad(hub: Hub, release: RoadRelease): Promise<number> {
  return hub.store.transact(release.agencyId, async (tx) => {
    const { channelId, roadId, at } = release
    const person = await actor(tx, release.by, at)
    if (!may(person, 'operator')) throw new Refused({ code: 'not-allowed' })
    const waiting = await tx.releaseRoad(channelId, roadId)
    if (!waiting) throw new Refused({ code: 'not-found', field: 'road' })
    await tx.audit({
      ...{ at, actorId: person.id, action: 'release-road' },
      ...{ subject: `road/${channelId}/${roadId}`, facts: { batches: waiting.length } },
    })
    for (const dispatchId of new Set(waiting)) {
      const carriage = await tx.lockCarriage(dispatchId)
      if (carriage) await tx.wake(carriage.lane, dispatchId, at)
    }
    return waiting.length
  })
}
