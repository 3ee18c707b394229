/** The floor of the receipts' bench: as many connections, and for each call one insert of its receipts and one
 *  update of their deliveries, known beforehand, in one transaction. It knows no code of the hub. */
import { createHash } from 'node:crypto'
import { Client } from 'pg'

interface Orders {
  readonly url: string
  readonly count: number
  readonly aCall: number
  readonly callers: number
}

const { url, count, aCall, callers }: Orders = JSON.parse(process.argv[2] ?? '{}')
const setUp = new Client({ connectionString: url })
await setUp.connect()
await setUp.query(`
  drop table if exists floor_receipt, floor_delivery;
  create table floor_receipt (id bigint generated always as identity primary key,
    reference text not null, state text not null, occurred_at timestamptz not null,
    heard_key bytea not null unique, address_id bigint not null);
  create table floor_delivery (dispatch_id bigint, address_id bigint, state text not null,
    reference text, changed_at timestamptz, primary key (dispatch_id, address_id))
    with (fillfactor = 40)`)
await setUp.query(
  `insert into floor_delivery select 1, n, 'accepted', 'message-' || n, now()
   from generate_series(1, $1::int) n`,
  [count],
)
await setUp.query('analyze floor_delivery')

const calls = Array.from({ length: Math.ceil(count / aCall) }, (_, call) =>
  Array.from({ length: Math.min(aCall, count - call * aCall) }, (_, one) => call * aCall + one + 1),
)
const begun = performance.now()
await Promise.all(
  Array.from({ length: callers }, async () => {
    const client = new Client({ connectionString: url })
    await client.connect()
    for (let ids = calls.pop(); ids !== undefined; ids = calls.pop()) {
      const keys = ids.map((id) => createHash('sha256').update(`message-${id}`).digest())
      await client.query('begin')
      await client.query(
        `insert into floor_receipt (reference, state, occurred_at, heard_key, address_id)
         select 'message-' || t.id, 'delivered', now(), t.key, t.id
         from unnest($1::bigint[], $2::bytea[]) as t (id, key) on conflict do nothing`,
        [ids, keys],
      )
      await client.query(
        `update floor_delivery d set state = 'delivered', changed_at = now()
         from unnest($1::bigint[]) as t (id)
         where d.dispatch_id = 1 and d.address_id = t.id and d.state = 'accepted'`,
        [ids],
      )
      await client.query('commit')
    }
    await client.end()
  }),
)
const seconds = (performance.now() - begun) / 1000
await setUp.query('drop table floor_receipt, floor_delivery')
await setUp.end()
const peakMb = Math.round(process.resourceUsage().maxRSS / 1024)
console.log(JSON.stringify({ seconds, peakMb }))
