/** 保密审查意见: the secrecy opinion on one revision's hash, and the approvals of the steps before it. */
import { type ChainStep, mayDo, openStep, STEP_NAMES, type StepFact } from './chain.ts'
import type { Refusal } from './refusal.ts'
import { type Person, standsInFor } from './role.ts'

/** 同意公开 · 删减后公开 · 依申请公开 · 不予公开 · 报请确定 */
export const SECRECY_OPINIONS = [
  'public',
  'public-after-cuts',
  'on-application',
  'withheld',
  'referred',
] as const
/** 同意 is the approval of every other step; who does not agree returns the text. */
export const OPINIONS = [...SECRECY_OPINIONS, 'agreed'] as const
export type Opinion = (typeof OPINIONS)[number]

export const OPINION_NAMES: Readonly<Record<Opinion, string>> = {
  public: '同意公开',
  'public-after-cuts': '删减后公开',
  'on-application': '依申请公开',
  withheld: '不予公开',
  referred: '报请确定',
  agreed: '同意',
}

export function isPublic(opinion: Opinion): boolean {
  return opinion === 'public' || opinion === 'public-after-cuts'
}

/** 保密行政管理部门的答复; `taken-back` ends a referral the bureau itself withdrew. */
export const REFERRAL_ANSWERS = ['public', 'on-application', 'withheld', 'taken-back'] as const
export type ReferralAnswer = (typeof REFERRAL_ANSWERS)[number]

export interface ReferralFact {
  readonly hash: string
  readonly answer?: ReferralAnswer
}

export interface ReviewSituation {
  readonly reviewer: Person
  readonly step: ChainStep
  readonly opinion: Opinion
  readonly chain: readonly ChainStep[]
  /** approvals and opinions so far, newest first */
  readonly done: readonly StepFact[]
  /** everybody who wrote any revision of the bulletin */
  readonly authorIds: readonly number[]
  readonly latest: { readonly number: number; readonly hash: string }
  /** the hash the reviewer had on the screen */
  readonly seenHash: string
  readonly submitted: boolean
  readonly stopped: boolean
  /** the latest revision was sent back and not edited since */
  readonly returned: boolean
  readonly referrals: readonly ReferralFact[]
}

export function whyNotReviewable(situation: ReviewSituation): Refusal | undefined {
  const { reviewer, step, authorIds, latest, seenHash } = situation
  if (situation.stopped) return { code: 'stopped' }
  if (!mayDo(reviewer, step)) return { code: 'not-allowed', field: STEP_NAMES[step.step] }
  const secrecy = step.step === 'secrecy-review'
  if (secrecy === (situation.opinion === 'agreed'))
    return { code: 'act-not-possible', field: STEP_NAMES[step.step] }
  // Whoever stands in for the author would give the author's own opinion.
  const persons = [reviewer.id, ...standsInFor(reviewer)]
  const own = step.step === 'section-check' && step.byAuthor === true
  if (!own && persons.some((id) => authorIds.includes(id))) return { code: 'author-may-not-review' }
  if (latest.hash !== seenHash) return { code: 'not-latest-revision' }
  if (situation.returned) return { code: 'returned' }
  if (!situation.submitted) return { code: 'not-submitted' }
  const before = openStep(situation.chain, situation.done, latest.hash, step.step)
  if (before) return { code: 'step-open', field: STEP_NAMES[before] }
  return secrecy ? whyReferred(situation) : undefined
}

/** While the answer is out nobody calls the text public; an answer binds the text it was given on. */
function whyReferred({ opinion, referrals, latest }: ReviewSituation): Refusal | undefined {
  if (!isPublic(opinion)) return undefined
  if (referrals.some((one) => one.answer === undefined)) return { code: 'referred' }
  const answered = referrals.find((one) => one.hash === latest.hash)
  if (answered?.answer === 'withheld' || answered?.answer === 'on-application')
    return { code: 'not-public', detail: '保密行政管理部门已答复不宜公开' }
  return undefined
}
