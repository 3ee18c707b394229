/** One statement of somebody who is not the hub, on a connection of its own. */
import { Client } from 'pg'

/** Answers the number of rows; 0 when the server was just not there. */
export async function onDatabase(url: string, statement: string): Promise<number> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query(statement)).rowCount ?? 0
  } catch (error) {
    // 57P03: it is starting; everything else is a fault of this run.
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ECONNREFUSED' || code === '57P03') return 0
    throw error
  } finally {
    await client.end().catch(() => {})
  }
}

/** True when the database takes no more: it says that there is no room, or is not there at all. */
export async function findsNoRoom(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    // More than what is left in files it already has.
    await client.query(
      'create table no_room as select repeat(md5(n::text), 30) from generate_series(1, 50000) n',
    )
    await client.query('drop table no_room')
    return false
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    // 53100: the disk is full; 57P…: it is going down or coming up; no code: the line broke.
    return code === '53100' || code.startsWith('57P') || code === 'ECONNREFUSED' || code === ''
  } finally {
    await client.end().catch(() => {})
  }
}
