/** The public pages as the server serves them: publishes one item through the doors, tells where it stands,
 *  and on the next message how much memory the process took. */
import { Hono } from 'hono'
import { blobFolder } from '../../src/app.ts'
import { listen } from '../../src/node.ts'
import { createPortal } from '../../src/portal/portal.ts'
import { folderBlobs } from '../../src/store/blobs.ts'
import { reviewed, signNow } from '../support/installation.ts'
import { openMeasured, peakMb, untilSettled } from './opened.ts'
import type { Place } from './stage.ts'

export interface PortalOrders extends Place {
  readonly channelId: string
  readonly text: string
}

async function serve(orders: PortalOrders): Promise<string> {
  const { app, installation } = await openMeasured(orders)
  const { agencyId } = installation
  const now = () => new Date()
  const draft = { title: '安全生产风险提示', level: 'routine', text: orders.text } as const
  const paper = await reviewed(installation, draft, now())
  const order = { channelId: orders.channelId, act: 'publish' } as const
  const { dispatchIds } = await signNow(installation, paper, [order], now())
  await untilSettled(app, dispatchIds, performance.now())
  const routes = new Hono()
  const portal = createPortal({
    ...{ store: app.pages, agencyId, now, practice: true, publicUrl: () => 'http://hub.test' },
    blobs: folderBlobs(app.connection.db, blobFolder(orders.folder), agencyId),
  })
  routes.route('/', portal)
  const { url } = await listen(routes, { host: '127.0.0.1', port: 0 })
  return `${url}/item/${paper.bulletinId}`
}

process.once('disconnect', () => process.exit(0))
process.once('message', async (orders: PortalOrders) => {
  const url = await serve(orders)
  process.on('message', () => process.send?.({ peakMb: peakMb() }))
  process.send?.({ url })
})
