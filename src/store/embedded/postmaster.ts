/** The server process of one cluster: started apart from our terminal, recognised after a crash,
 *  stopped in fast mode. Durability is never traded for speed. */
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { readdir, readFile, readlink, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { errorCode, fileFault } from '../../kit/environment-fault.ts'
import type { Log } from '../../kit/log.ts'
import { type Account, SERVER_ENVIRONMENT } from './account.ts'
import { logSizes, readReason, startFault } from './why-ended.ts'

export interface Postmaster {
  readonly pid: number
  readonly port: number
}

export interface Launch {
  readonly postgres: string
  readonly account: Account | undefined
  readonly cluster: string
  readonly startLog: string
  readonly log: Log
}

/** Two hubs with their queues and a handful of verbs; each connection costs memory when used. */
const CONNECTIONS_MAX = 100

const START_MS_MAX = 600_000
const FAST_STOP_MS_MAX = 60_000
const LEFT_OVER_MS_MAX = 20_000
const POLL_MS = 10

/** A week of log files, one a day. Statements and details stay out: they quote rows. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: String(CONNECTIONS_MAX),
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  jit: 'off',
  TimeZone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'on',
  log_directory: 'log',
  log_filename: 'postgresql-%w.log',
  log_truncate_on_rotation: 'on',
  log_rotation_age: '1d',
  log_rotation_size: '0',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
}

/** Below the ports systems hand out to callers: there a client could meet itself, or take the port
 *  while the server restarts. */
const PORT_MIN = 15_000
const PORT_MAX = 31_999

/** A port nobody uses at this moment. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORT_MIN, PORT_MAX + 1)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!free) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}

/** Starts the server and waits until it takes connections, recovery included.
 *  @throws EnvironmentFault with the reason the server gave. */
export async function launch(settings: Launch, port: number): Promise<Postmaster> {
  const until = Date.now() + LEFT_OVER_MS_MAX
  for (;;) {
    const reason = await tryLaunch(settings, port)
    if (typeof reason !== 'string') return reason
    // Children of a killed server need a moment to notice; until then its memory is in use.
    if (!/pre-existing shared memory|is still in use/.test(reason) || Date.now() > until)
      throw startFault(reason, settings, port)
    await quitLeftOvers(settings.cluster)
    await pause(100)
  }
}

async function tryLaunch(settings: Launch, port: number): Promise<Postmaster | string> {
  const { cluster } = settings
  const sizes = await logSizes(cluster)
  const child = startChild(settings, port)
  let ended: string | undefined
  child.once('error', (error) => {
    ended = error.message
  })
  child.once('exit', (code, signal) => {
    ended ??= `exit ${code ?? signal}`
  })
  const begun = Date.now()
  let told = begun
  while (ended === undefined) {
    await pause(POLL_MS)
    const found = await readPidFile(cluster)
    if (found?.pid === child.pid && found?.ready) {
      child.unref()
      return { pid: found.pid, port }
    }
    if (Date.now() - told > 10_000) {
      told = Date.now()
      settings.log.warn('数据库仍在启动（上次没有正常关闭时要先恢复）')
    }
    if (Date.now() - begun > START_MS_MAX) child.kill('SIGQUIT')
  }
  return child.pid === undefined ? ended : `${ended}\n${await readReason(settings, sizes)}`
}

/** Its own session: a Ctrl-C in our terminal must not end the database before we are finished. */
function startChild({ postgres, account, cluster, startLog }: Launch, port: number) {
  const words = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  let output: number
  try {
    output = openSync(startLog, 'w', 0o600)
  } catch (error) {
    throw fileFault(error, startLog)
  }
  try {
    return spawn(postgres, ['-D', cluster, ...words], {
      ...SERVER_ENVIRONMENT,
      ...account,
      detached: true,
      stdio: ['ignore', output, output],
      windowsHide: true,
    })
  } finally {
    closeSync(output)
  }
}

interface PidFile {
  readonly pid: number
  readonly port: number
  readonly ready: boolean
}

/** What the server wrote about itself; a killed server leaves the file behind. */
async function readPidFile(cluster: string): Promise<PidFile | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number.parseInt(lines[0] ?? '', 10)
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' }
}

/** The live server of this cluster, if any. A file whose process is gone, or whose number now
 *  belongs to another program, is removed: the caller holds the ownership. */
export async function findPostmaster(cluster: string): Promise<PidFile | undefined> {
  const found = await peekPostmaster(cluster)
  if (found) return found
  await rm(join(cluster, 'postmaster.pid'), { force: true }).catch((error: unknown) => {
    throw fileFault(error, cluster)
  })
  return undefined
}

/** The same for a process that is not the owner, and so leaves the file alone. */
export async function peekPostmaster(cluster: string): Promise<PidFile | undefined> {
  const found = await readPidFile(cluster)
  return found && (await isServing(found.pid, cluster)) ? found : undefined
}

/** True while this process is the server of this cluster; a zombie has no command line. */
export async function isServing(pid: number, cluster: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  if (process.platform !== 'linux') return true
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return command.split('\0').includes(cluster)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}

/** What a killed server left running works on for nobody; it is ended as the server itself would. */
async function quitLeftOvers(cluster: string): Promise<void> {
  if (process.platform !== 'linux') return
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid))
  for (const pid of pids) {
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
    if (folder === cluster && name.trim() === 'postgres') signal(pid, 'SIGQUIT')
  }
}

/** Fast: sessions end, nothing is lost. A server that does not obey is ended hard and recovers. */
export async function stopPostmaster(pid: number, cluster: string, log: Log): Promise<void> {
  for (const [name, limit] of [
    ['SIGINT', FAST_STOP_MS_MAX],
    ['SIGQUIT', LEFT_OVER_MS_MAX],
    ['SIGKILL', LEFT_OVER_MS_MAX],
  ] as const) {
    if (!(await isServing(pid, cluster))) return
    if (name !== 'SIGINT') log.warn({ pid, signal: name }, '数据库没有按时停下')
    signal(pid, name)
    const until = Date.now() + limit
    while (Date.now() < until && (await isServing(pid, cluster))) await pause(POLL_MS)
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw fileFault(error, `进程 ${pid}`)
  }
}
