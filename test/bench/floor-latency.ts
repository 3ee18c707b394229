/** The floor of a first call: one bare transaction of one row, then one call. Imports nothing of the
 *  product. */
import { Client } from 'pg'
import { Pool as HttpPool } from 'undici'

interface Orders {
  readonly url: string
  readonly rounds: number
  readonly call: string
}

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6

const { url, rounds, call }: Orders = JSON.parse(process.argv[2] ?? '{}')
const client = new Client({ connectionString: url })
await client.connect()
await client.query('create table if not exists floor_latency (round integer, at timestamptz)')
const { origin, pathname: path } = new URL(call)
const pool = new HttpPool(origin, { connections: 1, pipelining: 1 })
const headers = { 'content-type': 'application/json' }
const begun = performance.now()
const done: { round: number; calledMs: number; signedMs: number; settledMs: number }[] = []
for (let round = 1; round <= rounds; round++) {
  const calledMs = nowMs()
  await client.query('begin')
  await client.query('insert into floor_latency values ($1, now())', [round])
  await client.query('commit')
  const signedMs = nowMs()
  const body = JSON.stringify({ numbers: ['13900000000'], text: `〔${round}〕` })
  const answer = await pool.request({ path, method: 'POST', headers, body })
  await answer.body.text()
  done.push({ round, calledMs, signedMs, settledMs: nowMs() })
}
const seconds = (performance.now() - begun) / 1000
await pool.close()
await client.end()
const peakMb = Math.round(process.resourceUsage().maxRSS / 1024)
console.log(JSON.stringify({ rounds: done, seconds, peakMb }))
