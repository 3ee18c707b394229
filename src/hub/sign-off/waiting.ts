/** 待我办理: which texts wait for this person's opinion or signature, red and orange first, then by the
 *  hour at which they should leave. It only looks; the doors decide. */
import { chainFor, openStep, type Step } from '../../domain/chain.ts'
import { whyNotReviewable } from '../../domain/review.ts'
import type { Person } from '../../domain/role.ts'
import { whyNotSignable } from '../../domain/signature.ts'
import { countingOn } from '../chain.ts'
import type { DispatchOrder } from '../manifest.ts'
import { readOrders } from '../orders.ts'
import { actor } from '../people.ts'
import type { HandedIn, LatelySigned } from '../ports/sign-off.ts'
import type { Hub, Tx } from '../ports.ts'

const LOOKED_AT_MAX = 500
const WAITING_SHOWN_MAX = 24
const SIGNED_SHOWN_MAX = 8
const SIGNED_DAYS = 7
const DAY_MS = 86_400_000

export interface Waiting {
  readonly item: HandedIn
  /** the step that is this person's; absent where only the signature is missing */
  readonly step?: Step
  readonly places: number
  readonly people: number
  /** when it should leave first; absent: at once */
  readonly from?: Date
  /** after that it cannot leave any more */
  readonly until?: Date
}

export interface Desk {
  readonly waiting: readonly Waiting[]
  /** how many more wait than are shown */
  readonly more: number
  readonly signed: readonly LatelySigned[]
}

interface Found extends Omit<Waiting, 'places' | 'people'> {
  readonly orders: readonly DispatchOrder[]
}

export function deskOf(
  hub: Hub,
  request: { readonly agencyId: number; readonly personId: number; readonly at: Date },
): Promise<Desk> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const person = await actor(tx, request.personId, request.at)
    const rules = await tx.chainRules()
    const found: Found[] = []
    for (const item of await tx.handedIn(LOOKED_AT_MAX)) {
      const orders = item.plan === null ? [] : readOrders(item.plan)
      const channels = orders.map((one) => one.channelId)
      const step = await whatIsMine(tx, person, item, chainFor(rules, item, channels))
      if (step === undefined) continue
      const from = earliest(orders.map((one) => one.notBefore))
      const until = earliest(orders.map((one) => one.notAfter))
      found.push({
        ...{ item, orders, ...(step === 'sign' ? {} : { step }) },
        ...{ ...(from ? { from } : {}), ...(until ? { until } : {}) },
      })
    }
    found.sort(byUrgency)
    const waiting: Waiting[] = []
    for (const { orders, ...one } of found.slice(0, WAITING_SHOWN_MAX))
      waiting.push({ ...one, ...(await reachOf(tx, one.item, orders)) })
    const since = new Date(request.at.getTime() - SIGNED_DAYS * DAY_MS)
    const signed = await tx.latelySigned(since, SIGNED_SHOWN_MAX)
    return { waiting, more: found.length - waiting.length, signed }
  })
}

async function whatIsMine(
  tx: Tx,
  person: Person,
  item: HandedIn,
  chain: ReturnType<typeof chainFor>,
): Promise<Step | 'sign' | undefined> {
  const { reviews, authorIds, hash, number } = item
  const done = await countingOn(tx, chain, reviews, authorIds)
  const open = openStep(chain, done, hash)
  const latest = { number, hash }
  const situation = { authorIds, latest, seenHash: hash, stopped: false, returned: false, chain }
  const step = chain.find((one) => one.step === open)
  if (step) {
    const opinion = step.step === 'secrecy-review' ? 'public' : 'agreed'
    const referrals = item.referred ? [{ hash }] : []
    const refusal = whyNotReviewable({
      ...{ ...situation, reviewer: person, step, opinion, done, submitted: true, referrals },
    })
    return refusal ? undefined : step.step
  }
  const refusal = whyNotSignable({
    ...{ ...situation, signer: person, reviews: done, alreadySigned: false },
    ...{ onlyWithdraws: false, signedBefore: false },
  })
  return refusal ? undefined : 'sign'
}

function byUrgency(one: Found, other: Found): number {
  const weight = ({ item: { level } }: Found) => ['red', 'orange'].indexOf(level) + 3
  const grave = (found: Found) => (weight(found) === 2 ? 9 : weight(found))
  const leaves = ({ from, item }: Found) => (from ?? item.submittedAt).getTime()
  return grave(one) - grave(other) || leaves(one) - leaves(other) || one.item.id - other.item.id
}

function earliest(moments: readonly (Date | undefined)[]): Date | undefined {
  return moments
    .filter((one) => one !== undefined)
    .sort((one, other) => one.getTime() - other.getTime())[0]
}

async function reachOf(
  tx: Tx,
  { mode }: HandedIn,
  orders: readonly DispatchOrder[],
): Promise<Pick<Waiting, 'places' | 'people'>> {
  let places = 0
  let people = 0
  for (const { channelId, audiences = [] } of orders) {
    const channel = await tx.channel(channelId)
    if (channel?.addressing === 'place') places++
    else if (channel)
      people += await tx.reach(channel, await tx.resolveAudiences([...audiences].sort()), mode)
  }
  return { places, people }
}
