/** 保密审查意见: the secrecy opinion on one revision's hash. */
import type { Refusal } from './refusal.ts'
import { may, type Person } from './role.ts'

/** 同意公开 · 删减后公开 · 依申请公开 · 不予公开 · 报请确定 */
export const OPINIONS = [
  'public',
  'public-after-cuts',
  'on-application',
  'withheld',
  'referred',
] as const
export type Opinion = (typeof OPINIONS)[number]

/** 审签环节; every bulletin has at least one secrecy review whatever its chain adds. */
export const STEPS = ['section-check', 'proof', 'secrecy-review'] as const
export type Step = (typeof STEPS)[number]

export interface ReviewSituation {
  readonly reviewer: Person
  readonly step: Step
  /** everybody who wrote any revision of the bulletin */
  readonly authorIds: readonly number[]
  readonly latest: { readonly number: number; readonly hash: string }
  /** the hash the reviewer had on the screen */
  readonly seenHash: string
  readonly stopped: boolean
  /** the latest revision was sent back and not edited since */
  readonly returned: boolean
}

const STEP_ROLE = {
  'section-check': 'section-head',
  proof: 'section-head',
  'secrecy-review': 'secrecy-reviewer',
} as const

export function whyNotReviewable(situation: ReviewSituation): Refusal | undefined {
  const { reviewer, authorIds, latest, seenHash } = situation
  if (situation.stopped) return { code: 'stopped' }
  if (!may(reviewer, STEP_ROLE[situation.step])) return { code: 'not-allowed' }
  if (authorIds.includes(reviewer.id)) return { code: 'author-may-not-review' }
  if (latest.hash !== seenHash) return { code: 'not-latest-revision' }
  if (situation.returned) return { code: 'returned' }
  return undefined
}
