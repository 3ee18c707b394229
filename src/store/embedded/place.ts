/** Where the cluster of a data folder stands. Normally inside it; where the server's user cannot
 *  enter the data folder, in a folder of the system, and `postgres.json` points there. */
import { randomBytes } from 'node:crypto'
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { EnvironmentFault, errorCode, fileFault } from '../../kit/environment-fault.ts'
import { createPrivateFile, ensureFolder, readPrivateFile } from '../../kit/private-file.ts'
import { type Account, canEnter } from './account.ts'

export interface Place {
  /** PostgreSQL's own data folder */
  readonly cluster: string
  /** of the owner role of the cluster */
  readonly password: string
}

/** Durable folders only: a system empties its temporary ones. */
const REFUGES = ['/var/lib/duoling', '/opt/duoling', '/srv/duoling']
const PASSWORD = /^[0-9a-f]{48}$/

/** Everything of the embedded server that the program itself writes: lock, start log, cluster. */
export function serverFolder(dataFolder: string): string {
  return join(dataFolder, 'postgres')
}

const pointerPath = (dataFolder: string) => join(dataFolder, 'postgres.json')

/** Undefined when this data folder never had a cluster.
 *  @throws EnvironmentFault when it had one and cannot find it: never begins anew in silence. */
export async function findPlace(dataFolder: string): Promise<Place | undefined> {
  const path = pointerPath(dataFolder)
  const place = await readPointer(dataFolder)
  if (place === undefined) {
    if (!(await wasRun(join(serverFolder(dataFolder), 'cluster')))) return undefined
    throw new EnvironmentFault({
      what: '数据库还在，但记着它的密码的文件不见了',
      where: path,
      next: '从备份恢复这个文件，或换一个空的数据文件夹',
    })
  }
  if (await exists(place.cluster)) return place
  throw new EnvironmentFault({
    what: '数据文件夹指向的数据库不见了',
    where: place.cluster,
    next: '从备份恢复它；确实要从头开始时，换一个空的数据文件夹',
  })
}

/** A server writes this file at its first start; before that a cluster holds nothing of anybody's. */
function wasRun(cluster: string): Promise<boolean> {
  return exists(join(cluster, 'postmaster.opts'))
}

/** What the pointer says, whether or not it is there. */
export async function readPointer(dataFolder: string): Promise<Place | undefined> {
  const path = pointerPath(dataFolder)
  const text = await readPrivateFile(path)
  if (text === undefined) return undefined
  const { cluster, password } = parsePointer(text, path)
  return { cluster: resolve(dataFolder, cluster), password }
}

function parsePointer(text: string, path: string): { cluster: string; password: string } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  const found: Readonly<Record<string, unknown>> = typeof value === 'object' ? { ...value } : {}
  const { cluster, password } = found
  if (typeof cluster === 'string' && typeof password === 'string' && PASSWORD.test(password))
    return { cluster, password }
  throw new EnvironmentFault({
    what: '记着数据库位置和密码的文件已损坏',
    where: path,
    next: '从备份恢复这个文件，或换一个空的数据文件夹',
  })
}

/** Has `fill` create a cluster in an empty folder of the account, and only then gives it its name,
 *  and only then its pointer. Each try has a folder of its own: what a killed one started may still
 *  be writing in its. */
export async function makePlace(
  dataFolder: string,
  account: Account | undefined,
  fill: (draft: string, passwordFile: string) => Promise<void>,
): Promise<Place> {
  const home = await homeFor(dataFolder, account)
  const cluster = join(home, 'cluster')
  const draft = join(home, `${DRAFT}${randomBytes(6).toString('hex')}`)
  const passwordFile = `${draft}.password`
  const password = randomBytes(24).toString('hex')
  try {
    await removeLeftOvers(home)
    await mkdir(draft, { mode: 0o700 })
    await writeFile(passwordFile, password, { mode: 0o600 })
    for (const path of account ? [draft, passwordFile] : [])
      await chown(path, account?.uid ?? 0, account?.gid ?? 0)
    await fill(draft, passwordFile)
    const inside = home === serverFolder(dataFolder)
    // Relative, so that a data folder may be moved as a whole.
    const pointer = { cluster: inside ? 'postgres/cluster' : cluster, password }
    await rename(draft, cluster)
    await createPrivateFile(pointerPath(dataFolder), `${JSON.stringify(pointer, null, 2)}\n`)
    return { cluster, password }
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (home !== serverFolder(dataFolder)) await rm(home, { recursive: true, force: true })
    throw fileFault(error, cluster)
  } finally {
    await rm(passwordFile, { force: true })
  }
}

const DRAFT = 'cluster.new-'

/** Only what no server ever ran in; the caller has made sure of that for `cluster`. */
async function removeLeftOvers(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    const path = join(home, name)
    if (name === 'cluster') await rm(path, { recursive: true, force: true })
    // An orphaned creation may still add to its own; the next first start finds it again.
    else if (name.startsWith(DRAFT))
      await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}

async function homeFor(dataFolder: string, account: Account | undefined): Promise<string> {
  const usual = serverFolder(dataFolder)
  if (account === undefined || (await canEnter(account, usual))) return usual
  const home = join(await refugeFor(account), randomBytes(6).toString('hex'))
  await mkdir(home, { mode: 0o711 })
  await writeFile(join(home, 'data-folder.txt'), `${dataFolder}\n`)
  return home
}

/** A folder of root's that the account can enter. Refuses one that others may write: what stands in
 *  it is run. */
export async function refugeFor(account: Account): Promise<string> {
  for (const folder of REFUGES) {
    try {
      await ensureFolder(folder)
      await chmod(folder, 0o711)
      const { uid, mode } = await lstat(folder)
      if (uid === 0 && (mode & 0o022) === 0 && (await canEnter(account, folder))) return folder
    } catch (error) {
      if (!(error instanceof EnvironmentFault) && errorCode(error) === undefined) throw error
    }
  }
  throw new EnvironmentFault({
    what: '数据文件夹只有 root 能进入，而 PostgreSQL 要由另一个用户运行，也没有可用的系统位置',
    where: REFUGES.join('、'),
    next: '用 DUOLING_DATA 另选一个其他用户可以进入的数据文件夹，或改用普通用户启动',
  })
}

/** Removes the cluster, wherever it stands, and all that belongs to it. The server must be stopped. */
export async function removePlace(dataFolder: string): Promise<void> {
  const text = await readFile(pointerPath(dataFolder), 'utf8').catch(() => undefined)
  const path = pointerPath(dataFolder)
  const cluster = text === undefined ? undefined : parsePointer(text, path).cluster
  const home = cluster === undefined ? undefined : dirname(resolve(dataFolder, cluster))
  if (home !== undefined && REFUGES.includes(dirname(home)))
    await rm(home, { recursive: true, force: true })
  await rm(serverFolder(dataFolder), { recursive: true, force: true })
  await rm(path, { force: true })
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw fileFault(error, path)
  }
}
