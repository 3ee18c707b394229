/** 处置: what a person may decide about deliveries that failed, wait or may have been sent, who may, and how
 *  many may get a message twice by it. */
import type { Role } from './role.ts'

export const DECISION_KINDS = [
  'retry-failed',
  'other-road',
  'skip',
  'unsure-sent',
  'unsure-resend',
  'unsure-left',
] as const
export type DecisionKind = (typeof DECISION_KINDS)[number]

/** Who answers for what goes out again, or does not. */
export const DECIDERS: readonly Role[] = ['duty-officer', 'operator']

/** 可能已发出的怎么办 */
export const UNSURE_CHOICES = ['sent', 'not-sent-resend', 'leave'] as const
export type UnsureChoice = (typeof UNSURE_CHOICES)[number]

interface ChoiceFacts {
  readonly kind: DecisionKind
  readonly text: string
  readonly roles: readonly Role[]
  /** somebody may get it twice when the person is wrong */
  readonly mayDouble: boolean
}

export const CHOICE_FACTS: Readonly<Record<UnsureChoice, ChoiceFacts>> = {
  sent: {
    ...{ kind: 'unsure-sent', roles: DECIDERS, mayDouble: false },
    text: '核对平台后认定已发出，不再发送',
  },
  // Whoever has the duty answers to those who are woken twice.
  'not-sent-resend': {
    ...{ kind: 'unsure-resend', roles: ['duty-officer'], mayDouble: true },
    text: '认定没有发出，在原通路重发；若其实已发出，对方会收到两次',
  },
  leave: {
    ...{ kind: 'unsure-left', roles: DECIDERS, mayDouble: false },
    text: '不再处理，只等迟到的回执',
  },
}

export interface ChoiceOffered {
  readonly choice: UnsureChoice
  readonly text: string
  /** deliveries the choice is about */
  readonly count: number
  readonly mayGetTwice: number
  readonly roles: readonly Role[]
}

/** What a person is told before choosing. */
export function choicesFor(found: {
  readonly unsure: number
  readonly left: number
}): readonly ChoiceOffered[] {
  return UNSURE_CHOICES.map((choice) => {
    const { text, roles, mayDouble } = CHOICE_FACTS[choice]
    const count = countFor(choice, found)
    return { choice, text, count, roles, mayGetTwice: mayDouble ? count : 0 }
  })
}

/** What was left already need not be left again. */
export function countFor(
  choice: UnsureChoice,
  { unsure, left }: { readonly unsure: number; readonly left: number },
): number {
  return choice === 'leave' ? unsure - left : unsure
}
