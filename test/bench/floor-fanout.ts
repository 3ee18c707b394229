/** The floor of the fan-outs: the same rows and the same writes in bare SQL, one decryption a batch, and
 *  the same calls to the sink. Imports nothing of the product. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { Client, Pool } from 'pg'
import { Pool as HttpPool } from 'undici'

interface FloorOrders {
  readonly url: string
  readonly count: number
  /** recipients read, called and written together */
  readonly batch: number
  /** to the database */
  readonly connections: number
  /** batches under way at once */
  readonly lanes: number
  /** absent: no call is made */
  readonly calls?: {
    readonly url: string
    readonly text: string
    readonly perCall: number
    readonly connections: number
  }
  /** false: the calls alone */
  readonly writes?: boolean
}

/** Sends one batch's recipients in as many calls as the gateway needs. */
type Caller = (numbers: readonly string[]) => Promise<void>

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
    create table floor.delivery_default partition of floor.delivery default with (fillfactor = 40);
  `)
  for (let from = 0; from < count; from += batch) {
    const values = numbersFrom(from, Math.min(batch, count - from))
    await client.query('insert into floor.block values ($1, $2)', [from / batch, seal(values)])
  }
  await client.query(
    'insert into floor.address select 1, n + 1, n / $2, n % $2 from generate_series(0, $1::int - 1) n',
    [count, batch],
  )
  await client.query('analyze floor.address')
}

function numbersFrom(from: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, slot) => `139${String(from + slot).padStart(8, '0')}`)
}

function openCaller({ calls }: FloorOrders): { readonly call: Caller; close(): Promise<void> } {
  if (!calls) return { call: async () => {}, close: async () => {} }
  const { url, text, perCall, connections } = calls
  const { origin, pathname: path } = new URL(url)
  const pool = new HttpPool(origin, { connections, pipelining: 1 })
  const headers = { 'content-type': 'application/json' }
  const callOne = async (numbers: readonly string[]): Promise<void> => {
    const body = JSON.stringify({ numbers, text, clientId: randomBytes(16).toString('hex') })
    const answer = await pool.request({ path, method: 'POST', headers, body })
    const said = (await answer.body.json()) as { code: string }
    if (answer.statusCode !== 200 || said.code !== '0') throw new Error('the floor was refused')
  }
  const call: Caller = async (numbers) => {
    const parts: Promise<void>[] = []
    for (let from = 0; from < numbers.length; from += perCall)
      parts.push(callOne(numbers.slice(from, from + perCall)))
    await Promise.all(parts)
  }
  return { call, close: () => pool.close() }
}

/** So many lanes take one part after the other. */
async function inLanes(
  { count, batch, lanes }: FloorOrders,
  one: (part: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const lane = async () => {
    for (let part = next++; part * batch < count; part = next++) await one(part)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

async function measure(orders: FloorOrders): Promise<{ seconds: number; peakMb: number }> {
  const { count, batch, writes = true } = orders
  const { call, close } = openCaller(orders)
  const callOnly = (part: number) =>
    call(numbersFrom(part * batch, Math.min(batch, count - part * batch)))
  const begun = performance.now()
  if (!writes) await inLanes(orders, callOnly)
  const bareSeconds = (performance.now() - begun) / 1000
  const seconds = writes ? await measureWrites(orders, call) : bareSeconds
  await close()
  return { seconds, peakMb: Math.round(process.resourceUsage().maxRSS / 1024) }
}

async function measureWrites(orders: FloorOrders, call: Caller): Promise<number> {
  const { url, batch, connections } = orders
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
  await inLanes(orders, (part) => sendOne(pool, call, part, batch))
  const seconds = (performance.now() - begun) / 1000
  await pool.end()
  await client.query('drop schema floor cascade')
  await client.end()
  return seconds
}

async function sendOne(pool: Pool, call: Caller, part: number, batch: number): Promise<void> {
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
  await call(values)
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
