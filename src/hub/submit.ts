/** 送审: the drafter hands a checked text in, with the channels it is meant for. It refuses what the checks
 *  have not passed, what is not the newest text, and a second time for the same text. */
import { addWorkingDays } from '../domain/calendar/working-days.ts'
import { openStep, STEP_NAMES } from '../domain/chain.ts'
import { Refused } from '../domain/refusal.ts'
import { may } from '../domain/role.ts'
import { dayOf } from '../domain/year.ts'
import { chainOf } from './chain.ts'
import { whyFindingsOpen } from './checks/check.ts'
import { type DispatchOrder, windowOf } from './manifest.ts'
import { ordersText, readOrders } from './orders.ts'
import { actor } from './people.ts'
import type { BulletinFacts } from './ports/papers.ts'
import type { Hub, Tx } from './ports.ts'
import { isReturned } from './review.ts'

/** 本机关审查的期限, in working days. */
const REVIEW_WORKING_DAYS = 5

export interface PlanRequest {
  readonly agencyId: number
  readonly bulletinId: number
  readonly by: number
  readonly at: Date
  readonly orders: readonly DispatchOrder[]
}

/** Notes the channels, audiences and hours the drafter means; the leader's signature decides. */
export function plan(hub: Hub, { agencyId, bulletinId, by, at, orders }: PlanRequest) {
  return hub.store.transact(agencyId, async (tx) => {
    const person = await actor(tx, by, at)
    if (!may(person, 'drafter')) throw new Refused({ code: 'not-allowed' })
    const bulletin = await tx.lockBulletin(bulletinId)
    if (!bulletin) throw new Refused({ code: 'not-found', field: 'bulletin' })
    await keepPlan(tx, bulletin, { by, at, orders })
  })
}

/** @throws Refused for a channel that is not there, or named twice, and for hours nobody could sign. */
async function keepPlan(
  tx: Tx,
  { id: bulletinId, level }: BulletinFacts,
  { by, at, orders }: Pick<PlanRequest, 'by' | 'at' | 'orders'>,
): Promise<void> {
  const named = new Set<string>()
  for (const order of orders) {
    const { channelId } = order
    windowOf(order, level === 'routine', at)
    if (named.has(channelId))
      throw new Refused({ code: 'value-not-allowed', field: 'channels', detail: channelId })
    named.add(channelId)
    if (!(await tx.channel(channelId)))
      throw new Refused({ code: 'not-found', field: 'channel', detail: channelId })
  }
  await tx.addPlan({ bulletinId, by, at, orders: ordersText(orders) })
}

/** What the newest plan says; empty before anybody made one. */
export async function plannedOrders(tx: Tx, bulletinId: number): Promise<readonly DispatchOrder[]> {
  const text = await tx.latestPlan(bulletinId)
  return text === undefined ? [] : readOrders(text)
}

export interface SubmitRequest {
  readonly agencyId: number
  readonly bulletinId: number
  readonly submittedBy: number
  readonly at: Date
  readonly seenHash: string
  /** replaces the plan there is */
  readonly orders?: readonly DispatchOrder[]
}

export interface Submitted {
  readonly revision: number
  readonly hash: string
  /** 中文 name of the step that is next */
  readonly nextStep: string
  /** YYYY-MM-DD */
  readonly dueOn: string
}

export function submit(hub: Hub, request: SubmitRequest): Promise<Submitted> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const { bulletinId, at, submittedBy, seenHash } = request
    const person = await actor(tx, submittedBy, at)
    if (!may(person, 'drafter')) throw new Refused({ code: 'not-allowed' })
    const bulletin = await tx.lockBulletin(bulletinId)
    const latest = await tx.latestRevision(bulletinId)
    if (!bulletin || !latest) throw new Refused({ code: 'not-found', field: 'bulletin' })
    if (bulletin.stopped) throw new Refused({ code: 'stopped' })
    if (latest.hash !== seenHash) throw new Refused({ code: 'not-latest-revision' })
    if (await isReturned(tx, bulletinId, latest.number)) throw new Refused({ code: 'returned' })
    const refusal = await whyFindingsOpen(tx, bulletinId, latest.hash)
    if (refusal) throw new Refused(refusal)
    if (request.orders) await keepPlan(tx, bulletin, { by: person.id, at, orders: request.orders })
    const channels = (await plannedOrders(tx, bulletinId)).map((one) => one.channelId)
    const chain = await chainOf(tx, bulletin, channels)
    const done = await tx.reviews(bulletinId)
    const next = openStep(chain, done, latest.hash)
    const place = { revision: latest.number, hash: latest.hash }
    const nextStep = next ? STEP_NAMES[next] : '领导签发'
    const known = (await tx.submissions(bulletinId)).find((one) => one.hash === latest.hash)
    // Handing in the same text again changes nothing but the channels.
    if (known) return { ...place, nextStep, dueOn: known.dueOn }
    const dueOn = addWorkingDays(hub.calendar, dayOf(at), REVIEW_WORKING_DAYS).day
    await tx.addSubmission({ ...place, bulletinId, submittedBy: person.id, at, dueOn })
    await tx.audit({
      ...{ at, actorId: person.id, action: 'submit', subject: `bulletin/${bulletinId}` },
      facts: { ...place, channels },
    })
    return { ...place, nextStep, dueOn }
  })
}
