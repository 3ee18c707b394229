/** 关注: one list of whatever is not finished in its time, with reason and action, a line for each dispatch,
 *  road and state and never one for an address. It only reads. */
import {
  type AttentionAction,
  type AttentionItem,
  type AttentionReason,
  DEADLINE_MS,
  GRACE_MS,
  inOrder,
  UNKNOWN_RECEIPT_DAYS,
  whyDispatchOpen,
  whyOpen,
} from '../domain/attention.ts'
import { describe, REFUSAL_CODES } from '../domain/refusal.ts'
import { dayOf, isQuietHour } from '../domain/year.ts'
import type {
  AttentionAsk,
  HeldRoad,
  OpenDeliveries,
  OpenDispatch,
  OpenPaper,
} from './ports/attention.ts'
import type { Hub } from './ports.ts'

const DAY_MS = 86_400_000

export async function attention(
  hub: Hub,
  request: { readonly agencyId: number; readonly at: Date },
): Promise<readonly AttentionItem[]> {
  const { agencyId, at } = request
  const before = (ms: number) => new Date(at.getTime() - ms)
  const { urgent, normal, bulk } = DEADLINE_MS
  const ask: AttentionAsk = {
    ...{ agencyId, at },
    startedBy: { urgent: before(urgent), normal: before(normal), bulk: before(bulk) },
  }
  const { attention: port } = hub.store
  const night = isQuietHour(at)
  const open = (await port.openDeliveries(ask)).map((one) => ofDeliveries(one, night))
  // A dispatch whose deliveries have their lines would be said twice, with another number.
  const said = new Set(open.map((one) => one.dispatchId))
  const dispatches = await port.openDispatches(ask)
  return inOrder([
    ...merged(open),
    ...dispatches.filter((one) => !said.has(one.dispatchId)).map(ofDispatch),
    ...(await port.overdueReceipts(ask)).map(ofReceipts),
    ...(await port.heldRoads(ask)).map(ofRoad),
    ...(
      await port.openPapers({
        ...ask,
        today: dayOf(at),
        graceUntil: before(GRACE_MS),
        receiptsFrom: before(UNKNOWN_RECEIPT_DAYS * DAY_MS),
      })
    ).map(ofPaper),
  ])
}

function placeOf(one: OpenDeliveries | OpenDispatch) {
  const { bulletinId, title, dispatchId, channelId, channelName, count, since } = one
  return { bulletinId, title, dispatchId, channelId, channelName, count, since }
}

function ofDeliveries(one: OpenDeliveries, quiet: boolean): AttentionItem {
  const explained = whyOpen({ ...one, night: one.quietHold && quiet })
  return {
    ...{ ...explained, ...placeOf(one), state: one.state },
    ...(one.roadId === null ? {} : { roadId: one.roadId }),
    ...(explained.reason === 'dispatch-held' ? inWords(one.heldReason) : {}),
  }
}

function ofReceipts(one: OpenDeliveries): AttentionItem {
  return {
    ...{ ...placeOf(one), state: one.state, reason: 'receipt-overdue', action: 'check-service' },
    ...(one.roadId === null ? {} : { roadId: one.roadId }),
  }
}

function ofDispatch(one: OpenDispatch): AttentionItem {
  const { state, windowClosed, heldReason } = one
  const facts = { state, windowClosed, ...(heldReason === null ? {} : { heldReason }) }
  return { ...whyDispatchOpen(facts), ...placeOf(one), state, ...inWords(heldReason) }
}

/** A dispatch is held with a refusal's word, or because no road was left. */
function inWords(heldReason: string | null): { readonly detail?: string } {
  if (heldReason === null) return {}
  if (heldReason === 'no-road') return { detail: '没有可用的通路' }
  const code = REFUSAL_CODES.find((one) => one === heldReason)
  return { detail: code ? describe({ code }) : heldReason }
}

function ofRoad({ since, ...one }: HeldRoad): AttentionItem {
  const action = one.detail === 'off' ? 'other-road' : 'release-road'
  return {
    ...{ ...one, reason: 'road-held', action, state: 'held' },
    ...(since === null ? {} : { since }),
  }
}

const PAPER_ACTIONS: Partial<Record<AttentionReason, AttentionAction>> = {
  'review-overdue': 'review',
  'referral-overdue': 'answer-referral',
  'signature-overdue': 'sign',
  'occurrence-alarm': 'acknowledge-alarm',
  'occurrence-overdue': 'settle-occurrence',
  'after-review-overdue': 'after-review',
  'unknown-receipts': 'look-at-receipts',
  'approval-unmatched': 'reuse-approval',
  'webhook-given-up': 'replay-webhook',
  'webhook-paused': 'resume-webhook',
}

function ofPaper(one: OpenPaper): AttentionItem {
  const { reason, count, since } = one
  const known = Object.entries(one).filter(([, value]) => value !== null)
  return {
    ...Object.fromEntries(known),
    ...{ reason, count, since, action: PAPER_ACTIONS[reason] ?? 'check-service' },
  }
}

/** Batches differ in what does not show: whose line reads alike is one line. */
function merged(items: readonly AttentionItem[]): readonly AttentionItem[] {
  const byLine = Map.groupBy(items, (one) =>
    [one.dispatchId, one.roadId, one.state, one.reason].join('/'),
  )
  return [...byLine.values()].flatMap(([first, ...rest]) =>
    first ? [{ ...first, count: rest.reduce((sum, one) => sum + one.count, first.count) }] : [],
  )
}
