/** The audit's chain. One sealer at a time links the rows of finished transactions, each seal over the one
 *  before it and the row's text; whoever changes or drops a row afterwards breaks the chain there. */
import { hash } from 'node:crypto'
import { sql } from 'kysely'
import { fromHex } from '../../kit/hash.ts'
import type { Database, Queryable } from '../connect.ts'

/** Any constant: who holds this lock is the sealer. */
const SEALER_LOCK = 0x6475_6f6c
const ROUND_ROWS_MAX = 5_000
const CHUNK_ROWS = 20_000
/** Stands between the texts of a chunk; JSON escapes it, and no word of ours holds it. */
const SEPARATOR = '\u001e'

export interface AuditHead {
  /** seals so far */
  readonly number: number
  /** lower-case hex */
  readonly sha256: string
  readonly sm3: string
}

export interface AuditFault {
  /** position in the chain */
  readonly number: number
  readonly auditId?: number
  readonly what: 'changed' | 'missing' | 'seal-missing' | 'head-differs'
}

export interface AuditReport {
  readonly ok: boolean
  /** seals that were checked */
  readonly rows: number
  /** rows of finished transactions that no seal covers yet */
  readonly unsealed: number
  readonly firstBad?: AuditFault
}

/** Lower-case hex; empty before the first row. */
interface Link {
  readonly sha256: string
  readonly sm3: string
}

const START: Link = { sha256: '', sm3: '' }

function link(before: Link, text: string): Link {
  return { sha256: hash('sha256', before.sha256 + text), sm3: hash('sm3', before.sm3 + text) }
}

/** Seals what is finished and not sealed, up to a limit; answers how many rows. 0 as well while another
 *  process seals. */
export function sealAudit(db: Database): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const lock = await sql<{ mine: boolean }>`
      select pg_try_advisory_xact_lock(${SEALER_LOCK}) as mine
    `.execute(tx)
    if (lock.rows[0]?.mine !== true) return 0
    const last = await lastSeal(tx)
    // Rows of transactions that still run may yet appear; every older transaction has ended.
    const { rows } = await sql<{ id: number; text: string }>`
      select a.id, audit_text(a) as text from audit a
      where (a.transaction, a.id) > (${last?.transaction ?? '0'}::xid8, ${last?.id ?? 0}::bigint)
        and a.transaction < pg_snapshot_xmin(pg_current_snapshot())
      order by a.transaction, a.id limit ${ROUND_ROWS_MAX}
    `.execute(tx)
    if (rows.length === 0) return 0
    let before: Link = last ?? START
    const links = rows.map(({ text }) => {
      before = link(before, text)
      return before
    })
    await sql`
      insert into audit_seal (number, audit_id, sha256, sm3)
      select ${last?.number ?? 0}::bigint + u.position, u.id, u.sha256, u.sm3
      from unnest(${rows.map((row) => row.id)}::bigint[], ${links.map((one) => fromHex(one.sha256))}::bytea[],
        ${links.map((one) => fromHex(one.sm3))}::bytea[]) with ordinality as u (id, sha256, sm3, position)
    `.execute(tx)
    return rows.length
  })
}

async function lastSeal(db: Queryable) {
  const { rows } = await sql<Link & { number: number; id: number; transaction: string }>`
    select s.number, encode(s.sha256, 'hex') as sha256, encode(s.sm3, 'hex') as sm3, a.id, a.transaction::text as transaction
    from audit_seal s join audit a on a.id = s.audit_id order by s.number desc limit 1
  `.execute(db)
  return rows[0]
}

/** Undefined before the first seal. */
export async function auditHead(db: Queryable): Promise<AuditHead | undefined> {
  const { rows } = await sql<AuditHead>`
    select number, encode(sha256, 'hex') as sha256, encode(sm3, 'hex') as sm3
    from audit_seal order by number desc limit 1
  `.execute(db)
  return rows[0]
}

/** A run of seals with the texts they cover, and the last seal's own hashes. */
interface Chunk {
  readonly last: number
  readonly count: number
  /** rows that are gone have an empty text */
  readonly texts: string
  readonly seal: Link
}

/** Walks the whole chain. `heads` are copies kept outside the database: they show a chain that was cut
 *  short or made anew. */
export function verifyAudit(db: Database, heads: readonly AuditHead[] = []): Promise<AuditReport> {
  return inOneSnapshot(db, READERS, async (readers) => {
    const [tx] = readers
    const expected = new Map(heads.map((head) => [head.number, head]))
    const number = (await auditHead(tx))?.number ?? 0
    let before = START
    let rows = 0
    for await (const chunk of readAhead(readers, number)) {
      const end = chunk && walk(before, chunk, rows, expected)
      if (!end || !same(end, chunk.seal))
        return bad(rows, await findFault(tx, before, rows, expected))
      before = end
      rows += chunk.count
    }
    const beyond = heads.find((head) => head.number > rows)
    if (beyond) return bad(rows, { number: rows + 1, what: 'seal-missing' })
    return { ok: true, rows, unsealed: await unsealed(tx) }
  })
}

/** The database spends more on putting the texts together than this process on hashing them. */
const READERS = 2

