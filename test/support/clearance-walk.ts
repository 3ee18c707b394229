/** One walk through every clearance, so that each statement of theirs is seen once. */
import {
  afterReview,
  openAfterReviews,
  preparedWithdrawals,
  signWithdrawal,
} from '../../src/hub/clearance/after-review.ts'
import { signPreparedText } from '../../src/hub/clearance/prepared-text.ts'
import {
  fireStandingOrder,
  revokeStandingOrder,
  standingOrders,
} from '../../src/hub/clearance/standing-order.ts'
import { type Bureau, drain, MORNING } from './bureau.ts'
import { fillBy, granted, HEAT_VALUES, knownSource, prepared, received } from './clearances.ts'

/** A prepared text with its review and withdrawal, an order fired and revoked, a message received. */
export async function walkClearances(bureau: Bureau): Promise<void> {
  const { hub, sink } = bureau.test
  sink.answer = undefined
  const { agencyId } = bureau
  const base = { agencyId, at: MORNING }
  const { bulletinId, hash: seenHash } = await fillBy(bureau, '吴值班', await prepared(bureau))
  const signerId = bureau.id('钱局长')
  await signPreparedText(hub, { ...base, bulletinId, signerId, seenHash })
  await drain(bureau)
  await hub.store.transact(agencyId, (tx) => openAfterReviews(tx, MORNING))
  await afterReview(hub, {
    ...{ ...base, bulletinId, seenHash, reviewerId: bureau.id('陆保密') },
    ...{ opinion: 'withheld', note: '不公开' },
  })
  await hub.store.transact(agencyId, preparedWithdrawals)
  await signWithdrawal(hub, { ...base, bulletinId, signerId, seenHash })
  const { standingOrderId } = await granted(bureau)
  await fireStandingOrder(hub, {
    ...{ ...base, standingOrderId, values: HEAT_VALUES, firedBy: bureau.id('吴值班') },
    occurrenceId: 1,
  })
  await hub.store.transact(agencyId, standingOrders)
  await revokeStandingOrder(hub, { ...base, standingOrderId, by: signerId, reason: '误' })
  const { messageId } = await received(bureau, await knownSource(bureau, '气象台'))
  await hub.store.transact(agencyId, async (tx) => [
    await tx.sources(),
    await tx.message(messageId),
  ])
  await drain(bureau)
}
