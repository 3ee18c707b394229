/** What sign-off looks through: texts that wait for somebody, and what left of late and could be stopped. */
import type { Level, Mode } from '../../domain/bulletin.ts'
import type { Role } from '../../domain/role.ts'
import type { ReviewRow } from './papers.ts'

/** A text that was handed in, and is neither returned nor signed nor stopped. */
export interface HandedIn {
  readonly id: number
  readonly categoryId: string
  readonly category: string
  readonly mode: Mode
  readonly level: Level
  readonly title: string
  readonly author: string
  readonly authorIds: readonly number[]
  readonly number: number
  readonly hash: string
  readonly submittedAt: Date
  /** YYYY-MM-DD, of the review */
  readonly dueOn: string
  /** canonical text of the newest plan */
  readonly plan: string | null
  /** opinions and approvals, newest first */
  readonly reviews: readonly ReviewRow[]
  /** the secrecy bureau was asked and has not answered */
  readonly referred: boolean
}

export interface LatelySigned {
  readonly id: number
  readonly category: string
  readonly mode: Mode
  readonly level: Level
  readonly title: string
  readonly signer: string
  readonly at: Date
}

export interface SignOffPort {
  /** Red and orange first, then the oldest; at most `limit`. */
  handedIn(limit: number): Promise<readonly HandedIn[]>
  /** What was signed since and is not stopped, newest first. */
  latelySigned(since: Date, limit: number): Promise<readonly LatelySigned[]>
  /** Every revision of a bulletin with its hash, oldest first. */
  revisions(
    bulletinId: number,
  ): Promise<readonly { readonly number: number; readonly hash: string; readonly at: Date }[]>
  signaturesBy(
    bulletinId: number,
    signerId: number,
  ): Promise<readonly { readonly revision: number; readonly at: Date }[]>
  /** Those who hold the role themselves on that day (YYYY-MM-DD). */
  inOffice(
    role: Role,
    day: string,
  ): Promise<readonly { readonly id: number; readonly name: string }[]>
  /** Names of people, in office or not. */
  names(personIds: readonly number[]): Promise<ReadonlyMap<number, string>>
}
