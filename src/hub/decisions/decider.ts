/** What every decision about deliveries asks first: who decides, why, and about which dispatch. It refuses
 *  whoever does not hold the role, and a missing reason. */
import { maskNumbers } from '../../domain/masking.ts'
import { Refused } from '../../domain/refusal.ts'
import { may, type Role } from '../../domain/role.ts'
import { actor } from '../people.ts'
import type { Carriage } from '../ports/fallback.ts'
import type { Hub, Road, Tx } from '../ports.ts'

const REASON_CHARACTERS_MAX = 200

export interface DecisionRequest {
  readonly agencyId: number
  readonly dispatchId: number
  readonly by: number
  readonly reason: string
  readonly at: Date
}

/** The dispatch, locked until the transaction ends, and the reason as it may be kept.
 *  @throws Refused `not-allowed`, `reason-missing`, `too-long`, `not-found` */
export async function admitDecider(
  tx: Tx,
  request: DecisionRequest,
  roles: readonly Role[],
): Promise<{ readonly carriage: Carriage; readonly reason: string }> {
  // Neither the audit nor a decision holds a number of anybody, whoever writes one into a reason.
  const reason = maskNumbers(request.reason.trim())
  if (reason === '') throw new Refused({ code: 'reason-missing' })
  if ([...reason].length > REASON_CHARACTERS_MAX)
    throw new Refused({ code: 'too-long', field: 'reason', limit: REASON_CHARACTERS_MAX })
  const person = await actor(tx, request.by, request.at)
  if (!may(person, ...roles)) throw new Refused({ code: 'not-allowed' })
  const carriage = await tx.lockCarriage(request.dispatchId)
  if (!carriage) throw new Refused({ code: 'not-found', field: 'dispatch' })
  return { carriage, reason }
}

/** What leaves again leaves under the signature there is.
 *  @throws Refused `stopped`, `dispatch-held`, `window-closed` */
export function checkMayLeave({ state, heldReason, notAfter }: Carriage, at: Date): void {
  if (state === 'stopped') throw new Refused({ code: 'stopped' })
  if (notAfter <= at)
    throw new Refused({
      code: 'window-closed',
      detail: '请领导签发重发（resend），只发给失败的对象',
    })
  if (state === 'held') throw new Refused({ code: 'dispatch-held', detail: heldReason ?? '' })
}

/** Signed with the dispatch, neither stopped nor switched off, and there in this process. */
export async function openRoads(
  hub: Hub,
  tx: Tx,
  carriage: Carriage,
  wanted: readonly string[],
): Promise<readonly Road[]> {
  const able = carriage.roads.filter(
    ({ roadId, signed, closed }) => signed && !closed && wanted.includes(roadId),
  )
  const rows = await tx.roads(carriage.channelId)
  return hub.outside.open(
    tx.agencyId,
    rows.filter((row) => able.some(({ roadId }) => roadId === row.roadId)),
  )
}

export function dueAt({ notBefore }: Carriage, at: Date): Date {
  return notBefore > at ? notBefore : at
}

/** Kept where the deliveries are changed, in the same commit. */
export async function keepDecision(
  tx: Tx,
  request: DecisionRequest,
  decision: {
    readonly kind: Parameters<Tx['addDecision']>[0]['kind']
    readonly roadId?: string
    readonly deliveries: number
    readonly reason: string
  },
): Promise<void> {
  const { dispatchId, by, at } = request
  const { kind, deliveries, reason, roadId } = decision
  await tx.addDecision({ ...decision, dispatchId, by, at })
  await tx.audit({
    ...{ at, actorId: by, action: kind, subject: `dispatch/${dispatchId}` },
    facts: { deliveries, reason, ...(roadId === undefined ? {} : { road: roadId }) },
  })
}
