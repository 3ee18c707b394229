/** 撤回 of what went to recipients: whom it means, and at door 5 which messages may still be taken back, each by its own name. It waits
 *  for what is on the wire at that moment, and calls nothing taken back that was not. */
import type { Channel, Recipient } from '../../channels/channel.ts'
import type { AudienceRule } from '../domain/audience.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { Recalled } from '../domain/recall.ts'
import { Refused } from '../domain/refusal.ts'
import type { Act } from '../domain/signature.ts'
import type { ToldMessage } from './ports/engine.ts'
import type { ChannelFacts } from './ports/people.ts'
import type { Hub, Road, Tx } from './ports.ts'
import type { Ready } from './ready.ts'

/** An earlier batch is under lease no longer than its lease; then it is told or `unsure`. */
const IN_FLIGHT_WAIT_MS = 5_000

/** How a channel carries out an act; undefined where it cannot. Who cannot take back is at least told so. */
export function methodOf(channel: Channel, act: Act) {
  if (act === 'amend') return channel.update
  if (act !== 'withdraw') return channel.send
  const { retract, addressing } = channel.capabilities
  const tells = addressing !== 'place' && retract === 'correction-only'
  return channel.retract ?? (tells ? channel.send : undefined)
}

/** What the preview of a withdrawal says of this channel. */
export function recallLosses(channel: Channel): readonly string[] {
  const { addressing, countsWhen, retract, retractWithinMs } = channel.capabilities
  if (addressing === 'place' || countsWhen === 'confirmed') return []
  if (!channel.retract || retract === 'correction-only' || retract === 'none')
    return ['该渠道不能撤回已发出的消息，只向原收件对象发出说明']
  if (retractWithinMs === undefined) return []
  const hours = retractWithinMs / 3_600_000
  return [`发出超过 ${hours} 小时的消息撤不回，只向原收件对象发出说明`]
}

/** The platform's time to take something back runs out at night as well. */
export function mayRecall(roads: readonly Road[]): boolean {
  return roads.some(({ channel: { capabilities } }) => {
    const { retract, countsWhen } = capabilities
    return countsWhen !== 'confirmed' && (retract === 'recall' || retract === 'delete')
  })
}

/** A withdrawal to recipients means whom the bulletin reached over this channel, and nobody else.
 *  @throws Refused `not-published` where nothing was sent */
export async function toldRule(
  tx: Tx,
  bulletinId: number,
  { id, addressing }: ChannelFacts,
  act: Act,
): Promise<AudienceRule | undefined> {
  if (act !== 'withdraw' || addressing === 'place') return undefined
  const earlier = (await tx.earlierDispatches(bulletinId)).filter((one) => one.channelId === id)
  if (earlier.length === 0) throw new Refused({ code: 'not-published', field: id })
  return { audiences: [], toldBy: earlier.map((one) => one.dispatchId) }
}

/** A withdrawal that may be called for, and what its answers cannot know. */
export interface Recalling {
  readonly ready: Ready
  /** by address: why something of it is not taken back, whatever the platform says of the rest */
  readonly left: ReadonlyMap<number, Recalled>
}

/** Undefined when something it takes back is on the wire: the batch waits. */
export async function withRecalls(
  hub: Hub,
  ready: Ready,
  at: Date,
): Promise<Recalling | undefined> {
  const { claim, batch, road } = ready
  const { addressing, retractWithinMs } = road.channel.capabilities
  if (batch.act !== 'withdraw' || addressing === 'place') return { ready, left: new Map() }
  const messages = await hub.store.engine.told(claim)
  if (messages.some((one) => one.inFlight)) {
    await hub.store.limits.putBack(claim, at, IN_FLIGHT_WAIT_MS)
    return undefined
  }
  const oldest = retractWithinMs === undefined ? undefined : at.getTime() - retractWithinMs
  const byAddress = Map.groupBy(messages, (one) => one.addressId)
  const left = new Map<number, Recalled>()
  const pairs = claim.recipients.flatMap((member, index) => {
    const recipient = batch.recipients[index]
    const mine = byAddress.get(member.addressId)
    return recipient && mine
      ? [{ member, recipient: recalling(recipient, mine, oldest, left) }]
      : []
  })
  const untold = claim.recipients.flatMap(({ addressId }) =>
    byAddress.has(addressId) ? [] : [addressId],
  )
  const recipients = pairs.map((one) => one.recipient)
  const told = { ...claim, recipients: pairs.map((one) => one.member), untold }
  return { ready: { ...ready, claim: told, batch: { ...batch, recipients } }, left }
}

function recalling(
  recipient: Recipient,
  mine: readonly ToldMessage[],
  oldest: number | undefined,
  left: Map<number, Recalled>,
): Recipient {
  if (mine.some((one) => one.recalled)) return { ...recipient, recall: [] }
  const why = mine.map((one) => whyNotRecalled(one, oldest))
  const first = why.find((one) => one !== undefined)
  const addressId = mine[0]?.addressId
  if (first !== undefined && addressId !== undefined) left.set(addressId, first)
  const recall = mine.flatMap(({ reference }, place) =>
    reference !== null && why[place] === undefined ? [reference] : [],
  )
  return recall.length > 0 ? { ...recipient, recall } : recipient
}

function whyNotRecalled(
  { reference, sentAt }: ToldMessage,
  oldest: number | undefined,
): Recalled | undefined {
  if (reference === null) return 'notice-only'
  return oldest !== undefined && sentAt !== null && sentAt.getTime() < oldest
    ? 'recall-too-late'
    : undefined
}

/** What the log says of each: a message nobody took back is never called taken back. */
export function recallOutcomes(
  { ready, left }: Recalling,
  called: Pick<Ready, 'claim'>,
  outcomes: readonly Outcome[],
): readonly Outcome[] {
  const { batch, road } = ready
  if (batch.act !== 'withdraw' || road.channel.capabilities.addressing === 'place') return outcomes
  return outcomes.map((outcome, index) => {
    const why = left.get(called.claim.recipients[index]?.addressId ?? 0)
    if (outcome.kind === 'retry' && outcome.code === 'recalled' && why !== undefined)
      return { ...outcome, code: 'recall-unsure' }
    if (outcome.kind !== 'accepted') return outcome
    const code = outcome.code ?? 'notice-only'
    const whole = code !== 'recalled' && code !== 'notice-only'
    return { ...outcome, code: whole ? code : (why ?? code) }
  })
}
