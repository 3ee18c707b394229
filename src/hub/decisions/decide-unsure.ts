/** 可能已发出的: decided for a whole dispatch at once, after every channel that can look was asked. Whoever decides
 *  says how many they saw; when it is another number by now, nothing is decided. */
import {
  CHOICE_FACTS,
  type ChoiceOffered,
  choicesFor,
  countFor,
  type UnsureChoice,
} from '../../domain/decision.ts'
import { Refused } from '../../domain/refusal.ts'
import { newWorker } from '../attempt.ts'
import { batchMaxOf } from '../fan-out.ts'
import type { Hub, Road, Tx } from '../ports.ts'
import { reconcile } from '../sweep.ts'
import {
  admitDecider,
  checkMayLeave,
  type DecisionRequest,
  dueAt,
  keepDecision,
  openRoads,
} from './decider.ts'
import { lockOpen } from './retry-failed.ts'

/** What there is to choose, with what each choice may do to whom. */
export function unsureChoices(
  hub: Hub,
  { agencyId, dispatchId }: { readonly agencyId: number; readonly dispatchId: number },
): Promise<readonly ChoiceOffered[]> {
  return hub.store.transact(agencyId, async (tx) => {
    if (!(await tx.lockCarriage(dispatchId)))
      throw new Refused({ code: 'not-found', field: 'dispatch' })
    return choicesFor(await tx.unsureOf(dispatchId))
  })
}

export interface UnsureDecision extends DecisionRequest {
  readonly choice: UnsureChoice
  /** deliveries the person saw the choice offered for */
  readonly count: number
}

export interface DecidedUnsure {
  /** 0 at a second press, or when the platforms had told by then */
  readonly decided: number
  readonly mayGetTwice: number
}

/** @throws Refused `count-changed`, and where something is to leave again what `retryFailed` refuses */
export async function decideUnsure(hub: Hub, decision: UnsureDecision): Promise<DecidedUnsure> {
  const { agencyId, choice } = decision
  const facts = CHOICE_FACTS[choice]
  await hub.store.transact(agencyId, (tx) => admitDecider(tx, decision, facts.roles))
  await lookOutside(hub, decision)
  const plan = await hub.store.transact(agencyId, (tx) => admitUnsure(hub, tx, decision))
  if (!plan) return { decided: 0, mayGetTwice: 0 }
  let decided = 0
  for (const road of plan.roads)
    for (let step = -1; step !== 0; decided += step)
      step = await hub.store.transact(agencyId, (tx) => decideStep(tx, decision, { ...plan, road }))
  return { decided, mayGetTwice: facts.mayDouble ? decided : 0 }
}

/** Asks the platforms of this dispatch's unsure batches, and of no other's: somebody waits for the answer. */
async function lookOutside(hub: Hub, { agencyId, dispatchId, at }: DecisionRequest): Promise<void> {
  const batches = await hub.store.transact(agencyId, (tx) => tx.unsureBatchesOf(dispatchId))
  if (batches.length === 0) return
  const engine = { ...hub.store.engine, unsureBatches: async () => batches }
  // Nobody decides without the question: it takes a token where there is one, and does not wait for it.
  const limits: Hub['store']['limits'] = {
    ...hub.store.limits,
    takeLook: async (look) => {
      await hub.store.limits.takeLook(look)
      return true
    },
  }
  const only: Hub = Object.create(hub, { store: { value: { ...hub.store, engine, limits } } })
  await reconcile(only, newWorker('decide-unsure'), at)
}

interface UnsurePlan {
  readonly reason: string
  readonly before: string
  /** the channel counts what its platform took */
  readonly counts: boolean
  /** undefined: one step for all roads */
  readonly roads: readonly (Road | undefined)[]
}

async function admitUnsure(
  hub: Hub,
  tx: Tx,
  decision: UnsureDecision,
): Promise<UnsurePlan | undefined> {
  const { choice, count, dispatchId, at } = decision
  const { carriage, reason } = await admitDecider(tx, decision, CHOICE_FACTS[choice].roles)
  const found = countFor(choice, await tx.unsureOf(dispatchId))
  if (found === 0) return undefined
  if (found !== count)
    throw new Refused({ code: 'count-changed', field: 'count', detail: `现在是 ${found}` })
  const before = await tx.decisionMoment()
  const wanted = (await tx.unsureBatchesOf(dispatchId)).map((one) => one.roadId)
  const roads = await openRoads(hub, tx, carriage, wanted)
  const counts = roads.some(({ channel }) => channel.capabilities.countsWhen === 'accepted')
  if (choice !== 'not-sent-resend') return { reason, before, counts, roads: [undefined] }
  checkMayLeave(carriage, at)
  if (roads.length < new Set(wanted).size)
    throw new Refused({ code: 'road-closed', field: [...new Set(wanted)].join('、') })
  return { reason, before, counts, roads }
}

async function decideStep(
  tx: Tx,
  decision: UnsureDecision,
  plan: Omit<UnsurePlan, 'roads'> & { readonly road: Road | undefined },
): Promise<number> {
  const { choice } = decision
  const { road, before, reason, counts } = plan
  const deliveries =
    choice === 'not-sent-resend'
      ? await resendStep(tx, decision, road, before)
      : await restStep(tx, decision, before, counts)
  if (deliveries > 0)
    await keepDecision(tx, decision, {
      ...{ kind: CHOICE_FACTS[choice].kind, deliveries, reason },
      ...(road === undefined ? {} : { roadId: road.roadId }),
    })
  return deliveries
}

async function resendStep(
  tx: Tx,
  decision: UnsureDecision,
  road: Road | undefined,
  before: string,
): Promise<number> {
  const { dispatchId, at } = decision
  const carriage = await lockOpen(tx, decision)
  if (!carriage || !road) return 0
  const due = dueAt(carriage, at)
  const deliveries = await tx.resendUnsure({
    ...{ dispatchId, before, roadId: road.roadId, batchMax: batchMaxOf(road), dueAt: due },
  })
  if (deliveries > 0) await tx.wake(carriage.lane, dispatchId, due)
  return deliveries
}

/** Locked, so that two presses come one after the other. */
async function restStep(
  tx: Tx,
  decision: UnsureDecision,
  before: string,
  counts: boolean,
): Promise<number> {
  const { dispatchId, choice, at } = decision
  await tx.lockCarriage(dispatchId)
  if (choice === 'leave') return tx.markLeft({ dispatchId, before })
  const { deliveries, sentAt } = await tx.markSent({ dispatchId, before })
  if (deliveries > 0 && counts) await tx.countSuccess(dispatchId, sentAt ?? at)
  return deliveries
}
