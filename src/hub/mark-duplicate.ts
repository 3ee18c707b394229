/** R5: a platform shows the same thing twice; one copy is marked and never counts, and stays on file. */
import { Refused } from '../domain/refusal.ts'
import { may } from '../domain/role.ts'
import { actor } from './people.ts'
import type { Hub } from './ports.ts'

export interface DuplicateRequest {
  readonly agencyId: number
  readonly channelId: string
  /** the bulletin whose publication is the second copy */
  readonly copy: number
  /** the bulletin whose publication counts */
  readonly original: number
  readonly by: number
  readonly at: Date
}

export function markDuplicate(hub: Hub, request: DuplicateRequest): Promise<void> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const { channelId, copy, original, at } = request
    const person = await actor(tx, request.by, at)
    if (!may(person, 'drafter', 'section-head')) throw new Refused({ code: 'not-allowed' })
    await tx.lockBulletin(copy)
    const on = async (bulletinId: number) =>
      (await tx.publications(bulletinId)).find((one) => one.channelId === channelId)
    const second = await on(copy)
    const first = await on(original)
    if (!second?.published || !first?.published || copy === original)
      throw new Refused({ code: 'not-published', field: channelId })
    await tx.markDuplicate(second.id, first.id)
    await tx.audit({
      ...{ at, actorId: person.id, action: 'mark-duplicate' },
      ...{ subject: `publication/${second.id}`, facts: { of: first.id } },
    })
  })
}
