/** 改走备用通路: what one road certainly did not send goes to the next one that was signed with it, by
 *  itself or by a person's decision. It refuses a road that was not signed, and never moves `unsure`. */
import { type FallbackReason, nextRoad } from '../domain/fallback.ts'
import { maskNumbers } from '../domain/masking.ts'
import { Refused } from '../domain/refusal.ts'
import { may, type Role } from '../domain/role.ts'
import { batchMaxOf } from './fan-out.ts'
import { actor } from './people.ts'
import type { RoadKey } from './ports/engine.ts'
import type { Carriage } from './ports/fallback.ts'
import type { Hub, Road, Tx } from './ports.ts'

const DISPATCHES_A_ROUND_MAX = 100
const REASON_CHARACTERS_MAX = 200

/** Who may send something another way than it was meant to go first. */
const MOVERS: readonly Role[] = ['leader', 'duty-officer', 'operator']

/** Looks after everything stranded on closed roads; safe to run in every process at once. */
export async function fallBackAll(hub: Hub, at: Date): Promise<number> {
  let moved = 0
  for (const one of await hub.store.fallback.stranded(at, DISPATCHES_A_ROUND_MAX))
    moved += await fallBack(hub, one, at)
  return moved
}

/** Moves what a dispatch has on one road to the next; without a next road it waits for the road to be
 *  released, and what had its last attempt there has failed. Answers how many deliveries moved. */
export async function fallBack(
  hub: Hub,
  from: RoadKey & { readonly dispatchId: number },
  at: Date,
): Promise<number> {
  let moved = 0
  for (;;) {
    const step = await hub.store.transact(from.agencyId, (tx) => fallBackHere(hub, tx, from, at))
    moved += step
    if (step === 0) return moved
  }
}

async function fallBackHere(
  hub: Hub,
  tx: Tx,
  { dispatchId, roadId }: RoadKey & { readonly dispatchId: number },
  at: Date,
): Promise<number> {
  const carriage = await tx.lockCarriage(dispatchId)
  if (!carriage || !isUnderWay(carriage, at)) return 0
  const closed = carriage.roads.some((road) => road.roadId === roadId && road.closed)
  const to = nextRoad(carriage.roads, roadId)
  const reason: FallbackReason = closed ? 'road-closed' : 'retries-exhausted'
  if (to === undefined) {
    if (!closed) await tx.failKept(dispatchId, roadId)
    return 0
  }
  const road = await openRoad(hub, tx, carriage.channelId, to)
  // Another entry's registry has it.
  if (!road) return 0
  const moved = await tx.moveWaiting({
    ...{ dispatchId, to, from: roadId, batchMax: batchMaxOf(road) },
    ...{ dueAt: dueAt(carriage, at), keptOnly: !closed },
  })
  if (moved === 0) return 0
  await tx.audit({
    ...{ at, action: 'fall-back', subject: `dispatch/${dispatchId}` },
    facts: { channel: carriage.channelId, from: roadId, to, deliveries: moved, reason },
  })
  await tx.wake(carriage.lane, dispatchId, dueAt(carriage, at))
  return moved
}

function isUnderWay({ state, notAfter }: Carriage, at: Date): boolean {
  return (state === 'expanding' || state === 'fanned-out') && notAfter > at
}

function dueAt({ notBefore }: Carriage, at: Date): Date {
  return notBefore > at ? notBefore : at
}

async function openRoad(
  hub: Hub,
  tx: Tx,
  channelId: string,
  roadId: string,
): Promise<Road | undefined> {
  const rows = await tx.roads(channelId)
  const [road] = await hub.outside.open(
    tx.agencyId,
    rows.filter((row) => row.roadId === roadId),
  )
  return road
}

export interface MoveRequest {
  readonly agencyId: number
  readonly dispatchId: number
  /** where it goes on */
  readonly roadId: string
  readonly by: number
  readonly reason: string
  readonly at: Date
}

