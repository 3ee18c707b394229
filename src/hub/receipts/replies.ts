/** Door 6, 回复: what a recipient writes back answers the newest message they were sent. 收到 confirms it;
 *  退订 takes the address off at once, whatever it answers. */
import { REPLY_DAYS_MAX } from '../../domain/receipt.ts'
import type { DueReply } from '../ports/receipts.ts'
import type { Hub, Tx } from '../ports.ts'

const DAY_MS = 86_400_000
const REPLIES_A_ROUND_MAX = 1_000
/** A reply may overtake the settling of what it answers; after these it is shown as unmatched. */
const LOOK_AGAIN_MS = [60_000, 300_000]

/** Compares what is due of an agency, one reply a transaction. */
export async function answerReplies(hub: Hub, agencyId: number, at: Date): Promise<number> {
  let answered = 0
  while (
    answered < REPLIES_A_ROUND_MAX &&
    (await hub.store.transact(agencyId, (tx) => answerOne(tx, at)))
  )
    answered++
  return answered
}

async function answerOne(tx: Tx, at: Date): Promise<boolean> {
  const reply = await tx.lockReply(at)
  if (!reply) return false
  if (reply.meaning === 'unsubscribe' && reply.looks === 0) await unsubscribeSender(tx, reply, at)
  const since = new Date(reply.occurredAt.getTime() - REPLY_DAYS_MAX * DAY_MS)
  const found = await tx.answeredBy(reply, since)
  if (found) await tx.acknowledge(found, reply.meaning, reply.occurredAt)
  const rest = LOOK_AGAIN_MS[reply.looks]
  const lookAt = found || rest === undefined ? undefined : new Date(at.getTime() + rest)
  await tx.settleReply(reply.id, found, lookAt)
  return true
}

/** Once: who is put on the list again later has not written again. */
async function unsubscribeSender(tx: Tx, reply: DueReply, at: Date): Promise<void> {
  for (const addressId of reply.addressIds) {
    if (!(await tx.unsubscribe(addressId, at))) continue
    await tx.audit({
      ...{ at, action: 'unsubscribe', subject: `address/${addressId}` },
      facts: { by: 'reply', channel: reply.channelId, reply: reply.id },
    })
  }
}
