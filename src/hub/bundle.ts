/** Door 5 for what leaves together: publications of different bulletins in one call outside, at the minutes
 *  their road names. Each keeps its own lease, proof and outcome, and counts alone. */
import type { Channel } from '../../channels/channel.ts'
import { type Bundling, bundleMoment, mayBundle } from '../domain/bundle.ts'
import type { Outcome } from '../domain/outcome.ts'
import { isQuietHour } from '../domain/year.ts'
import { tellBreaker } from './breakers.ts'
import { accountOf, answerTokens } from './limits.ts'
import type { Claim } from './ports/engine.ts'
import type { Hub } from './ports.ts'
import { handBack, type Leasing, makeReady, type Ready, tellCalled, underLease } from './ready.ts'
import { settle } from './settle.ts'

type Together = Leasing & { readonly process: string }

export function isBundled({ claim, cleared, road }: Ready): boolean {
  const { act, mode } = cleared.papers
  return (
    road.channel.sendBundle !== undefined &&
    road.channel.capabilities.bundle !== undefined &&
    claim.recipients.length === 1 &&
    mayBundle({ act, mode, urgent: claim.lane === 'urgent' })
  )
}

/** Sends a claimed batch with whatever else is due on its road, or lets it wait for its moment. */
export async function attemptBundle(
  hub: Hub,
  worker: Together,
  first: Ready,
  at: Date,
): Promise<void> {
  const { channel } = first.road
  const { bundle } = channel.capabilities
  if (!bundle) return handBack(hub, worker, first.claim, at)
  if (await waitsForMoment(hub, first, bundle, at)) return
  const claims = await hub.store.engine.gather(first.claim, {
    ...{ at, leaseMs: worker.leaseMs, process: worker.process, quiet: isQuietHour(at) },
    tokens: Array.from({ length: bundle.max - 1 }, () => hub.newToken()),
  })
  if (!claims) return
  const members = [first]
  for (const claim of claims) {
    const ready = await makeReady(hub, worker, claim, at)
    if (!ready) continue
    if (!isBundled(ready)) await handBack(hub, worker, claim, at)
    else if (!(await waitsForMoment(hub, ready, bundle, at))) members.push(ready)
  }
  const allowed = await oneToken(hub, worker, first)
  if (typeof allowed === 'number') {
    // A window that opens at midnight is no reason to publish at midnight.
    const due = bundleMoment(bundle.atMinutes, new Date(at.getTime() + allowed))
    for (const { claim } of members) await waitUntil(hub, claim, at, due)
    return
  }
  for (const member of members) tellCalled(hub, member)
  const call = (signal: AbortSignal) => callTogether(channel, members, signal)
  const outcomes = await underLease(hub, worker, first.claim, call, members.length)
  const overAt = performance.now()
  for (const [index, { claim }] of members.entries()) {
    const outcome = outcomes[index] ?? unsure('no-answer')
    await settle(hub, claim, channel, [atItsMoment(outcome, bundle, at)], at)
  }
  await answerTokens(hub, { ...first, ...allowed }, [heaviest(outcomes)], overAt)
  await tellBreaker(hub, first.claim, channel, outcomes, at)
}

/** Its moment is the first one from when it might leave on; what comes late waits for no other. */
async function waitsForMoment(
  hub: Hub,
  { claim, cleared }: Ready,
  bundle: Bundling,
  at: Date,
): Promise<boolean> {
  const moment = bundleMoment(bundle.atMinutes, cleared.papers.notBefore)
  if (moment <= at) return false
  await waitUntil(hub, claim, at, moment)
  return true
}

function waitUntil(hub: Hub, claim: Claim, at: Date, due: Date): Promise<void> {
  return hub.store.limits.putBack(claim, at, due.getTime() - at.getTime())
}

/** One call takes one token, whatever it carries; the milliseconds until there is one otherwise. */
async function oneToken(hub: Hub, worker: Leasing, { claim, road }: Ready) {
  const account = accountOf(claim, road.channel)
  const [recipient] = claim.recipients
  if (!account || !recipient) return {}
  const { granted, laterMs, restedMs } = await hub.store.limits.take({
    ...account,
    ...{ id: claim.token, lane: claim.lane, perCall: 'batch', holdMs: worker.leaseMs },
    addressIds: [recipient.addressId],
  })
  return granted.length > 0
    ? { tokens: { ...account, id: claim.token } }
    : Math.max(laterMs, restedMs)
}

/** An adapter answers and never throws; should it throw all the same, nobody knows what it sent. */
async function callTogether(
  channel: Channel,
  members: readonly Ready[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const batches = members.map(({ batch }) => batch)
  try {
    const outcomes = (await channel.sendBundle?.(batches, signal)) ?? []
    return members.map((_, index) => outcomes[index] ?? unsure('no-answer'))
  } catch (error) {
    return members.map(() => unsure(error instanceof Error ? error.name : 'thrown'))
  }
}

/** What a used-up window sends away comes back with the others of a moment. */
function atItsMoment(outcome: Outcome, { atMinutes }: Bundling, at: Date): Outcome {
  if (outcome.kind !== 'retry' || outcome.limited !== true) return outcome
  const from = new Date(at.getTime() + (outcome.notBeforeMs ?? 0))
  return { ...outcome, notBeforeMs: bundleMoment(atMinutes, from).getTime() - at.getTime() }
}

/** The token is given back only when nothing of the call may have left. */
function heaviest(outcomes: readonly Outcome[]): Outcome {
  const certain = (outcome: Outcome) => outcome.kind === 'retry' || outcome.kind === 'refused'
  return (
    outcomes.find((outcome) => !certain(outcome)) ??
    outcomes.find((outcome) => outcome.kind === 'retry') ??
    outcomes[0] ??
    unsure('no-answer')
  )
}

function unsure(code: string): Outcome {
  return { kind: 'unsure', code, detail: '' }
}
