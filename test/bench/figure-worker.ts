/** One of several processes that send from one database: it works until it is told to end, and says then
 *  how much memory it took. */
import { openMeasured, peakMb } from './opened.ts'
import type { Place } from './stage.ts'

// Whoever gave the orders is gone: nobody would count what this process still sends.
process.once('disconnect', () => process.exit(0))
process.once('message', async (orders: Place) => {
  const opened = await openMeasured(orders)
  process.once('message', async () => {
    await opened.stop()
    process.send?.({ peakMb: peakMb() }, () => process.exit(0))
  })
  process.send?.('ready')
})
