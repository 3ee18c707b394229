/** Door 5, just before the call: tokens for a claimed batch. Who gets none waits without an attempt
 *  counted, and the road rests in this process until more may leave, so that nobody asks in between. */
import type { Channel, SendBatch } from '../../channels/channel.ts'
import type { Lane } from '../domain/bulletin.ts'
import { boundOutcome, type Outcome } from '../domain/outcome.ts'
import type { Claim, RoadKey } from './ports/engine.ts'
import type { LimitedAccount, TokenRequest } from './ports/limits.ts'
import type { Hub, Road } from './ports.ts'

/** A road without tokens is looked at again after so long where something may leave without one. */
const UNCOUNTED_WAIT_MS_MAX = 5_000

/** What may leave now. */
export interface Allowed {
  readonly claim: Claim
  readonly batch: SendBatch
  /** absent on a channel without limits */
  readonly tokens?: LimitedAccount & { readonly id: string }
}

/** Roads that have no tokens for a lane, until a moment of business time. */
export type Rests = Map<string, { readonly lane: Lane; readonly road: RoadKey; until: Date }>

export function restingRoads(rests: Rests, lane: Lane, at: Date): readonly RoadKey[] {
  const resting: RoadKey[] = []
  for (const [key, rest] of rests) {
    if (rest.until <= at) rests.delete(key)
    else if (rest.lane === lane) resting.push(rest.road)
  }
  return resting
}

/** Undefined when nothing of the batch may leave now, or it is not ours any more. */
export async function takeTokens(
  hub: Hub,
  worker: { readonly leaseMs: number; readonly rests: Rests },
  leaving: { readonly claim: Claim; readonly batch: SendBatch; readonly road: Road },
  at: Date,
): Promise<Allowed | undefined> {
  const { claim, batch, road } = leaving
  // Taking something down must never wait for tomorrow's send.
  if (road.channel.uncounted?.(batch)) return { claim, batch }
  const account = accountOf(claim, road.channel)
  if (!account || claim.recipients.length === 0) return { claim, batch }
  const request: TokenRequest = {
    ...account,
    ...{ id: claim.token, lane: claim.lane, perCall: road.channel.capabilities.perCall },
    ...{ addressIds: claim.recipients.map((one) => one.addressId), holdMs: worker.leaseMs },
  }
  const { granted, later, laterMs, rested, restedMs } = await hub.store.limits.take(request)
  if (later.length > 0) {
    const { agencyId, channelId, roadId } = claim
    // What takes nothing of the windows must not wait behind what does.
    const restMs = road.channel.uncounted ? Math.min(laterMs, UNCOUNTED_WAIT_MS_MAX) : laterMs
    const until = new Date(at.getTime() + restMs)
    const key = `${claim.lane}.${agencyId}.${channelId}.${roadId}`
    worker.rests.set(key, { lane: claim.lane, road: { agencyId, channelId, roadId }, until })
  }
  const parts = [
    { addressIds: later, waitMs: laterMs },
    { addressIds: rested, waitMs: restedMs },
  ].filter(({ addressIds }) => addressIds.length > 0)
  if (granted.length === 0) {
    await hub.store.limits.putBack(claim, at, Math.min(...parts.map(({ waitMs }) => waitMs)))
    return undefined
  }
  // Its lease is gone: the tokens stay taken until their time is up, and nothing is called.
  if (parts.length > 0 && !(await hub.store.limits.cutOff(claim, at, parts))) return undefined
  const may = new Set(granted)
  const goes = (_: unknown, index: number) => may.has(request.addressIds[index] ?? 0)
  return {
    claim: parts.length > 0 ? { ...claim, recipients: claim.recipients.filter(goes) } : claim,
    batch: parts.length > 0 ? { ...batch, recipients: batch.recipients.filter(goes) } : batch,
    tokens: { ...account, id: claim.token },
  }
}

/** What the call brought: what may have been sent keeps its token. `overAt` is the moment of the steady
 *  clock at which the call was over; one without an answer may still be on its way and counts from now. */
export async function answerTokens(
  hub: Hub,
  { claim, tokens }: Allowed,
  outcomes: readonly Outcome[],
  overAt: number,
): Promise<void> {
  if (!tokens) return
  const lost = outcomes.some((one) => one.kind === 'unsure')
  const unsent = new Set<number>()
  const limited = new Set<number>()
  let waitMs = 0
  for (const [index, { addressId }] of claim.recipients.entries()) {
    const outcome = boundOutcome(outcomes[index])
    if (outcome.kind !== 'retry') continue
    unsent.add(addressId)
    if (outcome.limited !== true) continue
    limited.add(addressId)
    waitMs = Math.max(waitMs, outcome.notBeforeMs ?? 0)
  }
  const addressIds = claim.recipients.map((one) => one.addressId)
  await hub.store.limits.answered({
    ...{ ...tokens, addressIds, unsent, limited, limit: { waitMs } },
    sinceMs: lost ? 0 : performance.now() - overAt,
  })
}

/** Longer than a question may take. */
const LOOK_HOLD_MS = 60_000

/** Asks a platform under the limits of its account. `put-off` when nothing may be asked now, and no try is
 *  counted; `ask` answers undefined when there was nothing to ask after all, and its token is free again. */
export async function underLimits<T>(
  hub: Hub,
  { channel, ...key }: Road & { readonly agencyId: number },
  ask: () => Promise<T | undefined>,
): Promise<T | undefined | 'put-off'> {
  const account = accountOf(key, channel)
  if (!account) return ask()
  const look = { ...account, id: hub.newToken(), holdMs: LOOK_HOLD_MS }
  if (!(await hub.store.limits.takeLook(look))) return 'put-off'
  let asked = true
  try {
    const answer = await ask()
    asked = answer !== undefined
    return answer
  } finally {
    await hub.store.limits.answerLook(look, asked)
  }
}

/** Undefined where nothing has to be asked. */
export function accountOf({ agencyId, channelId, roadId }: RoadKey, channel: Channel) {
  const { rates } = channel.capabilities
  if (!rates || (rates.limits.length === 0 && !rates.forbidden?.length)) return undefined
  const own = `road:${channelId}/${roadId}`
  return { agencyId, rates, account: rates.account ? `account:${rates.account}` : own }
}
