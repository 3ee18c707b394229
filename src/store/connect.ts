/** The one place where a pool is opened and where PostgreSQL's types become ours. */
import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import { Pool, types } from 'pg'
import type { Tables } from './schema/tables.ts'

export type Database = Kysely<Tables>
export type Transacting = Transaction<Tables>
/** A query runs alike inside and outside a transaction. */
export type Queryable = Database | Transacting

const INT8 = 20
const DATE = 1082

// Identities and counts stay far below 2^53, and a number is what every caller wants.
types.setTypeParser(INT8, Number)
// A date is a calendar day, never an instant: as a Date it would move with the process's time zone.
types.setTypeParser(DATE, (text: string) => text)

export interface Connection {
  readonly db: Database
  readonly pool: Pool
  close(): Promise<void>
}

/** `connectionsMax` covers every query of the process; the queue brings its own. */
export function connect(url: string, options: { connectionsMax?: number } = {}): Connection {
  const pool = new Pool({
    connectionString: url,
    max: options.connectionsMax ?? 10,
    keepAlive: true,
  })
  // A connection that dies with its server is replaced at next use; without a listener it would end
  // the process. The pool listens to idle ones only: one inside a transaction needs its own.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  return { db, pool, close: () => db.destroy() }
}
