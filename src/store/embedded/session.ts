/** The sessions by which processes that share an embedded server know of each other: the owner's
 *  guard, which ends when the server does, and the marks of guests. */
import { Client, DatabaseError } from 'pg'
import { EnvironmentFault } from '../../kit/environment-fault.ts'
import { OWNER_ROLE } from './cluster.ts'
import type { Place } from './place.ts'

/** Name of the database every table of ours is in. */
const DATABASE = 'duoling'
const GUEST = 'duoling guest'
const CONNECT_MS_MAX = 10_000

export function ownerUrl(place: Place, port: number, database = DATABASE): string {
  return `postgres://${OWNER_ROLE}:${place.password}@127.0.0.1:${port}/${database}`
}

/** A cluster starts without our database. */
export async function ensureDatabase(place: Place, port: number): Promise<void> {
  const client = await openSession(ownerUrl(place, port, 'postgres'), 'duoling start')
  try {
    const found = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`)
  } finally {
    await client.end()
  }
}

export function openGuard(place: Place, port: number): Promise<Client> {
  return openSession(ownerUrl(place, port), 'duoling owner')
}

export function openGuest(place: Place, port: number): Promise<Client> {
  return openSession(ownerUrl(place, port), GUEST)
}

async function openSession(url: string, name: string): Promise<Client> {
  const client = new Client({
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    keepAlive: true,
  })
  // The end of a session is an event of its own; an error without a listener would end the process.
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Guests other than this session itself. A server that is just going has none. */
export async function otherGuests(session: Client): Promise<number> {
  const text =
    'select count(*)::int as n from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid()'
  const { rows } = await session.query<{ n: number }>(text, [GUEST]).catch(() => ({ rows: [] }))
  return rows[0]?.n ?? 0
}

/** The password does not fit, which no waiting mends. */
export function isRefusedLogin(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code ?? '').startsWith('28')
}

export function passwordFault({ cluster }: Place, cause: unknown): EnvironmentFault {
  const what = '数据库不接受 postgres.json 里记着的密码'
  const next = '从备份恢复数据文件夹里的 postgres.json'
  return new EnvironmentFault({ what, where: cluster, next }, { cause })
}
