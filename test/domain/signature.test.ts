/** Who may review and who may sign: every collision of the three people has its word. */
import { describe, expect, it } from 'vitest'
import { toleranceOf, whyNotReachable } from '../../src/domain/audience.ts'
import { DEFAULT_CHAIN } from '../../src/domain/chain.ts'
import { REFUSAL_CODES, Refused, describe as sentence } from '../../src/domain/refusal.ts'
import { OPINIONS, type ReviewSituation, whyNotReviewable } from '../../src/domain/review.ts'
import { type Person, ROLES } from '../../src/domain/role.ts'
import { type SignSituation, whyNotSignable } from '../../src/domain/signature.ts'

const person = (id: number, ...roles: Person['roles']): Person => ({ id, name: `某${id}`, roles })
const latest = { number: 2, hash: 'b'.repeat(64) }
const review = {
  hash: latest.hash,
  reviewerId: 2,
  opinion: 'public',
  step: 'secrecy-review',
} as const
const reviewing: ReviewSituation = {
  ...{ reviewer: person(2, 'secrecy-reviewer'), step: { step: 'secrecy-review' }, authorIds: [1] },
  ...{ latest, seenHash: latest.hash, stopped: false, returned: false, submitted: true },
  ...{ opinion: 'public', chain: DEFAULT_CHAIN, done: [], referrals: [] },
}
const signing: SignSituation = {
  ...{ signer: person(3, 'leader'), authorIds: [1], reviews: [review], latest },
  ...{ seenHash: latest.hash, alreadySigned: false, stopped: false, returned: false },
  ...{ onlyWithdraws: false, signedBefore: false, chain: DEFAULT_CHAIN },
}

describe('review', () => {
  it.each<[string, Partial<ReviewSituation>]>([
    ['author-may-not-review', { authorIds: [1, 2] }],
    [
      'not-allowed',
      { reviewer: person(2, ...ROLES.filter((role) => role !== 'secrecy-reviewer')) },
    ],
    ['not-allowed', { step: { step: 'proof' } }],
    ['act-not-possible', { opinion: 'agreed' }],
    ['not-submitted', { submitted: false }],
    ['not-latest-revision', { seenHash: 'a'.repeat(64) }],
    ['returned', { returned: true }],
    ['stopped', { stopped: true }],
  ])('%s', (code, change) => {
    expect(whyNotReviewable(reviewing)).toBeUndefined()
    expect(whyNotReviewable({ ...reviewing, ...change })?.code).toBe(code)
  })
})

describe('signature', () => {
  it.each<[string, Partial<SignSituation>]>([
    ['author-may-not-sign', { authorIds: [1, 3] }],
    ['reviewer-may-not-sign', { reviews: [{ ...review, reviewerId: 3 }] }],
    ['reviewer-may-not-sign', { reviews: [review, { ...review, step: 'proof', reviewerId: 3 }] }],
    ['not-allowed', { signer: person(3, ...ROLES.filter((role) => role !== 'leader')) }],
    ['not-latest-revision', { seenHash: 'a'.repeat(64) }],
    ['not-reviewed', { reviews: [] }],
    ['not-reviewed', { reviews: [{ ...review, step: 'proof' }] }],
    ['edited-since-review', { reviews: [{ ...review, hash: 'a'.repeat(64) }] }],
    ['returned', { returned: true }],
    ['already-signed', { alreadySigned: true }],
    ['stopped', { stopped: true }],
  ])('%s', (code, change) => {
    expect(whyNotSignable(signing)).toBeUndefined()
    expect(whyNotSignable({ ...signing, ...change })?.code).toBe(code)
  })

  it.each(OPINIONS)('asks the newest opinion: %s', (opinion) => {
    const reviews = [{ ...review, opinion }, review]
    const allowed = opinion === 'public' || opinion === 'public-after-cuts'
    const word = opinion === 'referred' ? 'referred' : 'not-public'
    expect(whyNotSignable({ ...signing, reviews })?.code).toBe(allowed ? undefined : word)
  })

  it('lets a stopped bulletin be withdrawn, and nothing else', () => {
    expect(whyNotSignable({ ...signing, stopped: true, onlyWithdraws: true })).toBeUndefined()
  })

  it('lets what was signed once be withdrawn whatever was said or edited since, by a third person', () => {
    const end = { ...signing, onlyWithdraws: true, signedBefore: true }
    for (const opinion of OPINIONS)
      expect(whyNotSignable({ ...end, reviews: [{ ...review, opinion }] })).toBeUndefined()
    expect(whyNotSignable({ ...end, reviews: [], returned: true })).toBeUndefined()
    expect(whyNotSignable({ ...end, reviews: [], signedBefore: false })?.code).toBe('not-reviewed')
    expect(whyNotSignable({ ...end, authorIds: [3] })?.code).toBe('author-may-not-sign')
    const own = [{ ...review, reviewerId: 3 }]
    expect(whyNotSignable({ ...end, reviews: own })?.code).toBe('reviewer-may-not-sign')
  })
})

describe('audience', () => {
  it('may grow by 5 %, at least 10, and may always shrink', () => {
    expect([1, 200, 201, 10_000].map(toleranceOf)).toEqual([10, 10, 11, 500])
    expect(whyNotReachable(100, 10, 110)).toBeUndefined()
    expect(whyNotReachable(100, 10, 111)?.code).toBe('audience-changed')
    expect(whyNotReachable(100, 10, 1)).toBeUndefined()
    expect(whyNotReachable(100, 10, 0)?.code).toBe('audience-empty')
  })
})

describe('refusals', () => {
  it.each(REFUSAL_CODES)('%s says in Chinese what is the matter and what to do', (code) => {
    const text = sentence({ code, field: 'x', limit: 3, detail: '详情' })
    expect(text).toMatch(/\p{Script=Han}{4}.*（x），上限 3：详情$/u)
    expect(new Refused({ code }).message).toBe(sentence({ code }))
  })
})
