/** Door 5, the end of it: what the outside answered becomes what the log says of each recipient, and what
 *  a road could not carry is kept for the next one. */
import type { Channel } from '../../channels/channel.ts'
import { nextRoad } from '../domain/fallback.ts'
import { boundOutcome, type Outcome } from '../domain/outcome.ts'
import { NEVER_TOLD } from '../domain/recall.ts'
import { askAgainMs, platformTime, RECEIPT_HOURS_MAX, REPLY_DAYS_MAX } from '../domain/receipt.ts'
import { afterOutcome } from '../domain/retry.ts'
import { fallBack } from './fallback.ts'
import type { Claim, Expects, Settlement, Success } from './ports/engine.ts'
import type { Hub } from './ports.ts'

const HOUR_MS = 3_600_000

/** `bound`: what is tried again may have been sent, and only its own road recognises it. */
export async function settle(
  hub: Hub,
  claim: Claim,
  channel: Channel,
  outcomes: readonly Outcome[],
  at: Date,
  bound = false,
): Promise<void> {
  const { countsWhen } = channel.capabilities
  const expects = expectsOf(channel, at)
  const { attempts, lane } = claim
  const counts: Record<string, number> = {}
  let success: Success | undefined
  let holdRoad: string | undefined
  const exhausted = new Set<number>()
  const settlements: Settlement[] = claim.recipients.map(({ addressId }, index) => {
    const outcome = boundOutcome(outcomes[index])
    counts[outcome.kind] = (counts[outcome.kind] ?? 0) + 1
    const next = afterOutcome(outcome, { attempts, lane, countsWhen })
    if (next.state === 'delivered' || (next.state === 'accepted' && countsWhen === 'accepted'))
      success ??= successOf(outcome, at)
    if (outcome.kind === 'refused' && outcome.scope === 'account') holdRoad = outcome.code
    if (outcome.kind === 'retry' && next.state === 'failed') exhausted.add(addressId)
    return {
      addressId,
      ...next,
      ...factsOf(outcome),
      ...(expects ? named(claim, addressId, outcome) : {}),
    }
  })
  for (const addressId of claim.gone)
    settlements.push({ addressId, state: 'skipped', code: 'address-removed' })
  for (const addressId of claim.untold ?? [])
    settlements.push({ addressId, state: 'skipped', code: NEVER_TOLD })
  for (const addressId of claim.unreadable)
    settlements.push({ addressId, state: 'failed', code: 'address-unreadable' })
  const kept = exhausted.size > 0 && !bound && (await hasNextRoad(hub, claim))
  const final: readonly Settlement[] = kept
    ? settlements.map((one) => (exhausted.has(one.addressId) ? { ...one, state: 'held' } : one))
    : settlements
  const answer = await hub.store.engine.settle({
    ...{ claim, at, outcomes: counts, bound, settlements: final },
    ...(success ? { success } : {}),
    ...(holdRoad === undefined ? {} : { holdRoad }),
    ...(expects ? { expects } : {}),
  })
  tellSettled(hub, claim, channel.adapter, { outcomes: counts, final, late: answer === 'late' })
  if (kept || holdRoad !== undefined) await fallBack(hub, claim, at)
}

function tellSettled(
  hub: Hub,
  claim: Claim,
  adapter: string,
  told: {
    readonly outcomes: Readonly<Record<string, number>>
    readonly final: readonly Settlement[]
    readonly late: boolean
  },
): void {
  const { outcomes, late, final } = told
  const states: Record<string, number> = {}
  for (const { state } of final) states[state] = (states[state] ?? 0) + 1
  hub.watch.tell({ step: 'settle', adapter, outcomes, states, late, ...namesOf(claim) })
}

/** What a line of the log calls an attempt by. */
export function namesOf({
  agencyId,
  dispatchId,
  channelId,
  roadId,
  batchId,
  attemptId,
  lane,
}: Claim) {
  return { agencyId, dispatchId, channelId, roadId, batchId, attemptId, lane }
}

/** Whatever had its last attempt was certainly not sent: another signed road may still carry it. */
async function hasNextRoad(hub: Hub, claim: Claim): Promise<boolean> {
  const roads = await hub.store.fallback.standing(claim)
  return roads !== undefined && nextRoad(roads, claim.roadId) !== undefined
}

function expectsOf(channel: Channel, at: Date): Expects | undefined {
  const { receipts, receiptsWithinMs } = channel.capabilities
  if (receipts === 'none') return undefined
  const after = (ms: number) => new Date(at.getTime() + ms)
  const until = after(receiptsWithinMs ?? RECEIPT_HOURS_MAX * HOUR_MS)
  const replies = after(REPLY_DAYS_MAX * 24 * HOUR_MS)
  return {
    ...(channel.poll ? { askAt: after(askAgainMs(0)) } : {}),
    until,
    closes: receipts === 'pull-once' && replies > until ? replies : until,
  }
}

/** What will be heard of needs a name; where the platform gave none it is our own key. */
function named(claim: Claim, addressId: number, outcome: Outcome): Partial<Settlement> {
  if (outcome.kind === 'awaiting' && outcome.on !== 'hand')
    return { reference: outcome.reference ?? ownKey(claim, addressId) }
  if (outcome.kind !== 'accepted') return {}
  return {
    reference: outcome.reference ?? ownKey(claim, addressId),
    ...(outcome.url === undefined ? {} : { url: outcome.url }),
  }
}

/** The name of a message that is the same whatever is tried again. */
export function ownKey({ agencyId, dispatchId }: Claim, addressId: number): string {
  return `${agencyId}.${dispatchId}.${addressId}`
}

function successOf(outcome: Outcome, at: Date): Success {
  if (outcome.kind !== 'accepted') return { at }
  return {
    at: platformTime(outcome.at === undefined ? undefined : new Date(outcome.at), at),
    ...(outcome.url === undefined ? {} : { url: outcome.url }),
    ...(outcome.reference === undefined ? {} : { reference: outcome.reference }),
  }
}

function factsOf(outcome: Outcome): Partial<Settlement> {
  switch (outcome.kind) {
    case 'accepted':
      return {
        units: outcome.units ?? 1,
        ...(outcome.code === undefined ? {} : { code: outcome.code }),
        ...(outcome.reference === undefined ? {} : { reference: outcome.reference }),
      }
    case 'awaiting':
      return {
        ...(outcome.on === 'hand' ? { handWithinMs: outcome.withinMs } : {}),
        ...(outcome.reference === undefined ? {} : { reference: outcome.reference }),
      }
    default:
      return { code: outcome.code }
  }
}
