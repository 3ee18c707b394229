/** The audit's chain of 1,000,000 rows, walked from its first seal to its last, against reading the same texts
 *  and hashing them twice without comparing anything. */
import { sql } from 'kysely'
import { sealAudit } from '../../src/store/audit/chain.ts'
import { connect } from '../../src/store/connect.ts'
import { openTemporaryServer } from '../support/temporary-database.ts'
import { type BenchOptions, ROUNDS } from './options.ts'
import { measured } from './process.ts'
import { type Measure, type Report, reportOf, takeTurns } from './report.ts'

const COUNT = 1_000_000

export async function audit1m(options: BenchOptions): Promise<Report> {
  const { count = COUNT, rounds = ROUNDS } = options
  const server = await openTemporaryServer()
  try {
    const database = await server.create()
    const { ownerUrl } = database
    const sealSeconds = await fill(ownerUrl, count)
    const measures = await takeTurns(
      rounds,
      () => measured<Measure>('figure-audit.ts', { url: ownerUrl, count }),
      () => measured<Measure>('floor-audit.ts', { url: ownerUrl, count }),
    )
    await database.drop()
    return reportOf(
      'audit-1m',
      count,
      measures,
      { rows: count, database: server.kind, sealSeconds },
      'rows/s',
    )
  } finally {
    await server.remove()
  }
}

/** Rows like those a signature leaves; answers the seconds their sealing took. */
async function fill(url: string, count: number): Promise<number> {
  const { db, close } = connect(url)
  await sql`insert into agency (credit_code) values ('11330483MB1234567X')`.execute(db)
  await sql`
    insert into audit (agency_id, at, actor_id, action, subject, facts)
    select 1, now(), n % 9 + 1, 'sign', 'bulletin/' || n,
      jsonb_build_object('signatureId', n, 'clearance', 'reviewed', 'revision', 1,
        'hash', encode(sha256(n::text::bytea), 'hex'))
    from generate_series(1, ${count}::int) n
  `.execute(db)
  await sql`analyze audit`.execute(db)
  const begun = performance.now()
  let sealed = 0
  while (sealed < count) sealed += await sealAudit(db)
  const seconds = (performance.now() - begun) / 1000
  await sql`analyze audit_seal`.execute(db)
  await close()
  return Math.round(seconds * 10) / 10
}
