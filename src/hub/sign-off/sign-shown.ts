/** Signs exactly what a page showed: in one transaction the page is made again and compared, then the door of
 *  the signature is walked. It refuses whatever differs, and then nothing was signed. */
import { Refused } from '../../domain/refusal.ts'
import type { Hub } from '../ports.ts'
import { prepareMonths, type Signed, signHere } from '../sign.ts'
import { plannedOrders } from '../submit.ts'
import { markOf, planned } from './shown.ts'

export interface SignShownRequest {
  readonly agencyId: number
  readonly bulletinId: number
  readonly signerId: number
  readonly at: Date
  /** of the page */
  readonly mark: string
  /** the reach the page named, by channel */
  readonly seenReach: ReadonlyMap<string, number>
}

export async function signShown(hub: Hub, request: SignShownRequest): Promise<Signed> {
  const { agencyId, bulletinId, signerId, at } = request
  const before = await hub.store.transact(agencyId, (tx) => plannedOrders(tx, bulletinId))
  await prepareMonths(hub, before, at)
  return hub.store.transact(agencyId, async (tx) => {
    const bulletin = await tx.lockBulletin(bulletinId)
    const latest = await tx.latestRevision(bulletinId)
    if (!bulletin || !latest) throw new Refused({ code: 'not-found', field: 'bulletin' })
    const orders = (await plannedOrders(tx, bulletinId)).map((order) => {
      const seenReach = request.seenReach.get(order.channelId)
      return seenReach === undefined ? order : { ...order, seenReach }
    })
    const wanted = { agencyId, bulletinId, signerId, at, orders, seenHash: latest.hash }
    const dispatches = await planned(hub, tx, bulletin, latest, orders, at)
    if (markOf(latest.hash, dispatches) !== request.mark)
      throw new Refused({ code: 'changed-since-shown' })
    return signHere(hub, tx, wanted, 'reviewed')
  })
}
