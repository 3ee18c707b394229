/** Walks door 6 and the way between roads once, statement by statement, for tests that listen to them. */

import { moveRoad } from '../../src/hub/fallback.ts'
import { askOutside } from '../../src/hub/receipts/poll.ts'
import { keepHeard, settleHeard } from '../../src/hub/receipts/receipt.ts'
import { sweep } from '../../src/hub/sweep.ts'
import type { NewChannel } from '../../src/store/founding.ts'
import { type Bureau, drain, MORNING, signed } from './bureau.ts'
import { tellingWire } from './telling.ts'

export const toldWire = tellingWire({ adapter: 'told', receipts: 'poll', perCall: 'batch' })
const road = (id: string) => ({ id, adapter: 'told', settings: { name: id } })
export const TOLD_CHANNEL: NewChannel = {
  ...{ id: 'told', name: 'told', line: 'told', addressing: 'recipient', addressKind: 'phone' },
  ...{ position: 30, roads: [road('first'), road('second')] },
}
const NOTIFY_TOLD = { channelId: 'told', act: 'notify', audiences: ['media'] } as const
const after = (ms: number) => new Date(MORNING.getTime() + ms)

/** Leaves the bureau with everything settled; the phones are those of `addPhones`. */
export async function walkReceipts(bureau: Bureau): Promise<void> {
  const { hub, worker } = bureau.test
  const { agencyId } = bureau
  toldWire.answers.set('first', (_, index) => {
    if (index === 0) return { kind: 'refused', scope: 'message', code: 'x', detail: '' }
    return index === 1 ? { kind: 'refused', scope: 'account', code: 'x', detail: '' } : undefined
  })
  const { bulletinId, dispatchIds } = await signed(bureau, [NOTIFY_TOLD])
  await drain(bureau)
  await moveRoad(hub, {
    ...{ agencyId, dispatchId: dispatchIds[0] ?? 0, roadId: 'second', reason: '欠费' },
    ...{ by: bureau.id('钱局长'), at: MORNING },
  })
  await drain(bureau)
  const [[reference = '', phones = []] = []] = toldWire.named
  const [, , phone = ''] = phones
  toldWire.told = [
    { kind: 'receipt', reference, address: phone, state: 'delivered' },
    { kind: 'receipt', reference: `${agencyId}.${dispatchIds[0]}.1`, state: 'failed' },
    { kind: 'reply', from: phone, text: '收到', reference },
  ]
  await askOutside(hub, after(10_000), (error) => {
    throw error
  })
  const first = { agencyId, channelId: 'told', roadId: 'first' }
  await keepHeard(hub, first, [{ kind: 'reply', from: phone, text: 'TD' }], after(20_000))
  await settleHeard(hub, first, after(20_000))
  await sweep(hub, worker, after(30_000))
  await sweep(hub, worker, after(73 * 3_600_000))
  const page = { limit: 10, beforeId: 1_000_000 }
  await hub.store.receipts.unknownReceipts(agencyId, page)
  await hub.store.receipts.unmatchedReplies(agencyId, page)
  await hub.store.receipts.repliesOf(agencyId, bulletinId, page)
}
