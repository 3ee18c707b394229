/** The database of an installation, ready for use: the embedded server or the one it was given,
 *  migrated, with a login for the hub. */
import { rm } from 'node:fs/promises'
import { Client, DatabaseError } from 'pg'
import { EnvironmentFault } from '../kit/environment-fault.ts'
import type { Log } from '../kit/log.ts'
import { type EmbeddedServer, startEmbedded } from './embedded.ts'
import { checkServer, ensureHubLogin, forbidden, type HubLogin, placeOf } from './login.ts'
import { migrate } from './migrate.ts'

export interface OpenOptions {
  readonly config: { readonly dataFolder: string; readonly databaseUrl: string | undefined }
  readonly keyring: {
    readonly hubLogin: HubLogin
    readonly created: boolean
    readonly path: string
  }
  readonly log: Log
  /** use the server of a live owner instead of refusing; without an owner it is started, or with `only`
   *  waited for */
  readonly join?: boolean | 'only'
}

export interface OpenDatabase {
  readonly ownerUrl: string
  readonly hubUrl: string
  readonly kind: 'embedded' | 'external'
  readonly major: number
  /** the database in words, without a password */
  readonly where: string
  /** another live process owns the embedded server */
  readonly joined: boolean
  /** Leaves a server that others own or still use. */
  stop(): Promise<void>
}

/** @throws EnvironmentFault when the database cannot be had, or when keys were newly made for a
 *  database that already holds data. */
export async function openDatabase(options: OpenOptions): Promise<OpenDatabase> {
  const server = await openServer(options)
  try {
    if (options.keyring.created) await refuseForeignKeys(server.ownerUrl, options.keyring.path)
    const hubUrl = await prepare(server.ownerUrl, options.keyring.hubLogin)
    return { ...server, hubUrl, stop: () => server.stop() }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** The server alone, whatever its database holds: what a restore starts from. */
export async function openServer({ config, log, join }: Omit<OpenOptions, 'keyring'>) {
  if (config.databaseUrl !== undefined) {
    const major = await checkServer(config.databaseUrl)
    const ownerUrl = config.databaseUrl
    const where = `PostgreSQL ${major}，${placeOf(ownerUrl)}`
    const stop = () => Promise.resolve()
    return { ownerUrl, kind: 'external', major, where, joined: false, stop } as const
  }
  const server: EmbeddedServer = await startEmbedded({
    dataFolder: config.dataFolder,
    log,
    join: join ?? false,
  })
  const { ownerUrl, major, joined, stop } = server
  const where = `随附的 PostgreSQL ${major}，${placeOf(ownerUrl)}`
  return { ownerUrl, kind: 'embedded', major, where, joined, stop } as const
}

async function prepare(ownerUrl: string, hubLogin: HubLogin): Promise<string> {
  try {
    await migrate(ownerUrl)
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    if (cause instanceof DatabaseError && cause.code === '42501')
      throw forbidden(hubLogin.login, error)
    throw error
  }
  return await ensureHubLogin(ownerUrl, hubLogin)
}

/** New keys open nothing of an old database. They are taken back, so that the next start does not
 *  find them and go on. */
async function refuseForeignKeys(ownerUrl: string, path: string): Promise<void> {
  if (!(await holdsData(ownerUrl))) return
  await rm(path, { force: true })
  throw new EnvironmentFault({
    what: '数据库里已有数据，但它的密钥文件不见了；没有密钥，已封存的内容打不开，已有的签发也验不了',
    where: path,
    next: '从备份恢复这个文件再启动；若指错了数据库，改正 DATABASE_URL 或 DUOLING_DATA',
  })
}

async function holdsData(ownerUrl: string): Promise<boolean> {
  const client = new Client({ connectionString: ownerUrl })
  client.on('error', () => {})
  await client.connect()
  try {
    const table = await client.query("select to_regclass('agency') is not null as there")
    if (table.rows[0]?.there !== true) return false
    return (await client.query('select from agency limit 1')).rowCount === 1
  } finally {
    await client.end()
  }
}
