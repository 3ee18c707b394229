/** 定时拟稿: an occurrence becomes a draft by its schedule's author, with the channels it is meant for and
 *  its time as the start of their window. It signs nothing and sends nothing. */
import { Refused } from '../../domain/refusal.ts'
import { contentOf, type StandingBroadcast } from '../../domain/schedule/standing.ts'
import { dayOf } from '../../domain/year.ts'
import { composeHere } from '../compose.ts'
import type { DispatchOrder } from '../manifest.ts'
import { ordersText } from '../orders.ts'
import type { Tx } from '../ports.ts'

export interface OccurrenceDraft {
  readonly broadcast: StandingBroadcast
  readonly authorId: number
  readonly dueAt: Date
  readonly at: Date
}

/** Answers the bulletin's id.
 *  @throws Refused when the author is not in office or no drafter, or a channel or category is gone. */
export async function draftHere(tx: Tx, draft: OccurrenceDraft): Promise<number> {
  const { broadcast, at, dueAt, authorId } = draft
  const { categoryId, level } = broadcast
  const day = dayOf(dueAt)
  const content = contentOf(broadcast, { day, agency: (await tx.agency(day)).name })
  const orders = await proposedOrders(tx, draft)
  const text = { authorId, at, categoryId, mode: 'earnest', level, content } as const
  const { bulletinId } = await composeHere(tx, text, { schedule: broadcast.id })
  await tx.addPlan({ bulletinId, orders: ordersText(orders), by: authorId, at })
  return bulletinId
}

/** The same channels at another time: what the leader is shown after a move. */
export async function replanHere(
  tx: Tx,
  bulletinId: number,
  draft: OccurrenceDraft,
  by: number,
): Promise<void> {
  const orders = ordersText(await proposedOrders(tx, draft))
  await tx.addPlan({ bulletinId, orders, by, at: draft.at })
}

async function proposedOrders(
  tx: Tx,
  { broadcast, dueAt, at }: OccurrenceDraft,
): Promise<readonly DispatchOrder[]> {
  const orders: DispatchOrder[] = []
  for (const channelId of broadcast.channels) {
    const channel = await tx.channel(channelId)
    if (!channel) continue
    const place = channel.addressing === 'place'
    orders.push({
      channelId,
      act: place ? 'publish' : 'notify',
      ...(place ? {} : { audiences: broadcast.audiences }),
      ...(dueAt > at ? { notBefore: dueAt } : {}),
    })
  }
  // A channel that was retired is left out; when none is left a person has to look.
  if (orders.length === 0)
    throw new Refused({
      code: 'not-found',
      field: 'channel',
      detail: broadcast.channels.join('、'),
    })
  return orders
}
