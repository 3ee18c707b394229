/** What an archive's file holds of a month, line by line, and how lines are compared with the database. An
 *  address stands in it as its id, a sender as a keyed digest; no number can be read from it. */
import { hash } from 'node:crypto'
import type { ClientBase } from 'pg'

/** Parents before what points at them. The last three leave the database with the month. */
export const ARCHIVED_TABLES = [
  'dispatch',
  'batch',
  'attempt',
  'attempt_end',
  'hand_task',
  'receipt',
  'message_reference',
  'delivery',
] as const
export type ArchivedTable = (typeof ARCHIVED_TABLES)[number]

/** Rows of a table, and a sum over their lines that no order changes. */
export interface TableSum {
  readonly rows: number
  readonly digest: string
}

export interface ArchivedCount {
  readonly agencyId: number
  readonly dispatchId: number
  readonly state: string
  readonly deliveries: number
  readonly units: number
}

/** Receipts of the month's dispatches, and what came in that month and belonged to nothing we sent. The
 *  month is a first day, YYYY-MM-DD, and has been looked at before it stands in SQL. */
export function receiptsOf(month: string): string {
  const starts = `timestamp '${month}' at time zone 'Asia/Shanghai'`
  const ends = `(timestamp '${month}' + interval '1 month') at time zone 'Asia/Shanghai'`
  return `(exists (select from dispatch d where d.agency_id = t.agency_id and d.id = t.dispatch_id
      and d.month = '${month}')
    or (t.dispatch_id is null and t.look_at is null
      and t.recorded_at >= ${starts} and t.recorded_at < ${ends}))`
}

function rowsOf(table: ArchivedTable, month: string): string {
  const batch = `batch b on b.agency_id = t.agency_id and b.month = '${month}'`
  switch (table) {
    case 'attempt':
      return `select t.* from attempt t join ${batch} and b.id = t.batch_id`
    case 'attempt_end':
      return `select t.* from attempt_end t join attempt a on a.agency_id = t.agency_id
        and a.id = t.attempt_id join ${batch} and b.id = a.batch_id`
    case 'receipt':
      return `select t.* from receipt t where ${receiptsOf(month)}`
    default:
      return `select t.* from ${table} t where t.month = '${month}'`
  }
}

const ORDERS: Readonly<Partial<Record<ArchivedTable, string>>> = {
  attempt_end: 'attempt_id',
  message_reference: 'channel_id, reference, dispatch_id, address_from',
  delivery: 'dispatch_id, address_id',
}

/** One line a row, `{"table":…,"row":{…}}`, in the same order each time. */
export function linesOf(table: ArchivedTable, month: string): string {
  return `select '{"table":"${table}","row":' || row_to_json(r)::text || '}' as line
    from (${rowsOf(table, month)}) r order by r.agency_id, ${ORDERS[table] ?? 'id'}`
}

const DIGITS = 15

export function lineDigest(line: string): bigint {
  return BigInt(`0x${hash('sha256', line).slice(0, DIGITS)}`)
}

/** Lines read alike in every session. */
export async function settleFormat(client: ClientBase): Promise<void> {
  await client.query(
    `set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local bytea_output = 'hex'`,
  )
}

/** The same sums, made by the database from its rows. */
export async function sumsOf(
  client: ClientBase,
  month: string,
): Promise<Readonly<Record<string, TableSum>>> {
  const sums: Record<string, TableSum> = {}
  for (const table of ARCHIVED_TABLES) {
    const { rows } = await client.query<TableSum>(`
      select count(*) as rows, coalesce(sum(('x' || left(encode(
        sha256(convert_to(line, 'UTF8')), 'hex'), ${DIGITS}))::bit(${DIGITS * 4})::bigint), 0)::text
        as digest
      from (${linesOf(table, month)}) l`)
    sums[table] = rows[0] ?? { rows: 0, digest: '0' }
  }
  return sums
}

/** Deliveries and units by dispatch and state, `excluded` among them. */
export async function countsOf(
  client: ClientBase,
  month: string,
): Promise<readonly ArchivedCount[]> {
  const { rows } = await client.query<ArchivedCount>(
    `select agency_id as "agencyId", dispatch_id as "dispatchId", state::text as state,
       count(*) as deliveries, sum(units)::int8 as units
     from delivery where month = $1::date group by 1, 2, 3`,
    [month],
  )
  return rows
}

/** Comparable, whatever order they came in. */
export function countsText(counts: readonly ArchivedCount[]): string {
  return counts
    .map((one) => [one.agencyId, one.dispatchId, one.state, one.deliveries, one.units].join(' '))
    .sort()
    .join('\n')
}
