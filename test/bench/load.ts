/** Asks one address so many times over so many connections; every answer must have the status that is
 *  expected. Prints the seconds it took. */
import { Pool } from 'undici'

export interface LoadOrders {
  readonly url: string
  readonly count: number
  readonly connections: number
  readonly status: number
  readonly ifNoneMatch?: string
}

const { url, count, connections, status, ifNoneMatch }: LoadOrders = JSON.parse(
  process.argv[2] ?? '{}',
)
const { origin, pathname: path } = new URL(url)
const pool = new Pool(origin, { connections, pipelining: 1 })
const headers: Record<string, string> =
  ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch }
let next = 0
let bytes = 0
async function lane(): Promise<void> {
  while (next++ < count) {
    const answer = await pool.request({ path, method: 'GET', headers })
    bytes += (await answer.body.arrayBuffer()).byteLength
    if (answer.statusCode !== status) throw new Error(`answered ${answer.statusCode}`)
  }
}
const begun = performance.now()
await Promise.all(Array.from({ length: connections }, lane))
const seconds = (performance.now() - begun) / 1000
await pool.close()
const peakMb = Math.round(process.resourceUsage().maxRSS / 1024)
console.log(JSON.stringify({ seconds, peakMb, bytes }))
