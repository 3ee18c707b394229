/** Makes the log large without sending: copies of one dispatch that really went out, with its batches,
 *  attempts, deliveries and tallies, written by the owner with the triggers off. */
import { Client } from 'pg'

export interface Filling {
  readonly ownerUrl: string
  readonly agencyId: number
  /** the dispatch that is copied; its deliveries too */
  readonly dispatchId: number
  readonly copies: number
  /** first day of each month the copies are spread over, in turn */
  readonly months: readonly string[]
  /** apart from other fillings of the same database */
  readonly firstId: number
}

export async function fillLog(filling: Filling): Promise<void> {
  const { ownerUrl, agencyId, dispatchId, copies, months, firstId } = filling
  const client = new Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    await client.query(`set session_replication_role = 'replica'`)
    for (const month of months)
      await client.query('select ensure_delivery_month($1::date)', [month])
    for (let copy = 0; copy < copies; copy++) {
      const month = months[copy % months.length]
      await copyDispatch(client, { agencyId, dispatchId, month, newId: firstId + copy })
    }
    await client.query('analyze')
  } finally {
    await client.end()
  }
}

interface Copy {
  readonly agencyId: number
  readonly dispatchId: number
  readonly newId: number
  readonly month: string | undefined
}

/** Ids of batches and attempts of a copy: the original's, moved out of everybody's way. */
const ID_STEP = 1_000_000

async function copyDispatch(client: Client, copy: Copy): Promise<void> {
  const { agencyId, dispatchId, newId, month } = copy
  const shift = newId * ID_STEP
  const copyRows = (table: string, where: string, changed: string) =>
    client.query(
      `insert into ${table} overriding system value
       select (jsonb_populate_record(t, jsonb_build_object(${changed}))).* from ${table} t
       where ${where}`,
    )
  const own = `t.agency_id = ${agencyId} and t.dispatch_id = ${dispatchId}`
  const named = `'dispatch_id', ${newId}`
  // Each its own bulletin, as a year has them: why it was not received is asked of one.
  await copyRows(
    'bulletin',
    `(t.agency_id, t.id) in (select agency_id, bulletin_id from dispatch
       where agency_id = ${agencyId} and id = ${dispatchId})`,
    `'id', ${newId}`,
  )
  await copyRows(
    'dispatch',
    `t.agency_id = ${agencyId} and t.id = ${dispatchId}`,
    `'id', ${newId}, 'bulletin_id', ${newId}, 'month', '${month}', 'day', '${month}', 'manifest_line', ${newId}`,
  )
  await copyRows('batch', own, `'id', t.id + ${shift}, ${named}, 'month', '${month}'`)
  await copyRows(
    'attempt',
    own,
    `'id', t.id + ${shift}, 'batch_id', t.batch_id + ${shift}, ${named}`,
  )
  await client.query(
    `insert into delivery (agency_id, dispatch_id, month, address_id, batch_id, state, code,
       reference, units, changed_at)
     select agency_id, $2::bigint, $3::date, address_id, batch_id + $4::bigint, state, code,
       reference, units, changed_at
     from delivery where agency_id = $5::int and dispatch_id = $1::bigint`,
    [dispatchId, newId, month, shift, agencyId],
  )
  await client.query(
    `insert into tally (agency_id, day, channel_id, category_id, mode, state, slot, deliveries, units)
     select d.agency_id, d.day, d.channel_id, d.category_id, d.mode, l.state, d.id % 16, count(*),
       sum(l.units)
     from dispatch d join delivery l on l.agency_id = d.agency_id and l.dispatch_id = d.id
       and l.month = d.month
     where d.agency_id = $2 and d.id = $1 group by 1, 2, 3, 4, 5, 6, 7
     on conflict (agency_id, day, channel_id, category_id, mode, state, slot) do update
       set deliveries = tally.deliveries + excluded.deliveries, units = tally.units + excluded.units`,
    [newId, agencyId],
  )
}

/** Publications of a year: copies of the one there is, one a bulletin of its own, spread over its days. */
export async function fillPublications(ownerUrl: string, copies: number, year: number) {
  const client = new Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    await client.query(`set session_replication_role = 'replica'`)
    await client.query(
      `insert into publication overriding system value
       select (jsonb_populate_record(t, jsonb_build_object('id', n + 1000000000,
         'bulletin_id', n + 1000000000,
         'occurred_at', make_timestamptz($2::int, 1, 2, 8, 0, 0) + n % 360 * interval '1 day'))).*
       from publication t, generate_series(1, $1::int) n
       where t.id = (select min(id) from publication)`,
      [copies, year],
    )
    await client.query('analyze publication')
  } finally {
    await client.end()
  }
}
