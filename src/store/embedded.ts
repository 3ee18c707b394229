/** A real PostgreSQL server for an installation that names none: made, started, watched and stopped
 *  here. One process owns it; others may join it while it runs. Everything it cannot mend ends in
 *  one clear message. */
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { EnvironmentFault } from '../kit/environment-fault.ts'
import type { Log } from '../kit/log.ts'
import { ensureFolder } from '../kit/private-file.ts'
import { type Account, accountFor, canEnter } from './embedded/account.ts'
import { findBinaries } from './embedded/binaries.ts'
import { createCluster, refuseOtherMajor } from './embedded/cluster.ts'
import { joinServer } from './embedded/guest.ts'
import { type Ownership, ownerPid, takeOwnership } from './embedded/ownership.ts'
import {
  findPlace,
  makePlace,
  type Place,
  refugeFor,
  removePlace,
  serverFolder,
} from './embedded/place.ts'
import {
  findPostmaster,
  freePort,
  isServing,
  type Launch,
  launch,
  type Postmaster,
  stopPostmaster,
} from './embedded/postmaster.ts'
import { ensureDatabase, isRefusedLogin, ownerUrl, passwordFault } from './embedded/session.ts'
import { watchServer } from './embedded/watch.ts'
import { PortTaken } from './embedded/why-ended.ts'

export interface EmbeddedOptions {
  readonly dataFolder: string
  readonly log: Log
  /** beside a live owner: use his server instead of refusing; `only`: and wait for him where there is none,
   *  so that whoever comes later can still be the owner */
  readonly join?: boolean | 'only'
}

export interface EmbeddedServer {
  /** the database `duoling` as the role that owns everything */
  readonly ownerUrl: string
  /** the server of an earlier, killed process was taken over */
  readonly adopted: boolean
  /** another live process owns the server */
  readonly joined: boolean
  readonly major: number
  /** Ends the server, unless somebody else still uses it: the last one out ends it. */
  stop(): Promise<void>
}

/** A killed or ending owner needs a moment to be gone. */
const OWNER_MS_MAX = 1_000
const JOIN_MS_MAX = 60_000
const JOIN_POLL_MS = 100
const PORT_TRIALS = 5

/** @throws EnvironmentFault when the server cannot be had. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  await ensureFolder(options.dataFolder)
  // One true path, whatever links lead there: processes recognise each other's server by it.
  const dataFolder = await realpath(options.dataFolder)
  await ensureFolder(serverFolder(dataFolder))
  const until = Date.now() + (options.join ? JOIN_MS_MAX : OWNER_MS_MAX)
  for (;;) {
    const own = options.join !== 'only'
    const ownership = own ? takeOwnership(serverFolder(dataFolder)) : undefined
    if (ownership) return await startOwned(dataFolder, ownership, options.log)
    const joined = options.join ? await joinServer(dataFolder, options.log) : undefined
    if (joined) return joined
    if (Date.now() > until) throw own ? ownedFault(dataFolder) : aloneFault(dataFolder)
    await pause(JOIN_POLL_MS)
  }
}

/** Removes a stopped server and all its data: for temporary installations only.
 *  @throws EnvironmentFault while a process owns it. */
export async function removeEmbedded(dataFolder: string): Promise<void> {
  const folder = await realpath(dataFolder)
  const ownership = takeOwnership(serverFolder(folder))
  if (!ownership) throw ownedFault(folder)
  try {
    await removePlace(folder)
  } finally {
    ownership.release()
  }
}

function ownedFault(dataFolder: string): EnvironmentFault {
  const pid = ownerPid(serverFolder(dataFolder))
  return new EnvironmentFault({
    what: `另一个正在运行的铎铃（进程 ${pid ?? '未知'}）已在使用这个数据文件夹`,
    where: dataFolder,
    next: `先停下进程 ${pid ?? ''}，或用 DUOLING_DATA 为这一次另选数据文件夹`,
  })
}

