/** The floor of the year's totals: one sum over the tallies and one count of publications, in two bare
 *  statements. Imports nothing of the product. */
import { Client } from 'pg'

interface Orders {
  readonly url: string
  readonly year: number
  readonly times: number
}

const { url, year, times }: Orders = JSON.parse(process.argv[2] ?? '{}')
const client = new Client({ connectionString: url })
await client.connect()
const ask = async () => {
  await client.query(
    `select state, sum(deliveries) from tally
     where agency_id = 1 and day >= make_date($1, 1, 1) and day < make_date($1 + 1, 1, 1)
     group by state`,
    [year],
  )
  await client.query(
    `select channel_id, category_id, count(*) from publication
     where agency_id = 1 and occurred_at >= make_date($1, 1, 1)
       and occurred_at < make_date($1 + 1, 1, 1) group by 1, 2`,
    [year],
  )
}
await ask()
const ms: number[] = []
for (let time = 0; time < times; time++) {
  const begun = performance.now()
  await ask()
  ms.push(performance.now() - begun)
}
await client.end()
console.log(JSON.stringify({ ms, peakMb: Math.round(process.resourceUsage().maxRSS / 1024) }))
