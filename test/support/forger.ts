/** Raw SQL as the owner of the tables: with the triggers on, to meet them, or off, to forge. */
import { Client } from 'pg'
import type { TestDatabase } from './database.ts'

export interface Forger {
  /** Rows of any statement, triggers and foreign keys at work. */
  lawful<T extends object>(statement: string, values?: readonly unknown[]): Promise<T[]>
  /** The same with every trigger and foreign key switched off. */
  forge<T extends object>(statement: string, values?: readonly unknown[]): Promise<T[]>
  close(): Promise<void>
}

export async function openForger(database: TestDatabase): Promise<Forger> {
  const client = new Client({ connectionString: database.ownerUrl })
  await client.connect()
  const run = async <T extends object>(
    role: 'origin' | 'replica',
    statement: string,
    values: readonly unknown[],
  ): Promise<T[]> => {
    await client.query(`set session_replication_role = ${role}`)
    return (await client.query<T>(statement, [...values])).rows
  }
  return {
    lawful: (statement, values = []) => run('origin', statement, values),
    forge: (statement, values = []) => run('replica', statement, values),
    close: () => client.end(),
  }
}

/** Deliveries of a dispatch by state. */
export async function statesOf(
  forger: Forger,
  dispatchId: number | undefined,
): Promise<Record<string, number>> {
  const rows = await forger.lawful<{ state: string; count: number }>(
    `select state, count(*)::int as count from delivery where dispatch_id = $1
      group by state order by state`,
    [dispatchId],
  )
  return Object.fromEntries(rows.map((row) => [row.state, row.count]))
}

export async function dispatchOf(
  forger: Forger,
  dispatchId: number | undefined,
): Promise<{ state: string; held_reason: string | null }> {
  const [row] = await forger.lawful<{ state: string; held_reason: string | null }>(
    'select state, held_reason from dispatch where id = $1',
    [dispatchId],
  )
  if (!row) throw new Error(`there is no dispatch ${dispatchId}`)
  return row
}
