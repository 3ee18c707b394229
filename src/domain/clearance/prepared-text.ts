/** 预案文本: who may review a template and who may sign what was filled into it. It refuses whoever had a
 *  hand in the text before; four pairs of eyes stand behind one tap. */
import type { Refusal } from '../refusal.ts'
import { isPublic, type Opinion, SECRECY_OPINIONS } from '../review.ts'
import { may, type Person, standsInFor } from '../role.ts'

export type SecrecyOpinion = (typeof SECRECY_OPINIONS)[number]

export interface TemplateReview {
  readonly id: number
  readonly reviewerId: number
  readonly hash: string
  readonly opinion: Opinion
}

/** The person and everybody in whose place they act today: each of them has had one part only. */
export function hands(person: Person): readonly number[] {
  return [person.id, ...standsInFor(person)]
}

export function isSecrecyOpinion(opinion: Opinion): opinion is SecrecyOpinion {
  return SECRECY_OPINIONS.some((one) => one === opinion)
}

export interface TemplateReviewSituation {
  readonly reviewer: Person
  readonly authorId: number
  readonly opinion: Opinion
  readonly hash: string
  /** the hash the reviewer had on the screen */
  readonly seenHash: string
}

export function whyNotTemplateReviewable(situation: TemplateReviewSituation): Refusal | undefined {
  const { reviewer, authorId, opinion } = situation
  if (!may(reviewer, 'secrecy-reviewer')) return { code: 'not-allowed' }
  if (!isSecrecyOpinion(opinion)) return { code: 'act-not-possible', field: 'opinion' }
  if (hands(reviewer).includes(authorId)) return { code: 'author-may-not-review' }
  return situation.hash === situation.seenHash ? undefined : { code: 'not-latest-revision' }
}

/** Undefined when the newest opinion on the template allows its use. */
export function whyNotUsable(
  review: TemplateReview | undefined,
  hash: string,
): Refusal | undefined {
  if (!review) return { code: 'not-reviewed', field: 'template' }
  if (review.hash !== hash) return { code: 'edited-since-review', field: 'template' }
  return isPublic(review.opinion) ? undefined : { code: 'not-public', field: 'template' }
}

export interface PreparedSignSituation {
  readonly signer: Person
  readonly templateAuthorId: number
  readonly templateReviewerId: number
  readonly filledBy: number
  readonly latestHash: string
  /** hash of the text as it was filled in */
  readonly filledHash: string
  /** the hash the leader had on the screen */
  readonly seenHash: string
  readonly stopped: boolean
  readonly returned: boolean
  readonly alreadySigned: boolean
}

export function whyNotPreparedSignable(situation: PreparedSignSituation): Refusal | undefined {
  const { signer, latestHash } = situation
  if (situation.stopped) return { code: 'stopped' }
  if (!may(signer, 'leader')) return { code: 'not-allowed' }
  const persons = hands(signer)
  if (persons.includes(situation.templateAuthorId) || persons.includes(situation.filledBy))
    return { code: 'author-may-not-sign' }
  if (persons.includes(situation.templateReviewerId)) return { code: 'reviewer-may-not-sign' }
  if (latestHash !== situation.seenHash) return { code: 'not-latest-revision' }
  if (latestHash !== situation.filledHash) return { code: 'edited-since-review' }
  if (situation.returned) return { code: 'returned' }
  return situation.alreadySigned ? { code: 'already-signed' } : undefined
}