function aloneFault(dataFolder: string): EnvironmentFault {
  return new EnvironmentFault({
    what: '这个数据文件夹没有正在运行的服务，没有数据库可以加入',
    where: dataFolder,
    next: '先启动 duoling serve；几台机器合用一个数据库的，设 DATABASE_URL',
  })
}

async function startOwned(
  dataFolder: string,
  ownership: Ownership,
  log: Log,
): Promise<EmbeddedServer> {
  try {
    const { place, settings, major } = await prepare(dataFolder, log)
    const { postmaster, adopted } = await adoptOrLaunch(place, settings)
    const watch = await watchServer(place, settings, postmaster)
    let stopped: Promise<void> | undefined
    const stop = () => {
      stopped ??= watch.stop().finally(() => ownership.release())
      return stopped
    }
    return { ownerUrl: ownerUrl(place, postmaster.port), adopted, joined: false, major, stop }
  } catch (error) {
    ownership.release()
    throw error
  }
}

async function prepare(dataFolder: string, log: Log) {
  const found = await findPlace(dataFolder)
  const account = await accountFor(found?.cluster)
  const binaries = await findBinaries(account, async () =>
    account ? await refugeFor(account) : serverFolder(dataFolder),
  )
  const place =
    found ??
    (await makePlace(dataFolder, account, (draft, passwordFile) =>
      createCluster(binaries, account, draft, passwordFile),
    ))
  await refuseOtherMajor(place.cluster, binaries.major)
  await refuseClosed(account, place.cluster)
  const startLog = join(serverFolder(dataFolder), 'start.log')
  const { postgres, major } = binaries
  const settings: Launch = { postgres, account, cluster: place.cluster, startLog, log }
  return { place, settings, major }
}

async function refuseClosed(account: Account | undefined, cluster: string): Promise<void> {
  if (account === undefined || (await canEnter(account, cluster))) return
  throw new EnvironmentFault({
    what: `运行数据库的用户（编号 ${account.uid}）进不了数据库的文件夹，上级文件夹的权限变了`,
    where: cluster,
    next: '给各级上级文件夹加上其他用户的通过权限（chmod o+x），再启动',
  })
}

async function adoptOrLaunch(
  place: Place,
  settings: Launch,
): Promise<{ postmaster: Postmaster; adopted: boolean }> {
  const orphan = await findPostmaster(place.cluster)
  if (orphan) {
    const adopted = await connectPatiently(place, orphan)
    if (adopted) return { postmaster: adopted, adopted: true }
    settings.log.warn({ pid: orphan.pid }, '上次留下的数据库没有应答，先停下它')
    await stopPostmaster(orphan.pid, place.cluster, settings.log)
  }
  for (let trial = 1; ; trial++) {
    try {
      return { postmaster: await launchReady(place, settings), adopted: false }
    } catch (error) {
      if (!(error instanceof PortTaken) || trial === PORT_TRIALS) throw error
    }
  }
}

async function launchReady(place: Place, settings: Launch): Promise<Postmaster> {
  const postmaster = await launch(settings, await freePort())
  try {
    await ensureDatabase(place, postmaster.port)
    return postmaster
  } catch (error) {
    await stopPostmaster(postmaster.pid, place.cluster, settings.log)
    throw isRefusedLogin(error) ? passwordFault(place, error) : error
  }
}

const ORPHAN_MS_MAX = 30_000

/** An orphan may still be recovering; one that is gone or does not answer is not adopted. */
async function connectPatiently(
  place: Place,
  { pid }: { readonly pid: number },
): Promise<Postmaster | undefined> {
  const until = Date.now() + ORPHAN_MS_MAX
  while (Date.now() < until && (await isServing(pid, place.cluster))) {
    const found = await findPostmaster(place.cluster)
    try {
      if (found?.ready) {
        await ensureDatabase(place, found.port)
        return found
      }
    } catch (error) {
      if (isRefusedLogin(error)) throw passwordFault(place, error)
    }
    await pause(JOIN_POLL_MS)
  }
  return undefined
}
