/** 归档: a month leaves the log. It is written to a file in one snapshot, the file is read back, and only when
 *  its counts and hashes are those of the database does the month leave, in one transaction. Whatever fails
 *  before that commit leaves everything as it was. */
import { basename } from 'node:path'
import { Client } from 'pg'
import { OPEN_STATES } from '../../domain/retention.ts'
import { EnvironmentFault, errorCode } from '../../kit/environment-fault.ts'
import { type ArchiveFile, readArchive, writeArchive } from './file.ts'
import { countsOf, countsText, receiptsOf, settleFormat, sumsOf } from './lines.ts'

export interface MonthFacts {
  /** the file it went to, when it has left */
  readonly archived?: { readonly file: string; readonly sha256: string; readonly archivedAt: Date }
  /** false when the log never had such a month */
  readonly exists: boolean
  readonly states: Readonly<Record<string, number>>
  /** in words, with how many; empty when the month may leave */
  readonly open: readonly { readonly what: string; readonly count: number }[]
}

export interface ArchiveRequest {
  readonly ownerUrl: string
  /** first day, YYYY-MM-DD */
  readonly month: string
  readonly folder: string
  readonly at: Date
  /** who did it: a person of one agency, or whoever sits at the machine */
  readonly by: { readonly agencyId: number; readonly personId: number } | `local:${string}`
}

export interface Archived {
  readonly path: string
  readonly file: ArchiveFile
}

const LOCK_MS_MAX = 2_000
const MONTH = /^2\d{3}-\d{2}-01$/

async function asOwner<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    // Ends what is not committed.
    await client.end()
  }
}

function partitionOf(month: string): string {
  if (!MONTH.test(month)) throw new Error(`${month} is no first day of a month`)
  return `delivery_${month.slice(0, 4)}${month.slice(5, 7)}`
}

/** What is in the month, and what keeps it from leaving. Reads only. */
export function lookAtMonth(ownerUrl: string, month: string): Promise<MonthFacts> {
  return asOwner(ownerUrl, async (client) => {
    await client.query('begin transaction isolation level repeatable read read only')
    return factsOf(client, month)
  })
}

async function factsOf(client: Client, month: string): Promise<MonthFacts> {
  const done = await client.query<{ file: string; sha256: string; archivedAt: Date }>(
    `select file, encode(sha256, 'hex') as sha256, archived_at as "archivedAt"
     from archived_month where month = $1::date order by agency_id limit 1`,
    [month],
  )
  const [archived] = done.rows
  const found = await client.query<{ there: boolean }>(
    'select to_regclass($1) is not null as there',
    [`public.${partitionOf(month)}`],
  )
  const states: Record<string, number> = {}
  for (const { state, deliveries } of await countsOf(client, month))
    states[state] = (states[state] ?? 0) + deliveries
  return {
    ...(archived ? { archived } : {}),
    ...{ exists: found.rows[0]?.there === true, states },
    open: archived ? [] : await openOf(client, month, states),
  }
}

const OPEN: readonly { readonly what: string; readonly sql: string }[] = [
  {
    what: '没有展开完的发送令',
    sql: "select count(*) as n from dispatch where month = $1::date and state in ('held', 'expanding')",
  },
  {
    what: '没有发完的批',
    sql: `select count(*) as n from batch where month = $1::date
      and (state in ('waiting', 'leased', 'held') or look_at is not null)`,
  },
  { what: '还在等回执的批', sql: 'select count(*) as n from receipt_watch where month = $1::date' },
  {
    what: '没有确认的人工代发',
    sql: "select count(*) as n from hand_task where month = $1::date and state = 'open'",
  },
  {
    what: '还没有核对的回执',
    sql: `select count(*) as n from receipt r join dispatch d on d.agency_id = r.agency_id
      and d.id = r.dispatch_id and d.month = $1::date where r.look_at is not null`,
  },
]

async function openOf(
  client: Client,
  month: string,
  states: Readonly<Record<string, number>>,
): Promise<MonthFacts['open']> {
  const deliveries = OPEN_STATES.reduce((sum, state) => sum + (states[state] ?? 0), 0)
  const open = deliveries > 0 ? [{ what: '没有办结的送达', count: deliveries }] : []
  for (const { what, sql } of OPEN) {
    const { rows } = await client.query<{ n: number }>(sql, [month])
    const count = Number(rows[0]?.n ?? 0)
    if (count > 0) open.push({ what, count })
  }
  return open
}

/** The month must exist, be old enough and have nothing open; what changed since then is looked at again
 *  before anything leaves.
 *  @throws EnvironmentFault when the file cannot be written or read back, differs from the database, or
 *  the log is in use; nothing has changed then. */