type Readers = readonly [Queryable, ...Queryable[]]

/** Several connections that see one state of the database, whatever others write meanwhile. */
function inOneSnapshot<T>(
  db: Database,
  count: number,
  work: (readers: Readers) => Promise<T>,
): Promise<T> {
  const open = <R>(run: (tx: Queryable) => Promise<R>) =>
    db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(run)
  return open(async (first) => {
    const { rows } = await sql<{ id: string }>`select pg_export_snapshot() as id`.execute(first)
    const more = async (readers: Readers): Promise<T> => {
      // Enough to keep a chunk's texts in memory while they are put in order.
      await sql`set local work_mem = '64MB'`.execute(readers[readers.length - 1] ?? first)
      if (readers.length === count) return work(readers)
      return open(async (next) => {
        await sql`set transaction snapshot ${sql.lit(rows[0]?.id ?? '')}`.execute(next)
        return more([...readers, next])
      })
    }
    return more([first])
  })
}

/** The chunks in their order; while one is hashed, every connection reads another. */
async function* readAhead(readers: Readers, number: number): AsyncGenerator<Chunk | undefined> {
  const reading: Promise<Chunk | undefined>[] = []
  const starts = Array.from({ length: Math.ceil(number / CHUNK_ROWS) }, (_, i) => i * CHUNK_ROWS)
  let asked = 0
  const ask = (): void => {
    const reader = readers[asked % readers.length] ?? readers[0]
    const after = starts[asked++]
    if (after !== undefined) reading.push(readChunk(reader, after))
  }
  try {
    for (const _ of readers) ask()
    for (let next = reading.shift(); next; next = reading.shift()) {
      const chunk = await next
      ask()
      yield chunk
    }
  } finally {
    await Promise.allSettled(reading)
  }
}

function bad(rows: number, firstBad: AuditFault): AuditReport {
  return { ok: false, rows, unsealed: 0, firstBad }
}

async function readChunk(db: Queryable, after: number): Promise<Chunk | undefined> {
  // Rows were sealed nearly in the order of their ids: with the bounds said, a chunk reads its own pages
  // and not the whole table.
  const { rows } = await sql<Omit<Chunk, 'seal'> & Link>`
    with s as materialized (
      select number, audit_id from audit_seal
      where number > ${after} and number <= ${after + CHUNK_ROWS}
    )
    select c.*, encode(l.sha256, 'hex') as sha256, encode(l.sm3, 'hex') as sm3
    from (
      select max(s.number) as last, count(*) as count,
        string_agg(coalesce(audit_text(a), ''), ${SEPARATOR} order by s.number) as texts
      from s left join audit a on a.id = s.audit_id
        and a.id between (select min(audit_id) from s) and (select max(audit_id) from s)) c
      join audit_seal l on l.number = c.last
  `.execute(db)
  const [row] = rows
  return row && { ...row, seal: { sha256: row.sha256, sm3: row.sm3 } }
}

/** The link at the chunk's end; undefined when a number is missing or a head differs. Seals are compared at
 *  the end only, which is all a good chain needs. */
function walk(
  start: Link,
  chunk: Chunk,
  done: number,
  heads: ReadonlyMap<number, AuditHead>,
): Link | undefined {
  if (chunk.last !== done + chunk.count) return undefined
  let end = start
  let number = done
  for (const text of chunk.texts.split(SEPARATOR)) {
    end = link(end, text)
    const head = heads.get(++number)
    if (head && !same(end, head)) return undefined
  }
  return end
}

/** Walks a bad chunk seal by seal and says where it breaks first, and how. */
async function findFault(
  db: Queryable,
  start: Link,
  done: number,
  heads: ReadonlyMap<number, AuditHead>,
): Promise<AuditFault> {
  const { rows } = await sql<Link & { number: number; auditId: number; text: string | null }>`
    select s.number, s.audit_id as "auditId", encode(s.sha256, 'hex') as sha256,
      encode(s.sm3, 'hex') as sm3, case when a.id is not null then audit_text(a) end as text
    from (select * from audit_seal where number > ${done} order by number limit ${CHUNK_ROWS}) s
      left join audit a on a.id = s.audit_id
    order by s.number
  `.execute(db)
  let end = start
  let next = done + 1
  for (const { number, auditId, text, ...seal } of rows) {
    if (number !== next) return { number: next, what: 'seal-missing' }
    if (text === null) return { number, auditId, what: 'missing' }
    end = link(end, text)
    if (!same(end, seal)) return { number, auditId, what: 'changed' }
    const head = heads.get(number)
    if (head && !same(end, head)) return { number, auditId, what: 'head-differs' }
    next++
  }
  return { number: next, what: 'changed' }
}

function same(one: Link, other: Link): boolean {
  return one.sha256 === other.sha256 && one.sm3 === other.sm3
}

async function unsealed(db: Queryable): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from audit a
    where a.transaction < pg_snapshot_xmin(pg_current_snapshot())
      and not exists (select from audit_seal s where s.audit_id = a.id)
  `.execute(db)
  return rows[0]?.count ?? 0
}
