/** The audit's chain of 1,000,000 rows, walked from its first seal to its last, against reading the same texts
 *  and hashing them twice without comparing anything. */
import { sql } from 'kysely'
import { sealAudit } from '../../src/store/audit/chain.ts'
import { connect } from '../../src/store/connect.ts'
import { openTemporaryServer } from '../support/temporary-database.ts'
import { measured } from './process.ts'
import { type Measure, type Report, reportOf, takeTurns } from './report.ts'

const COUNT = 1_000_000
const ROUNDS = 3

export async function audit1m(): Promise<Report> {
  const server = await openTemporaryServer()
  try {
    const database = await server.create()
    const { ownerUrl } = database
    const sealSeconds = await fill(ownerUrl)
    const measures = await takeTurns(
      ROUNDS,
      () => measured<Measure>('figure-audit.ts', { url: ownerUrl, count: COUNT }),
      () => measured<Measure>('floor-audit.ts', { url: ownerUrl, count: COUNT }),
    )
    await database.drop()
    return reportOf('audit-1m', COUNT, measures, {
      rows: COUNT,
      database: server.kind,
      sealSeconds,
    })
  } finally {
    await server.remove()
  }
}

/** Rows like those a signature leaves; answers the seconds their sealing took. */
async function fill(url: string): Promise<number> {
  const { db, close } = connect(url)
  await sql`insert into agency (credit_code) values ('11330483MB1234567X')`.execute(db)
  await sql`
    insert into audit (agency_id, at, actor_id, action, subject, facts)
    select 1, now(), n % 9 + 1, 'sign', 'bulletin/' || n,
      jsonb_build_object('signatureId', n, 'clearance', 'reviewed', 'revision', 1,
        'hash', encode(sha256(n::text::bytea), 'hex'))
    from generate_series(1, ${COUNT}::int) n
  `.execute(db)
  await sql`analyze audit`.execute(db)
  const begun = performance.now()
  let sealed = 0
  while (sealed < COUNT) sealed += await sealAudit(db)
  const seconds = (performance.now() - begun) / 1000
  await sql`analyze audit_seal`.execute(db)
  await close()
  return Math.round(seconds * 10) / 10
}