export async function archiveMonth(request: ArchiveRequest): Promise<Archived> {
  const { ownerUrl, month, folder } = request
  const path = await asOwner(ownerUrl, async (client) => {
    await client.query('begin transaction isolation level repeatable read read only')
    const { archived, exists, open } = await factsOf(client, month)
    if (archived || !exists || open.length > 0) throw changed(month)
    await settleFormat(client)
    return writeArchive(client, folder, month)
  })
  const file = await readArchive(path)
  try {
    await asOwner(ownerUrl, (client) => leave(client, request, path, file))
  } catch (error) {
    throw whyNotLeft(error, month) ?? error
  }
  return { path, file }
}

async function leave(
  client: Client,
  { month, at, by }: ArchiveRequest,
  path: string,
  file: ArchiveFile,
): Promise<void> {
  const partition = partitionOf(month)
  await client.query('begin transaction isolation level repeatable read')
  await client.query(`set local lock_timeout = ${LOCK_MS_MAX}`)
  // Before the snapshot is taken: from here on nobody else writes to this month or archives it.
  await client.query(`lock table ${partition} in share row exclusive mode`)
  await settleFormat(client)
  const { archived, open } = await factsOf(client, month)
  if (archived || open.length > 0) throw changed(month)
  const [sums, counts] = [await sumsOf(client, month), await countsOf(client, month)]
  for (const [table, { rows, digest }] of Object.entries(sums))
    if (file.sums[table]?.rows !== rows || file.sums[table]?.digest !== digest) throw changed(month)
  if (countsText(counts) !== countsText(file.counts)) throw changed(month)
  await record(client, month, { path, sha256: file.sha256, at, by })
  await client.query(`delete from receipt t where ${receiptsOf(month)}`)
  await client.query('delete from message_reference where month = $1::date', [month])
  await client.query(`alter table delivery detach partition ${partition}`)
  await client.query(`drop table ${partition}`)
  await client.query('commit')
}

async function record(
  client: Client,
  month: string,
  facts: {
    readonly path: string
    readonly sha256: string
    readonly at: Date
    readonly by: ArchiveRequest['by']
  },
): Promise<void> {
  const name = basename(facts.path)
  await client.query(
    `insert into archived_month (agency_id, month, file, sha256, deliveries, receipts,
       message_references, archived_at)
     select a.id, $1::date, $2, decode($3, 'hex'),
       (select count(*) from delivery v where v.agency_id = a.id and v.month = $1::date),
       (select count(*) from receipt t where t.agency_id = a.id and ${receiptsOf(month)}),
       (select count(*) from message_reference m where m.agency_id = a.id and m.month = $1::date),
       $4::timestamptz
     from agency a`,
    [month, name, facts.sha256, facts.at],
  )
  await client.query(
    `insert into archived_count (agency_id, dispatch_id, month, state, deliveries, units)
     select agency_id, dispatch_id, month, state, count(*), sum(units)
     from delivery where month = $1::date group by 1, 2, 3, 4`,
    [month],
  )
  const { by } = facts
  const actor =
    typeof by === 'string' ? { agencyId: 0, personId: 0, name: by } : { ...by, name: '' }
  await client.query(
    `insert into audit (agency_id, at, actor_id, action, subject, facts)
     select m.agency_id, $1::timestamptz, case when m.agency_id = $2::int then $3::bigint end,
       'archive-month', 'month/' || to_char(m.month, 'YYYY-MM'),
       jsonb_build_object('file', m.file, 'sha256', encode(m.sha256, 'hex'),
         'deliveries', m.deliveries, 'receipts', m.receipts, 'references', m.message_references)
       || case when m.agency_id = $2::int then '{}' else jsonb_build_object('by', $4::text) end
     from archived_month m where m.month = $5::date order by m.agency_id`,
    [
      ...[facts.at, actor.agencyId, actor.personId],
      ...[actor.name || `agency/${actor.agencyId}/person/${actor.personId}`, month],
    ],
  )
}

function changed(month: string): EnvironmentFault {
  return new EnvironmentFault({
    what: `${month.slice(0, 7)} 的日志刚有变动，与看到的或写下的不一致，没有归档，日志没有改动`,
    next: '再运行一次，看看现在怎样；这次写下的文件可以删除',
  })
}

/** lock_not_available, deadlock_detected, serialization_failure, undefined_table: another was quicker */
const IN_USE: readonly string[] = ['55P03', '40P01', '40001', '42P01']

function whyNotLeft(error: unknown, month: string): EnvironmentFault | undefined {
  if (!IN_USE.includes(errorCode(error) ?? '')) return undefined
  return new EnvironmentFault(
    {
      what: `${month.slice(0, 7)} 的日志正在被使用（例如正在备份，或另一处正在归档），没有归档，日志没有改动`,
      next: '等它做完，再运行一次',
    },
    { cause: error },
  )
}
