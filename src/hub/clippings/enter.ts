/** Door 6 for the press: a release counts once it was seen in print or on the air. The first clipping confirms
 *  the task its letter left behind; further ones are kept in the register and change no count. */
import { type Clipping, whyNotClipping } from '../../domain/clipping.ts'
import { Refused } from '../../domain/refusal.ts'
import { may, type Role } from '../../domain/role.ts'
import { actor } from '../people.ts'
import type { Hub } from '../ports.ts'

const ENTERERS: readonly Role[] = ['drafter', 'section-head', 'operator', 'duty-officer']

export interface ClippingEntry extends Clipping {
  readonly agencyId: number
  readonly bulletinId: number
  readonly channelId: string
  readonly by: number
  readonly at: Date
}

export interface EnteredClipping {
  readonly clippingId: number
  /** true when the publication counts because of this one */
  readonly first: boolean
}

/** @throws Refused `not-published` while the letter certainly has not left, `already-confirmed` when the same
 *  clipping stands in the register */
export async function enterClipping(hub: Hub, entry: ClippingEntry): Promise<EnteredClipping> {
  const { agencyId, bulletinId, channelId, at, url, pictureHash, appearedAt } = entry
  if (pictureHash !== undefined && !(await hub.blobs(agencyId).read(pictureHash)))
    throw new Refused({ code: 'not-found', field: 'picture' })
  return hub.store.transact(agencyId, async (tx) => {
    const person = await actor(tx, entry.by, at)
    if (!may(person, ...ENTERERS)) throw new Refused({ code: 'not-allowed' })
    const release = await tx.releaseOn(bulletinId, channelId)
    if (!release) throw new Refused({ code: 'not-found', field: channelId })
    if (!release.published && !release.mayHaveLeft)
      throw new Refused({ code: 'not-published', field: channelId })
    const refusal = whyNotClipping(entry, { at, sentAt: release.sentAt })
    if (refusal) throw new Refused(refusal)
    const { publicationId, openTaskId } = release
    const clippingId = await tx.addClipping({ ...entry, publicationId, enteredBy: person.id })
    if (clippingId === undefined)
      throw new Refused({ code: 'already-confirmed', field: 'clipping' })
    if (openTaskId !== undefined)
      await tx.confirmTasks({
        ...{ taskIds: [openTaskId], by: person.id, at, occurredAt: appearedAt },
        ...(url === undefined ? {} : { url }),
        ...(pictureHash === undefined ? {} : { pictureHash }),
      })
    // A letter in doubt, or a task taken back by a stop: what was seen in print is a fact all the same.
    else if (!release.published) await tx.proveRelease(release, appearedAt, url)
    await tx.audit({
      ...{ at, actorId: person.id, action: 'enter-clipping' },
      subject: `publication/${publicationId}`,
      facts: { clippingId, kind: entry.kind, first: !release.published },
    })
    return { clippingId, first: !release.published }
  })
}
