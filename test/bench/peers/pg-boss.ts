/** The usual design: one job a recipient in pg-boss, one row a recipient in a log of its own. Each job makes
 *  its call and writes its line; the queue marks it done. Imports nothing of the product. */
import { randomBytes } from 'node:crypto'
import { Pool } from 'pg'
import { PgBoss } from 'pg-boss'
import { Pool as HttpPool } from 'undici'

interface Orders {
  readonly url: string
  readonly count: number
  readonly calls: { readonly url: string; readonly text: string; readonly connections: number }
}

interface Job {
  readonly number: string
}

const SCHEMA = 'peer_queue'
const QUEUE = 'messages'
const JOBS_AN_INSERT = 10_000
const FETCHED_AT_ONCE = 64
const LANES = 16
const DATABASE_CONNECTIONS = 10

const { url, count, calls }: Orders = JSON.parse(process.argv[2] ?? '{}')
const { origin, pathname: path } = new URL(calls.url)
const http = new HttpPool(origin, { connections: calls.connections, pipelining: 1 })
const pool = new Pool({ connectionString: url, max: DATABASE_CONNECTIONS })
await pool.query(`drop schema if exists ${SCHEMA} cascade`)
const boss = new PgBoss({ connectionString: url, schema: SCHEMA, max: DATABASE_CONNECTIONS })
boss.on('error', (error: unknown) => console.error(error))
await boss.start()
await boss.createQueue(QUEUE, { retryLimit: 12, retryDelay: 1, retryBackoff: true })
await pool.query(`create table ${SCHEMA}.log (number text primary key, state text, reference text)`)

async function send({ number }: Job): Promise<void> {
  const body = JSON.stringify({
    ...{ numbers: [number], text: calls.text, clientId: randomBytes(16).toString('hex') },
  })
  const headers = { 'content-type': 'application/json' }
  const answer = await http.request({ path, method: 'POST', headers, body })
  const said = (await answer.body.json()) as { id: string }
  await pool.query(`insert into ${SCHEMA}.log values ($1, 'accepted', $2)`, [number, said.id])
}

async function lane(): Promise<void> {
  for (;;) {
    const jobs = await boss.fetch<Job>(QUEUE, { batchSize: FETCHED_AT_ONCE })
    if (jobs.length === 0) return
    await Promise.all(jobs.map((job) => send(job.data)))
    await boss.complete(
      QUEUE,
      jobs.map((job) => job.id),
    )
  }
}

const begun = performance.now()
for (let from = 0; from < count; from += JOBS_AN_INSERT) {
  const size = Math.min(JOBS_AN_INSERT, count - from)
  const numbers = Array.from({ length: size }, (_, index) => from + index)
  await boss.insert(
    QUEUE,
    numbers.map((n) => ({ data: { number: `139${String(n).padStart(8, '0')}` } })),
  )
}
await Promise.all(Array.from({ length: LANES }, lane))
const seconds = (performance.now() - begun) / 1000
await boss.stop({ graceful: false })
await pool.query(`drop schema ${SCHEMA} cascade`)
await pool.end()
await http.close()
console.log(JSON.stringify({ seconds, peakMb: Math.round(process.resourceUsage().maxRSS / 1024) }))
process.exit(0)
