/** A database server for a run outside the test runner: an embedded one of its own, or the one named by
 *  `DUOLING_TEST_DATABASE_URL`. Databases made here are ready for the hub, and are dropped at the end. */
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Keyring, openKeyring } from '../../src/kit/keyring.ts'
import { createLog, type Log } from '../../src/kit/log.ts'
import { readPointer } from '../../src/store/embedded/place.ts'
import { removeEmbedded, startEmbedded } from '../../src/store/embedded.ts'
import { openDatabase } from '../../src/store/open.ts'
import { installQueue } from '../../src/store/queue.ts'
import { asOwner, at } from './database-server.ts'

const RESTART_MS_MAX = 60_000
const LOOK_MS = 50

export interface TemporaryDatabase {
  readonly ownerUrl: string
  /** the hub's own role: owns nothing */
  readonly hubUrl: string
  readonly keyring: Keyring
  /** data folder of the installation the database belongs to */
  readonly folder: string
  drop(): Promise<void>
}

export interface TemporaryServer {
  readonly kind: 'embedded' | 'external'
  create(): Promise<TemporaryDatabase>
  /** kill -9 of the server process; its owner starts it again. Absent where the server is not ours. */
  readonly kill?: () => Promise<void>
  remove(): Promise<void>
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

export async function openTemporaryServer(
  given = process.env['DUOLING_TEST_DATABASE_URL'],
  options: { readonly parent?: string; readonly log?: Log } = {},
): Promise<TemporaryServer> {
  const folder = await mkdtemp(join(options.parent ?? tmpdir(), 'duoling-temporary-'))
  // As root the server runs as another user, who has to get in.
  await chmod(folder, 0o711)
  if (given) {
    const create = () => createDatabase(given, folder)
    return { kind: 'external', create, remove: () => rm(folder, { recursive: true, force: true }) }
  }
  const log = options.log ?? createLog({ level: 'silent' })
  const server = await startEmbedded({ dataFolder: folder, log })
  const remove = async () => {
    await server.stop()
    await removeEmbedded(folder)
    await rm(folder, { recursive: true, force: true })
  }
  // An interrupted run leaves no server behind.
  const interrupted = () => void remove().finally(() => process.exit(130))
  for (const name of SIGNALS) process.once(name, interrupted)
  return {
    kind: 'embedded',
    create: () => createDatabase(server.ownerUrl, folder),
    kill: () => killPostmaster(folder),
    async remove() {
      for (const name of SIGNALS) process.off(name, interrupted)
      await remove()
    },
  }
}

async function createDatabase(serverUrl: string, parent: string): Promise<TemporaryDatabase> {
  const name = `temporary_${randomBytes(6).toString('hex')}`
  const folder = join(parent, name)
  await mkdir(folder, { mode: 0o700 })
  await asOwner(serverUrl, `create database ${name}`)
  const ownerUrl = at(serverUrl, name)
  const keyring = await openKeyring(folder)
  const { hubUrl } = await openDatabase({
    ...{ config: { dataFolder: folder, databaseUrl: ownerUrl }, keyring },
    log: createLog({ level: 'silent' }),
  })
  await installQueue(ownerUrl)
  return {
    ...{ ownerUrl, hubUrl, keyring, folder },
    async drop() {
      await asOwner(serverUrl, `drop database if exists ${name} with (force)`)
      await asOwner(serverUrl, `drop role if exists ${keyring.hubLogin.login}`)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function killPostmaster(folder: string): Promise<void> {
  const place = await readPointer(folder)
  const pid = Number.parseInt(place ? await readPid(join(place.cluster, 'postmaster.pid')) : '', 10)
  if (!Number.isInteger(pid) || pid <= 1) throw new Error('the server of this run has no process')
  process.kill(pid, 'SIGKILL')
}

/** Killed just before, it is being started again and has no file for a moment. */
async function readPid(path: string): Promise<string> {
  for (const end = performance.now() + RESTART_MS_MAX; ; await pause(LOOK_MS))
    try {
      return await readFile(path, 'utf8')
    } catch (error) {
      if (performance.now() > end) throw error
    }
}
