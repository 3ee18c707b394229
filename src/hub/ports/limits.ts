/** What door 5 asks before a call and says after it. Each is one short transaction under the lock of the
 *  account's row, by the database's clock; nothing is asked for a channel without limits. */
import type { Lane } from '../../domain/bulletin.ts'
import type { Answered } from '../../domain/limits.ts'
import type { Rates } from '../../domain/rates.ts'
import type { Claim } from './engine.ts'

export interface LimitedAccount {
  readonly agencyId: number
  /** the road's own key, or the name several roads share */
  readonly account: string
  readonly rates: Rates
}

export interface TokenRequest extends LimitedAccount {
  /** names the tokens when they are answered */
  readonly id: string
  readonly lane: Lane
  readonly perCall: 'one' | 'batch'
  /** whom the batch would be sent to, in its order */
  readonly addressIds: readonly number[]
  /** without an answer the tokens count as used after so long */
  readonly holdMs: number
}

/** A question to a platform: a look after what is unsure, a poll for receipts. */
export interface LookRequest extends LimitedAccount {
  readonly id: string
  /** without an answer it counts as asked after so long */
  readonly holdMs: number
}

export interface Tokens {
  /** who may be sent to now */
  readonly granted: readonly number[]
  /** whom the account has no tokens for yet */
  readonly later: readonly number[]
  readonly laterMs: number
  /** who had as much as one address may have */
  readonly rested: readonly number[]
  readonly restedMs: number
}

export interface TokensAnswered extends LimitedAccount {
  readonly id: string
  readonly addressIds: readonly number[]
  /** certainly not sent */
  readonly unsent: ReadonlySet<number>
  /** the platform's own limit was reached, for these */
  readonly limited: ReadonlySet<number>
  readonly limit?: Answered['limited']
  /** milliseconds since the call was over: what was written down in between takes nothing of the window */
  readonly sinceMs?: number
}

/** Members of a claimed batch that must wait, and for how long from the moment of the claim. */
export interface PutBack {
  readonly addressIds: readonly number[]
  readonly waitMs: number
}

export interface LimitPort {
  take(request: TokenRequest): Promise<Tokens>
  answered(answer: TokensAnswered): Promise<void>
  /** A token for one question; false when none may be asked now, and nothing is taken. */
  takeLook(request: LookRequest): Promise<boolean>
  /** `asked`: it was, and counts in its window; otherwise the token is free again */
  answerLook(request: LookRequest, asked: boolean): Promise<void>
  /** Nothing was called: the whole batch waits again, and no attempt is counted. */
  putBack(claim: Claim, at: Date, waitMs: number): Promise<void>
  /** Before the call: those who must wait go to batches of their own. False when the lease is gone. */
  cutOff(claim: Claim, at: Date, parts: readonly PutBack[]): Promise<boolean>
}
