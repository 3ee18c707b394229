/** Where a bulletin stands on its walk, in one word, and what is next. */
import { openStep, STEP_NAMES } from '../domain/chain.ts'
import { isPublic } from '../domain/review.ts'
import { chainOf } from './chain.ts'
import { whyFindingsOpen } from './checks/check.ts'
import type { Tx } from './ports.ts'
import { isReturned } from './review.ts'
import { plannedOrders } from './submit.ts'

export const WALK_STATES = [
  'draft',
  'returned',
  'submitted',
  'referred',
  'not-public',
  'reviewed',
  'signed',
  'stopped',
] as const
export type WalkState = (typeof WALK_STATES)[number]

export const WALK_STATE_NAMES: Readonly<Record<WalkState, string>> = {
  draft: '草稿',
  returned: '已退回',
  submitted: '审查中',
  referred: '报请确定中',
  'not-public': '不宜公开',
  reviewed: '待签发',
  signed: '已签发',
  stopped: '已停发',
}

export interface WalkStatus {
  readonly bulletinId: number
  readonly title: string
  readonly state: WalkState
  readonly revision: number
  readonly hash: string
  /** what somebody has to do next, in words */
  readonly next?: string
  /** YYYY-MM-DD, of the review or the referral that is open */
  readonly dueOn?: string
}

/** Undefined when there is no such bulletin in this agency. */
export async function walkStatus(tx: Tx, bulletinId: number): Promise<WalkStatus | undefined> {
  const bulletin = await tx.lockBulletin(bulletinId)
  const latest = await tx.latestRevision(bulletinId)
  if (!bulletin || !latest) return undefined
  const { number: revision, hash } = latest
  const facts = { bulletinId, title: bulletin.title, revision, hash }
  if (bulletin.stopped) return { ...facts, state: 'stopped', next: '如需再发，请另拟或撤下' }
  const signed = (await tx.signedActs(bulletinId)).some(
    (one) => one.revision === revision && one.act !== 'withdraw',
  )
  if (signed) return { ...facts, state: 'signed' }
  if (await isReturned(tx, bulletinId, revision))
    return { ...facts, state: 'returned', next: '拟稿人修改后重新送审' }
  const submission = (await tx.submissions(bulletinId)).find((one) => one.hash === hash)
  if (!submission) {
    const refusal = await whyFindingsOpen(tx, bulletinId, hash)
    const next = refusal ? '处理检查发现的问题，再送审' : '送审'
    return { ...facts, state: 'draft', next }
  }
  const referral = (await tx.referrals(bulletinId)).find((one) => one.answer === undefined)
  if (referral)
    return {
      ...{ ...facts, state: 'referred', dueOn: referral.dueOn },
      next: `等${referral.authority}答复`,
    }
  const reviews = await tx.reviews(bulletinId)
  const opinion = reviews.find((one) => one.hash === hash && one.step === 'secrecy-review')
  if (opinion && !isPublic(opinion.opinion) && opinion.opinion !== 'referred')
    return { ...facts, state: 'not-public', next: '修改后重新送审，或不再公开' }
  const channels = (await plannedOrders(tx, bulletinId)).map((one) => one.channelId)
  const open = openStep(await chainOf(tx, bulletin, channels), reviews, hash)
  const { dueOn } = submission
  if (open) return { ...facts, state: 'submitted', next: STEP_NAMES[open], dueOn }
  return { ...facts, state: 'reviewed', next: '领导签发' }
}
