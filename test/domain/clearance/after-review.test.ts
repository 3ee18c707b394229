/** The review that follows: its hours, and who may give it and who may take the text down. */
import { expect, it } from 'vitest'
import {
  type AfterReviewSituation,
  afterReviewDue,
  afterReviewState,
  whyNotAfterReviewable,
} from '../../../src/domain/clearance/after-review.ts'
import { whyNotPreparedSignable } from '../../../src/domain/clearance/prepared-text.ts'
import type { Person, Role } from '../../../src/domain/role.ts'

const AT = new Date('2026-11-25T02:00:00Z')
const DUE = afterReviewDue(AT)
const person = (id: number, roles: readonly Role[], standsIn?: number): Person => ({
  ...{ id, name: '某', roles },
  ...(standsIn === undefined ? {} : { deputises: [{ personId: standsIn, role: 'leader' }] }),
})

it('is due after exactly a day, and settled by every opinion but a referral', () => {
  expect(DUE).toEqual(new Date('2026-11-26T02:00:00Z'))
  expect(afterReviewState(undefined, DUE, DUE)).toBe('open')
  expect(afterReviewState(undefined, DUE, new Date(DUE.getTime() + 1))).toBe('overdue')
  expect(afterReviewState('referred', DUE, AT)).toBe('open')
  for (const opinion of ['public', 'public-after-cuts', 'on-application', 'withheld'] as const)
    expect(afterReviewState(opinion, DUE, new Date(DUE.getTime() + 1))).toBe('done')
})

it.each<[string, Person, string | undefined]>([
  ['a reviewer beside them all', person(9, ['secrecy-reviewer']), undefined],
  ['somebody else', person(9, ['leader']), 'not-allowed'],
  ['the author', person(1, ['secrecy-reviewer']), 'author-may-not-review'],
  ['who filled it in', person(2, ['secrecy-reviewer']), 'author-may-not-review'],
  ['a signer', person(3, ['secrecy-reviewer']), 'reviewer-may-not-sign'],
  ['who stands in for a signer', person(9, ['secrecy-reviewer'], 3), 'reviewer-may-not-sign'],
  ['who stands in for the author', person(9, ['secrecy-reviewer'], 1), 'author-may-not-review'],
])('asked of %s', (_, reviewer, code) => {
  const situation: AfterReviewSituation = {
    ...{ reviewer, opinion: 'public', authorIds: [1], filledBy: 2, signerIds: [3, 4] },
    ...{ hash: 'h', seenHash: 'h', state: 'overdue' },
  }
  expect(whyNotAfterReviewable(situation)?.code).toBe(code)
})

it('who stands in for one of the four does not sign in their place', () => {
  const situation = {
    ...{ templateAuthorId: 1, templateReviewerId: 2, filledBy: 3, latestHash: 'h', seenHash: 'h' },
    ...{ filledHash: 'h', stopped: false, returned: false, alreadySigned: false },
  }
  const why = (signer: Person) => whyNotPreparedSignable({ ...situation, signer })?.code
  expect(why(person(9, ['leader']))).toBeUndefined()
  expect(why(person(9, ['leader'], 1))).toBe('author-may-not-sign')
  expect(why(person(9, ['leader'], 2))).toBe('reviewer-may-not-sign')
  expect(why(person(9, ['leader'], 3))).toBe('author-may-not-sign')
})
