/** 事后审查: the full secrecy review that a prepared text owes within a day, and the withdrawal that
 *  follows when it says no. It refuses whoever filled the text in or signed it. */
import type { Refusal } from '../refusal.ts'
import type { Opinion } from '../review.ts'
import { may, type Person } from '../role.ts'
import { hands, isSecrecyOpinion } from './prepared-text.ts'

const AFTER_REVIEW_HOURS = 24
const HOUR_MS = 3_600_000

export function afterReviewDue(signedAt: Date): Date {
  return new Date(signedAt.getTime() + AFTER_REVIEW_HOURS * HOUR_MS)
}

export type AfterReviewState = 'open' | 'overdue' | 'done'

/** A text referred to the secrecy bureau is not settled yet. */
export function afterReviewState(
  opinion: Opinion | undefined,
  dueAt: Date,
  at: Date,
): AfterReviewState {
  if (opinion !== undefined && opinion !== 'referred') return 'done'
  return at > dueAt ? 'overdue' : 'open'
}

export interface AfterReviewSituation {
  readonly reviewer: Person
  readonly opinion: Opinion
  readonly authorIds: readonly number[]
  readonly filledBy: number
  readonly signerIds: readonly number[]
  readonly hash: string
  readonly seenHash: string
  readonly state: AfterReviewState
}

export function whyNotAfterReviewable(situation: AfterReviewSituation): Refusal | undefined {
  const { reviewer, authorIds, filledBy, signerIds } = situation
  if (!may(reviewer, 'secrecy-reviewer')) return { code: 'not-allowed' }
  if (!isSecrecyOpinion(situation.opinion)) return { code: 'act-not-possible', field: 'opinion' }
  const persons = hands(reviewer)
  if ([filledBy, ...authorIds].some((id) => persons.includes(id)))
    return { code: 'author-may-not-review' }
  if (signerIds.some((id) => persons.includes(id))) return { code: 'reviewer-may-not-sign' }
  if (situation.hash !== situation.seenHash) return { code: 'not-latest-revision' }
  return situation.state === 'done' ? { code: 'already-confirmed' } : undefined
}
