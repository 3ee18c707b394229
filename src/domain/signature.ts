/** 领导签发: who may sign what, and the exact text a signature covers. */

import type { Mode } from './bulletin.ts'
import type { Canonical } from './canonical.ts'
import { type ChainStep, openStep, STEP_NAMES } from './chain.ts'
import type { Authority } from './clearance/authority.ts'
import type { Refusal } from './refusal.ts'
import { isPublic, type Opinion } from './review.ts'
import { may, type Person, standsInFor } from './role.ts'

/** How a dispatch came to be allowed; behind the last three stands a template reviewed in advance. */
export const CLEARANCES = ['reviewed', 'paper', 'prepared-text', 'standing-order', 'relay'] as const
export type Clearance = (typeof CLEARANCES)[number]

/** 发送令的种类 */
export const ACTS = ['publish', 'amend', 'withdraw', 'notify', 'resend'] as const
export type Act = (typeof ACTS)[number]

export interface ReviewFact {
  readonly hash: string
  readonly reviewerId: number
  readonly opinion: Opinion
  readonly step: string
}

export interface SignSituation {
  readonly signer: Person
  readonly authorIds: readonly number[]
  /** newest opinion first */
  readonly reviews: readonly ReviewFact[]
  /** the steps of the channels that are to be signed */
  readonly chain: readonly ChainStep[]
  readonly latest: { readonly number: number; readonly hash: string }
  /** the hash the leader had on the screen */
  readonly seenHash: string
  readonly alreadySigned: boolean
  readonly stopped: boolean
  /** the latest revision was sent back and not edited since */
  readonly returned: boolean
  /** withdrawing is no new disclosure: neither a stop nor a later opinion or edit bars it */
  readonly onlyWithdraws: boolean
  /** something of this bulletin was signed before */
  readonly signedBefore: boolean
}

export function whyNotSignable(situation: SignSituation): Refusal | undefined {
  const { signer, authorIds, reviews, latest, seenHash } = situation
  if (situation.stopped && !situation.onlyWithdraws) return { code: 'stopped' }
  if (!may(signer, 'leader')) return { code: 'not-allowed' }
  // Whoever stands in for the author or the reviewer would sign in that person's place.
  const persons = [signer.id, ...standsInFor(signer)]
  if (persons.some((id) => authorIds.includes(id))) return { code: 'author-may-not-sign' }
  if (latest.hash !== seenHash) return { code: 'not-latest-revision' }
  const here = reviews.filter((review) => review.hash === latest.hash)
  if (here.some((review) => persons.includes(review.reviewerId)))
    return { code: 'reviewer-may-not-sign' }
  if (situation.onlyWithdraws && situation.signedBefore) return undefined
  if (situation.returned) return { code: 'returned' }
  return (
    whyNotApproved(situation) ?? (situation.alreadySigned ? { code: 'already-signed' } : undefined)
  )
}

/** The newest opinion on this very text is public, and every step of the chain was walked on it. */
function whyNotApproved({ reviews, latest, chain }: SignSituation): Refusal | undefined {
  const secrecy = reviews.filter((review) => review.step === 'secrecy-review')
  if (secrecy.length === 0) return { code: 'not-reviewed' }
  const current = secrecy.find((review) => review.hash === latest.hash)
  if (!current) return { code: 'edited-since-review' }
  if (current.opinion === 'referred') return { code: 'referred' }
  if (!isPublic(current.opinion)) return { code: 'not-public' }
  const open = openStep(chain, reviews, latest.hash)
  return open ? { code: 'step-open', field: STEP_NAMES[open] } : undefined
}

/** One line of what the leader signs: one act on one channel. */
export interface ManifestDispatch {
  readonly channelId: string
  readonly act: Act
  /** the kind it counts as on the channel's line */
  readonly categoryId: string
  /** hash of the canonical payload with its holes, by road */
  readonly payloads: { readonly [road: string]: string }
  readonly mergeHash: string
  readonly audienceRule: Canonical
  readonly reach: number
  readonly tolerance: number
  readonly notBefore: string
  readonly notAfter: string
  /** 夜间 22:00–07:00: hold, unless the leader signed that it goes out all the same */
  readonly quietHours: 'hold' | 'send'
}

/** The exact statement under a signature; its canonical text is what the proof covers. */
export interface Manifest {
  readonly version: 1
  readonly agencyId: number
  readonly bulletinId: number
  readonly revision: number
  readonly revisionHash: string
  readonly mode: Mode
  readonly clearance: Clearance
  readonly signerId: number
  readonly reviewIds: readonly number[]
  readonly signedAt: string
  /** which template, order and message it stands on; absent where the text itself was reviewed */
  readonly authority?: Authority
  readonly dispatches: readonly ManifestDispatch[]
}
