/** The floor of the mail bench: nodemailer's own pool and nothing else. Imports nothing of the product,
 *  so that it cannot become slower or faster with it. */
import { createTransport } from 'nodemailer'

interface FloorOrders {
  readonly port: number
  readonly count: number
  readonly connections: number
  readonly messagesPerConnection: number
  readonly from: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** Messages under way for each connection, so that none waits for the next message to be built. */
const LANES_PER_CONNECTION = 2

async function measure(orders: FloorOrders): Promise<{ seconds: number; peakMb: number }> {
  const { port, count, connections, messagesPerConnection, from, subject, text, html } = orders
  const transport = createTransport({
    ...{ pool: true, host: '127.0.0.1', port, secure: false, ignoreTLS: true },
    ...{ maxConnections: connections, maxMessages: messagesPerConnection },
  })
  const run = `${process.pid}.${Date.now()}`
  let next = 0
  const lane = async () => {
    for (let index = next++; index < count; index = next++) {
      const number = String(index).padStart(8, '0')
      await transport.sendMail({
        ...{ from, to: `unit${number}@practice.example`, subject, text, html },
        messageId: `<floor.${run}.${number}@practice.example>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      })
    }
  }
  const begun = performance.now()
  await Promise.all(Array.from({ length: connections * LANES_PER_CONNECTION }, lane))
  const seconds = (performance.now() - begun) / 1000
  transport.close()
  return { seconds, peakMb: Math.round(process.resourceUsage().maxRSS / 1024) }
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? '{}'))))
