/** The floor of the fan-out bench: the same rows and the same writes in bare SQL, and one decryption a
 *  batch. Imports nothing of the product. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { Client, Pool } from 'pg'

interface FloorOrders {
  readonly url: string
  readonly count: number
  readonly batch: number
  readonly connections: number
}

const KEY = randomBytes(32)
const IV_BYTES = 12
const TAG_BYTES = 16

function seal(values: readonly string[]): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', KEY, iv)
  const text = Buffer.concat([cipher.update(JSON.stringify(values)), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), text])
}

function unseal(sealed: Buffer): readonly string[] {
  const decipher = createDecipheriv('aes-256-gcm', KEY, sealed.subarray(0, IV_BYTES))
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  const text = decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES))
  return JSON.parse(Buffer.concat([text, decipher.final()]).toString())
}

/** The tables of the product in their shape: a partitioned log with the same key, sealed blocks. */
async function prepare(client: Client, { count, batch }: FloorOrders): Promise<void> {
  await client.query(`
    drop schema if exists floor cascade;
    create schema floor;
    create table floor.address (agency_id integer, id bigint, block_id bigint not null,
      slot integer not null, primary key (agency_id, id));
    create table floor.block (id bigint primary key, cipher bytea not null);
    create table floor.delivery (agency_id integer not null, dispatch_id bigint not null,
      month date not null, address_id bigint not null, batch_id bigint, state text not null,
      code text, reference text, units smallint not null default 0,
      changed_at timestamptz not null default now(),
      primary key (agency_id, dispatch_id, month, address_id)) partition by range (month);
    create table floor.delivery_default partition of floor.delivery default;
  `)
  for (let from = 0; from < count; from += batch) {
    const values = Array.from(
      { length: batch },
      (_, slot) => `139${String(from + slot).padStart(8, '0')}`,
    )
    await client.query('insert into floor.block values ($1, $2)', [from / batch, seal(values)])
  }
  await client.query(
    'insert into floor.address select 1, n + 1, n / $2, n % $2 from generate_series(0, $1::int - 1) n',
    [count, batch],
  )
  await client.query('analyze floor.address')
}

async function measure(orders: FloorOrders): Promise<{ seconds: number; peakMb: number }> {
  const { url, count, batch, connections } = orders
  const client = new Client({ connectionString: url })
  await client.connect()
  await prepare(client, orders)
  const pool = new Pool({ connectionString: url, max: connections })
  await Promise.all(Array.from({ length: connections }, () => pool.query('select 1')))
  const begun = performance.now()
  await client.query(
    `insert into floor.delivery (agency_id, dispatch_id, month, address_id, batch_id, state)
      select 1, 1, '2026-11-01', id, (id - 1) / $1, 'waiting' from floor.address where agency_id = 1`,
    [batch],
  )
  await client.query('analyze floor.delivery_default')
  let next = 0
  const lane = async () => {
    for (let part = next++; part * batch < count; part = next++) await sendOne(pool, part, batch)
  }
  await Promise.all(Array.from({ length: connections }, lane))
  const seconds = (performance.now() - begun) / 1000
  await pool.end()
  await client.query('drop schema floor cascade')
  await client.end()
  return { seconds, peakMb: Math.round(process.resourceUsage().maxRSS / 1024) }
}

async function sendOne(pool: Pool, part: number, batch: number): Promise<void> {
  const { rows } = await pool.query<{ address_id: string; block_id: string; slot: number }>(
    `select d.address_id, a.block_id, a.slot
      from floor.delivery d join floor.address a on a.agency_id = d.agency_id and a.id = d.address_id
      where d.agency_id = 1 and d.dispatch_id = 1 and d.month = '2026-11-01'
        and d.address_id between $1 and $2`,
    [part * batch + 1, (part + 1) * batch],
  )
  const blocks = await pool.query<{ cipher: Buffer }>(
    'select cipher from floor.block where id = $1',
    [rows[0]?.block_id],
  )
  const values = blocks.rows[0] ? unseal(blocks.rows[0].cipher) : []
  if (values.length !== rows.length) throw new Error('the floor lost an address')
  await pool.query(
    `update floor.delivery d set state = t.state, reference = t.reference, units = 1,
        changed_at = clock_timestamp()
      from unnest($1::bigint[], $2::text[], $3::text[]) as t (address_id, state, reference)
      where d.agency_id = 1 and d.dispatch_id = 1 and d.month = '2026-11-01'
        and d.address_id = t.address_id`,
    [
      rows.map((row) => row.address_id),
      rows.map(() => 'accepted'),
      rows.map((row) => `1.1.${row.address_id}`),
    ],
  )
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? '{}'))))
