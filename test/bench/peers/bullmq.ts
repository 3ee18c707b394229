/** The usual design on Redis: one BullMQ job a recipient, kept when done, so that it can be looked up. Redis
 *  writes its log each second, as it does by default with one. No signature, no sealed addresses, no counts. */
import { Pool as HttpPool } from 'undici'
import { freePorts, numberOf, openWorkshop, until } from './daemon.ts'
import { peerOrders, tell } from './orders.ts'

interface Job {
  readonly data: { readonly number: string }
}
/** as much of the package as is used here: it need not be installed */
interface BullMq {
  readonly Queue: new (
    name: string,
    options: object,
  ) => {
    addBulk(jobs: readonly object[]): Promise<unknown>
    getCompletedCount(): Promise<number>
    close(): Promise<void>
  }
  readonly Worker: new (
    name: string,
    work: (job: Job) => Promise<unknown>,
    options: object,
  ) => { waitUntilReady(): Promise<unknown>; close(force: boolean): Promise<void> }
}

const PACKAGE = 'bullmq'
const QUEUE = 'messages'
const JOBS_AN_INSERT = 1_000

const { count, calls } = peerOrders()
const { Queue, Worker } = (await import(PACKAGE)) as BullMq
const [port = 0] = await freePorts(1)
const workshop = openWorkshop()
workshop.start('redis-server', [
  ...['--port', String(port), '--bind', '127.0.0.1', '--appendonly', 'yes', '--save', ''],
  ...['--maxmemory-policy', 'noeviction'],
])
const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null }
const queue = new Queue(QUEUE, { connection })
await until('redis', async () => (await queue.getCompletedCount()) === 0)
const { origin, pathname: path } = new URL(calls.url)
const http = new HttpPool(origin, { connections: calls.connections, pipelining: 1 })
const headers = { 'content-type': 'application/json' }
const begun = performance.now()
const worker = new Worker(
  QUEUE,
  async ({ data: { number } }) => {
    const body = JSON.stringify({ numbers: [number], text: calls.text })
    const answer = await http.request({ path, method: 'POST', headers, body })
    return answer.body.json()
  },
  { connection, concurrency: calls.connections },
)
for (let from = 0; from < count; from += JOBS_AN_INSERT) {
  const size = Math.min(JOBS_AN_INSERT, count - from)
  await queue.addBulk(
    Array.from({ length: size }, (_, index) => ({
      ...{ name: 'send', data: { number: numberOf(from + index) } },
    })),
  )
}
await until('the last job', async () => (await queue.getCompletedCount()) >= count)
const seconds = (performance.now() - begun) / 1000
const peakMb = workshop.peakMb() + Math.round(process.resourceUsage().maxRSS / 1024)
await worker.close(true)
await queue.close()
await http.close()
await workshop.close()
tell(seconds, peakMb)