export interface MovedRoad {
  /** deliveries that leave on the other road; 0 when everything is there already */
  readonly moved: number
}

/** 改走: a person moves what a dispatch has waiting, held or failed without ever reaching a platform. */
export async function moveRoad(hub: Hub, request: MoveRequest): Promise<MovedRoad> {
  const { agencyId } = request
  const { carriage, batchMax } = await hub.store.transact(agencyId, (tx) => admit(hub, tx, request))
  const { dispatchId, roadId: to, at } = request
  const due = dueAt(carriage, at)
  let moved = 0
  const others = carriage.roads.filter((road) => road.roadId !== to)
  const steps = [
    ...others.map(
      ({ roadId: from }) =>
        (tx: Tx) =>
          tx.moveWaiting({ dispatchId, from, to, batchMax, dueAt: due, keptOnly: false }),
    ),
    (tx: Tx) => tx.moveFailed({ dispatchId, to, batchMax, dueAt: due }),
  ]
  // One kind a transaction, so that the tallies are written in everybody's order.
  for (const step of steps)
    for (let count = -1; count !== 0; moved += count)
      count = await hub.store.transact(agencyId, (tx) => moveStep(tx, request, step))
  return { moved }
}

async function moveStep(
  tx: Tx,
  request: MoveRequest,
  step: (tx: Tx) => Promise<number>,
): Promise<number> {
  const { dispatchId, at } = request
  const carriage = await tx.lockCarriage(dispatchId)
  // Stopped meanwhile: nothing more is moved.
  if (!carriage || !isUnderWay(carriage, at)) return 0
  const moved = await step(tx)
  if (moved === 0) return 0
  await tx.audit({
    ...{ at, actorId: request.by, action: 'move-road', subject: `dispatch/${dispatchId}` },
    facts: {
      ...{ channel: carriage.channelId, to: request.roadId, deliveries: moved },
      // The audit holds no numbers of people, also where somebody writes one as a reason.
      reason: maskNumbers(request.reason.trim()),
    },
  })
  await tx.wake(carriage.lane, dispatchId, dueAt(carriage, at))
  return moved
}

async function admit(
  hub: Hub,
  tx: Tx,
  request: MoveRequest,
): Promise<{ readonly carriage: Carriage; readonly batchMax: number }> {
  const { roadId, at } = request
  const reason = request.reason.trim()
  if (reason === '') throw new Refused({ code: 'reason-missing' })
  if ([...reason].length > REASON_CHARACTERS_MAX)
    throw new Refused({ code: 'too-long', field: 'reason', limit: REASON_CHARACTERS_MAX })
  const person = await actor(tx, request.by, at)
  if (!may(person, ...MOVERS)) throw new Refused({ code: 'not-allowed' })
  const carriage = await tx.lockCarriage(request.dispatchId)
  if (!carriage) throw new Refused({ code: 'not-found', field: 'dispatch' })
  if (carriage.state === 'stopped') throw new Refused({ code: 'stopped' })
  if (carriage.notAfter <= at) throw new Refused({ code: 'window-closed' })
  const standing = carriage.roads.find((one) => one.roadId === roadId)
  if (!standing) throw new Refused({ code: 'not-found', field: 'road' })
  if (!standing.signed) throw new Refused({ code: 'road-not-signed', field: roadId })
  const road = standing.closed ? undefined : await openRoad(hub, tx, carriage.channelId, roadId)
  if (!road) throw new Refused({ code: 'road-closed', field: roadId })
  if (carriage.state === 'held') {
    // Held for any other reason it is not the road that is in the way.
    if (carriage.heldReason !== 'no-road')
      throw new Refused({ code: 'dispatch-held', detail: carriage.heldReason ?? '' })
    await tx.reopenDispatch(request.dispatchId)
  }
  return { carriage, batchMax: batchMaxOf(road) }
}
