/** What the doors read and write of chains, deputies, plans, submissions and referrals. */
import type { ChainRule } from '../../domain/chain.ts'
import type { ReferralAnswer } from '../../domain/review.ts'
import type { Role } from '../../domain/role.ts'

export interface Submission {
  readonly revision: number
  readonly hash: string
  readonly submittedBy: number
  readonly at: Date
  /** YYYY-MM-DD */
  readonly dueOn: string
}

export interface Referral {
  readonly id: number
  readonly bulletinId: number
  readonly hash: string
  readonly authority: string
  readonly at: Date
  readonly dueOn: string
  readonly answer?: ReferralAnswer
}

export interface Deputy {
  readonly id: number
  readonly personId: number
  readonly personName: string
  readonly deputyId: number
  readonly deputyName: string
  readonly role: Role
  readonly fromOn: string
  readonly toOn: string
}

export interface ChainPort {
  chainRules(): Promise<readonly ChainRule[]>
  /** Replaces the one rule of this category, channel and urgency; an empty list removes it. */
  setChainRule(rule: ChainRule): Promise<void>
  addPlan(plan: {
    readonly bulletinId: number
    /** canonical text of the orders */
    readonly orders: string
    readonly by: number
    readonly at: Date
  }): Promise<void>
  /** Canonical text of the newest plan. */
  latestPlan(bulletinId: number): Promise<string | undefined>
  addSubmission(submission: Submission & { readonly bulletinId: number }): Promise<void>
  /** Newest first. */
  submissions(bulletinId: number): Promise<readonly Submission[]>
  addReferral(referral: {
    readonly bulletinId: number
    readonly revision: number
    readonly hash: string
    readonly authority: string
    readonly referredBy: number
    readonly at: Date
    readonly dueOn: string
  }): Promise<number>
  /** Newest first. */
  referrals(bulletinId: number): Promise<readonly Referral[]>
  /** Those without an answer, the most urgent first. */
  openReferrals(): Promise<readonly (Referral & { readonly title: string })[]>
  /** Which bulletin an unanswered referral belongs to. */
  referralBulletin(referralId: number): Promise<number | undefined>
  /** False when it was answered already. */
  answerReferral(answer: {
    readonly referralId: number
    readonly answer: ReferralAnswer
    readonly note: string
    readonly by: number
    readonly at: Date
  }): Promise<boolean>
  appointDeputy(deputy: {
    readonly personId: number
    readonly deputyId: number
    readonly role: Role
    readonly fromOn: string
    readonly toOn: string
    readonly reason: string
    readonly appointedBy: number
    readonly at: Date
  }): Promise<number>
  /** False when there is none in force. */
  revokeDeputy(deputyId: number, by: number, at: Date): Promise<boolean>
  /** Those in force on `day` or later. */
  deputies(day: string): Promise<readonly Deputy[]>
}
