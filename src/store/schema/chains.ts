/** Tables of migration 0007: chains, deputies, plans, submissions, referrals. */
import type { Generated, JSONColumnType } from 'kysely'
import type { ChainStep, Urgency } from '../../domain/chain.ts'
import type { ReferralAnswer } from '../../domain/review.ts'
import type { Role } from '../../domain/role.ts'
import type { Day, Moment, MomentOrNull, Nullable } from './columns.ts'

export interface ChainTables {
  chain_rule: {
    agency_id: number
    id: Generated<number>
    category_id: Nullable<string>
    channel_id: Nullable<string>
    urgency: Nullable<Urgency>
    steps: JSONColumnType<readonly ChainStep[]>
  }
  deputy: {
    agency_id: number
    id: Generated<number>
    person_id: number
    deputy_id: number
    role: Role
    from_on: Day
    to_on: Day
    reason: string
    appointed_by: number
    at: Moment
    revoked_at: MomentOrNull
    revoked_by: Nullable<number>
  }
  plan: {
    agency_id: number
    id: Generated<number>
    bulletin_id: number
    orders: string
    by_id: number
    at: Moment
  }
  submission: {
    agency_id: number
    id: Generated<number>
    bulletin_id: number
    revision: number
    hash: Buffer
    submitted_by: number
    at: Moment
    due_on: Day
  }
  referral: {
    agency_id: number
    id: Generated<number>
    bulletin_id: number
    revision: number
    hash: Buffer
    authority: string
    referred_by: number
    at: Moment
    due_on: Day
    answer: Nullable<ReferralAnswer>
    answer_note: Nullable<string>
    answered_by: Nullable<number>
    answered_at: MomentOrNull
  }
}
