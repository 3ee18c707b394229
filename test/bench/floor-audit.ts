/** The floor of the audit's bench: the same texts, read in chunks of the same size and hashed twice, with
 *  nothing compared. It knows the table and no code of the hub. */
import { hash } from 'node:crypto'
import { Client } from 'pg'

const CHUNK = 20_000
const { url, count }: { url: string; count: number } = JSON.parse(process.argv[2] ?? '{}')
const client = new Client({ connectionString: url })
await client.connect()
const begun = performance.now()
let sha256 = ''
let sm3 = ''
let rows = 0
for (let after = 0; rows < count; after += CHUNK) {
  const { rows: found } = await client.query<{ texts: string }>(
    `select string_agg(audit_text(a), E'\\x1e' order by id) as texts from audit a
     where id > $1 and id <= $2`,
    [after, after + CHUNK],
  )
  for (const text of (found[0]?.texts ?? '').split('\u001e')) {
    sha256 = hash('sha256', sha256 + text)
    sm3 = hash('sm3', sm3 + text)
    rows++
  }
}
const seconds = (performance.now() - begun) / 1000
await client.end()
const peakMb = Math.round(process.resourceUsage().maxRSS / 1024)
console.log(JSON.stringify({ seconds, peakMb }))
