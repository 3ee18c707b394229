/** Door 2, 保密审查: an opinion that names one revision's hash, or a return with its reason.
 *  It refuses the author as reviewer and an opinion on a text that is no longer the newest. */
import { Refused } from '../domain/refusal.ts'
import { type Opinion, type Step, whyNotReviewable } from '../domain/review.ts'
import { actor } from './people.ts'
import type { RevisionFacts } from './ports/papers.ts'
import type { Hub, Tx } from './ports.ts'

export interface ReviewRequest {
  readonly agencyId: number
  readonly bulletinId: number
  readonly reviewerId: number
  readonly at: Date
  readonly step?: Step
  /** the hash the reviewer had on the screen */
  readonly seenHash: string
  readonly opinion: Opinion
  readonly note?: string
}

const NOTE_CHARACTERS_MAX = 2_000

export function review(hub: Hub, request: ReviewRequest): Promise<void> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const step = request.step ?? 'secrecy-review'
    const latest = await mayReview(tx, request, step)
    const { bulletinId, at, opinion } = request
    const note = request.note ?? ''
    if ([...note].length > NOTE_CHARACTERS_MAX)
      throw new Refused({ code: 'too-long', field: 'note', limit: NOTE_CHARACTERS_MAX })
    await tx.addReview({
      ...{ bulletinId, revision: latest.number, hash: latest.hash, step, opinion, note, at },
      reviewerId: request.reviewerId,
    })
    await tx.audit({
      ...{ at, actorId: request.reviewerId, action: step, subject: `bulletin/${bulletinId}` },
      facts: { revision: latest.number, hash: latest.hash, opinion },
    })
  })
}

export interface ReturnRequest {
  readonly agencyId: number
  readonly bulletinId: number
  readonly returnedBy: number
  readonly at: Date
  readonly seenHash: string
  readonly reason: string
}

/** 退回: anybody who could give an opinion or sign may send the text back instead. */
export function returnForEdit(hub: Hub, request: ReturnRequest): Promise<void> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const { bulletinId, at } = request
    const reason = request.reason.trim()
    if (reason === '') throw new Refused({ code: 'reason-missing' })
    if ([...reason].length > NOTE_CHARACTERS_MAX)
      throw new Refused({ code: 'too-long', field: 'reason', limit: NOTE_CHARACTERS_MAX })
    const person = await actor(tx, request.returnedBy, at)
    const step = person.roles.includes('leader') ? undefined : 'secrecy-review'
    const reviewer = { ...request, reviewerId: person.id }
    const latest = step ? await mayReview(tx, reviewer, step) : await newest(tx, request)
    await tx.addReturn({ bulletinId, revision: latest.number, returnedBy: person.id, reason, at })
    await tx.audit({
      ...{ at, actorId: person.id, action: 'return', subject: `bulletin/${bulletinId}` },
      facts: { revision: latest.number, hash: latest.hash },
    })
  })
}

async function mayReview(
  tx: Tx,
  request: Pick<ReviewRequest, 'bulletinId' | 'reviewerId' | 'at' | 'seenHash'>,
  step: Step,
): Promise<RevisionFacts> {
  const reviewer = await actor(tx, request.reviewerId, request.at)
  const bulletin = await tx.lockBulletin(request.bulletinId)
  const latest = await tx.latestRevision(request.bulletinId)
  if (!bulletin || !latest) throw new Refused({ code: 'not-found', field: 'bulletin' })
  const authorIds = await tx.authorIds(request.bulletinId)
  const returned = await isReturned(tx, request.bulletinId, latest.number)
  const { seenHash } = request
  const refusal = whyNotReviewable({
    ...{ reviewer, step, authorIds, latest, seenHash, returned, stopped: bulletin.stopped },
  })
  if (refusal) throw new Refused(refusal)
  return latest
}

/** True when the newest revision was sent back: nothing more happens to it until it is edited. */
export async function isReturned(tx: Tx, bulletinId: number, latest: number): Promise<boolean> {
  return (await tx.returns(bulletinId)).some((one) => one.revision === latest)
}

/** A leader returns what is before them, unless they wrote it themselves. */
async function newest(
  tx: Tx,
  request: Pick<ReturnRequest, 'bulletinId' | 'seenHash' | 'returnedBy'>,
): Promise<RevisionFacts> {
  const bulletin = await tx.lockBulletin(request.bulletinId)
  const latest = await tx.latestRevision(request.bulletinId)
  if (!bulletin || !latest) throw new Refused({ code: 'not-found', field: 'bulletin' })
  if (latest.hash !== request.seenHash) throw new Refused({ code: 'not-latest-revision' })
  if ((await tx.authorIds(request.bulletinId)).includes(request.returnedBy))
    throw new Refused({ code: 'author-may-not-sign' })
  if (await isReturned(tx, request.bulletinId, latest.number))
    throw new Refused({ code: 'returned' })
  return latest
}
